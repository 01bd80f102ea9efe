"""What a correction changed is found on other lines, and only where it may be offered."""

import pytest
from django.contrib.auth.models import User
from django.test import TestCase
from django.utils import timezone

from recognition.models import DocumentType, Page
from recognition.states import PageStatus
from review.leases import claim_task
from review.models import (
    Label,
    PlantedError,
    Proposal,
    ProposalSearch,
    ProposalSet,
    ReviewTask,
)
from review.proposals import find
from review.proposals.answer import answer_proposals
from review.proposals.lists import items_of, offered_count, offered_sets
from review.states import TaskKind
from review.undo import undo_submit
from tests import factories
from tests.proposals import OTHER, READ, RIGHT, alike_page, corrected, proposed, search
from tests.review.helpers import expire

pytestmark = pytest.mark.django_db


@pytest.fixture
def kind() -> DocumentType:
    return factories.make_type("Invoices")


def test_lines_with_the_same_misreading_become_one_set(kind: DocumentType, reviewer: User) -> None:
    waiting, accepted = alike_page(kind), factories.make_page(kind, lines=[(READ, 0.999)])
    other = alike_page(kind, text=OTHER)
    third = alike_page(kind)
    assert accepted.status == PageStatus.ACCEPTED
    task = corrected(kind, reviewer)
    assert search(task) == "2 proposed"
    (made,) = ProposalSet.objects.all()
    assert (made.seen, made.stands, made.document_type) == ("0", "8", kind)
    assert made.source == Label.objects.current().get(task=task, line__position=0)
    found = {each.line.page_id: each for each in made.proposals.all()}
    assert set(found) == {waiting.pk, third.pk}, "a sure character on an accepted page is no doubt"
    assert other.pk not in found
    one = found[waiting.pk]
    assert (one.text, one.start) == (RIGHT, len(READ) - 1)
    assert one.likeness > 0.99
    assert (one.left, one.right) == pytest.approx(((len(READ) - 1) / len(READ), 1.0), abs=1e-3)
    assert [row.lines for row in offered_sets(reviewer)] == [2]


def test_the_same_wrong_word_is_found_where_the_model_was_sure(
    kind: DocumentType, reviewer: User
) -> None:
    read = "Frau Schafer hat alles bezahlt, was sie sollte"
    pages = [factories.make_page(kind, lines=[(read, 0.999)]) for _ in range(2)]
    page = factories.make_page(kind, lines=[(read, 0.4)])
    task = factories.submit_as_read(page, reviewer, line0=read.replace("Schafer", "Schäfer"))
    assert search(task) == "2 proposed"
    (made,) = ProposalSet.objects.all()
    assert (made.seen, made.stands) == ("a", "ä")
    assert {each.line.page_id for each in made.proposals.all()} == {page.pk for page in pages}
    assert {each.text for each in made.proposals.all()} == {read.replace("Schafer", "Schäfer")}
    assert all(item.accepted for item in items_of(made))


def test_a_word_that_people_left_standing_elsewhere_proposes_nothing(
    kind: DocumentType, reviewer: User
) -> None:
    read = "Frau Schafer hat alles bezahlt, was sie sollte"
    factories.submit_as_read(factories.make_page(kind, lines=[(read, 0.4)]), reviewer)
    for _ in range(2):
        factories.make_page(kind, lines=[(read, 0.999)])
    page = factories.make_page(kind, lines=[(read, 0.4)])
    task = factories.submit_as_read(page, reviewer, line0=read.replace("Schafer", "Schäfer"))
    assert search(task) == "0 proposed"


def test_a_line_that_looks_otherwise_is_not_offered(kind: DocumentType, reviewer: User) -> None:
    """The same was read with the same doubt, but something else stands in the picture."""
    drawn = [("The sum of all the bills for a whole year is now $12.5W", 0.42), (OTHER, 0.97)]
    unlike = factories.make_page(kind, lines=[(READ, 0.42), (OTHER, 0.97)], drawn=drawn)
    alike = [alike_page(kind), alike_page(kind)]
    assert search(corrected(kind, reviewer)) == "2 proposed"
    lines = Proposal.objects.values_list("line__page", flat=True)
    assert set(lines) == {page.pk for page in alike}
    assert unlike.pk not in lines


