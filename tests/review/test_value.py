"""What a page is worth, and when its turn comes: by table, and by what must hold for any page."""

import random
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recognition.chance import chance
from review.pace import DonePage, fit_pace
from review.value import (
    NOTHING,
    Coverage,
    LineDoubt,
    Pace,
    Scale,
    doubts_of,
    expected_errors,
    quantile,
    rank,
    worth_of,
)

shares = st.floats(0, 1)
characters = st.lists(st.tuples(st.sampled_from("abcſ "), shares), max_size=12).map(tuple)
lines = st.builds(LineDoubt, probability=st.none() | shares, characters=characters)
pages = st.lists(lines, min_size=1, max_size=8)
amounts = st.dictionaries(st.sampled_from("abcſ "), st.floats(0, 1_000))
coverages = st.builds(Coverage, waiting=amounts, labelled=amounts)
paces = st.builds(
    Pace, line=st.floats(0.1, 60), error=st.floats(0.05, 30), wrong=st.floats(0.1, 10)
)


def line(probability: float | None, *doubts: float, text: str = "a") -> LineDoubt:
    return LineDoubt(probability, tuple((text, 1.0 - doubt) for doubt in doubts))


@pytest.mark.parametrize(
    ("given_line", "errors"),
    [
        (line(1.0, 0.5, 0.5), 0.0),  # surely right
        (line(0.0, 0.25, 0.25), 1.0),  # surely wrong: in one character at least
        (line(0.0, 0.9, 0.9, 0.7), 2.5),
        (line(0.5, 0.9, 0.9, 0.2), 1.0),
        (line(None, 0.9, 0.9, 0.2), 1.0),  # not known: neither right nor wrong
        (LineDoubt(0.4, ()), 0.6),
    ],
)
def test_a_line_is_expected_to_hold_as_many_wrong_characters(given_line, errors):
    assert expected_errors(given_line) == pytest.approx(errors)


def test_a_page_is_worth_its_errors_and_what_it_teaches_for_the_time_it_takes():
    page = [line(0.0, 0.5, 0.5, 0.5, 0.5), line(1.0, 0.0)]
    found = worth_of(page, Pace(line=3.0, error=1.0, wrong=2.0), Coverage({"a": 100.0}, {"a": 7.0}))
    assert found.errors == pytest.approx(4.0)
    assert (found.looking, found.seconds) == (6.0, 10.0)
    assert found.taught == pytest.approx(100 * (1 - (8 / 10) ** 0.4))
    assert found.value == pytest.approx(4.0 / 10.0 + found.taught / 6.0)


def test_an_empty_page_is_worth_nothing():
    assert worth_of([], Pace(), Coverage({"a": 9.0}, {})) == NOTHING
    assert NOTHING.value == 0.0


def test_what_labels_have_covered_teaches_less_than_what_they_have_not():
    page = [line(0.2, 0.4, 0.4)]
    known = worth_of(page, Pace(), Coverage({"a": 50.0}, {"a": 200.0}))
    new = worth_of(page, Pace(), Coverage({"a": 50.0}, {}))
    assert new.taught > 5 * known.taught


def test_what_nobody_can_read_teaches_no_more_than_what_is_half_read():
    coverage = Coverage({"a": 50.0}, {})
    assert coverage.taught_by(doubts_of([line(0.0, 0.5)])) == coverage.taught_by(
        doubts_of([line(0.0, 1.0)])
    )


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # cores are shared
@given(pages, coverages, paces, st.data())
def test_more_doubt_never_lowers_the_value(page, coverage, pace, data):
    at = data.draw(st.integers(0, len(page) - 1))
    lower = data.draw(shares)
    before = page[at].probability
    less = lower * (0.5 if before is None else before)
    weaker = tuple((text, sure * lower) for text, sure in page[at].characters)
    now = worth_of(page, pace, coverage).value
    for doubtful in (
        replace(page[at], probability=less),
        replace(page[at], characters=weaker),
    ):
        changed = [*page[:at], doubtful, *page[at + 1 :]]
        assert worth_of(changed, pace, coverage).value >= now * (1 - 1e-9)


@given(pages, coverages, paces)
def test_no_page_is_worth_less_than_nothing_or_more_than_there_is(page, coverage, pace):
    found = worth_of(page, pace, coverage)
    assert found.value >= 0
    assert 0 <= found.taught <= sum(coverage.waiting.values()) * (1 + 1e-9)
    assert found.seconds >= found.looking > 0


@given(st.lists(st.floats(0, 100), min_size=1, max_size=40), shares)
def test_a_quantile_lies_among_its_values_and_rises_with_the_share(values, share):
    ordered = sorted(values)
    low, high = quantile(ordered, share * 0.5), quantile(ordered, share)
    assert ordered[0] <= low * (1 + 1e-9) + 1e-9
    assert low <= high + 1e-9
    assert high <= ordered[-1] * (1 + 1e-9) + 1e-9


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40), shares, shares)
def test_a_rank_is_a_share_that_rises_with_the_value(values, one, other):
    ordered = sorted(values)
    assert 0 <= rank(ordered, min(one, other)) <= rank(ordered, max(one, other)) <= 1


