"""Pages on document types, for admins."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.db.models import Count, F
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from recognition.access import admin_required
from recognition.character_sets import CharacterSet
from recognition.document_types import save_type
from recognition.forms import TypeForm
from recognition.models import DocumentType
from recognition.type_sets import read_otherwise, set_preview


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


@require_safe
@admin_required
def type_characters(request: HttpRequest) -> HttpResponse:
    """What a character set holds, for the form to show as it is chosen."""
    chosen = request.GET.get("type", "")
    document_type = DocumentType.objects.filter(pk=int(chosen) if chosen.isdecimal() else 0).first()
    name = request.GET.get("character_set", "")
    if name not in list(CharacterSet):
        return HttpResponseBadRequest("There is no such character set.")
    context = {"preview": set_preview(name, document_type)}
    return render(request, "recognition/type_characters.html", context)


def _edit(request: HttpRequest, document_type: DocumentType) -> HttpResponse:
    new = document_type.pk is None
    name, set_before = document_type.name, document_type.character_set
    looking = request.method == "POST" and "look" in request.POST
    if looking:  # no fault is found with a form that nobody has finished
        typed = {**request.POST.dict(), "groups": request.POST.getlist("groups")}
        form = TypeForm(initial=typed, instance=document_type)
    else:
        form = TypeForm(request.POST or None, instance=document_type)
    if request.method == "POST" and not looking and form.is_valid():
        saved = save_type(
            form.instance, groups=form.cleaned_data["groups"], actor=cast("User", request.user)
        )
        messages.success(request, f"{saved} is {'made' if new else 'changed'}.")
        if not new and saved.character_set != set_before and read_otherwise(saved):
            return redirect("type_edit", saved.pk)  # which offers to read what waits again
        return redirect("type_list")
    status = 422 if form.errors else 200
    chosen = str(form["character_set"].value())
    known = chosen if chosen in list(CharacterSet) else CharacterSet.FULL
    stored = None if new else document_type
    context = {
        "form": form,
        "new": new,
        "name": name,
        "preview": set_preview(known, stored),
        "read_otherwise": read_otherwise(stored) if stored else 0,
    }
    return render(request, "recognition/type_edit.html", context, status=status)
