"""A second person, a third who decides, and nobody who checks their own work."""

import re
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, InternalError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from recognition.character_sets import CharacterSet
from recognition.line_order import standing
from recognition.models import Event, Page
from recognition.states import PageStatus
from review.exceptions import InvalidChange
from review.leases import claim_next, claim_task
from review.models import Draft, Label, ReviewTask
from review.reshaping import COMPARED, Change, change_lines
from review.second import differences
from review.second_views import pairs
from review.states import TaskKind, TaskStatus, Verdict
from review.turned import read_page_turned, request_turned_reading
from review.undo import undo_submit
from tests import factories
from tests.doubles import ScriptedEngine, always
from tests.factories import make_reviewer, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def first_done(reviewer: User) -> ReviewTask:
    """A page of a type whose pages are all read twice, reviewed once."""
    kind = factories.make_type(second_review_rate=1.0)
    return factories.submit_as_read(factories.make_page(kind), reviewer, line0="Total 12.58")


@pytest.fixture
def disputed(first_done: ReviewTask) -> ReviewTask:
    """The adjudication of a page whose first line two people read differently."""
    factories.submit_as_read(first_done.page, make_reviewer(), line0="Total 12.56")
    return ReviewTask.objects.get(page=first_done.page, kind=TaskKind.DECIDE)


def waiting_second(task: ReviewTask) -> ReviewTask:
    return ReviewTask.objects.open().get(page=task.page, kind=TaskKind.SECOND)


def token_of(task: ReviewTask) -> UUID:
    assert task.lease_token is not None
    return task.lease_token


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def take(client: Client, task: ReviewTask) -> ReviewTask:
    client.post(reverse("review_task", args=[task.pk]))
    return ReviewTask.objects.get(pk=task.pk)


