"""The page held ready as a reviewer's next, and pages a reviewer has parked."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from review.exceptions import LeaseLost, TooManyParked
from review.leases import (
    LEFT_TIME,
    PARK_LIMIT,
    claim_ahead,
    claim_next,
    claim_task,
    leave_task,
    one_at_a_time,
    park_task,
    release_task,
    renew_lease,
    skip_task,
)
from review.models import Draft, ReviewTask
from review.states import Hold, TaskStatus
from tests import factories
from tests.review.helpers import expire, form_of, in_a_thread


def got(task: ReviewTask | None) -> ReviewTask:
    assert task is not None
    assert task.lease_token is not None
    return task


@pytest.mark.django_db
class TestAhead:
    """One page is worked on, one is ready."""

    def test_the_page_held_ahead_comes_next_under_its_own_lease(self, reviewer: User) -> None:
        first, second = factories.make_task(), factories.make_task()
        working = got(claim_next(reviewer))
        ahead = got(claim_ahead(reviewer))
        assert (working.pk, ahead.pk) == (first.pk, second.pk)
        assert claim_next(factories.make_reviewer()) is None
        factories.submit_as_read(working.page, reviewer)
        following = got(claim_next(reviewer))
        assert (following.pk, following.lease_token) == (ahead.pk, ahead.lease_token)
        assert following.hold == Hold.ACTIVE

    def test_asking_again_holds_no_second_page_ahead(self, reviewer: User) -> None:
        for _ in range(3):
            factories.make_task()
        claim_next(reviewer)
        assert got(claim_ahead(reviewer)).pk == got(claim_ahead(reviewer)).pk
        assert ReviewTask.objects.held_by(reviewer).count() == 2

    def test_nothing_is_held_ahead_for_somebody_who_works_on_nothing(
        self, reviewer: User, task: ReviewTask
    ) -> None:
        assert claim_ahead(reviewer) is None
        task.refresh_from_db()
        assert task.status == TaskStatus.WAITING

    def test_nothing_is_held_ahead_for_somebody_whose_time_has_run_out(
        self, reviewer: User, task: ReviewTask
    ) -> None:
        """Not the page they worked on either, which is anybody's by now."""
        working = got(claim_next(reviewer))
        expire(working)
        assert claim_ahead(reviewer) is None
        other = factories.make_task()
        assert claim_ahead(reviewer) is None
        working.refresh_from_db()
        other.refresh_from_db()
        assert (working.hold, other.status) == (Hold.ACTIVE, TaskStatus.WAITING)
        assert working.lease_token is not None
        renew_lease(task_id=working.pk, token=working.lease_token)
        assert got(claim_ahead(reviewer)).pk == other.pk

    def test_leaving_gives_back_the_page_ahead_too(self, reviewer: User) -> None:
        factories.make_task()
        factories.make_task()
        working = got(claim_next(reviewer))
        claim_ahead(reviewer)
        assert working.lease_token is not None
        release_task(task_id=working.pk, token=working.lease_token)
        assert not ReviewTask.objects.held_by(reviewer).exists()

    def test_a_page_ahead_that_was_worked_on_is_kept_a_minute(self, reviewer: User) -> None:
        """Its own window is there perhaps: it came to be next when another page was taken up."""
        factories.make_task()
        factories.make_task()
        working, ahead = got(claim_next(reviewer)), got(claim_ahead(reviewer))
        line = ahead.page.lines.current()[0]
        Draft.objects.create(
            task=ahead, reviewer=reviewer, line=line, text="typed", verdict="corrected"
        )
        assert working.lease_token is not None
        release_task(task_id=working.pk, token=working.lease_token)
        ahead.refresh_from_db()
        assert ahead.lease_expires_at is not None
        assert timezone.now() < ahead.lease_expires_at <= timezone.now() + LEFT_TIME
        assert not ReviewTask.objects.active_of(reviewer).exists()

    def test_skipping_goes_to_the_page_ahead(self, reviewer: User) -> None:
        factories.make_task()
        factories.make_task()
        working, ahead = got(claim_next(reviewer)), got(claim_ahead(reviewer))
        assert working.lease_token is not None
        skip_task(task_id=working.pk, token=working.lease_token, user=reviewer, reason="torn")
        assert got(claim_next(reviewer)).pk == ahead.pk

    def test_a_sign_of_life_renews_the_page_ahead_and_the_clock_ends_it(
        self, reviewer: User
    ) -> None:
        factories.make_task()
        factories.make_task()
        working, ahead = got(claim_next(reviewer)), got(claim_ahead(reviewer))
        ReviewTask.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
        assert working.lease_token is not None
        renew_lease(task_id=working.pk, token=working.lease_token)
        other = factories.make_reviewer()
        assert claim_next(other) is None
        ReviewTask.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
        assert {got(claim_next(other)).pk, got(claim_ahead(other)).pk} == {working.pk, ahead.pk}
        assert not ReviewTask.objects.held_by(reviewer).exists()

    def test_taking_another_page_puts_the_present_one_next(self, reviewer: User) -> None:
        pages = [factories.make_task() for _ in range(3)]
        claim_next(reviewer)
        claim_ahead(reviewer)
        got(claim_task(pages[2].pk, reviewer))
        holds = {task.pk: task.hold for task in ReviewTask.objects.all()}
        assert holds == {pages[0].pk: Hold.AHEAD, pages[1].pk: "", pages[2].pk: Hold.ACTIVE}
        got(claim_task(pages[0].pk, reviewer))
        holds = {task.pk: task.hold for task in ReviewTask.objects.all()}
        assert holds == {pages[0].pk: Hold.ACTIVE, pages[1].pk: "", pages[2].pk: Hold.AHEAD}

    def test_a_page_that_may_not_be_seen_any_more_is_given_back(self, reviewer: User) -> None:
        secret = factories.make_type(groups=["Payroll"])
        task = factories.make_task(secret)
        reviewer.groups.set(secret.groups.all())
        got(claim_next(reviewer))
        reviewer.groups.clear()
        visible = factories.make_task()
        assert got(claim_next(User.objects.get(pk=reviewer.pk))).pk == visible.pk
        task.refresh_from_db()
        assert task.status == TaskStatus.WAITING

    def test_the_screen_is_given_the_next_page_whole(self, site: Client, held: ReviewTask) -> None:
        nothing = site.post(reverse("review_ahead")).json()
        assert nothing == {"page": None, "html": None}
        following = factories.make_task(lines=[("What comes next", 0.4)])
        answer = site.post(reverse("review_ahead"))
        assert "no-store" in answer["Cache-Control"]
        told = answer.json()
        assert told["page"] == reverse("review_task", args=[following.pk])
        assert "What comes next" in told["html"]
        following.refresh_from_db()
        assert str(following.lease_token) in told["html"]
        done = site.post(
            reverse("review_submit", args=[held.pk]),
            form_of(held),
            headers={"Accept": "application/json"},
        ).json()
        assert done["next"] == told["page"]
        assert done["token"] == str(following.lease_token)
        assert done["undo"] == reverse("review_undo", args=[held.pk])
        # What was made ready can be submitted as it came: the lease is the same.
        sent = form_of(following)
        assert str(following.lease_token) == sent["token"]
        assert site.post(reverse("review_submit", args=[following.pk]), sent).status_code == 302


