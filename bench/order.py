"""How often lines come in the truth's order: `python -m bench.order --data DIR ... --json FILE`.

Takes the boxes of the truth, so that only the order is judged. `followed` is the share of lines
that come right after the line they follow in the truth, `pairs` the share of all pairs of a page
in the right order. A set's own order need not be a reader's: forms are listed by field. `--drawn`
adds pages of two columns that are drawn as boxes alone, plain and around a captioned picture.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise
from pathlib import Path

from bench.report import machine, table, write_json
from recognition.evaluation.truth import read_set
from recognition.layout import Point, reading_order

Box = list[Point]


def sets(folders: Sequence[Path], drawn: int) -> Iterator[tuple[str, list[list[Sequence[Point]]]]]:
    """Each set's name, and the boxes of its pages in the truth's order."""
    for folder in folders:
        truth = read_set(folder)
        yield (
            truth.name,
            [
                [line.polygon for line in sample.lines if line.polygon is not None]
                for sample in truth.samples
            ],
        )
    if drawn:
        rng = random.Random(8)
        yield "drawn columns", [drawn_page(rng, captioned=False) for _ in range(drawn)]
        yield "drawn, captioned picture", [drawn_page(rng, captioned=True) for _ in range(drawn)]


def drawn_page(rng: random.Random, *, captioned: bool) -> list[Sequence[Point]]:
    """Two columns line by line, then the caption of a picture that they flow around, if any."""
    pitch, width, gutter = rng.uniform(24, 30), rng.uniform(320, 460), rng.uniform(14, 50)
    left, right, shift = 50.0, 50.0 + width + gutter, rng.uniform(-8, 8)
    first, rows, captions = rng.randint(4, 10), rng.randint(8, 14), rng.randint(1, 5)
    inset = rng.uniform(0.2, 0.4) * width
    columns: tuple[list[Sequence[Point]], list[Sequence[Point]]] = ([], [])
    for row in range(rng.randint(26, 44)):
        around = captioned and first <= row < first + rows + captions
        # A caption is narrower than its picture: the text comes closer.
        cut = inset * (1.0 if row < first + rows else 0.75) if around else 0.0
        for side, column in enumerate(columns):
            length = (width - cut) * (rng.uniform(0.3, 0.9) if rng.random() < 0.15 else 1.0)
            top = 100 + side * shift + pitch * row + rng.uniform(-1, 1)
            column.append(box(right + cut if side else left, top, length, 20))
    middle, half = left + width + gutter / 2, inset * 0.75 + gutter / 2 - 18
    caption: list[Sequence[Point]] = []
    for row in range(captions if captioned else 0):
        reach = half * rng.uniform(0.7, 1.0)
        top = 104 + pitch * (first + rows) + 20 * row
        caption.append(box(middle - reach, top, 2 * reach, 15))
    return [*columns[0], *columns[1], *caption]


def box(left: float, top: float, width: float, height: float) -> Box:
    return [(left, top), (left + width, top), (left + width, top + height), (left, top + height)]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.order", description=__doc__)
    parser.add_argument("--data", type=Path, default=[], nargs="+")
    parser.add_argument("--drawn", type=int, default=0, metavar="N", help="pages of each kind")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    runs = []
    for name, pages in sets(options.data, options.drawn):
        followed = steps = ordered = pairs = exact = 0
        for polygons in pages:
            order = [place.line for place in reading_order(polygons)]
            found = sum(after == before + 1 for before, after in pairwise(order))
            followed, steps = followed + found, steps + max(len(order) - 1, 0)
            ordered += sum(one < other for one, other in combinations(order, 2))
            pairs += len(order) * (len(order) - 1) // 2
            exact += order == sorted(order)
        runs.append(
            {
                "data": name,
                "pages": len(pages),
                "pages_exact": exact,
                "followed": followed / max(steps, 1),
                "pairs": ordered / max(pairs, 1),
            }
        )
    names = list(runs[0])
    rows = [[f"{v:.1%}" if isinstance(v, float) else str(v) for v in run.values()] for run in runs]
    print(table([names, *rows]))
    write_json(options.json, {"goals": [], "runs": runs, "machine": machine()})


if __name__ == "__main__":
    main()
