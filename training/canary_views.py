"""What admins do with canaries, and how far the reading again of a withdrawn model's pages is."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from recognition.access import admin_required
from recognition.canaries import change_share
from recognition.exceptions import CanaryOver, NoModel
from recognition.models import Canary, ModelVersion
from training import shadow
from training.canary import start_canary
from training.canary_selectors import rereading_of
from training.exceptions import NotActivatable, TrialOver
from training.forms import CanaryForm, ShareForm


@require_POST
@admin_required
def canary_start(request: HttpRequest, version_id: int) -> HttpResponse:
    """Let a version read a share of the documents."""
    version = get_object_or_404(ModelVersion, pk=version_id)
    form = CanaryForm(request.POST)
    if not form.is_valid():
        messages.error(request, form.fault)
        return redirect("model_detail", version_id)
    scope = form.cleaned_data["document_type"]
    try:
        start_canary(
            version=version,
            document_type=scope,
            share=form.share,
            actor=_user(request),
            reason="By hand",
        )
    except (NotActivatable, NoModel) as error:
        messages.error(request, error.message)
    else:
        messages.success(
            request,
            f"{version} reads {form.share:.0%} of the new documents of {scope or 'all types'}.",
        )
    return redirect("model_detail", version_id)


@require_POST
@admin_required
def canary_share(request: HttpRequest, canary_id: int) -> HttpResponse:
    """Let a canary read a smaller or larger share from now on."""
    canary = _canary(canary_id)
    form = ShareForm(request.POST)
    try:
        if not form.is_valid():
            messages.error(request, form.fault)
        else:
            change_share(canary=canary, share=form.share, actor=_user(request))
            messages.success(request, f"{canary.model_version} reads {form.share:.0%} from now on.")
    except CanaryOver as error:
        messages.error(request, error.message)
    return redirect("model_detail", canary.model_version_id)


@require_POST
@admin_required
def canary_promote(request: HttpRequest, canary_id: int) -> HttpResponse:
    """Put a canary in service for its whole scope."""
    canary = _canary(canary_id)
    try:
        shadow.promote_canary(canary=canary, actor=_user(request))
    except (CanaryOver, NotActivatable, TrialOver) as error:
        messages.error(request, error.message)
    else:
        scope = canary.document_type or "all types"
        messages.success(request, f"{canary.model_version} now serves {scope}.")
    return redirect("model_detail", canary.model_version_id)


@require_POST
@admin_required
def canary_withdraw(request: HttpRequest, canary_id: int) -> HttpResponse:
    """Take a canary back; what nobody has seen of its pages is read again."""
    canary = _canary(canary_id)
    try:
        shadow.withdraw_canary(canary=canary, actor=_user(request))
    except (CanaryOver, TrialOver) as error:
        messages.error(request, error.message)
    else:
        messages.success(
            request,
            f"{canary.model_version} is withdrawn. What nobody has seen of the pages it read is "
            "read again by the model in service.",
        )
    return redirect("model_detail", canary.model_version_id)


@require_safe
@admin_required
def model_rereading(request: HttpRequest, version_id: int) -> HttpResponse:
    """How far the reading again of a version's pages is: a part of its page that renews itself."""
    version = get_object_or_404(ModelVersion, pk=version_id)
    context = {"version": version, "rereading": rereading_of(version)}
    return render(request, "training/_rereading.html", context)


def _canary(canary_id: int) -> Canary:
    return get_object_or_404(
        Canary.objects.select_related("document_type", "model_version"), pk=canary_id
    )


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)  # by LoginRequiredMiddleware
