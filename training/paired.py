"""Errors of two models on the same lines: overall, by slice, and how sure the difference is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import Levenshtein

Counts = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PairedLine:
    """One test line: what it says and what each model read.

    `slices` names groups the line belongs to beside the built-in ones, such as "language: fr".
    """

    document: str
    truth: str
    active: str
    candidate: str
    slices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ErrorCounts:
    """Characters of truth and both models' errors, one number a line each."""

    characters: Counts
    active: Counts
    candidate: Counts

    @property
    def before(self) -> float:
        """The active model's error rate; a character must stand somewhere."""
        return float(self.active.sum() / self.characters.sum())

    @property
    def after(self) -> float:
        """The candidate's error rate."""
        return float(self.candidate.sum() / self.characters.sum())


def count_errors(lines: Sequence[PairedLine]) -> ErrorCounts:
    """Edit distances of whole lines."""
    return ErrorCounts(
        characters=_counts([len(line.truth) for line in lines]),
        active=_counts([Levenshtein.distance(line.truth, line.active) for line in lines]),
        candidate=_counts([Levenshtein.distance(line.truth, line.candidate) for line in lines]),
    )


def slice_errors(lines: Sequence[PairedLine]) -> dict[str, ErrorCounts]:
    """Errors by slice, for slices with any character of truth.

    First the character classes (digits, capitals, punctuation), where an error is a character of
    the class that was lost or misread, or written where none stands; then the lines' own slices.
    """
    found = {
        name: ErrorCounts(
            characters=_counts([sum(map(belongs, line.truth)) for line in lines]),
            active=_counts([_class_errors(line.truth, line.active, belongs) for line in lines]),
            candidate=_counts(
                [_class_errors(line.truth, line.candidate, belongs) for line in lines]
            ),
        )
        for name, belongs in _CLASSES.items()
    }
    overall = count_errors(lines)
    for name in sorted({name for line in lines for name in line.slices}):
        inside = _counts([name in line.slices for line in lines])
        found[name] = ErrorCounts(
            overall.characters * inside, overall.active * inside, overall.candidate * inside
        )
    return {name: counts for name, counts in found.items() if counts.characters.sum()}


def bootstrap(
    counts: ErrorCounts,
    groups: npt.NDArray[np.intp],
    confidence: float,
    resamples: int,
    seed: int,
) -> tuple[float, float]:
    """Percentile interval of the change in error rate, whole groups drawn with replacement.

    `groups` numbers each line's group from 0. Negative is better. Deterministic for a seed.
    """
    count = int(groups.max()) + 1
    change = np.bincount(groups, weights=counts.candidate - counts.active, minlength=count)
    sizes = np.bincount(groups, weights=counts.characters, minlength=count)
    draws = np.random.default_rng(seed).integers(0, count, size=(resamples, count))
    totals = sizes[draws].sum(axis=1)
    drawn = totals > 0
    rates = change[draws].sum(axis=1)[drawn] / totals[drawn]
    tail = (1 - confidence) / 2
    low, high = np.quantile(rates, [tail, 1 - tail])
    return float(low), float(high)


def _is_punctuation(character: str) -> bool:
    return not character.isalnum() and not character.isspace()


_CLASSES: dict[str, Callable[[str], bool]] = {
    "digits": str.isdigit,
    "capitals": str.isupper,
    "punctuation": _is_punctuation,
}


def _class_errors(truth: str, text: str, belongs: Callable[[str], bool]) -> int:
    return sum(
        belongs(text[edit.dest_pos] if edit.tag == "insert" else truth[edit.src_pos])
        for edit in Levenshtein.editops(truth, text)
    )


def _counts(values: Sequence[float]) -> Counts:
    return np.array(values, dtype=np.float64)
