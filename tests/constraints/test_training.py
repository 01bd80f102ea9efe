"""What must never be false of datasets and runs, attacked in the database."""

import pytest
from django.db import InternalError, transaction

from tests.constraints.attacks import breaks, first_label, insert, protected, update
from training.models import Dataset, DatasetItem, TrainingRun

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
    breaks("one_running_training_run", insert(run, status="running"))
    breaks("run_status_known", update(run, status="lost"))
    for status in ("failed", "skipped"):
        breaks("run_failed_has_reason", update(run, status=status))
    breaks("run_succeeded_has_candidate", update(run, status="succeeded"))
    with pytest.raises(InternalError, match="pgtrigger"), transaction.atomic():
        TrainingRun.objects.filter(pk=run.pk)._raw_delete("default")
