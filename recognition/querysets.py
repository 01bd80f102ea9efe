"""Named, chainable reads of recognition's tables."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

from django.apps import apps
from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.utils import timezone

from recognition.prepared import Prepared
from recognition.states import CanaryStatus, DocumentStatus, PageStatus

if TYPE_CHECKING:
    from recognition import models as m

Row = TypeVar("Row", bound=models.Model, covariant=True)

ADMIN_GROUP = "Admin"
REVIEWER_GROUP = "Reviewer"
ADJUDICATOR_GROUP = "Adjudicator"


def groups_of(user: Any) -> dict[str, Any]:
    """The groups of a user, name to key; asked of the database once for one object.

    A request has a user object of its own, and Django forgets what was fetched ahead when the
    object's groups are changed: nobody keeps a right for longer than a request.
    """
    if not user.is_authenticated:
        return {}
    models.prefetch_related_objects([user], "groups")
    return {group.name: group.pk for group in user.groups.all()}


def is_admin(user: Any) -> bool:
    """Whether `user` may manage batches, models and people."""
    if not user.is_authenticated or not user.is_active:
        return False
    return bool(user.is_superuser or ADMIN_GROUP in groups_of(user))


def admins() -> models.QuerySet[User]:
    """Everybody who may manage batches, models and people."""
    everybody = User.objects.filter(is_active=True)
    return everybody.filter(Q(is_superuser=True) | Q(groups__name=ADMIN_GROUP)).distinct()


def may_adjudicate(user: Any) -> bool:
    """Whether `user` may decide where two reviewers differ: admins, and a group of its own."""
    return is_admin(user) or bool(user.is_authenticated and ADJUDICATOR_GROUP in groups_of(user))


def visible_types(user: Any) -> tuple[int, ...] | None:
    """Keys of the document types that `user` may see; None for admins, who see all."""
    if is_admin(user):
        return None
    rows = _open_types(tuple(sorted(groups_of(user).values()))).rows(user.pk, timezone.now())
    return tuple(sorted(each.pk for each in rows))


def sees_type(user: Any, document_type_id: int) -> bool:
    """Whether rows of this document type are visible to `user`."""
    types = visible_types(user)
    return types is None or document_type_id in types


@lru_cache(maxsize=1_000)  # as many sets of groups as people may be in
def _open_types(groups: tuple[int, ...]) -> Prepared[m.DocumentType]:
    types = apps.get_model("recognition", "DocumentType")._default_manager
    return Prepared(lambda _user, _now: types.open_to(groups).order_by().only("pk"))


class DocumentTypeQuerySet(models.QuerySet["m.DocumentType"]):
    def visible_to(self, user: Any) -> DocumentTypeQuerySet:
        """Types that name no group, or one of the user's; admins see all."""
        return self if is_admin(user) else self.open_to(groups_of(user).values())

    def open_to(self, groups: Iterable[int]) -> DocumentTypeQuerySet:
        """Types that name no group, or one of these (by key)."""
        return self.filter(Q(groups__isnull=True) | Q(groups__in=list(groups))).distinct()


class OfTypeQuerySet(models.QuerySet[Row]):
    """Rows that belong to a document type, reached by the lookup `type_path`."""

    type_path = "document_type"

    def visible_to(self, user: Any) -> Self:
        """Rows of the document types that `user` may see; admins see all."""
        return self.of_types(visible_types(user))

    def of_types(self, types: tuple[int, ...] | None) -> Self:
        """Rows of the document types with these keys; None stands for all.

        Keys rather than a query for them: what is asked of the rows stays plain.
        """
        return self if types is None else self.filter(**{f"{self.type_path}__in": types})


class BatchQuerySet(OfTypeQuerySet["m.Batch"]):
    def with_page_counts(self) -> Self:
        """Adds `pages_<status>` for every page status, `pages_all` and `documents_failed`."""
        counts: dict[str, Any] = {
            f"pages_{status.value}": models.Count(
                "documents__pages", filter=Q(documents__pages__status=status), distinct=True
            )
            for status in PageStatus
        }
        return self.annotate(
            pages_all=models.Count("documents__pages", distinct=True),
            documents_all=models.Count("documents", distinct=True),
            documents_failed=models.Count(
                "documents", filter=Q(documents__status=DocumentStatus.FAILED), distinct=True
            ),
            **counts,
        )


class DocumentQuerySet(OfTypeQuerySet["m.Document"]):
    def standing(self) -> Self:
        """Documents that hold their SHA-256 in their type: neither failed nor duplicates."""
        return self.exclude(status__in=[DocumentStatus.FAILED, DocumentStatus.DUPLICATE])

    def stuck(self, patience: timedelta) -> Self:
        """Stored longer than `patience` ago, or whose splitter's lease has run out."""
        now = timezone.now()
        return self.filter(
            Q(status=DocumentStatus.STORED, queued_at__lt=now - patience)
            | Q(status=DocumentStatus.SPLITTING, lease_until__lt=now)
        )


class PageQuerySet(OfTypeQuerySet["m.Page"]):
    type_path = "document__document_type"

    def stuck(self, patience: timedelta) -> Self:
        """Queued longer than `patience` ago, or whose reader's lease has run out."""
        now = timezone.now()
        return self.filter(
            Q(status=PageStatus.QUEUED, queued_at__lt=now - patience)
            | Q(status=PageStatus.READING, reading_until__lt=now)
        )

    def unrouted(self, patience: timedelta) -> Self:
        """Read longer than `patience` ago and still not accepted or sent to review."""
        return self.filter(status=PageStatus.READ, read_at__lt=timezone.now() - patience)


class CanaryQuerySet(models.QuerySet["m.Canary"]):
    def running(self) -> Self:
        """Canaries that read their share now: one a scope at most."""
        return self.filter(status=CanaryStatus.RUNNING)

    def withdrawn(self) -> Self:
        """Canaries that were taken back."""
        return self.filter(status=CanaryStatus.WITHDRAWN)


class LineQuerySet(OfTypeQuerySet["m.Line"]):
    type_path = "page__document__document_type"

    def current(self) -> Self:
        """Lines that stand on the page now, in reading order."""
        return self.filter(retired_at__isnull=True).order_by("position")


class NamesReading(Protocol):
    """A page, a task or a decision: something that goes by one reading of a page's lines."""

    model_version_id: Any
    character_set: str


class PredictionQuerySet(models.QuerySet["m.Prediction"]):
    def of_reading(self, row: NamesReading) -> Self:
        """What the model version that `row` names read, with the character set it names."""
        return self.filter(model_version_id=row.model_version_id, character_set=row.character_set)

    def of_accepted_pages(self) -> Self:
        """What stands on pages that routing let through, on lines that nobody labelled."""
        return self.filter(
            line__page__status=PageStatus.ACCEPTED,
            line__retired_at__isnull=True,
            line__labels__isnull=True,
        )
