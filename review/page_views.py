"""A page with its history, and what admins do with pages: open again, take the flag off."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from recognition.access import admin_required
from recognition.models import DocumentType, Line, Page
from recognition.querysets import is_admin
from review.exceptions import (
    NotFlagged,
    NotForOcr,
    NotRefilable,
    NotReopenable,
    NotRestorable,
    ReasonMissing,
)
from review.forms import ReopenForm, RestoreForm
from review.history import flag_events, flagged_tasks, page_history
from review.leases import unflag_task
from review.models import ReviewTask
from review.ocr_instead import read_instead
from review.people import person
from review.refile import refile_document, suggested_type
from review.retired import line_changes
from review.services import reopen_page
from review.undo import restore_line

LISTED = 50
"""Flagged pages on one screen."""


@require_safe
def page_detail(request: HttpRequest, page_id: int) -> HttpResponse:
    """A page as it stands, and who read or said what on it."""
    rows = Page.objects.visible_to(request.user).select_related(
        "document__document_type", "document__batch", "model_version", "canary"
    )
    page = get_object_or_404(rows, pk=page_id)
    admin = is_admin(request.user)
    context = {
        "history": page_history(page, person(request), admin=admin),
        "changes": line_changes(page, person(request), admin=admin),
        "page": page,
        "form": ReopenForm(),
    }
    return render(request, "review/page_detail.html", context)


@require_POST
@admin_required
def page_reopen(request: HttpRequest, page_id: int) -> HttpResponse:
    """Send a reviewed or accepted page to review again, with a reason."""
    page = get_object_or_404(Page.objects.visible_to(request.user), pk=page_id)
    form = ReopenForm(request.POST)
    try:
        if not form.is_valid():
            raise ReasonMissing("Say in a few words why (500 characters at most).")
        reopen_page(page=page, actor=person(request), reason=form.cleaned_data["reason"])
    except (ReasonMissing, NotReopenable) as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "The page is open again and waits for a reviewer.")
    return redirect("page_detail", page_id=page.pk)


@require_POST
@admin_required
def page_ocr(request: HttpRequest, page_id: int) -> HttpResponse:
    """Have a page read whose text was taken from its PDF."""
    page = get_object_or_404(Page.objects.visible_to(request.user), pk=page_id)
    try:
        read_instead(page=page, actor=person(request))
    except NotForOcr as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "The page waits to be read from its image.")
    return redirect("page_detail", page_id=page.pk)


@require_POST
@admin_required
def line_restore(request: HttpRequest, line_id: int) -> HttpResponse:
    """Let an earlier version of a line count again."""
    line = get_object_or_404(Line.objects.visible_to(request.user), pk=line_id)
    form = RestoreForm(request.POST)
    try:
        if not form.is_valid():
            raise NotRestorable("Choose one of the line's versions.")
        made = restore_line(
            line=line,
            actor=person(request),
            known=form.cleaned_data["known"],
            label_id=form.cleaned_data["label"],
            prediction_id=form.cleaned_data["prediction"],
        )
    except NotRestorable as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"Line {line.position + 1} reads “{made}” again.")
    return redirect(f"{reverse('page_detail', args=[line.page_id])}#l{line.pk}")


@require_safe
@admin_required
def flagged_list(request: HttpRequest) -> HttpResponse:
    """Pages that reviewers set aside, with their reasons."""
    paginator = Paginator(flagged_tasks(person(request)), LISTED)
    shown = paginator.get_page(request.GET.get("page"))
    events = flag_events(list(shown))
    types = list(DocumentType.objects.order_by("name"))
    rows = [(task, events.get(task.pk), suggested_type(task.flag_reason, types)) for task in shown]
    return render(request, "review/flagged.html", {"page_obj": shown, "rows": rows, "types": types})


@require_POST
@admin_required
def task_refile(request: HttpRequest, task_id: int) -> HttpResponse:
    """File the document of a page under another type."""
    tasks = ReviewTask.objects.visible_to(request.user).select_related("page__document")
    document = get_object_or_404(tasks, pk=task_id).page.document
    chosen = request.POST.get("document_type", "")
    document_type = DocumentType.objects.filter(pk=chosen).first() if chosen.isdecimal() else None
    if document_type is None:
        messages.error(request, "Choose the document type that is right.")
        return redirect("flagged_list")
    try:
        moved = refile_document(
            document=document, document_type=document_type, actor=person(request)
        )
    except NotRefilable as error:
        messages.warning(request, error.message)
    else:
        messages.success(request, f"{moved} is filed under {document_type} and read anew.")
    return redirect("flagged_list")


@require_POST
@admin_required
def task_unflag(request: HttpRequest, task_id: int) -> HttpResponse:
    """Give a flagged page back to the queue."""
    task = get_object_or_404(ReviewTask.objects.visible_to(request.user), pk=task_id)
    try:
        unflag_task(task_id=task.pk, actor=person(request))
    except NotFlagged as error:
        messages.warning(request, error.message)
    else:
        messages.success(request, f"{task.page} is back in the queue.")
    return redirect("flagged_list")
