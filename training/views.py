"""Pages on models and training runs, for admins."""

from typing import cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from recognition.access import admin_required
from recognition.converters import Theme
from recognition.exceptions import NothingToRollBack
from recognition.models import ModelVersion
from training import canary_selectors, runs, schedule, selectors
from training.exceptions import (
    ForAllTypes,
    NotActivatable,
    NotCancellable,
    NothingToReread,
    RunWaiting,
)
from training.forms import CanaryForm, RunForm, ScheduleForm, ScopeForm
from training.models import LabelDispute, TrainingRun
from training.requests import request_run
from training.rereading import request_rereading
from training.serving import put_in_service, take_back
from training.states import OPEN, Depth

RUNS_ON_A_PAGE = 50


@require_safe
@admin_required
def model_list(request: HttpRequest) -> HttpResponse:
    """What serves each document type, and every model version."""
    return render(
        request,
        "training/model_list.html",
        {
            "scopes": selectors.scopes(),
            "versions": selectors.versions(),
            "trials": selectors.running_trials(),
            "canaries": canary_selectors.running_canaries(),
        },
    )


@require_safe
@admin_required
def model_detail(request: HttpRequest, version_id: int) -> HttpResponse:
    """One model version: where it came from, how it fared, where it serves."""
    version = get_object_or_404(
        ModelVersion.objects.select_related("document_type", "parent"), pk=version_id
    )
    from training import reliability  # here: the statistics library would slow each start

    context = {
        **selectors.version_page(version),
        "scope_form": ScopeForm(initial={"document_type": version.document_type}),
        "canary_form": CanaryForm(
            initial={"document_type": version.document_type},
            auto_id="canary_%s",  # the page has another field of this name
        ),
        "canaries": canary_selectors.canaries_of(version),
        "rereading": canary_selectors.rereading_of(version),
        "reliability": reliability.of_version(version),
        "fewest": reliability.FEWEST,
    }
    return render(request, "training/model_detail.html", context)


@require_safe
@admin_required
def model_reliability(request: HttpRequest, version_id: int, theme: Theme) -> HttpResponse:
    """A version's reliability diagram as SVG, in the colours of the page's theme."""
    version = get_object_or_404(ModelVersion, pk=version_id)
    from training import plots, reliability  # here: both would cost each start a second

    found = reliability.of_version(version)
    if found is None:
        raise Http404("Too few lines have been judged.")
    return HttpResponse(plots.reliability_diagram(found, theme), content_type="image/svg+xml")


@require_POST
@admin_required
def model_activate(request: HttpRequest, version_id: int) -> HttpResponse:
    """Put a version in service by hand."""
    version = get_object_or_404(ModelVersion, pk=version_id)
    form = ScopeForm(request.POST)
    if not form.is_valid():
        messages.error(request, "There is no such document type.")
        return redirect("model_detail", version_id)
    scope = form.cleaned_data["document_type"]
    try:
        put_in_service(version=version, document_type=scope, actor=_user(request), reason="By hand")
    except NotActivatable as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"{version} now serves {scope or 'all types'}.")
    return redirect("model_detail", version_id)


@require_POST
@admin_required
def model_reread(request: HttpRequest, version_id: int) -> HttpResponse:
    """Have pages that a withdrawn version read, and nobody has seen, read again."""
    version = get_object_or_404(ModelVersion, pk=version_id)
    try:
        begun = request_rereading(version=version, actor=_user(request))
    except (NotActivatable, NothingToReread) as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"Pages to be read again in the background: {begun.pages:,}.")
    return redirect("model_detail", version_id)


@require_POST
@admin_required
def model_rollback(request: HttpRequest) -> HttpResponse:
    """Go back to what served a scope before."""
    form = ScopeForm(request.POST)
    if not form.is_valid():
        messages.error(request, "There is no such document type.")
        return redirect("model_list")
    scope = form.cleaned_data["document_type"]
    try:
        activation = take_back(document_type=scope, actor=_user(request), reason="By hand")
    except (NothingToRollBack, NotActivatable) as error:
        messages.error(request, error.message)
    else:
        serving = activation.model_version or "The model for all types"
        messages.success(request, f"{serving} serves {scope or 'all types'} again.")
    return redirect("model_list")


