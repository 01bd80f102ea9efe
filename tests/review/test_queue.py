"""The queue: why there is, or is not, a next page."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from review.leases import claim_next, claim_task, flag_task, park_task, skip_task
from review.models import ReviewTask
from review.queue_state import brief_queue
from tests import factories

pytestmark = pytest.mark.django_db


class TestQueue:
    """The empty states are told apart."""

    def state(self, site: Client) -> str:
        answer = site.get(reverse("review_queue"))
        assert answer.status_code == 200
        return str(answer.context["queue"].state)

    def test_nothing_to_do(self, site: Client) -> None:
        assert self.state(site) == "empty"

    def test_pages_wait(self, site: Client, task: ReviewTask) -> None:
        assert self.state(site) == "ready"

    def test_my_own_page_is_offered_first(self, site: Client, held: ReviewTask) -> None:
        assert self.state(site) == "ready"
        assert b"You hold 1 page" in site.get(reverse("review_queue")).content

    def test_all_are_held_and_when_the_next_is_free(self, site: Client, task: ReviewTask) -> None:
        taken = claim_task(task.pk, factories.make_reviewer())
        assert taken is not None
        answer = site.get(reverse("review_queue"))
        assert answer.context["queue"].state == "all_held"
        assert answer.context["queue"].next_free_at == taken.lease_expires_at

    def test_what_another_has_parked_is_free_on_a_day_that_is_named(
        self, site: Client, task: ReviewTask
    ) -> None:
        other = factories.make_reviewer()
        taken = claim_task(task.pk, other)
        assert taken is not None
        assert taken.lease_token is not None
        park_task(task_id=task.pk, token=taken.lease_token, user=other)
        answer = site.get(reverse("review_queue"))
        assert answer.context["queue"].state == "all_held"
        tomorrow = answer.context["queue"].next_free_at
        assert f"on <b>{tomorrow.day} {tomorrow:%b}" in answer.content.decode()

    def test_with_my_own_page_alone_no_next_one_is_offered(
        self, site: Client, held: ReviewTask
    ) -> None:
        html = site.get(reverse("review_queue")).content.decode()
        assert "No other page waits" in html
        assert "Next page" not in html

    def test_a_disagreement_of_two_others_is_nothing_to_wait_for(
        self, site: Client, reviewer: User
    ) -> None:
        kind = factories.make_type(second_review_rate=1.0)
        page = factories.make_page(kind)
        factories.submit_as_read(page, factories.make_reviewer(), line0="one")
        factories.submit_as_read(page, factories.make_reviewer(), line0="another")
        waiting = ReviewTask.objects.open().get(page=page)
        assert claim_task(waiting.pk, factories.make_admin())
        assert self.state(site) == "empty"

    def test_what_is_left_i_have_skipped(
        self, site: Client, held: ReviewTask, reviewer: User
    ) -> None:
        assert held.lease_token is not None
        skip_task(task_id=held.pk, token=held.lease_token, user=reviewer, reason="too long")
        assert self.state(site) == "skipped"
        assert claim_next(reviewer) is None
        site.post(reverse("review_task", args=[held.pk]))
        held.refresh_from_db()
        assert held.reviewer == reviewer

    def test_only_flagged_pages_are_left(
        self, site: Client, held: ReviewTask, reviewer: User
    ) -> None:
        assert held.lease_token is not None
        flag_task(task_id=held.pk, token=held.lease_token, user=reviewer, reason="torn")
        assert self.state(site) == "flagged"

    def test_nothing_that_i_may_see(self, site: Client) -> None:
        factories.make_task(factories.make_type(groups=["Payroll"]))
        assert self.state(site) == "not_visible"

    def test_beside_a_page_of_a_type_just_closed_nothing_waits(self, reviewer: User) -> None:
        factories.make_task(factories.make_type(groups=["Payroll"]))
        told = brief_queue(reviewer)
        assert (told.waiting, told.held, told.next_free_at) == (0, 0, None)

    def test_only_what_i_have_parked_is_left(
        self, site: Client, held: ReviewTask, reviewer: User
    ) -> None:
        assert held.lease_token is not None
        park_task(task_id=held.pk, token=held.lease_token, user=reviewer)
        assert self.state(site) == "parked"
        assert b"parked until" in site.get(reverse("review_queue")).content
        assert claim_next(reviewer) is None

    def test_a_long_queue_is_counted_so_far_and_no_further(
        self, site: Client, task: ReviewTask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("review.queue_state.COUNTED", 2)
        for _ in range(2):
            factories.make_task(task.document_type, image=False)
        queue = site.get(reverse("review_queue")).context["queue"]
        assert (queue.waiting, queue.more) == (2, True)
        assert [(each.name, each.waiting) for each in queue.types] == [(task.document_type.name, 2)]

    def test_the_page_asks_the_database_no_more_often_the_more_it_lists(
        self, site: Client, reviewer: User
    ) -> None:
        def asked() -> int:
            with CaptureQueriesContext(connection) as queries:
                assert self.state(site) == "parked"
            return len(queries)

        self.set_aside(reviewer)
        few = asked()
        for _ in range(3):
            self.set_aside(reviewer)
        assert asked() == few

    def set_aside(self, reviewer: User) -> None:
        """One page skipped, one parked and one submitted."""
        for way in (skip_task, park_task):
            task = claim_task(factories.make_task(image=False).pk, reviewer)
            assert task is not None
            assert task.lease_token is not None
            reason = {"reason": "too long"} if way is skip_task else {}
            way(task_id=task.pk, token=task.lease_token, user=reviewer, **reason)
        factories.submit_as_read(factories.make_task(image=False).page, reviewer)
