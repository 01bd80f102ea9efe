"""Celery's way into reading: an id in, one service, a named outcome out."""

from contextlib import suppress
from typing import Any

from celery import Task, shared_task
from celery.signals import worker_shutting_down
from celery.worker import state

from recognition import intake, line_reading, reading, watch
from recognition.failures import SPLITTING
from recognition.queue import TRANSIENT, token_of

PATIENT: dict[str, Any] = {
    "autoretry_for": TRANSIENT,
    "max_retries": 5,
    "retry_backoff": 2,
    "retry_backoff_max": 60,
}
"""Tried again when the database was away: five times at most, later each time (seconds)."""


ONCE: dict[str, Any] = {"reject_on_worker_lost": False}
"""Not begun again where its worker was killed over it, for nothing counts how often that happens.

A message that goes back to its queue kills the next worker, too, if what it asks for is what kills:
without end, and no other page is read meanwhile. A task with this says what makes up for a loss.
Work that is counted, as reading a page is, goes back at once.
"""


LINE_PATIENCE = 600
"""Seconds after which nobody waits for a single line any more: it has been typed."""


@shared_task(
    bind=True,
    soft_time_limit=SPLITTING.seconds,
    time_limit=SPLITTING.seconds + 30,
    **PATIENT,
)
def split_document(self: "Task[Any, Any]", document_id: int) -> str:
    """Make the pages of one stored document."""
    return intake.split_document(document_id, token=token_of(self.request.id))


@shared_task(bind=True, **PATIENT)
def read_page(self: "Task[Any, Any]", page_id: int) -> str:
    """Read one queued page."""
    return reading.read_page(page_id, token=token_of(self.request.id))


@worker_shutting_down.connect
def spare_what_is_read(**_: object) -> None:
    """A worker that is switched off has not died over its pages, however often that happens."""
    begun = (token_of(request.id) for request in tuple(state.active_requests))
    with suppress(*TRANSIENT):
        reading.give_attempts_back([token for token in begun if token])


@shared_task(bind=False, **PATIENT, **ONCE)
def reread_page(page_id: int) -> str:
    """Read one page again with the model that is active now.

    Lost, the page keeps the reading it has; what a withdrawn model read is asked for again.
    """
    return reading.reread_page(page_id)


@shared_task(bind=False, expires=LINE_PATIENCE, **PATIENT)
def read_lines(line_ids: list[int], version_id: int, character_set: str) -> str:
    """Read lines that somebody drew or moved and is waiting for."""
    return line_reading.read_lines(line_ids, version_id, character_set)


@shared_task
def take_watched_files() -> dict[str, int]:
    """Take in what lies ready in the watched folder."""
    return watch.take_watched_files()
