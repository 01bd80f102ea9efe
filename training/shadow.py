"""What comes of trials: the better model serves, by itself or by a click."""

import logging
from dataclasses import asdict
from itertools import islice

from django.contrib.auth.models import AbstractBaseUser
from django.core.cache import cache
from django.db import transaction

from recognition.exceptions import CanaryOver
from recognition.models import Canary, ModelVersion, Page
from recognition.queue import PATIENCE, enqueue
from recognition.registry import active_model, arrival
from training.canary import harmless_is_enough, take_canary_back
from training.exceptions import NotActivatable, TrialOver
from training.models import Trial
from training.rereading import continue_rereadings, reread_after_canaries
from training.sequential import Evidence, TrialSettings
from training.serving import put_in_service, take_back
from training.states import TrialAim, TrialStatus
from training.trials import end_trial, evidence_of, unread_pages

logger = logging.getLogger(__name__)

READ_TASK = "training.tasks.read_for_trials"
ASKED = TrialSettings()
CATCH_UP = 50
"""Judged pages without the second reading that are queued at a time."""


def judge_trials() -> int:
    """Weigh what people have judged since; act where a trial is decided. Returns how many were.

    What withdrawn canaries have read is read again meanwhile, batch by batch.
    """
    decided = sum(_judged(trial) != "goes on" for trial in Trial.objects.running())
    reread_after_canaries()
    continue_rereadings()
    return decided


def _judged(trial: Trial) -> str:
    """Judge one; a winner whose files are away holds up no other, and is asked again next time."""
    try:
        return judge_trial(trial.pk)
    except NotActivatable as error:
        logger.warning("Trial %s is decided, but stays as it is: %s", trial.pk, error)
        return "goes on"


@transaction.atomic
def judge_trial(trial_id: int, asked: TrialSettings = ASKED) -> str:
    """Weigh one running trial and do what its evidence says; returns the outcome's name."""
    trial = (
        Trial.objects.running()
        .select_for_update(of=("self",))
        .select_related("document_type", "serving", "beside", "canary__model_version")
        .filter(pk=trial_id)
        .first()
    )
    if trial is None:
        return "over"
    if (canary := _ended_canary(trial)) is not None:
        end_trial(trial, TrialStatus.ENDED, canary.reason)
        return "over"
    if active_model(trial.document_type) != trial.serving:
        end_trial(trial, TrialStatus.ENDED, "Another model went into service.")
        return "over"
    if trial.aim == TrialAim.GUARD and _would_come_back(trial) != trial.beside:
        # A roll back would bring what nothing has compared it with.
        end_trial(trial, TrialStatus.ENDED, f"{trial.beside} would not come back any more.")
        return "over"
    _catch_up(trial)
    found = evidence_of(trial, asked)
    Trial.objects.running().filter(pk=trial.pk).update(evidence=asdict(found))
    if found.winner == "beside":
        return _let_beside_serve(trial, found, None, f"Proven on {found.documents} documents")
    if found.winner == "serving":
        reason = f"{trial.serving} makes fewer errors: {_errors(found)}."
        _let_serving_stay(trial, TrialStatus.SERVING, reason, found, None)
        return "serving is better"
    if found.documents >= asked.max_documents:
        even = f"No difference was shown on {found.documents} documents"
        if trial.canary is not None and harmless_is_enough(trial.canary):
            even = f"{even}, and the gate had found it better"
            return _let_beside_serve(trial, found, None, even, TrialStatus.EVEN)
        reason = f"{even}: {_errors(found)}."
        _let_serving_stay(trial, TrialStatus.EVEN, reason, found, None)
        return "even"
    return "goes on"


@transaction.atomic
def promote_beside(*, trial: Trial, actor: AbstractBaseUser | None) -> None:
    """Put the model beside in service by hand, whatever the evidence. Raises TrialOver."""
    found, running = evidence_of(trial), _running(trial)
    if running.aim == TrialAim.GUARD and _would_come_back(running) != running.beside:
        raise TrialOver(f"{running.beside} would not come back any more.")
    if _let_beside_serve(running, found, actor, f"By {_name(actor)}") == "over":
        raise TrialOver("This trial has ended already.")


