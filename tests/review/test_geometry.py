"""Shapes of lines, cut and joined."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.geometry import Quad, as_quad, cut, joined

LEVEL: Quad = ((10.0, 10.0), (110.0, 10.0), (110.0, 30.0), (10.0, 30.0))
DOWN: Quad = ((10.0, 10.0), (30.0, 10.0), (30.0, 210.0), (10.0, 210.0))


def test_a_line_is_cut_across_its_writing() -> None:
    first, second = cut(LEVEL, 0.25)
    assert first == ((10, 10), (35, 10), (35, 30), (10, 30))
    assert second == ((35, 10), (110, 10), (110, 30), (35, 30))


def test_a_line_that_runs_down_is_cut_across_too() -> None:
    first, second = cut(DOWN, 0.5)
    assert first == ((10, 10), (30, 10), (30, 110), (10, 110))
    assert second == ((10, 110), (30, 110), (30, 210), (10, 210))


def test_two_parts_joined_give_the_whole() -> None:
    assert joined(*cut(LEVEL, 0.3)) == LEVEL


@given(angle=st.floats(0, 2 * math.pi), share=st.floats(0.1, 0.9))
def test_so_they_do_at_any_angle(angle: float, share: float) -> None:
    cosine, sine = math.cos(angle), math.sin(angle)
    a, b, c, d = ((500 + x * cosine - y * sine, 500 + x * sine + y * cosine) for x, y in LEVEL)
    for found, wanted in zip(joined(*cut((a, b, c, d), share)), (a, b, c, d), strict=True):
        assert math.dist(found, wanted) < 1.0  # pixels; corners are kept to a tenth


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), min_size=4, max_size=4))
def test_what_is_taken_lies_on_the_page_and_goes_round(points: list[tuple[float, float]]) -> None:
    try:
        quad = as_quad(points, width=300, height=200)
    except ValueError:
        return
    assert all(0 <= x <= 300 and 0 <= y <= 200 for x, y in quad)
    area = sum(
        x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(quad, (*quad[1:], quad[0]), strict=True)
    )
    assert area > 0


@pytest.mark.parametrize(
    "points",
    [LEVEL[:3], LEVEL[::-1], (LEVEL[0],) * 4, ((math.nan, 1.0), *LEVEL[1:])],
)
def test_what_is_no_line_is_refused(points: tuple[tuple[float, float], ...]) -> None:
    with pytest.raises(ValueError, match=r"corner|shape"):
        as_quad(points, width=300, height=200)
