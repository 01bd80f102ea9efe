"""Second review: who checks whose reading, and who decides where the two differ."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from recognition.events import record_event
from recognition.models import Line, Page
from recognition.states import PAGE_MOVES, PageStatus, move
from review.choices import OPEN
from review.drafts import DraftEntry, newer_drafts
from review.exceptions import InvalidSubmission, LeaseLost, NotWaived
from review.leases import FREE
from review.models import Label, ReviewTask
from review.placing import new_place
from review.states import TASK_MOVES, WITHOUT_TEXT, TaskKind, TaskStatus, Verdict
from review.text import MAX_TEXT, TOO_LONG, clean_line, same_label

_chance = random.SystemRandom()

CHANGED = "What counts here has changed since you opened the page: look again, and decide again."
SETTLED = "The two agree here by now, on something else than you chose. Decide lets it stand."
ELSEWHERE = "In another window you chose “{}”. Decide again to let what stands here count."


@dataclass(frozen=True, slots=True)
class Difference:
    """A line on which two reviewers differ; `first` counts until somebody decides."""

    line: Line
    first: Label
    second: Label


def open_second_review(
    task: ReviewTask, user: AbstractBaseUser, draw: Callable[[], float] = _chance.random
) -> bool:
    """Send a page just submitted to a second person where its type wants that.

    Call it in the transaction of the submit.
    """
    policy = task.document_type
    weakest = task.page.lowest_confidence
    limit = policy.second_review_below
    unsure = limit is not None and weakest is not None and weakest < limit
    if not unsure and draw() >= policy.second_review_rate:
        return False
    ReviewTask.objects.create(
        page_id=task.page_id,
        document_type=policy,
        kind=TaskKind.SECOND,
        decision_id=task.decision_id,
        model_version_id=task.model_version_id,
        character_set=task.character_set,
        priority=task.priority,
        first=task,
        first_reviewer_id=user.pk,
        **new_place(task.page, policy, TaskKind.SECOND),
    )
    return True


def open_adjudication(task: ReviewTask, user: AbstractBaseUser, second: Sequence[Label]) -> bool:
    """Send a page whose second reading differs from what counts to a third person."""
    counting = {label.line_id: label for label in Label.objects.current().filter(
        line__page=task.page_id
    )}  # fmt: skip
    if all(label.line_id in counting and _same(counting[label.line_id], label) for label in second):
        return False
    ReviewTask.objects.create(
        page_id=task.page_id,
        document_type_id=task.document_type_id,
        kind=TaskKind.DECIDE,
        model_version_id=task.model_version_id,
        character_set=task.character_set,
        priority=task.priority,
        first_id=task.first_id,
        first_reviewer_id=task.first_reviewer_id,
        second=task,
        second_reviewer_id=user.pk,
    )
    return True


def both_readings(task: ReviewTask) -> list[Difference]:
    """Each line that the second person read, with what counts, in reading order; alike or not."""
    counting = {
        label.line_id: label for label in Label.objects.current().filter(line__page=task.page_id)
    }
    said = Label.objects.filter(task=task.second_id).select_related("line").order_by(
        "line__position"
    )  # fmt: skip
    return [
        Difference(label.line, counting[label.line_id], label)
        for label in said
        if label.line_id in counting
    ]


def differences(task: ReviewTask) -> list[Difference]:
    """The lines an adjudication is about, in reading order."""
    return [each for each in both_readings(task) if not _same(each.first, each.second)]


@transaction.atomic
def decide_lines(
    *,
    task_id: int,
    token: UUID,
    user: AbstractBaseUser,
    choices: Mapping[int, tuple[str, str]],
    shown: Mapping[int, int] | None = None,
    drafts: Sequence[DraftEntry] = (),
) -> ReviewTask:
    """Settle every line on which two people differ; `choices` are (text, verdict) by line.

    `shown` are the labels, by line, that the adjudicator saw counting, and `drafts` their choices
    with the revisions that their window knows. Raises LeaseLost, and InvalidSubmission where a line
    is left open, or where something else counts, or was chosen in another window, since.
    """
    task = ReviewTask.objects.select_for_update(of=("self",)).get(pk=task_id, kind=TaskKind.DECIDE)
    if task.lease_token != token or task.reviewer_id != user.pk:
        raise LeaseLost("This page is not yours to decide any more. Look at the list again.")
    readings = both_readings(task)
    open_lines = [each for each in readings if not _same(each.first, each.second)]
    chosen: dict[int, tuple[str, str]] = {}
    faults: dict[int, str] = {}
    for each in open_lines:
        text, verdict = choices.get(each.line.pk, ("", ""))
        text = "" if verdict in WITHOUT_TEXT else clean_line(text)
        if not text and verdict not in WITHOUT_TEXT:
            faults[each.line.pk] = OPEN
        elif len(text) > MAX_TEXT:
            faults[each.line.pk] = TOO_LONG
        elif (shown or {}).get(each.line.pk, each.first.pk) != each.first.pk:
            faults[each.line.pk] = CHANGED
        chosen[each.line.pk] = (text, verdict)
    for each in readings:
        settled = each.line.pk not in chosen and each.line.pk in choices
        if settled and not _says(each.first, choices[each.line.pk]):
            faults[each.line.pk] = SETTLED
    for newer in newer_drafts(task=task, user=user, entries=drafts):
        there = newer.text or Verdict(newer.verdict).label
        faults.setdefault(newer.line_id, ELSEWHERE.format(there))
    if faults:
        raise InvalidSubmission(faults)
    now = timezone.now()
    changed = 0
    for each in open_lines:
        text, verdict = chosen[each.line.pk]
        if same_label(each.first.text, each.first.verdict, text, verdict or Verdict.CORRECTED):
            continue
        base = each.first.base_prediction
        if text:
            same = base is not None and clean_line(base.text) == text
            verdict = Verdict.CONFIRMED if same else Verdict.CORRECTED
        Label.objects.filter(pk=each.first.pk).update(superseded_at=now)
        Label.objects.create(
            line=each.line, task=task, reviewer_id=user.pk, verdict=verdict, text=text,
            base_prediction=base,
        )  # fmt: skip
        changed += 1
    fields = {"done_by_id": user.pk, "done_at": now, "done_token": token, **FREE}
    move(ReviewTask.objects.filter(pk=task.pk), TaskStatus.DONE, TASK_MOVES, **fields)
    move(Page.objects.filter(pk=task.page_id), PageStatus.REVIEWED, PAGE_MOVES)
    record_event(verb="decide", subject=task, actor=user, lines=len(open_lines), changed=changed)
    task.refresh_from_db()
    return task


@transaction.atomic
def waive_check(*, task_id: int, actor: AbstractBaseUser) -> None:
    """Let what counts stand without a second person, or without a third. Raises NotWaived."""
    rows = ReviewTask.objects.filter(pk=task_id, kind__in=[TaskKind.SECOND, TaskKind.DECIDE])
    if not move(rows, TaskStatus.WITHDRAWN, TASK_MOVES):
        raise NotWaived("Somebody has this page in hand, or it is done.")
    task = ReviewTask.objects.get(pk=task_id)
    move(Page.objects.filter(pk=task.page_id), PageStatus.REVIEWED, PAGE_MOVES)
    record_event(verb="waive_check", subject=task, actor=actor, kind=task.kind)


def _says(label: Label, said: tuple[str, str]) -> bool:
    return same_label(label.text, label.verdict, said[0], said[1] or Verdict.CORRECTED)


def _same(first: Label, second: Label) -> bool:
    return same_label(first.text, first.verdict, second.text, second.verdict)
