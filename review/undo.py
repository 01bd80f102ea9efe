"""A submit taken back within minutes, and a line put back to what was said of it before."""

from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import InternalError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from recognition.events import record_event
from recognition.models import Line, Page, Prediction
from recognition.states import PAGE_MOVES, PageStatus, move
from review.exceptions import NotRestorable, NotUndoable
from review.leases import make_room, one_at_a_time, take
from review.models import Draft, Label, ReviewTask
from review.plants import is_planted
from review.proposals.confirmed import shown_texts
from review.states import TASK_MOVES, WITHOUT_TEXT, TaskKind, TaskStatus, Verdict
from review.text import clean_line, same_label
from review.triggers import PLANTED

UNDO_TIME = timedelta(minutes=10)
"""So long a submit can be taken back by who made it; later an admin opens the page again."""

SHOWN_TO_YOU = (
    "You were shown this very word as a planted error, so you are not the one to say that it "
    "stands there. Ask another admin, or open the page again."
)


def undoable_by(user: AbstractBaseUser) -> QuerySet[ReviewTask]:
    """What the user has submitted and can still take back, the newest first."""
    return (
        ReviewTask.objects.visible_to(user)
        .filter(status=TaskStatus.DONE, done_by=user.pk, done_at__gt=timezone.now() - UNDO_TIME)
        .exclude(kind__in=[TaskKind.SECOND, TaskKind.DECIDE])
        .select_related("page__document", "document_type")
        .order_by("-done_at")
    )


@transaction.atomic
def undo_submit(*, task_id: int, user: AbstractBaseUser) -> ReviewTask:
    """Take the user's own submit back: the page is theirs again, as they had left it.

    The labels made by it are superseded, and what they superseded counts again; what was typed
    comes back as drafts. The page the user was at comes next. Raises NotUndoable.
    """
    one_at_a_time(user)
    task = (
        # As for a submit: who has the page locked may make labels of this very task.
        ReviewTask.objects.select_for_update(no_key=True, of=("self", "page"))
        .select_related("page")
        .get(pk=task_id)
    )
    if task.status != TaskStatus.DONE or task.done_by_id != user.pk or task.done_at is None:
        raise NotUndoable("Only who submitted a page can take that back, and only once.")
    now = timezone.now()
    if task.done_at < now - UNDO_TIME:
        raise NotUndoable("It is too late to take this back. Ask an admin to open the page again.")
    if task.kind in (TaskKind.SECOND, TaskKind.DECIDE):
        raise NotUndoable("This is not taken back so. Ask an admin to open the page again.")
    waiting = ReviewTask.objects.filter(page=task.page_id, first=task, kind=TaskKind.SECOND)
    move(waiting, TaskStatus.WITHDRAWN, TASK_MOVES)  # nobody has begun the second review
    later = ReviewTask.objects.filter(page=task.page_id, pk__gt=task.pk)
    if later.exclude(status=TaskStatus.WITHDRAWN).exists():
        raise NotUndoable("The page has gone on to another review since.")
    made = list(task.labels.select_related("base_prediction"))
    if any(label.superseded_at for label in made):
        raise NotUndoable("A line of the page has been changed since.")
    before = list(
        Label.objects.filter(line__page=task.page_id, superseded_at=task.done_at).exclude(task=task)
    )
    task.labels.current().update(superseded_at=now)
    Label.objects.bulk_create(_again(label) for label in before)
    _keep_as_drafts(task, user, made, before)
    make_room(task, user)
    seconds = task.seconds
    take(task, user, done_by=None, done_at=None, done_token=None, seconds=None, corrected=None)
    move(Page.objects.filter(pk=task.page_id), PageStatus.REVIEW, PAGE_MOVES)
    record_event(
        verb="undo_submit", subject=task, actor=user, lines=len(made), seconds=seconds,
        restored=len(before),
    )  # fmt: skip
    task.refresh_from_db()
    return task


