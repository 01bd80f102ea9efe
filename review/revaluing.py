"""The queue's order kept up with what is learnt: a sweep in small batches.

A page's place is computed when a model has read it, so a new head brings new places by itself.
What changes without a reading (how fast people are, what labels have covered, what else waits, how
long a page has waited) is caught up with here.
"""

from datetime import timedelta

from django.db.models import F
from django.utils import timezone

from recognition.models import DocumentType
from review.figures import find_figures
from review.models import QueueFigures, ReviewTask
from review.placing import VALUED, columns, coverage_of, figures_of, line_doubts, pace_of, scale_of
from review.states import TaskKind
from review.value import worth_of

FIGURES_LAST = timedelta(minutes=10)
"""A type's figures are found anew after so long, and then the places that rest on them."""
BATCH = 50
BATCHES = 20
"""Places found anew in one statement, whose rows a claim passes over meanwhile, and in one sweep
of one type: 1,000 pages of 30 lines take some five seconds of one core."""
LATE_BATCH = 1_000


def refresh_queue() -> dict[str, int]:
    """Mark what is late, and find places anew that rest on old figures; returns how many of each.

    Bounded: what is left over is taken up by the next sweep.
    """
    late = revalued = 0
    for document_type in DocumentType.objects.all():
        late += mark_late(document_type)
        if ReviewTask.objects.waiting_of(document_type).exists():
            revalued += revalue(document_type)
    return {"late": late, "revalued": revalued}


def mark_late(document_type: DocumentType) -> int:
    """Let pages that have waited for too long go first, the oldest first; returns how many."""
    rows = ReviewTask.objects.overdue(document_type).order_by("created_at")
    pks = list(rows.values_list("pk", flat=True)[:LATE_BATCH])
    late = ReviewTask.objects.overdue(document_type).filter(pk__in=pks)
    return late.update(late_since=F("created_at"))


def revalue(document_type: DocumentType) -> int:
    """Find places anew that are older than the type's figures; returns how many."""
    figures = figures_of(document_type)
    if figures is None or figures.at < timezone.now() - FIGURES_LAST:
        figures = find_figures(document_type)
    done = 0
    for _ in range(BATCHES):
        found = _revalue_some(document_type, figures)
        done += found
        if found < BATCH:
            break
    return done


def _revalue_some(document_type: DocumentType, figures: QueueFigures) -> int:
    """One batch: read without a lock, written in one statement, only while nobody holds them."""
    older = ReviewTask.objects.valued_before(document_type, figures.at)
    tasks = list(older.only("pk", "page_id", "kind", "arm", "draw")[:BATCH])
    lines = line_doubts(task.page_id for task in tasks if task.kind in VALUED)
    pace, coverage, scale = pace_of(figures), coverage_of(figures), scale_of(figures)
    names: set[str] = set()
    for task in tasks:
        worth = worth_of(lines.get(task.page_id, []), pace, coverage)
        place = columns(worth, scale, TaskKind(task.kind), arm=task.arm, draw=task.draw)
        names |= place.keys()
        for name, value in place.items():
            setattr(task, name, value)
    if tasks:
        ReviewTask.objects.waiting_of(document_type).bulk_update(tasks, sorted(names))
    return len(tasks)
