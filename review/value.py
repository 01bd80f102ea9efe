"""What a page that waits is worth: errors removed per second of a reviewer's time. Pure.

A page's worth has two parts. What its reviewer corrects is the expected number of wrong characters
on it. What its labels teach is what they remove from the pages that go on waiting: errors on a
character fall with the number of labels on which the model was unsure of it, by a power law
(Hestness et al., "Deep learning scaling is predictable, empirically", 2017), so that characters
which labels have rarely covered teach the most. Dividing by the expected time is cost-sensitive
active learning after Settles, Craven and Friedland, "Active learning with real annotation costs"
(2008). Covering the kinds of doubt takes the place of a distance between features, by which
Sener and Savarese choose ("Active learning for convolutional neural networks: a core-set
approach", 2018): it needs nothing that reading has not stored already.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

UNKNOWN = 0.5
"""Probability that stands in where a model gave none: missing is neither right nor wrong."""
LEARNING_RATE = 0.4
"""Exponent of the power law: early print fell from 6.0 to 2.1 % between 50 and 700 labels."""
MOST_DOUBT = 0.5
"""Doubt in one character above which it teaches no more: what nobody can read teaches nothing."""


@dataclass(frozen=True, slots=True)
class LineDoubt:
    """A line as a model read it: the probability that it is exactly right (None: not known), and
    its characters with the confidence in each."""

    probability: float | None
    characters: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Pace:
    """How a type is worked on: seconds for a line, seconds for each wrong character, and how many
    characters prove wrong for each that `expected_errors` says."""

    line: float = 3.0
    error: float = 0.7
    wrong: float = 1.0


@dataclass(frozen=True, slots=True)
class Coverage:
    """By character: the doubt on pages that wait, and the doubt that labels have settled."""

    waiting: Mapping[str, float] = field(default_factory=dict)
    labelled: Mapping[str, float] = field(default_factory=dict)

    def taught_by(self, doubts: Mapping[str, float]) -> float:
        """Expected wrong characters that these doubts, once settled, remove from what waits.

        They are part of what waits; in a queue long enough to be ordered that hardly counts.
        """
        removed = 0.0
        for character, doubt in doubts.items():
            there = 1.0 + self.labelled.get(character, 0.0)
            left = (there / (there + doubt)) ** LEARNING_RATE
            removed += self.waiting.get(character, 0.0) * (1.0 - left)
        return removed


@dataclass(frozen=True, slots=True)
class Worth:
    """Wrong characters corrected on the page, and removed from others; seconds of a reviewer.

    `looking` are the seconds that it takes however little is wrong.
    """

    errors: float
    taught: float
    seconds: float
    looking: float

    @property
    def value(self) -> float:
        """Errors removed per second.

        Typing is time spent on the page's own errors; what the labels teach comes with the look.
        So more doubt never lowers the value, although it takes longer.
        """
        if self.looking <= 0:
            return 0.0
        return self.errors / self.seconds + self.taught / self.looking


@dataclass(frozen=True, slots=True)
class Scale:
    """How chance is told in the terms of value: quantiles of the values of the pages that wait to
    be placed by value, and of the random numbers of those that wait to be placed by chance."""

    values: Sequence[float] = ()
    draws: Sequence[float] = ()

    def turn_of(self, draw: float) -> float:
        """When the turn of a page with this random number comes, whatever it is worth.

        The place it has among the random numbers, it takes among the values. So pages drawn at
        random are spread evenly over the queue, as many at its head as there are in all of it: an
        arm that is served too little grows, and is then served more.
        """
        place = rank(self.draws, draw) if self.draws else draw
        return quantile(self.values, place) if self.values else place


NOTHING = Worth(0.0, 0.0, 0.0, 0.0)


def expected_errors(line: LineDoubt) -> float:
    """Expected number of wrong characters: the line's doubt times those it would then have.

    A wrong line has one at least. The characters' own confidences are no probabilities and promise
    too little: `Pace.wrong` says by how much, as far as pages that are done tell.
    """
    return _doubt(line) * max(1.0, sum(1.0 - sure for _, sure in line.characters))


def doubts_of(lines: Iterable[LineDoubt]) -> dict[str, float]:
    """By character, how much settling these lines would teach."""
    found: dict[str, float] = defaultdict(float)
    for line in lines:
        doubt = _doubt(line)
        for character, sure in line.characters:
            found[character] += doubt * min(1.0 - sure, MOST_DOUBT)
    return dict(found)


def worth_of(lines: Sequence[LineDoubt], pace: Pace, coverage: Coverage) -> Worth:
    """What it is worth to review these lines now; NOTHING where there is no line."""
    if not lines:
        return NOTHING
    errors = pace.wrong * sum(map(expected_errors, lines))
    looking = pace.line * len(lines)
    return Worth(
        errors=errors,
        taught=coverage.taught_by(doubts_of(lines)),
        seconds=looking + pace.error * errors,
        looking=looking,
    )


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which this share of the sorted values lies, between two in proportion."""
    place = share * (len(values) - 1)
    lower = min(int(place), len(values) - 1)
    upper = min(lower + 1, len(values) - 1)
    return values[lower] + (place - lower) * (values[upper] - values[lower])


def rank(values: Sequence[float], value: float) -> float:
    """The share of the sorted values that lie below, half of those alike among them."""
    return (bisect_left(values, value) + bisect_right(values, value)) / 2 / len(values)


def _doubt(line: LineDoubt) -> float:
    return 1.0 - (UNKNOWN if line.probability is None else line.probability)
