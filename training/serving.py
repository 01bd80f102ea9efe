"""Putting a model version in service and taking it out again, and what follows for the queue."""

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from recognition.exceptions import NoModel
from recognition.models import Activation, DocumentType, ModelVersion
from recognition.registry import activate, active_model, roll_back
from review.rereading import request_rereading_of_waiting
from training.exceptions import NotActivatable
from training.requests import request_heads_on_new_base
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

    The scope's canary is promoted by it where it is this version, else withdrawn. What it replaces
    keeps watch: it reads beside it, and comes back should it prove better. On a new base for all
    types, the heads of the types that have one are trained anew.

    Raises NotActivatable where the version was trained for another document type.
    """
    check_scope(version, document_type)
    replaced = _serves_now(document_type)
    activation = activate(version=version, document_type=document_type, actor=actor, reason=reason)
    if replaced != version:
        end_trials(document_type, f"{version} was put in service.")
    if replaced not in (None, version):
        start_trial(
            document_type=document_type, aim=TrialAim.GUARD, serving=version, beside=replaced
        )
    request_rereading_of_waiting(document_type)
    if document_type is None and version.kind == ModelVersion.Kind.BASE and replaced != version:
        request_heads_on_new_base()
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
    request_rereading_of_waiting(document_type)
    return activation


def check_scope(version: ModelVersion, document_type: DocumentType | None) -> None:
    """Raise NotActivatable where the version was trained for another document type."""
    if version.document_type_id not in (None, document_type.pk if document_type else None):
        raise NotActivatable(
            f"{version} was trained for {version.document_type}; it cannot serve another type."
        )


def _serves_now(document_type: DocumentType | None) -> ModelVersion | None:
    try:
        return active_model(document_type)
    except NoModel:
        return None
