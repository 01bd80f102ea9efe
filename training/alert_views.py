"""Falls in accuracy, for admins: the list of them, and the word that somebody has looked."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from recognition.access import admin_required
from training import alerts
from training.exceptions import AlertAcknowledged, NoteMissing
from training.models import AccuracyAlert

ON_A_PAGE = 50


@require_safe
@admin_required
def alert_list(request: HttpRequest) -> HttpResponse:
    """Open alerts with their worst pages, then what was said of earlier ones."""
    told = AccuracyAlert.objects.acknowledged().select_related("document_type", "acknowledged_by")
    context = {
        "alerts": alerts.with_pages(AccuracyAlert.objects.open().select_related("document_type")),
        "page": Paginator(told, ON_A_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "training/alert_list.html", context)


@require_POST
@admin_required
def alert_acknowledge(request: HttpRequest, alert_id: int) -> HttpResponse:
    """Say what was found; the alert is then no longer open."""
    alert = get_object_or_404(AccuracyAlert, pk=alert_id)
    try:
        alerts.acknowledge_alert(
            alert=alert, note=request.POST.get("note", ""), actor=cast(User, request.user)
        )
    except (NoteMissing, AlertAcknowledged) as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "Noted. A fall that goes on is told again next week.")
    return redirect("alert_list")
