"""What admins do with a document type's pages, and learn from its labels."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from recognition.access import admin_required
from recognition.exceptions import NoModel
from recognition.models import DocumentType
from review.people import person
from review.rereading import reread_by_hand
from review.typed_characters import typed_characters


@require_POST
@admin_required
def type_reread(request: HttpRequest, type_id: int) -> HttpResponse:
    """Have the type's waiting pages read again as its settings are now."""
    document_type = get_object_or_404(DocumentType, pk=type_id)
    count = reread_by_hand(document_type, actor=person(request))
    if count:
        pages = f"{count:,} page{'' if count == 1 else 's'}"
        messages.success(request, f"{pages} will be read again. They stay in the queue meanwhile.")
    else:
        messages.info(request, "No page waits that could be read again.")
    return redirect("type_edit", type_id)


@require_safe
@admin_required
def type_typed(request: HttpRequest, type_id: int) -> HttpResponse:
    """Characters that reviewers type and the type's model cannot write, or has learnt."""
    document_type = get_object_or_404(DocumentType, pk=type_id)
    try:
        typed, problem = typed_characters(document_type), ""
    except NoModel as error:
        typed, problem = None, error.message
    context = {"type": document_type, "typed": typed, "problem": problem}
    return render(request, "review/type_typed.html", context)