@require_safe
@admin_required
def run_list(request: HttpRequest) -> HttpResponse:
    """All training runs, the schedule, and the way to start one."""
    every = TrainingRun.objects.select_related("document_type", "candidate", "started_by")
    page = Paginator(every, RUNS_ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "working": any(run.status in OPEN for run in page),
        "schedule": _schedule_form(),
        "time_zone": settings.TIME_ZONE,
        "run_form": RunForm(),
        "network": selectors.network_outlook(),
        "disputed": LabelDispute.objects.open().count(),
    }
    partial = request.htmx  # type: ignore[attr-defined]  # set by django-htmx's middleware
    return render(request, f"training/run_list.html{'#runs' if partial else ''}", context)


@require_safe
@admin_required
def run_detail(request: HttpRequest, run_id: int) -> HttpResponse:
    """One run: stage, curve, ledger, verdict, log; it renews itself while the run goes on."""
    run = get_object_or_404(
        TrainingRun.objects.select_related(
            "document_type", "dataset", "base", "active", "candidate", "started_by"
        ),
        pk=run_id,
    )
    partial = request.htmx  # type: ignore[attr-defined]  # set by django-htmx's middleware
    return render(
        request,
        f"training/run_detail.html{'#run' if partial else ''}",
        {"page": selectors.run_page(run), "run": run, "working": run.status in OPEN},
    )


@require_safe
@admin_required
def run_curve(request: HttpRequest, run_id: int, theme: Theme) -> HttpResponse:
    """A run's learning curve as SVG, in the colours of the page's theme."""
    run = get_object_or_404(TrainingRun, pk=run_id)
    from training import plots  # here: the drawing library would cost each start a second

    return HttpResponse(
        plots.learning_curve(selectors.curve(run), theme), content_type="image/svg+xml"
    )


@require_POST
@admin_required
def run_start(request: HttpRequest) -> HttpResponse:
    """Queue a run by hand."""
    form = RunForm(request.POST)
    if not form.is_valid():
        messages.error(request, "There is no such document type, or no such thing to train.")
        return redirect("run_list")
    try:
        run = request_run(
            document_type=form.cleaned_data["document_type"],
            depth=Depth(form.cleaned_data["depth"]),
            trigger=TrainingRun.Trigger.MANUAL,
            actor=_user(request),
        )
    except (RunWaiting, ForAllTypes) as error:
        messages.error(request, error.message)
        return redirect("run_list")
    return redirect("run_detail", run.pk)


@require_POST
@admin_required
def run_cancel(request: HttpRequest, run_id: int) -> HttpResponse:
    """Stop a run."""
    run = get_object_or_404(TrainingRun, pk=run_id)
    try:
        runs.cancel_run(run=run, actor=_user(request))
    except NotCancellable as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "The run is being stopped. The active model is untouched.")
    return redirect("run_detail", run_id)


@require_POST
@admin_required
def schedule_edit(request: HttpRequest) -> HttpResponse:
    """Move the nightly job to another time, or stop it."""
    form = ScheduleForm(request.POST)
    if form.is_valid():
        schedule.set_nightly(
            at=form.cleaned_data["at"],
            enabled=form.cleaned_data["enabled"],
            actor=_user(request),
        )
        messages.success(request, "The schedule is saved; it takes effect within seconds.")
    else:
        messages.error(request, "Give the time as hours and minutes, such as 02:00.")
    return redirect("run_list")


def _schedule_form() -> ScheduleForm:
    return ScheduleForm(
        initial={"at": schedule.nightly_time(), "enabled": schedule.nightly_task().enabled}
    )


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)  # by LoginRequiredMiddleware
