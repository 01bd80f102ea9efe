"""Read models for the pages on batches: all counts of a page in a constant number of queries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.paginator import Page as Slice
from django.core.paginator import Paginator
from django.db.models import Count, F, QuerySet, Window
from django.db.models.functions import RowNumber

from recognition.engines.store import ModelStoreError, load
from recognition.exceptions import NoModel
from recognition.models import Batch, Document, DocumentType, Page
from recognition.registry import active_model
from recognition.states import DocumentStatus, PageStatus

BATCHES_ON_A_PAGE = 25
DOCUMENTS_ON_A_PAGE = 50
PAGES_ON_A_PAGE = 500
PAGES_IN_A_ROW = 24
"""Links to pages shown beside a document; more are one click away."""


@dataclass(frozen=True, slots=True)
class Part:
    """One state's share of a batch's pages; `start` and `width` in per cent of the whole."""

    status: str
    label: str
    count: int
    start: float
    width: float


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch is, in pages, and in files where their pages are not known yet."""

    queued: int = 0
    reading: int = 0  # with those read whose routing follows at once
    accepted: int = 0
    review: int = 0
    reviewed: int = 0
    failed: int = 0
    documents: int = 0
    documents_waiting: int = 0
    documents_failed: int = 0
    duplicates: int = 0

    @property
    def pages(self) -> int:
        """All pages known by now."""
        read = self.accepted + self.review + self.reviewed
        return self.queued + self.reading + read + self.failed

    @property
    def working(self) -> bool:
        """Whether anything changes without a person."""
        return bool(self.queued or self.reading or self.documents_waiting)

    @property
    def failures(self) -> int:
        """How many documents and pages can be tried again."""
        return self.failed + self.documents_failed

    @property
    def read(self) -> int:
        """Pages that need no machine any more."""
        return self.pages - self.queued - self.reading

    @property
    def finished(self) -> int:
        """Pages whose text is final: accepted or reviewed."""
        return self.accepted + self.reviewed

    @property
    def parts(self) -> tuple[Part, ...]:
        """The shares in the order of the work, for a bar."""
        total, start = self.pages or 1, 0.0
        parts = []
        for status, label in STATES:
            count = getattr(self, status)
            width = 100 * count / total
            parts.append(Part(status, label, count, round(start, 3), round(width, 3)))
            start += width
        return tuple(parts)


STATES = (
    ("reviewed", "Reviewed"),
    ("accepted", "Accepted"),
    ("review", "To review"),
    ("reading", "Reading"),
    ("queued", "Queued"),
    ("failed", "Failed"),
)
"""What the pages of a batch are counted by, the finished ones first."""

_COUNTED_AS: dict[str, str] = {PageStatus.READ: PageStatus.READING}


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A batch and how far it is."""

    batch: Batch
    progress: Progress


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document, the links to its pages that fit beside it, and how many pages there are."""

    document: Document
    pages: tuple[Page, ...]
    pages_all: int

    @property
    def more(self) -> int:
        """Pages not shown in the row."""
        return self.pages_all - len(self.pages)

    @property
    def failed_pages(self) -> tuple[Page, ...]:
        """Those of the shown pages that failed, for their reasons."""
        return tuple(page for page in self.pages if page.status == PageStatus.FAILED)


def progress_of(batch_ids: Iterable[int]) -> dict[int, Progress]:
    """How far each batch is; two queries, however many batches and pages."""
    ids = list(batch_ids)
    counts: dict[int, Counter[str]] = {batch_id: Counter() for batch_id in ids}
    pages = Page.objects.filter(document__batch__in=ids).order_by()
    for batch_id, status, count in pages.values_list("document__batch", "status").annotate(
        count=Count("pk")
    ):
        counts[batch_id][_COUNTED_AS.get(status, status)] += count
    documents = Document.objects.filter(batch__in=ids).order_by()
    for batch_id, status, count in documents.values_list("batch", "status").annotate(
        count=Count("pk")
    ):
        counts[batch_id]["documents"] += count
        if status in _DOCUMENTS_AS:
            counts[batch_id][_DOCUMENTS_AS[status]] += count
    return {batch_id: Progress(**count) for batch_id, count in counts.items()}


