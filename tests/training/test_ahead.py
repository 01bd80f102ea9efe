"""Features that are made while labels come in, before a run asks for them."""

from pathlib import Path

import pytest

from recognition.engines.store import load
from recognition.files import local_copy
from tests.factories import make_model, make_type
from tests.training.labelled import installed_base, reviewed_page
from training.ahead import make_features_ahead
from training.dataset import freeze_dataset
from training.features import FeatureReader, View
from training.job import read_job
from training.models import TrainingRun
from training.prepare import prepare_job
from training.requests import request_run
from training.settings import TrainSettings
from training.states import RunStatus
from training.tasks import make_features_ahead as task

pytestmark = pytest.mark.django_db
TEXTS = [f"line {number}" for number in range(5)]


@pytest.fixture
def base(settings, tmp_path):
    settings.FEATURE_DIR = tmp_path / "features"
    return installed_base()


@pytest.fixture
def letters(base):
    return make_type("Letters")


def kept(settings) -> int:
    return sum(path.is_file() for path in Path(settings.FEATURE_DIR).rglob("*"))


def prepared(folder, document_type, base):
    """The job of a run that starts from `base`, as its trainer reads it."""
    prepare_job(
        folder,
        dataset=freeze_dataset(document_type=document_type),
        base=base,
        active=base,
        name="Letters",
        train_settings=TrainSettings(),
        on_progress=lambda _: None,
    )
    return read_job(folder)


def unread():
    raise AssertionError("The run has to make these itself.")


def test_a_run_finds_what_was_made_ahead(letters, base, settings, tmp_path):
    reviewed_page(letters, "train", *TEXTS)
    assert task() == 0  # too few for the backbone to be loaded
    reviewed_page(letters, "test", *(text.upper() for text in TEXTS))
    usual = TrainSettings()
    assert task() == 2 * len(TEXTS)
    assert kept(settings) == len(TEXTS) * usual.views + len(TEXTS)
    assert task() == 0

    given = prepared(tmp_path / "job", letters, base)
    files = load(given.store, given.base_sha256)
    reader = FeatureReader(files.backbone, seed=usual.seed, threads=1, folder=given.features)
    views = [
        View(item.crop_sha256, unread, number)
        for item in given.items
        for number in range(usual.views if item.split == "train" else 1)
    ]
    assert len(list(reader.stream(views))) == kept(settings)


def test_a_job_says_how_many_lines_its_head_has_learnt_from(letters, base, tmp_path):
    reviewed_page(letters, "train", *TEXTS)
    reviewed_page(letters, "test", *TEXTS)
    dataset = freeze_dataset(document_type=letters)
    assert prepared(tmp_path / "first", letters, base).known == 0
    head = make_model()
    run = request_run(document_type=letters, trigger=TrainingRun.Trigger.MANUAL)
    TrainingRun.objects.filter(pk=run.pk).update(
        status=RunStatus.SUCCEEDED, dataset=dataset, base=base, candidate=head
    )
    reviewed_page(letters, "train", *(text.upper() for text in TEXTS))
    assert prepared(tmp_path / "second", letters, head).known == len(TEXTS)
    assert prepared(tmp_path / "third", letters, base).known == 0


def test_some_lines_at_a_time_and_each_once(letters, monkeypatch, settings):
    monkeypatch.setattr("training.ahead.MOST_LINES", 8)
    for number in range(4):
        reviewed_page(letters, "test", *(f"{text} of {number}" for text in TEXTS))
    assert [make_features_ahead() for _ in range(3)] == [8, 8, 0]  # the last four wait for others
    assert kept(settings) == 16


def test_a_page_that_changed_holds_up_no_other_type(letters, caplog, settings):
    spoilt = reviewed_page(letters, "test", *TEXTS, *(text.upper() for text in TEXTS))
    with local_copy(spoilt.image) as target:
        target.chmod(0o644)
        target.write_bytes(b"no image")
    reviewed_page(make_type("Receipts"), "test", *(f"item {number}" for number in range(8)))
    assert make_features_ahead() == 8
    assert "features of Letters are not made ahead" in caplog.text


def test_a_run_that_waits_makes_its_own(letters, settings):
    reviewed_page(letters, "train", *TEXTS)
    reviewed_page(letters, "test", *TEXTS)
    run = request_run(document_type=letters, trigger=TrainingRun.Trigger.MANUAL)
    assert make_features_ahead() == 0
    TrainingRun.objects.filter(pk=run.pk).update(
        status=RunStatus.FAILED, failure_code="x", failure_message="for a test"
    )
    assert make_features_ahead() == 0  # that run has seen these labels


def test_switched_off_nothing_is_kept(letters, settings):
    settings.FEATURE_CACHE_MB = 0
    reviewed_page(letters, "train", *TEXTS)
    reviewed_page(letters, "test", *TEXTS)
    assert make_features_ahead() == 0
    assert kept(settings) == 0


def test_no_more_is_kept_than_the_setting_allows(letters, settings):
    reviewed_page(letters, "train", *TEXTS)
    reviewed_page(letters, "train", *(text.upper() for text in TEXTS))
    settings.FEATURE_CACHE_MB = 1
    assert make_features_ahead() == 2 * len(TEXTS)
    size = sum(p.stat().st_size for p in Path(settings.FEATURE_DIR).rglob("*") if p.is_file())
    assert 0 < size <= 2**20