@transaction.atomic
def restore_line(
    *,
    line: Line,
    actor: AbstractBaseUser,
    known: int | None,
    label_id: int | None = None,
    prediction_id: int | None = None,
) -> Label:
    """Let what a line's earlier label said, or what a model read, count again, as a new label.

    `known` is the label that counted when the actor looked. Raises NotRestorable.
    """
    Page.objects.select_for_update(no_key=True, of=("self",)).get(pk=line.page_id)
    current = Label.objects.current().filter(line=line).first()
    if current is None or line.retired_at is not None:
        raise NotRestorable("Nobody has said anything of this line yet.")
    if current.pk != known:
        raise NotRestorable(
            f"Meanwhile {current.reviewer.get_username()} has changed the line to "
            f"“{current}”. Look again, and restore if that is still wanted."
        )
    if label_id is not None:
        chosen = Label.objects.filter(line=line, pk=label_id).first()
        text, verdict = (chosen.text, chosen.verdict) if chosen else ("", "")
    else:
        read = Prediction.objects.filter(line=line, pk=prediction_id or 0).first()
        text, verdict = (clean_line(read.text) if read else "", Verdict.CORRECTED.value)
        if not text:
            verdict = ""
    if not verdict:
        raise NotRestorable("That version is not one of this line's, or it is empty.")
    if is_planted(text, task_id=current.task_id, line_id=line.pk, user=actor):
        raise NotRestorable(SHOWN_TO_YOU)
    base = current.base_prediction
    if text:
        same = base is not None and clean_line(base.text) == text
        verdict = Verdict.CONFIRMED if same else Verdict.CORRECTED
    try:
        with transaction.atomic():
            Label.objects.filter(pk=current.pk).update(superseded_at=timezone.now())
            made = Label.objects.create(
                line=line,
                task_id=current.task_id,
                reviewer_id=actor.pk,
                verdict=verdict,
                text=text,
                base_prediction=base,
            )
    except InternalError as error:  # the trigger knows plants of old, whose texts were not cleaned
        if PLANTED not in str(error):
            raise
        raise NotRestorable(SHOWN_TO_YOU) from error
    record_event(
        verb="restore_line", subject=line, actor=actor, page=line.page_id,
        before=str(current), after=str(made),
    )  # fmt: skip
    return made


def _again(label: Label) -> Label:
    """A superseded label as one that counts: superseding is for good, so it is said anew."""
    return Label(
        line_id=label.line_id,
        task_id=label.task_id,
        reviewer_id=label.reviewer_id,
        verdict=label.verdict,
        text=label.text,
        base_prediction_id=label.base_prediction_id,
    )


def _keep_as_drafts(
    task: ReviewTask, user: AbstractBaseUser, made: list[Label], before: list[Label]
) -> None:
    """What was submitted otherwise than read, as the drafts the screen opens with.

    So is what was submitted as read where the screen would show something else: what counted
    `before`, or what is confirmed there. Their lines were done with, which a draft says by being
    confirmed, whatever its text.
    """
    shown = {line: (text, Verdict.CONFIRMED.value) for line, text in shown_texts(task).items()}
    shown |= {label.line_id: (label.text, label.verdict) for label in before}
    said = {
        label.line_id: label
        for label in made
        if label.verdict != Verdict.CONFIRMED
        or not same_label(label.text, label.verdict, *shown.get(label.line_id, ("", "")))
    }
    drafts = Draft.objects.of(task, user)
    for draft in drafts:
        label = said.pop(draft.line_id, None) or next(
            (each for each in made if each.line_id == draft.line_id), None
        )
        if label is None:
            continue
        # A verdict without a text says nothing of what was typed before it.
        text = draft.text if label.verdict in WITHOUT_TEXT else label.text
        if (draft.text, draft.verdict) != (text, _done_with(label)):
            drafts.filter(pk=draft.pk).update(
                text=text,
                verdict=_done_with(label),
                revision=F("revision") + 1,
                saved_at=timezone.now(),
            )
    Draft.objects.bulk_create(
        Draft(
            task=task,
            reviewer_id=user.pk,
            line_id=line,
            text=label.text,
            verdict=_done_with(label),
        )
        for line, label in said.items()
    )


def _done_with(label: Label) -> str:
    return label.verdict if label.verdict in WITHOUT_TEXT else Verdict.CONFIRMED
