"""A fall of accuracy is told where it is large and no chance, and not otherwise."""

import random
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.drift import (
    FALL,
    FEWEST_WEEKS,
    Drift,
    PageAudit,
    Week,
    interval,
    judge,
    worst_pages,
)
from training.intervals import wilson

MONDAY = date(2026, 1, 5)
YEARS = 10


def week(number: int, share: float, *, pages: int = 20, lines: int = 50, **fields: float) -> Week:
    """Week `number` with pages alike, of each of whose lines `share` are right."""
    right = round(share * lines)
    audits = tuple(
        PageAudit(page, lines, right, 10 * lines, lines - right) for page in range(pages)
    )
    return Week(MONDAY + timedelta(weeks=number), audits, **fields)  # type: ignore[arg-type]


def weeks(*shares: float, **fields: int) -> list[Week]:
    return [week(number, share, **fields) for number, share in enumerate(shares)]


@pytest.mark.parametrize(
    ("shares", "fields", "outcome"),
    [
        ((), {}, Drift.UNKNOWN),
        ((0.98, 0.98, 0.5), {}, Drift.UNKNOWN),  # two weeks are no reference
        ((0.98, 0.98, 0.98, 0.94), {}, Drift.FALLEN),
        ((0.98, 0.98, 0.98, 0.98), {}, Drift.STEADY),
        ((0.90, 0.90, 0.90, 0.98), {}, Drift.STEADY),  # a rise is no fall
        ((0.98, 0.50, 0.98, 0.98), {}, Drift.STEADY),  # one bad week is not the reference
        ((0.98, 0.50, 0.98, 0.98, 0.94), {}, Drift.FALLEN),
        ((0.98, 0.98, 0.98, 0.96), {"pages": 100}, Drift.FALLEN),  # 2 points, surely
        ((0.98, 0.98, 0.98, 0.96), {"pages": 5}, Drift.STEADY),  # 2 points, by chance as well
        ((0.99, 0.99, 0.99, 0.98), {"pages": 500, "lines": 100}, Drift.STEADY),  # sure, but small
        ((0.98, 0.98, 0.98, 0.5), {"pages": 4}, Drift.UNKNOWN),  # 4 pages: two weeks make one
        ((0.98, 0.98, 0.98, 0.5), {"pages": 9, "lines": 10}, Drift.UNKNOWN),
    ],
)
def test_a_fall_is_told_where_it_is_large_and_no_chance(shares, fields, outcome):
    assert judge(weeks(*shares, **fields)).outcome == outcome


def test_a_last_week_with_too_few_audits_decides_nothing():
    rows = [*weeks(0.98, 0.98, 0.98, 0.9), week(4, 0.5, pages=2)]
    verdict = judge(rows)
    assert verdict.outcome == Drift.FALLEN
    assert verdict.week == rows[3]
    assert verdict.since == rows[3].monday
    assert verdict.fall == pytest.approx(0.08)


def test_weeks_with_few_audits_are_judged_together():
    verdict = judge(weeks(*[0.98] * 8, 0.8, 0.8, pages=3))
    assert verdict.outcome == Drift.FALLEN
    assert verdict.week is not None
    assert verdict.since == MONDAY + timedelta(weeks=8)
    assert verdict.week.name == "2026-W11"
    assert len(verdict.week.audits) == 6


def test_one_bad_page_of_many_is_no_fall():
    good = weeks(0.98, 0.98, 0.98)
    pages = [PageAudit(number, 50, 49, 500, 1) for number in range(19)]
    bad = Week(MONDAY + timedelta(weeks=3), (*pages, PageAudit(20, 50, 0, 500, 400)))
    assert judge([*good, bad]).fall > FALL
    assert judge([*good, bad]).outcome == Drift.STEADY


