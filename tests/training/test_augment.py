import random

import numpy as np
import pytest

from tests.training.rendered import draw_line
from training.augment import line_views
from training.fitting import sample_of


@pytest.mark.parametrize("text", ["a", "abd ehg", "m" * 60])
def test_views_begin_with_the_line_itself_and_are_the_same_each_time(text):
    crop = draw_line(text, random.Random(1))
    views = line_views(crop, 4, seed=20)
    assert np.array_equal(views[0], crop)
    for view, again in zip(views, line_views(crop, 4, seed=20), strict=True):
        assert np.array_equal(view, again)
        assert view.dtype == np.uint8
        assert view.shape[2] == 3
        assert 0.8 < view.shape[0] / crop.shape[0] < 1.3
        assert view.min() < 120 < view.max(), "ink and paper are both still there"
    assert not any(np.array_equal(view, crop) for view in views[1:])


def test_a_crop_of_a_few_pixels_has_views():
    for view in line_views(np.zeros((1, 1, 3), dtype=np.uint8), 5, seed=1):
        assert view.size > 0


@pytest.mark.parametrize(
    ("steps", "kept"),
    [((5, 4, 6), (5, 4, 6)), ((4, 3, 5, 2), (4, 5)), ((3, 9, 9), None)],
)
def test_a_view_too_short_for_its_text_is_left_out_and_the_line_itself_decides(steps, kept):
    views = [np.zeros((count, 2), dtype=np.float32) for count in steps]
    sample = sample_of(views, (8, 7, 7), "too")  # a blank between two alike: four steps
    assert (sample and tuple(len(view) for view in sample.views)) == kept
