"""What people confirmed on lines that nobody has reviewed yet, as the review screen shows it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Prefetch
from django.utils.formats import date_format
from django.utils.timezone import localtime

from recognition.models import Prediction
from review.models import Label
from review.proposals.pieces import Piece, with_pieces
from review.proposals.record import ProposalAnswer
from review.states import TaskKind


@dataclass(frozen=True, slots=True)
class ConfirmedPiece:
    """A piece that a person confirmed in its picture, and from whose correction it was proposed."""

    read: str
    piece: Piece
    source: Label
    confirmed_by: str
    at: datetime


def confirmed_pieces(task: Any) -> dict[int, list[ConfirmedPiece]]:
    """What is confirmed on the lines of a task's page, by line; one query where there is none.

    Nothing for a second reading, nor for an adjudication: these are made by eyes of their own.
    """
    if task.kind in (TaskKind.SECOND, TaskKind.DECIDE):
        return {}
    rows = (
        ProposalAnswer.objects.confirming()
        .filter(proposal__line__page=task.page_id)
        .select_related("proposal")
        .prefetch_related(  # most pages have none, and are not to wait for a plan of ten joins
            Prefetch("proposal__prediction", Prediction.objects.defer("characters")),
            "proposal__set__source__line__page__document",
            "proposal__set__source__reviewer",
            "round__reviewer",
        )
        .order_by("proposal__start", "pk")
    )
    found: dict[int, list[ConfirmedPiece]] = defaultdict(list)
    for row in rows:
        proposal = row.proposal
        found[proposal.line_id].append(
            ConfirmedPiece(
                read=proposal.prediction.text,
                piece=Piece(proposal.start, proposal.set.seen, proposal.set.stands),
                source=proposal.set.source,
                confirmed_by=row.round.reviewer.get_username(),
                at=row.round.at,
            )
        )
    return dict(found)


def that_fit(read: str, pieces: Sequence[ConfirmedPiece]) -> list[ConfirmedPiece]:
    """Those confirmed on this very reading: what another model reads is another matter."""
    return [each for each in pieces if each.read == read]


def text_with(read: str, pieces: Sequence[ConfirmedPiece]) -> str:
    """The reading with what is confirmed put in."""
    return with_pieces(read, [each.piece for each in that_fit(read, pieces)])


def provenance(pieces: Sequence[ConfirmedPiece], user: AbstractBaseUser) -> str:
    """Where each piece comes from, in a sentence for the person who reviews the line.

    The corrected line itself is named to who corrected it alone: its page may wait for a second
    reading, and whoever makes that may be the one who reads this.
    """
    told: dict[str, None] = {}  # each sentence once: a line may have the same piece twice
    for each in pieces:
        source = each.source
        whose = (
            f"your correction of line {source.line.position + 1} of {source.line.page}"
            if source.reviewer_id == user.pk
            else f"a correction by {source.reviewer.get_username()}"
        )
        when = date_format(localtime(each.at), "j M H:i")
        sentence = (
            f"“{each.piece.seen}” → “{each.piece.stands}”: proposed from {whose}, "
            f"confirmed by {each.confirmed_by}, {when}."
        )
        told[sentence] = None
    return " ".join(told)


def shown_texts(task: Any) -> Mapping[int, str]:
    """What the screen shows of each line before anybody types: the reading, with what is confirmed.

    Two queries.
    """
    confirmed = confirmed_pieces(task)
    read = (
        Prediction.objects.of_reading(task)
        .filter(line__page=task.page_id)
        .values_list("line_id", "text")
    )
    return {line: text_with(text, confirmed.get(line, ())) for line, text in read}
