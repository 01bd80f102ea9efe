"""Alerts of fallen accuracy: raised by what audits show, acknowledged by a person with a note."""

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from recognition.events import record_event
from recognition.models import DocumentType
from recognition.states import move
from training.audits import audited_weeks_of
from training.drift import Drift, judge, worst_pages
from training.exceptions import AlertAcknowledged, NoteMissing
from training.models import AccuracyAlert
from training.states import ALERT_MOVES, AlertStatus

PAGES_KEPT = 10
"""Of the worst, with an alert: enough to see what they have in common."""


def watch_accuracy() -> int:
    """Judge the audits of every document type; returns how many alerts are new."""
    types = DocumentType.objects.order_by("pk")
    return sum(check_type(document_type) is not None for document_type in types)


@transaction.atomic
def check_type(document_type: DocumentType) -> AccuracyAlert | None:
    """Raise an alert where a type's accuracy has fallen; None where nothing is new.

    While one is open there is no other, and what was acknowledged is not told again of the same
    week.
    """
    verdict = judge(audited_weeks_of(document_type))
    week, share = verdict.week, verdict.week.share if verdict.week else None
    if verdict.outcome != Drift.FALLEN or week is None or share is None:
        return None
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