class TestSecondPerson:
    """Who is asked, and what they are shown."""

    def test_the_first_person_is_never_handed_the_page_again(
        self, first_done: ReviewTask, reviewer: User
    ) -> None:
        second = waiting_second(first_done)
        assert claim_next(reviewer) is None
        assert claim_task(second.pk, reviewer) is None
        site = client_of(reviewer)
        assert site.get(reverse("review_queue")).context["queue"].state == "own_work"
        other = claim_next(make_reviewer())
        assert other is not None
        assert other.pk == second.pk

    def test_the_first_person_is_told_why_they_cannot_take_it(
        self, first_done: ReviewTask, reviewer: User
    ) -> None:
        second, site = waiting_second(first_done), client_of(reviewer)
        address = reverse("review_task", args=[second.pk])
        for answer in (site.get(address), site.post(address, follow=True)):
            html = answer.content.decode()
            assert "nobody checks their own work" in html
            assert "Take this page" not in html
            assert "Somebody else has this page now" not in html
        refused = site.post(f"/api/v1/review-tasks/{second.pk}/claim/")
        assert refused.status_code == 409
        assert "nobody checks their own work" in refused.json()["message"]
        assert b"Take this page" in client_of(make_reviewer()).get(address).content

    def test_the_page_is_not_final_before_the_second(self, first_done: ReviewTask) -> None:
        assert Page.objects.get(pk=first_done.page_id).status == PageStatus.REVIEW
        factories.submit_as_read(first_done.page, make_reviewer(), line0="Total 12.58")
        assert Page.objects.get(pk=first_done.page_id).status == PageStatus.REVIEWED
        assert not ReviewTask.objects.open().exists()
        labels = Label.objects.filter(line__position=0)
        assert [label.superseded_at is None for label in labels.order_by("pk")] == [True, False]

    def test_a_blind_second_person_sees_what_the_model_read(self, first_done: ReviewTask) -> None:
        omar = client_of(make_reviewer())
        task = take(omar, waiting_second(first_done))
        html = omar.get(reverse("review_task", args=[task.pk])).content.decode()
        assert 'value="Total 12.50"' in html
        for address in (
            reverse("review_task", args=[task.pk]),
            reverse("page_detail", args=[task.page_id]),
            f"/api/v1/pages/{task.page_id}/lines/",
            "/api/v1/labels/",
        ):
            assert b"12.58" not in omar.get(address).content, address

    def test_one_who_is_not_blind_sees_what_the_first_said(self, reviewer: User) -> None:
        kind = factories.make_type(second_review_rate=1.0, second_review_blind=False)
        done = factories.submit_as_read(factories.make_page(kind), reviewer, line0="Total 12.58")
        omar = client_of(make_reviewer())
        task = take(omar, waiting_second(done))
        html = omar.get(reverse("review_task", args=[task.pk])).content.decode()
        assert 'value="Total 12.58"' in html

    def test_it_is_shown_what_was_read_with_the_types_character_set(self, reviewer: User) -> None:
        kind = factories.make_type(second_review_rate=1.0, character_set=CharacterSet.LATIN)
        page = factories.make_page(kind)
        done = factories.submit_as_read(page, reviewer, line0="Total 12.58")
        other = make_reviewer()
        screen = client_of(other).post(
            reverse("review_task", args=[waiting_second(done).pk]), follow=True
        )
        assert [line.read for line in screen.context["screen"].lines] == [
            line.predictions.of_reading(page).get().text for line in page.lines.current()
        ]
        factories.submit_as_read(page, other, line0="Total 12.56")
        decided = ReviewTask.objects.get(page=page, kind=TaskKind.DECIDE)
        assert decided.character_set == done.character_set == CharacterSet.LATIN

    @pytest.mark.parametrize(("below", "asked"), [(0.5, True), (0.42, False), (None, False)])
    def test_every_page_that_is_unsure_enough_is_read_twice(
        self, reviewer: User, below: float | None, asked: bool
    ) -> None:
        kind = factories.make_type(second_review_below=below)
        done = factories.submit_as_read(factories.make_page(kind), reviewer)
        assert ReviewTask.objects.filter(first=done).exists() is asked

    @pytest.mark.parametrize("kind", ["add", "delete", "reshape", "split", "merge", "move"])
    def test_the_lines_of_both_readings_stay_the_same(
        self, first_done: ReviewTask, kind: str
    ) -> None:
        omar = make_reviewer()
        task = claim_task(waiting_second(first_done).pk, omar)
        assert task is not None
        before = standing(task.page)
        corners = ((10, 10), (200, 10), (200, 40), (10, 40))
        change = Change(kind, lines=tuple(before[: 2 if kind == "merge" else 1]), polygon=corners)
        with pytest.raises(InvalidChange, match="flag the page"):
            change_lines(task_id=task.pk, token=token_of(task), user=omar, change=change)
        with pytest.raises(InvalidChange, match="flag the page"):
            request_turned_reading(task_id=task.pk, token=token_of(task), user=omar, quarters=2)
        asked: list[Any] = [task.pk, str(task.lease_token), omar.pk, 2, timezone.now().isoformat()]
        engine = always(ScriptedEngine(("turned", 0.9)))
        assert read_page_turned(*asked, engines=engine) == "not to be changed"
        assert standing(task.page) == before
        factories.submit_as_read(task.page, omar, line0="Total 12.56")
        decide = ReviewTask.objects.get(page=task.page, kind=TaskKind.DECIDE)
        (each,) = differences(decide)
        assert (each.first.text, each.second.text) == ("Total 12.58", "Total 12.56")

    def test_the_screen_of_a_second_reading_says_why_boxes_stay(
        self, first_done: ReviewTask, held: ReviewTask, site: Client
    ) -> None:
        omar = client_of(make_reviewer())
        task = take(omar, waiting_second(first_done))
        html = omar.get(reverse("review_task", args=[task.pk])).content.decode()
        assert COMPARED in html
        assert 'data-do="merge"' not in html
        body = {"token": str(task.lease_token), "kind": "delete", "lines": standing(task.page)}
        answer = omar.post(
            reverse("review_lines", args=[task.pk]), body, content_type="application/json"
        )
        assert (answer.status_code, answer.json()["message"]) == (422, COMPARED)
        assert len(standing(task.page)) == 2
        html = site.get(reverse("review_task", args=[held.pk])).content.decode()
        assert COMPARED not in html
        assert 'data-do="merge"' in html

    def test_a_submit_taken_back_calls_the_second_person_off(
        self, first_done: ReviewTask, reviewer: User
    ) -> None:
        undo_submit(task_id=first_done.pk, user=reviewer)
        assert ReviewTask.objects.get(kind=TaskKind.SECOND).status == TaskStatus.WITHDRAWN
        factories.submit_as_read(first_done.page, reviewer, line0="Total 12.58")
        assert waiting_second(first_done).first_reviewer == reviewer

    def test_an_admin_can_let_the_first_reading_stand(self, first_done: ReviewTask) -> None:
        admin = client_of(factories.make_admin())
        second = waiting_second(first_done)
        address = reverse("check_waive", args=[second.pk])
        assert b"Let it stand" in admin.get(reverse("agreement")).content
        admin.post(address)
        assert Page.objects.get(pk=first_done.page_id).status == PageStatus.REVIEWED
        assert Event.objects.filter(verb="waive_check").count() == 1
        told = admin.post(address, follow=True)
        assert b"in hand, or it is done" in told.content


