"""The parts of the benches that compute."""

import pytest

from bench.engines import _tsv_lines
from bench.proposals import area, precision_at
from bench.report import goal, percentile


@pytest.mark.parametrize(
    ("share", "value"), [(0.0, 1), (0.5, 10), (0.95, 19), (0.951, 20), (1.0, 20)]
)
def test_a_percentile_is_one_of_the_values(share: float, value: int) -> None:
    assert percentile(range(20, 0, -1), share) == value


@pytest.mark.parametrize(
    ("value", "low", "high"), [(1.0, True, False), (2.0, True, True), (3.0, False, True)]
)
def test_a_goal_holds_at_its_mark(value: float, low: bool, high: bool) -> None:
    assert goal("x", value, 2.0, "s", "low")["holds"] is low
    assert goal("x", value, 2.0, "s", "high")["holds"] is high
    assert goal("x", None, 2.0, "s", "low")["holds"] is False


def test_tesseracts_words_become_its_lines_and_empty_ones_go() -> None:
    head = "level page_num block_num par_num line_num word_num left top width height conf text"
    rows = [
        "4 1 1 1 1 0 10 20 30 5 -1 ",
        "5 1 1 1 1 1 10 20 12 5 96 two",
        '5 1 1 1 1 2 25 20 15 5 96 "words',
        "4 1 1 1 2 0 10 40 30 5 -1 ",
        "5 1 1 1 2 1 10 40 30 5 95 ",
    ]
    (line,) = _tsv_lines("\n".join(row.replace(" ", "\t") for row in [head, *rows]))
    assert line["text"] == 'two "words'
    assert line["polygon"] == [[10, 20], [40, 20], [40, 25], [10, 25]]


def test_the_area_is_the_chance_that_a_right_one_comes_first() -> None:
    assert area([0.9, 0.8, 0.2, 0.1], [True, True, False, False]) == 1.0
    assert area([0.9, 0.5, 0.5, 0.1], [True, True, False, False]) == pytest.approx(0.875)
    assert area([0.1, 0.9], [True, False]) == 0.0
    assert area([0.1, 0.9], [True, True]) is None


def test_precision_is_taken_where_the_share_of_right_ones_is_still_offered() -> None:
    scores = [0.9, 0.8, 0.7, 0.6, 0.5]
    right = [True, False, True, False, True]
    assert precision_at(scores, right, 0.34) == 1.0
    assert precision_at(scores, right, 0.67) == pytest.approx(2 / 3)
    assert precision_at(scores, right, 1.0) == pytest.approx(3 / 5)
    assert precision_at(scores, [False] * 5, 0.5) is None