@pytest.mark.django_db
class TestParking:
    """A parked page stays its reviewer's, listed, for a day."""

    def test_a_parked_page_is_kept_and_the_next_one_comes(
        self, site: Client, held: ReviewTask, reviewer: User
    ) -> None:
        following = factories.make_task()
        answer = site.post(reverse("review_park", args=[held.pk]), {"token": str(held.lease_token)})
        assert answer["Location"] == reverse("review_task", args=[following.pk])
        assert claim_next(factories.make_reviewer()) is None
        assert ReviewTask.objects.parked_by(reviewer).get().pk == held.pk
        site.post(reverse("review_task", args=[held.pk]))
        assert ReviewTask.objects.active_of(reviewer).get().pk == held.pk

    def test_a_sign_of_life_does_not_shorten_the_time_it_is_kept(
        self, held: ReviewTask, reviewer: User
    ) -> None:
        assert held.lease_token is not None
        park_task(task_id=held.pk, token=held.lease_token, user=reviewer)
        until = ReviewTask.objects.get(pk=held.pk).lease_expires_at
        assert renew_lease(task_id=held.pk, token=held.lease_token).lease_expires_at == until

    def test_giving_a_parked_page_back_leaves_the_page_ahead_where_it_is(
        self, held: ReviewTask, reviewer: User
    ) -> None:
        assert held.lease_token is not None
        park_task(task_id=held.pk, token=held.lease_token, user=reviewer)
        for _ in range(2):
            factories.make_task()
        working, ahead = got(claim_next(reviewer)), got(claim_ahead(reviewer))
        release_task(task_id=held.pk, token=held.lease_token)
        holds = dict(ReviewTask.objects.values_list("pk", "hold"))
        assert holds == {held.pk: "", working.pk: Hold.ACTIVE, ahead.pk: Hold.AHEAD}

    def test_nobody_keeps_more_than_a_few_pages_from_the_others(self, reviewer: User) -> None:
        for number in range(PARK_LIMIT + 1):
            task = got(claim_task(factories.make_task(image=False).pk, reviewer))
            assert task.lease_token is not None
            if number < PARK_LIMIT:
                park_task(task_id=task.pk, token=task.lease_token, user=reviewer)
            else:
                with pytest.raises(TooManyParked):
                    park_task(task_id=task.pk, token=task.lease_token, user=reviewer)

    def test_a_page_of_somebody_else_cannot_be_parked(self, held: ReviewTask) -> None:
        assert held.lease_token is not None
        with pytest.raises(LeaseLost):
            park_task(task_id=held.pk, token=held.lease_token, user=factories.make_reviewer())


