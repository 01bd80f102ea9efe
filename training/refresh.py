"""When corrections are enough for a document type's head to learn from them at once."""

from django.conf import settings
from django.db.models import QuerySet

from recognition.models import DocumentType
from review.models import Label
from training.exceptions import RunWaiting
from training.models import TrainingRun
from training.requests import request_run
from training.states import RunStatus


def request_due_refreshes() -> list[TrainingRun]:
    """Queue a run for each document type that has learnt from half of its labels or less.

    The first at REFRESH_MIN_NEW_LABELS lines with text, then at twice as many each time: early
    corrections teach the most, and a type's runs stay few. A run that failed, was refused, or was
    stopped once it had started counts as well, so that nothing is tried again and again on the same
    labels. One that was withdrawn while it waited does not: nothing was tried. Nor does one during
    which another model went into service, as a trial's winner does: it was compared with the wrong
    one, and what it learnt from would lie idle until the labels have doubled.
    """
    runs = []
    for document_type in DocumentType.objects.all():
        if is_due(document_type):
            try:
                run = request_run(document_type=document_type, trigger=TrainingRun.Trigger.REFRESH)
            except RunWaiting:
                continue
            runs.append(run)
    return runs


def labels_since_last_run(document_type: DocumentType) -> tuple[QuerySet[Label], int]:
    """The type's current labels with text that no run has seen, and how many the last one saw."""
    last = (
        TrainingRun.objects.filter(document_type=document_type)
        .exclude(status=RunStatus.CANCELLED, started_at=None)
        .exclude(status=RunStatus.SKIPPED, dataset=None)  # it looked at no label
        .fairly_compared()
        .order_by("-pk")
        .first()
    )
    seen, since = (last.labels_seen, last.last_label) if last else (0, 0)
    fresh = (
        Label.objects.current()
        .exclude(text="")
        .filter(line__page__document__document_type=document_type, pk__gt=since)
    )
    return fresh, seen


def is_due(document_type: DocumentType) -> bool:
    """Whether a type has learnt from half of its labels or less.

    Looks only at labels newer than the last run's, so that asking often costs little.
    """
    fresh, seen = labels_since_last_run(document_type)
    return bool(fresh.count() >= max(settings.REFRESH_MIN_NEW_LABELS, seen))
