"""Decode a CTC recogniser's output: text, and how sure it is of each character.

The text is the greedy one, equal to PaddleOCR's: the best class of each step, repeats merged,
blanks dropped. PaddleOCR then gives one score a line; here each character gets the probability
that its stretch of steps spells exactly that character, summed over all alignments (the forward
algorithm of Graves et al. 2006, on that stretch), and weak ones the likeliest other spellings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recognition.engines.base import WEAK, Alternative, Character

Array = npt.NDArray[np.float32]

BLANK = 0
MAX_ALTERNATIVES = 5
_CANDIDATES = 6  # single characters tried in place of a weak one
_FLOOR = 1e-3  # a third or later alternative below this helps nobody


@dataclass(frozen=True, slots=True)
class Decoded:
    """One decoded line: its characters from left to right, and PaddleOCR's score (0 if empty)."""

    characters: tuple[Character, ...]
    raw_score: float

    @property
    def text(self) -> str:
        return "".join(character.text for character in self.characters)


def class_names(dictionary: Sequence[str]) -> tuple[str, ...]:
    """Text of each output class: the blank (''), the dictionary's characters, the space."""
    return ("", *dictionary, " ")


def greedy_text(probabilities: Array, names: Sequence[str]) -> str:
    """Only the text of one line; `probabilities` is [steps, classes]. For evaluation loops."""
    best = probabilities.argmax(axis=-1)
    return "".join(names[best[first]] for first, _ in _runs(best))


def decode(probabilities: Array, names: Sequence[str], fill: float = 1.0) -> Decoded:
    """Decode one line.

    `probabilities` is float32 [steps, classes], each row a distribution; `names` the text of each
    class as from `class_names`; `fill` the share of the steps that the crop covers (the rest is
    padding). Raises ValueError where classes and names differ in number.
    """
    steps, classes = probabilities.shape
    if classes != len(names):
        raise ValueError(f"The output has {classes} classes, the dictionary gives {len(names)}.")
    best = probabilities.argmax(axis=-1)
    runs = _runs(best)
    if not runs:
        return Decoded(characters=(), raw_score=0.0)
    labels = [int(best[first]) for first, _ in runs]
    raw_score = float(np.mean([probabilities[first, best[first]] for first, _ in runs]))
    covered = max(steps * fill, 1.0)
    characters = []
    for index, (first, last) in enumerate(runs):
        # At the ends of the line a space is silence: nobody sees it, nobody misses it.
        stretch = _Stretch(
            probabilities=probabilities[
                first if index else 0 : runs[index + 1][0] if index + 1 < len(runs) else steps
            ],
            label=labels[index],
            before=labels[index - 1] if index else len(names) - 1,
            after=labels[index + 1] if index + 1 < len(runs) else len(names) - 1,
        )
        confidence = stretch.probability((stretch.label,))
        characters.append(
            Character(
                text=names[labels[index]],
                confidence=confidence,
                start=min(first / covered, 1.0),
                end=min((last + 1) / covered, 1.0),
                alternatives=stretch.alternatives(names) if confidence < WEAK else (),
            )
        )
    return Decoded(characters=tuple(characters), raw_score=raw_score)


def _runs(best: npt.NDArray[np.intp]) -> list[tuple[int, int]]:
    """First and last step of each character of the greedy path."""
    turns = np.flatnonzero(np.diff(best, prepend=-1, append=-1))
    starts, ends = turns[:-1], turns[1:] - 1
    return [
        (int(first), int(last))
        for first, last in zip(starts, ends, strict=True)
        if best[first] != BLANK
    ]


@dataclass(frozen=True, slots=True)
class _Stretch:
    """The steps of one character: from its first to just before the next character's first.

    Steps in which a neighbour begins early or ends late say nothing against this character, so
    the neighbours' classes count as silence here, unless they are this character's own.
    """

    probabilities: Array
    label: int
    before: int
    after: int

    def probability(self, spelling: tuple[int, ...]) -> float:
        """Probability that these steps spell exactly these classes, over all alignments."""
        ahead = self._silence(spelling, self.before)
        behind = self._silence(spelling, self.after)
        if not spelling:
            same = self.before == self.after
            silent = ahead if same else ahead + behind - self._blank()
            return _clip(float(np.prod(np.minimum(silent, 1.0))))
        between = self._blank().tolist()
        emissions = [self.probabilities[:, label].tolist() for label in spelling]
        silences = [ahead.tolist(), *[between] * (len(spelling) - 1), behind.tolist()]
        # quiet[k]: in silence after k classes; loud[k]: within class k.
        quiet = [1.0] + [0.0] * len(spelling)
        loud = [0.0] * len(spelling)
        for step in range(len(between)):
            entered = [
                (loud[k] + quiet[k] + self._direct(spelling, k, loud)) * emissions[k][step]
                for k in range(len(spelling))
            ]
            quiet = [
                (quiet[k] + (loud[k - 1] if k else 0.0)) * silences[k][step]
                for k in range(len(spelling) + 1)
            ]
            loud = entered
        return _clip(loud[-1] + quiet[-1])

    def alternatives(self, names: Sequence[str]) -> tuple[Alternative, ...]:
        """The likeliest other spellings, best first; at least two of them."""
        known = {BLANK, self.label}
        peaks = self.probabilities.max(axis=0)
        count = min(_CANDIDATES + len(known), len(peaks))
        top = np.argpartition(-peaks, count - 1)[:count]
        others = [int(label) for label in top if int(label) not in known]
        spellings: list[tuple[int, ...]] = [(), *((other,) for other in others)]
        # A second character on either side: what CTC drops most is a space or a thin letter.
        for other in others[:_CANDIDATES]:
            if other not in (self.before, self.after):
                spellings += [(self.label, other), (other, self.label)]
        found = sorted(
            (
                Alternative("".join(names[label] for label in spelling), self.probability(spelling))
                for spelling in spellings
            ),
            key=lambda alternative: -alternative.probability,
        )
        kept = [item for item in found[2:MAX_ALTERNATIVES] if item.probability >= _FLOOR]
        return (*found[:2], *kept)

    def _blank(self) -> Array:
        return self.probabilities[:, BLANK]

    def _silence(self, spelling: tuple[int, ...], neighbour: int) -> Array:
        if neighbour == self.label or neighbour in spelling:
            return self._blank()
        return self._blank() + self.probabilities[:, neighbour]

    @staticmethod
    def _direct(spelling: tuple[int, ...], k: int, loud: list[float]) -> float:
        """A class may follow another without a blank between them, unless it is the same."""
        return loud[k - 1] if k and spelling[k] != spelling[k - 1] else 0.0


def _clip(value: float) -> float:
    return min(max(value, 0.0), 1.0)
