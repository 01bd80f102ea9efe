"""Whether a model's probabilities keep what they say, on the lines that people have judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from recognition.calibrating import expected_error, ranking
from recognition.models import ModelVersion
from review.models import Label
from review.states import Verdict
from training.intervals import wilson

LINES = 20_000
"""The newest ones are enough to draw; more would only take longer."""
FEWEST = 50
"""Below this a diagram would show chance."""
BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Lines of like probability: the mean that was said, the share that was right.

    `low` and `high` are the ends of the share's 95 % interval.
    """

    said: float
    seen: float
    low: float
    high: float
    lines: int


@dataclass(frozen=True, slots=True)
class Reliability:
    """The diagram and its figures. `area` (AUROC) is None where all lines are right, or none."""

    bins: tuple[Bin, ...]
    lines: int
    error: float
    area: float | None


def of_version(version: ModelVersion) -> Reliability | None:
    """On lines a person judged that had been read by this version; None where they are too few.

    Pages come to people because some line on them is unsure, so this shows how probabilities are
    kept, not how accurate the site's output is: for that there are audits.
    """
    rows = (
        Label.objects.current()
        .filter(base_prediction__model_version=version, base_prediction__confidence__isnull=False)
        .exclude(verdict=Verdict.ILLEGIBLE)
        .order_by("-pk")
        .values_list("base_prediction__confidence", "verdict")[:LINES]
    )
    said = [float(probability) for probability, _ in rows if probability is not None]
    right = [verdict == Verdict.CONFIRMED for _, verdict in rows]
    return reliability(said, right) if len(said) >= FEWEST else None


def reliability(said: Sequence[float], right: Sequence[bool]) -> Reliability:
    """Ten equally filled bins, each with Wilson's interval (1927); at least one line."""
    pairs = sorted(zip(said, right, strict=True))
    count = min(BINS, len(pairs))
    bins = []
    for number in range(count):
        part = pairs[number * len(pairs) // count : (number + 1) * len(pairs) // count]
        bins.append(_bin(part))
    return Reliability(
        bins=tuple(bins),
        lines=len(pairs),
        error=expected_error(said, right),
        area=ranking(said, right),
    )


def _bin(part: Sequence[tuple[float, bool]]) -> Bin:
    number = len(part)
    right = sum(correct for _, correct in part)
    low, high = wilson(right, number)
    return Bin(
        said=sum(probability for probability, _ in part) / number,
        seen=right / number,
        low=low,
        high=high,
        lines=number,
    )
