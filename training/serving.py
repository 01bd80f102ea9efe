"""Putting a model version in service and taking it out again, and what follows for the queue."""

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from recognition.models import Activation, DocumentType, ModelVersion
from recognition.registry import activate, roll_back
from review.rereading import reread_waiting_pages
from training.exceptions import NotActivatable


@transaction.atomic
def put_in_service(
    *,
    version: ModelVersion,
    document_type: DocumentType | None,
    actor: AbstractBaseUser | None,
    reason: str,
) -> Activation:
    """Activate a version for a scope; pages that wait for a reviewer are read again by it.

    Raises NotActivatable where the version was trained for another document type.
    """
    if version.document_type_id not in (None, document_type.pk if document_type else None):
        raise NotActivatable(
            f"{version} was trained for {version.document_type}; it cannot serve another type."
        )
    activation = activate(version=version, document_type=document_type, actor=actor, reason=reason)
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
    reread_waiting_pages(document_type)
    return activation
