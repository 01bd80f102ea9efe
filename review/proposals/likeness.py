"""Whether two pieces of two line crops look the same, by two witnesses.

One is the picture itself: zero-mean normalised cross-correlation, the greatest over small shifts,
as in Lewis, "Fast Normalized Cross-Correlation" (1995); OpenCV computes it as TM_CCOEFF_NORMED. The
other is what the recogniser's backbone makes of the piece: the cosine of the angle between its
features in the middle of it, less the mean of all features looked at. Both were measured alone and
together (docs/measurements/proposals.md): strokes and meaning err on different pieces.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from recognition.crops import Image
from recognition.engines.base import Describer
from recognition.preprocess import tensor_width, text_width

LEAST_LIKE = 0.7
"""Likeness from which on a place is offered: docs/measurements/proposals.md has what it costs."""
EXAMPLES = 5
"""Corrected places of one confusion that others are compared with."""
HEIGHT = 32
"""Pixels to which a crop's height is brought: strokes of a text size are then alike."""
ROOM = 4
"""Pixels by which a piece may lie elsewhere in the other picture, in each direction."""
MIN_WIDTH = 6
"""Pixels; a narrower piece, such as a full stop, is looked at with what stands beside it."""

Grey = npt.NDArray[np.float32]
Features = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Patch:
    """A piece of a line's crop: `core` is the piece, `around` the same with ROOM on every side."""

    core: Grey
    around: Grey


@dataclass(frozen=True, slots=True)
class Look:
    """How a piece looks: its picture, and the backbone's features in its middle."""

    patch: Patch
    vector: Features


class Eyes:
    """What the backbone makes of crops, and the mean of all it has made so far.

    The engine is asked for once there is something to look at: most submits are like no other.
    """

    def __init__(self, engine: Callable[[], Describer]) -> None:
        self._engine = engine
        self._sum = np.zeros(1, dtype=np.float32)
        self._steps = 0

    def look(self, crops: Sequence[Image]) -> list[Features]:
        """The backbone's features of each crop, float32 [steps, channels]."""
        found = self._engine().features(crops)
        for features in found:
            self._sum = (self._sum + features.sum(axis=0)).astype(np.float32)
            self._steps += len(features)
        return found

    @property
    def mean(self) -> Features:
        """Of all features so far; that of none is 0."""
        mean: Features = (self._sum / max(self._steps, 1)).astype(np.float32)
        return mean


def cut_patch(crop: Image, left: float, right: float) -> Patch:
    """The piece from `left` to `right` (shares of the crop's width), HEIGHT pixels high.

    `crop` is uint8 [height, width, 3], RGB, upright.
    """
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    scale = HEIGHT / grey.shape[0]
    width = max(round(grey.shape[1] * scale), MIN_WIDTH)
    small = cv2.resize(grey, (width, HEIGHT), interpolation=cv2.INTER_AREA).astype(np.float32)
    start, end = left * width, right * width
    middle, half = (start + end) / 2, max(end - start, MIN_WIDTH) / 2
    first = min(max(round(middle - half), 0), width - MIN_WIDTH)
    last = min(max(round(middle + half), first + MIN_WIDTH), width)
    framed = cv2.copyMakeBorder(small, ROOM, ROOM, ROOM, ROOM, cv2.BORDER_REPLICATE)
    around = framed[:, first : last + 2 * ROOM]
    return Patch(small[:, first:last], np.ascontiguousarray(around))


def take_look(crop: Image, features: Features, left: float, right: float) -> Look:
    """The piece from `left` to `right` (shares of the crop's width) as both witnesses see it.

    `features` are the backbone's of this crop, float32 [steps, channels]; those steps that the
    crop fills lie before the padding.
    """
    steps = len(features)
    middle = (left + right) / 2 * text_width(crop) / tensor_width(crop) * steps
    vector = features[min(max(int(middle), 0), steps - 1)].astype(np.float32)
    return Look(cut_patch(crop, left, right), vector)


def likeness(one: Look, other: Look, mean: Features) -> float:
    """From -1 to 1: how alike two pieces are, the mean of both witnesses.

    `mean` is that of all features looked at, by which those of any two pieces are alike.
    """
    return (picture_likeness(one.patch, other.patch) + cosine(one, other, mean)) / 2


def picture_likeness(one: Patch, other: Patch) -> float:
    """From -1 to 1: how alike two pictures are, whichever of them is looked for in the other."""
    return max(_best(one, other), _best(other, one))


def cosine(one: Look, other: Look, mean: Features) -> float:
    """From -1 to 1: how alike the backbone finds two pieces."""
    here, there = one.vector - mean, other.vector - mean
    length = float(np.linalg.norm(here) * np.linalg.norm(there))
    return float(np.clip(here @ there / length, -1.0, 1.0)) if length > 0 else 0.0


def _best(sought: Patch, place: Patch) -> float:
    core = sought.core
    room = place.around.shape[1]
    if core.shape[1] > room:  # the other is that much narrower: bring both to one width
        size = (room, core.shape[0])
        core = cv2.resize(core, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    if float(core.std()) < 1.0:  # nothing stands there: flat pictures correlate with anything
        return -1.0
    found = cv2.matchTemplate(place.around, core, cv2.TM_CCOEFF_NORMED)
    return float(np.clip(np.nan_to_num(found, nan=-1.0).max(), -1.0, 1.0))
