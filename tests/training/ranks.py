"""One of several processes that train together: what it finds goes to `FOLDER/<rank>.json`.

Started by Paddle's launcher from `test_parallel`.
"""

import json
import math
import sys
from pathlib import Path

import numpy as np
import paddle

from training.parallel import Ranks, join_ranks
from training.shares import Share, Told, exchange, from_first


def main(folder: Path) -> None:
    ranks = join_ranks()
    paddle.seed(ranks.rank)  # each starts from other weights
    layer = paddle.nn.Linear(3, 1)
    unused = paddle.nn.Linear(1, 1)  # gets no gradient on any rank
    places = [layer.weight, layer.bias, unused.weight]
    ranks.start_alike(places)
    start = layer.weight.numpy()
    lines = [np.full((1, 3), number, dtype=np.float32) for number in range(1, 4)]

    mine = ranks.share(lines)
    loss = 0.0
    for line in mine:
        value = (layer(paddle.to_tensor(line)) ** 2).mean() / len(lines)
        value.backward()
        loss += float(value)
    total = ranks.add_gradients(places, loss)
    gradient = layer.weight.grad.numpy()
    for place in places:
        place.clear_gradient()
    every = sum(
        ((layer(paddle.to_tensor(line)) ** 2).mean() / len(lines) for line in lines),
        start=paddle.zeros([]),
    )
    every.backward()

    spoilt = ranks.add_gradients(places, 1.0 if ranks.is_first else math.nan)
    told = {
        "rank": ranks.rank,
        "count": ranks.count,
        "mine": [float(line[0, 0]) for line in mine],
        "start": start.flatten().tolist(),
        "loss": [total, float(every)],
        "gradient": [gradient.flatten().tolist(), layer.weight.grad.numpy().flatten().tolist()],
        "spoilt": math.isnan(spoilt),
        "added": ranks.added(ranks.rank + 1, 10),
        "agreed": ranks.agreed(ranks.rank + 0.1),
        "first": [
            each.tolist()
            for each in from_first(lambda: [np.full(2, ranks.rank + 5.0)], folder / "shares", ranks)
        ],
        "shares": _exchanged(folder, ranks),
    }
    (folder / f"{ranks.rank}.json").write_text(json.dumps(told))


def _exchanged(folder: Path, ranks: Ranks) -> list[object]:
    """What this rank got of each one's share."""
    told: Told = (ranks.rank, f"é{ranks.rank}", None if ranks.is_first else 0.5, 1.0, (2, 3))
    features = np.full((2, 3), ranks.rank, dtype=np.float32)
    near = np.float32([ranks.rank, 1 - ranks.rank])
    shares = exchange(Share([told], [features], near), folder / "shares", ranks)
    return [
        [share.told, [each.tolist() for each in share.features], share.near.tolist()]
        for share in shares
    ]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
