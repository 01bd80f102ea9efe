"""Work on a page outlives what the site does beside it: new models, windows, taking back."""

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from recognition.models import Line, Page
from recognition.querysets import ADJUDICATOR_GROUP
from recognition.states import PageStatus
from review.edits import EditKind, LineEdit
from review.leases import claim_ahead, claim_next, claim_task
from review.models import Draft, Label, ReviewTask
from review.rereading import unseen, waiting_pages
from review.services import LineEntry, submit_page
from review.stale import conflict_page, keep_stale_submit, typed_entries
from review.states import Hold, TaskKind, TaskStatus, Verdict
from review.undo import undo_submit
from tests import factories

pytestmark = pytest.mark.django_db

SURE = [("Total 12.50", 0.99), ("Thank you", 0.99)]


def typed_on(task: ReviewTask, user: User) -> None:
    line = task.page.lines.current()[0]
    Draft.objects.create(task=task, reviewer=user, line=line, text="typed", verdict="corrected")


def reshaped(task: ReviewTask, user: User) -> None:
    order = list(task.page.lines.current().values_list("pk", flat=True))
    LineEdit.objects.create(
        task=task, reviewer=user, kind=EditKind.MOVE, before=order, after=order[::-1]
    )


@pytest.mark.parametrize("work", [typed_on, reshaped])
def test_a_page_that_somebody_worked_on_and_left_keeps_its_reading(work: Any) -> None:
    task, other = factories.make_task(), factories.make_task()
    work(task, factories.make_reviewer())
    assert [page.pk for page in waiting_pages(None)] == [other.page_id]
    assert [page.pk for page in unseen(Page.objects.all())] == [other.page_id]


@pytest.mark.parametrize("work", [typed_on, reshaped])
def test_a_model_that_is_sure_by_now_does_not_take_the_work_away(work: Any) -> None:
    """The message to read it again was sent before anybody typed."""
    task, other = factories.make_task(), factories.make_task()
    model = task.model_version
    work(task, factories.make_reviewer())
    better = factories.make_model(active=True)
    for page in (task.page, other.page):
        factories.read_again(page, better, SURE)
    task.refresh_from_db()
    assert (task.status, task.model_version) == (TaskStatus.WAITING, model)
    assert Page.objects.get(pk=task.page_id).status == PageStatus.REVIEW
    other.refresh_from_db()
    assert other.status == TaskStatus.WITHDRAWN


def test_what_was_typed_before_a_line_was_illegible_outlives_submit_and_taking_back(
    reviewer: User,
) -> None:
    task = claim_task(factories.make_task().pk, reviewer)
    assert task is not None
    assert task.lease_token is not None
    first, second = task.page.lines.current()
    Draft.objects.create(
        task=task, reviewer=reviewer, line=first, text="abc", verdict=Verdict.ILLEGIBLE
    )
    entries = {first.pk: LineEntry("abc", Verdict.ILLEGIBLE), second.pk: LineEntry("Thank you")}
    submit_page(
        task_id=task.pk, token=task.lease_token, user=reviewer, entries=entries, seconds=1.0
    )
    assert Label.objects.current().get(line=first).text == ""
    undo_submit(task_id=task.pk, user=reviewer)
    draft = Draft.objects.of(task, reviewer).get(line=first)
    assert (draft.text, draft.verdict) == ("abc", Verdict.ILLEGIBLE)


def test_a_correction_taken_back_by_hand_is_kept_as_well(reviewer: User) -> None:
    """Without a script, Leave sends what stands in the fields."""
    task = claim_task(factories.make_task().pk, reviewer)
    assert task is not None
    line = task.page.lines.current()[0]
    as_read = {line.pk: LineEntry("Total 12.50")}
    assert typed_entries(task, reviewer, as_read) == {}
    typed_on(task, reviewer)
    assert typed_entries(task, reviewer, as_read) == as_read


