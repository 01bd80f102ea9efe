"""Putting a model version in service and taking it out again, and what follows for the queue."""

from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from recognition.engines.store import ModelStoreError, load
from recognition.exceptions import NoModel
from recognition.models import Activation, DocumentType, ModelVersion
from recognition.preprocess import PREPROCESSING_VERSION
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

    Raises NotActivatable where the version cannot serve the scope.
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

    Raises NothingToRollBack, and NotActivatable where what served before cannot read any more.
    """
    activation = roll_back(document_type=document_type, actor=actor, reason=reason)
    if activation.model_version is not None:
        check_reads(activation.model_version)  # else the roll back is undone with the transaction
    end_trials(document_type, f"Rolled back: {reason}")
    request_rereading_of_waiting(document_type)
    return activation


def check_scope(version: ModelVersion, document_type: DocumentType | None) -> None:
    """Raise NotActivatable where the version cannot serve the scope: for its type, or at all."""
    if version.document_type_id not in (None, document_type.pk if document_type else None):
        raise NotActivatable(
            f"{version} was trained for {version.document_type}; it cannot serve another type."
        )
    check_reads(version)


def check_reads(version: ModelVersion) -> None:
    """Raise NotActivatable where this release cannot read pages with the version."""
    if version.kind == ModelVersion.Kind.TEXT_LAYER:
        raise NotActivatable(
            f"{version} takes over PDFs' own text. Choose one that reads pictures."
        )
    if version.preprocessing_version != PREPROCESSING_VERSION:
        raise NotActivatable(
            f"{version} was made for another release and cannot read with this one. Train a new "
            "model from the labels."
        )
    try:
        load(Path(settings.MODEL_STORE), version.sha256)
    except ModelStoreError as error:
        raise NotActivatable(error.message) from error


def _serves_now(document_type: DocumentType | None) -> ModelVersion | None:
    try:
        return active_model(document_type)
    except NoModel:
        return None
