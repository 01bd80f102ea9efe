"""Training runs from request to verdict.

At most one head and one network are trained at a time: a database constraint.
"""

import logging
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from recognition.engines.store import ModelStoreError
from recognition.events import record_event
from recognition.exceptions import RecognitionError
from recognition.queue import PATIENCE
from recognition.registry import active_model, base_of
from recognition.states import move
from training.dataset import freeze_dataset
from training.exceptions import NotCancellable, NothingToLearn, TrainingError
from training.judge import GONE, conclude
from training.models import CurvePoint, Dataset, TrainingRun
from training.prepare import drop_working_files, prepare_job, trim_kept_features
from training.requests import base_to_train, new_labels, send_runs
from training.runner import Ended, most_processes, run_trainer
from training.settings import settings_of
from training.states import RUN_MOVES, Depth, RunStatus, Split, Stage

logger = logging.getLogger(__name__)

Trainer = Callable[..., Ended]
DIED = "trainer_died"
PROGRESS = "progress.jsonl"


def execute_run(run_id: int, trainer: Trainer = run_trainer) -> str:
    """Carry a queued run through: freeze, train in a subprocess, judge, activate if proven better.

    Idempotent: a run that is not queued (any more) is left alone. Whatever happens, the run ends
    in a state with a reason, and the active model is touched by nothing but an accepting verdict.
    """
    run = _start(run_id)
    if run is None:
        return "not waiting"
    try:
        dataset = _freeze(run)
        _beat(run, stage=Stage.FREEZING, progress=0.0)
        ended = _train(run, dataset, trainer)
        if ended.cancelled:
            return _end(run, RunStatus.CANCELLED, "cancelled", ended.message)
        if not ended.succeeded:
            code = str(ended.result.get("code", DIED))
            if code == DIED and _put_back(run):
                return "to be resumed"
            return _end(run, RunStatus.FAILED, code, ended.message)
        outcome = conclude(run, dataset, ended.result)
        if outcome != GONE:  # else it was put back, and somebody goes on from it
            drop_working_files(job_directory(run))
        return outcome
    except NothingToLearn as error:
        return _end(run, RunStatus.SKIPPED, error.code, error.message)
    except (TrainingError, RecognitionError, ModelStoreError) as error:
        return _end(run, RunStatus.FAILED, error.code, str(error))
    except Exception as error:  # the task's boundary: no run is ever left as running
        logger.exception("training run %s", run_id)
        return _end(run, RunStatus.FAILED, "unexpected", f"{type(error).__name__}: {error}")
    finally:
        _send_next(Depth(run.depth))
        trim_kept_features()


def cancel_run(*, run: TrainingRun, actor: AbstractBaseUser) -> None:
    """Stop a waiting run at once, a running one within seconds. Raises NotCancellable."""
    message = f"Stopped by {actor.get_username()}."
    waiting = TrainingRun.objects.filter(pk=run.pk, status=RunStatus.QUEUED)
    if move(
        waiting,
        RunStatus.CANCELLED,
        RUN_MOVES,
        finished_at=timezone.now(),
        failure_code="cancelled",
        failure_message=message,
    ):
        drop_working_files(job_directory(run))
    elif not TrainingRun.objects.filter(pk=run.pk, status=RunStatus.RUNNING).update(
        cancel_requested_at=timezone.now()
    ):
        raise NotCancellable("This run has ended already.")
    record_event(verb="cancel", subject=run, actor=actor)


def sweep_runs() -> int:
    """Fail runs whose worker is gone, and queue again those whose message was lost.

    A run of the whole network goes back to waiting instead, a bounded number of times: hours of
    training are in its checkpoint.
    """
    patience = timedelta(seconds=settings.TRAIN_HEARTBEAT_SECONDS)
    silent = list(TrainingRun.objects.silent(patience))
    for run in silent:
        if run.cancel_requested_at is not None:
            _end(run, RunStatus.CANCELLED, "cancelled", "It was stopped by hand.")
        elif not _put_back(run):
            _end(
                run,
                RunStatus.FAILED,
                "worker_died",
                "The training worker died. The active model is untouched; start the run again.",
            )
    late = list(TrainingRun.objects.waiting_since(PATIENCE))
    TrainingRun.objects.filter(pk__in=[run.pk for run in late]).update(queued_at=timezone.now())
    send_runs(late)
    return len(silent) + len(late)


def job_directory(run: TrainingRun) -> Path:
    """Where a run's working files and log are."""
    return Path(settings.RUN_DIR) / str(run.pk)


def _start(run_id: int) -> TrainingRun | None:
    """Make a queued run the running one; None where it is not queued or one of its depth runs."""
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
        return None  # one_running_training_run_per_depth; it is sent again when that one ends
    if not started:
        return None
    return TrainingRun.objects.select_related("document_type").get(pk=run_id)


