"""Features of labelled lines that are kept from one training to the next."""

import logging
import os
import random
import subprocess
import sys
from functools import partial

import numpy as np
import pytest

from recognition.crops import crop_sha256
from recognition.engines.halves import Backbone
from tests.training.rendered import draw_line
from training.augment import line_view
from training.features import FeatureReader, View, trim_features

CROPS = [draw_line(text, random.Random(1)) for text in ("first", "the second", "3rd")]
VIEWS = [View(crop_sha256(crop), partial(np.copy, crop), n) for crop in CROPS for n in range(2)]


def unread():
    raise AssertionError("The pixels were asked for again.")


KEPT = [View(view.crop_sha256, unread, view.number) for view in VIEWS]


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "features"


@pytest.fixture
def read(base, folder):
    """Reads views as another process would: with nothing in memory."""

    def read(views, *, seed=20, kept_in=folder):
        reader = FeatureReader(base.backbone, seed=seed, threads=1, folder=kept_in)
        return list(reader.stream(views))

    return read


def files(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def same(some, others):
    return all(np.array_equal(one, other) for one, other in zip(some, others, strict=True))


def test_what_is_kept_is_what_the_backbone_gives_in_half_precision(base, read):
    made = read(VIEWS)
    pixels = [line_view(view.fetch(), view.number, 20) for view in VIEWS]
    for found, wanted in zip(made, Backbone(base.backbone).features(pixels), strict=True):
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, wanted, atol=1e-3, rtol=1e-3)


def test_a_view_is_made_once_and_is_the_same_ever_after(read):
    first = read(VIEWS)
    assert same(read(KEPT), first)


def test_without_a_folder_the_features_are_the_same(read):
    assert same(read(VIEWS, kept_in=None), read(VIEWS))


def test_kept_and_new_ones_come_in_the_order_asked_for(read):
    wanted = read(VIEWS)
    mixed = [KEPT[3], View("0" * 64, VIEWS[0].fetch, 1), KEPT[0]]
    assert same(read(mixed), [wanted[3], wanted[1], wanted[0]])


def test_another_seed_has_views_of_its_own(read, folder):
    read(VIEWS)
    with pytest.raises(AssertionError, match="asked for again"):
        read(KEPT, seed=21)


@pytest.mark.parametrize("damage", [b"", b"no archive", None], ids=["empty", "other", "a bit"])
def test_what_is_damaged_is_made_again(read, folder, damage, caplog):
    wanted = read(VIEWS)
    victim = files(folder)[0]
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 1
    victim.write_bytes(bytes(data) if damage is None else damage)
    with caplog.at_level(logging.WARNING, "training"):
        assert same(read(VIEWS), wanted)
    assert "made again" in caplog.text
    assert same(read(KEPT), wanted)


def test_a_full_disk_costs_time_alone(base, folder):
    """No file may grow over a kilobyte in this process: as a disk that takes no more."""
    code = (
        "import sys, resource, logging, signal; from pathlib import Path\n"
        "logging.basicConfig(); signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "from tests.training.test_features import VIEWS\n"
        "from training.features import FeatureReader\n"
        "reader = FeatureReader(Path(sys.argv[1]), seed=20, threads=1, folder=Path(sys.argv[2]))\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))\n"
        "print(len(list(reader.stream(VIEWS))))\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, str(base.backbone), str(folder)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.split() == [str(len(VIEWS))]
    assert ended.stderr.count("features are kept no longer") == 1
    assert files(folder) == []


def test_what_was_not_used_for_longest_is_dropped_first(read, folder):
    read(VIEWS)
    for age, path in enumerate(files(folder)):
        os.utime(path, (1_000_000 - age, 1_000_000 - age))
    read(KEPT[:1])  # used just now
    (used,) = (path for path in files(folder) if path.stat().st_mtime > 1_000_000)
    size = sum(path.stat().st_size for path in files(folder))
    assert trim_features(folder, size) == 0
    dropped = trim_features(folder, used.stat().st_size)
    assert dropped == len(VIEWS) - 1
    assert files(folder) == [used]
    assert trim_features(folder, 0) == 1


def test_a_folder_that_is_not_there_has_nothing_to_drop(folder):
    assert trim_features(folder, 0) == 0
