"""Views made beside a training."""

import random
import threading
from concurrent.futures import CancelledError
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from recognition.crops import crop_sha256
from recognition.engines.halves import Backbone
from tests.training.rendered import draw_line
from training.augment import line_view
from training.features import FeatureReader, View
from training.fitting import Sample
from training.line_views import line_views

CROPS = [draw_line(text, random.Random(1)) for text in ("first", "the second", "3rd")]
LINES = [View(crop_sha256(crop), partial(np.copy, crop)) for crop in CROPS]


def wanting(fetch):
    """The three lines, of which none has pixels but what `fetch` gives."""
    return [replace(line, fetch=fetch) for line in LINES]


@pytest.fixture
def samples(base):
    return [Sample((found,), (1,), "a") for found in Backbone(base.backbone).features(CROPS)]


@pytest.fixture
def reader(base):
    return FeatureReader(base.backbone, seed=20, threads=1)


def test_every_line_gets_its_own_views(base, samples, reader):
    with line_views(samples, LINES, reader, count=3) as several:
        found = [[sample.views[number] for number in range(3)] for sample in several]
    assert [len(sample.views) for sample in several] == [3, 3, 3]
    backbone = Backbone(base.backbone)
    for crop, sample, made in zip(CROPS, samples, found, strict=True):
        assert np.array_equal(made[0], sample.views[0])
        wanted = backbone.features([line_view(crop, number, 20) for number in range(3)])
        for one, other in zip(made, wanted, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-3, rtol=1e-3)


def test_one_view_needs_no_pixels(samples, reader):
    def fetch():
        raise AssertionError

    with line_views(samples, wanting(fetch), reader, count=1) as several:
        assert [len(sample.views) for sample in several] == [1, 1, 1]


def test_what_fails_is_raised_where_a_view_is_asked_for(samples, reader):
    def fetch():
        raise OSError("The disk is gone.")

    with line_views(samples, wanting(fetch), reader, count=2) as several:
        assert len(several[0].views[0])
        with pytest.raises(OSError, match="The disk is gone"):
            several[0].views[1]


def test_leaving_stops_the_making(samples, reader):
    """A training that is cancelled, or stops early, does not wait for views nobody will see."""
    asked = []
    begun = threading.Event()

    def fetch():
        asked.append(1)
        begun.set()
        return CROPS[0]

    many = samples * 2_000  # minutes of work
    with line_views(many, wanting(fetch) * 2_000, reader, count=2) as several:
        begun.wait()
    assert 0 < len(asked) < len(many)
    with pytest.raises(CancelledError):
        several[0].views[1]
