"""Holding a page: at most one reviewer, by a lease that the clock ends.

A reviewer works on one page, has at most one more held ready as the next, and may park some.
"""

from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, User
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest, Least
from django.utils import timezone

from recognition.events import record_event
from recognition.models import new_token
from recognition.prepared import Prepared
from recognition.querysets import may_adjudicate, sees_type, visible_types
from recognition.states import move
from review.exceptions import LeaseLost, NotFlagged, ReasonMissing, TooManyParked
from review.models import ReviewTask, TaskSkip
from review.querysets import ReviewTaskQuerySet
from review.states import TASK_MOVES, Hold, TaskKind, TaskStatus

FREE = {"reviewer": None, "lease_token": None, "lease_expires_at": None, "hold": ""}
PARK_TIME = timedelta(hours=24)
"""A parked page is its reviewer's until tomorrow at this time, then anybody's."""
LEFT_TIME = timedelta(seconds=60)
"""So long a page stays its reviewer's after its window was closed: time to open it again."""
PARK_LIMIT = 5
"""Pages that one person may keep from the others."""
GONE = "This page is not yours any more. What you typed is kept."


def claim_next(user: AbstractBaseUser) -> ReviewTask | None:
    """Hand the user a page to work on: the one they work on, the one ready as next, or a new one.

    One short transaction; rows that others are claiming at this moment are passed over, so no
    page is handed out twice. None where there is nothing for this user now; what they have parked
    is left to their choice.
    """
    with transaction.atomic():
        one_at_a_time(user)
        mine = _mine(user)
        task = mine.get(Hold.ACTIVE) or mine.get(Hold.AHEAD) or _first_free(user)
        return take(task, user) if task else None


def claim_ahead(user: AbstractBaseUser) -> ReviewTask | None:
    """Hold the page after the one that the user works on ready for them.

    None where they work on none or their lease has run out (nothing is kept from others for
    somebody who is not there), or where nothing is left.
    """
    with transaction.atomic():
        one_at_a_time(user)
        mine = _mine(user)
        until = mine[Hold.ACTIVE].lease_expires_at if Hold.ACTIVE in mine else None
        if until is None or until <= timezone.now():
            return None
        task = mine.get(Hold.AHEAD) or _first_free(user)
        return take(task, user, Hold.AHEAD) if task else None


def claim_task(task_id: int, user: AbstractBaseUser) -> ReviewTask | None:
    """Hold this very page for the user to work on, if it is free or theirs; else None.

    The page they were at becomes the one that comes next, and what was ready as next is free.
    """
    with transaction.atomic():
        one_at_a_time(user)
        visible = ReviewTask.objects.visible_to(user).select_for_update(of=("self",))
        this = visible.filter(pk=task_id)
        task = this.held_by(user).first() or this.claimable().first()
        if task is None or claim_refusal(task, user):
            return None
        make_room(task, user)
        return take(task, user)


def claim_refusal(task: ReviewTask, user: AbstractBaseUser) -> str:
    """Why the user may not take the task even where it is free; nothing where they may."""
    if user.pk in (task.first_reviewer_id, task.second_reviewer_id):
        return "You have read this page yourself, and nobody checks their own work."
    if task.kind == TaskKind.DECIDE and not may_adjudicate(user):
        return "Two people have read this page differently, and an adjudicator decides."
    return ""


def renew_lease(*, task_id: int, token: UUID) -> ReviewTask:
    """Put the lease's end off, as the heartbeat of a reviewer who is there. Raises LeaseLost.

    A lease that has run out is renewed too while nobody else has taken the page. The page held
    ready as the reviewer's next is renewed with it.
    """
    end = _end(Hold.ACTIVE)
    rows = ReviewTask.objects.filter(pk=task_id, lease_token=token)
    later = Greatest(F("lease_expires_at"), end)
    if not move(rows, TaskStatus.HELD, TASK_MOVES, lease_expires_at=later):
        raise LeaseLost(GONE)
    task = ReviewTask.objects.get(pk=task_id)
    if task.hold == Hold.ACTIVE:
        ReviewTask.objects.ahead_of(task.reviewer_id).update(lease_expires_at=end)
    return task


def keep_open(task: ReviewTask) -> bool:
    """Renew the lease of a task whose page is being opened; False where it is not held so now.

    Whoever knew an earlier end of this lease, a window that is closed at this moment, leaves it be.
    """
    end = max(task.lease_expires_at or _end(Hold.ACTIVE), _end(Hold.ACTIVE))
    rows = ReviewTask.objects.filter(pk=task.pk, lease_token=task.lease_token)
    task.lease_expires_at = end
    return move(rows, TaskStatus.HELD, TASK_MOVES, lease_expires_at=end)


