"""What a character set is worth: `python -m bench.character_sets DIR=SET ... --json FILE`.

Reads the same lines with all that the model knows and with the set, and prints the character error
rate (case counts), exact lines, and the expected calibration error of both. `outside` counts lines
whose truth holds what the set forbids, and `sure` those of them that were read with a probability
over 0.8 all the same: nobody would look at these.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from bench.report import machine, table, write_json
from bench.spaces import crops_of
from recognition.calibrating import expected_error
from recognition.character_sets import contains
from recognition.crops import Image
from recognition.engines.paddle import PaddleEngine
from recognition.engines.store import install_base
from recognition.evaluation.truth import normal, read_set
from recognition.metrics import edits

SURE = 0.8
ROUNDS = 1


def measure(
    lines: list[tuple[str, Image]], engine: PaddleEngine, character_set: str
) -> dict[str, Any]:
    crops = [crop for _, crop in lines]
    seconds = []
    for _ in range(ROUNDS):
        begun = perf_counter()
        found = engine.recognise_crops(crops)
        seconds.append(perf_counter() - begun)
    wrong = characters = exact = outside = sure = 0
    said, right = [], []
    for (truth, _), read in zip(lines, found, strict=True):
        text = normal(read.text)
        wrong, characters = wrong + edits(truth, text), characters + len(truth)
        exact += truth == text
        said.append(read.confidence or 0.0)
        right.append(truth == text)
        if not contains(character_set, truth):
            outside += 1
            sure += said[-1] > SURE and truth != text
    return {
        "cer": wrong / max(characters, 1),
        "exact": exact / max(len(lines), 1),
        "calibration": expected_error(said, right),
        "outside": outside,
        "sure": sure,
        "ms_a_line": median(seconds) * 1000 / max(len(lines), 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.character_sets", description=__doc__)
    parser.add_argument("pairs", nargs="+", metavar="DIR=SET")
    parser.add_argument("--images", type=int, default=6, help="pages of each folder")
    parser.add_argument("--lines", type=int, default=200, help="images of a folder of lines")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    runs: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as store:
        full = PaddleEngine(install_base(Path(store)), threads=options.threads)
        for pair in options.pairs:
            folder, _, name = pair.rpartition("=")
            paged = any(sample.lines[1:] for sample in read_set(Path(folder)).samples)
            lines = crops_of(
                Path(folder), options.images if paged else options.lines, 0, options.seed
            )
            narrow = full.restricted_to(name)
            engines = {"full": full, name: narrow}
            for kind, engine in engines.items():
                facts = {"data": Path(folder).name, "lines": len(lines), "read with": kind}
                runs.append({**facts, **measure(lines, engine, name)})
            names = list(runs[-1])
            rows = [[_shown(key, run[key]) for key in names] for run in runs[-len(engines) :]]
            print(table([names, *rows]), flush=True)
    write_json(options.json, {"goals": [], "runs": runs, "machine": machine()})


def _shown(name: str, value: object) -> str:
    if isinstance(value, float):
        return f"{value:.1f}" if name == "ms_a_line" else f"{value:.2%}"
    return str(value)


if __name__ == "__main__":
    main()
