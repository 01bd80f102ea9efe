"""Celery's way into training: an id in, one service, a named outcome out."""

from celery import shared_task
from django.conf import settings

from training import refresh, runs

STOP_SECONDS = 600
"""Beyond the trainer's own limit: time to judge and to tidy up."""


@shared_task(
    soft_time_limit=settings.TRAIN_MAX_SECONDS + STOP_SECONDS,
    time_limit=settings.TRAIN_MAX_SECONDS + 2 * STOP_SECONDS,
)
def execute_run(run_id: int) -> str:
    """Carry one queued training run through."""
    return runs.execute_run(run_id)


@shared_task
def request_nightly_runs() -> int:
    """Queue the night's training runs."""
    return len(runs.request_nightly_runs())


@shared_task
def request_due_refreshes() -> int:
    """Queue a run for each document type with enough new labels."""
    return len(refresh.request_due_refreshes())
