"""What a reading engine takes and gives: frozen values, no framework, no model.

Pixel coordinates have their origin at the top left of the stored page image; probabilities and
confidences lie between 0 and 1, and `None` means "not known", which is not zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
Point = tuple[float, float]
Polygon = tuple[Point, Point, Point, Point]

WEAK = 0.9
"""A character below this confidence is weak: it is marked for people and carries alternatives."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another reading in place of one character.

    The text is what stands there instead: another character, two characters (one was dropped,
    often a space), or nothing ('' = the character should go).
    """

    text: str
    probability: float


@dataclass(frozen=True, slots=True)
class Character:
    """One character of a line as the recogniser saw it.

    `start` and `end` are its horizontal extent as fractions 0..1 of the rectified crop's width.
    `alternatives`, best first, hold at least two entries where `confidence` is below WEAK.
    """

    text: str
    confidence: float
    start: float
    end: float
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True)
class RecognisedLine:
    """The text of one line, in logical order: the characters' texts joined are the text.

    `confidence` is the calibrated probability that the whole line is exactly right, `raw_score`
    PaddleOCR's own score (mean over characters). Both are None where nothing was read.
    """

    text: str
    confidence: float | None
    raw_score: float | None
    characters: tuple[Character, ...] = ()


@dataclass(frozen=True, slots=True)
class DetectedLine:
    """Where the detector saw a line: four points clockwise from the text's top left, in pixels."""

    polygon: Polygon
    score: float


@dataclass(frozen=True, slots=True)
class ReadLine:
    """A detected line with its text; `position` counts from 0 in reading order over the page."""

    polygon: Polygon
    position: int
    block: int
    recognised: RecognisedLine
    crop_sha256: str


@dataclass(frozen=True, slots=True)
class Reading:
    """All lines of one page in reading order, and what produced them. No lines = no text.

    `page_steps` names what was done to the page before its lines were looked for, each step with
    its version; polygons are in the coordinates of the stored page all the same.
    """

    lines: tuple[ReadLine, ...]
    model_sha256: str
    preprocessing_version: str
    dictionary_sha256: str
    calibration_version: str
    page_steps: tuple[str, ...] = ()


class Engine(Protocol):
    """Reads page images. `image` is uint8 [height, width, 3], RGB, upright."""

    def restricted_to(self, character_set: str) -> Engine:
        """The same engine, reading only what belongs to a set of `recognition.character_sets`."""
        ...

    def read(self, image: Image) -> Reading:
        """Find, order and recognise every line of the page."""
        ...

    def recognise(self, image: Image, polygons: Sequence[Sequence[Point]]) -> list[RecognisedLine]:
        """Recognise given lines of the page, in the order given."""
        ...


class Describer(Protocol):
    """Tells pieces of lines apart by more than their text."""

    def features(self, crops: Sequence[Image]) -> list[npt.NDArray[np.float32]]:
        """What the network makes of each line crop on its way to a text: float32 [steps, channels].

        Crops are uint8 [height, width, 3], RGB, as `recognition.crops.rectify` cuts them.
        """
        ...


class SeeingEngine(Engine, Describer, Protocol):
    """An engine that reads, and describes what it sees."""
