"""What the order by value is worth: pages it chose against pages drawn at random, live.

Both arms work through the same queue at the same time, so what else changes (models, reviewers,
documents) changes for both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import exp, log, sqrt
from typing import Any

from django.utils import timezone

from recognition.models import DocumentType
from review.models import ReviewTask
from review.states import Arm as ArmName

SURENESS = 1.96
"""Standard deviations of a two-sided 95 % interval."""
FEWEST_PAGES = 20
FEWEST_CHARACTERS = 20
"""Of each arm. Below, an interval by the delta method is no interval."""
NEWEST = 1_000
"""Pages of an arm that are looked at."""
PERIOD = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Work:
    """One page that is done: characters corrected on it, and the reviewer's seconds."""

    corrected: int
    seconds: float


@dataclass(frozen=True, slots=True)
class ArmFigures:
    """What one arm's pages brought. `rate` is characters corrected in a minute; None of no page.

    `error` is the standard error of the rate, pages being what was drawn.
    """

    pages: int
    corrected: int
    minutes: float
    error: float

    @property
    def rate(self) -> float | None:
        return self.corrected / self.minutes if self.minutes else None

    @property
    def low(self) -> float:
        return max(0.0, (self.rate or 0.0) - SURENESS * self.error)

    @property
    def high(self) -> float:
        return (self.rate or 0.0) + SURENESS * self.error

    @property
    def enough(self) -> bool:
        return self.pages >= FEWEST_PAGES and self.corrected >= FEWEST_CHARACTERS


@dataclass(frozen=True, slots=True)
class Arms:
    """Both arms of one document type, and how many times as much a minute by value corrects."""

    value: ArmFigures
    random: ArmFigures

    @property
    def any(self) -> bool:
        return bool(self.value.pages or self.random.pages)

    @property
    def enough(self) -> bool:
        return self.value.enough and self.random.enough

    @property
    def gain(self) -> float | None:
        """The ratio of the two rates; None without enough evidence."""
        if not self.enough or not self.value.rate or not self.random.rate:
            return None
        return self.value.rate / self.random.rate

    @property
    def interval(self) -> tuple[float, float] | None:
        """The gain's 95 % interval, by the delta method on its logarithm."""
        if self.gain is None or not self.value.rate or not self.random.rate:
            return None
        spread = sqrt(
            (self.value.error / self.value.rate) ** 2 + (self.random.error / self.random.rate) ** 2
        )
        half = SURENESS * spread
        return exp(log(self.gain) - half), exp(log(self.gain) + half)

    @property
    def proven(self) -> bool:
        """Whether the interval leaves chance out."""
        return self.interval is not None and not self.interval[0] <= 1.0 <= self.interval[1]


def figures(work: Sequence[Work]) -> ArmFigures:
    """A ratio of sums and its standard error by linearisation (Cochran, 1977, section 6.4)."""
    minutes = sum(page.seconds for page in work) / 60
    corrected = sum(page.corrected for page in work)
    error = 0.0
    if len(work) > 1 and minutes:
        rate = corrected / minutes
        residuals = sum((page.corrected - rate * page.seconds / 60) ** 2 for page in work)
        error = sqrt(residuals * len(work) / (len(work) - 1)) / minutes
    return ArmFigures(len(work), corrected, minutes, error)


def arms_of(document_type: DocumentType) -> Arms:
    """Both arms of a type in the last PERIOD, at most NEWEST pages of each."""
    done = ReviewTask.objects.timed(document_type).chosen_by_an_arm()
    recent = done.filter(done_at__gte=timezone.now() - PERIOD)

    def of(arm: ArmName) -> ArmFigures:
        rows = recent.filter(arm=arm).values_list("corrected", "seconds")[:NEWEST]
        return figures([Work(corrected or 0, seconds or 0.0) for corrected, seconds in rows])

    return Arms(value=of(ArmName.VALUE), random=of(ArmName.RANDOM))


def arms_page(document_type: DocumentType) -> dict[str, Any]:
    """All that the learning page shows of them."""
    found = arms_of(document_type)
    return {
        "arms": found,
        "arms_rows": [("Chosen by value", found.value), ("Drawn at random", found.random)],
        "arms_need": {"pages": FEWEST_PAGES, "characters": FEWEST_CHARACTERS},
    }