_DOCUMENTS_AS: dict[str, str] = {
    DocumentStatus.STORED: "documents_waiting",
    DocumentStatus.SPLITTING: "documents_waiting",
    DocumentStatus.FAILED: "documents_failed",
    DocumentStatus.DUPLICATE: "duplicates",
}


def batch_rows(batches: QuerySet[Batch], number: str | None) -> tuple[Slice[Batch], list[BatchRow]]:
    """One screen of batches with their progress, and the slice for the way to the others."""
    shown = Paginator(
        batches.select_related("document_type", "created_by"), BATCHES_ON_A_PAGE
    ).get_page(number)
    progress = progress_of(batch.pk for batch in shown)
    return shown, [BatchRow(batch, progress[batch.pk]) for batch in shown]


def documents_showing(batch: Batch, state: str) -> QuerySet[Document]:
    """The batch's documents, or only those with something in `state` (see STATES)."""
    documents = Document.objects.filter(batch=batch).order_by("pk")
    if state == "duplicates":
        return documents.filter(status=DocumentStatus.DUPLICATE)
    if state == "failed":
        failed = documents.filter(status=DocumentStatus.FAILED)
        return failed | documents.filter(pk__in=_documents_with(batch, ["failed"]))
    if state in dict(STATES):
        wanted = _statuses(state)
        waiting = [DocumentStatus.STORED, DocumentStatus.SPLITTING] if state == "queued" else []
        return documents.filter(status__in=waiting) | documents.filter(
            pk__in=_documents_with(batch, wanted)
        )
    return documents


def document_rows(
    documents: QuerySet[Document], number: str | None, state: str = ""
) -> tuple[Slice[Document], list[DocumentRow]]:
    """One screen of documents with their first pages (in `state`, where one is asked for)."""
    shown = Paginator(
        documents.select_related("duplicate_of__batch"), DOCUMENTS_ON_A_PAGE
    ).get_page(number)
    ids = [document.pk for document in shown]
    pages = Page.objects.filter(document__in=ids)
    if state in dict(STATES):
        pages = pages.filter(status__in=_statuses(state))
    totals = dict(
        pages.order_by()
        .values("document")
        .annotate(count=Count("pk"))
        .values_list("document", "count")
    )
    first = _first_pages(pages, ids)
    return shown, [
        DocumentRow(document, tuple(first.get(document.pk, ())), totals.get(document.pk, 0))
        for document in shown
    ]


def page_rows(document: Document, number: str | None) -> Slice[Page]:
    """One screen of a document's pages."""
    return Paginator(document.pages.order_by("number"), PAGES_ON_A_PAGE).get_page(number)


def model_problem(document_type: DocumentType) -> str:
    """Why pages of this type cannot be read now, in words for an admin; empty where they can."""
    try:
        load(Path(settings.MODEL_STORE), active_model(document_type).sha256)
    except (NoModel, ModelStoreError) as error:
        return error.message
    return ""


def _statuses(state: str) -> list[str]:
    """The page statuses that are counted as `state`."""
    return [state, *(status for status, counted in _COUNTED_AS.items() if counted == state)]


def _documents_with(batch: Batch, statuses: Sequence[str]) -> QuerySet[Page, int]:
    return Page.objects.filter(document__batch=batch, status__in=statuses).values_list(
        "document", flat=True
    )


def _first_pages(pages: QuerySet[Page], document_ids: Sequence[int]) -> dict[int, list[Page]]:
    """The first PAGES_IN_A_ROW of each document's `pages`, in one query."""
    first: dict[int, list[Page]] = {}
    rank = Window(RowNumber(), partition_by=F("document"), order_by=F("number").asc())
    ranked = pages.order_by().filter(document__in=document_ids).annotate(rank=rank)
    for page in ranked.filter(rank__lte=PAGES_IN_A_ROW).order_by("document", "number"):
        first.setdefault(page.document_id, []).append(page)
    return first
