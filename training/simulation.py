"""Which lines to ask about first, tried out: strategies on lines whose truth is known."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from math import sqrt
from statistics import mean, stdev
from typing import Any

from review.value import LineDoubt, Pace, doubts_of
from training.replay import HeadState, ReadBack, Reader, ReplayLine, learn
from training.settings import TrainSettings
from training.strategies import STRATEGIES, Prospect

TEST_SHARE = 0.3
VALIDATION_SHARE = 0.125  # as the product splits: 70 to 10
MOST_TEST_LINES = 100
PAGE_LINES = 10
GOAL = 0.5
"""Of random's labels should do for random's last error rate."""
PACE = Pace()
BLIND = frozenset({"random"})
"""Strategies that need no reading, which is then spared."""
UNREAD = LineDoubt(None, ())


@dataclass(frozen=True, slots=True)
class Plan:
    """How a simulation goes: `rounds` times `batch` lines are asked about, for each seed."""

    strategies: tuple[str, ...]
    rounds: int
    batch: int
    seeds: tuple[int, ...]
    settings: TrainSettings


@dataclass(frozen=True, slots=True)
class Outcome:
    """The error rate on held-out lines after some labels.

    `minutes` of a person are estimated: a look at each line, and each character typed that was read
    wrong when the line was asked about.
    """

    strategy: str
    seed: int
    labels: int
    minutes: float
    cer: float


@dataclass(frozen=True, slots=True)
class Point:
    """Outcomes of all seeds at one number of labels: mean and 95 % interval of the mean."""

    strategy: str
    labels: int
    minutes: float
    cer: float
    low: float
    high: float
    seeds: int


def simulate(
    lines: Sequence[ReplayLine],
    base: HeadState,
    plan: Plan,
    on_outcome: Callable[[Outcome], None],
) -> list[Outcome]:
    """Every strategy with every seed, from the head as shipped and no label.

    All start with the same readings and the same error rate; already the first batch is each
    strategy's own choice, as in the queue.
    """
    found: list[Outcome] = []

    def note(outcome: Outcome) -> None:
        found.append(outcome)
        on_outcome(outcome)

    for seed in plan.seeds:
        pool, test = held_out(lines, seed)
        shipped = _read(base, pool, range(len(pool)))
        rate = _error_rate(base, test)
        for strategy in plan.strategies:
            note(Outcome(strategy, seed, 0, 0.0, rate))
            _ask(strategy, seed, pool, test, base, shipped, plan, note)
    return found


def _ask(
    strategy: str,
    seed: int,
    pool: Sequence[ReplayLine],
    test: Sequence[ReplayLine],
    base: HeadState,
    shipped: Mapping[int, ReadBack],
    plan: Plan,
    note: Callable[[Outcome], None],
) -> None:
    """All rounds of one strategy with one seed."""
    state, read = base, shipped
    chosen: list[int] = []
    settled: Counter[str] = Counter()
    seconds = 0.0
    generator = random.Random(f"{strategy} {seed}")
    for turn in range(plan.rounds):
        taken = set(chosen)
        left = [at for at in range(len(pool)) if at not in taken]
        if turn:
            read = {} if strategy in BLIND else _read(state, pool, left)
        order = STRATEGIES[strategy](_prospects(left, read), generator, settled)[: plan.batch]
        asked = [read[at] for at in order] if read else _read(state, pool, order).values()
        chosen += order
        settled.update(doubts_of(_doubt(one) for one in asked))
        seconds += sum(PACE.line + PACE.error * one.wrong for one in asked)
        state = _learn(state, base, [pool[at] for at in chosen], plan, seed)
        rate = _error_rate(state, test)
        note(Outcome(strategy, seed, len(chosen), round(seconds / 60, 2), rate))


def held_out(lines: Sequence[ReplayLine], seed: int) -> tuple[list[ReplayLine], list[ReplayLine]]:
    """(pool, test): whole pages of ten lines are held out, three in ten."""
    pages = [list(page) for _, page in groupby(lines, key=lambda line: line.number // PAGE_LINES)]
    random.Random(seed).shuffle(pages)
    held = max(1, round(len(pages) * TEST_SHARE))
    test = [line for page in pages[:held] for line in page]
    return [line for page in pages[held:] for line in page], test[:MOST_TEST_LINES]


def points(outcomes: Sequence[Outcome]) -> list[Point]:
    """Outcomes by strategy and number of labels. With one seed there is no interval to speak of."""
    found = []
    keyed = sorted(outcomes, key=lambda one: (one.strategy, one.labels))
    for (strategy, labels), same in groupby(keyed, key=lambda one: (one.strategy, one.labels)):
        rows = list(same)
        rates = [row.cer for row in rows]
        half = 1.96 * stdev(rates) / sqrt(len(rates)) if len(rates) > 1 else 0.0
        centre = mean(rates)
        found.append(
            Point(
                strategy=strategy,
                labels=labels,
                minutes=mean(row.minutes for row in rows),
                cer=centre,
                low=max(0.0, centre - half),
                high=centre + half,
                seeds=len(rows),
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class Reached:
    """With how many labels, and minutes, a strategy first came down to random's last error rate.

    None where it did not. `of_labels` and `of_minutes` are random's own.
    """

    strategy: str
    cer: float
    labels: int | None
    of_labels: int
    minutes: float | None
    of_minutes: float

    @property
    def share(self) -> float | None:
        """Of random's labels."""
        return None if self.labels is None else self.labels / self.of_labels


