"""A page with all that models read and people said on it, and the list of flagged pages."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import F, Q, QuerySet

from recognition.models import Canary, Event, Line, Page, Prediction
from recognition.querysets import NamesReading
from recognition.states import PageStatus, TextSource
from review.models import Draft, Label, RefusedDraft, ReviewTask, RoutingDecision
from review.ocr_instead import ocr_refusal
from review.plants import unplanted_texts
from review.selectors import band, percent, svg_points
from review.states import WITHOUT_TEXT, TaskStatus, Verdict
from review.text import same_label


def same_reading(row: NamesReading, other: NamesReading) -> bool:
    """Whether both go by the same model version and character set."""
    return (row.model_version_id, row.character_set) == (
        other.model_version_id,
        other.character_set,
    )


REOPENABLE = frozenset({PageStatus.REVIEWED, PageStatus.ACCEPTED})


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed on a line and did not submit, and when it was kept."""

    line_id: int
    text: str
    verdict: str
    by: str
    at: datetime

    @classmethod
    def of(cls, row: Draft | RefusedDraft, text: str) -> Self:
        at = row.saved_at if isinstance(row, Draft) else row.at
        return cls(row.line_id, text, row.verdict, row.reviewer.get_username(), at)

    @property
    def shown(self) -> str:
        """The text, or why there is none."""
        without = self.verdict in WITHOUT_TEXT
        return f"({Verdict(self.verdict).label.lower()})" if without else self.text


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """A line with every reading and every label; `text` is what counts now, and `by` whose."""

    line: Line
    text: str
    verdict: str
    by: str
    probability: float | None
    weak: bool
    predictions: tuple[Prediction, ...]
    labels: tuple[Label, ...]
    typed: tuple[Typed, ...]

    @property
    def counts(self) -> Label | None:
        """The label that counts now."""
        return next((label for label in self.labels if label.superseded_at is None), None)

    @property
    def changes(self) -> list[tuple[Label, str]]:
        """Each label, the newest first, with what the line read before it."""
        found: list[tuple[Label, str]] = []
        for place, label in enumerate(self.labels):
            before = self.labels[place + 1] if place + 1 < len(self.labels) else None
            base = next(
                (row for row in self.predictions if row.pk == label.base_prediction_id), None
            )
            found.append((label, str(before) if before else (base.text if base else "")))
        return found

    @property
    def number(self) -> int:
        return self.line.position + 1

    @property
    def points(self) -> str:
        return svg_points(self.line.polygon)

    @property
    def band(self) -> str:
        return "labelled" if self.labels else band(self.probability, weak=self.weak)

    @property
    def percent(self) -> str:
        return percent(self.probability)


@dataclass(frozen=True, slots=True)
class PageHistory:
    """All that is known of a page. Tasks, decisions and events are empty but for admins.

    `by_canary` holds the keys of decisions on what a canary had read.
    """

    page: Page
    neighbours: Mapping[str, int | None]
    lines: tuple[HistoryLine, ...]
    tasks: tuple[ReviewTask, ...]
    decisions: tuple[RoutingDecision, ...]
    by_canary: frozenset[int]
    events: tuple[Event, ...]
    reopenable: bool
    from_layer: bool
    ocr_refusal: str
    held_by_viewer: int | None


def page_history(page: Page, user: AbstractBaseUser, *, admin: bool) -> PageHistory:
    """The page's story, in a fixed number of queries.

    How a page was routed is for admins alone: a reviewer must not know an audit from other work.
    """
    lines = list(page.lines.current())
    predictions: dict[int, list[Prediction]] = defaultdict(list)
    for prediction in (
        Prediction.objects.filter(line__in=lines)
        .select_related("model_version")
        .defer("characters")
        .order_by("pk")
    ):
        predictions[prediction.line_id].append(prediction)
    labels: dict[int, list[Label]] = defaultdict(list)
    for label in (
        (Label.objects.all() if admin else Label.objects.unspoilt_for(user))
        .filter(line__in=lines)
        .select_related("reviewer", "task")
        .order_by("-pk")
    ):
        labels[label.line_id].append(label)
    threshold = page.document.document_type.threshold
    typed = _unsubmitted(page, user, admin=admin)
    shown = tuple(
        _line(line, page, predictions[line.pk], labels[line.pk], typed[line.pk], threshold)
        for line in lines
    )
    tasks = tuple(page.tasks.select_related("reviewer", "done_by", "model_version").order_by("-pk"))
    decisions = tuple(
        page.decisions.select_related("model_version", "line").order_by("-pk") if admin else ()
    )
    mine = next((task.pk for task in tasks if task.reviewer_id == user.pk), None)
    return PageHistory(
        page=page,
        neighbours=_neighbours(page),
        lines=shown,
        tasks=tasks if admin else (),
        decisions=decisions,
        by_canary=_by_canary(page, decisions) if admin else frozenset(),
        events=tuple(_events(page, tasks) if admin else ()),
        from_layer=admin and page.text_source == TextSource.TEXT_LAYER,
        ocr_refusal=ocr_refusal(page) if admin else "",
        reopenable=admin and page.status in REOPENABLE,
        held_by_viewer=mine,
    )


