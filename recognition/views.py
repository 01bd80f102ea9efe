"""Pages on batches, for admins."""

from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.datastructures import MultiValueDict
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from recognition import selectors
from recognition.access import admin_required
from recognition.exceptions import NotRetryable
from recognition.forms import BatchForm
from recognition.intake import create_batch, retry_document
from recognition.models import Batch, Document, DocumentType, Page
from recognition.outcomes import FileOutcome, status_of, take_files
from recognition.reading import retry_pages
from recognition.retries import retry_batch

MESSAGES_AT_MOST = 10
"""Files named one by one after an upload without JavaScript; the rest is a number."""


@require_safe
@admin_required
def batch_list(request: HttpRequest) -> HttpResponse:
    """All batches, the newest first, and how far each is."""
    batches = Batch.objects.visible_to(request.user)
    shown, rows = selectors.batch_rows(batches, request.GET.get("page"))
    context = {"page_obj": shown, "rows": rows, "types_exist": DocumentType.objects.exists()}
    return render(request, "recognition/batch_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def batch_create(request: HttpRequest) -> HttpResponse:
    """Name a batch and choose its type; its page then takes the files."""
    user = cast("User", request.user)
    form = BatchForm(request.POST or None, usual_type=_usual_type(user))
    if request.method == "POST" and form.is_valid():
        batch = create_batch(
            name=form.cleaned_data["name"],
            document_type=form.cleaned_data["document_type"],
            actor=user,
        )
        return redirect("batch_detail", batch.pk)
    context = {"form": form, "types_exist": DocumentType.objects.exists()}
    status = 422 if form.errors else 200
    return render(request, "recognition/batch_create.html", context, status=status)


@require_safe
@admin_required
def batch_detail(request: HttpRequest, batch_id: int) -> HttpResponse:
    """A batch: the way to add files, its progress, its documents."""
    batch = _batch(request, batch_id)
    context = {
        **_progress(request, batch),
        "model_problem": selectors.model_problem(batch.document_type),
        "max_bytes": settings.UPLOAD_MAX_BYTES,
        "max_files": settings.DATA_UPLOAD_MAX_NUMBER_FILES,
    }
    return render(request, "recognition/batch_detail.html", context)


@require_safe
@admin_required
def batch_progress(request: HttpRequest, batch_id: int) -> HttpResponse:
    """The part of a batch's page that changes by itself; without HTMX the whole page."""
    batch = _batch(request, batch_id)
    if not request.htmx:  # type: ignore[attr-defined]  # set by django-htmx's middleware
        return redirect(_address(batch_id, request))
    return render(request, "recognition/batch_progress.html", _progress(request, batch))


@require_POST
@admin_required
def batch_add_file(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Take one file or many; each has its own outcome, and one that fails stops no other."""
    batch = _batch(request, batch_id)
    files = cast("MultiValueDict[str, Any]", request.FILES).getlist("files")
    outcomes = take_files(batch, files)
    if request.accepts("application/json") and not request.accepts("text/html"):
        answer = {"files": [outcome.as_json() for outcome in outcomes]}
        return JsonResponse(answer, status=status_of(outcomes))
    _tell(request, outcomes)
    return redirect("batch_detail", batch_id)


@require_POST
@admin_required
def batch_retry(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Try everything of a batch that failed again."""
    batch = _batch(request, batch_id)
    try:
        retried = retry_batch(batch=batch, actor=cast("User", request.user))
    except NotRetryable as error:
        messages.info(request, error.message)
        return redirect(_address(batch_id, request))
    files, pages = _count(retried.documents, "file"), _count(retried.pages, "page")
    messages.success(request, f"{files} and {pages} try again.")
    if retried.lost:
        messages.warning(
            request,
            f"{_count(retried.lost, 'file')} left out, of which nothing could be unpacked. "
            "Upload what is missing by itself.",
        )
    return redirect(_address(batch_id, request))


@require_POST
@admin_required
def document_retry(request: HttpRequest, document_id: int) -> HttpResponse:
    """Try a failed document again."""
    documents = Document.objects.visible_to(request.user)
    document = get_object_or_404(documents, pk=document_id)
    try:
        retry_document(document=document, actor=cast("User", request.user))
    except NotRetryable as error:
        messages.info(request, error.message)
    return redirect(_address(document.batch_id, request))


@require_POST
@admin_required
def page_retry(request: HttpRequest, page_id: int) -> HttpResponse:
    """Try a failed page again."""
    pages = Page.objects.visible_to(request.user).select_related("document")
    page = get_object_or_404(pages, pk=page_id)
    try:
        retry_pages(pages=[page], actor=cast("User", request.user))
    except NotRetryable as error:
        messages.info(request, error.message)
    return redirect(_address(page.document.batch_id, request))


def _batch(request: HttpRequest, batch_id: int) -> Batch:
    batches = Batch.objects.visible_to(request.user).select_related("document_type", "created_by")
    return get_object_or_404(batches, pk=batch_id)


def _progress(request: HttpRequest, batch: Batch) -> dict[str, Any]:
    """What the changing part of a batch's page shows: all documents, some, or one's pages."""
    state, number = request.GET.get("show", ""), request.GET.get("page")
    context: dict[str, Any] = {
        "batch": batch,
        "progress": selectors.progress_of([batch.pk])[batch.pk],
        "state": state,
        "query": request.GET.urlencode(),
    }
    chosen = request.GET.get("document", "")
    if chosen.isdecimal():
        document = get_object_or_404(batch.documents, pk=int(chosen))
        pages = selectors.page_rows(document, number)
        return {**context, "document": document, "page_obj": pages, "kept": f"document={chosen}"}
    documents = selectors.documents_showing(batch, state)
    shown, rows = selectors.document_rows(documents, number, state)
    return {**context, "page_obj": shown, "rows": rows, "kept": f"show={state}" if state else ""}


def _usual_type(user: User) -> DocumentType | None:
    """What this admin chose last, else the only type there is."""
    last = Batch.objects.filter(created_by=user).select_related("document_type").first()
    if last is not None:
        return last.document_type
    types = list(DocumentType.objects.all()[:2])
    return types[0] if len(types) == 1 else None


def _address(batch_id: int, request: HttpRequest) -> str:
    """The batch's page, with the same choice of documents as before."""
    query = request.GET.urlencode()
    return reverse("batch_detail", args=[batch_id]) + (f"?{query}" if query else "")


def _tell(request: HttpRequest, outcomes: list[FileOutcome]) -> None:
    """Say after an upload without JavaScript what became of the files."""
    if not outcomes:
        messages.error(request, "Choose at least one file.")
        return
    stored = sum(outcome.outcome == "stored" for outcome in outcomes)
    if stored:
        messages.success(request, f"{_count(stored, 'file')} added.")
    others = [outcome for outcome in outcomes if outcome.outcome != "stored"]
    for outcome in others[:MESSAGES_AT_MOST]:
        told = messages.info if outcome.outcome == "duplicate" else messages.error
        told(request, f"{outcome.filename}: {outcome.message}")
    if len(others) > MESSAGES_AT_MOST:
        messages.warning(request, f"{len(others) - MESSAGES_AT_MOST} more were not added.")


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