@transaction.atomic
def leave_task(*, task_id: int, token: UUID, known_end: datetime) -> bool:
    """Let a page whose window was closed go to others in LEFT_TIME, and the one ahead with it.

    Not given back at once, for the window may be opened again. `known_end` is the lease's end as
    that window knows it: where it was renewed since, the page is open elsewhere or was loaded
    again, so nothing changes and the answer is False.
    """
    held = _held_under(task_id, token)
    rows = ReviewTask.objects.filter(
        pk=task_id, lease_token=token, hold=Hold.ACTIVE, lease_expires_at__lte=known_end
    )
    if held is None or not _end_soon(rows):
        return False
    _end_soon(ReviewTask.objects.ahead_of(held.reviewer_id))
    return True


@transaction.atomic
def release_task(*, task_id: int, token: UUID) -> None:
    """Give a page back unfinished; drafts stay.

    With the page worked on goes the one held ready as next, in LEFT_TIME where that was worked on
    too; a parked page goes alone. Raises LeaseLost.
    """
    held = _held_under(task_id, token)
    _give_back(task_id, token)
    if held is None or held.hold != Hold.ACTIVE:
        return
    ahead = ReviewTask.objects.ahead_of(held.reviewer_id)
    if not move(ahead.untouched(), TaskStatus.WAITING, TASK_MOVES, **FREE):
        _end_soon(ahead)


def _end_soon(rows: ReviewTaskQuerySet) -> bool:
    """Bring the end of a lease forward; False where the page is not held so.

    Never to now: the page may be open in another window, which renews the lease within this time
    while somebody is there. One that comes next may be one that was worked on (`make_room`).
    """
    soon = Least(F("lease_expires_at"), timezone.now() + LEFT_TIME)
    return move(rows, TaskStatus.HELD, TASK_MOVES, lease_expires_at=soon)


@transaction.atomic
def park_task(*, task_id: int, token: UUID, user: AbstractBaseUser) -> None:
    """Put a page aside for its own reviewer, for PARK_TIME. Raises LeaseLost, TooManyParked."""
    one_at_a_time(user)
    if ReviewTask.objects.parked_by(user).exclude(pk=task_id).count() >= PARK_LIMIT:
        raise TooManyParked(
            f"You have {PARK_LIMIT} pages parked. Finish or give back one of them first."
        )
    rows = ReviewTask.objects.filter(pk=task_id, lease_token=token, reviewer_id=user.pk)
    held = {"hold": Hold.PARKED, "lease_expires_at": _end(Hold.PARKED)}
    if not move(rows, TaskStatus.HELD, TASK_MOVES, **held):
        raise LeaseLost(GONE)
    record_event(verb="park", subject=ReviewTask.objects.get(pk=task_id), actor=user)


@transaction.atomic
def skip_task(*, task_id: int, token: UUID, user: AbstractBaseUser, reason: str) -> None:
    """Pass a page on to others, and say why. Raises LeaseLost, ReasonMissing."""
    reason = _reason(reason)
    _give_back(task_id, token)
    task = ReviewTask.objects.get(pk=task_id)
    TaskSkip.objects.create(task=task, reviewer_id=user.pk, reason=reason)
    record_event(verb="skip", subject=task, actor=user, reason=reason)


@transaction.atomic
def flag_task(*, task_id: int, token: UUID, user: AbstractBaseUser, reason: str) -> None:
    """Set a page aside for an admin, and say why. Raises LeaseLost, ReasonMissing."""
    reason = _reason(reason)
    rows = ReviewTask.objects.filter(pk=task_id, lease_token=token)
    if not move(rows, TaskStatus.FLAGGED, TASK_MOVES, flag_reason=reason, **FREE):
        raise LeaseLost(GONE)
    record_event(verb="flag", subject=ReviewTask.objects.get(pk=task_id), actor=user, reason=reason)


@transaction.atomic
def unflag_task(*, task_id: int, actor: AbstractBaseUser) -> None:
    """Give a flagged page back to the queue. Raises NotFlagged."""
    rows = ReviewTask.objects.filter(pk=task_id, status=TaskStatus.FLAGGED)
    if not move(rows, TaskStatus.WAITING, TASK_MOVES):
        raise NotFlagged("This page is not flagged any more.")
    record_event(verb="unflag", subject=ReviewTask.objects.get(pk=task_id), actor=actor)


def one_at_a_time(user: AbstractBaseUser) -> None:
    """Let the claims of one person wait for each other, to the end of the transaction.

    Two windows that ask at once would else each take a page. Other rows may still name the user.
    """
    list(User.objects.select_for_update(no_key=True).filter(pk=user.pk).values_list("pk"))


