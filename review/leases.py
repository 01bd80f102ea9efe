"""Holding a page: at most one reviewer, by a lease that the clock ends."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from recognition.events import record_event
from recognition.models import new_token
from recognition.states import move
from review.exceptions import LeaseLost, NotFlagged, ReasonMissing
from review.models import ReviewTask, TaskSkip
from review.states import TASK_MOVES, TaskStatus

FREE = {"reviewer": None, "lease_token": None, "lease_expires_at": None}


def claim_next(user: AbstractBaseUser) -> ReviewTask | None:
    """Hand the user a page: the one they hold already, else the next of the queue.

    One short transaction; rows that others are claiming at this moment are passed over, so no
    page is handed out twice. None where there is nothing for this user now.
    """
    with transaction.atomic():
        mine = (
            ReviewTask.objects.held_by(user)
            .visible_to(user)
            .select_for_update(of=("self",), skip_locked=True)
            .order_by("pk")
            .first()
        )
        task = mine or (
            ReviewTask.objects.visible_to(user)
            .claimable()
            .not_skipped_by(user)
            .in_queue_order()
            .select_for_update(of=("self",), skip_locked=True)
            .first()
        )
        if task is None:
            return None
        return _take(task, user)


def claim_task(task_id: int, user: AbstractBaseUser) -> ReviewTask | None:
    """Hand the user this very page if it is free or theirs; None where it is not to be had."""
    with transaction.atomic():
        visible = ReviewTask.objects.visible_to(user).select_for_update(of=("self",))
        task = visible.held_by(user).filter(pk=task_id).first() or (
            visible.claimable().filter(pk=task_id).first()
        )
        return _take(task, user) if task else None


def renew_lease(*, task_id: int, token: UUID) -> ReviewTask:
    """Put the lease's end off, as the heartbeat of a reviewer who is there. Raises LeaseLost.

    A lease that has run out is renewed too while nobody else has taken the page.
    """
    end = timezone.now() + timedelta(seconds=settings.REVIEW_LEASE_SECONDS)
    rows = ReviewTask.objects.filter(pk=task_id, lease_token=token)
    if not move(rows, TaskStatus.HELD, TASK_MOVES, lease_expires_at=end):
        raise LeaseLost("This page is not yours any more. What you typed is kept.")
    return ReviewTask.objects.get(pk=task_id)


def release_task(*, task_id: int, token: UUID) -> None:
    """Give a page back unfinished; drafts stay. Raises LeaseLost."""
    rows = ReviewTask.objects.filter(pk=task_id, lease_token=token)
    if not move(rows, TaskStatus.WAITING, TASK_MOVES, **FREE):
        raise LeaseLost("This page is not yours any more. What you typed is kept.")


@transaction.atomic
def skip_task(*, task_id: int, token: UUID, user: AbstractBaseUser, reason: str) -> None:
    """Pass a page on to others, and say why. Raises LeaseLost, ReasonMissing."""
    reason = _reason(reason)
    release_task(task_id=task_id, token=token)
    task = ReviewTask.objects.get(pk=task_id)
    TaskSkip.objects.create(task=task, reviewer_id=user.pk, reason=reason)
    record_event(verb="skip", subject=task, actor=user, reason=reason)


@transaction.atomic
def flag_task(*, task_id: int, token: UUID, user: AbstractBaseUser, reason: str) -> None:
    """Set a page aside for an admin, and say why. Raises LeaseLost, ReasonMissing."""
    reason = _reason(reason)
    rows = ReviewTask.objects.filter(pk=task_id, lease_token=token)
    if not move(rows, TaskStatus.FLAGGED, TASK_MOVES, flag_reason=reason, **FREE):
        raise LeaseLost("This page is not yours any more. What you typed is kept.")
    record_event(verb="flag", subject=ReviewTask.objects.get(pk=task_id), actor=user, reason=reason)


@transaction.atomic
def unflag_task(*, task_id: int, actor: AbstractBaseUser) -> None:
    """Give a flagged page back to the queue. Raises NotFlagged."""
    rows = ReviewTask.objects.filter(pk=task_id, status=TaskStatus.FLAGGED)
    if not move(rows, TaskStatus.WAITING, TASK_MOVES):
        raise NotFlagged("This page is not flagged any more.")
    record_event(verb="unflag", subject=ReviewTask.objects.get(pk=task_id), actor=actor)


def _take(task: ReviewTask, user: AbstractBaseUser) -> ReviewTask:
    """Lease a locked task to the user; a holder's own token stays, so a second tab works too."""
    resumed = task.status == TaskStatus.HELD and task.reviewer_id == user.pk
    task.lease_token = task.lease_token if resumed else new_token()
    task.reviewer_id = user.pk
    task.lease_expires_at = timezone.now() + timedelta(seconds=settings.REVIEW_LEASE_SECONDS)
    move(
        ReviewTask.objects.filter(pk=task.pk),
        TaskStatus.HELD,
        TASK_MOVES,
        reviewer_id=user.pk,
        lease_token=task.lease_token,
        lease_expires_at=task.lease_expires_at,
    )
    task.status = TaskStatus.HELD
    return task


def _reason(reason: str) -> str:
    reason = reason.strip()[:500]
    if not reason:
        raise ReasonMissing("Say in a few words why.")
    return reason
