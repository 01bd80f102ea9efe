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
_UNLIKELY = 1e-6  # of so many thousand classes, those below are not worth sorting


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
    silence = len(names) - 1  # at the ends of the line a space is silence: nobody misses it
    lattice = _Lattice(probabilities, {BLANK, silence, *labels})
    characters = []
    for index, (first, last) in enumerate(runs):
        stretch = _Stretch(
            lattice=lattice,
            first=first if index else 0,
            end=runs[index + 1][0] if index + 1 < len(runs) else steps,
            label=labels[index],
            before=labels[index - 1] if index else silence,
            after=labels[index + 1] if index + 1 < len(runs) else silence,
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


class _Lattice:
    """One line's probabilities, with the columns of the classes it reads as plain lists.

    Most characters need a few steps of a few classes: lists answer that much faster than arrays.
    """

    def __init__(self, probabilities: Array, classes: set[int]) -> None:
        self.probabilities = probabilities
        wanted = sorted(classes)
        columns = probabilities[:, wanted].T.tolist()
        self._columns: dict[int, list[float]] = dict(zip(wanted, columns, strict=True))

    def column(self, label: int, first: int, end: int) -> list[float]:
        """Probabilities of one class at the steps from `first` to before `end`."""
        known = self._columns.get(label)
        if known is not None:
            return known[first:end]
        found: list[float] = self.probabilities[first:end, label].tolist()
        return found

    def likeliest(self, count: int, first: int, end: int) -> list[int]:
        """The `count` classes with the highest peaks in these steps, and perhaps more."""
        peaks = self.probabilities[first:end].max(axis=0)
        found = np.flatnonzero(peaks > _UNLIKELY)
        if len(found) < count:
            found = np.argpartition(-peaks, count - 1)[:count]
        ordered: list[int] = found[np.argsort(-peaks[found], kind="stable")][:count].tolist()
        return ordered


@dataclass(frozen=True, slots=True)
class _Stretch:
    """The steps of one character: from its first to just before the next character's first.

    Steps in which a neighbour begins early or ends late say nothing against this character, so
    the neighbours' classes count as silence here, unless they are this character's own.
    """

    lattice: _Lattice
    first: int
    end: int
    label: int
    before: int
    after: int

    def probability(self, spelling: tuple[int, ...]) -> float:
        """Probability that these steps spell exactly these classes, over all alignments."""
        blank = self._column(BLANK)
        ahead = self._silence(blank, spelling, self.before)
        behind = self._silence(blank, spelling, self.after)
        if not spelling:
            same = self.before == self.after
            chance = 1.0
            for none, early, late in zip(blank, ahead, behind, strict=True):
                chance *= min(early if same else early + late - none, 1.0)
            return _clip(chance)
        emissions = [self._column(label) for label in spelling]
        if len(spelling) == 1:
            return self._single(emissions[0], ahead, behind)
        silences = [ahead, *[blank] * (len(spelling) - 1), behind]
        # quiet[k]: in silence after k classes; loud[k]: within class k.
        quiet = [1.0] + [0.0] * len(spelling)
        loud = [0.0] * len(spelling)
        for step in range(len(blank)):
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

    @staticmethod
    def _single(emission: list[float], ahead: list[float], behind: list[float]) -> float:
        """The same for one class, which is nearly every character, without the inner loops."""
        before, within, past = 1.0, 0.0, 0.0
        for chance, early, late in zip(emission, ahead, behind, strict=True):
            before, within, past = (
                before * early,
                (within + before) * chance,
                (past + within) * late,
            )
        return _clip(within + past)

    def alternatives(self, names: Sequence[str]) -> tuple[Alternative, ...]:
        """The likeliest other spellings, best first; at least two of them."""
        known = {BLANK, self.label}
        count = min(_CANDIDATES + len(known), self.lattice.probabilities.shape[1])
        top = self.lattice.likeliest(count, self.first, self.end)
        others = [label for label in top if label not in known]
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

    def _column(self, label: int) -> list[float]:
        return self.lattice.column(label, self.first, self.end)

    def _silence(
        self, blank: list[float], spelling: tuple[int, ...], neighbour: int
    ) -> list[float]:
        if neighbour == self.label or neighbour in spelling:
            return blank
        return [none + chance for none, chance in zip(blank, self._column(neighbour), strict=True)]

    @staticmethod
    def _direct(spelling: tuple[int, ...], k: int, loud: list[float]) -> float:
        """A class may follow another without a blank between them, unless it is the same."""
        return loud[k - 1] if k and spelling[k] != spelling[k - 1] else 0.0


def _clip(value: float) -> float:
    return min(max(value, 0.0), 1.0)
