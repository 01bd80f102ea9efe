"""Which way up a page lies: told from its lines, so that an upright page pays nothing for it.

Lines that stand show that a page lies on its side; which side, and whether a page whose lines lie
level is upside down, the recogniser tells: upside down it is far less sure (a mean score of about
0.65, upright about 0.98). Only a page whose lines stand or come out weak is looked at twice. A
classifier of whole pages was right as often, and would have to look at every page to find those
upside down (docs/measurements/preprocessing.md).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from recognition.crops import TALL, Image, crop_size, rectify
from recognition.engines.base import RecognisedLine

UPRIGHT_VERSION = "upright-1"

Point = tuple[float, float]
Recognise = Callable[[Sequence[Image]], list[RecognisedLine]]

_PROBES = 4  # lines read both ways
_PROBE_LENGTH = 12.0  # in heights; longer lines tell no more and cost more
_WEAK = 0.85  # mean score below which a level page may be upside down
_STANDING = 0.5  # share of the lines' length
_MARGIN = 0.12  # by how much the better way must be better
_LEGIBLE = 0.5  # and how good, in mean score: what is illegible both ways stays as it is


def lines_stand(polygons: Sequence[Sequence[Point]]) -> bool:
    """Whether most of the lines' length runs up or down the page."""
    standing = lying = 0.0
    for polygon in polygons:
        width, height = math.dist(polygon[0], polygon[1]), math.dist(polygon[0], polygon[3])
        if height >= TALL * width:
            standing += height
        elif width >= TALL * height:
            lying += width
    return standing > _STANDING * (standing + lying)


def quarters_by_standing(
    image: Image, polygons: Sequence[Sequence[Point]], recognise: Recognise
) -> int:
    """Quarters of a circle, counter-clockwise, by which to turn a page whose lines stand: 1 or 3.

    0 where they can be read from neither side, as columns of upright characters cannot.
    `polygons` are four points each, clockwise from the page's top left.
    """
    crops = [rectify(image, polygons[index]) for index in probes(polygons)]
    # A tall crop comes turned counter-clockwise: as the whole page would be.
    return {1: 1, -1: 3, 0: 0}[_better_way(_scores(recognise(crops)), crops, recognise)]


def upside_down(
    image: Image,
    polygons: Sequence[Sequence[Point]],
    lines: Sequence[RecognisedLine],
    recognise: Recognise,
) -> bool:
    """Whether a page reads better turned by half a circle; `lines` is what was read as it is.

    False at once where enough of it was read well.
    """
    chosen = probes(polygons)
    scores = _scores([lines[index] for index in chosen])
    if not scores or sum(scores) / len(scores) >= _WEAK:
        return False
    crops = [rectify(image, polygons[index]) for index in chosen]
    return _better_way(scores, crops, recognise) < 0


def probes(polygons: Sequence[Sequence[Point]]) -> list[int]:
    """The few lines by which a page is judged: long ones, which no chance makes legible."""

    def length(index: int) -> float:
        height, width = crop_size(polygons[index])
        return min(width / height, _PROBE_LENGTH)

    return sorted(range(len(polygons)), key=lambda index: (-length(index), index))[:_PROBES]


def _better_way(as_is: Sequence[float], crops: Sequence[Image], recognise: Recognise) -> int:
    """1 as the crops are, -1 upside down, 0 where that cannot be told."""
    turned = _scores(recognise([np.ascontiguousarray(np.rot90(crop, 2)) for crop in crops]))
    gain = (sum(as_is) - sum(turned)) / max(len(crops), 1)
    best = max(sum(as_is), sum(turned)) / max(len(crops), 1)
    if abs(gain) < _MARGIN or best < _LEGIBLE:
        return 0
    return 1 if gain > 0 else -1


def _scores(lines: Sequence[RecognisedLine]) -> list[float]:
    return [line.raw_score or 0.0 for line in lines]