def reached(found: Sequence[Point], random_name: str = "random") -> list[Reached]:
    """What each other strategy needed for what random had at last; nothing without random."""
    of_random = [point for point in found if point.strategy == random_name]
    if not of_random:
        return []
    last = max(of_random, key=lambda point: point.labels)
    others = {point.strategy: None for point in found if point.strategy != random_name}
    rows = []
    for strategy in others:
        there = [one for one in found if one.strategy == strategy and one.cer <= last.cer]
        first = min(there, key=lambda point: point.labels, default=None)
        rows.append(
            Reached(
                strategy=strategy,
                cer=last.cer,
                labels=first.labels if first else None,
                of_labels=last.labels,
                minutes=first.minutes if first else None,
                of_minutes=last.minutes,
            )
        )
    return rows


def as_json(plan: Plan, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Plain values for JSON."""
    return {
        "goals": [
            {
                "name": f"{one.strategy}: labels for random's last error rate",
                "value": one.share,
                "goal": GOAL,
                "unit": "of random's labels",
                "holds": one.share is not None and one.share <= GOAL,
            }
            for one in reached(points(outcomes))
        ],
        "reached": [asdict(one) for one in reached(points(outcomes))],
        "plan": {**asdict(plan), "settings": plan.settings.as_dict()},
        "points": [asdict(point) for point in points(outcomes)],
        "outcomes": [asdict(outcome) for outcome in outcomes],
    }


def _read(
    state: HeadState, pool: Sequence[ReplayLine], numbers: Iterable[int]
) -> dict[int, ReadBack]:
    wanted = list(numbers)
    read = Reader(state).read_all([pool[at] for at in wanted])
    return dict(zip(wanted, read, strict=True))


def _prospects(left: Iterable[int], read: Mapping[int, ReadBack]) -> list[Prospect]:
    """Of lines that were not read, as a strategy that looks at none wants them, the number only."""
    return [
        Prospect(at, _doubt(read[at]), read[at].margin) if at in read else Prospect(at, UNREAD, 0.0)
        for at in left
    ]


def _doubt(read: ReadBack) -> LineDoubt:
    return LineDoubt(read.confidence, read.characters)


def _learn(
    state: HeadState, base: HeadState, labelled: Sequence[ReplayLine], plan: Plan, seed: int
) -> HeadState:
    shuffled = random.Random(seed).sample(list(labelled), len(labelled))
    held = round(len(shuffled) * VALIDATION_SHARE)
    return learn(state, base, shuffled[held:], shuffled[:held], [], plan.settings)


def _error_rate(state: HeadState, test: Sequence[ReplayLine]) -> float:
    read = Reader(state).read_all(test)
    return sum(one.wrong for one in read) / sum(len(line.text) for line in test)
