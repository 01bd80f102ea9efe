"""What must never be false of proposals and of the answers to them, attacked in the database."""

import pytest
from django.db import InternalError, transaction
from django.utils import timezone

from review.models import (
    Label,
    PlantedError,
    Proposal,
    ProposalAnswer,
    ProposalRound,
    ProposalSearch,
    ProposalSet,
)
from review.proposals.answer import answer_proposals
from tests.constraints.attacks import breaks, copy_of, insert, protected, update
from tests.factories import make_reviewer, make_type
from tests.proposals import proposed

pytestmark = pytest.mark.django_db


@pytest.fixture
def made() -> ProposalSet:
    return proposed(make_type(), make_reviewer())


def refused_by_trigger(action: object) -> None:
    with pytest.raises(InternalError, match="pgtrigger"), transaction.atomic():
        action()  # type: ignore[operator]


def test_a_submit_is_searched_once_and_that_stays_on_record(made: ProposalSet) -> None:
    search = ProposalSearch.objects.get()
    breaks("searched_once_a_submit", insert(search))
    protected(search, at=timezone.now())


def test_a_set_is_one_change_of_one_correction(made: ProposalSet) -> None:
    breaks("proposed_once_a_correction", insert(made))
    breaks("proposal_set_changes_something", insert(made, seen=""))
    breaks("proposal_set_changes_something", insert(made, seen="x", stands="x"))
    protected(made, seen="other")


def test_what_stands_on_a_reading_is_proposed_once_refused_or_not(made: ProposalSet) -> None:
    proposal = made.proposals.all()[0]
    breaks("proposed_once_on_a_reading", insert(proposal, status="open"))
    update(proposal, status="refused")()
    breaks("proposed_once_on_a_reading", insert(proposal, status="open"))
    insert(proposal, status="expired")()


def test_a_proposal_is_in_a_known_state_at_a_place_on_its_line(made: ProposalSet) -> None:
    proposal = made.proposals.all()[0]
    breaks("proposal_status_known", update(proposal, status="lost"))
    other = {"text": "another"}
    breaks("proposal_likeness_in_range", insert(proposal, likeness=1.5, **other))
    breaks("proposal_place_on_the_line", insert(proposal, left=0.6, right=0.5, **other))
    breaks("proposal_place_on_the_line", insert(proposal, left=-0.1, **other))
    refused_by_trigger(update(proposal, text="changed"))
    refused_by_trigger(lambda: Proposal.objects.filter(pk=proposal.pk)._raw_delete("default"))
    update(proposal, status="expired")()
    refused_by_trigger(update(proposal, status="open"))


def test_a_proposal_has_one_answer_that_counts_and_each_stays_on_record(made: ProposalSet) -> None:
    asked = list(made.proposals.values_list("pk", flat=True))
    answer_proposals(set_id=made.pk, user=make_reviewer(), confirm=asked[:1], refuse=asked[1:])
    refused = ProposalAnswer.objects.filter(said="refused")[0]
    breaks("one_standing_answer_a_proposal", insert(refused, said="confirmed"))
    back = {"taken_back_at": timezone.now()}
    breaks("proposal_answer_known", insert(refused, said="perhaps", **back))
    task = made.source.task_id
    breaks("proposal_answer_opens_when_confirmed", insert(refused, opened_id=task, **back))
    protected(ProposalRound.objects.get(), at=timezone.now())
    protected(refused, said="confirmed")
    update(refused, **back)()
    refused_by_trigger(update(refused, taken_back_at=None))
    round_ = ProposalRound.objects.get()
    update(round_, undone_at=timezone.now())()
    refused_by_trigger(update(round_, undone_at=None))


def test_no_planted_error_is_a_source_or_a_place_of_proposals(made: ProposalSet) -> None:
    label = made.source
    plant = {"model_text": "as read", "planted_text": "as raed"}
    PlantedError.objects.create(task=label.task, reviewer=label.reviewer, line=label.line, **plant)
    refused_by_trigger(insert(made, seen="x", stands="y"))
    other = Label.objects.current().exclude(pk=label.pk).get(task=label.task)
    ProposalSet.objects.bulk_create([copy_of(made, source_id=other.pk)])  # type: ignore[list-item]
    proposal = made.proposals.all()[0]
    task = proposal.line.page.tasks.get()
    PlantedError.objects.create(task=task, reviewer=make_reviewer(), line=proposal.line, **plant)
    refused_by_trigger(insert(proposal, text="another"))
