"""A page with all that models read and people said on it, and the list of flagged pages."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import F, Q, QuerySet

from recognition.models import Event, Line, Page, Prediction
from recognition.states import PageStatus
from review.models import Draft, Label, ReviewTask, RoutingDecision
from review.selectors import band, percent, svg_points
from review.states import WITHOUT_TEXT, TaskStatus

REOPENABLE = frozenset({PageStatus.REVIEWED, PageStatus.ACCEPTED})


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
    drafts: tuple[Draft, ...]

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
    """All that is known of a page. Tasks, decisions and events are empty but for admins."""

    page: Page
    neighbours: Mapping[str, int | None]
    lines: tuple[HistoryLine, ...]
    tasks: tuple[ReviewTask, ...]
    decisions: tuple[RoutingDecision, ...]
    events: tuple[Event, ...]
    reopenable: bool
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
        Label.objects.filter(line__in=lines).select_related("reviewer", "task").order_by("-pk")
    ):
        labels[label.line_id].append(label)
    threshold = page.document.document_type.threshold
    drafts = _unsubmitted(page, user, admin=admin)
    shown = tuple(
        _line(line, page, predictions[line.pk], labels[line.pk], drafts[line.pk], threshold)
        for line in lines
    )
    tasks = tuple(page.tasks.select_related("reviewer", "done_by", "model_version").order_by("-pk"))
    mine = next((task.pk for task in tasks if task.reviewer_id == user.pk), None)
    return PageHistory(
        page=page,
        neighbours=_neighbours(page),
        lines=shown,
        tasks=tasks if admin else (),
        decisions=tuple(
            page.decisions.select_related("model_version", "line").order_by("-pk") if admin else ()
        ),
        events=tuple(_events(page, tasks) if admin else ()),
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
    drafts: Sequence[Draft],
    threshold: float,
) -> HistoryLine:
    current = next((label for label in labels if label.superseded_at is None), None)
    read = next((row for row in predictions if row.model_version_id == page.model_version_id), None)
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
        drafts=tuple(
            draft
            for draft in drafts
            if (current is None or draft.text != current.text)
            and (read is None or draft.text != read.text or draft.verdict in WITHOUT_TEXT)
        ),
    )


def _unsubmitted(page: Page, user: AbstractBaseUser, *, admin: bool) -> dict[int, list[Draft]]:
    """Drafts that never became labels: everybody's for admins, else the viewer's own."""
    rows = (
        Draft.objects.filter(task__page=page)
        .exclude(task__status=TaskStatus.DONE, task__done_by=F("reviewer"))
        .select_related("reviewer")
        .order_by("saved_at")
    )
    if not admin:
        rows = rows.filter(reviewer_id=user.pk)
    found: dict[int, list[Draft]] = defaultdict(list)
    for draft in rows:
        found[draft.line_id].append(draft)
    return found


def _neighbours(page: Page) -> dict[str, int | None]:
    ids = list(page.document.pages.order_by("number").values_list("pk", flat=True))
    place = ids.index(page.pk)
    return {
        "previous": ids[place - 1] if place else None,
        "next": ids[place + 1] if place + 1 < len(ids) else None,
        "of": len(ids),
    }


def _events(page: Page, tasks: Sequence[ReviewTask]) -> QuerySet[Event]:
    about: Any = Q(subject_type="recognition.page", subject_id=str(page.pk)) | Q(
        subject_type="review.reviewtask", subject_id__in=[str(task.pk) for task in tasks]
    )
    return Event.objects.filter(about).select_related("actor").order_by("-pk")
