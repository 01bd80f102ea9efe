"""Who may do what with a task: method, sign-in, group, another's page."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from review.models import ReviewTask
from review.states import TaskStatus
from tests import factories

pytestmark = pytest.mark.django_db


TASK_POSTS = (
    "review_drafts", "review_heartbeat", "review_submit", "review_skip", "review_flag",
    "review_release", "review_park", "review_undo",
    "task_unflag",
)  # fmt: skip


@pytest.mark.parametrize("name", sorted({*TASK_POSTS} - {"review_submit"}))
def test_what_changes_a_task_is_only_posted(site: Client, task: ReviewTask, name: str) -> None:
    assert site.get(reverse(name, args=[task.pk])).status_code == 405


def test_the_address_of_a_refused_submit_leads_to_its_page(site: Client, task: ReviewTask) -> None:
    """Reloaded, or after signing in from the page that came under it."""
    refused = reverse("review_submit", args=[task.pk])
    answer = site.get(refused)
    assert answer.status_code == 302
    assert answer["Location"] == reverse("review_task", args=[task.pk])
    site.logout()
    asked = site.post(refused, headers={"Referer": f"http://testserver{refused}"})
    assert asked["Location"] == f"{reverse('login')}?next={refused}"


@pytest.mark.parametrize("name", TASK_POSTS)
def test_an_anonymous_visitor_is_sent_to_sign_in(
    client: Client, task: ReviewTask, name: str
) -> None:
    answer = client.post(reverse(name, args=[task.pk]))
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("login"))


@pytest.mark.parametrize("name", [*TASK_POSTS[:-1], "review_task"])
def test_a_task_of_another_group_is_not_there(site: Client, name: str) -> None:
    hidden = factories.make_task(factories.make_type(groups=["Payroll"]))
    assert site.post(reverse(name, args=[hidden.pk])).status_code == 404


@pytest.mark.parametrize("name", [*TASK_POSTS[:-1], "review_task"])
def test_a_task_that_never_was_is_not_there(site: Client, name: str) -> None:
    assert site.post(reverse(name, args=[10**6])).status_code == 404


@pytest.mark.parametrize("name", ["review_queue", "signed_in"])
def test_pages_without_an_object_need_signing_in_and_take_no_post(
    client: Client, reviewer: User, name: str
) -> None:
    assert client.get(reverse(name)).status_code == 302
    client.force_login(reviewer)
    assert client.get(reverse(name)).status_code == 200
    assert client.post(reverse(name)).status_code == 405


@pytest.mark.parametrize("name", ["review_ahead"])
def test_the_page_ahead_is_asked_for_by_post_and_by_somebody_signed_in(
    client: Client, reviewer: User, name: str
) -> None:
    assert client.post(reverse(name))["Location"].startswith(reverse("login"))
    client.force_login(reviewer)
    assert client.get(reverse(name)).status_code == 405
    assert client.post(reverse(name)).status_code == 200


@pytest.mark.parametrize("name", ["review_skip", "review_flag", "review_release", "review_park"])
def test_a_page_of_somebody_else_cannot_be_set_aside(
    client: Client, held: ReviewTask, name: str
) -> None:
    client.force_login(factories.make_reviewer())
    client.post(
        reverse(name, args=[held.pk]), {"token": str(held.lease_token), "reason": "mischief"}
    )
    held.refresh_from_db()
    assert held.status == TaskStatus.HELD