def test_a_single_line_makes_no_set(kind: DocumentType, reviewer: User) -> None:
    alike_page(kind)
    assert search(corrected(kind, reviewer)) == "0 proposed"
    assert not ProposalSet.objects.exists()


def test_other_types_are_left_alone(kind: DocumentType, reviewer: User) -> None:
    other = factories.make_type()
    for _ in range(2):
        alike_page(other)
    assert search(corrected(kind, reviewer)) == "0 proposed"


def test_a_search_is_made_once(kind: DocumentType, reviewer: User) -> None:
    proposed(kind, reviewer)
    task = ReviewTask.objects.get(done_by=reviewer)
    assert search(task) == "searched already"
    assert Proposal.objects.count() == 3


def test_a_submit_taken_back_meanwhile_proposes_nothing(kind: DocumentType, reviewer: User) -> None:
    for _ in range(2):
        alike_page(kind)
    task = corrected(kind, reviewer)
    undo_submit(task_id=task.pk, user=reviewer)
    assert search(task) == "taken back"
    assert not ProposalSearch.objects.exists()


def test_a_correction_taken_back_is_not_offered_any_more(
    kind: DocumentType, reviewer: User
) -> None:
    made = proposed(kind, reviewer)
    undo_submit(task_id=made.source.task_id, user=reviewer)
    assert offered_sets(reviewer) == []
    find.expire_proposals()
    assert set(Proposal.objects.values_list("status", flat=True)) == {"expired"}


def test_submitted_again_the_same_lines_are_offered_again(
    kind: DocumentType, reviewer: User
) -> None:
    made = proposed(kind, reviewer)
    page = made.source.line.page
    undo_submit(task_id=made.source.task_id, user=reviewer)
    again = factories.submit_as_read(page, reviewer, line0=RIGHT)
    assert search(again) == "3 proposed"
    assert [row.lines for row in offered_sets(reviewer)] == [3]


def test_a_line_that_got_a_label_or_another_reading_is_offered_no_more(
    kind: DocumentType, reviewer: User
) -> None:
    made = proposed(kind, reviewer)
    labelled, reread, _ = (each.line.page for each in made.proposals.order_by("pk"))
    factories.submit_as_read(labelled, factories.make_reviewer())
    ReviewTask.objects.filter(page=reread).update(model_version=factories.make_model())
    assert [item.proposal.line.page_id for item in items_of(made)] == [
        each.line.page_id for each in made.proposals.order_by("pk")
    ][2:]
    assert find.expire_proposals() == 2


def test_pages_in_somebodys_hands_are_offered_when_they_are_free(
    kind: DocumentType, reviewer: User
) -> None:
    made = proposed(kind, reviewer)
    page = made.proposals.first().line.page  # type: ignore[union-attr]
    task = ReviewTask.objects.open().get(page=page)
    assert claim_task(task.pk, factories.make_reviewer())
    assert len(items_of(made)) == 2
    expire(task)
    assert len(items_of(made)) == 2, "who comes back within minutes still has it on the screen"
    ReviewTask.objects.filter(pk=task.pk).update(
        status="waiting", reviewer=None, lease_token=None, lease_expires_at=None, hold=""
    )
    assert len(items_of(made)) == 3
    assert find.expire_proposals() == 0


def test_what_was_refused_is_never_offered_again_whatever_reads_the_line(
    kind: DocumentType, reviewer: User
) -> None:
    made = proposed(kind, reviewer)
    refused = made.proposals.first()
    assert refused is not None
    answer_proposals(set_id=made.pk, user=reviewer, confirm=[], refuse=[refused.pk])
    better = factories.make_model(active=True, document_type=kind)
    for page in Page.objects.filter(status=PageStatus.REVIEW):
        factories.read_again(page, better, [(READ, 0.5), (OTHER, 0.97)])
    assert search(corrected(kind, factories.make_reviewer())) == "2 proposed"
    fresh = ProposalSet.objects.latest("pk")
    assert refused.line_id not in fresh.proposals.values_list("line", flat=True)


