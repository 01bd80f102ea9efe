"""A page's place in the queue: what it is worth, or chance, as its task is opened."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import F
from django.utils import timezone

from recognition.chance import chance
from recognition.models import DocumentType, Page, Prediction
from review.models import QueueFigures
from review.queued import MOST
from review.states import Arm, TaskKind
from review.value import (
    NOTHING,
    Coverage,
    LineDoubt,
    Pace,
    Scale,
    Worth,
    worth_of,
)

ARM_SALT, DRAW_SALT = "arm", "draw"
VALUED = frozenset({TaskKind.THRESHOLD, TaskKind.AUDIT})
"""Kinds of task whose worth a reading tells. An audit's is told too, and does not place it: all
the same has to be seen on it."""


def figures_of(document_type: DocumentType) -> QueueFigures | None:
    """What the order of a type's pages rests on; None before it has been found."""
    return QueueFigures.objects.filter(document_type=document_type).first()


def pace_of(figures: QueueFigures | None) -> Pace:
    """A reviewer's measured pace, else the usual one."""
    if figures is None:
        return Pace()
    return Pace(figures.line_seconds, figures.error_seconds, figures.wrong)


def coverage_of(figures: QueueFigures | None) -> Coverage:
    """What waits and what labels have settled, by character."""
    return Coverage(figures.waiting, figures.labelled) if figures else Coverage()


def scale_of(figures: QueueFigures | None) -> Scale:
    """How chance is told in the terms of value."""
    return Scale(figures.scale, figures.draws) if figures else Scale()


def new_place(page: Page, document_type: DocumentType, kind: TaskKind) -> dict[str, Any]:
    """The columns that place a task about to be opened; its arm and number are the page's for ever.

    One query for the figures, and one for the reading where it has a say.
    """
    drawn = chance(ARM_SALT, page.pk) < document_type.random_share
    arm, draw = Arm.RANDOM if drawn else Arm.VALUE, chance(DRAW_SALT, page.pk)
    placed = place(page, document_type, kind, arm=arm, draw=draw)
    return {"arm": arm, "draw": draw, **placed}


def place(
    page: Page, document_type: DocumentType, kind: TaskKind, *, arm: str, draw: float
) -> dict[str, Any]:
    """The columns that change with every reading: what the page is worth now, and its turn."""
    figures = figures_of(document_type)
    lines = line_doubts([page.pk]).get(page.pk, []) if kind in VALUED else []
    worth = worth_of(lines, pace_of(figures), coverage_of(figures))
    return columns(worth, scale_of(figures), kind, arm=arm, draw=draw)


def columns(
    worth: Worth, scale: Scale, kind: TaskKind | str, *, arm: str, draw: float
) -> dict[str, Any]:
    """What is stored of a worth. Only pages of the value arm that a model was unsure of are placed
    by it; all others by chance."""
    value = min(worth.value, MOST)
    by_value = kind == TaskKind.THRESHOLD and arm == Arm.VALUE
    told = kind in VALUED and worth is not NOTHING
    return {
        "value": value,
        "turn": value if by_value else min(scale.turn_of(draw), MOST),
        "expected_errors": min(worth.errors, MOST) if told else None,
        "expected_seconds": min(worth.seconds, MOST) if told else None,
        "valued_at": timezone.now(),
    }


def line_doubts(pages: Iterable[int]) -> Mapping[int, list[LineDoubt]]:
    """The lines of each page as it was read last, in one query."""
    rows = Prediction.objects.filter(
        line__page__in=list(pages),
        line__retired_at=None,
        model_version=F("line__page__model_version"),
        character_set=F("line__page__character_set"),
    ).values_list("line__page_id", "confidence", "characters")
    found: dict[int, list[LineDoubt]] = defaultdict(list)
    for page_id, probability, characters in rows:
        found[page_id].append(line_doubt(probability, characters))
    return found


def line_doubt(probability: float | None, characters: Iterable[Any]) -> LineDoubt:
    """A stored prediction as the pure core takes it."""
    return LineDoubt(probability, tuple((text, sure) for text, sure, *_ in characters))
