import random

import numpy as np
import pytest

from tests.training.rendered import draw_line
from training.augment import line_view
from training.fitting import sample_of


@pytest.mark.parametrize("text", ["a", "abd ehg", "m" * 60])
def test_views_begin_with_the_line_itself_and_are_the_same_each_time(text):
    crop = draw_line(text, random.Random(1))
    views = [line_view(crop, number, seed=20) for number in range(4)]
    assert np.array_equal(views[0], crop)
    for number, view in enumerate(views):
        assert np.array_equal(view, line_view(crop, number, seed=20))
        assert view.dtype == np.uint8
        assert view.shape[2] == 3
        assert 0.8 < view.shape[0] / crop.shape[0] < 1.3
        assert view.min() < 120 < view.max(), "ink and paper are both still there"
    assert len({view.tobytes() for view in views}) == len(views), "no two are the same"


def test_a_crop_of_a_few_pixels_has_views():
    for number in range(5):
        assert line_view(np.zeros((1, 1, 3), dtype=np.uint8), number, seed=1).size > 0


@pytest.mark.parametrize(
    ("steps", "learnt"),
    [((5, 4, 6), (5, 4, 6)), ((4, 3, 5, 2), (4, 4, 5, 4)), ((3, 9, 9), None)],
)
def test_the_line_itself_stands_for_a_view_too_short_for_its_text_and_decides(steps, learnt):
    views = tuple(np.zeros((count, 2), dtype=np.float32) for count in steps)
    sample = sample_of(views, (8, 7, 7), "too")  # a blank between two alike: four steps
    found = sample and tuple(len(sample.view(number)) for number in range(len(views)))
    assert found == learnt
