from dataclasses import replace

import numpy as np
import pytest

from recognition.character_sets import CharacterSet
from recognition.ctc import class_names
from recognition.engines.halves import Backbone, ExportedHead
from recognition.engines.paddle import PaddleEngine
from recognition.preprocess import tensor_width, text_width
from tests.training.rendered import make_job
from training.as_served import decode_item, recognise_items
from training.job import JobError, read_crop, read_job, write_job
from training.outcome import measure_cost


@pytest.fixture(scope="module")
def job(base, tmp_path_factory):
    """Lines of words and numbers; of every other one the type is said to have digits alone."""
    folder = tmp_path_factory.mktemp("job") / "job"
    items = make_job(folder, base.store, base.sha256, counts={"test": 8})
    mixed = [
        replace(item, character_set=CharacterSet.DIGITS) if at % 2 else item
        for at, item in enumerate(items)
    ]
    write_job(folder, store=base.store, base_sha256=base.sha256, items=mixed)
    return read_job(folder)


def test_each_line_is_read_within_its_types_character_set_and_in_order(job, base):
    engine = PaddleEngine(base)
    crops = [read_crop(job, item) for item in job.items]
    found = recognise_items(engine, job.items, crops)
    for item, crop, line in zip(job.items, crops, found, strict=True):
        alone = engine.restricted_to(item.character_set).recognise_crops([crop])[0]
        assert line.text == alone.text
        letters = any(letter.isalpha() for letter in line.text)
        assert letters == (item.character_set == CharacterSet.FULL), line.text
    # Nor does it matter whether the backbone has seen them before.
    assert recognise_items(engine, job.items, crops, engine.features(crops)) == found


def test_a_lattice_is_narrowed_to_what_a_head_of_these_classes_alone_gives(job, base):
    backbone, names = Backbone(base.backbone), class_names(base.characters())
    whole, engine = ExportedHead(base.head), PaddleEngine(base)
    for item in job.items:
        crop = read_crop(job, item)
        lattice = whole.probabilities(backbone.features([crop])[0])
        fill = text_width(crop) / tensor_width(crop)
        decoded = decode_item(lattice, names, item, fill, crop)
        served = engine.restricted_to(item.character_set).recognise_crops([crop])[0]
        assert "".join(one.text for one in decoded.characters) == served.text
        assert np.allclose(
            [one.confidence for one in decoded.characters],
            [one.confidence for one in served.characters],
            atol=1e-3,
        )


def test_a_step_that_leaves_a_set_nothing_is_blank(job):
    names = ("", "a", "7", " ")
    item = replace(job.items[0], character_set=CharacterSet.DIGITS)
    lattice = np.array([[0, 1, 0, 0], [0.1, 0, 0.9, 0]], dtype=np.float32)
    decoded = decode_item(lattice, names, item, 1.0)
    assert [one.text for one in decoded.characters] == ["7"]
    assert np.isfinite([one.confidence for one in decoded.characters]).all()


def test_a_line_is_timed_with_its_types_classes_alone(job, base):
    """All classes are dear where a type needs few: a slower head would hide behind them."""

    class Whole(PaddleEngine):
        def recognise_crops(self, crops, features=None):
            raise AssertionError("All classes were computed.")

    lines = [(CharacterSet.DIGITS.value, read_crop(job, item)) for item in job.items[:3]]
    cost = measure_cost([Whole(base), Whole(base)], lines, rounds=1)
    assert min(cost.values()) > 0


def test_a_job_with_a_set_that_does_not_exist_is_refused(job, base, tmp_path):
    wrong = [replace(job.items[0], character_set="runes")]
    write_job(tmp_path, store=base.store, base_sha256=base.sha256, items=wrong)
    with pytest.raises(JobError, match="runes"):
        read_job(tmp_path)
