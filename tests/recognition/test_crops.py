"""Cutting lines: straight, slanted, tall, at and beyond the page's edge."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paddlex.inference.pipelines.components import CropByPolys

from recognition.crops import crop_sha256, crop_size, rectify

NOISE = np.random.default_rng(7).integers(0, 256, (240, 320, 3), dtype=np.uint8)
PAGE = np.asarray(cv2.GaussianBlur(NOISE, (0, 0), 2), dtype=np.uint8)


def box(left: float, top: float, right: float, bottom: float) -> list[tuple[float, float]]:
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def test_a_level_box_is_cut_as_it_stands() -> None:
    assert np.array_equal(rectify(PAGE, box(20, 30, 120, 60)), PAGE[30:60, 20:120])


@pytest.mark.parametrize(
    "polygon",
    [
        box(10, 10, 210, 42),
        [(12.4, 20.1), (260.7, 61.3), (255.2, 96.8), (6.9, 55.6)],
        box(50, 10, 70, 200),
        box(-15, -8, 100, 30),
        [(200, 60), (20, 60), (20, 30), (200, 30)],
    ],
    ids=["level", "slanted", "tall", "over the edge", "upside down"],
)
def test_crops_equal_paddleocr(polygon: list[tuple[float, float]]) -> None:
    theirs = CropByPolys().get_rotate_crop_image(PAGE, np.array(polygon, dtype=np.float32))
    assert np.array_equal(rectify(PAGE, polygon), theirs)


def test_a_tall_line_is_laid_level() -> None:
    crop = rectify(PAGE, box(50, 10, 70, 110))
    assert crop.shape == (20, 100, 3)
    assert np.array_equal(crop, np.rot90(PAGE[10:110, 50:70]))


def test_a_polygon_without_extent_still_gives_a_crop() -> None:
    assert rectify(PAGE, [(5, 5)] * 4).shape == (1, 1, 3)


@pytest.mark.parametrize(
    "polygon", [box(0, 0, 9, 9)[:3], [(0, 0), (9, 0), (9, 9), (0, float("nan"))]]
)
def test_a_polygon_that_is_none_is_refused(polygon: list[tuple[float, float]]) -> None:
    with pytest.raises(ValueError, match="four points"):
        rectify(PAGE, polygon)


def test_a_line_on_a_page_too_long_for_opencv_is_cut_alike() -> None:
    long = np.zeros((33_000, 100, 3), dtype=np.uint8)
    long[32_000:32_240] = PAGE[:, :100]
    line = [(10.0, 30.0), (80.0, 36.0), (78.0, 60.0), (8.0, 54.0)]
    below = [(x, y + 32_000) for x, y in line]
    assert np.array_equal(rectify(long, below), rectify(PAGE[:, :100].copy(), line))


def test_a_hash_names_pixels_and_shape() -> None:
    crop = rectify(PAGE, box(20, 30, 120, 60))
    assert crop_sha256(crop) == crop_sha256(crop.copy()) == crop_sha256(PAGE[30:60, 20:120])
    assert crop_sha256(crop) != crop_sha256(crop.reshape(60, 50, 3))
    changed = crop.copy()
    changed[0, 0, 0] ^= 1
    assert crop_sha256(crop) != crop_sha256(changed)
    assert len(crop_sha256(crop)) == 64


@given(st.lists(st.tuples(st.floats(-50, 400), st.floats(-50, 300)), min_size=4, max_size=4))
def test_the_size_is_known_before_cutting(polygon: list[tuple[float, float]]) -> None:
    crop = rectify(PAGE, polygon)
    assert crop.shape == (*crop_size(polygon), 3)
    assert crop.dtype == np.uint8
