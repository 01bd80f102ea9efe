"""Asking for training runs: which scope, how deep, and how many labels there are for it."""

from collections.abc import Sequence

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import Count, Max, QuerySet
from django.db.models.functions import Coalesce

from recognition.events import record_event
from recognition.models import ActiveModel, DocumentType, ModelVersion
from recognition.queue import enqueue
from recognition.registry import active_model, base_of
from review.models import Label
from training.exceptions import ForAllTypes, RunWaiting
from training.models import TrainingRun
from training.settings import NetworkSettings, TrainSettings
from training.states import Depth

TASKS = {Depth.HEAD: "training.tasks.train_head", Depth.NETWORK: "training.tasks.train_network"}
"""What carries a run through: in queues of their own, for a head never waits for a network."""


def request_run(
    *,
    document_type: DocumentType | None,
    trigger: TrainingRun.Trigger,
    depth: Depth = Depth.HEAD,
    actor: AbstractBaseUser | None = None,
    train_settings: TrainSettings | NetworkSettings | None = None,
) -> TrainingRun:
    """Queue a run for a type (for all types where None). Raises RunWaiting or ForAllTypes."""
    if depth == Depth.NETWORK and document_type is not None:
        raise ForAllTypes(
            "The whole network learns from the labels of all document types: choose all types, or "
            "train a head."
        )
    try:
        with transaction.atomic():
            run = TrainingRun.objects.create(
                document_type=document_type,
                depth=depth,
                trigger=trigger,
                started_by_id=actor.pk if actor else None,
                settings=(train_settings or usual_settings(depth)).as_dict(),
                **_labels_now(document_type),
            )
            record_event(verb="request", subject=run, actor=actor)
            send_runs([run])
    except IntegrityError as error:
        scope = "the whole network" if depth == Depth.NETWORK else "this document type"
        raise RunWaiting(f"A run for {scope} waits already.") from error
    return run


def send_runs(runs: Sequence[TrainingRun]) -> None:
    """After commit, tell the workers to carry these runs through."""
    for depth, task in TASKS.items():
        enqueue(task, [run for run in runs if run.depth == depth])


def usual_settings(depth: Depth) -> TrainSettings | NetworkSettings:
    """What a run of this depth is trained with on this site."""
    if depth == Depth.HEAD:
        return TrainSettings()
    return NetworkSettings(
        seconds=float(settings.NETWORK_TRAIN_SECONDS),
        frozen_blocks=settings.NETWORK_FROZEN_BLOCKS,
    )


def base_to_train(active: ModelVersion, *, afresh: bool = False) -> ModelVersion:
    """What training starts from: what serves, or the general model where that has a newer base.

    A head stays on the base it was trained on; only one trained anew moves to another. `afresh` it
    starts from the base itself, whatever heads have learnt on it.
    """
    general = active_model(None)
    if base_of(active) != base_of(general):
        return general
    return base_of(active) if afresh else active


def request_heads_on_new_base() -> list[TrainingRun]:
    """One run for each document type that a head of its own serves: on the base now in service.

    Until its new head has passed the gate, a type is read by the one it has, on that one's base.
    """
    runs = []
    pointers = ActiveModel.objects.filter(document_type__isnull=False).order_by("document_type")
    for pointer in pointers.select_related("document_type"):
        try:
            run = request_run(
                document_type=pointer.document_type, trigger=TrainingRun.Trigger.NEW_BASE
            )
        except RunWaiting:
            continue  # what waits will start from the new base, too
        runs.append(run)
    return runs


def new_labels(
    document_type: DocumentType | None, depth: Depth = Depth.HEAD, *, afresh: bool = False
) -> int:
    """Current labels with text that the last finished run of this scope and depth has not seen.

    `afresh`: the last one that began where no head had learnt from the type before.
    """
    labels = labels_with_text(document_type)
    runs = TrainingRun.objects.concluded().fairly_compared().of_depth(depth)
    runs = runs.filter(document_type=document_type)
    if afresh:
        runs = runs.filter(trigger__in=TrainingRun.AFRESH)
    last = runs.order_by("-pk").first()
    if last is None or last.dataset_id is None:
        return int(labels.count())
    return int(labels.exclude(dataset_items__dataset_id=last.dataset_id).count())


def labels_with_text(document_type: DocumentType | None) -> QuerySet[Label]:
    """Current labels of a type, of all types where None, that say a text."""
    labels = Label.objects.current().exclude(text="")
    if document_type is not None:
        labels = labels.filter(line__page__document__document_type=document_type)
    return labels


def _labels_now(document_type: DocumentType | None) -> dict[str, int]:
    """How many labels with text a scope has, and the last one's number."""
    labels = labels_with_text(document_type).aggregate(
        labels_seen=Count("pk"), last_label=Coalesce(Max("pk"), 0)
    )
    return {name: int(value) for name, value in labels.items()}
