"""Which page steps lower the error rate: `python -m bench.preprocess --data DIR ... --json FILE`.

Reads a few pages of each folder as they are and worn in stated ways, each without and with every
step, in one run, and prints the character error rate by wear and step, case folded. What a step
is worth is the difference within a row: the same pixels, the same engine.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.page_wear import WEARS, despeckled, levelled, stretched
from bench.report import machine, table, write_json
from recognition.crops import Image
from recognition.engines.paddle import PaddleEngine
from recognition.engines.store import install_base
from recognition.evaluation.scoring import PageScore, ReadText, pair_page, score_page
from recognition.evaluation.truth import Sample, read_image, read_set
from recognition.layout import reading_order, slope
from recognition.page_steps.frame import Frame


def deskewed(image: Image, engine: PaddleEngine) -> tuple[Image, Frame]:
    return levelled(image, slope([line.polygon for line in engine.detect(image)]))


UNTURNED = "none"
"""Not even a page lying on its side is set upright; every other column does that as well."""

STEPS: dict[str, Callable[[Image, PaddleEngine], tuple[Image, Frame]]] = {
    UNTURNED: lambda image, _: (image, Frame()),
    "upright": lambda image, _: (image, Frame()),
    "deskew": deskewed,
    "contrast": lambda image, _: (stretched(image), Frame()),
    "despeckle": lambda image, _: (despeckled(image), Frame()),
}


def read_as_stored(image: Image, engine: PaddleEngine) -> list[ReadText]:
    """The lines as they are found and read on the page as it lies, in reading order."""
    polygons = [line.polygon for line in engine.detect(image)]
    texts = [line.text for line in engine.recognise(image, polygons)]
    kept = [index for index, text in enumerate(texts) if text.strip()]
    places = reading_order([polygons[index] for index in kept])
    return [ReadText(texts[kept[at.line]], polygons[kept[at.line]]) for at in places]


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
        if step == UNTURNED:
            read = read_as_stored(prepared, engine)
        else:
            lines = engine.read(prepared).lines
            read = [ReadText(line.recognised.text, line.polygon) for line in lines]
        spent += time.process_time() - started
        frame = to_truth.before(to_worn)
        placed = [
            ReadText(line.text, frame.stored_quad(line.polygon)) for line in read if line.polygon
        ]
        total += score_page(pair_page(sample.lines, placed), fold_case=True)
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