def make_room(task: ReviewTask, user: AbstractBaseUser) -> None:
    """Let the page that the user works on come next, where it is another one than `task`."""
    working = ReviewTask.objects.active_of(user).exclude(pk=task.pk)
    if not working.exists():
        return
    move(
        ReviewTask.objects.ahead_of(user).exclude(pk=task.pk),
        TaskStatus.WAITING,
        TASK_MOVES,
        **FREE,
    )
    if task.hold == Hold.AHEAD and task.reviewer_id == user.pk:
        ReviewTask.objects.filter(pk=task.pk).update(hold=Hold.PARKED)  # until it is taken below
    move(working, TaskStatus.HELD, TASK_MOVES, hold=Hold.AHEAD, lease_expires_at=_end(Hold.AHEAD))


def take(
    task: ReviewTask, user: AbstractBaseUser, hold: Hold = Hold.ACTIVE, **fields: Any
) -> ReviewTask:
    """Lease a locked task to the user; a holder's own token stays, so a second tab works too.

    `fields` are other columns that change with it.
    """
    resumed = task.status == TaskStatus.HELD and task.reviewer_id == user.pk
    task.lease_token = task.lease_token if resumed else new_token()
    task.reviewer_id = user.pk
    task.lease_expires_at = _end(hold)
    task.hold = hold
    move(
        ReviewTask.objects.filter(pk=task.pk),
        TaskStatus.HELD,
        TASK_MOVES,
        reviewer_id=user.pk,
        lease_token=task.lease_token,
        lease_expires_at=task.lease_expires_at,
        hold=hold,
        **fields,
    )
    task.status = TaskStatus.HELD
    return task


def _mine(user: AbstractBaseUser) -> dict[str, ReviewTask]:
    """The user's page worked on and the one ready as next, locked; waits for a submit under way.

    Pages that the user may not see any more, or not decide on, are given back.
    """
    mine = {}
    for task in _held().rows(user.pk, timezone.now()):
        decides = task.kind != TaskKind.DECIDE or may_adjudicate(user)
        if decides and sees_type(user, task.document_type_id):
            mine[task.hold] = task
        else:
            move(ReviewTask.objects.filter(pk=task.pk), TaskStatus.WAITING, TASK_MOVES, **FREE)
    return mine


def first_free_for(user: AbstractBaseUser) -> ReviewTaskQuerySet:
    """What the user may be handed, in the queue's order."""
    return _free_in(visible_types(user), user.pk, timezone.now())


def _first_free(user: AbstractBaseUser) -> ReviewTask | None:
    """The first of them that nobody is claiming at this moment, locked."""
    return next(iter(_free(visible_types(user)).rows(user.pk, timezone.now())), None)


def _free_in(types: tuple[int, ...] | None, user: int, now: datetime) -> ReviewTaskQuerySet:
    rows = ReviewTask.objects.of_types(types).claimable(now).for_review_by(user)
    return rows.not_skipped_by(user).in_queue_order()


# Claims are what a site is asked most, so the SQL of their reads is put together once.


@lru_cache(maxsize=1_000)  # as many sets of types as groups may see
def _free(types: tuple[int, ...] | None) -> Prepared[ReviewTask]:
    def build(user: int, now: datetime) -> ReviewTaskQuerySet:
        rows = _free_in(types, user, now).with_what_is_told(admin=False)
        return rows.select_for_update(of=("self",), skip_locked=True)[:1]

    return Prepared(build)


@cache
def _held() -> Prepared[ReviewTask]:
    def build(user: int, _now: datetime) -> ReviewTaskQuerySet:
        rows = ReviewTask.objects.held_by(user).exclude(hold=Hold.PARKED).order_by("pk")
        return rows.with_what_is_told(admin=False).select_for_update(of=("self",))

    return Prepared(build)


def _held_under(task_id: int, token: UUID) -> ReviewTask | None:
    """The task held under this token, while all else that its holder asks for waits.

    For what changes the page worked on and then the one ahead: a claim locks the two by their
    keys, so each could wait for the other.
    """
    rows = ReviewTask.objects.filter(pk=task_id, lease_token=token)
    holder = User.objects.filter(held_tasks__in=rows).first()
    if holder is not None:
        one_at_a_time(holder)
    return rows.first()  # as it is now: another window may have parked it meanwhile


def _give_back(task_id: int, token: UUID) -> None:
    rows = ReviewTask.objects.filter(pk=task_id, lease_token=token)
    if not move(rows, TaskStatus.WAITING, TASK_MOVES, **FREE):
        raise LeaseLost(GONE)


def _end(hold: Hold) -> datetime:
    """When a lease taken now ends."""
    parked = hold == Hold.PARKED
    return timezone.now() + (
        PARK_TIME if parked else timedelta(seconds=settings.REVIEW_LEASE_SECONDS)
    )


def _reason(reason: str) -> str:
    reason = reason.strip()[:500]
    if not reason:
        raise ReasonMissing("Say in a few words why.")
    return reason
