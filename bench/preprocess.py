"""Which page steps lower the error rate: `python -m bench.preprocess --data DIR ... --json FILE`.

Reads a few pages of each folder as they are and worn in stated ways, each without and with every
step, in one run, and prints the character error rate by wear and step, case folded. What a step
is worth is the difference within a row: the same pixels, the same engine.
"""

from __future__ import annotations

import argparse
import math
import random
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from bench.report import machine, table, write_json
from recognition.crops import Image
from recognition.engines.paddle import PaddleEngine
from recognition.engines.store import install_base
from recognition.evaluation.scoring import PageScore, ReadText, pair_page, score_page
from recognition.evaluation.truth import Sample, TruthLine, read_image, read_set
from recognition.layout import slope
from recognition.page_steps.cleaning import despeckled, stretched
from recognition.page_steps.frame import Frame, levelled, turned

Worn = tuple[Image, Frame]
"""A page, and the map from its coordinates to those of the truth."""

_SCAN_DPI = 200  # what the pages of the sets come near to; half of it stands for 100 dpi


def rotated(degrees: float) -> Callable[[Image], Worn]:
    return lambda image: levelled(image, math.radians(degrees))


def blurred(image: Image) -> Worn:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 1.6), np.uint8), Frame()


def coarse(image: Image) -> Worn:
    share = 100 / _SCAN_DPI
    size = (round(image.shape[1] * share), round(image.shape[0] * share))
    small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    return small, Frame(1 / share, 0, 0, 0, 1 / share, 0)


def compressed(image: Image) -> Worn:
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 20])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8), Frame()


def faded(image: Image) -> Worn:
    return (190 + image.astype(np.float32) * (35 / 255)).astype(np.uint8), Frame()


def peppered(image: Image) -> Worn:
    chance = np.random.default_rng(5).random(image.shape[:2])
    worn = image.copy()
    worn[chance < 0.01] = 0
    worn[chance > 0.99] = 255
    return worn, Frame()


WEARS: dict[str, Callable[[Image], Worn]] = {
    "as it is": lambda image: (image, Frame()),
    "rotated 3": rotated(-3),
    "rotated 8": rotated(8),
    "rotated 15": rotated(-15),
    "blur": blurred,
    "100 dpi": coarse,
    "JPEG 20": compressed,
    "low contrast": faded,
    "salt and pepper": peppered,
    "turned 90": lambda image: turned(image, 1),
    "turned 180": lambda image: turned(image, 2),
    "turned 270": lambda image: turned(image, 3),
}


def deskewed(image: Image, engine: PaddleEngine) -> tuple[Image, Frame]:
    return levelled(image, slope([line.polygon for line in engine.detect(image)]))


STEPS: dict[str, Callable[[Image, PaddleEngine], tuple[Image, Frame]]] = {
    "none": lambda image, _: (image, Frame()),
    "deskew": deskewed,
    "contrast": lambda image, _: (stretched(image), Frame()),
    "despeckle": lambda image, _: (despeckled(image), Frame()),
}
"""Pages turned by quarters need no step here: the engine sets them upright itself."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What came of one set, wear and step."""

    score: PageScore
    seconds: float


def measure(samples: list[Sample], wear: str, step: str, engine: PaddleEngine) -> Cell:
    total, spent = PageScore(), 0.0
    for sample in samples:
        worn, to_truth = WEARS[wear](read_image(sample.image))
        started = time.process_time()
        prepared, to_worn = STEPS[step](worn, engine)
        lines = engine.read(prepared).lines
        spent += time.process_time() - started
        frame = to_truth.before(to_worn)
        read = [ReadText(line.recognised.text, frame.stored_quad(line.polygon)) for line in lines]
        truth = [TruthLine(line.text, line.polygon, line.scored) for line in sample.lines]
        total += score_page(pair_page(truth, read), fold_case=True)
    return Cell(total, spent)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.preprocess", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, nargs="+")
    parser.add_argument("--pages", type=int, default=5, help="pages of each folder")
    parser.add_argument("--wears", default=",".join(WEARS))
    parser.add_argument("--steps", default=",".join(STEPS))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    steps = options.steps.split(",")
    runs: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as store:
        engine = PaddleEngine(install_base(Path(store)), threads=options.threads)
        for folder in options.data:
            truth = read_set(folder)
            samples = list(truth.samples)
            random.Random(options.seed).shuffle(samples)
            samples = samples[: options.pages]
            for wear in options.wears.split(","):
                cells = {step: measure(samples, wear, step, engine) for step in steps}
                for step, cell in cells.items():
                    runs.append(
                        {
                            "data": truth.name,
                            "pages": len(samples),
                            "characters": cell.score.characters,
                            "wear": wear,
                            "step": step,
                            "cer": cell.score.cer,
                            "missed_lines": cell.score.missed,
                            "processor_seconds": round(cell.seconds, 2),
                        }
                    )
                shown = [f"{cells[step].score.cer or 0:.2%}" for step in steps]
                print(table([["set", "wear", *steps], [truth.name, wear, *shown]]), flush=True)
    write_json(options.json, {"goals": [], "runs": runs, "machine": machine()})


if __name__ == "__main__":
    main()
