"""Confusions counted from corrections, and put into a text."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from review.confusions import COMMON, confuse, count_confusions


def test_what_is_read_for_what_is_counted() -> None:
    pairs = [("modern", "modem"), ("modern", "modem"), ("10", "1O"), ("same", "same")]
    assert count_confusions(pairs)["0", "O"] == 1
    assert ("s", "s") not in count_confusions(pairs)


def test_whole_words_and_blanks_are_no_confusions() -> None:
    assert not count_confusions([("a b", "a-b"), ("Invoice", "Rechnung 4711 xx")]).keys() & {
        (" ", "-"),
        ("Invoice", "Rechnung"),
    }


def test_a_text_that_nothing_fits_is_left_alone() -> None:
    assert confuse("", COMMON, Random(1)) is None
    assert confuse("%%%%", COMMON, Random(1)) is None
    assert confuse("corn", {("rn", "m"): 1}, Random(1)) == "com"


@given(st.text(alphabet="rnm10OlS5 ", max_size=20), st.integers())
def test_one_place_is_changed_as_the_table_says(text: str, seed: int) -> None:
    changed = confuse(text, COMMON, Random(seed))
    if changed is not None:
        assert changed != text
        ends = ((text[:cut], text[cut:]) for cut in range(len(text) + 1))
        assert any(
            changed == before + seen + after.removeprefix(stands)
            for before, after in ends
            for stands, seen in COMMON
            if after.startswith(stands)
        )
