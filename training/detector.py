"""What people corrected of the boxes that the detector found, by week.

Pages come to people because some line is unsure, so these are no rates of all pages; they show
which way it goes, and what there is to learn from.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Min, QuerySet
from django.utils import timezone

from recognition.models import DocumentType, Line
from recognition.states import PageStatus, TextSource
from review.box_changes import changes_of
from review.edits import LineEdit
from review.models import Label, ReviewTask
from review.states import TaskStatus, Verdict
from training.audits import WEEKS, mondays, start_of, week_of


@dataclass(frozen=True, slots=True)
class BoxWeek:
    """Boxes of the pages first reviewed in a week, as a model had found them, and what was wrong.

    `missed` were added by people, `spurious` deleted or marked as no text, `recut` split or merged.
    """

    monday: date
    pages: int = 0
    found: int = 0
    missed: int = 0
    spurious: int = 0
    reshaped: int = 0
    recut: int = 0

    @property
    def wrong(self) -> int:
        """Boxes that were not as they should be."""
        return self.missed + self.spurious + self.reshaped + self.recut


def box_weeks_of(document_type: DocumentType, *, weeks: int = WEEKS) -> list[BoxWeek]:
    """The last weeks of a type, the oldest first. Pages with a text layer had no detector."""
    shown = mondays(weeks)
    reviewed = _reviewed(document_type, shown[0])
    week_by_page = {page: week_of(timezone.localdate(first)) for page, first in reviewed}
    counts: dict[date, Counter[str]] = defaultdict(Counter)
    lines = (
        Line.objects.filter(page__in=reviewed.values("page"), retired_at__isnull=True)
        .order_by()
        .values_list("page")
        .annotate(number=Count("pk"))
    )
    standing = dict(lines)
    edited = set(
        LineEdit.objects.filter(task__page__in=reviewed.values("page"))
        .order_by()
        .values_list("task__page_id", flat=True)
    )
    changes = changes_of(edited)
    for page, week in week_by_page.items():
        counts[week]["pages"] += 1
        if page not in changes:
            counts[week]["found"] += standing.get(page, 0)
            continue
        of_page = changes[page]
        counts[week].update(
            found=len(of_page.found),
            missed=len(of_page.missed),
            spurious=len(of_page.spurious),
            reshaped=len(of_page.reshaped),
            recut=len(of_page.recut),
        )
    for page, line in (
        Label.objects.current()
        .filter(
            line__page__in=reviewed.values("page"),
            line__retired_at__isnull=True,
            verdict=Verdict.NOT_TEXT,
        )
        .values_list("line__page_id", "line_id")
    ):
        if page not in changes or line not in changes[page].missed | changes[page].pieces:
            counts[week_by_page[page]]["spurious"] += 1
    return [BoxWeek(monday, **counts[monday]) for monday in shown]


def _reviewed(
    document_type: DocumentType, since: date
) -> QuerySet[ReviewTask, tuple[int, datetime]]:
    """(page, when it was first reviewed) of reviewed pages; a later look changes no week."""
    return (
        ReviewTask.objects.filter(
            document_type=document_type,
            status=TaskStatus.DONE,
            page__status=PageStatus.REVIEWED,
            page__text_source=TextSource.IMAGE,
        )
        .order_by()
        .values_list("page")
        .annotate(first=Min("done_at"))
        .filter(first__gte=start_of(since))
    )
