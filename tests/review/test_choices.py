"""What an adjudicator chooses: what counts, what is at fault, and what comes back from a draft."""

import pytest

from review.choices import OPEN, Choice, told_apart

FIRST, SECOND = ("Total 12.58", "corrected"), ("Total 12.56", "corrected")
GONE = ("", "illegible")


@pytest.mark.parametrize(
    ("picked", "text", "said"),
    [
        ("", "Total 12.58", None),
        ("", "", None),
        ("", "Total 12.59", ("Total 12.59", "corrected")),
        ("first", "Total 12.58", FIRST),
        ("first", "", FIRST),
        ("first", " Total  12.58 ", FIRST),
        ("first", "Total 12.59", None),
        ("second", "Total 12.58", SECOND),
        ("second", "Total 12.59", None),
        ("other", "Total 12.59", ("Total 12.59", "corrected")),
        ("other", "Total 12.58", ("Total 12.58", "corrected")),
        ("other", " ", None),
        ("illegible", "Total 12.58", GONE),
        ("illegible", "Total 12.59", None),
        ("not_text", "Total 12.58", ("", "not_text")),
    ],
)
def test_a_choice_counts_as_it_was_made_or_is_a_fault(
    picked: str, text: str, said: tuple[str, str] | None
) -> None:
    choice = Choice(picked, text, FIRST, SECOND)
    assert choice.said == said
    assert bool(choice.fault) is (said is None)


def test_a_fault_says_what_contradicts_what() -> None:
    fault = Choice("illegible", "Total 12.59", FIRST, SECOND).fault
    assert fault.startswith("You chose “Illegible” and typed something else: choose one.")
    assert Choice("", "", FIRST, SECOND).fault == OPEN


@pytest.mark.parametrize(
    ("picked", "text"),
    [
        ("first", FIRST[0]),
        ("second", FIRST[0]),
        ("other", "Total 12.59"),
        ("other", ""),
        ("illegible", FIRST[0]),
        ("illegible", "Total 12.59"),
        ("not_text", FIRST[0]),
    ],
)
def test_a_choice_comes_back_from_its_draft(picked: str, text: str) -> None:
    choice = Choice(picked, text, FIRST, SECOND)
    assert choice.draft is not None
    assert Choice.of_draft(*choice.draft, FIRST, SECOND) == choice


def test_typing_beside_a_reading_comes_back_without_one() -> None:
    both = Choice("second", "Total 12.59", FIRST, SECOND)
    assert both.draft == ("Total 12.59", "confirmed")
    assert Choice.of_draft(*both.draft, FIRST, SECOND) == Choice("", both.text, FIRST, SECOND)
    assert Choice("", FIRST[0], FIRST, SECOND).draft is None


def test_a_reading_that_counts_no_more_comes_back_as_ones_own_words() -> None:
    kept = Choice("first", FIRST[0], FIRST, SECOND).draft
    assert kept is not None
    back = Choice.of_draft(*kept, ("Total 12.50", "corrected"), SECOND)
    assert (back.picked, back.text) == ("other", "Total 12.58")


def test_a_reading_without_text_is_chosen_and_comes_back() -> None:
    chosen = Choice("first", "", GONE, SECOND)
    assert chosen.said == GONE
    assert chosen.draft == GONE
    assert Choice.of_draft(*GONE, GONE, SECOND) == chosen


@pytest.mark.parametrize(
    ("first", "second", "here", "there"),
    [
        ("abc", "abd", [("ab", False), ("c", True)], [("ab", False), ("d", True)]),
        ("ab", "b", [("a", True), ("b", False)], [("b", False)]),
        ("", "b", [], [("b", True)]),
        ("<i>", "<b>", [("<", False), ("i", True), (">", False)],
         [("<", False), ("b", True), (">", False)]),
    ],
)  # fmt: skip
def test_what_only_one_of_two_texts_has_is_marked(
    first: str, second: str, here: list[tuple[str, bool]], there: list[tuple[str, bool]]
) -> None:
    assert told_apart(first, second) == (here, there)
