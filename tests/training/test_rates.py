"""An error rate's interval: it knows pages, and how little a few of them say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.rates import error_rate

PAGES = st.lists(st.tuples(st.integers(0, 50), st.integers(1, 100)), min_size=1, max_size=10)


@given(PAGES)
def test_the_interval_holds_the_rate(pages):
    rate = error_rate([wrong for wrong, _ in pages], [size for _, size in pages])
    assert rate is not None
    assert 0 <= rate.low <= rate.value <= rate.high


def test_without_characters_nothing_is_known():
    assert error_rate([], []) is None
    assert error_rate([0], [0]) is None


def test_without_errors_the_upper_limit_is_that_of_so_many_characters():
    rate = error_rate([0, 0], [100, 200])
    assert rate is not None
    assert (rate.value, rate.low) == (0, 0)
    assert rate.high == pytest.approx(1 - 0.025 ** (1 / 300))


def test_errors_that_come_in_pages_full_of_them_say_less():
    even = error_rate([5] * 20, [100] * 20)
    lumpy = error_rate([50, 50] + [0] * 18, [100] * 20)
    assert even is not None
    assert lumpy is not None
    assert even.value == lumpy.value == 0.05
    assert lumpy.high - lumpy.low > 3 * (even.high - even.low)
    # Alike by chance, they are worth as much as 2,000 independent characters and no more:
    # 2.093 (Student's t of 19 pages more than one) times the root of 0.05 * 0.95 / 2000.
    assert even.high == pytest.approx(0.05 + 2.093 * (0.05 * 0.95 / 2000) ** 0.5, rel=1e-3)


def test_one_page_says_how_it_was_and_no_more():
    rate = error_rate([5], [100])
    assert rate is not None
    assert (rate.low, rate.value, rate.high) == (0, 0.05, 1)
