"""What comes of trials: the better model serves, by itself or by a click."""

from dataclasses import asdict

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from recognition.models import Page
from recognition.queue import enqueue
from recognition.registry import active_model
from training.exceptions import TrialOver
from training.models import Trial
from training.sequential import Evidence, TrialSettings
from training.serving import put_in_service, take_back
from training.states import TrialAim, TrialStatus
from training.trials import end_trial, evidence_of, unread_pages

READ_TASK = "training.tasks.read_for_trials"


def judge_trials() -> int:
    """Weigh what people have judged since; act where a trial is decided. Returns how many were."""
    return sum(judge_trial(trial.pk) != "goes on" for trial in Trial.objects.running())


@transaction.atomic
def judge_trial(trial_id: int) -> str:
    """Weigh one running trial and do what its evidence says; returns the outcome's name."""
    trial = (
        Trial.objects.running()
        .select_for_update(of=("self",))
        .select_related("document_type", "serving", "beside")
        .filter(pk=trial_id)
        .first()
    )
    if trial is None:
        return "over"
    if active_model(trial.document_type) != trial.serving:
        end_trial(trial, TrialStatus.ENDED, "Another model went into service.")
        return "over"
    enqueue(READ_TASK, list(Page.objects.filter(pk__in=unread_pages(trial))))
    found = evidence_of(trial)
    Trial.objects.running().filter(pk=trial.pk).update(evidence=asdict(found))
    if found.winner == "beside":
        return _let_beside_serve(trial, found, None)
    if found.winner == "serving":
        reason = f"{trial.serving} makes fewer errors: {_errors(found)}."
        end_trial(trial, TrialStatus.SERVING, reason, evidence=found)
        return "serving is better"
    if found.pages >= TrialSettings().max_pages:
        reason = f"No difference was shown on {found.pages} pages: {_errors(found)}."
        end_trial(trial, TrialStatus.EVEN, reason, evidence=found)
        return "even"
    return "goes on"


@transaction.atomic
def promote_beside(*, trial: Trial, actor: AbstractBaseUser) -> None:
    """Put the model beside in service by hand, whatever the evidence. Raises TrialOver."""
    if _let_beside_serve(_running(trial), evidence_of(trial), actor) == "over":
        raise TrialOver("This trial has ended already.")


@transaction.atomic
def withdraw_beside(*, trial: Trial, actor: AbstractBaseUser) -> None:
    """End a trial by hand; the model in service stays. Raises TrialOver."""
    running = _running(trial)
    end_trial(
        running,
        TrialStatus.ENDED,
        f"Withdrawn by {actor.get_username()}.",
        evidence=evidence_of(running),
        actor=actor,
    )


def _running(trial: Trial) -> Trial:
    found = Trial.objects.running().select_for_update(of=("self",)).filter(pk=trial.pk).first()
    if found is None:
        raise TrialOver("This trial has ended already.")
    return found


def _let_beside_serve(trial: Trial, found: Evidence, actor: AbstractBaseUser | None) -> str:
    """A candidate is put in service; what was replaced comes back by a roll back."""
    who = f"By {actor.get_username()}" if actor else f"Proven on {found.pages} reviewed pages"
    reason = f"{who}: {_errors(found)}."
    if not end_trial(trial, TrialStatus.BESIDE, reason, evidence=found, actor=actor):
        return "over"
    if trial.aim == TrialAim.GUARD:
        take_back(document_type=trial.document_type, actor=actor, reason=reason)
        return "rolled back"
    put_in_service(
        version=trial.beside, document_type=trial.document_type, actor=actor, reason=reason
    )
    return "promoted"


def _errors(found: Evidence) -> str:
    return (
        f"{found.beside} wrong characters against {found.serving} on the same {found.pages} pages"
    )
