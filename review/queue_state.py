"""What there is to do for one person, and if nothing, why."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache, partial

from django.contrib.auth.models import AbstractBaseUser, User
from django.db.models import Count, IntegerField, Min, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from recognition.models import DocumentType
from recognition.prepared import Prepared
from recognition.querysets import visible_types
from review.models import ReviewTask, TaskSkip
from review.states import Hold, TaskStatus
from review.undo import undoable_by

LISTED = 20
"""Skipped pages named one by one."""
UNDOABLE = 5
"""Submits that are offered to be taken back."""
COUNTED = 1_000
"""Pages that are counted; beyond, the queue is said to have more. A million would take a second."""
BRIEFLY = 100
"""Pages that are counted for a program which has one in hand: it asks whether there are more."""


class QueueState(StrEnum):
    """Why there is, or is not, a next page."""

    READY = "ready"
    PARKED = "parked"
    ALL_HELD = "all_held"
    OWN_WORK = "own_work"
    SKIPPED = "skipped"
    FLAGGED = "flagged"
    NOT_VISIBLE = "not_visible"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class TypeCount:
    """The pages of one document type that wait, counted up to COUNTED."""

    name: str
    waiting: int
    held: int


@dataclass(frozen=True, slots=True)
class Queue:
    """The queue as one person sees it. `waiting` is counted up to COUNTED, and `more` says so.

    `mine` is worked on or parked; what is held ready as the next page is nobody's business. `held`
    are pages of others that may yet come to this person, worked on or parked.
    """

    state: QueueState
    mine: tuple[ReviewTask, ...]
    waiting: int
    more: bool
    held: int
    next_free_at: datetime | None
    skipped: tuple[ReviewTask, ...]
    skipped_count: int
    flagged: int
    types: tuple[TypeCount, ...]
    done_today: int
    seconds_today: float | None
    undoable: tuple[ReviewTask, ...]


def queue_for(user: AbstractBaseUser) -> Queue:
    """All that the queue's page tells `user`, in a fixed number of queries."""
    now = timezone.now()
    visible = ReviewTask.objects.visible_to(user)
    mine = tuple(
        visible.held_by(user)
        .exclude(hold=Hold.AHEAD)
        .select_related("page__document", "document_type")
        .annotate(drafted=Count("drafts", filter=Q(drafts__reviewer=user.pk)))
        .order_by("hold", "pk")
    )
    ours = visible.for_review_by(user)
    waiting = ours.filter(status=TaskStatus.WAITING).not_skipped_by(user)
    own_checks = visible.claimable().filter(first_reviewer=user.pk)
    run_out = ours.claimable().filter(status=TaskStatus.HELD).exclude(reviewer=user.pk)
    others = ours.held_now().exclude(reviewer=user.pk)
    passed_on = (
        visible.claimable()
        .filter(pk__in=TaskSkip.objects.filter(reviewer=user.pk).values("task"))
        .exclude(status=TaskStatus.HELD, reviewer=user.pk)
    )
    held = others.aggregate(number=Count("pk"), first=Min("lease_expires_at"))
    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    done = list(
        ReviewTask.objects.filter(done_by=user.pk, done_at__gte=today).values_list(
            "seconds", flat=True
        )
    )
    timed = sorted(seconds for seconds in done if seconds)
    waiting_count = _counted(waiting) + _counted(run_out.not_skipped_by(user))
    ahead = visible.ahead_of(user).exists()
    skipped_count = passed_on.count()
    flagged = visible.filter(status=TaskStatus.FLAGGED).count()
    return Queue(
        state=_state(
            ready=any(task.hold == Hold.ACTIVE for task in mine) or ahead or waiting_count > 0,
            parked=bool(mine),
            held=held["number"],
            own_checks=own_checks.exists(),
            skipped=skipped_count,
            flagged=flagged,
            elsewhere=partial(_elsewhere, user),
        ),
        mine=mine,
        waiting=min(waiting_count, COUNTED),
        more=waiting_count > COUNTED,
        held=held["number"],
        next_free_at=held["first"],
        skipped=tuple(
            passed_on.select_related("page__document", "document_type").in_queue_order()[:LISTED]
        ),
        skipped_count=skipped_count,
        flagged=flagged,
        types=_types(user, now),
        done_today=len(done),
        seconds_today=timed[len(timed) // 2] if timed else None,
        undoable=tuple(undoable_by(user)[:UNDOABLE]),
    )


class _BoundedCount(Subquery):
    """How many rows a subquery has; its slice bounds how many are looked at."""

    empty_result_set_value = 0
    template = "(SELECT count(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


@dataclass(frozen=True, slots=True)
class BriefQueue:
    """The queue beside a page that was just handed out; `waiting` is counted up to BRIEFLY."""

    state: QueueState
    waiting: int
    held: int
    next_free_at: datetime | None


def brief_queue(user: AbstractBaseUser) -> BriefQueue:
    """What a program that has a page in hand is told of the rest, in one query."""
    (found,) = _brief(visible_types(user)).rows(user.pk, timezone.now())
    told = vars(found)
    return BriefQueue(QueueState.READY, told["waiting"], told["held"], told["next_free_at"])


@lru_cache(maxsize=1_000)  # as many sets of types as groups may see
def _brief(types: tuple[int, ...] | None) -> Prepared[User]:
    def build(user: int, now: datetime) -> QuerySet[User]:
        ours = ReviewTask.objects.of_types(types).for_review_by(user).order_by()
        waiting = ours.filter(status=TaskStatus.WAITING).not_skipped_by(user)
        others = ours.held_now(now).exclude(reviewer=user)
        first = others.order_by("lease_expires_at").values("lease_expires_at")[:1]
        return (
            User.objects.filter(pk=user)
            .only("pk")
            .annotate(
                waiting=_BoundedCount(waiting.values("pk")[:BRIEFLY]),
                held=_BoundedCount(others.values("pk")),
                next_free_at=Subquery(first),
            )
        )

    return Prepared(build)


def _counted(rows: QuerySet[ReviewTask]) -> int:
    """How many there are, up to COUNTED and one: no count of a long queue is awaited."""
    return rows.order_by()[: COUNTED + 1].count()


def _types(user: AbstractBaseUser, now: datetime) -> tuple[TypeCount, ...]:
    """Open pages by document type, each counted up to COUNTED, from the index alone."""
    of_type = ReviewTask.objects.filter(document_type=OuterRef("pk")).order_by()
    held = of_type.filter(status=TaskStatus.HELD)

    def number(rows: QuerySet[ReviewTask]) -> _BoundedCount:
        return _BoundedCount(rows.values("pk")[:COUNTED])

    rows = DocumentType.objects.visible_to(user).annotate(
        waiting=number(of_type.filter(status=TaskStatus.WAITING)),
        run_out=number(held.filter(lease_expires_at__lte=now)),
        taken=number(held.filter(lease_expires_at__gt=now)),
    )
    return tuple(
        TypeCount(name, min(waiting + run_out, COUNTED), taken)
        for name, waiting, run_out, taken in rows.order_by("name").values_list(
            "name", "waiting", "run_out", "taken"
        )
        if waiting or run_out or taken
    )


def _elsewhere(user: AbstractBaseUser) -> bool:
    """Whether pages wait in document types that the user may not see."""
    seen = DocumentType.objects.visible_to(user).values_list("pk", flat=True)
    unseen = list(DocumentType.objects.exclude(pk__in=list(seen)).values_list("pk", flat=True))
    # As a list: with a query in its place all open tasks were gone through, a third of a second
    # for a million, to find none.
    return bool(unseen) and ReviewTask.objects.open().filter(document_type__in=unseen).exists()


def _state(
    *,
    ready: bool,
    parked: bool,
    held: int,
    own_checks: bool,
    skipped: int,
    flagged: int,
    elsewhere: Callable[[], bool],
) -> QueueState:
    if ready:
        return QueueState.READY
    if parked:
        return QueueState.PARKED
    if skipped:
        return QueueState.SKIPPED
    if held:
        return QueueState.ALL_HELD
    if own_checks:
        return QueueState.OWN_WORK
    if elsewhere():
        return QueueState.NOT_VISIBLE
    return QueueState.FLAGGED if flagged else QueueState.EMPTY
