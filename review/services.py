"""Submitting a page and opening it again: where typing becomes labels."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from recognition.events import record_event
from recognition.models import Line, Page, Prediction
from recognition.states import PAGE_MOVES, PageStatus, move
from review.exceptions import InvalidSubmission, LeaseLost, NotReopenable, ReasonMissing
from review.leases import FREE
from review.models import Label, ReviewTask
from review.states import TASK_MOVES, WITHOUT_TEXT, TaskKind, TaskStatus, Verdict
from review.text import clean_line

MAX_SECONDS = 3_600.0
"""More than an hour on one page is a forgotten tab, not work."""


@dataclass(frozen=True, slots=True)
class LineEntry:
    """What a reviewer says of one line; a verdict without text is illegible or not text."""

    text: str
    verdict: str = Verdict.CORRECTED


@transaction.atomic
def submit_page(
    *,
    task_id: int,
    token: UUID,
    user: AbstractBaseUser,
    entries: Mapping[int, LineEntry],
    seconds: float,
) -> ReviewTask:
    """Turn every line of the page into a label and finish the task.

    `entries` names every current line of the page; `seconds` is the person's time on the page and
    is shared out over its lines. The same submit sent twice is done once. Raises LeaseLost where
    the page is not held under `token` (the caller keeps the typing as drafts and shows both
    versions), InvalidSubmission where a line has neither text nor a reason for having none.
    """
    task = ReviewTask.objects.select_for_update().select_related("page").get(pk=task_id)
    if task.status == TaskStatus.DONE and task.done_token == token and task.done_by_id == user.pk:
        return task
    if task.status != TaskStatus.HELD or task.lease_token != token or task.reviewer_id != user.pk:
        raise LeaseLost("This page is not yours any more. What you typed is kept as a draft.")
    lines = list(task.page.lines.current())
    cleaned = _checked(lines, entries)
    shown = {
        prediction.line_id: prediction
        for prediction in Prediction.objects.filter(
            line__in=lines, model_version_id=task.model_version_id
        )
    }
    now = timezone.now()
    seconds = min(max(seconds, 0.0), MAX_SECONDS)
    Label.objects.current().filter(line__in=lines).update(superseded_at=now)
    Label.objects.bulk_create(
        Label(
            line=line,
            task=task,
            reviewer_id=user.pk,
            verdict=_verdict(cleaned[line.pk], shown.get(line.pk)),
            text=cleaned[line.pk].text,
            base_prediction=shown.get(line.pk),
            seconds=seconds / len(lines),
        )
        for line in lines
    )
    move(
        ReviewTask.objects.filter(pk=task.pk),
        TaskStatus.DONE,
        TASK_MOVES,
        done_by_id=user.pk,
        done_at=now,
        done_token=token,
        seconds=seconds,
        **FREE,
    )
    move(Page.objects.filter(pk=task.page_id), PageStatus.REVIEWED, PAGE_MOVES)
    record_event(verb="submit", subject=task, actor=user, lines=len(lines), seconds=seconds)
    task.refresh_from_db()
    return task


@transaction.atomic
def reopen_page(*, page: Page, actor: AbstractBaseUser, reason: str) -> ReviewTask:
    """Send a reviewed or accepted page to review (again); its labels stand until superseded.

    Raises NotReopenable, ReasonMissing.
    """
    reason = reason.strip()[:500]
    if not reason:
        raise ReasonMissing("Say in a few words why the page is opened again.")
    page = (
        Page.objects.select_for_update(of=("self",))
        .select_related("document__document_type")
        .get(pk=page.pk)
    )
    rows = Page.objects.filter(pk=page.pk, status__in=[PageStatus.REVIEWED, PageStatus.ACCEPTED])
    if page.model_version_id is None or not move(rows, PageStatus.REVIEW, PAGE_MOVES):
        raise NotReopenable("Only a page that is reviewed or accepted can be opened again.")
    task = ReviewTask.objects.create(
        page=page,
        kind=TaskKind.REOPENED,
        model_version_id=page.model_version_id,
        priority=page.document.document_type.priority,
    )
    record_event(verb="reopen", subject=task, actor=actor, page=page.pk, reason=reason)
    return task


def _checked(lines: list[Line], entries: Mapping[int, LineEntry]) -> dict[int, LineEntry]:
    """The entries with their text cleaned; raises InvalidSubmission with every fault at once."""
    faults: dict[int, str] = {}
    cleaned: dict[int, LineEntry] = {}
    for line in lines:
        entry = entries.get(line.pk)
        if entry is None:
            faults[line.pk] = "The form did not carry this line. Reload the page; drafts are kept."
        elif entry.verdict in WITHOUT_TEXT:
            cleaned[line.pk] = LineEntry("", entry.verdict)
        elif not (text := clean_line(entry.text)):
            faults[line.pk] = "Type what the line says, or mark it illegible or not text."
        else:
            cleaned[line.pk] = LineEntry(text)
    if faults:
        raise InvalidSubmission(faults)
    return cleaned


def _verdict(entry: LineEntry, shown: Prediction | None) -> str:
    if entry.verdict in WITHOUT_TEXT:
        return entry.verdict
    same = shown is not None and entry.text == clean_line(shown.text)
    return Verdict.CONFIRMED if same else Verdict.CORRECTED