def test_a_low_level_that_stays_becomes_the_reference():
    found = [
        judge(weeks(*[0.98] * 8, *[0.9] * number)).outcome for number in range(1, 9)
    ]  # fmt: skip
    assert found[0] == Drift.FALLEN
    assert found[-1] == Drift.STEADY
    assert found == sorted(found, key=found.index)  # once it is the reference, it stays that


def test_probabilities_that_fall_are_told_before_audits_prove_anything():
    before = [week(number, 0.98, pages=1, expected=0.97, read=500) for number in range(4)]
    now = week(4, 0.98, pages=0, expected=0.94, read=500)
    verdict = judge([*before, now])
    assert verdict.outcome == Drift.UNKNOWN
    assert verdict.expected_fall == pytest.approx(0.03)
    few = week(4, 0.98, pages=0, expected=0.94, read=10)
    assert judge([*before, few]).expected_fall is None


def test_the_worst_pages_come_first_and_faultless_ones_not_at_all():
    audits = (
        PageAudit(1, 10, 10, 100, 0),
        PageAudit(2, 10, 7, 100, 4),
        PageAudit(3, 10, 7, 100, 9),
        PageAudit(4, 40, 36, 400, 4),
    )
    assert [page.page_id for page in worst_pages(Week(MONDAY, audits))] == [4, 3, 2]


def test_lines_that_err_together_count_for_fewer():
    spread = [PageAudit(page, 10, 9, 100, 1) for page in range(10)]
    together = [PageAudit(page, 10, 10 * (page > 0), 100, 10 * (page == 0)) for page in range(10)]
    assert interval(spread) == wilson(90, 100)
    low, high = interval(together) or (0.0, 0.0)
    assert low < wilson(90, 100)[0]
    assert high > wilson(90, 100)[1]
    assert interval([]) is None


def test_weeks_are_named_as_iso_names_them():
    assert Week(date(2025, 12, 29)).name == "2026-W01"


PAGES = st.builds(
    lambda lines, wrong: PageAudit(1, lines, max(lines - wrong, 0), 10 * lines, wrong),
    st.integers(1, 60),
    st.integers(0, 60),
)


@given(st.lists(st.lists(PAGES, max_size=8), max_size=10))
def test_whatever_the_weeks_a_fall_is_as_large_and_as_sure_as_it_says(audits):
    rows = [Week(MONDAY + timedelta(weeks=number), tuple(one)) for number, one in enumerate(audits)]
    verdict = judge(rows)
    if verdict.outcome == Drift.UNKNOWN:
        assert sum(row.enough for row in rows) <= FEWEST_WEEKS
        return
    assert verdict.week is not None
    assert verdict.week.enough
    assert verdict.week.share <= verdict.bound <= 1
    if verdict.outcome == Drift.FALLEN:
        assert verdict.fall >= FALL
        assert verdict.reference > verdict.bound


@pytest.mark.parametrize(
    ("truth", "pages", "lines", "differing"),
    [(0.97, 5, 20, 0.02), (0.97, 12, 30, 0.02), (0.9, 12, 30, 0.05), (0.98, 6, 20, 0.0)],
)
def test_a_steady_type_seldom_raises_an_alert(truth, pages, lines, differing):
    """Pages differ from each other, as real ones do; the seed makes it the same always."""
    chance = random.Random(20)
    alerts = 0
    for _ in range(YEARS):
        year = [
            Week(
                MONDAY + timedelta(weeks=number),
                tuple(_drawn(chance, truth, lines, differing) for _ in range(pages)),
            )
            for number in range(52)
        ]
        alerts += sum(judge(year[:number]).outcome == Drift.FALLEN for number in range(4, 53))
    assert alerts <= YEARS // 5  # in five years, of one type


def _drawn(chance: random.Random, truth: float, lines: int, differing: float) -> PageAudit:
    share = chance.gauss(truth, differing)
    right = sum(chance.random() < share for _ in range(lines))
    return PageAudit(1, lines, right, 10 * lines, lines - right)
