"""Named, chainable reads of review's tables."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from recognition.querysets import OfTypeQuerySet, is_admin
from review.states import OPEN, Hold, TaskKind, TaskStatus

if TYPE_CHECKING:
    from review import models as m  # noqa: F401  named in a string below


class ReviewTaskQuerySet(OfTypeQuerySet["m.ReviewTask"]):
    type_path = "document_type"

    def with_what_is_told(self, *, admin: bool) -> Self:
        """With the rows that a program which asks for a task is told of; admins are told more.

        The batch comes as one column, `batch_id`: to put the columns of a joined row together
        costs a claim more time than the database takes for it.
        """
        rows = self.annotate(batch_id=F("page__document__batch"))
        return rows.select_related("decision", "reviewer", "done_by") if admin else rows

    def open(self) -> Self:
        """Tasks that somebody still has to finish."""
        return self.filter(status__in=OPEN)

    def claimable(self, now: datetime | None = None) -> Self:
        """Tasks that wait, or whose lease has run out by the clock."""
        return self.filter(
            Q(status=TaskStatus.WAITING)
            | Q(status=TaskStatus.HELD, lease_expires_at__lte=now or timezone.now())
        )

    def held_now(self, now: datetime | None = None) -> Self:
        """Tasks under a lease that has not run out."""
        return self.filter(status=TaskStatus.HELD, lease_expires_at__gt=now or timezone.now())

    def held_by(self, user: Any) -> Self:
        """Tasks whose lease, run out or not, is still the user's."""
        return self.filter(status=TaskStatus.HELD, reviewer=user)

    def active_of(self, user: Any) -> Self:
        """The one page that the user works on."""
        return self.filter(reviewer=user, hold=Hold.ACTIVE)

    def ahead_of(self, user: Any) -> Self:
        """The one page that is held ready as the user's next."""
        return self.filter(reviewer=user, hold=Hold.AHEAD)

    def parked_by(self, user: Any) -> Self:
        """Pages the user put aside for themselves."""
        return self.filter(reviewer=user, hold=Hold.PARKED)

    def in_queue_order(self) -> Self:
        """By priority, then what has waited too long, then by value or chance: as its index is."""
        return self.order_by("-priority", "late_since", "-turn", "pk")

    def untouched(self) -> Self:
        """Tasks on which nobody has typed or changed a line."""
        return self.filter(drafts__isnull=True, edits__isnull=True)

    def waiting_of(self, document_type: Any) -> Self:
        """Pages of a type that nobody holds."""
        return self.filter(document_type=document_type, status=TaskStatus.WAITING)

    def overdue(self, document_type: Any) -> Self:
        """Those that have waited longer than their type lets a page wait, and are not yet late."""
        limit = timezone.now() - timedelta(days=document_type.longest_wait_days)
        return self.waiting_of(document_type).filter(late_since=None, created_at__lte=limit)

    def valued_before(self, document_type: Any, at: datetime) -> Self:
        """Those whose place rests on figures older than that, the oldest first."""
        rows = self.waiting_of(document_type).exclude(kind=TaskKind.DECIDE)
        older = rows.filter(Q(valued_at=None) | Q(valued_at__lt=at))
        return older.order_by(F("valued_at").asc(nulls_first=True), "pk")

    def timed(self, document_type: Any) -> Self:
        """Done pages of which it is known what was corrected in what time, the newest first."""
        rows = self.filter(document_type=document_type, status=TaskStatus.DONE)
        return rows.filter(corrected__isnull=False, seconds__gt=0).order_by("-done_at")

    def chosen_by_an_arm(self) -> Self:
        """Pages that a model was unsure of, and that did not come for having waited too long."""
        return self.filter(kind=TaskKind.THRESHOLD, late_since=None)

    def done_since(self, since: datetime) -> Self:
        """Pages reviewed since then, the checks of a second person among them."""
        done = self.filter(status=TaskStatus.DONE, done_at__gte=since)
        return done.exclude(kind=TaskKind.DECIDE)

    def second_reviews_done(self) -> Self:
        return self.filter(kind=TaskKind.SECOND, status=TaskStatus.DONE)

    def second_reviews_settled(self) -> Self:
        """Those done whose differences from the first review, if any, nobody has to decide yet."""
        return self.second_reviews_done().exclude(decided_by__status__in=OPEN)

    def waiting_for_another(self) -> Self:
        """Pages that wait for a second person, or for a third."""
        return self.filter(kind__in=[TaskKind.SECOND, TaskKind.DECIDE], status=TaskStatus.WAITING)

    def for_review_by(self, user: Any) -> Self:
        """Tasks of the queue that are not a check of the user's own work, nor an adjudication."""
        return self.exclude(kind=TaskKind.DECIDE).exclude(first_reviewer=user)

    def to_decide_by(self, user: Any) -> Self:
        """Disagreements between two others."""
        rows = self.filter(kind=TaskKind.DECIDE)
        return rows.exclude(first_reviewer=user).exclude(second_reviewer=user)

    def not_skipped_by(self, user: Any) -> Self:
        """Tasks that the user has not passed on to others."""
        return self.exclude(skips__reviewer=user)


class LabelQuerySet(OfTypeQuerySet["m.Label"]):
    type_path = "line__page__document__document_type"

    def current(self) -> Self:
        """The one label of each line that counts now."""
        return self.filter(superseded_at__isnull=True)

    def readable_by(self, user: Any) -> Self:
        """Those of the types the user may see, without what they must not know; admins see all."""
        return self if is_admin(user) else self.visible_to(user).unspoilt_for(user)

    def unspoilt_for(self, user: Any) -> Self:
        """Not what others said of a page that waits for a second person who is to be blind."""
        tasks = apps.get_model("review", "ReviewTask")._default_manager
        blind = tasks.filter(
            kind=TaskKind.SECOND, status__in=OPEN, document_type__second_review_blind=True
        )
        return self.filter(Q(reviewer=user) | ~Q(line__page__in=blind.values("page")))


class DraftQuerySet(models.QuerySet[Any]):
    """Of drafts, and of those that were refused."""

    def of(self, task: Any, user: Any) -> Self:
        """What one reviewer has typed on one task and not yet submitted."""
        return self.filter(task=task, reviewer=user)
