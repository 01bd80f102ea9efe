"""CTC decoding: the text, how sure each character is, and what else it could be."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from recognition.ctc import class_names, decode, greedy_text
from recognition.engines.base import WEAK

NAMES = class_names(["a", "b", "c", "."])
BLANK, A, B, C, DOT, SPACE = range(6)


def lattice(*steps: dict[int, float]) -> np.ndarray:
    """Steps given by their main classes; what is left is spread evenly."""
    rows = np.zeros((len(steps), len(NAMES)), dtype=np.float32)
    for row, step in zip(rows, steps, strict=True):
        row[:] = (1 - sum(step.values())) / len(NAMES)
        for label, probability in step.items():
            row[label] += probability
    return rows


def sure(label: int) -> dict[int, float]:
    return {label: 0.999}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ([], ""),
        ([BLANK, BLANK], ""),
        ([A, A, B], "ab"),
        ([A, BLANK, A], "aa"),
        ([BLANK, A, A, BLANK, BLANK, B, C, C], "abc"),
        ([SPACE, A, SPACE, SPACE, B, SPACE], " a b "),
    ],
)
def test_repeats_merge_and_blanks_part(path: list[int], text: str) -> None:
    rows = lattice(*map(sure, path)) if path else np.zeros((0, len(NAMES)), dtype=np.float32)
    assert decode(rows, NAMES).text == greedy_text(rows, NAMES) == text


def test_an_empty_line_has_no_characters_and_no_score() -> None:
    decoded = decode(lattice(sure(BLANK)), NAMES)
    assert decoded.characters == ()
    assert decoded.raw_score == 0.0


def test_one_weak_character_is_found_among_sure_ones() -> None:
    decoded = decode(lattice(sure(A), sure(BLANK), {B: 0.6, C: 0.38}, sure(BLANK), sure(A)), NAMES)
    first, weak, last = decoded.characters
    assert first.confidence > WEAK
    assert last.confidence > WEAK
    assert weak.confidence == pytest.approx(0.6, abs=0.02)
    assert weak.alternatives[0].text == "c"
    assert weak.alternatives[0].probability == pytest.approx(0.38, abs=0.02)
    assert first.alternatives == ()


def test_probability_adds_up_over_alignments() -> None:
    """Two half-sure steps: 'a' needs only one of them."""
    (character,) = decode(lattice({A: 0.6, BLANK: 0.4}, {A: 0.6, BLANK: 0.4}), NAMES).characters
    assert character.confidence == pytest.approx(1 - 0.4 * 0.4, abs=0.01)


def test_a_neighbour_that_begins_early_says_nothing_against_a_character() -> None:
    decoded = decode(lattice(sure(A), {BLANK: 0.55, B: 0.44}, sure(B)), NAMES)
    assert decoded.text == "ab"
    assert decoded.characters[0].confidence > WEAK


def test_a_dropped_character_is_offered() -> None:
    decoded = decode(lattice(sure(A), {BLANK: 0.55, DOT: 0.44}, sure(B)), NAMES)
    assert decoded.text == "ab"
    assert decoded.characters[0].confidence == pytest.approx(0.55, abs=0.02)
    assert decoded.characters[0].alternatives[0].text == "a."


def test_a_character_that_may_not_be_there_can_go() -> None:
    decoded = decode(lattice(sure(A), {DOT: 0.55, BLANK: 0.44}, sure(B)), NAMES)
    assert decoded.text == "a.b"
    assert decoded.characters[1].alternatives[0].text == ""
    assert decoded.characters[1].alternatives[0].probability == pytest.approx(0.44, abs=0.02)


def test_white_space_at_the_ends_is_no_doubt() -> None:
    decoded = decode(lattice({BLANK: 0.6, SPACE: 0.39}, sure(A), {BLANK: 0.6, SPACE: 0.39}), NAMES)
    assert decoded.text == "a"
    assert decoded.characters[0].confidence > WEAK


def test_extents_are_shares_of_the_crop_not_of_the_padding() -> None:
    rows = lattice(sure(BLANK), sure(A), sure(A), sure(BLANK), *[sure(BLANK)] * 4)
    (character,) = decode(rows, NAMES, fill=0.5).characters
    assert (character.start, character.end) == (0.25, 0.75)


def test_a_dictionary_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="6 classes"):
        decode(lattice(sure(A)), NAMES[:-1])


@given(
    arrays.arrays(
        np.float32,
        st.tuples(st.integers(1, 24), st.just(len(NAMES))),
        elements=st.floats(0.125, 1, width=32),
    )
)
def test_any_lattice_gives_sane_characters(raw: np.ndarray) -> None:
    rows = raw / raw.sum(axis=1, keepdims=True)
    decoded = decode(rows, NAMES)
    assert decoded.text == greedy_text(rows, NAMES)
    edge = 0.0
    for character in decoded.characters:
        assert 0 <= character.confidence <= 1
        assert edge <= character.start < character.end <= 1
        edge = character.end
        texts = [alternative.text for alternative in character.alternatives]
        assert character.text not in texts
        assert len(set(texts)) == len(texts)
        assert character.confidence >= WEAK or len(texts) >= 2
        chances = [alternative.probability for alternative in character.alternatives]
        assert chances == sorted(chances, reverse=True)
        assert all(0 <= chance <= 1 for chance in chances)