class TestBlind:
    """Who reads a page a second time learns nowhere what the first person said."""

    @pytest.fixture
    def second(self, reviewer: User) -> ReviewTask:
        kind = factories.make_type(second_review_rate=1.0)
        done = factories.submit_as_read(factories.make_page(kind), reviewer, line0="Total 12.58")
        return ReviewTask.objects.open().get(page=done.page, kind=TaskKind.SECOND)

    def test_a_late_submit_is_told_nothing(self, second: ReviewTask) -> None:
        omar = factories.make_reviewer()
        line = second.page.lines.current()[0]
        kept = keep_stale_submit(task=second, user=omar, entries=[])
        assert all(each.theirs is None for each in kept.lines)
        entries = {line.pk: LineEntry("Total 12.56")}
        (shown,) = conflict_page(second, omar, entries, ()).lines
        assert (shown.theirs, shown.theirs_by) == (None, "")

    def test_nor_a_program_whose_submit_is_refused(
        self, second: ReviewTask, client: Client
    ) -> None:
        client.force_login(factories.make_reviewer())
        line = second.page.lines.current()[0]
        sent = {
            "token": str(uuid4()),
            "seconds": 1.0,
            "lines": [{"line": line.pk, "text": "Total 12.56", "verdict": "corrected"}],
        }
        address = f"/api/v1/review-tasks/{second.pk}/submit/"
        answer = client.post(address, sent, content_type="application/json")
        assert answer.status_code == 409, answer.content
        assert b"12.58" not in answer.content

    def test_nor_who_asks_for_the_lines_of_the_first_task(
        self, second: ReviewTask, client: Client
    ) -> None:
        client.force_login(factories.make_reviewer())
        first = ReviewTask.objects.get(page=second.page, status=TaskStatus.DONE)
        line = second.page.lines.current()[0]
        answer = client.get(reverse("review_lines", args=[first.pk]), {"id": line.pk})
        assert answer.json()["lines"]
        assert b"12.58" not in answer.content

    def test_nor_who_looks_up_a_line_that_stands_on_the_page_no_longer(
        self, second: ReviewTask, client: Client
    ) -> None:
        line = second.page.lines.current()[0]
        Line.objects.filter(pk=line.pk).update(retired_at=timezone.now())
        address = reverse("page_detail", args=[second.page_id])
        for user, told in ((factories.make_reviewer(), False), (factories.make_admin(), True)):
            client.force_login(user)
            assert (b"12.58" in client.get(address).content) is told


class TestDecisions:
    """A page to decide on has a screen of its own, and is for those who may decide."""

    @pytest.fixture
    def disputed(self, reviewer: User) -> ReviewTask:
        kind = factories.make_type(second_review_rate=1.0)
        done = factories.submit_as_read(factories.make_page(kind), reviewer, line0="Total 12.58")
        factories.submit_as_read(done.page, factories.make_reviewer(), line0="Total 12.56")
        return ReviewTask.objects.get(page=done.page, kind=TaskKind.DECIDE)

    def test_one_held_as_next_is_not_drawn_as_a_page_to_review(
        self, disputed: ReviewTask, client: Client
    ) -> None:
        ada = factories.make_user(ADJUDICATOR_GROUP, "Reviewer")
        client.force_login(ada)
        assert claim_task(disputed.pk, ada)
        assert claim_task(factories.make_task().pk, ada)
        disputed.refresh_from_db()
        assert disputed.hold == Hold.AHEAD
        assert client.post(reverse("review_ahead")).json() == {"page": None, "html": None}
        held = claim_ahead(ada)
        assert held == disputed, "it comes next all the same"

    def test_who_may_decide_no_more_gives_it_back_and_goes_on(self, disputed: ReviewTask) -> None:
        ada = factories.make_user(ADJUDICATOR_GROUP, "Reviewer")
        assert claim_task(disputed.pk, ada)
        ada.groups.remove(Group.objects.get(name=ADJUDICATOR_GROUP))
        ada = User.objects.get(pk=ada.pk)
        usual = factories.make_task()
        assert claim_next(ada) == usual
        disputed.refresh_from_db()
        assert disputed.status == TaskStatus.WAITING
