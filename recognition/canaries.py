"""Which model reads a page: the one in service, or the canary where the page is in its share."""

from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Q, QuerySet

from recognition.canary_share import Part
from recognition.events import record_event
from recognition.exceptions import CanaryOver
from recognition.models import ActiveModel, Canary, Document, DocumentType, ModelVersion, Page
from recognition.registry import active_model, end_canary, lock_scope
from recognition.states import CanaryStatus


@dataclass(frozen=True, slots=True)
class Choice:
    """The version that is to read a page, and the canary whose share the page is in, if any."""

    version: ModelVersion
    canary: Canary | None = None


def model_for_page(page: Page) -> Choice:
    """The version that reads this page now. Raises NoModel.

    A document is read by one model: the hash decides for one that nobody has begun, and what has
    begun it goes on with it, whatever became of the share meanwhile.
    """
    document = page.document
    serving = active_model(document.document_type)
    for canary in canaries_over(document.document_type):
        begun_by = _readers_of(document)
        if canary.model_version_id in begun_by or (
            not begun_by and canary.part_of(document.sha256) == Part.CANARY
        ):
            return Choice(canary.model_version, canary)
    return Choice(serving)


@transaction.atomic
def appoint_canary(
    *,
    version: ModelVersion,
    document_type: DocumentType | None,
    share: float,
    actor: AbstractBaseUser | None,
    reason: str,
) -> Canary:
    """Let a version read a share of a scope's documents; a running canary of the scope ends."""
    lock_scope(document_type)
    for earlier in Canary.objects.running().filter(document_type=document_type):
        end_canary(
            earlier,
            CanaryStatus.WITHDRAWN,
            actor=actor,
            reason=f"{version} is the canary in its place.",
        )
    canary = Canary.objects.create(
        document_type=document_type,
        model_version=version,
        share=share,
        started_by_id=actor.pk if actor else None,
    )
    record_event(
        verb="start canary",
        subject=version,
        actor=actor,
        scope=document_type.name if document_type else "all types",
        share=share,
        reason=reason,
    )
    return canary


@transaction.atomic
def change_share(*, canary: Canary, share: float, actor: AbstractBaseUser | None) -> None:
    """Let a running canary read another share from now on. Raises CanaryOver.

    Documents that a model has begun stay with it.
    """
    running = Canary.objects.running().filter(pk=canary.pk)
    before = running.select_for_update().values_list("share", flat=True).first()
    if before is None:
        raise CanaryOver("This canary has been promoted or withdrawn already.")
    running.update(share=share)
    record_event(
        verb="change canary share",
        subject=canary.model_version,
        actor=actor,
        before=before,
        share=share,
    )


def types_read_by(version: ModelVersion) -> QuerySet[DocumentType]:
    """Document types of which the version reads pages now: in service, or as the canary."""
    scopes = {
        *ActiveModel.objects.filter(model_version=version).values_list("document_type", flat=True),
        *Canary.objects.running()
        .filter(model_version=version)
        .values_list("document_type", flat=True),
    }
    named = Q(pk__in=scopes - {None})
    if None in scopes:
        own = ActiveModel.objects.filter(document_type__isnull=False)
        named |= ~Q(pk__in=own.values("document_type"))
    return DocumentType.objects.filter(named)


def canaries_over(document_type: DocumentType) -> list[Canary]:
    """Running canaries that a type's documents may fall to, its own before the one for all."""
    found = list(
        Canary.objects.running()
        .filter(Q(document_type=document_type) | Q(document_type=None))
        .select_related("model_version")
    )
    if any(canary.document_type_id is None for canary in found) and (
        ActiveModel.objects.filter(document_type=document_type).exists()
    ):
        found = [canary for canary in found if canary.document_type_id is not None]
    return sorted(found, key=lambda canary: canary.document_type_id is None)


def _readers_of(document: Document) -> set[int]:
    """Model versions by which pages of a document stand as they are read; text layers read none."""
    rows = document.pages.exclude(model_version__kind=ModelVersion.Kind.TEXT_LAYER)
    return set(rows.exclude(model_version=None).order_by().values_list("model_version", flat=True))