def test_a_page_has_its_number_for_ever_and_numbers_are_spread_evenly():
    assert chance("arm", 7) == chance("arm", 7) != chance("draw", 7)
    numbers = [chance("draw", page) for page in range(4_000)]
    assert all(0 <= number < 1 for number in numbers)
    tenths = Counter(int(number * 10) for number in numbers)
    assert all(330 < tenths[tenth] < 470 for tenth in range(10))
    assert 0.085 < sum(chance("arm", page) < 0.1 for page in range(4_000)) / 4_000 < 0.115


SHARE, ARRIVING, TAKEN, DAYS, LIMIT = 0.1, 40, 30, 60, 12
"""Of a queue under work: pages come in, the first is reviewed, and each day the scale is found
anew as the sweep does. After two thirds of the time fewer come in than are reviewed."""


@pytest.fixture(scope="module")
def worked() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What waits at last, and what was taken."""
    generator = random.Random(4)
    waiting: list[dict[str, Any]] = []
    taken: list[dict[str, Any]] = []
    number = 0
    for day in range(DAYS):
        for _ in range(ARRIVING if day < 40 else ARRIVING // 2):
            number += 1
            waiting.append(
                {
                    "id": number,
                    "day": day,
                    "value": generator.paretovariate(1.5),
                    "random": chance("arm", number) < SHARE,
                    "draw": chance("draw", number),
                }
            )
        scale = Scale(
            sorted(page["value"] for page in waiting if not page["random"]),
            sorted(page["draw"] for page in waiting if page["random"]),
        )
        for page in waiting:
            page["late"] = day - page["day"] >= LIMIT
            page["turn"] = scale.turn_of(page["draw"]) if page["random"] else page["value"]
        waiting.sort(
            key=lambda page: (page["day"] if page["late"] else DAYS, -page["turn"], page["id"])
        )
        taken += [{**page, "taken": day} for page in waiting[:TAKEN]]
        del waiting[:TAKEN]
    return waiting, taken


class TestAQueueUnderWork:
    def test_about_a_tenth_of_what_is_reviewed_was_drawn_at_random(self, worked):
        _, taken = worked
        early = [page for page in taken if not page["late"]]
        assert 0.06 < sum(page["random"] for page in early) / len(early) < 0.14

    def test_what_was_drawn_at_random_is_worth_what_pages_are_worth(self, worked):
        """Unbiased: as often above the median of all pages as below; by value, mostly above."""
        waiting, taken = worked
        values = sorted(page["value"] for page in [*waiting, *taken])
        median = quantile(values, 0.5)

        def above(drawn):
            chosen = [page for page in taken if page["random"] is drawn and not page["late"]]
            return sum(page["value"] > median for page in chosen) / len(chosen)

        assert 0.38 < above(True) < 0.62
        assert above(False) > 0.7

    def test_nothing_starves(self, worked):
        """Once as many are reviewed as come in, nobody waits for ever past the limit."""
        waiting, taken = worked
        assert any(page["late"] for page in taken)
        late = [page for page in taken if page["late"]]
        assert [page["day"] for page in late] == sorted(page["day"] for page in late)
        oldest = min(page["day"] for page in waiting)
        assert all(page["day"] >= oldest for page in waiting)
        assert max(page["taken"] - page["day"] for page in taken) < 2 * LIMIT


@pytest.mark.parametrize(("line_seconds", "error_seconds"), [(1.1, 1.1), (6.0, 0.3), (3.0, 3.0)])
def test_pages_that_are_done_tell_the_pace(line_seconds, error_seconds):
    generator = random.Random(3)
    done = []
    for _ in range(400):
        number, wrong = generator.randint(5, 40), generator.randint(0, 60)
        done.append(DonePage(number, wrong, number * line_seconds + wrong * error_seconds))
    found = fit_pace(done, expected=2_000.0, corrected=4_000.0)
    assert found.wrong == pytest.approx(2.0, rel=0.02)
    for page in ((20, 0), (20, 20), (20, 60)):
        told = page[0] * found.line + page[1] * found.error
        assert told == pytest.approx(page[0] * line_seconds + page[1] * error_seconds, rel=0.2)


def test_without_pages_the_pace_is_the_usual_one_and_a_forgotten_tab_changes_it_little():
    assert fit_pace([], expected=0.0, corrected=0.0) == Pace()
    forgotten = fit_pace([DonePage(10, 0, 3_600.0)], expected=0.0, corrected=0.0)
    assert forgotten.line < 2 * Pace().line
