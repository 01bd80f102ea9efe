"""Celery's way into reading: an id in, one service, a named outcome out."""

from contextlib import suppress
from typing import Any

from celery import Task, shared_task
from celery.worker.request import Request

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


def _has_not_died(task_id: str) -> None:
    """Not count a reading that is broken off; where the database is away, the page has others."""
    if token := token_of(task_id):
        with suppress(*TRANSIENT):
            reading.give_attempt_back(token)


class ReadingRequest(Request):
    """A message whose page is being read, in the worker's main process."""

    def cancel(self, *args: Any, **options: Any) -> None:
        """The worker is switched off, or has lost the broker; the message comes again."""
        super().cancel(*args, **options)
        _has_not_died(self.id)


class Reading(Task):  # type: ignore[type-arg]
    """A task that reads a page: what breaks it off from outside has not died over the page."""

    Request = "recognition.tasks:ReadingRequest"

    def on_retry(self, exc: Any, task_id: str, *_: Any) -> None:
        """The database was away."""
        _has_not_died(task_id)


@shared_task(bind=True, base=Reading, **PATIENT)
def read_page(self: "Task[Any, Any]", page_id: int) -> str:
    """Read one queued page."""
    return reading.read_page(page_id, token=token_of(self.request.id))


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
