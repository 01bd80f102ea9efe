"""Spaces put back where lattice, picture and spelling agree."""

import numpy as np
import pytest

from recognition import ctc
from recognition.engines.base import WEAK, Image
from recognition.spaces import CONFIDENCE, may_part, with_spaces

NAMES = ctc.class_names(["a", "b", "1", "."])
STEPS = 40
PLACES = (2, 5, 8, 11, 22, 25, 28)  # steps of the characters: a wide gap after the fourth


def crop(places: tuple[int, ...] = PLACES) -> Image:
    """A line 48 high with a stroke of ink at each step, as wide as the lattice is long."""
    image = np.full((48, STEPS * 8, 3), 240, np.uint8)
    for place in places:
        image[8:40, place * 8 - 4 : place * 8 + 12] = 20
    return image


def lattice(text: str, chance: float, step: int = 16) -> ctc.Array:
    """Steps that spell the text at PLACES, with some chance of a space at one step."""
    rows = np.full((STEPS, len(NAMES)), 0.001, np.float32)
    rows[:, ctc.BLANK] = 1
    for letter, place in zip(text, PLACES, strict=True):
        rows[place] = 0.001
        rows[place, NAMES.index(letter)] = 1
    rows[step, -1] = chance
    rows[step, ctc.BLANK] = 1 - chance
    return rows / rows.sum(axis=1, keepdims=True)


def read(text: str, chance: float, picture: Image, step: int = 16) -> ctc.Decoded:
    rows = lattice(text, chance, step)
    return with_spaces(ctc.decode(rows, NAMES), rows, NAMES, picture)


def test_a_dropped_space_comes_back_as_sure_as_it_is() -> None:
    found = read("ababbab", 0.4, crop())
    assert found.text == "abab bab"
    space = found.characters[4]
    assert space.confidence == CONFIDENCE < WEAK
    assert found.characters[3].end <= space.start < space.end <= found.characters[5].start
    assert space.alternatives[0].text == ""
    assert space.alternatives[0].probability == pytest.approx(1 - CONFIDENCE)
    assert len(space.alternatives) >= 2
    assert sum(item.probability for item in space.alternatives) + space.confidence < 1.01
    plain = ctc.decode(lattice("ababbab", 0.4), NAMES)
    assert found.raw_score == plain.raw_score
    assert [c for c in found.characters if c.text != " "] == list(plain.characters)


@pytest.mark.parametrize(
    ("text", "chance", "picture", "step"),
    [
        ("ababbab", 0.05, crop(), 16),  # the recogniser does not think so
        ("ababbab", 0.4, crop(), 6),  # no white there
        ("ababbab", 0.4, crop(tuple(range(2, 30, 3))), 16),  # the gap is full of ink
        ("aba1.ab", 0.4, crop(), 16),
        ("abab.ab", 0.4, crop(), 16),
        ("aba11ab", 0.4, crop(), 16),
    ],
    ids=["no chance", "no white", "ink", "within a number", "before a stop", "between digits"],
)
def test_no_space_is_put_where_one_witness_speaks_against(
    text: str, chance: float, picture: Image, step: int
) -> None:
    rows = lattice(text, chance, step)
    plain = ctc.decode(rows, NAMES)
    assert with_spaces(plain, rows, NAMES, picture) == plain


def test_a_space_that_was_read_is_left_alone() -> None:
    assert read("ababbab", 0.9, crop()) == ctc.decode(lattice("ababbab", 0.9), NAMES)


@pytest.mark.parametrize("length", [0, 1])
def test_a_line_too_short_for_a_gap_is_left_alone(length: int) -> None:
    rows = lattice("ababbab", 0.4)
    rows[PLACES[length] :] = rows[0]
    plain = ctc.decode(rows, NAMES)
    assert len(plain.characters) == length
    assert with_spaces(plain, rows, NAMES, crop()) is plain


@pytest.mark.parametrize(
    ("pair", "expected"),
    [
        ("ab", True),
        ("1a", True),
        (":1", False),
        ("a(", True),
        ("(a", False),
        ("a,", False),
        (",a", True),
        ("a ", False),
        ("\u6f22\u5b57", False),
        ("a\u5b57", False),
        ("\uff0ca", False),
        ("11", False),
    ],
)
def test_spelling_says_where_a_space_may_stand(pair: str, expected: bool) -> None:
    assert may_part(*pair) is expected
