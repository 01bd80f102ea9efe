"""What putting spaces back is worth: `python -m bench.spaces --data DIR ... --json FILE`.

Reads line crops of each folder with and without the rule of `recognition.spaces`, in one run, and
prints the case-folded character error rate of both, how many spaces were put in, and how many of
those lowered the error of their line.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from bench.report import machine, table, write_json
from recognition import ctc
from recognition.crops import Image, rectify
from recognition.engines.paddle import PaddleEngine
from recognition.engines.store import install_base
from recognition.evaluation.truth import normal, read_image, read_set
from recognition.metrics import edits


class PlainEngine(PaddleEngine):
    """Reads what the recogniser gives, without putting spaces back."""

    def _decode(self, lattice: ctc.Array, crop: Image, fill: float) -> ctc.Decoded:
        return ctc.decode(lattice, self._names, fill)


def crops_of(folder: Path, images: int, skip: int, seed: int) -> list[tuple[str, Image]]:
    """(truth, crop) of every line of some images of a set, drawn by chance."""
    samples = list(read_set(folder).samples)
    random.Random(seed).shuffle(samples)
    found = []
    for sample in samples[skip : skip + images]:
        image = read_image(sample.image)
        found += [
            (line.text, rectify(image, line.polygon) if line.polygon else np.asarray(image))
            for line in sample.lines
            if line.scored
        ]
    return found


def measure(
    folder: Path, lines: list[tuple[str, Image]], with_rule: PaddleEngine, without: PaddleEngine
) -> dict[str, Any]:
    crops = [crop for _, crop in lines]
    characters = before = after = added = helped = harmed = 0
    for (truth, _), one, other in zip(
        lines, without.recognise_crops(crops), with_rule.recognise_crops(crops), strict=True
    ):
        folded = truth.casefold()
        first, second = (edits(folded, normal(line.text).casefold()) for line in (one, other))
        characters += len(truth)
        before, after = before + first, after + second
        added += len(other.text) - len(one.text)
        helped, harmed = helped + max(first - second, 0), harmed + max(second - first, 0)
    return {
        "data": folder.name,
        "lines": len(lines),
        "characters": characters,
        "cer_without": before / max(characters, 1),
        "cer_with": after / max(characters, 1),
        "spaces_added": added,
        "edits_saved": helped,
        "edits_caused": harmed,
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.spaces", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, nargs="+")
    parser.add_argument("--images", type=int, default=10, help="pages of each folder")
    parser.add_argument("--lines", type=int, default=150, help="images of a folder of lines")
    parser.add_argument("--skip", type=int, default=0, help="images to leave out first")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    runs = []
    with tempfile.TemporaryDirectory() as store:
        model = install_base(Path(store))
        engines = [kind(model, threads=options.threads) for kind in (PaddleEngine, PlainEngine)]
        for folder in options.data:
            paged = any(sample.lines[1:] for sample in read_set(folder).samples)
            images = options.images if paged else options.lines
            skip = options.skip if paged else options.skip * options.lines // options.images
            lines = crops_of(folder, images, skip, options.seed)
            runs.append(measure(folder, lines, engines[0], engines[1]))
            names = list(runs[0])
            print(table([names, [str(_shown(runs[-1][name])) for name in names]]), flush=True)
    write_json(options.json, {"goals": [], "runs": runs, "machine": machine()})


def _shown(value: object) -> object:
    return f"{value:.2%}" if isinstance(value, float) else value


if __name__ == "__main__":
    main()
