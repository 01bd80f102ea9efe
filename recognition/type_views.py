"""Pages on document types, for admins."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.db.models import Count, F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from recognition.access import admin_required
from recognition.document_types import save_type
from recognition.forms import TypeForm
from recognition.models import DocumentType


@require_safe
@admin_required
def type_list(request: HttpRequest) -> HttpResponse:
    """All document types with their policy."""
    types = DocumentType.objects.annotate(
        batches_all=Count("batches"),
        threshold_percent=F("threshold") * 100,
        target_percent=F("accuracy_target") * 100,
        audit_percent=F("audit_rate") * 100,
    ).prefetch_related("groups")
    return render(request, "recognition/type_list.html", {"types": types})


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def type_create(request: HttpRequest) -> HttpResponse:
    """Make a document type."""
    return _edit(request, DocumentType())


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def type_edit(request: HttpRequest, type_id: int) -> HttpResponse:
    """Change a document type."""
    return _edit(request, get_object_or_404(DocumentType, pk=type_id))


def _edit(request: HttpRequest, document_type: DocumentType) -> HttpResponse:
    new = document_type.pk is None
    name = document_type.name
    form = TypeForm(request.POST or None, instance=document_type)
    if request.method == "POST" and form.is_valid():
        saved = save_type(
            form.instance, groups=form.cleaned_data["groups"], actor=cast("User", request.user)
        )
        messages.success(request, f"{saved} is {'made' if new else 'changed'}.")
        return redirect("type_list")
    status = 422 if form.errors else 200
    context = {"form": form, "new": new, "name": name}
    return render(request, "recognition/type_edit.html", context, status=status)
