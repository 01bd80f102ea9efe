"""Training runs from request to verdict. At most one runs at a time: a database constraint."""

import logging
import shutil
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import Count, Max, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from recognition.engines.store import ModelStoreError
from recognition.events import record_event
from recognition.exceptions import RecognitionError
from recognition.models import DocumentType, ModelVersion
from recognition.queue import PATIENCE, enqueue
from recognition.registry import active_model
from recognition.states import move
from review.models import Label
from training.dataset import freeze_dataset
from training.exceptions import NotCancellable, NothingToLearn, RunWaiting, TrainingError
from training.judge import conclude
from training.models import CurvePoint, Dataset, TrainingRun
from training.prepare import prepare_job
from training.runner import Ended, run_trainer
from training.settings import TrainSettings, settings_from
from training.states import RUN_MOVES, RunStatus, Split, Stage

logger = logging.getLogger(__name__)

EXECUTE_TASK = "training.tasks.execute_run"
Trainer = Callable[..., Ended]


def request_run(
    *,
    document_type: DocumentType | None,
    trigger: TrainingRun.Trigger,
    actor: AbstractBaseUser | None = None,
    train_settings: TrainSettings | None = None,
) -> TrainingRun:
    """Queue a run for a type (for all types where None). Raises RunWaiting."""
    try:
        with transaction.atomic():
            run = TrainingRun.objects.create(
                document_type=document_type,
                trigger=trigger,
                started_by_id=actor.pk if actor else None,
                settings=asdict(train_settings or TrainSettings()),
                **_labels_now(document_type),
            )
            record_event(verb="request", subject=run, actor=actor)
            enqueue(EXECUTE_TASK, [run])
    except IntegrityError as error:
        raise RunWaiting("A run for this document type waits already.") from error
    return run


def request_nightly_runs() -> list[TrainingRun]:
    """One run for each document type that has labels; those with too few new ones are skipped,
    and say so."""
    runs = []
    types = DocumentType.objects.filter(batches__documents__pages__lines__labels__isnull=False)
    for document_type in types.distinct():
        try:
            run = request_run(document_type=document_type, trigger=TrainingRun.Trigger.NIGHTLY)
        except RunWaiting:
            continue
        runs.append(run)
    return runs


def execute_run(run_id: int, trainer: Trainer = run_trainer) -> str:
    """Carry a queued run through: freeze, train in a subprocess, judge, activate if proven better.

    Idempotent: a run that is not queued (any more) is left alone. Whatever happens, the run ends
    in a state with a reason, and the active model is touched by nothing but an accepting verdict.
    """
    run = _start(run_id)
    if run is None:
        return "not waiting"
    try:
        dataset, base = _freeze(run)
        ended = _train(run, dataset, base, trainer)
        if ended.cancelled:
            return _end(run, RunStatus.CANCELLED, "cancelled", ended.message)
        if not ended.succeeded:
            code = str(ended.result.get("code", "trainer_died"))
            return _end(run, RunStatus.FAILED, code, ended.message)
        return conclude(run, dataset, ended.result)
    except NothingToLearn as error:
        return _end(run, RunStatus.SKIPPED, error.code, error.message)
    except (TrainingError, RecognitionError, ModelStoreError) as error:
        return _end(run, RunStatus.FAILED, error.code, str(error))
    except Exception as error:  # the task's boundary: no run is ever left as running
        logger.exception("training run %s", run_id)
        return _end(run, RunStatus.FAILED, "unexpected", f"{type(error).__name__}: {error}")
    finally:
        _queue_next()


def cancel_run(*, run: TrainingRun, actor: AbstractBaseUser) -> None:
    """Stop a waiting run at once, a running one within seconds. Raises NotCancellable."""
    message = f"Stopped by {actor.get_username()}."
    waiting = TrainingRun.objects.filter(pk=run.pk, status=RunStatus.QUEUED)
    stopped = move(
        waiting,
        RunStatus.CANCELLED,
        RUN_MOVES,
        finished_at=timezone.now(),
        failure_code="cancelled",
        failure_message=message,
    ) or TrainingRun.objects.filter(pk=run.pk, status=RunStatus.RUNNING).update(
        cancel_requested_at=timezone.now()
    )
    if not stopped:
        raise NotCancellable("This run has ended already.")
    record_event(verb="cancel", subject=run, actor=actor)


def sweep_runs() -> int:
    """Fail runs whose worker is gone, and queue again those whose message was lost."""
    patience = timedelta(seconds=settings.TRAIN_HEARTBEAT_SECONDS)
    silent = list(TrainingRun.objects.silent(patience))
    for run in silent:
        _end(
            run,
            RunStatus.FAILED,
            "worker_died",
            "The training worker died. The active model is untouched; start the run again.",
        )
    late = list(TrainingRun.objects.waiting_since(PATIENCE))
    TrainingRun.objects.filter(pk__in=[run.pk for run in late]).update(queued_at=timezone.now())
    enqueue(EXECUTE_TASK, late)
    return len(silent) + len(late)


def job_directory(run: TrainingRun) -> Path:
    """Where a run's working files and log are."""
    return Path(settings.RUN_DIR) / str(run.pk)


