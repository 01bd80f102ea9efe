"""Views made beside a training."""

import random
import threading
from concurrent.futures import CancelledError
from functools import partial

import numpy as np
import pytest

from recognition.engines.halves import Backbone
from tests.training.rendered import draw_line
from training.augment import line_view
from training.fitting import Sample
from training.line_views import line_views

CROPS = [draw_line(text, random.Random(1)) for text in ("first", "the second", "3rd")]


FETCH = [partial(np.copy, crop) for crop in CROPS]


@pytest.fixture
def lines(base):
    return [Sample((found,), (1,), "a") for found in Backbone(base.backbone).features(CROPS)]


def test_every_line_gets_its_own_views(base, lines):
    with line_views(lines, FETCH, base.backbone, count=3, seed=20) as samples:
        found = [[sample.views[number] for number in range(3)] for sample in samples]
    assert [len(sample.views) for sample in samples] == [3, 3, 3]
    backbone = Backbone(base.backbone)
    for crop, line, made in zip(CROPS, lines, found, strict=True):
        assert np.array_equal(made[0], line.views[0])
        wanted = backbone.features([line_view(crop, number, 20) for number in range(3)])
        for one, other in zip(made, wanted, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-3)


def test_one_view_needs_no_pixels(base, lines):
    def fetch():
        raise AssertionError

    with line_views(lines, [fetch] * 3, base.backbone, count=1, seed=20) as samples:
        assert [len(sample.views) for sample in samples] == [1, 1, 1]


def test_what_fails_is_raised_where_a_view_is_asked_for(base, lines):
    def fetch():
        raise OSError("The disk is gone.")

    with line_views(lines, [fetch] * 3, base.backbone, count=2, seed=20) as samples:
        assert len(samples[0].views[0])
        with pytest.raises(OSError, match="The disk is gone"):
            samples[0].views[1]


def test_leaving_stops_the_making(base, lines):
    """A training that is cancelled, or stops early, does not wait for views nobody will see."""
    asked = []
    begun = threading.Event()

    def fetch():
        asked.append(1)
        begun.set()
        return CROPS[0]

    many = lines * 2_000  # minutes of work
    with line_views(many, [fetch] * len(many), base.backbone, count=2, seed=20) as samples:
        begun.wait()
    assert 0 < len(asked) < len(many)
    with pytest.raises(CancelledError):
        samples[0].views[1]
