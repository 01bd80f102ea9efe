"""Which lines to ask people about first: pure orders of unlabelled lines, the best first.

Settles, "Active Learning Literature Survey" (2009): least confident (section 3.1), margin (3.1);
value is expected correction per second of a person's time, the site's own.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

SECONDS_A_LINE = 3.0
SECONDS_A_CHARACTER = 0.7
"""A person's time for looking at a line, and for each character typed; see bench.effort."""


@dataclass(frozen=True, slots=True)
class Prospect:
    """A line nobody has labelled: how sure the model is of it, and how long it is."""

    number: int
    confidence: float
    margin: float
    characters: int


Strategy = Callable[[Sequence[Prospect], random.Random], list[int]]


def at_random(prospects: Sequence[Prospect], generator: random.Random) -> list[int]:
    """In no order: the arm against which the others are measured."""
    return [one.number for one in generator.sample(list(prospects), len(prospects))]


def least_confident(prospects: Sequence[Prospect], generator: random.Random) -> list[int]:
    """The line least likely to be right first."""
    return [one.number for one in sorted(prospects, key=lambda one: (one.confidence, one.number))]


def least_margin(prospects: Sequence[Prospect], generator: random.Random) -> list[int]:
    """The line whose weakest character has the closest rival first."""
    return [one.number for one in sorted(prospects, key=lambda one: (one.margin, one.number))]


def most_value(prospects: Sequence[Prospect], generator: random.Random) -> list[int]:
    """The most expected error for a second of a person's time first."""
    return [one.number for one in sorted(prospects, key=lambda one: (-_value(one), one.number))]


STRATEGIES: Mapping[str, Strategy] = {
    "random": at_random,
    "least_confident": least_confident,
    "margin": least_margin,
    "value": most_value,
}


def _value(one: Prospect) -> float:
    doubt = 1 - one.confidence
    typed = doubt * max(1.0, 0.1 * one.characters)
    return doubt * one.characters / (SECONDS_A_LINE + SECONDS_A_CHARACTER * typed)
