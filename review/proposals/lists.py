"""What the pages about proposals show, each in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import F, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from recognition.states import PageStatus
from review.choices import Parts
from review.models import Proposal, ProposalRound, ProposalSet
from review.proposals import pictures
from review.proposals.answer import UNDO_TIME

LISTED = 50
"""Sets on one screen, the newest first."""
SAMPLES = 3
COUNTED = 99
"""Sets that the navigation counts: nobody needs to know of more."""


@dataclass(frozen=True, slots=True)
class Item:
    """A proposal with its picture, and both texts with the piece in which they differ marked."""

    proposal: Proposal
    window: pictures.Window
    read: Parts
    proposed: Parts

    @property
    def key(self) -> str:
        """The key as text: a template asks of each number how the reader's country writes it."""
        return str(self.proposal.pk)

    @property
    def number(self) -> int:
        return self.proposal.line.position + 1

    @property
    def accepted(self) -> bool:
        """Whether the page had been accepted, and goes to review if this is confirmed."""
        return self.proposal.line.page.status == PageStatus.ACCEPTED

    @property
    def box(self) -> dict[str, str]:
        """The picture and the piece in it as SVG takes them."""
        seen = self.window
        return {
            "width": str(seen.width),
            "height": str(seen.height),
            "start": str(seen.start),
            "span": str(max(seen.end - seen.start, 1)),
        }


@dataclass(frozen=True, slots=True)
class SetRow:
    """A set in the list: how many lines it has left, and a few of them."""

    set: ProposalSet
    lines: int
    samples: Sequence[Item] = field(default_factory=tuple)


def offered_count(user: AbstractBaseUser) -> int:
    """How many sets the user can answer, counted up to COUNTED; one query."""
    return ProposalSet.objects.readable_by(user).offered().order_by()[:COUNTED].count()


def offered_sets(user: AbstractBaseUser) -> list[SetRow]:
    """The sets that the user can answer, the newest first, in two queries."""
    rows = (
        ProposalSet.objects.readable_by(user)
        .offered()
        .with_open_lines()
        .select_related("document_type", "source__reviewer", "source__line__page__document")
        .order_by("-pk")[:LISTED]
    )
    sets: list[Any] = list(rows)
    samples = _samples(sets)
    return [SetRow(each, each.open_lines, samples[each.pk]) for each in sets]


def items_of(chosen: ProposalSet) -> list[Item]:
    """The lines of a set that can be answered now, the most alike first; one query."""
    rows = chosen.proposals.answerable().select_related("line__page__document", "prediction")
    return _items(chosen, rows.defer("prediction__characters"))


def undoable_rounds(user: AbstractBaseUser) -> list[ProposalRound]:
    """What the user answered within the last minutes and can take back."""
    since = timezone.now() - UNDO_TIME
    return list(
        ProposalRound.objects.undoable_by(user, since)
        .with_numbers()
        .select_related("set__document_type")
    )


def lines_of_submit(task_id: int, user: AbstractBaseUser) -> tuple[int, list[int]]:
    """How many lines look like what a task's corrections changed, and in which sets."""
    rows = ProposalSet.objects.readable_by(user).filter(source__task=task_id).offered()
    found: list[Any] = list(rows.with_open_lines())
    return sum(each.open_lines for each in found), [each.pk for each in found]


def _samples(sets: Sequence[ProposalSet]) -> dict[int, list[Item]]:
    place = Window(RowNumber(), partition_by=F("set"), order_by=[F("likeness").desc(), F("pk")])
    rows = (
        Proposal.objects.answerable()
        .filter(set__in=[each.pk for each in sets])
        .annotate(place=place)
        .filter(place__lte=SAMPLES)
        .select_related("line__page", "prediction")
        .defer("prediction__characters")
    )
    by_key = {each.pk: each for each in sets}
    found: dict[int, list[Item]] = defaultdict(list)
    for row in rows:
        found[row.set_id] += _items(by_key[row.set_id], [row])
    return found


def _items(chosen: ProposalSet, rows: Iterable[Any]) -> list[Item]:
    found = []
    for row in rows:
        text = row.prediction.text
        before, after = text[: row.start], text[row.start + len(chosen.seen) :]
        found.append(
            Item(
                proposal=row,
                window=pictures.window(row.line.polygon, row.left, row.right),
                read=_parts(before, chosen.seen, after),
                proposed=_parts(before, chosen.stands, after),
            )
        )
    return found


def _parts(before: str, piece: str, after: str) -> Parts:
    marked = [(before, False), (piece.replace(" ", "␣") if not piece.strip() else piece, True)]
    return [part for part in [*marked, (after, False)] if part[0]]