@transaction.atomic
def withdraw_beside(*, trial: Trial, actor: AbstractBaseUser | None, reason: str = "") -> None:
    """End a trial by hand; the model in service stays. Raises TrialOver."""
    running = _running(trial)
    why = f"Withdrawn by {_name(actor)}{f': {reason}' if reason else ''}."
    _let_serving_stay(running, TrialStatus.ENDED, why, evidence_of(running), actor)


def promote_canary(*, canary: Canary, actor: AbstractBaseUser | None) -> None:
    """Put a canary in service for its whole scope. Raises CanaryOver."""
    promote_beside(trial=trial_of(canary), actor=actor)


def withdraw_canary(*, canary: Canary, actor: AbstractBaseUser | None, reason: str = "") -> None:
    """Take a canary back; what nobody has seen of its pages is read again. Raises CanaryOver."""
    withdraw_beside(trial=trial_of(canary), actor=actor, reason=reason)


def trial_of(canary: Canary) -> Trial:
    """The trial that a running canary is on. Raises CanaryOver."""
    found = Trial.objects.running().filter(canary=canary).first()
    if found is None:
        raise CanaryOver("This canary has been promoted or withdrawn already.")
    return found


def _catch_up(trial: Trial) -> None:
    """Have judged pages read along that are not yet, each asked for once in a while."""
    unasked = (
        key
        for key in unread_pages(trial)
        # Readers may be busy: what waits in their queue is not sent every few seconds.
        if cache.add(f"training.trials.asked.{trial.pk}.{key}", 1, PATIENCE.total_seconds())
    )
    wanted = list(islice(unasked, CATCH_UP))
    enqueue(READ_TASK, list(Page.objects.filter(pk__in=wanted)))


def _would_come_back(trial: Trial) -> ModelVersion | None:
    """What a roll back would put in the place of the version that serves."""
    came = arrival(trial.document_type, trial.serving)
    return came.previous if came and came.previous else active_model(None)


def _running(trial: Trial) -> Trial:
    found = (
        Trial.objects.running()
        .select_for_update(of=("self",))
        .select_related("document_type", "serving", "beside", "canary__model_version")
        .filter(pk=trial.pk)
        .first()
    )
    if found is None:
        raise TrialOver("This trial has ended already.")
    if (canary := _ended_canary(found)) is not None:
        raise TrialOver(f"The canary has ended already. {canary.reason}")
    return found


def _ended_canary(trial: Trial) -> Canary | None:
    """The trial's canary where it has ended; one that runs stays so until the transaction ends.

    What reads the pages withdraws a canary that breaks down, and knows of no trial.
    """
    if trial.canary_id is None:
        return None
    canary = Canary.objects.select_for_update().get(pk=trial.canary_id)
    return None if canary.running else canary


def _let_beside_serve(
    trial: Trial,
    found: Evidence,
    actor: AbstractBaseUser | None,
    why: str,
    status: TrialStatus = TrialStatus.BESIDE,
) -> str:
    """A candidate is put in service; what was replaced comes back by a roll back."""
    reason = f"{why}: {_errors(found)}."
    if not end_trial(trial, status, reason, evidence=found, actor=actor):
        return "over"
    if trial.aim == TrialAim.GUARD:
        take_back(document_type=trial.document_type, actor=actor, reason=reason)
        return "rolled back"
    put_in_service(
        version=trial.beside, document_type=trial.document_type, actor=actor, reason=reason
    )
    return "promoted"


def _let_serving_stay(
    trial: Trial,
    status: TrialStatus,
    reason: str,
    found: Evidence,
    actor: AbstractBaseUser | None,
) -> None:
    """The model beside reads no more; what a canary has read is read again."""
    end_trial(trial, status, reason, evidence=found, actor=actor)
    if trial.canary is not None:
        take_canary_back(trial.canary, reason=reason, actor=actor)


def _name(actor: AbstractBaseUser | None) -> str:
    return actor.get_username() if actor else "a command"


def _errors(found: Evidence) -> str:
    return (
        f"{found.beside} wrong characters against {found.serving} on the same {found.pages} pages "
        f"of {found.documents} documents"
    )
