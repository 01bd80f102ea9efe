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

    `slices` names groups the line belongs to beside the built-in ones, such as "type: Receipts".
    The confidences are calibrated probabilities of the whole line; None where nothing was read.
    """

    document: str
    truth: str
    active: str
    candidate: str
    slices: tuple[str, ...] = ()
    active_confidence: float | None = None
    candidate_confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """How far two models' probabilities are above what was right, on the same lines.

    Both are the part of the expected calibration error in which more was said than was right,
    0 to 1; `interval` is of candidate minus active. Saying too little is left out: it costs
    reviewers' time, while saying too much lets errors pass. A model that reads nothing right is
    trivially honest about it, so a better one would never stand a chance by the whole error.
    """

    lines: int
    before: float
    after: float
    interval: tuple[float, float]


@dataclass(frozen=True, slots=True)
class General:
    """Both models on the frozen general set, which no training sees; `sha256` is of its lines."""

    version: str
    sha256: str
    lines: int
    characters: int
    active_edits: int
    candidate_edits: int

    @property
    def before(self) -> float:
        """The active model's character error rate."""
        return self.active_edits / self.characters

    @property
    def after(self) -> float:
        """The candidate's."""
        return self.candidate_edits / self.characters


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

    First the character classes (digits, capitals, punctuation, spaces, special letters), where an
    error is a character of the class that was lost or misread, or written where none stands; then
    the lines' own slices.
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


def calibration_kept(
    lines: Sequence[PairedLine],
    groups: npt.NDArray[np.intp],
    confidence: float,
    resamples: int,
    seed: int,
) -> Kept | None:
    """Both models' excess of confidence on lines of which both gave a probability; None of none.

    The interval is a percentile bootstrap over groups, as for the error rate.
    """
    known = [
        index
        for index, line in enumerate(lines)
        if line.active_confidence is not None and line.candidate_confidence is not None
    ]
    if not known:
        return None
    inside = groups[known]
    before = _said_and_seen([lines[index] for index in known], "active")
    after = _said_and_seen([lines[index] for index in known], "candidate")
    members = [np.flatnonzero(inside == group) for group in np.unique(inside)]
    generator = np.random.default_rng(seed)
    changes = []
    for _ in range(resamples):
        drawn = np.concatenate(
            [members[at] for at in generator.integers(0, len(members), len(members))]
        )
        changes.append(_excess(after[drawn]) - _excess(before[drawn]))
    tail = (1 - confidence) / 2
    low, high = np.quantile(changes, [tail, 1 - tail])
    return Kept(
        lines=len(known),
        before=_excess(before),
        after=_excess(after),
        interval=(float(low), float(high)),
    )


def _said_and_seen(lines: Sequence[PairedLine], model: str) -> Counts:
    """Probability and whether the line was right, [lines, 2], least probable first."""
    rows = [
        (getattr(line, f"{model}_confidence"), float(getattr(line, model) == line.truth))
        for line in lines
    ]
    return np.array(rows, dtype=np.float64)


def _excess(rows: Counts) -> float:
    """By how much more is said than is right, over equally filled bins of ten lines or more."""
    values, place = np.unique(rows[:, 0], return_inverse=True)
    # Lines of equal probability are alike: into which bin one of them falls must not matter.
    share = np.bincount(place, weights=rows[:, 1]) / np.bincount(place)
    order = np.argsort(place, kind="stable")
    ordered = np.column_stack([values[place], share[place]])[order]
    bins = np.array_split(ordered, max(1, min(10, len(ordered) // 10)))
    return float(
        sum(max(0.0, part[:, 0].mean() - part[:, 1].mean()) * len(part) for part in bins)
        / len(rows)
    )


def _is_special(character: str) -> bool:
    return character.isalpha() and not character.isascii()


def _is_punctuation(character: str) -> bool:
    return not character.isalnum() and not character.isspace()


_CLASSES: dict[str, Callable[[str], bool]] = {
    "digits": str.isdigit,
    "capitals": str.isupper,
    "punctuation": _is_punctuation,
    "spaces": str.isspace,
    "special letters": _is_special,
}


def _class_errors(truth: str, text: str, belongs: Callable[[str], bool]) -> int:
    return sum(
        belongs(text[edit.dest_pos] if edit.tag == "insert" else truth[edit.src_pos])
        for edit in Levenshtein.editops(truth, text)
    )


def _counts(values: Sequence[float]) -> Counts:
    return np.array(values, dtype=np.float64)
