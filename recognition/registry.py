"""Which model version serves which document type: one pointer a scope, moved and never edited."""

from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from recognition.events import record_event
from recognition.exceptions import NoModel, NothingToRollBack
from recognition.models import Activation, ActiveModel, Canary, DocumentType, ModelVersion
from recognition.states import CANARY_MOVES, CanaryStatus, move

_ALL_TYPES_LOCK = 0x0C7A11
"""Any number that nothing else in this database locks."""


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """What the store says of a model version's content."""

    sha256: str
    name: str
    kind: str
    dictionary_sha256: str
    preprocessing_version: str
    calibration_version: str


def active_model(document_type: DocumentType | None) -> ModelVersion:
    """The version that reads this type: its own, else the one for all types.

    Raises NoModel where neither is set.
    """
    pointers = {
        pointer.document_type_id: pointer.model_version
        for pointer in ActiveModel.objects.filter(document_type=None).select_related(
            "model_version"
        )
        | ActiveModel.objects.filter(document_type=document_type).select_related("model_version")
    }
    found = pointers.get(document_type.pk if document_type else None) or pointers.get(None)
    if found is None:
        raise NoModel("No model is active. Run `manage.py install_base_model`, or activate one.")
    return found


def base_of(version: ModelVersion) -> ModelVersion:
    """The base whose backbone a version reads with: itself, or what its head was trained on."""
    while version.kind != ModelVersion.Kind.BASE and version.parent is not None:
        version = version.parent
    return version


def register_version(
    facts: VersionFacts,
    *,
    document_type: DocumentType | None = None,
    parent: ModelVersion | None = None,
) -> ModelVersion:
    """The row of a model version whose files are in the store; the same content, the same row."""
    version, _ = ModelVersion.objects.get_or_create(
        sha256=facts.sha256,
        defaults={
            "name": facts.name,
            "kind": facts.kind,
            "document_type": document_type,
            "parent": parent,
            "dictionary_sha256": facts.dictionary_sha256,
            "preprocessing_version": facts.preprocessing_version,
            "calibration_version": facts.calibration_version,
        },
    )
    return version


@transaction.atomic
def activate(
    *,
    version: ModelVersion,
    document_type: DocumentType | None,
    actor: AbstractBaseUser | None,
    reason: str,
) -> Activation:
    """Point a scope at a version; pages read from now on name it.

    If it is the scope's canary, that makes it a promoted one; another canary is withdrawn, for
    what it was compared with serves no more.
    """
    lock_scope(document_type)
    pointer = ActiveModel.objects.filter(document_type=document_type).first()
    previous = pointer.model_version if pointer else None
    if previous != version:
        _end_canaries(document_type, version, actor, reason)
    ActiveModel.objects.update_or_create(
        document_type=document_type, defaults={"model_version": version}
    )
    return _record(Activation.Kind.ACTIVATE, document_type, version, previous, actor, reason)


@transaction.atomic
def retire_unreadable(base: ModelVersion) -> list[ModelVersion]:
    """Take out of service what this release cannot read with; returns those versions.

    A release may prepare lines in another way than the one a version was made for. `base` is the
    base of this release: it then serves all types, and a type's own version makes way for it
    until the type has learnt anew. Their files, results and labels stay.
    """
    retired = []
    for canary in Canary.objects.running().exclude(
        model_version__preprocessing_version=base.preprocessing_version
    ):
        reason = f"This release prepares lines as {base.preprocessing_version}."
        end_canary(canary, CanaryStatus.WITHDRAWN, actor=None, reason=reason)
    for pointer in ActiveModel.objects.select_related("model_version", "document_type").exclude(
        model_version__preprocessing_version=base.preprocessing_version
    ):
        scope, version = pointer.document_type, pointer.model_version
        reason = (
            f"This release prepares lines as {base.preprocessing_version}; the version was made "
            f"for {version.preprocessing_version}."
        )
        if scope is None:
            activate(version=base, document_type=None, actor=None, reason=reason)
        else:
            lock_scope(scope)
            _end_canaries(scope, None, None, reason)
            pointer.delete()
            _record(Activation.Kind.ROLLBACK, scope, None, version, None, reason)
        retired.append(version)
    return retired


