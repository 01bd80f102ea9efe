"""Named, chainable reads of proposals."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q

from recognition.querysets import OfTypeQuerySet, is_admin
from recognition.states import PageStatus
from review.proposals.states import PROPOSAL_MOVES, ProposalStatus
from review.states import OPEN, TaskStatus

if TYPE_CHECKING:
    from review.proposals import record as m  # noqa: F401  named in a string below


def _rows(name: str, app: str = "review") -> Any:
    """A model's rows by its name: these querysets are made before the models are."""
    return apps.get_model(app, name)._default_manager


class ProposalSetQuerySet(OfTypeQuerySet["m.ProposalSet"]):
    type_path = "document_type"

    def readable_by(self, user: Any) -> Self:
        """Sets of the types the user may see, but none that would spoil a blind second reading.

        A set shows its source: what the first reviewer said of a page that waits for a second.
        """
        if is_admin(user):
            return self
        types = _rows("DocumentType", "recognition").visible_to(user)
        unspoilt = _rows("Label").unspoilt_for(user).filter(pk=OuterRef("source"))
        return self.filter(Exists(unspoilt), document_type__in=types.order_by().values("pk"))

    def offered(self) -> Self:
        """Sets whose correction still counts and of which some line can be answered now."""
        proposals = _rows("Proposal").answerable()
        return self.filter(Exists(proposals.filter(set=OuterRef("pk"))), source__superseded_at=None)

    def with_open_lines(self) -> Self:
        """Adds `open_lines`, the lines on which the set can be answered now."""
        proposals = _rows("Proposal").answerable()
        counted = (
            proposals.filter(set=OuterRef("pk"))
            .order_by()
            .values("set")
            .annotate(number=Count("line", distinct=True))
            .values("number")
        )
        return self.annotate(open_lines=models.Subquery(counted))


class ProposalQuerySet(models.QuerySet["m.Proposal"]):
    def open(self) -> Self:
        return self.filter(status=ProposalStatus.OPEN)

    def confirmed(self) -> Self:
        return self.filter(status=ProposalStatus.CONFIRMED)

    def refused(self) -> Self:
        return self.filter(status=ProposalStatus.REFUSED)

    def answerable(self) -> Self:
        """Open ones whose line stands as it was offered, on a page that nobody has in hand.

        The line has no label and no planted error, the prediction is what the page shows, and the
        correction still counts.
        """
        lines = OuterRef("line")
        return self.standing().filter(
            ~Exists(_rows("PlantedError").filter(line=lines)),
            Q(line__page__status=PageStatus.ACCEPTED) | Exists(_waiting(OuterRef("line__page"))),
        )

    def standing(self) -> Self:
        """Open ones that have not expired, whoever has their pages in hand."""
        return self.open().filter(
            unlabelled("line"),
            is_shown("prediction__", "line__page"),
            line__retired_at=None,
            set__source__superseded_at=None,
        )

    def move_all(self, to: str) -> int:
        """Move the rows to a state from where that is allowed; returns how many were."""
        return self.filter(status__in=PROPOSAL_MOVES[to]).update(status=to)

    def expired(self) -> Self:
        """Open ones that can never be answered any more."""
        return self.open().exclude(pk__in=self.model._default_manager.standing().values("pk"))


class ProposalRoundQuerySet(models.QuerySet["m.ProposalRound"]):
    def undoable_by(self, user: Any, since: datetime) -> Self:
        """What the user answered since then and has not taken back."""
        return self.filter(reviewer=user.pk, at__gt=since, undone_at=None)

    def with_numbers(self) -> Self:
        """Adds `confirmed` and `refused`, how many answers of each kind count."""
        counting = Q(answers__taken_back_at=None)
        return self.annotate(
            confirmed=Count("answers", filter=counting & Q(answers__said="confirmed")),
            refused=Count("answers", filter=counting & Q(answers__said="refused")),
        )


def unlabelled(line: str) -> Exists:
    """Nobody has said anything of the line, which is reached by this lookup."""
    return ~Exists(_rows("Label").filter(line=OuterRef(line), superseded_at=None))  # type: ignore[return-value]


def is_shown(prediction: str, page: str) -> Q:
    """The prediction is what its page goes by: an accepted one, or one that is to be reviewed.

    `prediction` is the prefix of the prediction's fields ("" for its own rows), `page` the lookup
    of its page.
    """
    version, chosen = f"{prediction}model_version", f"{prediction}character_set"
    task = _rows("ReviewTask").filter(
        page=OuterRef(page),
        status__in=sorted(OPEN),
        model_version=OuterRef(version),
        character_set=OuterRef(chosen),
    )
    read = {f"{page}__model_version": F(version), f"{page}__character_set": F(chosen)}
    return Q(**read, **{f"{page}__status": PageStatus.ACCEPTED}) | Q(
        Exists(task), **{f"{page}__status": PageStatus.REVIEW}
    )


def unreviewed(rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
    """Predictions that their pages go by, on lines without label and without planted error."""
    planted = _rows("PlantedError").filter(line=OuterRef("line"))
    return rows.filter(
        unlabelled("line"), ~Exists(planted), is_shown("", "line__page"), line__retired_at=None
    )


def _waiting(page: OuterRef) -> models.QuerySet[Any]:
    """The task of a page that waits, and that nobody has in hand."""
    found: models.QuerySet[Any] = _rows("ReviewTask").filter(page=page, status=TaskStatus.WAITING)
    return found


class ProposalAnswerQuerySet(models.QuerySet["m.ProposalAnswer"]):
    def counting(self) -> Self:
        """Those that were not taken back."""
        return self.filter(taken_back_at=None)

    def confirming(self) -> Self:
        return self.counting().filter(said="confirmed")
