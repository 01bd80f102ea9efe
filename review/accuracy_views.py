"""What accuracy costs, for admins: the evidence, the curve, and the target to choose on it."""

from dataclasses import dataclass
from typing import cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from recognition.access import admin_required
from recognition.converters import Theme
from recognition.document_types import save_type
from recognition.models import DocumentType
from review.forms import TargetForm
from review.targets import Step, find_threshold, lines_needed, trade_off
from review.thresholds import choose_threshold, evidence, finding_for, latest_choice, policy_of

OFFERED = (0.95, 0.98, 0.99, 0.995, 0.999)
"""Targets whose price is shown side by side; any other may be typed."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One target: the step that proves it, or None, and the faultless lines it takes at least."""

    target: float
    step: Step | None
    needed: int


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def type_accuracy(request: HttpRequest, type_id: int) -> HttpResponse:
    """Show what each accuracy would cost in people's time; set the target, or none."""
    document_type = get_object_or_404(DocumentType, pk=type_id)
    form = TargetForm(request.POST or None, initial={"target": document_type.accuracy_target})
    if request.method == "POST" and form.is_valid():
        document_type.accuracy_target = form.cleaned_data["target"]
        save_type(
            document_type, groups=document_type.groups.all(), actor=cast("User", request.user)
        )
        choose_threshold(document_type)
        messages.success(request, f"The rule for {document_type} is changed.")
        return redirect("type_accuracy", type_id=type_id)
    reviewed, accepted = evidence(document_type)
    offers = []
    for target in OFFERED:
        finding = find_threshold(reviewed, accepted, target)
        proven = {step.threshold: step for step in finding.curve}
        step = proven[finding.threshold] if finding.threshold is not None else None
        offers.append(Offer(target, step, lines_needed(target)))
    context = {
        "type": document_type,
        "form": form,
        "policy": policy_of(document_type),
        "choice": latest_choice(document_type) if document_type.accuracy_target else None,
        "offers": offers,
        "drawn": any(step.known for step in trade_off(reviewed, accepted)),
        "judged": sum(page.lines for page in reviewed),
        "reviewed": len(reviewed),
        "audited": sum(page.audit for page in reviewed),
        "accepted": len(accepted),
    }
    return render(request, "review/type_accuracy.html", context, status=422 if form.errors else 200)


@require_safe
@admin_required
def type_accuracy_curve(request: HttpRequest, type_id: int, theme: Theme) -> HttpResponse:
    """The price of accuracy as SVG, in the colours of the page's theme."""
    document_type = get_object_or_404(DocumentType, pk=type_id)
    from review import plots  # here: the drawing library would cost each start a second

    target = document_type.accuracy_target
    curve = finding_for(document_type, target or OFFERED[0]).curve
    return HttpResponse(plots.price_of_accuracy(curve, target, theme), content_type="image/svg+xml")
