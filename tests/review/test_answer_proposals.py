"""Confirmed and refused, on the record; taken back as one; nothing under anybody's hands."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from recognition.models import DocumentType, Event, Page
from recognition.states import PageStatus
from review import plants
from review.exceptions import NothingToAnswer, ProposalsNotUndoable
from review.leases import claim_task, release_task
from review.models import (
    Draft,
    Label,
    PlantedError,
    Proposal,
    ProposalAnswer,
    ProposalRound,
    ProposalSet,
    ReviewTask,
)
from review.proposals.answer import UNDO_TIME, answer_proposals, undo_round
from review.proposals.lists import items_of
from review.selectors import ReviewLine, review_page, task_for
from review.services import LineEntry, reopen_page, submit_page
from review.stale import typed_entries
from review.states import TaskKind, TaskStatus, Verdict
from tests import factories
from tests.proposals import OTHER, READ, RIGHT, alike_page, corrected, proposed, search

LONG_WORDS = "Everything mentioned belongs together"
"""Whatever is confused here makes a word that is long enough to be planted, by any chance."""
WORD = "Frau Schafer hat alles bezahlt, was sie sollte"


@pytest.fixture
def kind() -> DocumentType:
    return factories.make_type("Invoices")


@pytest.fixture
def offered(kind: DocumentType, reviewer: User) -> ProposalSet:
    return proposed(kind, reviewer)


@pytest.fixture
def accepted(kind: DocumentType, reviewer: User) -> ProposalSet:
    """A set whose two lines are on accepted pages."""
    for _ in range(2):
        factories.make_page(kind, lines=[(WORD, 0.999)])
    page = factories.make_page(kind, lines=[(WORD, 0.4)])
    said = WORD.replace("Schafer", "Schäfer")
    assert search(factories.submit_as_read(page, reviewer, line0=said)) == "2 proposed"
    return ProposalSet.objects.get()


def keys(chosen: ProposalSet) -> list[int]:
    return list(chosen.proposals.order_by("pk").values_list("pk", flat=True))


def answer_all(chosen: ProposalSet, user: User) -> ProposalRound:
    return answer_proposals(set_id=chosen.pk, user=user, confirm=keys(chosen), refuse=[]).round


def first_line(page: Page, user: User) -> ReviewLine:
    """The page's first line as its reviewer's screen shows it."""
    task = task_for(user).get(page=page, status__in=["waiting", "held"])
    return review_page(task, user).lines[0]


@pytest.mark.django_db
class TestConfirmed:
    def test_the_screen_begins_with_it_and_says_from_whom(
        self, offered: ProposalSet, reviewer: User
    ) -> None:
        first, *others = keys(offered)
        done = answer_proposals(set_id=offered.pk, user=reviewer, confirm=others, refuse=[first])
        assert (done.confirmed, done.refused, done.dropped, done.in_hand) == (2, 1, 0, 0)
        refused, confirmed, _ = (each.line.page for each in offered.proposals.order_by("pk"))
        line = first_line(confirmed, reviewer)
        assert (line.read, line.text) == (READ, RIGHT)
        assert "from your correction of line 1" in line.proposed
        assert f"confirmed by {reviewer.username}" in line.proposed
        other = factories.make_reviewer()
        assert f"a correction by {reviewer.username}," in first_line(confirmed, other).proposed
        assert str(offered.source.line.page) not in first_line(confirmed, other).proposed
        assert (first_line(refused, reviewer).text, first_line(refused, reviewer).proposed) == (
            READ,
            "",
        )

    def test_it_is_no_label_until_somebody_submits_the_whole_line(
        self, offered: ProposalSet, reviewer: User
    ) -> None:
        answer_all(offered, reviewer)
        page = offered.proposals.order_by("pk")[0].line.page
        assert not Label.objects.filter(line__page=page).exists()
        other = factories.make_reviewer()
        task = claim_task(page.tasks.get().pk, other)
        assert task is not None
        assert task.lease_token is not None
        shown = review_page(task_for(other).get(pk=task.pk), other)
        entries = {line.id: LineEntry(line.text) for line in shown.lines}
        submit_page(task_id=task.pk, token=task.lease_token, user=other, entries=entries, seconds=9)
        label = Label.objects.current().get(line=shown.lines[0].id)
        assert (label.text, label.verdict, label.reviewer) == (RIGHT, Verdict.CORRECTED, other)

    def test_what_a_person_typed_there_comes_first(
        self, offered: ProposalSet, reviewer: User
    ) -> None:
        line = offered.proposals.order_by("pk")[0].line
        Draft.objects.create(
            task=line.page.tasks.get(), reviewer=reviewer, line=line, text="mine",
            verdict="corrected",
        )  # fmt: skip
        answer_all(offered, reviewer)
        assert first_line(line.page, reviewer).text == "mine"
        assert first_line(line.page, factories.make_reviewer()).text == RIGHT

    def test_what_the_screen_began_with_is_not_taken_for_typing(
        self, offered: ProposalSet, reviewer: User
    ) -> None:
        answer_all(offered, reviewer)
        line = offered.proposals.order_by("pk")[0].line
        task = line.page.tasks.get()
        assert typed_entries(task, reviewer, {line.pk: LineEntry(RIGHT)}) == {}
        assert line.pk in typed_entries(task, reviewer, {line.pk: LineEntry(READ)})

    def test_another_reading_is_another_matter(self, offered: ProposalSet, reviewer: User) -> None:
        answer_all(offered, reviewer)
        page = offered.proposals.order_by("pk")[0].line.page
        better = factories.make_model(active=True)
        factories.read_again(page, better, [("The sum of all is $12.50", 0.5), (OTHER, 0.97)])
        assert first_line(page, reviewer).text == "The sum of all is $12.50"
        again = factories.make_model(active=True)
        factories.read_again(page, again, [(READ, 0.5), (OTHER, 0.97)])
        assert first_line(page, reviewer).text == RIGHT, "what was seen is still there"

    def test_no_error_is_planted_on_it(self, offered: ProposalSet, reviewer: User) -> None:
        first, *others = keys(offered)
        answer_proposals(set_id=offered.pk, user=reviewer, confirm=[first], refuse=others)
        pages = [each.line.page for each in offered.proposals.order_by("pk")]
        sure = factories.make_model()
        for page in pages:
            factories.read_again(page, sure, [(LONG_WORDS, 0.99), (OTHER, 0.2)])
            plants._plant(ReviewTask.objects.get(page=page), reviewer, 1.0)
        planted = PlantedError.objects.values_list("line__page", flat=True)
        assert set(planted) == {page.pk for page in pages[1:]}

    def test_a_second_reading_is_made_by_eyes_of_its_own(
        self, offered: ProposalSet, reviewer: User
    ) -> None:
        answer_all(offered, reviewer)
        page = offered.proposals.order_by("pk")[0].line.page
        ReviewTask.objects.filter(page=page).update(status=TaskStatus.WITHDRAWN)
        done = ReviewTask.objects.get(pk=offered.source.task_id)
        ReviewTask.objects.filter(pk=done.pk).update(page=page)
        ReviewTask.objects.create(
            page=page, document_type=done.document_type, kind=TaskKind.SECOND, first=done,
            first_reviewer=reviewer, model_version=page.model_version,
            character_set=page.character_set,
        )  # fmt: skip
        assert first_line(page, factories.make_reviewer()).text == READ


@pytest.mark.django_db
class TestAcceptedPages:
    """An error that somebody has seen is not delivered as accepted."""

    def test_confirming_sends_them_to_review_and_refusing_does_not(
        self, accepted: ProposalSet, reviewer: User
    ) -> None:
        one, two = keys(accepted)
        done = answer_proposals(set_id=accepted.pk, user=reviewer, confirm=[one], refuse=[two])
        assert done.opened == 1
        pages = {each.pk: each.line.page for each in accepted.proposals.all()}
        assert pages[two].status == PageStatus.ACCEPTED
        assert pages[one].status == PageStatus.REVIEW
        task = pages[one].tasks.get()
        assert (task.kind, task.status) == (TaskKind.REOPENED, TaskStatus.WAITING)
        assert first_line(pages[one], reviewer).text == WORD.replace("Schafer", "Schäfer")
        shown = review_page(task_for(reviewer).get(pk=task.pk), reviewer)
        assert "a → ä" in shown.reopened_because

    def test_taken_back_they_are_accepted_again(
        self, accepted: ProposalSet, reviewer: User
    ) -> None:
        made = answer_all(accepted, reviewer)
        back = undo_round(round_id=made.pk, user=reviewer)
        assert (back.undone, back.kept) == (2, 0)
        pages = Page.objects.filter(lines__in=accepted.proposals.values("line"))
        assert {page.status for page in pages} == {PageStatus.ACCEPTED}
        assert set(ReviewTask.objects.filter(page__in=pages).values_list("status", flat=True)) == {
            TaskStatus.WITHDRAWN
        }

    def test_but_not_where_somebody_has_worked_on_them(
        self, accepted: ProposalSet, reviewer: User
    ) -> None:
        made = answer_all(accepted, reviewer)
        page = accepted.proposals.order_by("pk")[0].line.page
        other = factories.make_reviewer()
        task = page.tasks.get()
        Draft.objects.create(
            task=task, reviewer=other, line=page.lines.current()[0], text="x", verdict="corrected"
        )
        undo_round(round_id=made.pk, user=reviewer)
        assert Page.objects.get(pk=page.pk).status == PageStatus.REVIEW
        task.refresh_from_db()
        assert task.status == TaskStatus.WAITING


@pytest.mark.django_db
class TestUndo:
    def test_every_line_is_as_it_was_and_offered_again(
        self, offered: ProposalSet, reviewer: User
    ) -> None:
        first, *others = keys(offered)
        done = answer_proposals(set_id=offered.pk, user=reviewer, confirm=others, refuse=[first])
        assert items_of(offered) == []
        back = undo_round(round_id=done.round.pk, user=reviewer)
        assert (back.undone, back.kept) == (3, 0)
        assert {item.proposal.pk for item in items_of(offered)} == {first, *others}
        for proposal in offered.proposals.all():
            assert first_line(proposal.line.page, reviewer).text == READ
        assert ProposalAnswer.objects.count() == 3, "what was said stays on the record"
        assert not ProposalAnswer.objects.counting().exists()
        answered, undone = Event.objects.filter(subject_id=str(offered.pk)).order_by("pk")
        assert (answered.verb, undone.verb) == ("answer proposals", "undo proposals")
        assert (answered.actor, sorted(answered.data["confirmed"])) == (reviewer, others)

    def test_only_its_maker_within_ten_minutes_and_once(
        self, offered: ProposalSet, reviewer: User
    ) -> None:
        made = answer_all(offered, reviewer)
        with pytest.raises(ProposalsNotUndoable):
            undo_round(round_id=made.pk, user=factories.make_admin())
        undo_round(round_id=made.pk, user=reviewer)
        with pytest.raises(ProposalsNotUndoable):
            undo_round(round_id=made.pk, user=reviewer)

    def test_not_after_ten_minutes(
        self, offered: ProposalSet, reviewer: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = answer_all(offered, reviewer)
        later = timezone.now() + UNDO_TIME + timedelta(seconds=1)
        monkeypatch.setattr("review.proposals.answer.timezone.now", lambda: later)
        with pytest.raises(ProposalsNotUndoable, match="too late"):
            undo_round(round_id=made.pk, user=reviewer)

    def test_a_page_taken_in_hand_or_reviewed_since_stays_as_it_is(
        self, offered: ProposalSet, reviewer: User
    ) -> None:
        made = answer_all(offered, reviewer)
        held, submitted, free = (each.line.page for each in offered.proposals.order_by("pk"))
        other = factories.make_reviewer()
        factories.submit_as_read(submitted, other, line0=RIGHT)
        assert claim_task(held.tasks.get().pk, other)
        back = undo_round(round_id=made.pk, user=reviewer)
        assert (back.undone, back.kept) == (1, 2)
        assert first_line(held, other).text == RIGHT
        assert first_line(free, reviewer).text == READ
        assert Label.objects.current().get(line__page=submitted, line__position=0).text == RIGHT


@pytest.mark.django_db
class TestNotAnyMore:
    def test_a_page_in_somebodys_hands_is_not_changed(
        self, offered: ProposalSet, reviewer: User
    ) -> None:
        page = offered.proposals.order_by("pk")[0].line.page
        other = factories.make_reviewer()
        held = claim_task(page.tasks.get().pk, other)
        assert held is not None
        done = answer_proposals(set_id=offered.pk, user=reviewer, confirm=keys(offered), refuse=[])
        assert (done.confirmed, done.in_hand, done.dropped) == (2, 1, 0)
        assert first_line(page, other).text == READ
        assert held.lease_token is not None
        release_task(task_id=held.pk, token=held.lease_token)
        assert len(items_of(offered)) == 1

    def test_what_was_labelled_meanwhile_is_dropped_and_told(
        self, offered: ProposalSet, reviewer: User
    ) -> None:
        page = offered.proposals.order_by("pk")[0].line.page
        factories.submit_as_read(page, factories.make_reviewer())
        done = answer_proposals(set_id=offered.pk, user=reviewer, confirm=keys(offered), refuse=[])
        assert (done.confirmed, done.dropped) == (2, 1)

    def test_answered_by_another_it_is_told(self, offered: ProposalSet, reviewer: User) -> None:
        answer_all(offered, factories.make_reviewer())
        with pytest.raises(NothingToAnswer):
            answer_all(offered, reviewer)

    def test_keys_of_other_sets_are_nothing_here(
        self, kind: DocumentType, offered: ProposalSet, reviewer: User
    ) -> None:
        strange = Proposal.objects.order_by("pk").last()
        assert strange is not None
        other = ProposalSet.objects.create(
            source=offered.source, document_type=kind, seen="x", stands="y"
        )
        with pytest.raises(NothingToAnswer):
            answer_proposals(set_id=other.pk, user=reviewer, confirm=[strange.pk], refuse=[])


@pytest.mark.django_db(transaction=True)
def test_of_two_who_answer_at_once_the_first_counts(reviewer: User) -> None:
    chosen = proposed(factories.make_type(), reviewer, pages=4)
    people = [factories.make_reviewer(), factories.make_reviewer()]
    asked = keys(chosen)
    start = Barrier(2)

    def answer(place: int) -> int:
        start.wait()
        confirm = asked if place == 0 else []
        refuse = [] if place == 0 else asked
        try:
            done = answer_proposals(
                set_id=chosen.pk, user=people[place], confirm=confirm, refuse=refuse
            )
            return done.confirmed + done.refused
        except NothingToAnswer:
            return 0
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(answer, (0, 1)))
    assert sorted(done) == [0, 4]
    assert ProposalAnswer.objects.counting().count() == 4
    assert ProposalRound.objects.count() == 1


@pytest.mark.django_db
class TestPages:
    def test_the_list_and_the_queue_tell_of_it(
        self, site: Client, offered: ProposalSet, reviewer: User
    ) -> None:
        html = site.get(reverse("proposal_list")).content.decode()
        assert "3 lines look the same" in html
        assert html.count("/picture/") == 3
        queue = site.get(reverse("review_queue")).content.decode()
        assert "1 correction may hold on other lines too" in queue
        told = site.get(reverse("proposals_of_task", args=[offered.source.task_id])).json()
        assert told == {"lines": 3, "address": reverse("proposal_set", args=[offered.pk])}

    def test_ticked_ones_are_confirmed_the_others_refused_and_taken_back(
        self, site: Client, offered: ProposalSet
    ) -> None:
        address = reverse("proposal_set", args=[offered.pk])
        html = site.get(address).content.decode()
        assert html.count('name="confirm"') == 3
        assert html.count("<mark>0</mark>") == html.count("<mark>8</mark>") == 3
        first, *others = keys(offered)
        form = {"shown": [first, *others, "junk", "9" * 30], "confirm": [*others, 10**9]}
        answer = site.post(address, form, follow=True)
        assert "Confirmed 2, refused 1." in answer.content.decode()
        made = ProposalRound.objects.get()
        back = site.post(reverse("proposal_undo", args=[made.pk]), follow=True)
        assert "Taken back: 3 lines are as before." in back.content.decode()
        assert site.post(reverse("proposal_undo", args=[made.pk]), follow=True).status_code == 200

    def test_stale_answers_are_told(self, site: Client, offered: ProposalSet) -> None:
        address = reverse("proposal_set", args=[offered.pk])
        answer_all(offered, factories.make_reviewer())
        form = {"shown": keys(offered), "confirm": keys(offered)}
        assert (
            "Nobody can answer these lines now"
            in site.post(address, form, follow=True).content.decode()
        )
        assert "Nothing left to answer here" in site.get(address).content.decode()

    def test_the_picture_shows_the_piece_and_is_kept_by_the_browser(
        self, site: Client, offered: ProposalSet
    ) -> None:
        address = reverse("proposal_picture", args=[keys(offered)[0]])
        answer = site.get(address)
        assert answer["Content-Type"] == "image/jpeg"
        assert answer.content[:2] == b"\xff\xd8"
        assert site.get(address, headers={"If-None-Match": answer["ETag"]}).status_code == 304

    def test_wrong_methods_are_refused(self, site: Client, offered: ProposalSet) -> None:
        made = answer_all(offered, factories.make_reviewer())
        assert site.post(reverse("proposal_list")).status_code == 405
        assert site.put(reverse("proposal_set", args=[offered.pk])).status_code == 405
        assert site.get(reverse("proposal_undo", args=[made.pk])).status_code == 405
        assert site.post(reverse("proposal_picture", args=[keys(offered)[0]])).status_code == 405
        task = offered.source.task_id
        assert site.post(reverse("proposals_of_task", args=[task])).status_code == 405

    def test_somebody_elses_answers_are_not_taken_back(
        self, site: Client, offered: ProposalSet
    ) -> None:
        made = answer_all(offered, factories.make_reviewer())
        answer = site.post(reverse("proposal_undo", args=[made.pk]), follow=True)
        assert "Only who answered can take that back" in answer.content.decode()
        assert ProposalAnswer.objects.counting().count() == 3

    def test_an_empty_list_says_when_something_comes(self, site: Client) -> None:
        assert "Nothing to look at" in site.get(reverse("proposal_list")).content.decode()

    @pytest.mark.parametrize("pages", [2, 9])
    def test_pages_take_a_fixed_number_of_queries(
        self, site: Client, kind: DocumentType, reviewer: User, pages: int,
        django_assert_num_queries: object,
    ) -> None:  # fmt: skip
        made = proposed(kind, reviewer, pages=pages)
        with django_assert_num_queries(7):  # type: ignore[operator]
            site.get(reverse("proposal_list"))
        with django_assert_num_queries(6):  # type: ignore[operator]
            site.get(reverse("proposal_set", args=[made.pk]))


@pytest.mark.django_db
def test_a_page_opened_again_by_an_admin_shows_its_label_not_the_proposal(
    offered: ProposalSet, reviewer: User
) -> None:
    answer_all(offered, reviewer)
    page = offered.proposals.order_by("pk")[0].line.page
    factories.submit_as_read(page, factories.make_reviewer())
    reopen_page(page=page, actor=factories.make_admin(), reason="look again")
    assert first_line(page, reviewer).text == READ


@pytest.mark.django_db
def test_two_sets_put_both_their_pieces_in(kind: DocumentType, reviewer: User) -> None:
    pages = [alike_page(kind) for _ in range(2)]
    assert search(corrected(kind, reviewer)) == "2 proposed"
    made = ProposalSet.objects.get()
    answer_all(made, reviewer)
    other = ProposalSet.objects.create(source=made.source, document_type=kind, seen="u", stands="o")
    for page in pages:
        line = page.lines.current()[0]
        Proposal.objects.create(
            set=other, line=line, prediction=line.predictions.get(), start=READ.index("sum") + 1,
            text=READ.replace("sum", "som"), left=0.1, right=0.2, likeness=0.9,
        )  # fmt: skip
    answer_all(other, reviewer)
    assert first_line(pages[0], reviewer).text == RIGHT.replace("sum", "som")