class TestAdjudicator:
    """Two readings, one decision."""

    def test_the_one_who_decides_sees_both_readings_over_the_crop(
        self, disputed: ReviewTask
    ) -> None:
        ada = make_user("Adjudicator")
        site = client_of(ada)
        assert str(disputed.page) in site.get(reverse("disagreement_list")).content.decode()
        task = take(site, disputed)
        html = site.get(reverse("adjudicate", args=[task.pk])).content.decode()
        line = task.page.lines.current()[0]
        for shown in ("Total 12.58", "Total 12.56", reverse("line_crop", args=[line.pk])):
            assert shown in html
        assert "Thank you" not in html
        empty = site.post(reverse("adjudicate", args=[task.pk]), {"token": task.lease_token})
        assert empty.status_code == 422
        form = {"token": task.lease_token, f"line-{line.pk}": "second"}
        site.post(reverse("adjudicate", args=[task.pk]), form)
        counting = Label.objects.current().get(line=line)
        assert (counting.text, counting.reviewer, counting.verdict) == (
            "Total 12.56",
            ada,
            Verdict.CORRECTED,
        )
        assert Page.objects.get(pk=task.page_id).status == PageStatus.REVIEWED

    @pytest.mark.parametrize(
        ("choice", "text", "counts"),
        [
            ("first", "", ("Total 12.58", "corrected")),
            ("other", "Total 12.50", ("Total 12.50", "confirmed")),
            ("illegible", "", ("", "illegible")),
        ],
    )
    def test_any_reading_may_be_decided(
        self, disputed: ReviewTask, choice: str, text: str, counts: tuple[str, str]
    ) -> None:
        site = client_of(factories.make_admin())
        task = take(site, disputed)
        line = task.page.lines.current()[0]
        form: dict[str, Any] = {"token": task.lease_token, f"line-{line.pk}": choice}
        form[f"line-{line.pk}-text"] = text
        site.post(reverse("adjudicate", args=[task.pk]), form)
        label = Label.objects.current().get(line=line)
        assert (label.text, label.verdict) == counts

    @pytest.mark.parametrize("choice", ["first", "second", "other", "illegible", "not_text"])
    def test_a_choice_comes_back_as_it_was_made_while_another_line_is_open(
        self, reviewer: User, choice: str
    ) -> None:
        kind = factories.make_type(second_review_rate=1.0)
        page = factories.make_page(kind)
        factories.submit_as_read(page, reviewer, line0="one", line1="two")
        factories.submit_as_read(page, make_reviewer(), line0="eins", line1="zwei")
        site = client_of(factories.make_admin())
        task = take(site, ReviewTask.objects.get(page=page, kind=TaskKind.DECIDE))
        line, other = page.lines.current()[:2]
        address = reverse("adjudicate", args=[task.pk])
        form = {
            "token": task.lease_token,
            f"line-{line.pk}": choice,
            f"line-{other.pk}-text": "two",
        }
        form[f"line-{line.pk}-text"] = "uno" if choice == "other" else "one"
        answer = site.post(address, form)
        assert answer.status_code == 422
        for html in (answer.content.decode(), site.get(address).content.decode()):
            ticked = re.findall(r'name="line-(\d+)" value="(\w+)"[^>]* checked', html)
            assert ticked == [(str(line.pk), choice)]
        assert ("uno" in html) == (choice == "other")
        assert not Label.objects.filter(task=task).exists()

    def test_what_is_typed_counts_though_nothing_was_picked(self, disputed: ReviewTask) -> None:
        site = client_of(factories.make_admin())
        task = take(site, disputed)
        line = task.page.lines.current()[0]
        form = {"token": task.lease_token, f"line-{line.pk}-text": "Total 12.53"}
        site.post(reverse("adjudicate", args=[task.pk]), form)
        assert Label.objects.current().get(line=line).text == "Total 12.53"

    def test_a_picked_reading_with_another_typed_is_asked_about(self, disputed: ReviewTask) -> None:
        site = client_of(factories.make_admin())
        task = take(site, disputed)
        line = task.page.lines.current()[0]
        form = {f"line-{line.pk}": "second", f"line-{line.pk}-text": "Total 12.53"}
        answer = site.post(
            reverse("adjudicate", args=[task.pk]), {**form, "token": task.lease_token}
        )
        assert answer.status_code == 422
        assert "chose the second reading and typed something else" in answer.content.decode()
        assert not Label.objects.filter(task=task).exists()

    def test_a_decision_that_comes_too_late_is_kept(self, disputed: ReviewTask) -> None:
        ada, eve = factories.make_admin(), factories.make_admin()
        site = client_of(ada)
        task = take(site, disputed)
        late = task.lease_token
        ReviewTask.objects.filter(pk=task.pk).update(lease_expires_at="2020-01-01T00:00Z")
        theirs = take(client_of(eve), disputed)
        line = task.page.lines.current()[0]
        client_of(eve).post(
            reverse("adjudicate", args=[task.pk]),
            {"token": theirs.lease_token, f"line-{line.pk}": "second"},
        )
        answer = site.post(
            reverse("adjudicate", args=[task.pk]),
            {"token": late, f"line-{line.pk}": "other", f"line-{line.pk}-text": "Total 12.53"},
            follow=True,
        )
        assert "is kept" in answer.content.decode()
        assert Draft.objects.get(task=task, reviewer=ada).text == "Total 12.53"
        assert Label.objects.current().get(line=line).text == "Total 12.56"

    def test_neither_of_the_two_may_decide(self, disputed: ReviewTask, reviewer: User) -> None:
        reviewer.groups.set(make_user("Adjudicator").groups.all())
        site = client_of(reviewer)
        assert claim_task(disputed.pk, reviewer) is None
        assert str(disputed.page) not in site.get(reverse("disagreement_list")).content.decode()
        assert site.get(reverse("adjudicate", args=[disputed.pk])).status_code == 404

    def test_a_reviewer_does_not_decide(self, disputed: ReviewTask) -> None:
        other = make_reviewer()
        assert claim_next(other) is None
        assert claim_task(disputed.pk, other) is None
        site = client_of(other)
        html = site.get(reverse("review_task", args=[disputed.pk])).content.decode()
        assert "an adjudicator decides" in html
        assert "Take this page" not in html
        for name in ("disagreement_list", "agreement"):
            assert site.get(reverse(name)).status_code == 403
        for name in ("adjudicate", "check_waive"):
            assert site.post(reverse(name, args=[disputed.pk])).status_code == 403

    def test_a_page_that_is_not_in_ones_hands_is_not_decided(self, disputed: ReviewTask) -> None:
        site = client_of(factories.make_admin())
        address = reverse("adjudicate", args=[disputed.pk])
        line = disputed.page.lines.current()[0]
        assert site.get(address)["Location"] == reverse("disagreement_list")
        assert site.post(address, {f"line-{line.pk}": "first"}).status_code == 409
        assert ReviewTask.objects.get(pk=disputed.pk).status == TaskStatus.WAITING
        assert site.put(address).status_code == 405
        assert site.get(reverse("adjudicate", args=[10**6])).status_code == 404
        assert site.get(reverse("check_waive", args=[disputed.pk])).status_code == 405
        assert Client().get(address)["Location"].startswith(reverse("login"))


