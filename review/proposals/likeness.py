"""Whether two pieces of two line crops look the same: correlation of small grey pictures.

Chosen by measurement (docs/measurements/proposals.md). Formula: zero-mean normalised
cross-correlation, the greatest over small shifts, as in Lewis, "Fast Normalized Cross-Correlation"
(1995); OpenCV computes it as TM_CCOEFF_NORMED.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from recognition.crops import Image

HEIGHT = 32
"""Pixels to which a crop's height is brought: strokes of a text size are then alike."""
ROOM = 4
"""Pixels by which a piece may lie elsewhere in the other picture, in each direction."""
MIN_WIDTH = 6
"""Pixels; a narrower piece, such as a full stop, is looked at with what stands beside it."""

Grey = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Patch:
    """A piece of a line's crop: `core` is the piece, `around` the same with ROOM on every side."""

    core: Grey
    around: Grey


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


def likeness(one: Patch, other: Patch) -> float:
    """From -1 to 1: how alike two pieces are, whichever of them is looked for in the other."""
    return max(_best(one, other), _best(other, one))


def _best(sought: Patch, place: Patch) -> float:
    core = sought.core
    room = place.around.shape[1]
    if core.shape[1] > room:  # the other is that much narrower: bring both to one width
        core = cv2.resize(core, (room, core.shape[0]), interpolation=cv2.INTER_AREA)
    if float(core.std()) < 1.0:  # nothing stands there: flat pictures correlate with anything
        return -1.0
    found = cv2.matchTemplate(place.around, core, cv2.TM_CCOEFF_NORMED)
    return float(np.clip(np.nan_to_num(found, nan=-1.0).max(), -1.0, 1.0))
