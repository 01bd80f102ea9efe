"""Which lines to ask about first, tried out: strategies on lines whose truth is known."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from math import sqrt
from statistics import mean, stdev
from typing import Any

from training.replay import HeadState, Reader, ReplayLine, learn
from training.settings import TrainSettings
from training.strategies import (
    SECONDS_A_CHARACTER,
    SECONDS_A_LINE,
    STRATEGIES,
    Prospect,
)

TEST_SHARE = 0.3
VALIDATION_SHARE = 0.125  # as the product splits: 70 to 10
MOST_TEST_LINES = 100
PAGE_LINES = 10


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
    """The error rate on held-out lines after some labels; `minutes` of a person are estimated."""

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
    """Every strategy with every seed. The first batch is drawn at random, the same for all."""
    found: list[Outcome] = []

    def note(outcome: Outcome) -> None:
        found.append(outcome)
        on_outcome(outcome)

    for seed in plan.seeds:
        pool, test = held_out(lines, seed)
        first = STRATEGIES["random"](_prospects(pool, None), random.Random(seed))[: plan.batch]
        start = _learn(base, base, [pool[at] for at in first], plan, seed)
        cer = _error_rate(start, test)
        for strategy in plan.strategies:
            state, chosen = start, list(first)
            note(Outcome(strategy, seed, len(chosen), _minutes(pool, chosen), cer))
            generator = random.Random(f"{strategy} {seed}")
            for _ in range(plan.rounds - 1):
                taken = set(chosen)
                left = [at for at in range(len(pool)) if at not in taken]
                order = STRATEGIES[strategy](_prospects(pool, state, left), generator)
                chosen += order[: plan.batch]
                state = _learn(state, base, [pool[at] for at in chosen], plan, seed)
                rate = _error_rate(state, test)
                note(Outcome(strategy, seed, len(chosen), _minutes(pool, chosen), rate))
    return found


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


def as_json(plan: Plan, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Plain values for JSON."""
    return {
        "plan": {**asdict(plan), "settings": plan.settings.as_dict()},
        "points": [asdict(point) for point in points(outcomes)],
        "outcomes": [asdict(outcome) for outcome in outcomes],
    }


def _prospects(
    pool: Sequence[ReplayLine], state: HeadState | None, left: Sequence[int] | None = None
) -> list[Prospect]:
    numbers = range(len(pool)) if left is None else left
    if state is None:
        return [Prospect(at, 0.0, 0.0, 0) for at in numbers]
    reader = Reader(state)
    found = []
    for at in numbers:
        read = reader.read(pool[at])
        found.append(Prospect(at, read.confidence, read.margin, len(read.text)))
    return found


def _learn(
    state: HeadState, base: HeadState, labelled: Sequence[ReplayLine], plan: Plan, seed: int
) -> HeadState:
    shuffled = random.Random(seed).sample(list(labelled), len(labelled))
    held = round(len(shuffled) * VALIDATION_SHARE)
    return learn(state, base, shuffled[held:], shuffled[:held], [], plan.settings)


def _error_rate(state: HeadState, test: Sequence[ReplayLine]) -> float:
    read = Reader(state).read_all(test)
    return sum(one.wrong for one in read) / sum(len(line.text) for line in test)


def _minutes(pool: Sequence[ReplayLine], chosen: Sequence[int]) -> float:
    """A look at every line and a tenth of its characters typed: what people had to do for it."""
    seconds = sum(SECONDS_A_LINE + SECONDS_A_CHARACTER * 0.1 * len(pool[at].text) for at in chosen)
    return round(seconds / 60, 2)
