"""What must never be false of datasets and runs, attacked in the database."""

from datetime import date

import pytest
from django.db import InternalError, transaction
from django.utils import timezone

from recognition.models import Canary
from tests.constraints.attacks import breaks, first_label, insert, protected, update
from tests.factories import make_admin, make_alert, make_model, make_type
from training.models import Dataset, DatasetItem, Rereading, TrainingRun, Trial

pytestmark = pytest.mark.django_db


def test_a_dataset_is_frozen() -> None:
    label = first_label()
    dataset = Dataset.objects.create(manifest_sha256="a" * 64, label_count=1)
    breaks("dataset_once_per_content", insert(dataset))
    item = DatasetItem.objects.create(
        dataset=dataset,
        label=label,
        text=label.text,
        crop_sha256="b" * 64,
        document_sha256="c" * 64,
        split="train",
    )
    breaks("label_once_in_dataset", insert(item))
    for change in ({"split": "dev"}, {"split": ""}, {"left_out": "illegible"}):
        breaks("item_in_a_split_or_left_out", insert(item, **change))
    protected(dataset, label_count=2)
    protected(item, split="test")


def test_one_run_runs_and_ends_with_what_belongs_to_its_state() -> None:
    run = TrainingRun.objects.create(trigger="manual")
    breaks("one_queued_run_per_scope", insert(run))
    update(run, status="running")()
    breaks("one_running_training_run_per_depth", insert(run, status="running"))
    breaks("run_status_known", update(run, status="lost"))
    for status in ("failed", "skipped"):
        breaks("run_failed_has_reason", update(run, status=status))
    breaks("run_succeeded_has_candidate", update(run, status="succeeded"))
    with pytest.raises(InternalError, match="pgtrigger"), transaction.atomic():
        TrainingRun.objects.filter(pk=run.pk)._raw_delete("default")


def test_an_alert_is_told_once_and_acknowledged_with_a_note() -> None:
    alert = make_alert()
    breaks("one_open_alert_per_type", insert(alert, week=date(2026, 2, 16)))
    whole = {"acknowledged_at": timezone.now(), "acknowledged_by": make_admin(), "note": "Seen."}
    named = "alert_acknowledged_names_who_when_and_why"
    breaks(named, update(alert, status="settled", **whole))
    for missing in whole:
        part = {name: value for name, value in whole.items() if name != missing}
        breaks(named, update(alert, status="acknowledged", **part))
        breaks(named, update(alert, **{missing: whole[missing]}))
    update(alert, status="acknowledged", **whole)()
    breaks("alert_once_per_type_and_week", insert(alert))
    other = {"document_type_id": make_type().pk}
    for change in ({"accuracy": -0.5}, {"bound": 1.5}, {"reference": 1.5}):
        breaks("alert_shares_are_shares", insert(alert, **other, **change))
    breaks("alert_is_of_a_fall", insert(alert, **other, accuracy=0.99))
    breaks("alert_is_of_a_fall", insert(alert, **other, since=date(2026, 2, 16)))
    protected(alert, accuracy=0.95)


def test_a_canarys_trial_names_it_and_no_other_does() -> None:
    serving, other = make_model(active=True), make_model()
    canary = Canary.objects.create(model_version=other, share=0.1)
    trial = Trial.objects.create(aim="canary", serving=serving, beside=other, canary=canary)
    breaks("trial_of_a_canary_names_it", update(trial, canary=None))
    breaks("trial_of_a_canary_names_it", update(trial, aim="prove"))
    breaks("training_trial_canary_id", insert(trial, status="ended", reason="x",
           ended_at=timezone.now()))  # fmt: skip


def test_a_rereading_is_one_a_version_and_once_done_says_when() -> None:
    rereading = Rereading.objects.create(model_version=make_model(), pages=3)
    breaks("one_running_rereading_per_version", insert(rereading))
    named = "rereading_done_names_when"
    breaks(named, update(rereading, status="done"))
    breaks(named, update(rereading, finished_at=timezone.now()))
    breaks(named, update(rereading, left=1))
    breaks(named, update(rereading, status="lost", finished_at=timezone.now()))
    update(rereading, status="done", finished_at=timezone.now(), left=1)()
    with pytest.raises(InternalError, match="pgtrigger"), transaction.atomic():
        Rereading.objects.filter(pk=rereading.pk)._raw_delete("default")