def new_labels(document_type: DocumentType | None) -> int:
    """Current labels with text that no finished run of this scope has seen."""
    labels = _labels_with_text(document_type)
    last = (
        TrainingRun.objects.filter(document_type=document_type, status=RunStatus.SUCCEEDED)
        .order_by("-pk")
        .first()
    )
    if last is None or last.dataset_id is None:
        return int(labels.count())
    return int(labels.exclude(dataset_items__dataset_id=last.dataset_id).count())


def _labels_now(document_type: DocumentType | None) -> dict[str, int]:
    """How many labels with text a scope has, and the last one's number."""
    labels = _labels_with_text(document_type).aggregate(
        labels_seen=Count("pk"), last_label=Coalesce(Max("pk"), 0)
    )
    return {name: int(value) for name, value in labels.items()}


def _labels_with_text(document_type: DocumentType | None) -> QuerySet[Label]:
    labels = Label.objects.current().exclude(text="")
    if document_type is not None:
        labels = labels.filter(line__page__document__document_type=document_type)
    return labels


def _start(run_id: int) -> TrainingRun | None:
    """Make a queued run the running one; None where it is not queued, or another one runs."""
    now = timezone.now()
    try:
        with transaction.atomic():
            started = move(
                TrainingRun.objects.filter(pk=run_id),
                RunStatus.RUNNING,
                RUN_MOVES,
                started_at=now,
                heartbeat_at=now,
                stage=Stage.FREEZING,
            )
    except IntegrityError:
        return None  # the constraint one_running_training_run; it is queued again when that ends
    if not started:
        return None
    return TrainingRun.objects.select_related("document_type").get(pk=run_id)


def _freeze(run: TrainingRun) -> tuple[Dataset, ModelVersion]:
    """The run's dataset and base. Raises NothingToLearn where training would be pointless."""
    fresh = new_labels(run.document_type)
    nightly = run.trigger == TrainingRun.Trigger.NIGHTLY
    if nightly and fresh < settings.REFRESH_MIN_NEW_LABELS:
        raise NothingToLearn(
            f"{fresh} new labels since the last run; {settings.REFRESH_MIN_NEW_LABELS} are needed."
        )
    dataset = freeze_dataset(document_type=run.document_type)
    base = active_model(run.document_type)
    run.dataset, run.base = dataset, base
    run.save(update_fields=["dataset", "base"])
    if not dataset.items.filter(split=Split.TRAIN).exists():
        raise NothingToLearn(
            "No reviewed line belongs to the training split yet. Splits are drawn by document, so "
            "review more documents of this type."
        )
    same = TrainingRun.objects.filter(
        dataset=dataset, base=base, settings=run.settings, status=RunStatus.SUCCEEDED
    ).first()
    if same is not None:
        raise NothingToLearn(
            f"Run {same.pk} learnt from the same labels, the same model and the same settings."
        )
    return dataset, base


def _train(run: TrainingRun, dataset: Dataset, base: ModelVersion, trainer: Trainer) -> Ended:
    directory = job_directory(run)
    shutil.rmtree(directory, ignore_errors=True)
    prepare_job(
        directory,
        dataset=dataset,
        base=base,
        name=_candidate_name(run),
        train_settings=settings_from(run.settings),
        on_progress=lambda share: _beat(run, stage=Stage.FREEZING, progress=share),
    )
    try:
        return trainer(
            directory,
            max_seconds=settings.TRAIN_MAX_SECONDS,
            on_progress=lambda lines: _note_progress(run, lines),
            wants_stop=lambda: TrainingRun.objects.filter(
                pk=run.pk, cancel_requested_at__isnull=False
            ).exists(),
        )
    finally:
        shutil.rmtree(directory / "crops", ignore_errors=True)  # the log and the result stay


def _candidate_name(run: TrainingRun) -> str:
    scope = run.document_type.name if run.document_type else "all types"
    return f"{scope} · run {run.pk}"


def _note_progress(run: TrainingRun, lines: list[dict[str, Any]]) -> None:
    points = [
        CurvePoint(
            run=run,
            step=line["step"],
            loss=line.get("loss"),
            validation_cer=line.get("validation_cer"),
        )
        for line in lines
        if line.get("stage") == Stage.TRAINING and "loss" in line
    ]
    CurvePoint.objects.bulk_create(points, ignore_conflicts=True)
    last = lines[-1] if lines else {}
    stage = last.get("stage", run.stage)
    if stage in Stage.values:
        run.stage = stage
    if last.get("of"):
        run.progress = min(1.0, last.get("step", 0) / last["of"])
    _beat(run, stage=run.stage, progress=run.progress)


def _beat(run: TrainingRun, *, stage: str, progress: float) -> None:
    TrainingRun.objects.filter(pk=run.pk, status=RunStatus.RUNNING).update(
        heartbeat_at=timezone.now(), stage=stage, progress=progress
    )


def _end(run: TrainingRun, status: RunStatus, code: str, message: str) -> str:
    move(
        TrainingRun.objects.filter(pk=run.pk),
        status,
        RUN_MOVES,
        finished_at=timezone.now(),
        failure_code=code[:40],
        failure_message=message[:1000],
    )
    return f"{status.value}: {code}"


def _queue_next() -> None:
    """A run that found another one running waits in the database; send its message again."""
    waiting = TrainingRun.objects.filter(status=RunStatus.QUEUED).order_by("pk").first()
    if waiting is not None:
        enqueue(EXECUTE_TASK, [waiting])
