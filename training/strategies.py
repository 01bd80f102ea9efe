"""Which lines to ask people about first: pure orders of unlabelled lines, the best first.

Settles, "Active Learning Literature Survey" (2009): least confident (section 3.1), margin (3.1).
Value is the site's own, by which its queue is ordered: `review.value`.
"""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from review.value import Coverage, LineDoubt, Pace, doubts_of, worth_of


@dataclass(frozen=True, slots=True)
class Prospect:
    """A line nobody has labelled, as the model reads it.

    `margin` is the lead of its weakest character over the closest rival.
    """

    number: int
    line: LineDoubt
    margin: float


Settled = Mapping[str, float]
"""By character, the doubt that labels have settled: `review.value.Coverage.labelled`."""

Strategy = Callable[[Sequence[Prospect], random.Random, Settled], list[int]]


def at_random(
    prospects: Sequence[Prospect], generator: random.Random, settled: Settled
) -> list[int]:
    """In no order: the arm against which the others are measured."""
    return [one.number for one in generator.sample(list(prospects), len(prospects))]


def least_confident(
    prospects: Sequence[Prospect], generator: random.Random, settled: Settled
) -> list[int]:
    """The line least likely to be right first."""
    ranked = sorted(prospects, key=lambda one: (one.line.probability or 0.0, one.number))
    return [one.number for one in ranked]


def least_margin(
    prospects: Sequence[Prospect], generator: random.Random, settled: Settled
) -> list[int]:
    """The line whose weakest character has the closest rival first."""
    return [one.number for one in sorted(prospects, key=lambda one: (one.margin, one.number))]


def most_value(
    prospects: Sequence[Prospect], generator: random.Random, settled: Settled
) -> list[int]:
    """The most errors removed for a second of a person's time first, here and on other lines.

    Greedy, each choice counted as labelled before the next, so that a batch does not ask for the
    same thing twice. What a line teaches only falls as others are chosen, so a line that still
    leads when it is looked at again is the best of all (Minoux 1978).
    """
    doubts = {one.number: doubts_of([one.line]) for one in prospects}
    waiting: Counter[str] = Counter()
    for found in doubts.values():
        waiting.update(found)
    labelled = Counter(dict(settled))
    coverage = Coverage(waiting, labelled)
    lines = {one.number: one.line for one in prospects}

    def value(number: int) -> float:
        return worth_of([lines[number]], Pace(), coverage).value

    heap = [(-value(number), number) for number in lines]
    heapq.heapify(heap)
    chosen: list[int] = []
    while heap:
        _, number = heapq.heappop(heap)
        now = (-value(number), number)
        if heap and now > heap[0]:
            heapq.heappush(heap, now)
            continue
        chosen.append(number)
        labelled.update(doubts[number])
    return chosen


STRATEGIES: Mapping[str, Strategy] = {
    "random": at_random,
    "least_confident": least_confident,
    "margin": least_margin,
    "value": most_value,
}
