"""Which weights a training keeps, by what the looks at its validation lines found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.looks import Look, Looks


@pytest.mark.parametrize(
    ("wrong", "kept", "waited"),
    [
        ([9, 4, 4], [True, True, True], 0),
        ([0, 1, 2], [True, True, False], 1),
        ([9, 12, 13, 13, 8], [True, True, False, False, True], 0),
        ([100, 110, 111], [True, True, False], 1),
    ],
)
def test_a_look_is_kept_within_one_standard_error_of_the_best(wrong, kept, waited):
    looks = Looks()
    assert [looks.keeps(Look(count, 200)) for count in wrong] == kept
    assert looks.waited == waited


@given(st.lists(st.integers(0, 500), min_size=1))
def test_the_best_look_is_always_kept_and_none_far_from_it_at_the_end(wrong):
    looks = Looks()
    kept = [looks.keeps(Look(count, 500)) for count in wrong]
    assert kept[wrong.index(min(wrong))]
    assert looks.fewest == min(wrong)
    last = max(at for at, good in enumerate(kept) if good)
    assert wrong[last] <= min(wrong[: last + 1]) + max(min(wrong[: last + 1]) ** 0.5, 1)
    assert looks.waited == len(wrong) - 1 - last
