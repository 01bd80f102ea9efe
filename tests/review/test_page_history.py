"""A page with its history, opening it again, and the list of flagged pages."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from recognition.models import Page
from recognition.states import PageStatus
from review.leases import flag_task
from review.models import ReviewTask
from review.states import TaskStatus
from tests import factories

pytestmark = pytest.mark.django_db


class TestHistory:
    """A page with its readings and labels; opening it again."""

    def test_readings_and_labels_are_listed(self, client: Client) -> None:
        page = factories.make_page(
            status=PageStatus.REVIEWED, reviewer=factories.make_reviewer(username="rosa")
        )
        client.force_login(factories.make_admin())
        html = client.get(reverse("page_detail", args=[page.pk])).content.decode()
        for shown in ("Total 12.50", "rosa", "0.420", "Confirmed", "under_threshold", "submit"):
            assert shown in html

    @pytest.mark.parametrize("lines", [5, 200])
    def test_it_takes_the_same_queries_whatever_the_number_of_lines(
        self, client: Client, lines: int, django_assert_num_queries: Any
    ) -> None:
        page = factories.make_page(lines=[(f"line {n}", 0.5) for n in range(lines)], image=False)
        client.force_login(factories.make_admin())
        with django_assert_num_queries(18):
            client.get(reverse("page_detail", args=[page.pk]))

    @pytest.mark.parametrize("status", [PageStatus.QUEUED, PageStatus.FAILED])
    def test_a_page_that_was_not_read_has_a_page_too(self, client: Client, status: str) -> None:
        page = factories.make_page(status=status)
        client.force_login(factories.make_admin())
        assert client.get(reverse("page_detail", args=[page.pk])).status_code == 200

    def test_who_may_not_see_the_type_finds_nothing(self, site: Client, client: Client) -> None:
        page = factories.make_page(factories.make_type(groups=["Payroll"]))
        assert site.get(reverse("page_detail", args=[page.pk])).status_code == 404
        assert site.get(reverse("page_detail", args=[10**6])).status_code == 404

    def test_opening_again_needs_a_reason_and_an_admin(
        self, client: Client, reviewer: User
    ) -> None:
        page = factories.make_page(status=PageStatus.REVIEWED)
        address = reverse("page_reopen", args=[page.pk])
        assert client.post(address).status_code == 302
        client.force_login(reviewer)
        assert client.post(address, {"reason": "because"}).status_code == 403
        client.force_login(factories.make_admin())
        assert client.get(address).status_code == 405
        for no_reason in ("", " ", "nul \x00", "long " * 101):
            client.post(address, {"reason": no_reason})
        assert Page.objects.get(pk=page.pk).status == PageStatus.REVIEWED
        client.post(address, {"reason": "line 2 is wrong"})
        assert Page.objects.get(pk=page.pk).status == PageStatus.REVIEW

    def test_a_page_opened_again_starts_from_its_labels_and_says_why(self, client: Client) -> None:
        page = factories.make_page()
        factories.submit_as_read(page, factories.make_reviewer(), line0="Total 12.58")
        admin = factories.make_admin()
        client.force_login(admin)
        client.post(reverse("page_reopen", args=[page.pk]), {"reason": "line 2 is wrong"})
        client.post(reverse("review_next"))
        task = ReviewTask.objects.open().get(page=page)
        html = client.get(reverse("review_task", args=[task.pk])).content.decode()
        assert 'value="Total 12.58"' in html
        assert "line 2 is wrong" in html


class TestFlagged:
    """Flagged pages, for admins."""

    def test_only_admins_see_the_list(self, client: Client, reviewer: User) -> None:
        address = reverse("flagged_list")
        assert client.get(address).status_code == 302
        client.force_login(reviewer)
        assert client.get(address).status_code == 403
        client.force_login(factories.make_admin())
        assert client.get(address).status_code == 200
        assert client.post(address).status_code == 405

    def test_an_admin_puts_a_page_back(
        self, client: Client, held: ReviewTask, reviewer: User
    ) -> None:
        assert held.lease_token is not None
        flag_task(task_id=held.pk, token=held.lease_token, user=reviewer, reason="upside down")
        client.force_login(reviewer)
        assert client.post(reverse("task_unflag", args=[held.pk])).status_code == 403
        client.force_login(factories.make_admin())
        html = client.get(reverse("flagged_list")).content.decode()
        assert "upside down" in html
        assert reviewer.username in html
        client.post(reverse("task_unflag", args=[held.pk]))
        held.refresh_from_db()
        assert held.status == TaskStatus.WAITING
        assert client.post(reverse("task_unflag", args=[10**6])).status_code == 404
