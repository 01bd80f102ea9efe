"""How well the shipped calibration holds on documents: `python -m bench.calibration DIR ...`.

Reads lines of ground-truth folders (their own boxes or crops, so detection plays no part) and asks
three things: does a line that is said to be right with p prove right that often (ECE), do right
lines score above wrong ones (AUROC), and how would both be on a kind of document never seen: for
that, the map is fitted anew on the other folders and tried on the one left out. Case is folded.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from bench.report import goal, print_goals, report, table, write_json
from recognition.calibrating import expected_error, monotone_map, ranking
from recognition.calibration import SHIPPED, line_features
from recognition.crops import rectify
from recognition.engines.paddle import PaddleEngine
from recognition.engines.store import install_base
from recognition.evaluation.truth import SetKind, TruthSet, normal, read_image, read_set

ECE, AUROC = 0.02, 0.92
SEED = 7


@dataclass(frozen=True, slots=True)
class Judged:
    """A line: its folder, the features of its confidences, PaddleOCR's score, the verdict."""

    folder: str
    features: tuple[float, ...]
    raw: float
    right: bool


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print a table, write the JSON; returns 1 where a goal is missed."""
    parser = argparse.ArgumentParser(prog="bench.calibration", description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR")
    parser.add_argument("--limit", type=int, default=700, help="lines of a folder at most")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    options = parser.parse_args(arguments)
    lines: list[Judged] = []
    with tempfile.TemporaryDirectory(prefix="bench-calibration-") as store:
        engine = PaddleEngine(install_base(Path(store)), threads=options.threads)
        for folder in options.folders:
            lines += judge(read_set(folder), engine, options.limit)
            print(f"{folder.name}: {len(lines)} lines so far", file=sys.stderr, flush=True)
    rows, runs = figures(lines)
    print(table(rows))
    whole = runs[0]
    goals = [
        goal("ECE, shipped", whole["shipped"]["ece"], ECE, "", "low"),
        goal("AUROC, shipped", whole["shipped"]["auroc"], AUROC, "", "high"),
        goal("ECE, kind left out", whole["left_out"]["ece"], ECE, "", "low"),
        goal("AUROC, kind left out", whole["left_out"]["auroc"], AUROC, "", "high"),
    ]
    print_goals(goals)
    write_json(options.json, report(goals, runs))
    return 0 if all(item["holds"] for item in goals) else 1


def judge(truth: TruthSet, engine: PaddleEngine, limit: int) -> Iterator[Judged]:
    """Read up to `limit` lines, spread over the folder's images by chance."""
    if truth.kind is SetKind.PAGE_TEXTS:
        return
    chance = random.Random(SEED)
    samples = list(truth.samples)
    chance.shuffle(samples)
    share = max(12, limit // len(samples) + 1)
    left = limit
    for sample in samples:
        chosen = [line for line in sample.lines if line.scored]
        chosen = chance.sample(chosen, min(share, left, len(chosen)))
        if not chosen:
            continue
        left -= len(chosen)
        image = read_image(sample.image)
        crops = [image if line.polygon is None else rectify(image, line.polygon) for line in chosen]
        for line, read in zip(chosen, engine.recognise_crops(crops), strict=True):
            if read.raw_score is not None:
                yield Judged(
                    folder=truth.name,
                    features=line_features([c.confidence for c in read.characters]),
                    raw=read.raw_score,
                    right=normal(read.text).casefold() == line.text.casefold(),
                )


def figures(lines: Sequence[Judged]) -> tuple[list[tuple[str, ...]], list[dict[str, Any]]]:
    """The table's rows and the JSON's runs: all folders together first, then each."""
    straight = replace(SHIPPED, knots=())
    said = {
        "raw": [line.raw for line in lines],
        "straight": [straight.probability(line.features) for line in lines],
        "shipped": [SHIPPED.probability(line.features) for line in lines],
    }
    folders = sorted({line.folder for line in lines})
    right = [line.right for line in lines]
    left_out = np.zeros(len(lines))
    for folder in folders:
        others = [index for index, line in enumerate(lines) if line.folder != folder]
        knots = monotone_map([said["straight"][i] for i in others], [right[i] for i in others])
        bent = replace(straight, knots=knots)
        for index, line in enumerate(lines):
            if line.folder == folder:
                left_out[index] = bent.probability(line.features)
    said["left_out"] = left_out.tolist()
    rows = [
        ("lines", "number", "right", *(f"ECE {k}" for k in said), *(f"AUROC {k}" for k in said))
    ]
    runs = []
    for name in ("all", *folders):
        chosen = [i for i, line in enumerate(lines) if name in ("all", line.folder)]
        verdicts = [right[i] for i in chosen]
        run: dict[str, Any] = {"lines": name, "number": len(chosen)}
        run["right"] = sum(verdicts) / max(len(chosen), 1)
        for kind, values in said.items():
            part = [values[i] for i in chosen]
            run[kind] = {"ece": expected_error(part, verdicts), "auroc": ranking(part, verdicts)}
        runs.append(run)
        cells = [f"{run[kind]['ece']:.3f}" for kind in said]
        areas = [run[kind]["auroc"] for kind in said]
        cells += ["-" if area is None else f"{area:.3f}" for area in areas]
        rows.append((name, str(len(chosen)), f"{run['right']:.1%}", *cells))
    return rows, runs


if __name__ == "__main__":
    sys.exit(main())
