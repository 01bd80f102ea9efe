"""Whether a planted piece was left in what a person sent, and the text without it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.planted_pieces import (
    holds_planted_word,
    planted_piece,
    put_back,
    put_back_in_parts,
)

READ = "The quantity delivered was 2 crates"
PLANTED = "The qnantity delivered was 2 crates"

LEFT = [
    (PLANTED, READ),
    (f"{PLANTED}.", f"{READ}."),
    (f"  {PLANTED}", READ),
    ("Teh qnantity delivrd was 3 crates", "Teh quantity delivrd was 3 crates"),
    ("The qnantitty delivered", "The quantitty delivered"),
    ("Qnantity", "Quantity"),
    ("\u201cThe qnantity\u201d was 2 crates", "\u201cThe quantity\u201d was 2 crates"),
    ("Theqnantity delivered was 2 crates", "Thequantity delivered was 2 crates"),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "kept"), LEFT)
def test_a_piece_that_was_left_is_put_right_and_the_rest_is_kept(sent: str, kept: str) -> None:
    assert put_back(sent, read=READ, planted=PLANTED) == kept


@pytest.mark.parametrize(
    "sent",
    [
        READ,
        f"{READ}.",
        "The qvantity delivered was 2 crates",
        "The qantity delivered was 2 crates",
        "A quantity delivered was 2 crates and no more",
        "Menge: 2 Kisten",
        "",
    ],
)
def test_a_piece_that_was_changed_is_caught(sent: str) -> None:
    assert put_back(sent, read=READ, planted=PLANTED) is None


@pytest.mark.parametrize(
    ("read", "planted", "sent", "kept"),
    [
        ("modern times", "modem times", "modem times.", "modern times."),
        ("modern", "modem", "moderns", None),
        ("comma", "cornma", "cornma!", "comma!"),
        ("12,50 EUR", "12.50 EUR", "12.50 EUR net", "12,50 EUR net"),
        ("It is the end.", "It is the end,", "It was the end,", "It was the end."),
        ("0O1 is it", "OO1 is it", "0O1 is it.", None),  # what was planted stands beside it too
        ("Bill paid", "Bi1l paid", "Bil1 paid", None),
        ("数量は二百", "数最は二百", "数最は二百です。", "数量は二百です。"),
        ("a bc", "a  bc x"[:3] + "xc", "a xc", "a bc"),
    ],
)
def test_pieces_of_all_kinds(read: str, planted: str, sent: str, kept: str | None) -> None:
    assert put_back(sent, read=read, planted=planted) == kept


def test_a_line_cut_through_the_piece_is_left_to_the_recogniser() -> None:
    cut = put_back_in_parts
    both = {"read": READ, "planted": PLANTED}
    assert cut(("The qnantity", "delivered, was 2"), **both) == ("The quantity", "delivered, was 2")
    assert cut(("The q", "nantity was"), **both) == ("The q", "uantity was")
    assert cut(("cor", "nma"), read="comma", planted="cornma") == (None, None)
    assert cut(("The quantity", None), **both) == ("The quantity", None)


lines = st.text(alphabet="abnul1. ", min_size=6, max_size=24).map(
    lambda text: " ".join(text.split())
)


@st.composite
def plants(draw: st.DrawFn) -> tuple[str, str]:
    """A reading, and the same with one character replaced by one that looks like it."""
    read = draw(lines.filter(lambda text: any(each in "nul1" for each in text)))
    places = [place for place, each in enumerate(read) if each in "nul1"]
    place = draw(st.sampled_from(places))
    seen = {"n": "u", "u": "n", "l": "1", "1": "l"}[read[place]]
    return read, read[:place] + seen + read[place + 1 :]


@given(plants(), st.data())
def test_whatever_is_typed_around_it_the_piece_is_found(
    plant: tuple[str, str], data: st.DataObject
) -> None:
    read, planted = plant
    piece = planted_piece(read, planted)
    typed = st.text(alphabet="xyz", max_size=2)
    before = "".join(data.draw(typed) + each for each in piece.before) + data.draw(typed)
    after = data.draw(typed) + "".join(each + data.draw(typed) for each in piece.after)
    sent = before + piece.seen + after
    found = put_back(sent, read=read, planted=planted)
    assert found is not None
    assert len(found) == len(sent)
    assert [each for each in found if each in "xyz"] == [each for each in sent if each in "xyz"]
    assert put_back(found, read=read, planted=planted) is None


@given(plants(), st.text(alphabet="abnul1. xyz", max_size=30))
def test_nothing_that_is_kept_is_refused_by_the_database(plant: tuple[str, str], sent: str) -> None:
    read, planted = plant
    found = put_back(sent, read=read, planted=planted)
    kept = " ".join((sent if found is None else found).split())
    assert not holds_planted_word(kept, read=read, planted=planted)


@given(plants(), st.text(alphabet="xyz", min_size=1, max_size=3), st.text(alphabet="xyz. "))
def test_a_piece_typed_over_is_left_as_it_was_typed(
    plant: tuple[str, str], typed: str, more: str
) -> None:
    read, planted = plant
    piece = planted_piece(read, planted)
    assert put_back(piece.before + typed + piece.after, read=read, planted=planted) is None
    assert put_back(read + more, read=read, planted=planted) is None
