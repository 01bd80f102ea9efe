"""Celery's way into review."""

from celery import shared_task

from review import thresholds


@shared_task
def choose_thresholds() -> int:
    """Find the thresholds of document types with an accuracy target anew."""
    return thresholds.choose_thresholds()
