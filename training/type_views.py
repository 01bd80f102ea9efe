"""What a document type learns from and how it fares, and its trials, for admins."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from recognition.access import admin_required
from recognition.converters import Theme
from recognition.models import DocumentType
from training import alerts, arms, audits, canary_selectors, detector, progress, shadow, trials
from training.exceptions import NotActivatable, TrialOver
from training.ledger import standing_of
from training.models import TrainingRun, Trial
from training.states import TrialAim

RUNS_SHOWN = 20
TRIALS_SHOWN = 10


@require_safe
@admin_required
def type_learning(request: HttpRequest, type_id: int) -> HttpResponse:
    """The ledger, the split, the trial and the runs of one document type."""
    document_type = get_object_or_404(DocumentType, pk=type_id)
    boxes = detector.box_weeks_of(document_type)
    both = Trial.objects.filter(document_type=document_type).select_related("serving", "beside")
    context = {
        "type": document_type,
        "standing": standing_of(document_type),
        "trials": both.running().exclude(aim=TrialAim.CANARY),
        "canaries": canary_selectors.canaries_reading(document_type),
        "ended": both.over()[:TRIALS_SHOWN],
        "judged": progress.judged_runs(document_type),
        "days": progress.days_of(document_type),
        "misreadings": progress.misreadings_of(document_type),
        "runs": TrainingRun.objects.filter(document_type=document_type)[:RUNS_SHOWN],
        "boxes": boxes,
        "boxed": any(week.pages for week in boxes),
        **alerts.accuracy_page(document_type),
        **arms.arms_page(document_type),
    }
    return render(request, "training/type_learning.html", context)


@require_safe
@admin_required
def type_learning_plot(request: HttpRequest, type_id: int, theme: Theme) -> HttpResponse:
    """Error rates by labels and by day as SVG, in the colours of the page's theme."""
    document_type = get_object_or_404(DocumentType, pk=type_id)
    from training import plots  # here: the drawing library would cost each start a second

    picture = plots.learning(
        progress.judged_runs(document_type), progress.days_of(document_type), theme
    )
    return HttpResponse(picture, content_type="image/svg+xml")


@require_safe
@admin_required
def type_accuracy_plot(request: HttpRequest, type_id: int, theme: Theme) -> HttpResponse:
    """What audits found by week, and what was expected, as SVG."""
    document_type = get_object_or_404(DocumentType, pk=type_id)
    from training import plots  # here: the drawing library would cost each start a second

    picture = plots.accuracy(audits.weeks_of(document_type), theme)
    return HttpResponse(picture, content_type="image/svg+xml")


@require_safe
@admin_required
def type_arms_plot(request: HttpRequest, type_id: int, theme: Theme) -> HttpResponse:
    """What a minute corrects in both arms, as SVG."""
    document_type = get_object_or_404(DocumentType, pk=type_id)
    from training import plots  # here: the drawing library would cost each start a second

    picture = plots.arms(arms.arms_of(document_type), theme)
    return HttpResponse(picture, content_type="image/svg+xml")


@require_safe
@admin_required
def type_boxes_plot(request: HttpRequest, type_id: int, theme: Theme) -> HttpResponse:
    """What people corrected of boxes by week, as SVG."""
    document_type = get_object_or_404(DocumentType, pk=type_id)
    from training import plots  # here: the drawing library would cost each start a second

    picture = plots.boxes(detector.box_weeks_of(document_type), theme)
    return HttpResponse(picture, content_type="image/svg+xml")


@require_safe
@admin_required
def trial_detail(request: HttpRequest, trial_id: int) -> HttpResponse:
    """One trial: where it stands or how it ended, and the lines its models read differently."""
    trial = _trial(trial_id)
    context = {"trial": trial, "differing": trials.differing(trial)}
    if trial.canary is not None:
        context["state"] = canary_selectors.states_of([trial.canary])[0]
    return render(request, "training/trial_detail.html", context)


@require_POST
@admin_required
def trial_promote(request: HttpRequest, trial_id: int) -> HttpResponse:
    """Put the model beside in service, by hand."""
    trial = _trial(trial_id)
    try:
        shadow.promote_beside(trial=trial, actor=cast(User, request.user))
    except (NotActivatable, TrialOver) as error:
        messages.error(request, error.message)
    else:
        messages.success(
            request, f"{trial.beside} now serves {trial.document_type or 'all types'}."
        )
    return _back(trial)


@require_POST
@admin_required
def trial_withdraw(request: HttpRequest, trial_id: int) -> HttpResponse:
    """End a trial, by hand; the model in service stays."""
    trial = _trial(trial_id)
    try:
        shadow.withdraw_beside(trial=trial, actor=cast(User, request.user))
    except TrialOver as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"{trial.beside} reads along no more. {trial.serving} stays.")
    return _back(trial)


@require_safe
def my_work(request: HttpRequest) -> HttpResponse:
    """What became of the lines that the person who asks has reviewed."""
    shares = progress.work_of(cast(User, request.user))
    return render(request, "training/my_work.html", {"shares": shares})


def _trial(trial_id: int) -> Trial:
    return get_object_or_404(
        Trial.objects.select_related("document_type", "serving", "beside", "ended_by", "canary"),
        pk=trial_id,
    )


def _back(trial: Trial) -> HttpResponse:
    if trial.document_type_id is None:
        return redirect("model_list")
    return redirect("type_learning", trial.document_type_id)
