"""Thresholds from evidence: proven or not, never hoped for."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.targets import (
    AcceptedPage,
    ReviewedPage,
    find_threshold,
    lines_needed,
    trade_off,
    upper_bound,
    upper_bound_of_pages,
)


@pytest.mark.parametrize(
    ("wrong", "judged", "bound"),
    # Exact binomial limits: 1 - 0.05 ** (1 / n) without an error; the others from tables.
    [(0, 299, 0.00997), (0, 1, 0.95), (1, 100, 0.04656), (10, 100, 0.16372), (5, 5, 1.0)],
)
def test_the_bound_is_the_exact_one(wrong, judged, bound):
    assert upper_bound(wrong, judged) == pytest.approx(bound, abs=5e-5)


def test_without_evidence_nothing_is_proven():
    assert upper_bound(0, 0) == 1.0
    assert find_threshold([], [], 0.99).threshold is None
    assert find_threshold([], [AcceptedPage(0.99, 40)] * 50, 0.99).threshold is None


@pytest.mark.parametrize(("target", "lines"), [(0.99, 299), (0.95, 59), (0.999, 2995)])
def test_how_many_faultless_lines_prove_a_target(target, lines):
    assert lines_needed(target) == lines
    enough = [ReviewedPage(0.9, lines, 0, audit=False)]
    assert find_threshold(enough, [], target).threshold == 0.9
    less = [ReviewedPage(0.9, lines - 1, 0, audit=False)]
    assert find_threshold(less, [], target).threshold is None


def test_the_threshold_lies_where_the_errors_begin():
    sure = [ReviewedPage(0.9 + i / 10_000, 40, 0, audit=False) for i in range(100)]
    unsure = [ReviewedPage(0.5 + i / 10_000, 40, 8, audit=False) for i in range(100)]
    found = find_threshold(sure + unsure, [], 0.98)
    assert found.threshold is not None
    assert 0.505 < found.threshold <= 0.9
    step = next(step for step in found.curve if step.threshold == found.threshold)
    assert step.bound <= 0.02
    assert step.reviewed == pytest.approx(0.5, abs=0.03)


def test_errors_in_audits_weigh_as_much_as_what_the_audits_stand_for():
    audits = [ReviewedPage(0.95, 40, 1, audit=True)] * 20
    census = [ReviewedPage(0.95, 40, 0, audit=False)] * 20
    alone = trade_off(audits + census, [])[-1]
    many = trade_off(audits + census, [AcceptedPage(0.95, 40)] * 960)[-1]
    assert alone.error == pytest.approx(1 / 80)
    assert many.error == pytest.approx(0.98 / 40, rel=0.01)


def test_one_page_full_of_errors_counts_as_one_witness():
    spread = [ReviewedPage(0.9, 40, 1, audit=False)] * 40
    heaped = [ReviewedPage(0.9, 40, 40 if i == 0 else 0, audit=False) for i in range(40)]
    assert upper_bound_of_pages(heaped) > 2 * upper_bound_of_pages(spread)


def test_a_target_is_kept_nineteen_times_in_twenty():
    """Pages whose lines err as often as their probability says; drawn, decided, then counted."""
    chance, broken, proven = random.Random(5), 0, 0
    for _ in range(200):
        lowest = [chance.random() for _ in range(300)]
        pages = []
        for value in lowest:
            rate = 0.2 * (1 - value) ** 2
            wrong = sum(chance.random() < rate for _ in range(20))
            pages.append(ReviewedPage(value, 20, wrong, audit=False))
        threshold = find_threshold(pages, [], 0.97).threshold
        if threshold is not None:
            proven += 1
            broken += 0.2 * (1 - threshold) ** 2 / 3 > 0.03  # mean rate above the threshold
    assert proven > 150
    assert broken <= 0.05 * 200


@given(
    st.lists(
        st.builds(
            lambda lowest, lines, share, audit: ReviewedPage(
                lowest, lines, int(lines * share), audit
            ),
            st.floats(0, 1),
            st.integers(1, 60),
            st.floats(0, 1),
            st.booleans(),
        ),
        max_size=30,
    ),
    st.lists(st.builds(AcceptedPage, st.floats(0, 1), st.integers(1, 60)), max_size=30),
)
def test_a_stricter_threshold_never_costs_less(reviewed, accepted):
    curve = trade_off(reviewed, accepted)
    assert [step.threshold for step in curve] == sorted(
        {step.threshold for step in curve}, reverse=True
    )
    shares = [step.reviewed for step in curve]
    assert shares == sorted(shares, reverse=True)
    assert all(0 <= step.error <= 1 and 0 <= step.bound <= 1 for step in curve)
