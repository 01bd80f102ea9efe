"""Put back spaces that the recogniser left out although the line shows them.

CTC decoding drops a space wherever "nothing" was likelier at each single step. A gap between two
characters counts as a space where all three say so: the recogniser gave the space a real chance
there, the white between the characters stands out from the line's other gaps, and the spelling
allows it (no space before closing punctuation or within a number, none beside ideographs). The
figures behind the rule stand in docs/measurements/spaces.md.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median

import cv2
import numpy as np
import numpy.typing as npt

from recognition.crops import Image
from recognition.ctc import BLANK, Array, Decoded
from recognition.engines.base import Alternative, Character
from recognition.preprocess import HEIGHT, STRIDE, text_width

_CHANCE = 0.2  # least probability of the space at some step of the gap
_WHITE_TIMES = 1.5  # white of the gap: at least so many times that of the line's middle gap,
_WHITE_MORE = 5  # and so many columns more, of a line 48 pixels high
_INK = 0.35  # of the darkest: what counts as ink
CONFIDENCE = 0.7
"""Share of the spaces put back that are right, over the sets it was measured on."""

_CLOSING = frozenset(",.;:!?)]}%'\u2019\u201d\"\u00bb")
_OPENING = frozenset("([{\u201c\u201e\u00ab")
_IN_NUMBERS = frozenset(".,:")


def with_spaces(
    decoded: Decoded, probabilities: Array, names: Sequence[str], crop: Image, fill: float = 1.0
) -> Decoded:
    """The decoded line with the spaces that were dropped; its score stays the recogniser's own.

    `probabilities`, `names` and `fill` are those that `ctc.decode` was given, `crop` the line's
    image. A line whose lattice hints at no space is given back as it is, without a look at the
    crop.
    """
    characters = decoded.characters
    if len(characters) < 2:
        return decoded
    covered = max(probabilities.shape[0] * fill, 1.0)
    steps = [
        (round(item.start * covered), max(round(item.end * covered) - 1, 0)) for item in characters
    ]
    space = probabilities[:, len(names) - 1]
    if float(space.max()) < _CHANCE:
        return decoded
    hinted = [
        after
        for after in range(1, len(characters))
        if float(space[steps[after - 1][0] : steps[after][1] + 1].max(initial=0.0)) >= _CHANCE
        and may_part(characters[after - 1].text, characters[after].text)
    ]
    if not hinted:
        return decoded
    white = _white_columns(crop)
    gaps = [_longest_white(white, left[0], right[1]) for left, right in pairwise(steps)]
    least = _WHITE_TIMES * median(gaps) + _WHITE_MORE
    chosen = {after for after in hinted if gaps[after - 1] >= least}
    found: list[Character] = []
    for index, character in enumerate(characters):
        if index in chosen:
            before = characters[index - 1]
            between = probabilities[steps[index - 1][1] + 1 : steps[index][0]]
            found.append(_space(before.end, character.start, between, names))
        found.append(character)
    return replace(decoded, characters=tuple(found))


def may_part(before: str, after: str) -> bool:
    """Whether a space may stand between two characters, by their kind alone."""
    if not before.strip() or not after.strip() or after in _CLOSING or before in _OPENING:
        return False
    if any(unicodedata.east_asian_width(letter) in "WF" for letter in before + after):
        return False
    number = before.isdigit() or before in _IN_NUMBERS
    return not (number and (after.isdigit() or after in _IN_NUMBERS))


def _space(start: float, end: float, between: Array, names: Sequence[str]) -> Character:
    """The space, with "no space" as its alternative, and then what else the gap might hold."""
    doubt = 1.0 - CONFIDENCE
    alternatives = [Alternative("", doubt)]
    others = np.array(between.max(axis=0, initial=0.0))
    others[[BLANK, len(names) - 1]] = 0.0
    other = int(others.argmax())
    if names[other]:
        alternatives.append(Alternative(names[other], min(float(others[other]), doubt)))
    return Character(" ", CONFIDENCE, start, max(start, end), tuple(alternatives))


def _white_columns(crop: Image) -> npt.NDArray[np.bool_]:
    """Which columns of the line, at the recogniser's size, hold no ink (a speck is none)."""
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    level = np.asarray(cv2.resize(grey, (text_width(crop), HEIGHT)), dtype=np.float32)
    ink = np.clip(np.percentile(level, 90) - level, 0, None)
    return np.asarray((ink > _INK * max(float(ink.max()), 1.0)).sum(axis=0) <= 1)


def _longest_white(white: npt.NDArray[np.bool_], first: int, last: int) -> int:
    """Columns of the longest white run from the middle of one step to the middle of another."""
    part = white[first * STRIDE + STRIDE // 2 : last * STRIDE + STRIDE // 2]
    turns = np.flatnonzero(np.diff(part.astype(np.int8), prepend=0, append=0))
    return int((turns[1::2] - turns[::2]).max(initial=0))
