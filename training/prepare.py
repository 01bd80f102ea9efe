"""From a frozen dataset to a job's folder: crops cut out of their pages, and job.json."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import cast

from django.conf import settings

from recognition.models import ModelVersion
from training import states
from training.checkpoint import drop_checkpoint
from training.confident import write_confident
from training.dataset import write_crops
from training.features import trim_features
from training.job import Item, JobError, read_job, write_job
from training.models import Dataset, DatasetItem, LabelDispute
from training.settings import NetworkSettings, TrainSettings
from training.splits import Split

CROPS = ("crops", "beside")
"""Folders of a job: the lines' crops, and those of lines that nobody labelled."""
MOST_CONFIDENT = 1_000
"""Lines that nobody labelled, in one run; their crops are held in memory."""
TELL_EVERY = 10
"""Crops between two signs of life: each may be of another page, and a large page takes seconds."""


def prepare_job(
    folder: Path,
    *,
    dataset: Dataset,
    base: ModelVersion,
    active: ModelVersion,
    name: str,
    train_settings: TrainSettings | NetworkSettings,
    on_progress: Callable[[float], None],
) -> None:
    """Write crops and job.json into a folder; `on_progress` hears the share done.

    A checkpoint that is there stays, for a training to go on from, and so do the lines that nobody
    labelled, for it belongs to them. `active` is what the candidate is compared with.

    Raises CropChanged.
    """
    folder.mkdir(parents=True, exist_ok=True)
    total = dataset.items.filter(left_out="").count()
    settled = set(
        LabelDispute.objects.decided()
        .filter(label__dataset_items__dataset=dataset)
        .values_list("label_id", flat=True)
    )
    items = []
    for index, (item, path) in enumerate(write_crops(dataset, folder / "crops"), start=1):
        items.append(
            Item(
                crop=str(path.relative_to(folder)),
                text=item.text,
                split=cast(Split, item.split),  # by the constraint item_in_a_split_or_left_out
                document=item.document_sha256,
                crop_sha256=item.crop_sha256,
                label_id=item.label_id,
                settled=item.label_id in settled,
                character_set=item.label.line.page.document.document_type.character_set,
            )
        )
        if index % TELL_EVERY == 0:
            on_progress(index / total)
    drawn = _drawn_before(folder)
    beside = list(drawn or ())
    if drawn is None and isinstance(train_settings, NetworkSettings):
        wanted = min(round(total * train_settings.confident_share), MOST_CONFIDENT)
        for sure in write_confident(folder, wanted, train_settings.seed):
            beside.append(sure)
            on_progress(1.0)
    write_job(
        folder,
        store=Path(settings.MODEL_STORE).resolve(),
        base_sha256=base.sha256,
        active_sha256=active.sha256,
        items=items,
        settings=train_settings,
        name=name,
        beside=beside,
        features=feature_folder(),
        known=_learnt_from(base, dataset),
    )


def feature_folder() -> Path | None:
    """Where features of labelled lines are kept from one run to the next; None where nowhere."""
    return Path(settings.FEATURE_DIR).resolve() if settings.FEATURE_CACHE_MB else None


def trim_kept_features() -> None:
    """Keep no more of them than the site's setting allows."""
    trim_features(Path(settings.FEATURE_DIR), settings.FEATURE_CACHE_MB * 2**20)


def _learnt_from(base: ModelVersion, dataset: Dataset) -> int:
    """How many of the dataset's training lines this version has learnt from."""
    before = DatasetItem.objects.filter(dataset__runs__candidate=base, split=states.Split.TRAIN)
    lines = dataset.items.filter(split=states.Split.TRAIN)
    return lines.filter(crop_sha256__in=before.values("crop_sha256")).count()


def _drawn_before(folder: Path) -> tuple[Item, ...] | None:
    """The lines beside the labels of the job that is there; None where there is no whole one."""
    try:
        return read_job(folder).beside
    except JobError:
        return None


def drop_working_files(folder: Path) -> None:
    """Drop what only a training that goes on needs; the job, the log and the result stay."""
    drop_checkpoint(folder)
    for name in CROPS:
        shutil.rmtree(folder / name, ignore_errors=True)
