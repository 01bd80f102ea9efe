"""Submitting a page and opening it again: where typing becomes labels."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from recognition.events import record_event
from recognition.metrics import edits
from recognition.models import Page, Prediction
from recognition.states import PAGE_MOVES, PageStatus, move
from review.drafts import DraftEntry, newer_drafts
from review.entries import LineEntry as LineEntry
from review.exceptions import (
    InvalidSubmission,
    LeaseLost,
    NewerDrafts,
    NotReopenable,
    ReasonMissing,
)
from review.leases import FREE
from review.models import Label, ReviewTask
from review.placing import new_place
from review.plants import judge_plants, plants_of, without_plants
from review.proposals.find import request_search
from review.second import open_adjudication, open_second_review
from review.states import TASK_MOVES, WITHOUT_TEXT, TaskKind, TaskStatus, Verdict
from review.text import MAX_TEXT, TOO_LONG, clean_line, same_label

MAX_SECONDS = 3_600.0
"""More than an hour on one page is a forgotten tab, not work."""

SAID_SINCE = (
    "Since you opened the page, “{theirs}” was put here, and you have “{yours}”. "
    "Put in what is right, and submit again."
)


@transaction.atomic
def submit_page(
    *,
    task_id: int,
    token: UUID,
    user: AbstractBaseUser,
    entries: Mapping[int, LineEntry],
    seconds: float,
    revisions: Mapping[int, int] | None = None,
    said: int | None = None,
) -> ReviewTask:
    """Turn every line of the page into a label and finish the task.

    `entries` names every current line of the page; `seconds` is the person's time on the page and
    is shared out over its lines; `revisions` holds, by line, the newest draft that the sender
    knows, and `said` is the newest label of the page that they know. The same submit sent twice is
    done once. Raises LeaseLost where the page is not held under `token` and NewerDrafts where
    another window of the user wrote something else since (the caller keeps the typing and shows
    both versions), InvalidSubmission where a line has neither text nor a reason for having none,
    or where somebody has said something else of it since.
    """
    task = (
        # Nobody labels the page meanwhile. Who has it locked may make labels of this very task.
        ReviewTask.objects.select_for_update(no_key=True, of=("self", "page"))
        .select_related("page", "document_type")
        .get(pk=task_id)
    )
    plants = plants_of(task, user)
    sent, entries = entries, without_plants(plants, entries)
    if _sent_again(task, token, user, entries):
        return _as_it_stands(task)
    if task.kind == TaskKind.DECIDE:
        raise LeaseLost("Two readings of this page are decided on a screen of their own.")
    if task.status != TaskStatus.HELD or task.lease_token != token or task.reviewer_id != user.pk:
        raise LeaseLost("This page is not yours any more. What you typed is kept as a draft.")
    if newer := newer_drafts(task=task, user=user, entries=as_drafts(sent, revisions or {})):
        raise NewerDrafts(newer)
    lines = list(task.page.lines.current().values_list("pk", flat=True))
    second = task.kind == TaskKind.SECOND
    counting = [] if second else list(Label.objects.current().filter(line__in=lines))
    cleaned, faults = _checked(lines, entries)
    if said is not None:
        unseen = [label for label in counting if label.pk > said]
        faults |= _said_since(unseen, entries, sent)
    if faults:
        raise InvalidSubmission(faults, said=max((label.pk for label in counting), default=0))
    shown = {
        line: (prediction, text)
        for prediction, line, text in Prediction.objects.of_reading(task)
        .filter(line__page=task.page_id, line__retired_at=None)
        .values_list("pk", "line", "text")
    }
    now = timezone.now()
    seconds = min(max(seconds, 0.0), MAX_SECONDS)
    judge_plants(plants, sent)
    if not second:
        Label.objects.current().filter(line__in=lines).update(superseded_at=now)
    made = Label.objects.bulk_create(
        Label(
            line_id=line,
            task_id=task.pk,
            reviewer_id=user.pk,
            verdict=_verdict(cleaned[line], shown[line][1] if line in shown else None),
            text=cleaned[line].text,
            base_prediction_id=shown[line][0] if line in shown else None,
            seconds=seconds / len(lines),
            superseded_at=now if second else None,  # the first reading counts until it is decided
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
        corrected=None if second else _corrected(cleaned, shown),
        **FREE,
    )
    if second:
        final = not open_adjudication(task, user, made)
    else:
        final = not open_second_review(task, user)
    if final:
        move(Page.objects.filter(pk=task.page_id), PageStatus.REVIEWED, PAGE_MOVES)
    if not second and any(label.verdict == Verdict.CORRECTED for label in made):
        request_search(task.pk, token)
    record_event(verb="submit", subject=task, actor=user, lines=len(lines), seconds=seconds)
    return _as_it_stands(task)


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
    document_type = page.document.document_type
    task = ReviewTask.objects.create(
        page=page,
        document_type=document_type,
        kind=TaskKind.REOPENED,
        model_version_id=page.model_version_id,
        character_set=page.character_set,
        priority=document_type.priority,
        **new_place(page, document_type, TaskKind.REOPENED),
    )
    record_event(verb="reopen", subject=task, actor=actor, page=page.pk, reason=reason)
    return task


def as_drafts(entries: Mapping[int, LineEntry], revisions: Mapping[int, int]) -> list[DraftEntry]:
    """The same lines as drafts; a line without a revision knows of none."""
    return [
        DraftEntry(line_id, entry.text, entry.verdict, revisions.get(line_id, 0))
        for line_id, entry in entries.items()
    ]


def _sent_again(
    task: ReviewTask, token: UUID, user: AbstractBaseUser, entries: Mapping[int, LineEntry]
) -> bool:
    """Whether this very submit is done already.

    A second window of the same person has the same token: what it says otherwise must not pass
    for a repetition and be dropped.
    """
    if task.status != TaskStatus.DONE or task.done_token != token or task.done_by_id != user.pk:
        return False
    return all(
        same_label(label.text, label.verdict, entry.text, entry.verdict)
        for label in task.labels.all()
        if (entry := entries.get(label.line_id))
    )


def _as_it_stands(task: ReviewTask) -> ReviewTask:
    """The task read again, with what is told of it."""
    return ReviewTask.objects.with_what_is_told(admin=False).get(pk=task.pk)


def _checked(
    lines: list[int], entries: Mapping[int, LineEntry]
) -> tuple[dict[int, LineEntry], dict[int, str]]:
    """The entries with their text cleaned, and what is wrong with those that cannot be."""
    faults: dict[int, str] = {}
    cleaned: dict[int, LineEntry] = {}
    for line in lines:
        entry = entries.get(line)
        if entry is None:
            faults[line] = "The form did not carry this line. Reload the page; drafts are kept."
        elif entry.verdict in WITHOUT_TEXT:
            cleaned[line] = LineEntry("", entry.verdict)
        elif not (text := clean_line(entry.text)):
            faults[line] = "Type what the line says, or mark it illegible or not text."
        elif len(text) > MAX_TEXT:
            faults[line] = TOO_LONG
        else:
            cleaned[line] = LineEntry(text)
    return cleaned, faults


def _said_since(
    unseen: Iterable[Label], entries: Mapping[int, LineEntry], sent: Mapping[int, LineEntry]
) -> dict[int, str]:
    """Both versions of the lines on which a label that the sender has not seen says otherwise.

    `entries` are what would count, `sent` what the sender sees: an error planted there stays.
    """
    faults = {}
    for label in unseen:
        entry = entries.get(label.line_id)
        if entry and not same_label(label.text, label.verdict, entry.text, entry.verdict):
            yours = sent[label.line_id].text
            if entry.verdict in WITHOUT_TEXT:
                yours = Verdict(entry.verdict).label
            faults[label.line_id] = SAID_SINCE.format(theirs=label, yours=yours)
    return faults


def _corrected(cleaned: Mapping[int, LineEntry], shown: Mapping[int, tuple[int, str]]) -> int:
    """Characters that differ from what was read. What nobody can read, nobody has corrected."""
    return sum(
        edits(entry.text, clean_line(shown[line][1]) if line in shown else "")
        for line, entry in cleaned.items()
        if entry.verdict != Verdict.ILLEGIBLE
    )


def _verdict(entry: LineEntry, shown: str | None) -> str:
    if entry.verdict in WITHOUT_TEXT:
        return entry.verdict
    same = shown is not None and entry.text == clean_line(shown)
    return Verdict.CONFIRMED if same else Verdict.CORRECTED