def flagged_tasks(user: AbstractBaseUser) -> QuerySet[ReviewTask]:
    """Flagged pages that the user may see, the oldest first."""
    return (
        ReviewTask.objects.visible_to(user)
        .filter(status=TaskStatus.FLAGGED)
        .select_related("page__document__document_type", "page__document__batch")
        .order_by("pk")
    )


def flag_events(tasks: Sequence[ReviewTask]) -> dict[int, Event]:
    """By task, who flagged it last, and when."""
    events = (
        Event.objects.filter(
            verb="flag",
            subject_type="review.reviewtask",
            subject_id__in=[str(task.pk) for task in tasks],
        )
        .select_related("actor")
        .order_by("pk")
    )
    return {int(event.subject_id): event for event in events}


def _line(
    line: Line,
    page: Page,
    predictions: Sequence[Prediction],
    labels: Sequence[Label],
    typed: Sequence[Typed],
    threshold: float,
) -> HistoryLine:
    current = next((label for label in labels if label.superseded_at is None), None)
    read = next((row for row in predictions if same_reading(row, page)), None)
    probability = read.confidence if read else None
    if current is not None:
        empty = current.verdict in WITHOUT_TEXT
        text, by = current.text, current.reviewer.get_username()
        verdict = current.get_verdict_display() if empty else ""
    else:
        text, verdict = (read.text if read else ""), ""
        by = read.model_version.name if read else ""
    return HistoryLine(
        line=line,
        text=text,
        verdict=verdict,
        by=by,
        probability=probability,
        weak=probability is not None and probability < threshold,
        predictions=tuple(predictions),
        labels=tuple(labels),
        typed=tuple(
            each
            for each in typed
            if not (current and same_label(each.text, each.verdict, current.text, current.verdict))
            and not (read and same_label(each.text, each.verdict, read.text, Verdict.CONFIRMED))
        ),
    )


def _unsubmitted(page: Page, user: AbstractBaseUser, *, admin: bool) -> dict[int, list[Typed]]:
    """What was typed and never became a label: everybody's for admins, else the viewer's own.

    A draft that its writer submitted is a label; one saved after that (from a second window) is
    none.
    """
    drafts = Draft.objects.filter(task__page=page).exclude(
        task__status=TaskStatus.DONE,
        task__done_by=F("reviewer"),
        saved_at__lte=F("task__done_at"),
    )
    refused = RefusedDraft.objects.filter(task__page=page)
    if not admin:
        drafts, refused = drafts.filter(reviewer_id=user.pk), refused.filter(reviewer_id=user.pk)
    rows = [*drafts.select_related("reviewer"), *refused.select_related("reviewer")]
    typed = [Typed.of(row, text) for row, text in unplanted_texts(rows).items()]
    found: dict[int, list[Typed]] = defaultdict(list)
    for each in sorted(typed, key=lambda each: each.at):
        found[each.line_id].append(each)
    return found


def _neighbours(page: Page) -> dict[str, int | None]:
    ids = list(page.document.pages.order_by("number").values_list("pk", flat=True))
    place = ids.index(page.pk)
    return {
        "previous": ids[place - 1] if place else None,
        "next": ids[place + 1] if place + 1 < len(ids) else None,
        "of": len(ids),
    }


def _by_canary(page: Page, decisions: Sequence[RoutingDecision]) -> frozenset[int]:
    """Decisions on what a model read while it was the canary over the page's type.

    Meanwhile it was not in service there: the two cannot be one.
    """
    scopes = Q(document_type=None) | Q(document_type=page.document.document_type_id)
    spans = [
        (canary.model_version_id, canary.started_at, canary.ended_at)
        for canary in Canary.objects.filter(
            scopes, model_version__in={decision.model_version_id for decision in decisions}
        )
    ]
    return frozenset(
        decision.pk
        for decision in decisions
        for version_id, since, until in spans
        if version_id == decision.model_version_id
        and since <= decision.at
        and (until is None or decision.at <= until)
    )


def _events(page: Page, tasks: Sequence[ReviewTask]) -> QuerySet[Event]:
    about: Any = Q(subject_type="recognition.page", subject_id=str(page.pk)) | Q(
        subject_type="review.reviewtask", subject_id__in=[str(task.pk) for task in tasks]
    )
    return Event.objects.filter(about).select_related("actor").order_by("-pk")
