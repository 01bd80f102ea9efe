"""What an export is made of: a batch, page by page, in bounded memory and few queries.

Nothing is left out here: documents and pages that are not finished come with their state.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone

from recognition.models import Batch, Document, Line, ModelVersion, Page, Prediction
from recognition.states import DocumentStatus, PageStatus
from review.models import Label, ReviewTask, RoutingDecision
from review.states import TaskStatus, Verdict

PAGES_AT_ONCE = 40
DOCUMENTS_AT_ONCE = 200

FINISHED = frozenset({PageStatus.ACCEPTED, PageStatus.REVIEWED})
"""States of a page whose text is final."""


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line with what was read and what a person said; without a label the reading stands."""

    line: Line
    prediction: Prediction | None
    label: Label | None

    @property
    def text(self) -> str:
        """The text to deliver; empty where a person found none."""
        if self.label is not None:
            return self.label.text
        return self.prediction.text if self.prediction else ""

    @property
    def source(self) -> str:
        """Where the text comes from: `label`, `prediction`, or `none`."""
        if self.label is not None:
            return "label"
        return "prediction" if self.prediction else "none"

    @property
    def verdict(self) -> str:
        """The person's verdict; empty without a label."""
        return self.label.verdict if self.label else ""

    @property
    def is_text(self) -> bool:
        """Whether the line belongs into running text."""
        return self.verdict != Verdict.NOT_TEXT


@dataclass(frozen=True, slots=True)
class PageRow:
    """A page with its lines in reading order, why it was routed, and who reviewed it."""

    page: Page
    lines: tuple[LineRow, ...] = ()
    decision: RoutingDecision | None = None
    review: ReviewTask | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """A batch at the moment of its export. `pages` counts by status, `documents` too."""

    batch: Batch
    exported_at: datetime
    pages: dict[str, int] = field(default_factory=dict)
    documents: dict[str, int] = field(default_factory=dict)
    models: tuple[ModelVersion, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every page's text is final and no file is missing."""
        missing = sum(
            self.documents[status]
            for status in (DocumentStatus.STORED, DocumentStatus.SPLITTING, DocumentStatus.FAILED)
        )
        return not missing and all(
            status in FINISHED for status, count in self.pages.items() if count
        )


def summarise(batch: Batch) -> Summary:
    """The head of an export."""
    pages = Counter(
        Page.objects.filter(document__batch=batch).order_by().values_list("status", flat=True)
    )
    documents = Counter(
        Document.objects.filter(batch=batch).order_by().values_list("status", flat=True)
    )
    models = ModelVersion.objects.filter(pages__document__batch=batch).distinct().order_by("pk")
    return Summary(
        batch=batch,
        exported_at=timezone.now(),
        pages={status.value: pages[status] for status in PageStatus},
        documents={status.value: documents[status] for status in DocumentStatus},
        models=tuple(models),
    )


def documents_of(batch: Batch) -> Iterator[Document]:
    """The batch's documents in the order of their upload."""
    rows = Document.objects.filter(batch=batch).select_related("duplicate_of__batch")
    return rows.order_by("pk").iterator(DOCUMENTS_AT_ONCE)


def pages_of(document: Document) -> Iterator[PageRow]:
    """The document's pages in their order, with everything known of each."""
    ids = document.pages.order_by("number").values_list("pk", flat=True)
    for chunk in _chunks(list(ids)):
        yield from _page_rows(chunk)


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), PAGES_AT_ONCE):
        yield ids[start : start + PAGES_AT_ONCE]


def _page_rows(ids: Sequence[int]) -> Iterator[PageRow]:
    pages = Page.objects.filter(pk__in=ids).select_related("model_version").order_by("number")
    lines: dict[int, list[Line]] = {}
    for line in Line.objects.filter(page__in=ids).current():
        lines.setdefault(line.page_id, []).append(line)
    shown = [line.pk for found in lines.values() for line in found]
    labels = {
        label.line_id: label
        for label in Label.objects.current().filter(line__in=shown).select_related("reviewer")
    }
    predictions = {
        (prediction.line_id, prediction.model_version_id, prediction.character_set): prediction
        for prediction in Prediction.objects.filter(line__in=shown)
        .select_related("model_version")
        .defer("characters")
    }
    by_id = {prediction.pk: prediction for prediction in predictions.values()}
    decisions = {
        decision.page_id: decision
        for decision in RoutingDecision.objects.filter(page__in=ids)
        .select_related("line", "model_version")
        .order_by("pk")
    }
    reviews = {
        task.page_id: task
        for task in ReviewTask.objects.filter(page__in=ids, status=TaskStatus.DONE)
        .select_related("done_by")
        .order_by("done_at")
    }
    for page in pages:
        rows = []
        for line in lines.get(page.pk, ()):
            label = labels.get(line.pk)
            base = label.base_prediction_id if label else None
            read = predictions.get((line.pk, page.model_version_id or 0, page.character_set))
            rows.append(LineRow(line, by_id.get(base, read) if base else read, label))
        yield PageRow(page, tuple(rows), decisions.get(page.pk), reviews.get(page.pk))
