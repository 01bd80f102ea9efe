"""How far two people agree on the same lines: pure arithmetic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from recognition.metrics import edits


@dataclass(frozen=True, slots=True)
class Reading:
    """One line as two people have it, each as (text, verdict)."""

    first: tuple[str, str]
    second: tuple[str, str]


def share_alike(readings: Sequence[Reading]) -> float | None:
    """Share of lines that both have exactly alike; None without lines."""
    if not readings:
        return None
    return sum(each.first == each.second for each in readings) / len(readings)


def error_rate(readings: Sequence[Reading]) -> float | None:
    """Characters to change from one person's text to the other's, per character of both's mean.

    The same whoever was first. None where neither wrote anything.
    """
    written = sum(len(each.first[0]) + len(each.second[0]) for each in readings) / 2
    if not written:
        return None
    return sum(edits(each.first[0], each.second[0]) for each in readings) / written


def kappa(readings: Sequence[Reading]) -> float | None:
    """Cohen's kappa (1960) of the verdicts: agreement beyond what chance would give.

    None without lines, and where both only ever said the same one thing: chance explains that.
    """
    number = len(readings)
    if not number:
        return None
    one = Counter(each.first[1] for each in readings)
    other = Counter(each.second[1] for each in readings)
    seen = sum(each.first[1] == each.second[1] for each in readings) / number
    chance = sum(one[verdict] * other[verdict] for verdict in one) / number**2
    return (seen - chance) / (1 - chance) if chance < 1 else None