def arrival(document_type: DocumentType | None, version: ModelVersion) -> Activation | None:
    """How a version came to serve a scope last; its `previous` is what served there before."""
    return (
        Activation.objects.filter(
            document_type=document_type,
            kind=Activation.Kind.ACTIVATE,
            model_version=version,
        )
        .exclude(previous=version)  # activated while it was active already
        .select_related("previous")
        .first()
    )


@transaction.atomic
def roll_back(
    *, document_type: DocumentType | None, actor: AbstractBaseUser | None, reason: str
) -> Activation:
    """Point a scope back at what served before its active version was activated.

    A type whose first own version is rolled back is served by the model for all types again.
    Raises NothingToRollBack.
    """
    lock_scope(document_type)
    pointer = ActiveModel.objects.filter(document_type=document_type).first()
    came = arrival(document_type, pointer.model_version) if pointer else None
    if pointer is None or came is None or (document_type is None and came.previous is None):
        raise NothingToRollBack("There is no earlier model to go back to.")
    current, target = pointer.model_version, came.previous
    _end_canaries(document_type, target, actor, reason)
    if target is None:
        pointer.delete()
    else:
        pointer.model_version = target
        pointer.save(update_fields=["model_version"])
    return _record(Activation.Kind.ROLLBACK, document_type, target, current, actor, reason)


def end_canary(
    canary: Canary, status: CanaryStatus, *, actor: AbstractBaseUser | None, reason: str
) -> bool:
    """End a running canary: its share is read by what is in service. False where it has ended."""
    ended = move(
        Canary.objects.filter(pk=canary.pk),
        status,
        CANARY_MOVES,
        reason=reason[:500],
        ended_at=timezone.now(),
        ended_by_id=actor.pk if actor else None,
    )
    if ended:
        scope = canary.document_type
        record_event(
            verb="promote canary" if status == CanaryStatus.PROMOTED else "withdraw canary",
            subject=canary.model_version,
            actor=actor,
            scope=scope.name if scope else "all types",
            reason=reason,
        )
    return ended


def _end_canaries(
    document_type: DocumentType | None,
    next_version: ModelVersion | None,
    actor: AbstractBaseUser | None,
    reason: str,
) -> None:
    """End the canaries of all scopes that another version is about to serve.

    A type without a model of its own follows the model for all types.
    """
    over = Q(document_type=document_type)
    if document_type is None:
        own = ActiveModel.objects.filter(document_type__isnull=False)
        over |= ~Q(document_type__in=own.values("document_type"))
    for canary in (
        Canary.objects.running().filter(over).select_related("document_type", "model_version")
    ):
        if canary.model_version == next_version and canary.document_type == document_type:
            end_canary(canary, CanaryStatus.PROMOTED, actor=actor, reason=reason)
        else:
            why = f"{next_version or 'The model for all types'} went into service: {reason}"
            end_canary(canary, CanaryStatus.WITHDRAWN, actor=actor, reason=why)


def lock_scope(document_type: DocumentType | None) -> None:
    """Two moves of one pointer go one after the other."""
    if document_type is not None:
        DocumentType.objects.select_for_update().get(pk=document_type.pk)
        return
    with connection.cursor() as cursor:  # for the first move there is no row to lock
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ALL_TYPES_LOCK])


def _record(
    kind: Activation.Kind,
    document_type: DocumentType | None,
    version: ModelVersion | None,
    previous: ModelVersion | None,
    actor: AbstractBaseUser | None,
    reason: str,
) -> Activation:
    activation = Activation.objects.create(
        document_type=document_type,
        kind=kind,
        model_version=version,
        previous=previous,
        actor_id=actor.pk if actor else None,
        reason=reason,
    )
    record_event(
        verb=kind.value,
        subject=version or previous or activation,
        actor=actor,
        scope=document_type.name if document_type else "all types",
        reason=reason,
    )
    return activation