def _freeze(run: TrainingRun) -> Dataset:
    """Settle the run's dataset, its base, and what it is compared with.

    A run that goes on keeps what it had. Raises NothingToLearn where training would be pointless.
    """
    if run.resumed and run.dataset is not None:
        return run.dataset
    run.active = active_model(run.document_type)
    afresh = run.depth == Depth.HEAD and run.trigger in TrainingRun.AFRESH
    run.base = base_to_train(run.active, afresh=afresh)
    fresh = new_labels(run.document_type, Depth(run.depth), afresh=afresh)
    same_base = base_of(run.base) == base_of(run.active)
    nightly = run.trigger == TrainingRun.Trigger.NIGHTLY and same_base
    if nightly and fresh < settings.REFRESH_MIN_NEW_LABELS:
        since = "the last run that began afresh" if afresh else "the last run"
        raise NothingToLearn(
            f"{fresh} new labels since {since}; {settings.REFRESH_MIN_NEW_LABELS} are needed."
        )
    dataset = run.dataset = freeze_dataset(document_type=run.document_type)
    run.save(update_fields=["dataset", "base", "active"])
    if not dataset.items.filter(split=Split.TRAIN).exists():
        raise NothingToLearn(
            "No reviewed line belongs to the training split yet. Splits are drawn by document, so "
            "review more documents."
        )
    same = (
        TrainingRun.objects.concluded()
        .fairly_compared()
        .filter(dataset=dataset, base=run.base, settings=run.settings, depth=run.depth)
        .first()
    )
    if same is not None:
        raise NothingToLearn(
            f"Run {same.pk} learnt from the same labels, the same model and the same settings."
        )
    return dataset


def _train(run: TrainingRun, dataset: Dataset, trainer: Trainer) -> Ended:
    if run.base is None or run.active is None:
        raise TrainingError("The run has no model to start from; start it again.")
    directory = job_directory(run)
    if run.resumed:
        (directory / PROGRESS).unlink(missing_ok=True)  # else old stages would be told again
    else:
        shutil.rmtree(directory, ignore_errors=True)
    prepare_job(
        directory,
        dataset=dataset,
        base=run.base,
        active=run.active,
        name=_candidate_name(run),
        train_settings=settings_of(run.depth, run.settings),
        on_progress=lambda share: _beat(run, stage=Stage.FREEZING, progress=share),
    )
    return trainer(
        directory,
        max_seconds=settings.TRAIN_MAX_SECONDS,
        devices=settings.TRAIN_DEVICES if run.depth == Depth.NETWORK else "",
        processes=_processes(run),
        on_progress=lambda lines: _note_progress(run, lines),
        wants_stop=lambda: TrainingRun.objects.filter(
            pk=run.pk, cancel_requested_at__isnull=False
        ).exists(),
    )


def _processes(run: TrainingRun) -> int:
    """A head learns in one: a second makes no step of it faster."""
    if run.depth == Depth.HEAD:
        return 1
    return settings.TRAIN_PROCESSES or most_processes()


def _put_back(run: TrainingRun) -> bool:
    """Let a run of the whole network whose process died wait again, to go on from its checkpoint.

    False for a head, which learns anew in minutes, and for a run that has died often enough: what
    kills it is then likely the run itself.
    """
    if run.depth != Depth.NETWORK or run.resumed >= settings.NETWORK_MAX_RESUMES:
        return False
    try:
        with transaction.atomic():
            moved = move(
                TrainingRun.objects.filter(pk=run.pk, cancel_requested_at__isnull=True),
                RunStatus.QUEUED,
                RUN_MOVES,
                resumed=F("resumed") + 1,
                stage=Stage.WAITING,
                progress=0,
                queued_at=timezone.now(),
            )
            send_runs([run] if moved else [])
    except IntegrityError:
        return False  # another one waits already
    return bool(moved)


def _candidate_name(run: TrainingRun) -> str:
    scope = run.document_type.name if run.document_type else "all types"
    depth = "new base · " if run.depth == Depth.NETWORK else ""
    return f"{scope} · {depth}run {run.pk}"


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
    if move(
        TrainingRun.objects.filter(pk=run.pk),
        status,
        RUN_MOVES,
        finished_at=timezone.now(),
        failure_code=code[:40],
        failure_message=message[:1000],
    ):
        drop_working_files(job_directory(run))
    return f"{status.value}: {code}"


def _send_next(depth: Depth) -> None:
    """A run that found another of its depth running waits in the database; send it again."""
    waiting = TrainingRun.objects.waiting().of_depth(depth).order_by("pk").first()
    send_runs([waiting] if waiting else [])
