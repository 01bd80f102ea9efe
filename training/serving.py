"""Putting a model version in service and taking it out again, and what follows for the queue."""

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet

from recognition.events import record_event
from recognition.exceptions import NoModel
from recognition.models import Activation, ActiveModel, DocumentType, ModelVersion, Page
from recognition.reading import queue_rereading
from recognition.registry import activate, active_model, roll_back
from recognition.states import PageStatus
from review.rereading import reread_waiting_pages
from training.exceptions import NotActivatable
from training.states import TrialAim
from training.trials import end_trials, start_trial


@transaction.atomic
def put_in_service(
    *,
    version: ModelVersion,
    document_type: DocumentType | None,
    actor: AbstractBaseUser | None,
    reason: str,
) -> Activation:
    """Activate a version for a scope; pages that wait for a reviewer are read again by it.

    What it replaces keeps watch: it reads beside it, and comes back should it prove better.

    Raises NotActivatable where the version was trained for another document type.
    """
    if version.document_type_id not in (None, document_type.pk if document_type else None):
        raise NotActivatable(
            f"{version} was trained for {version.document_type}; it cannot serve another type."
        )
    replaced = _serves_now(document_type)
    activation = activate(version=version, document_type=document_type, actor=actor, reason=reason)
    end_trials(document_type, f"{version} was put in service.")
    if replaced is not None and replaced != version:
        start_trial(
            document_type=document_type, aim=TrialAim.GUARD, serving=version, beside=replaced
        )
    reread_waiting_pages(document_type)
    return activation


@transaction.atomic
def take_back(
    *, document_type: DocumentType | None, actor: AbstractBaseUser | None, reason: str
) -> Activation:
    """Roll a scope back; pages that wait for a reviewer are read again by what serves now.

    Raises NothingToRollBack.
    """
    activation = roll_back(document_type=document_type, actor=actor, reason=reason)
    end_trials(document_type, f"Rolled back: {reason}")
    reread_waiting_pages(document_type)
    return activation


def accepted_pages(version: ModelVersion) -> QuerySet[Page]:
    """Pages that nobody has looked at, accepted as this version read them."""
    return Page.objects.filter(model_version=version, status=PageStatus.ACCEPTED).order_by("pk")


def reread_accepted_pages(*, version: ModelVersion, actor: AbstractBaseUser | None) -> int:
    """Queue what this version read and nobody looked at to be read again by what serves now.

    Returns how many. What a person has reviewed keeps the reading the person saw. Raises
    NotActivatable where the version still serves some type.
    """
    if ActiveModel.objects.filter(model_version=version).exists():
        raise NotActivatable(f"{version} is in service; put another model in its place first.")
    pages = list(accepted_pages(version))
    record_event(verb="read again", subject=version, actor=actor, pages=len(pages))
    return queue_rereading(pages)


def _serves_now(document_type: DocumentType | None) -> ModelVersion | None:
    try:
        return active_model(document_type)
    except NoModel:
        return None
