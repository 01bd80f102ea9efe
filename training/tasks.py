"""Celery's way into training: an id in, one service, a named outcome out."""

from celery import shared_task
from django.conf import settings

from recognition.tasks import ONCE
from training import ahead, alerts, nightly, refresh, runs, shadow, trials

STOP_SECONDS = 600
"""Beyond the trainer's own limit: time to judge and to tidy up."""


SOFT_LIMIT = settings.TRAIN_MAX_SECONDS + STOP_SECONDS
HARD_LIMIT = SOFT_LIMIT + STOP_SECONDS


@shared_task(soft_time_limit=SOFT_LIMIT, time_limit=HARD_LIMIT)
def train_head(run_id: int) -> str:
    """Carry one queued run that trains a head through."""
    return runs.execute_run(run_id)


@shared_task(soft_time_limit=SOFT_LIMIT, time_limit=HARD_LIMIT)
def train_network(run_id: int) -> str:
    """Carry one queued run that trains the whole network through."""
    return runs.execute_run(run_id)


@shared_task
def make_features_ahead() -> int:
    """Run the backbone over new labels before a run asks for them."""
    return ahead.make_features_ahead()


@shared_task
def request_nightly_runs() -> int:
    """Queue the night's training runs."""
    return len(nightly.request_nightly_runs())


@shared_task
def request_due_refreshes() -> int:
    """Queue a run for each document type with enough new labels."""
    return len(refresh.request_due_refreshes())


@shared_task(bind=False, **ONCE)
def read_for_trials(page_id: int) -> str:
    """Let models on trial read one page beside the one in service.

    Lost, the page is asked for again once people have judged it, for some hours.
    """
    return trials.read_for_trials(page_id)


@shared_task
def judge_trials() -> int:
    """Weigh the running trials; promote, withdraw or roll back where one is decided."""
    return shadow.judge_trials()


@shared_task
def watch_accuracy() -> int:
    """Raise alerts where the audited accuracy of a document type has fallen."""
    return alerts.watch_accuracy()