def test_agreement_is_told_by_pair_and_type(disputed: ReviewTask, reviewer: User) -> None:
    (pair,) = pairs()
    assert (pair.first, pair.pages, pair.lines, pair.alike) == (str(reviewer), 1, 2, 0.5)
    assert pair.cer == pytest.approx(1 / 20)
    html = client_of(factories.make_admin()).get(reverse("agreement")).content.decode()
    assert "50 %" in html


class TestInTheDatabase:
    """Nobody checks their own work, whatever the code does."""

    def rejected(self, name: str, **change: Any) -> None:
        with pytest.raises((IntegrityError, InternalError), match=name), transaction.atomic():
            ReviewTask.objects.filter(kind=TaskKind.SECOND).update(**change)

    def test_the_first_reviewer_cannot_hold_or_finish_the_second_review(
        self, first_done: ReviewTask, reviewer: User
    ) -> None:
        held = claim_next(make_reviewer())
        assert held is not None
        self.rejected("task_nobody_checks_their_own_work", reviewer=reviewer)
        self.rejected("names another reviewer", first_reviewer=make_reviewer())
        self.rejected("names another reviewer", second=first_done, second_reviewer=held.reviewer)
        self.rejected("task_checks_what_its_kind_says", first=None)
        self.rejected("task_checks_what_its_kind_says", kind=TaskKind.THRESHOLD)