@pytest.mark.django_db(transaction=True)
def test_windows_of_one_person_that_ask_at_once_hold_one_page_and_one_ahead() -> None:
    for _ in range(6):
        factories.make_task(image=False)
    person = factories.make_reviewer()
    start = Barrier(8)

    def ask(number: int) -> None:
        try:
            start.wait(timeout=30)
            claim_next(person)
            if number % 2:
                claim_ahead(person)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(8)))
    holds = sorted(ReviewTask.objects.held_by(person).values_list("hold", flat=True))
    assert holds == [Hold.ACTIVE, Hold.AHEAD]


@pytest.mark.django_db(transaction=True)
def test_who_goes_while_another_window_claims_waits_for_that() -> None:
    """A claim locks the page worked on and the one ahead by their keys, whichever comes first."""
    for _ in range(2):
        factories.make_task(image=False)
    person = factories.make_reviewer()
    working, ahead = got(claim_next(person)), got(claim_ahead(person))
    lease = {"task_id": working.pk, "token": working.lease_token}
    leave = partial(leave_task, **lease, known_end=working.lease_expires_at)
    with ThreadPoolExecutor(1) as other:
        for go in (leave, partial(release_task, **lease)):
            with transaction.atomic():
                one_at_a_time(person)
                ReviewTask.objects.select_for_update().get(pk=ahead.pk)
                gone = other.submit(in_a_thread, go)
                with pytest.raises(TimeoutError):
                    gone.result(timeout=0.5)
                ReviewTask.objects.select_for_update().get(pk=working.pk)
            gone.result(timeout=30)
    assert not ReviewTask.objects.held_by(person).exists()
