"""What audits found of a document type, week by week, beside what its probabilities promise.

Audits alone: they are drawn at random from what routing lets through, so they show how accurate the
output is. What else people review came to them because some line was unsure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Avg, Count, F, Window
from django.db.models.functions import RowNumber, TruncWeek
from django.utils import timezone

from recognition.metrics import edits, score
from recognition.models import DocumentType, Prediction
from review.box_changes import BoxChanges, changes_of
from review.models import Label, ReviewTask, RoutingDecision
from review.states import TaskKind, TaskStatus, Verdict
from review.text import clean_line
from training.drift import PageAudit, Week

WEEKS = 12
"""Weeks shown and judged: a quarter of a year."""
SAMPLED_PAGES = 300
"""Pages a week whose probabilities are averaged: some 10,000 lines, good to half a point."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a person says of a line."""

    text: str
    verdict: str


def audit_page(
    page_id: int,
    changes: BoxChanges,
    read: Mapping[int, str],
    said: Mapping[int, Said],
    read_by: str = "",
) -> PageAudit:
    """What an audit found on a page, from what was read and what people say, by line. Pure.

    A line that was read is right where a person's text for its box, reshaped or not, is the same.
    It is wrong where it is no text, and where its box had to be cut otherwise or deleted. A line
    that nothing was read of is wrong too. Of what is illegible nothing can be said.
    """
    pairs = []
    for line in changes.found:
        now = changes.stands_for(line)
        label = said.get(now) if now is not None else None
        if label is not None and label.verdict != Verdict.ILLEGIBLE:
            pairs.append((label.text, clean_line(read.get(line, ""))))
        elif line in changes.spurious:
            pairs.append(("", clean_line(read.get(line, ""))))
    added = [said[line].text for line in changes.missed if line in said]
    missed = [(text, "") for text in added if text]
    # Which piece is whose cannot be told of merged lines: as one text each, in reading order.
    old = [clean_line(read.get(line, "")) for line in changes.found if line in changes.recut]
    new = [said[line].text for line in changes.standing if line in changes.pieces and line in said]
    cut = (" ".join(filter(None, new)), " ".join(filter(None, old)))
    found = score([*pairs, *missed])
    return PageAudit(
        page_id=page_id,
        lines=found.lines + len(changes.recut),
        right=found.exact,
        characters=found.characters + len(cut[0]),
        wrong=found.character_edits + edits(*cut),
        missed=len(missed),
        read_by=read_by,
    )


def weeks_of(document_type: DocumentType, *, weeks: int = WEEKS) -> list[Week]:
    """The last weeks of a type, this one included, the oldest first; each page by when it was read.

    A page counts for the week in which it was read and drawn, however late people come to it: that
    is when its documents and its model were at work.
    """
    shown = mondays(weeks)
    audits = _audits(document_type, shown[0])
    expected = expected_of(document_type, shown[0])
    return [
        Week(monday, tuple(audits[monday]), *expected.get(monday, (None, 0))) for monday in shown
    ]


def audited_weeks_of(document_type: DocumentType, *, weeks: int = WEEKS) -> list[Week]:
    """The same without what probabilities promise, which costs most."""
    shown = mondays(weeks)
    audits = _audits(document_type, shown[0])
    return [Week(monday, tuple(audits[monday])) for monday in shown]


def week_of(day: date) -> date:
    """The Monday of a day's ISO week."""
    return day - timedelta(days=day.weekday())


def expected_of(document_type: DocumentType, since: date) -> dict[date, tuple[float, int]]:
    """Mean calibrated probability of a type's lines by week, and of how many lines.

    Of all pages read, whether people saw them or not, a random sample: the number that audits are
    drawn with is random, and asks for no other.
    """
    sampled = RoutingDecision.objects.filter(
        document_type=document_type, at__gte=start_of(since)
    ).annotate(
        week=TruncWeek("at"),
        place=Window(RowNumber(), partition_by=TruncWeek("at"), order_by=[F("draw"), F("pk")]),
    )
    chosen = sampled.filter(place__lte=SAMPLED_PAGES).values_list(
        "page_id", "model_version_id", "character_set", "week"
    )
    found: dict[tuple[int, int, str], date] = {
        (page, version, chars): timezone.localdate(week) for page, version, chars, week in chosen
    }
    sums: dict[date, list[float]] = defaultdict(lambda: [0.0, 0.0])
    rows = (
        Prediction.objects.filter(
            line__page__in={page for page, _, _ in found}, confidence__isnull=False
        )
        .order_by()
        .values_list("line__page_id", "model_version_id", "character_set")
        .annotate(mean=Avg("confidence"), number=Count("pk"))
    )
    for page, version, chars, mean, number in rows:
        if (week := found.get((page, version, chars))) is not None:
            sums[week][0] += mean * number
            sums[week][1] += number
    return {week: (total / number, int(number)) for week, (total, number) in sums.items()}


def _audits(document_type: DocumentType, since: date) -> dict[date, list[PageAudit]]:
    tasks = list(
        ReviewTask.objects.filter(
            document_type=document_type,
            kind=TaskKind.AUDIT,
            status=TaskStatus.DONE,
            decision__at__gte=start_of(since),
        ).select_related("decision", "model_version")
    )
    pages = {task.page_id for task in tasks}
    changes = changes_of(pages)
    read: dict[tuple[int, int, str], dict[int, str]] = defaultdict(dict)
    for page, version, chars, line, text in Prediction.objects.filter(
        line__page__in=pages
    ).values_list("line__page_id", "model_version_id", "character_set", "line_id", "text"):
        read[page, version, chars][line] = text
    said: dict[int, dict[int, Said]] = defaultdict(dict)
    for page, line, text, verdict in (
        Label.objects.current()
        .filter(line__page__in=pages)
        .values_list("line__page_id", "line_id", "text", "verdict")
    ):
        said[page][line] = Said(text, verdict)
    found: dict[date, list[PageAudit]] = defaultdict(list)
    for task in tasks:
        if task.decision is None:
            continue
        page, name = task.page_id, task.model_version.name
        texts = read[page, task.model_version_id, task.character_set]
        week = week_of(timezone.localdate(task.decision.at))
        found[week].append(audit_page(page, changes[page], texts, said[page], name))
    return found


def mondays(weeks: int) -> list[date]:
    """The Mondays of the last weeks, this one's last."""
    this = week_of(timezone.localdate())
    return [this - timedelta(weeks=number) for number in reversed(range(weeks))]


def start_of(monday: date) -> datetime:
    """When a week begins here."""
    return timezone.make_aware(datetime.combine(monday, time.min))
