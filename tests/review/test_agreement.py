"""How far two people agree: by table, and by what must hold for any readings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.agreement import Reading, error_rate, kappa, share_alike

VERDICTS = ["confirmed", "corrected", "illegible", "not_text"]
said = st.tuples(st.text(max_size=12), st.sampled_from(VERDICTS))
readings = st.lists(st.builds(Reading, first=said, second=said), max_size=30)


def of(*verdicts: tuple[str, str]) -> list[Reading]:
    return [Reading(("x", first), ("x", second)) for first, second in verdicts]


def test_kappa_is_that_of_cohens_own_kind_of_table() -> None:
    """20 both yes, 5 and 10 apart, 15 both no: observed 0.7, by chance 0.5."""
    yes, no = "confirmed", "corrected"
    table = of(*[(yes, yes)] * 20, *[(yes, no)] * 5, *[(no, yes)] * 10, *[(no, no)] * 15)
    assert kappa(table) == pytest.approx(0.4)


@pytest.mark.parametrize("verdicts", [[], [("confirmed", "confirmed")] * 9])
def test_kappa_says_nothing_where_chance_explains_everything(
    verdicts: list[tuple[str, str]],
) -> None:
    assert kappa(of(*verdicts)) is None


def test_characters_apart_are_counted_against_what_both_wrote() -> None:
    assert error_rate([Reading(("Total", "confirmed"), ("Tota1", "corrected"))]) == 0.2
    assert error_rate([Reading(("", "illegible"), ("ab", "corrected"))]) == 2.0
    assert error_rate([]) is None
    assert share_alike([]) is None


@given(readings)
def test_agreement_is_the_same_whoever_was_first(given: list[Reading]) -> None:
    turned = [Reading(each.second, each.first) for each in given]
    assert share_alike(given) == share_alike(turned)
    assert error_rate(given) == pytest.approx(error_rate(turned))
    assert kappa(given) == pytest.approx(kappa(turned))
    found = kappa(given)
    assert found is None or -1 <= found <= 1 + 1e-9