class TestPlantedErrors:
    """Proposals neither come from planted errors nor give them away."""

    def test_a_line_with_a_planted_error_is_no_source(
        self, kind: DocumentType, reviewer: User
    ) -> None:
        for _ in range(2):
            alike_page(kind)
        page = alike_page(kind)
        task = page.tasks.get()
        plant(task, reviewer, page)
        done = factories.submit_as_read(page, reviewer, line0=RIGHT)
        assert search(done) == "0 proposed"

    def test_a_line_with_a_planted_error_is_not_proposed(
        self, kind: DocumentType, reviewer: User
    ) -> None:
        pages = [alike_page(kind) for _ in range(3)]
        plant(pages[0].tasks.get(), factories.make_reviewer(), pages[0])
        assert search(corrected(kind, reviewer)) == "2 proposed"
        assert pages[0].pk not in Proposal.objects.values_list("line__page", flat=True)

    def test_one_planted_after_the_search_hides_the_line(
        self, kind: DocumentType, reviewer: User
    ) -> None:
        made = proposed(kind, reviewer)
        page = made.proposals.first().line.page  # type: ignore[union-attr]
        plant(page.tasks.get(), factories.make_reviewer(), page)
        assert len(items_of(made)) == 2


def plant(task: ReviewTask, reviewer: User, page: Page) -> PlantedError:
    return PlantedError.objects.create(
        task=task,
        reviewer=reviewer,
        line=page.lines.current()[0],
        model_text=READ,
        planted_text=READ.replace("bills", "biils"),
    )


class TestWhoIsOffered:
    def test_only_who_may_see_the_type(self, reviewer: User) -> None:
        secret = factories.make_type(groups=["Legal"])
        insider = factories.make_user("Reviewer", "Legal")
        proposed(secret, insider)
        assert offered_count(reviewer) == 0
        assert offered_count(insider) == 1
        assert offered_count(factories.make_admin()) == 1

    def test_nothing_that_would_spoil_a_blind_second_reading(self, reviewer: User) -> None:
        kind = factories.make_type(second_review_rate=1.0, second_review_blind=True)
        made = proposed(kind, reviewer)
        assert ReviewTask.objects.open().get(page=made.source.line.page).kind == TaskKind.SECOND
        assert offered_count(factories.make_reviewer()) == 0
        assert offered_count(reviewer) == 1

    def test_a_second_reading_that_does_not_count_proposes_nothing(self, reviewer: User) -> None:
        kind = factories.make_type(second_review_rate=1.0)
        for _ in range(2):
            alike_page(kind)
        page = alike_page(kind)
        factories.submit_as_read(page, reviewer)
        second = factories.submit_as_read(page, factories.make_reviewer(), line0=RIGHT)
        assert second.kind == TaskKind.SECOND
        assert search(second) == "0 proposed"


def test_a_submit_asks_for_the_search_only_where_something_was_corrected(
    kind: DocumentType, reviewer: User
) -> None:
    with TestCase.captureOnCommitCallbacks() as asked:
        factories.submit_as_read(alike_page(kind), reviewer)
    plain = len(asked)
    with TestCase.captureOnCommitCallbacks() as asked:
        factories.submit_as_read(alike_page(kind), reviewer, line0=RIGHT)
    assert len(asked) == plain + 1


def test_the_sweep_asks_again_for_what_was_lost(kind: DocumentType, reviewer: User) -> None:
    lost, searched = corrected(kind, reviewer), corrected(kind, reviewer)
    factories.submit_as_read(alike_page(kind), reviewer)
    search(searched)
    assert find.sweep_unsearched() == 0
    ReviewTask.objects.filter(done_by=reviewer).update(
        done_at=timezone.now() - 2 * find.SWEEP_AFTER
    )
    assert find.sweep_unsearched() == 1
    assert find.sweep_unsearched() == 0, "it waits in a queue, and is not sent twice"
    search(lost)
    assert find.sweep_unsearched() == 0
