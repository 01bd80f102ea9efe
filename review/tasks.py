"""Celery's way into review."""

from uuid import UUID

from celery import shared_task

from recognition.tasks import LINE_PATIENCE, ONCE, PATIENT
from review import rereading, revaluing, thresholds, turned
from review.proposals import find


@shared_task
def choose_thresholds() -> int:
    """Find the thresholds of document types with an accuracy target anew."""
    return thresholds.choose_thresholds()


@shared_task
def refresh_queue() -> dict[str, int]:
    """Keep the queue's order up with what is learnt, and let nothing wait too long."""
    return revaluing.refresh_queue()


@shared_task(bind=False, expires=LINE_PATIENCE, **PATIENT)
def read_page_turned(task_id: int, token: str, user_id: int, quarters: int, asked_at: str) -> str:
    """Read a held page anew, as its reviewer has turned it."""
    return turned.read_page_turned(task_id, token, user_id, quarters, asked_at)


@shared_task(bind=False, **PATIENT, **ONCE)
def find_proposals(task_id: int, token: str) -> str:
    """Look for what a submit corrected on lines that nobody has reviewed.

    Lost, the sweep asks again, for as long as anybody would care.
    """
    return find.find_proposals(task_id, UUID(token))


@shared_task(bind=False, **PATIENT)
def reread_waiting_pages(type_id: int | None) -> int:
    """Have the pages that wait for a reviewer read again, of one document type or of all."""
    return rereading.reread_waiting_pages(type_id)
