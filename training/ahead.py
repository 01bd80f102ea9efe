"""The backbone runs over new labels as they come, so that a refresh finds its features made.

Most of what a refresh computes are the features of its lines' views; people make labels more slowly
than that, so little of it is left when the mark is crossed.
"""

import logging
from functools import partial
from pathlib import Path

import numpy as np
from django.conf import settings
from django.db.models import Exists, OuterRef

from recognition.engines.store import load
from recognition.exceptions import RecognitionError
from recognition.models import DocumentType, Line
from recognition.registry import active_model
from training.dataset import cut_crops, homes_of
from training.exceptions import TrainingError
from training.features import FeatureReader, View
from training.models import TrainingRun
from training.prepare import feature_folder, trim_kept_features
from training.refresh import labels_since_last_run
from training.requests import base_to_train
from training.settings import TrainSettings
from training.splits import split_of
from training.states import Split

logger = logging.getLogger(__name__)

FEWEST_LINES = 8
"""For fewer the backbone is not loaded: a run makes the last ones itself."""
MOST_LINES = 32
"""At a time; a run that is asked for meanwhile waits for them."""


def make_features_ahead() -> int:
    """Make and keep what is missing of each type's new labels, some lines at a time.

    Returns of how many lines. A type whose run waits or goes on is left alone: it makes its own.
    """
    folder = feature_folder()
    if folder is None:
        return 0
    made = 0
    under_way = TrainingRun.objects.open().filter(document_type=OuterRef("pk"))
    for document_type in DocumentType.objects.exclude(Exists(under_way)):
        try:
            made += _make_for(document_type, folder)
        except (TrainingError, RecognitionError, OSError) as error:
            logger.warning("features of %s are not made ahead: %s", document_type, error)
    if made:
        trim_kept_features()
    return made


def _make_for(document_type: DocumentType, folder: Path) -> int:
    fresh, _ = labels_since_last_run(document_type)
    labelled = fresh.filter(line__retired_at=None).order_by("line__page", "line")
    crops = dict(labelled.values_list("line", "line__crop_sha256"))
    if len(crops) < FEWEST_LINES:
        return 0
    usual = TrainSettings()
    base = load(Path(settings.MODEL_STORE), base_to_train(active_model(document_type)).sha256)
    reader = FeatureReader(base.backbone, seed=usual.seed, threads=usual.threads, folder=folder)
    homes = homes_of(crops.values())
    wanted = {
        line: numbers
        for line, crop in crops.items()
        if (numbers := _missing(reader, crop, homes, usual.views))
    }
    if len(wanted) < FEWEST_LINES:
        return 0
    rows = Line.objects.filter(pk__in=list(wanted)[:MOST_LINES]).select_related("page__document")
    chosen = list(rows.order_by("page", "pk"))
    views = [
        View(line.crop_sha256, partial(np.asarray, crop), number)
        for line, crop in zip(chosen, cut_crops(chosen), strict=True)
        for number in wanted[line.pk]
    ]
    for _ in reader.stream(views):
        pass
    return len(chosen)


def _missing(reader: FeatureReader, crop: str, homes: dict[str, str], views: int) -> list[int]:
    """The views of a crop that are not kept: a line that is not learnt from has one."""
    learnt = crop in homes and split_of(homes[crop]) == Split.TRAIN.value
    return [number for number in range(views if learnt else 1) if not reader.holds(crop, number)]
