"""Alerts of fallen accuracy: raised by what audits show, acknowledged by a person with a note."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from recognition.events import record_event
from recognition.models import DocumentType, Page
from recognition.states import move
from training.audits import audited_weeks_of, weeks_of
from training.drift import (
    FEWEST_LINES,
    FEWEST_PAGES,
    Drift,
    DriftVerdict,
    Week,
    judge,
    worst_pages,
)
from training.exceptions import AlertAcknowledged, NoteMissing
from training.models import AccuracyAlert
from training.states import ALERT_MOVES, AlertStatus

PAGES_KEPT = 10
"""Of the worst, with an alert: enough to see what they have in common."""


def watch_accuracy() -> int:
    """Judge the audits of every document type; returns how many alerts are new."""
    types = DocumentType.objects.order_by("pk")
    return sum(check_type(document_type) is not None for document_type in types)


def accuracy_page(document_type: DocumentType) -> dict[str, Any]:
    """What the page of a type shows of its accuracy: weeks, verdict, open alert, worst pages."""
    weeks = weeks_of(document_type)
    verdict = judge(weeks)
    worst = worst_pages(verdict.week)[:PAGES_KEPT] if verdict.week else []
    audited = Page.objects.select_related("document").in_bulk([page.page_id for page in worst])
    return {
        "weeks": weeks,
        "verdict": verdict,
        "fallen": verdict.outcome == Drift.FALLEN,
        "alert": AccuracyAlert.objects.open().filter(document_type=document_type).first(),
        "worst": [(audited[page.page_id], page) for page in worst],
        "fewest_lines": FEWEST_LINES,
        "fewest_pages": FEWEST_PAGES,
        "any_audit": any(week.lines for week in weeks),
    }


def with_pages(alerts: Iterable[AccuracyAlert]) -> list[tuple[AccuracyAlert, list[Page]]]:
    """Alerts, each with the audited pages that did it, the worst first."""
    rows = list(alerts)
    found = Page.objects.select_related("document").in_bulk({key for a in rows for key in a.pages})
    return [(alert, [found[key] for key in alert.pages if key in found]) for alert in rows]


def check_type(document_type: DocumentType) -> AccuracyAlert | None:
    """Raise an alert where a type's accuracy has fallen; None where nothing is new.

    While one is open there is no other, and what was acknowledged is not told again of the same
    week.
    """
    verdict = judge(audited_weeks_of(document_type))
    week, share = verdict.week, verdict.week.share if verdict.week else None
    if verdict.outcome != Drift.FALLEN or week is None or share is None:
        return None
    return _raise(document_type, verdict, week, share)


@transaction.atomic
def _raise(
    document_type: DocumentType, verdict: DriftVerdict, week: Week, share: float
) -> AccuracyAlert | None:
    DocumentType.objects.select_for_update().get(pk=document_type.pk)  # one check at a time
    told = AccuracyAlert.objects.filter(document_type=document_type)
    if told.open().exists() or told.filter(week__gte=week.monday).exists():
        return None
    alert = AccuracyAlert.objects.create(
        document_type=document_type,
        week=week.monday,
        since=verdict.since or week.monday,
        accuracy=share,
        bound=verdict.bound or 0.0,
        reference=verdict.reference or 0.0,
        lines=week.lines,
        pages=[page.page_id for page in worst_pages(week)[:PAGES_KEPT]],
    )
    record_event(
        verb="accuracy fell",
        subject=alert,
        type=document_type.name,
        week=week.name,
        accuracy=round(share, 4),
        reference=round(alert.reference, 4),
        read_by=week.read_by,
    )
    return alert


@transaction.atomic
def acknowledge_alert(*, alert: AccuracyAlert, note: str, actor: AbstractBaseUser) -> None:
    """Say that somebody has looked, and what was found. Raises NoteMissing, AlertAcknowledged."""
    note = note.strip()[:500]
    if not note:
        raise NoteMissing("Say in a few words what was found, or what is done about it.")
    if not move(
        AccuracyAlert.objects.filter(pk=alert.pk),
        AlertStatus.ACKNOWLEDGED,
        ALERT_MOVES,
        acknowledged_at=timezone.now(),
        acknowledged_by_id=actor.pk,
        note=note,
    ):
        raise AlertAcknowledged("Somebody has acknowledged this already.")
    record_event(verb="acknowledge alert", subject=alert, actor=actor, note=note)
