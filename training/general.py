"""General lines: rendered text that keeps a network from forgetting, and a frozen set that tells.

The frozen set is drawn from a fixed seed and named by version and hash. No line of it is ever among
those that are learnt from: they come from other seeds, and texts that it holds are passed over.
It holds what the fonts at hand can draw: print in Latin letters with and without marks, figures
and signs. What a network forgets of other scripts it cannot tell.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from recognition.crops import Image, crop_sha256
from recognition.engines.paddle import PaddleEngine
from recognition.metrics import edits
from recognition.synthesis.lines import draw_line
from training.paired import General

VERSION = "general-1"
FROZEN_LINES = 400
_FROZEN_SEED = 1_000_003


@dataclass(frozen=True, slots=True)
class GeneralLine:
    """A rendered line, its crop uint8 [H, W, 3] RGB."""

    crop: Image
    text: str


@cache
def frozen_set(count: int = FROZEN_LINES) -> tuple[GeneralLine, ...]:
    """The first `count` lines on which every candidate is compared: always the same ones."""
    return tuple(line for line, _ in zip(_drawn(_FROZEN_SEED), range(count), strict=False))


def training_lines(count: int, seed: int) -> list[GeneralLine]:
    """`count` lines to learn from beside the labels, none with a text of the frozen set."""
    frozen = {line.text for line in frozen_set()}
    found: list[GeneralLine] = []
    for line in _drawn(seed):
        if len(found) == count:
            break
        if line.text not in frozen:
            found.append(line)
    return found


def set_sha256(lines: Sequence[GeneralLine]) -> str:
    """Identity of a set: of its texts and their very pixels."""
    digest = hashlib.sha256()
    for line in lines:
        digest.update(f"{crop_sha256(line.crop)} {line.text}\n".encode())
    return digest.hexdigest()


def compare_on_general(engines: Sequence[PaddleEngine], lines: Sequence[GeneralLine]) -> General:
    """How the active model and the candidate, in this order, read the lines."""
    crops = [line.crop for line in lines]
    active, candidate = (
        sum(
            edits(line.text, read.text)
            for line, read in zip(lines, engine.recognise_crops(crops), strict=True)
        )
        for engine in engines
    )
    return General(
        version=VERSION,
        sha256=set_sha256(lines),
        lines=len(lines),
        characters=sum(len(line.text) for line in lines),
        active_edits=active,
        candidate_edits=candidate,
    )


def _drawn(seed: int) -> Iterator[GeneralLine]:
    rng = np.random.default_rng(seed)
    while True:
        crop, text = draw_line(rng)
        yield GeneralLine(crop, text)
