"""Error rates."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognition.metrics import Score, cer, edits, score, wer, word_edits


@pytest.mark.parametrize(
    ("truth", "text", "wrong"),
    [("", "", 0), ("abc", "abc", 0), ("abc", "", 3), ("", "ab", 2), ("abc", "axc", 1)],
)
def test_edits_count_single_changes(truth: str, text: str, wrong: int) -> None:
    assert edits(truth, text) == wrong


def test_words_are_what_white_space_parts() -> None:
    assert word_edits("to  be or\tnot", "to be ornot") == 2


def test_rates_weigh_by_length_not_by_line() -> None:
    pairs = [("abcdefgh", "abcdefgh"), ("ab", "xy")]
    assert cer(pairs) == 0.2
    assert wer([("one two three", "one two three"), ("four", "for")]) == 0.25


def test_without_truth_there_is_no_rate() -> None:
    assert cer([]) is None
    assert wer([("", "x")]) is None
    assert score([]).exact_share is None


def test_scores_of_parts_add_up_to_the_score_of_all() -> None:
    one, other = [("abc", "abd"), ("x y", "x y")], [("hello", "hallo w")]
    assert score(one) + score(other) == score(one + other)
    assert score(one) == Score(2, 1, 6, 1, 3, 1)


@given(st.text(max_size=20), st.text(max_size=20))
def test_edits_are_the_same_both_ways(one: str, other: str) -> None:
    assert edits(one, other) == edits(other, one) <= max(len(one), len(other))
