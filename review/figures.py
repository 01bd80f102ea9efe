"""What the order of a type's pages rests on, found from what is done and what waits."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib.postgres.fields import ArrayField
from django.db.models import Aggregate, Count, FloatField
from django.utils import timezone

from recognition.metrics import edits
from recognition.models import DocumentType
from review.models import Label, QueueFigures, ReviewTask
from review.pace import DonePage, fit_pace
from review.placing import VALUED, line_doubt, line_doubts
from review.queued import SCALE, in_arm
from review.states import Arm, Verdict
from review.value import doubts_of, expected_errors

PAGES_TIMED = 300
LABELS_READ = 1_000
PAGES_SAMPLED = 100
LABELS_COUNTED = 50_000
CHARACTERS_KEPT = 500
"""Newest done pages, newest labels and waiting pages that the figures rest on, labels counted, and
characters kept: bounds, so that a type's figures take a second or two however much there is."""


class Quantiles(Aggregate):
    """Quantiles at SCALE equal steps from the least to the greatest; None of no rows."""

    function = "percentile_cont"
    shares = ", ".join(str(step / (SCALE - 1)) for step in range(SCALE))
    template = f"%(function)s(ARRAY[{shares}]) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = ArrayField(FloatField())


@dataclass(frozen=True, slots=True)
class _Settled:
    """What labels say of the doubt before them."""

    doubt: Mapping[str, float]
    expected: float
    corrected: int


def find_figures(document_type: DocumentType) -> QueueFigures:
    """Find a type's figures anew and store them. Takes about a second, and no lock meanwhile."""
    settled = _settled(document_type)
    pages = [
        DonePage(lines, corrected or 0, seconds or 0.0)
        for lines, corrected, seconds in ReviewTask.objects.timed(document_type)
        .annotate(lines=Count("labels"))
        .values_list("lines", "corrected", "seconds")[:PAGES_TIMED]
    ]
    pace = fit_pace(pages, expected=settled.expected, corrected=settled.corrected)
    waiting = ReviewTask.objects.waiting_of(document_type)
    scales = waiting.aggregate(
        values=Quantiles("turn", filter=in_arm(Arm.VALUE)),
        draws=Quantiles("draw", filter=in_arm(Arm.RANDOM)),
    )
    figures, _ = QueueFigures.objects.update_or_create(
        document_type=document_type,
        defaults={
            "line_seconds": pace.line,
            "error_seconds": pace.error,
            "wrong": pace.wrong,
            "pages": len(pages),
            "waiting": _most(_waiting_doubt(document_type)),
            "labelled": _most(settled.doubt),
            "scale": scales["values"] or [],
            "draws": scales["draws"] or [],
            "at": timezone.now(),
        },
    )
    return figures


def _settled(document_type: DocumentType) -> _Settled:
    """From the newest labels, as if all were like them."""
    labels = Label.objects.current().filter(
        line__page__document__document_type=document_type, base_prediction__isnull=False
    )
    doubt: Counter[str] = Counter()
    expected, corrected, read = 0.0, 0, 0
    for verdict, text, before, probability, characters in labels.order_by("-pk").values_list(
        "verdict",
        "text",
        "base_prediction__text",
        "base_prediction__confidence",
        "base_prediction__characters",
    )[:LABELS_READ]:
        read += 1
        if verdict == Verdict.ILLEGIBLE:
            continue
        line = line_doubt(probability, characters)
        doubt.update(doubts_of([line]))
        expected += expected_errors(line)
        corrected += edits(text, before)
    share = labels.order_by()[:LABELS_COUNTED].count() / read if read == LABELS_READ else 1.0
    return _Settled({name: sum_ * share for name, sum_ in doubt.items()}, expected, corrected)


def _waiting_doubt(document_type: DocumentType) -> dict[str, float]:
    """From a sample of the waiting pages, as if all were like them."""
    rows = ReviewTask.objects.waiting_of(document_type).filter(kind__in=VALUED)
    pages = list(rows.order_by("draw").values_list("page", flat=True)[:PAGES_SAMPLED])
    share = rows.count() / len(pages) if len(pages) == PAGES_SAMPLED else 1.0
    lines = [line for found in line_doubts(pages).values() for line in found]
    return {name: doubt * share for name, doubt in doubts_of(lines).items()}


def _most(doubts: Mapping[str, float]) -> dict[str, float]:
    return dict(Counter(doubts).most_common(CHARACTERS_KEPT))
