"""Turning lines between the order on paper and the order of reading."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognition.direction import is_right_to_left, turn

SHALOM = "\u05e9\u05dc\u05d5\u05dd"
OLAM = "\u05e2\u05d5\u05dc\u05dd"


@pytest.mark.parametrize(
    ("logical", "visual"),
    [
        ("plain text (1)", "plain text (1)"),
        ("", ""),
        (SHALOM, SHALOM[::-1]),
        (f"{SHALOM} {OLAM}", f"{OLAM[::-1]} {SHALOM[::-1]}"),
        (f"{SHALOM} 123.45", f"123.45 {SHALOM[::-1]}"),
        (f"{SHALOM} ({OLAM})", f"({OLAM[::-1]}) {SHALOM[::-1]}"),
        (f"Total amount {SHALOM} 12", f"Total amount {SHALOM[::-1]} 12"),
    ],
)
def test_lines_turn_and_turn_back(logical: str, visual: str) -> None:
    assert turn(logical) == visual
    assert turn(visual) == logical


def test_the_majority_of_letters_decides() -> None:
    assert is_right_to_left([SHALOM, "12", "ab"])
    assert not is_right_to_left(["Latin text", SHALOM])
    assert not is_right_to_left(["12.50"])


@given(st.text(alphabet=f"ab1 .()[]{SHALOM}{OLAM}"))
def test_turning_twice_changes_nothing(text: str) -> None:
    assert turn(turn(text)) == text
