"""A closed window: its page is free in a minute, unless somebody has it open still."""

from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from review.leases import (
    LEFT_TIME,
    claim_ahead,
    claim_next,
    claim_task,
    leave_task,
    renew_lease,
)
from review.models import ReviewTask
from review.states import Hold
from tests import factories
from tests.review.helpers import expire, form_of

pytestmark = pytest.mark.django_db


def end_of(task: ReviewTask) -> datetime:
    task.refresh_from_db()
    assert task.lease_expires_at is not None
    return task.lease_expires_at


def leave(site: Client, task: ReviewTask, known: datetime, **more: Any) -> Any:
    sent = {"token": str(task.lease_token), "end": known.isoformat(), **more}
    return site.post(reverse("review_leave", args=[task.pk]), sent)


def test_a_closed_window_frees_its_page_in_a_minute_and_not_at_once(
    site: Client, held: ReviewTask
) -> None:
    assert leave(site, held, end_of(held)).json() == {"left": True}
    assert end_of(held) <= timezone.now() + LEFT_TIME
    other = factories.make_reviewer()
    assert claim_next(other) is None
    ReviewTask.objects.update(lease_expires_at=end_of(held) - LEFT_TIME)
    assert claim_next(other) == held


def test_the_page_held_ahead_is_left_with_it(
    site: Client, held: ReviewTask, reviewer: User
) -> None:
    factories.make_task()
    ahead = claim_ahead(reviewer)
    assert ahead is not None
    leave(site, held, end_of(held))
    assert timezone.now() < end_of(ahead) <= timezone.now() + LEFT_TIME


def test_a_page_worked_on_in_another_window_outlives_the_one_it_made_room_for(
    site: Client, held: ReviewTask, reviewer: User
) -> None:
    """Its window was there first, and its heartbeats go on, though it comes "next" by now."""
    second = factories.make_task()
    taken = claim_task(second.pk, reviewer)
    assert taken is not None
    leave(site, taken, end_of(taken))
    assert held.lease_token is not None
    renewed = renew_lease(task_id=held.pk, token=held.lease_token)
    assert renewed.hold == Hold.AHEAD
    assert end_of(held) > timezone.now() + LEFT_TIME
    ReviewTask.objects.filter(pk=second.pk).update(lease_expires_at=timezone.now())
    assert claim_next(factories.make_reviewer()) == second


def test_a_page_loaded_again_is_kept_however_late_the_word_of_its_leaving_comes(
    site: Client, held: ReviewTask, reviewer: User
) -> None:
    factories.make_task()
    claim_ahead(reviewer)
    known = end_of(held)
    site.get(reverse("review_task", args=[held.pk]))
    renewed = end_of(held)
    assert renewed > known
    assert leave(site, held, known).json() == {"left": False}
    assert end_of(held) == renewed
    assert ReviewTask.objects.ahead_of(reviewer).exists()


def test_a_page_left_is_kept_by_a_heartbeat_or_by_opening_it(
    site: Client, held: ReviewTask
) -> None:
    assert held.lease_token
    leave(site, held, end_of(held))
    renew_lease(task_id=held.pk, token=held.lease_token)
    assert end_of(held) > timezone.now() + 2 * LEFT_TIME
    leave(site, held, end_of(held))
    site.get(reverse("review_task", args=[held.pk]))
    assert end_of(held) > timezone.now() + 2 * LEFT_TIME


def test_the_end_that_a_heartbeat_tells_is_the_end_to_leave_with(
    site: Client, held: ReviewTask
) -> None:
    sent = {"token": str(held.lease_token)}
    told = site.post(reverse("review_heartbeat", args=[held.pk]), sent).json()["expires_at"]
    assert leave(site, held, datetime.fromisoformat(told)).json() == {"left": True}


def test_the_end_that_a_submit_tells_is_that_of_the_next_page(
    site: Client, held: ReviewTask
) -> None:
    following = factories.make_task()
    answer = site.post(
        reverse("review_submit", args=[held.pk]),
        form_of(held),
        headers={"accept": "application/json"},
    ).json()
    following.refresh_from_db()
    assert leave(site, following, datetime.fromisoformat(answer["expires_at"])).json()["left"]


def test_a_parked_page_and_one_held_ahead_are_not_left_by_themselves(
    site: Client, held: ReviewTask
) -> None:
    for hold in (Hold.PARKED, Hold.AHEAD):
        ReviewTask.objects.filter(pk=held.pk).update(hold=hold)
        before = end_of(held)
        assert leave(site, held, before).json() == {"left": False}
        assert end_of(held) == before


def test_leaving_never_makes_a_lease_longer(held: ReviewTask) -> None:
    assert held.lease_token
    expire(held)
    before = end_of(held)
    assert leave_task(task_id=held.pk, token=held.lease_token, known_end=before)
    assert end_of(held) == before


@pytest.mark.parametrize(
    "wrong", [{"token": str(uuid4())}, {"token": "x"}, {"end": ""}, {"end": "soon"}]
)
def test_a_lease_is_left_by_its_own_window_alone(
    site: Client, held: ReviewTask, wrong: dict[str, str]
) -> None:
    before = end_of(held)
    assert leave(site, held, before, **wrong).json() == {"left": False}
    assert end_of(held) == before


def test_nobody_leaves_anothers_page(client: Client, held: ReviewTask) -> None:
    before = end_of(held)
    assert leave(client, held, before).status_code == 302
    client.force_login(factories.make_reviewer())
    assert leave(client, held, before).json() == {"left": False}
    assert end_of(held) == before
    address = reverse("review_leave", args=[held.pk])
    assert client.get(address).status_code == 405
    assert client.post(reverse("review_leave", args=[0])).status_code == 404


def test_opening_a_page_whose_lease_ran_out_takes_it_again_unless_somebody_else_has(
    site: Client, held: ReviewTask
) -> None:
    expire(held)
    address = reverse("review_task", args=[held.pk])
    assert "page-form" in site.get(address).content.decode()
    assert end_of(held) > timezone.now()
    expire(held)
    assert claim_next(factories.make_reviewer()) == held
    assert "page-form" not in site.get(address).content.decode()
