"""Models on trial read what the serving one has read: a listener of `page_recognised`."""

from typing import Any

from recognition.models import Page
from recognition.queue import enqueue
from recognition.signals import page_recognised
from training.shadow import READ_TASK
from training.trials import readers_along


def connect() -> None:
    """Connect trials; called once when the app is ready."""
    page_recognised.connect(_read_beside, dispatch_uid="training.read_for_trials")


def _read_beside(page_id: int, **_: Any) -> None:
    """A lost message does no harm: a page that people judge is queued again."""
    page = Page.objects.select_related("document").filter(pk=page_id).first()
    if page is not None and readers_along(page):
        enqueue(READ_TASK, [page])
