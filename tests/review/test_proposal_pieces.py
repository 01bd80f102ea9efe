"""A correction in pieces, where else the same may be misread, and what looks alike."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from review.proposals.likeness import (
    LEAST_LIKE,
    Eyes,
    cosine,
    cut_patch,
    likeness,
    picture_likeness,
    take_look,
)
from review.proposals.matching import Confusion, Correction, confusions_in, places
from review.proposals.pictures import window
from review.proposals.pieces import (
    Piece,
    changed_pieces,
    extent,
    places_of_word,
    with_pieces,
    word_around,
)
from tests.proposals import InkEngine


@pytest.mark.parametrize(
    ("read", "said", "pieces"),
    [
        ("a barn", "a bam", [Piece(4, "rn", "m")]),
        ("a bam", "a barn", [Piece(4, "m", "rn")]),
        ("Muller", "Müller", [Piece(1, "u", "ü")]),
        ("comittee", "committee", [Piece(2, "m", "mm")]),
        ("letteer", "letter", [Piece(5, "e", "")]),
        ("ofthe", "of the", [Piece(1, "f", "f ")]),
        ("to day", "today", [Piece(2, " ", "")]),
        ("ut", "but", [Piece(0, "u", "bu")]),
        ("bnd er", "vnd er", [Piece(0, "b", "v")]),
        ("same", "same", []),
        ("wholly other", "nothing alike", []),
        ("", "typed", []),
    ],
)
def test_a_correction_comes_apart_into_short_pieces(
    read: str, said: str, pieces: list[Piece]
) -> None:
    found = changed_pieces(read, said)
    assert [piece for piece in found if piece in pieces] == pieces
    if pieces:
        assert with_pieces(read, found) == said


@given(st.text("abrnm v.", max_size=12), st.text("abrnm v.", max_size=12))
def test_each_piece_stands_where_it_says_and_brings_the_text_no_farther_off(
    read: str, said: str
) -> None:
    from rapidfuzz.distance import Levenshtein

    for piece in changed_pieces(read, said):
        assert piece.seen
        assert read[piece.start : piece.end] == piece.seen
        assert piece.seen != piece.stands
        nearer = with_pieces(read, [piece])
        assert Levenshtein.distance(nearer, said) <= Levenshtein.distance(read, said)


def test_pieces_that_do_not_fit_or_overlap_are_passed_over() -> None:
    pieces = [Piece(0, "a", "b"), Piece(2, "cd", "x"), Piece(3, "d", "y"), Piece(9, "z", "q")]
    assert with_pieces("aBcd", pieces) == "bBx"


def test_a_word_ends_where_letters_digits_and_their_marks_do() -> None:
    text = "(Müller) 12,50"
    assert text[slice(*word_around(text, Piece(2, "ü", "u")))] == "Müller"
    assert text[slice(*word_around(text, Piece(11, ",", ".")))] == "12,50"
    assert places_of_word("an ant and an", "an") == [0, 11]


def test_a_character_reaches_half_way_to_its_neighbours() -> None:
    characters = [["a", 0.9, 0.1, 0.2, []], ["bc", 0.9, 0.4, 0.5, []], ["d", 0.9, 0.7, 0.8, []]]
    assert extent(characters, 1, 3) == pytest.approx((0.3, 0.6))
    assert extent(characters, 0, 1) == pytest.approx((0.05, 0.3))
    assert extent(characters, 7, 8) == (0.0, 0.0)
    assert extent(characters[::-1], 1, 3) == pytest.approx((0.4, 0.5)), "it runs the other way"


class TestPlaces:
    def test_a_doubtful_character_with_the_right_alternative(self) -> None:
        (confusion,) = confusions_in([("bnd", "vnd")])
        sure, doubt = ["b", 0.99, 0.0, 0.1, []], ["b", 0.6, 0.5, 0.6, [["v", 0.3], ["h", 0.1]]]
        other = ["b", 0.6, 0.7, 0.8, [["h", 0.3], ["k", 0.1]]]
        space = [" ", 1.0, 0.2, 0.3, []]
        found = places("b bb", [sure, space, doubt, other], confusion)
        assert found == [Piece(2, "b", "v")]

    def test_the_same_wrong_word_as_a_whole(self) -> None:
        (confusion,) = confusions_in([("die bertrag", "die vertrag")])
        assert places("ein bertrag, kein bertrags", [], confusion) == [Piece(4, "b", "v")]
        assert places("ein bertrag", [], confusion.but_not(confusion.words)) == []

    def test_short_words_say_nothing(self) -> None:
        assert Correction("bnd er", Piece(0, "b", "v")).word == ("", 0)

    def test_a_space_is_no_piece(self) -> None:
        assert confusions_in([("ofthe", "of the"), ("to day", "today")]) == []

    def test_one_confusion_has_all_its_corrections(self) -> None:
        pairs = [("Muller", "Müller"), ("fur", "für"), ("barn", "bam")]
        found = confusions_in(pairs)
        assert [(each.seen, each.stands, len(each.corrections)) for each in found] == [
            ("u", "ü", 2),
            ("rn", "m", 1),
        ]
        assert isinstance(found[0], Confusion)


def crop(text: str, shift: int = 0) -> np.ndarray:
    image = Image.new("RGB", (260, 40), "white")
    ImageDraw.Draw(image).text((6 + shift, 6), text, fill="black", font_size=24)
    return np.asarray(image)


class TestLikeness:
    def test_the_same_letter_is_alike_wherever_it_stands_and_another_is_not(self) -> None:
        one, moved, other = crop("rosa rnax"), crop("rosa rnax", shift=3), crop("rosa kWax")
        patches = [cut_patch(each, 0.25, 0.4) for each in (one, moved, other)]
        assert picture_likeness(patches[0], patches[1]) > 0.9
        assert picture_likeness(patches[0], patches[2]) < 0.7

    def test_blank_paper_is_like_nothing(self) -> None:
        blank = cut_patch(crop(""), 0.2, 0.3)
        assert picture_likeness(blank, blank) == -1.0

    @pytest.mark.parametrize("place", [(0.0, 0.0), (1.0, 1.0), (0.0, 1.0), (0.5, 0.5)])
    def test_every_place_on_a_line_can_be_looked_at(self, place: tuple[float, float]) -> None:
        patch = cut_patch(crop("some text"), *place)
        assert patch.core.size
        assert -1 <= picture_likeness(patch, cut_patch(crop("x"), 0.0, 0.1)) <= 1

    def test_both_witnesses_count_half(self) -> None:
        eyes = Eyes(InkEngine)
        crops = [crop("rosa rnax"), crop("rosa rnax"), crop("rosa kWax")]
        looks = [
            take_look(each, features, 0.25, 0.4)
            for each, features in zip(crops, eyes.look(crops), strict=True)
        ]
        one, same, other = looks
        assert likeness(one, same, eyes.mean) == pytest.approx(1.0, abs=1e-4)
        half = picture_likeness(one.patch, other.patch) + cosine(one, other, eyes.mean)
        assert likeness(one, other, eyes.mean) == pytest.approx(half / 2)
        assert likeness(one, other, eyes.mean) < LEAST_LIKE


def test_what_is_shown_ends_with_the_line() -> None:
    line = [[0, 0], [400, 0], [400, 20], [0, 20]]
    middle = window(line, 0.5, 0.52)
    assert (middle.first, middle.last, middle.height) == (136, 272, 20)
    assert (middle.start, middle.end) == (64, 72)
    start = window(line, 0.0, 0.0)
    assert (start.first, start.start, start.end) == (0, 0, 1)
