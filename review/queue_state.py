"""What there is to do for one person, and if nothing, why."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Count, Min, Q
from django.utils import timezone

from recognition.models import DocumentType
from review.models import ReviewTask
from review.states import TaskStatus

LISTED = 20
"""Skipped pages named one by one."""


class QueueState(StrEnum):
    """Why there is, or is not, a next page."""

    READY = "ready"
    ALL_HELD = "all_held"
    SKIPPED = "skipped"
    FLAGGED = "flagged"
    NOT_VISIBLE = "not_visible"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class TypeCount:
    """The pages of one document type that wait."""

    name: str
    waiting: int
    held: int


@dataclass(frozen=True, slots=True)
class Queue:
    """The queue as one person sees it."""

    state: QueueState
    mine: tuple[ReviewTask, ...]
    waiting: int
    held: int
    next_free_at: datetime | None
    skipped: tuple[ReviewTask, ...]
    skipped_count: int
    flagged: int
    types: tuple[TypeCount, ...]
    done_today: int
    seconds_today: float | None


def queue_for(user: AbstractBaseUser) -> Queue:
    """All that the queue's page tells `user`, in a fixed number of queries."""
    now = timezone.now()
    visible = ReviewTask.objects.visible_to(user)
    mine = tuple(
        visible.held_by(user)
        .select_related("page__document__document_type")
        .annotate(drafted=Count("drafts", filter=Q(drafts__reviewer=user.pk)))
        .order_by("pk")
    )
    free = visible.claimable().exclude(status=TaskStatus.HELD, reviewer=user.pk)
    waiting = free.not_skipped_by(user)
    others = visible.held_now().exclude(reviewer=user.pk)
    passed_on = free.filter(skips__reviewer=user.pk).distinct()
    held = others.aggregate(number=Count("pk"), first=Min("lease_expires_at"))
    types = tuple(
        TypeCount(name, number_free, number_held)
        for name, number_free, number_held in visible.filter(
            status__in=[TaskStatus.WAITING, TaskStatus.HELD]
        )
        .order_by()
        .values("page__document__document_type__name")
        .annotate(
            free=Count(
                "pk",
                filter=Q(status=TaskStatus.WAITING)
                | Q(status=TaskStatus.HELD, lease_expires_at__lte=now),
            ),
            taken=Count("pk", filter=Q(status=TaskStatus.HELD, lease_expires_at__gt=now)),
        )
        .order_by("page__document__document_type__name")
        .values_list("page__document__document_type__name", "free", "taken")
    )
    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    done = list(
        ReviewTask.objects.filter(done_by=user.pk, done_at__gte=today).values_list(
            "seconds", flat=True
        )
    )
    timed = sorted(seconds for seconds in done if seconds)
    waiting_count, skipped_count = waiting.count(), passed_on.count()
    flagged = visible.filter(status=TaskStatus.FLAGGED).count()
    return Queue(
        state=_state(
            ready=bool(mine) or waiting_count > 0,
            held=held["number"],
            skipped=skipped_count,
            flagged=flagged,
            elsewhere=_elsewhere(user),
        ),
        mine=mine,
        waiting=waiting_count,
        held=held["number"],
        next_free_at=held["first"],
        skipped=tuple(
            passed_on.select_related("page__document__document_type").in_queue_order()[:LISTED]
        ),
        skipped_count=skipped_count,
        flagged=flagged,
        types=types,
        done_today=len(done),
        seconds_today=timed[len(timed) // 2] if timed else None,
    )


def _elsewhere(user: AbstractBaseUser) -> bool:
    """Whether pages wait in document types that the user may not see."""
    seen = DocumentType.objects.visible_to(user).values("pk")
    return ReviewTask.objects.open().exclude(page__document__document_type__in=seen).exists()


def _state(*, ready: bool, held: int, skipped: int, flagged: int, elsewhere: bool) -> QueueState:
    if ready:
        return QueueState.READY
    if skipped:
        return QueueState.SKIPPED
    if held:
        return QueueState.ALL_HELD
    if elsewhere:
        return QueueState.NOT_VISIBLE
    return QueueState.FLAGGED if flagged else QueueState.EMPTY
