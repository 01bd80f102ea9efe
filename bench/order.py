"""How often lines come in the truth's order: `python -m bench.order --data DIR ... --json FILE`.

Takes the boxes of the truth, so that only the order is judged. `followed` is the share of lines
that come right after the line they follow in the truth, `pairs` the share of all pairs of a page
in the right order. A set's own order need not be a reader's: forms are listed by field.
"""

from __future__ import annotations

import argparse
from itertools import combinations, pairwise
from pathlib import Path

from bench.report import machine, table, write_json
from recognition.evaluation.truth import read_set
from recognition.layout import reading_order


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.order", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, nargs="+")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    runs = []
    for folder in options.data:
        followed = steps = ordered = pairs = exact = 0
        truth = read_set(folder)
        for sample in truth.samples:
            polygons = [line.polygon for line in sample.lines if line.polygon is not None]
            order = [place.line for place in reading_order(polygons)]
            found = sum(after == before + 1 for before, after in pairwise(order))
            followed, steps = followed + found, steps + max(len(order) - 1, 0)
            ordered += sum(one < other for one, other in combinations(order, 2))
            pairs += len(order) * (len(order) - 1) // 2
            exact += order == sorted(order)
        runs.append(
            {
                "data": truth.name,
                "pages": len(truth.samples),
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
