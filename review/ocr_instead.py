"""Reading a page whose text came from its PDF, because an admin trusts the picture more."""

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from recognition.events import record_event
from recognition.ingest.base import LayerFault
from recognition.models import Page
from recognition.queue import enqueue
from recognition.reading import READ_TASK
from recognition.states import PAGE_MOVES, PageStatus, TextSource, move
from review.exceptions import NotForOcr
from review.leases import FREE
from review.models import Draft, Label, RefusedDraft, ReviewTask
from review.states import TASK_MOVES, TaskStatus


def ocr_refusal(page: Page) -> str:
    """Why the page cannot be read instead of taken from its text layer; nothing where it can."""
    if page.text_source != TextSource.TEXT_LAYER:
        return "This page's text is read from its image already."
    if Label.objects.filter(line__page=page).exists():
        return "Somebody has reviewed this page. Its labels belong to the lines of the text layer."
    if page.status not in (PageStatus.ACCEPTED, PageStatus.REVIEW):
        return f"The page is {page.get_status_display().lower()}; its text layer comes first."
    typed = Draft.objects.filter(task__page=page), RefusedDraft.objects.filter(task__page=page)
    if any(rows.exists() for rows in typed):
        return "Somebody has typed on this page. What was typed belongs to the text layer's lines."
    if ReviewTask.objects.held_now().filter(page=page).exists():
        return "Somebody has this page open now. Try again when it is given back."
    if ReviewTask.objects.filter(page=page, status=TaskStatus.FLAGGED).exists():
        return "The page is flagged. Take the flag off first."
    return ""


@transaction.atomic
def read_instead(*, page: Page, actor: AbstractBaseUser) -> Page:
    """Set the page's text layer aside and queue the page for OCR.

    The layer's lines are retired with their readings, not changed, and a task that waits is
    withdrawn: the page is routed anew by what OCR reads. Raises NotForOcr with the reason.
    """
    page = Page.objects.select_for_update(of=("self",)).get(pk=page.pk)
    # As in `refile_document`: the page before its task, which is not waited for.
    open_tasks = ReviewTask.objects.open().filter(page=page)
    tasks = list(open_tasks.select_for_update(skip_locked=True))
    if reason := ocr_refusal(page):
        raise NotForOcr(reason)
    if len(tasks) < open_tasks.count():
        raise NotForOcr("Somebody works on this page now. Try again in a minute.")
    now = timezone.now()
    producer = page.model_version
    retired = page.lines.current().update(retired_at=now)
    for task in tasks:
        rows = ReviewTask.objects.filter(pk=task.pk)
        if task.status == TaskStatus.HELD:  # under a lease that has run out
            rows.update(status=TaskStatus.WAITING, **FREE)
        move(rows, TaskStatus.WITHDRAWN, TASK_MOVES)
    move(
        Page.objects.filter(pk=page.pk),
        PageStatus.QUEUED,
        PAGE_MOVES,
        text_source=TextSource.IMAGE,
        text_layer=None,
        text_layer_fault=LayerFault.SET_ASIDE.value,
        model_version=None,
        read_at=None,
        attempts=0,
        queued_at=now,
    )
    record_event(
        verb="read instead",
        subject=page,
        actor=actor,
        lines_retired=retired,
        producer=producer.name if producer else "",
    )
    page.refresh_from_db()
    enqueue(READ_TASK, [page])
    return page
