"""Labels that a model contradicts, for an admin to look at again."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from recognition.access import admin_required
from review.exceptions import InvalidSubmission
from training import disputes
from training.exceptions import DisputeSettled, OwnLabel
from training.models import LabelDispute

ON_A_PAGE = 50


@require_safe
@admin_required
def dispute_list(request: HttpRequest) -> HttpResponse:
    """Disputed labels, the surest first, and how often such were wrong."""
    waiting = LabelDispute.objects.open().select_related(
        "label__line__page__document__document_type", "label__reviewer", "model_version"
    )
    page = Paginator(waiting, ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "precision": disputes.precision(),
        "second_reader": disputes.has_second_reader(cast(User, request.user)),
    }
    return render(request, "training/dispute_list.html", context)


@require_POST
@admin_required
def dispute_uphold(request: HttpRequest, dispute_id: int) -> HttpResponse:
    """The label was right."""
    dispute = get_object_or_404(LabelDispute.objects.select_related("label"), pk=dispute_id)
    try:
        disputes.uphold_label(dispute=dispute, actor=cast(User, request.user))
    except (DisputeSettled, OwnLabel) as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "The label stays, and is learnt from again.")
    return redirect("dispute_list")


@require_POST
@admin_required
def dispute_correct(request: HttpRequest, dispute_id: int) -> HttpResponse:
    """The label was wrong; the line says what was typed."""
    dispute = get_object_or_404(LabelDispute.objects.select_related("label"), pk=dispute_id)
    try:
        disputes.correct_label(
            dispute=dispute, text=request.POST.get("text", ""), actor=cast(User, request.user)
        )
    except DisputeSettled as error:
        messages.error(request, error.message)
    except InvalidSubmission as error:
        messages.error(request, " ".join(error.lines.values()))
    else:
        messages.success(request, "The line is labelled anew; the old label stays in its history.")
    return redirect("dispute_list")
