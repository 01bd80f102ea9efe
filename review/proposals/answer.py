"""What people make of a set: each line confirmed or refused, and all of it taken back as one."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from recognition.events import record_event
from recognition.models import Page
from recognition.states import PAGE_MOVES, PageStatus, move
from review.exceptions import NothingToAnswer, NotReopenable, ProposalsNotUndoable
from review.models import ReviewTask
from review.proposals.record import (
    Proposal,
    ProposalAnswer,
    ProposalRound,
    ProposalSet,
)
from review.proposals.states import ProposalStatus
from review.services import reopen_page
from review.states import TASK_MOVES, TaskStatus

UNDO_TIME = timedelta(minutes=10)
"""So long a round of answers can be taken back, as a submit can."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of a round.

    `dropped` were answered, labelled or read again meanwhile; `in_hand` are on pages that somebody
    holds now, and stay open; `opened` counts accepted pages that go to review, because somebody has
    seen an error on them.
    """

    round: ProposalRound
    confirmed: int
    refused: int
    dropped: int
    in_hand: int
    opened: int


@transaction.atomic
def answer_proposals(
    *,
    set_id: int,
    user: AbstractBaseUser,
    confirm: Collection[int],
    refuse: Collection[int],
) -> Answered:
    """Confirm and refuse proposals of a set, by their keys; no label is made.

    A confirmed one is what the review screen of its page begins with, until somebody reviews the
    whole line; a page that had been accepted is opened for that. A refused one is never offered
    again. Who answers first counts: what others answered meanwhile, what has expired, and what is
    on a page that somebody holds is passed over. Raises NothingToAnswer where nothing is left.
    """
    chosen = ProposalSet.objects.select_for_update(of=("self",)).get(pk=set_id)
    asked = {*confirm, *refuse}
    rows = chosen.proposals.filter(pk__in=asked)
    waiting = _lock_waiting(rows.values_list("line__page", flat=True))
    standing = list(rows.standing().select_related("line__page"))
    free = set(rows.answerable().values_list("pk", flat=True))
    found = [
        each
        for each in standing
        if each.pk in free
        and (each.line.page_id in waiting or each.line.page.status == PageStatus.ACCEPTED)
    ]
    if not found:
        raise NothingToAnswer(
            "Nobody can answer these lines now: others did, the lines have been reviewed or read "
            "again, or their pages are in somebody's hands."
        )
    confirmed = [each for each in found if each.pk in set(confirm) - set(refuse)]
    refused = [each for each in found if each.pk in set(refuse)]
    made = ProposalRound.objects.create(set=chosen, reviewer_id=user.pk)
    opened = _open_accepted(made, confirmed, user)
    ProposalAnswer.objects.bulk_create(
        [
            *(
                _answer(made, each, "confirmed", opened.get(each.line.page_id))
                for each in confirmed
            ),
            *(_answer(made, each, "refused") for each in refused),
        ]
    )
    _move(confirmed, ProposalStatus.CONFIRMED)
    _move(refused, ProposalStatus.REFUSED)
    record_event(
        verb="answer proposals", subject=chosen, actor=user, round=made.pk,
        confirmed=[each.pk for each in confirmed], refused=[each.pk for each in refused],
    )  # fmt: skip
    return Answered(
        round=made,
        confirmed=len(confirmed),
        refused=len(refused),
        dropped=len(asked) - len(standing),
        in_hand=len(standing) - len(found),
        opened=len(opened),
    )


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What became of an undo: `kept` answers are on pages that people took in hand since."""

    set: ProposalSet
    undone: int
    kept: int


@transaction.atomic
def undo_round(*, round_id: int, user: AbstractBaseUser) -> TakenBack:
    """Take a whole round back: its lines are offered again, and pages it opened are accepted again.

    What is on a page that somebody has in hand, or has reviewed since, stays as it is: nothing
    changes under anybody's hands. Raises ProposalsNotUndoable.
    """
    made = (
        ProposalRound.objects.select_for_update(of=("self",)).select_related("set").get(pk=round_id)
    )
    now = timezone.now()
    if made.reviewer_id != user.pk or made.undone_at is not None:
        raise ProposalsNotUndoable("Only who answered can take that back, and only once.")
    if made.at < now - UNDO_TIME:
        raise ProposalsNotUndoable("It is too late to take this back: ten minutes are over.")
    answers = list(made.answers.counting().select_related("proposal__line__page", "opened"))
    pages = {answer.proposal.line.page_id for answer in answers}
    # Pages before tasks: so does routing. A task that is locked is in somebody's hands.
    opened = {answer.opened.page_id for answer in answers if answer.opened is not None}
    list(Page.objects.select_for_update().filter(pk__in=opened).order_by("pk"))
    free = _lock_waiting(pages) | set(
        Page.objects.filter(pk__in=pages, status=PageStatus.ACCEPTED).values_list("pk", flat=True)
    )
    back = [
        answer
        for answer in answers
        if answer.proposal.line.page_id in free or answer.said == ProposalAnswer.Said.REFUSED
    ]
    ProposalAnswer.objects.filter(pk__in=[each.pk for each in back]).update(taken_back_at=now)
    _move([each.proposal for each in back], ProposalStatus.OPEN)
    _accept_again(back)
    ProposalRound.objects.filter(pk=made.pk).update(undone_at=now)
    record_event(
        verb="undo proposals", subject=made.set, actor=user, round=made.pk,
        undone=[each.proposal_id for each in back], kept=len(answers) - len(back),
    )  # fmt: skip
    return TakenBack(made.set, len(back), len(answers) - len(back))


def _open_accepted(
    made: ProposalRound, confirmed: Iterable[Proposal], user: AbstractBaseUser
) -> dict[int, ReviewTask]:
    """Send the accepted pages among them to review, each once; the new task by page."""
    pages = Page.objects.filter(
        pk__in={each.line.page_id for each in confirmed}, status=PageStatus.ACCEPTED
    )
    reason = f"A correction made elsewhere holds here too ({made.set}): it is put in, check it."
    opened = {}
    for page in pages.order_by("pk"):
        with suppress(NotReopenable):  # routing was quicker, and it is open already
            opened[page.pk] = reopen_page(page=page, actor=user, reason=reason)
    return opened


def _lock_waiting(pages: Iterable[int]) -> set[int]:
    """Those pages whose task waits, and is kept so to the end of the transaction."""
    rows = ReviewTask.objects.filter(page__in=list(pages), status=TaskStatus.WAITING)
    locked = rows.order_by("pk").select_for_update(skip_locked=True)
    return set(locked.values_list("page", flat=True))


def _accept_again(back: Iterable[ProposalAnswer]) -> None:
    """Close the reviews that only the answers taken back had asked for."""
    for task in {each.opened for each in back if each.opened is not None}:
        others = ProposalAnswer.objects.confirming().filter(proposal__line__page=task.page_id)
        worked_on = task.drafts.exists() or task.edits.exists()
        rows = ReviewTask.objects.filter(pk=task.pk, status=TaskStatus.WAITING)
        if not others.exists() and not worked_on and move(rows, TaskStatus.WITHDRAWN, TASK_MOVES):
            move(Page.objects.filter(pk=task.page_id), PageStatus.ACCEPTED, PAGE_MOVES)


def _answer(
    made: ProposalRound, proposal: Proposal, said: str, opened: ReviewTask | None = None
) -> ProposalAnswer:
    return ProposalAnswer(round=made, proposal=proposal, said=said, opened=opened)


def _move(proposals: Iterable[Proposal], status: ProposalStatus) -> None:
    Proposal.objects.filter(pk__in=[each.pk for each in proposals]).move_all(status)
