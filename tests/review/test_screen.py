"""The review screen: what it shows, how a page is taken and set aside."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from review.leases import claim_task
from review.models import Draft, ReviewTask
from review.states import TaskStatus
from tests import factories
from tests.review.helpers import form_of

pytestmark = pytest.mark.django_db


def test_next_page_holds_a_page_and_goes_to_it(site: Client, task: ReviewTask) -> None:
    assert site.get(reverse("review_next")).status_code == 405
    answer = site.post(reverse("review_next"))
    assert answer["Location"] == reverse("review_task", args=[task.pk])
    task.refresh_from_db()
    assert task.status == TaskStatus.HELD


def test_the_screen_shows_every_line_with_its_text(site: Client, held: ReviewTask) -> None:
    answer = site.get(reverse("review_task", args=[held.pk]))
    assert answer.status_code == 200
    html = answer.content.decode()
    assert 'value="Total 12.50"' in html
    assert "42 %" in html
    assert str(held.lease_token) in html
    assert "1 of 2 lines to check" in html
    assert "style=" not in html


def test_a_missing_probability_is_shown_as_missing(site: Client, reviewer: User) -> None:
    task = factories.make_task(lines=[("no number", None)])
    claim_task(task.pk, reviewer)
    html = site.get(reverse("review_task", args=[task.pk])).content.decode()
    assert ", probability </span>–" in html
    assert 'class="line unknown' in html


@pytest.mark.parametrize("lines", [5, 200])
def test_the_screen_takes_the_same_queries_whatever_the_number_of_lines(
    site: Client, reviewer: User, lines: int, django_assert_num_queries: Any
) -> None:
    task = factories.make_task(lines=[(f"line {n}", 0.5) for n in range(lines)], image=False)
    claim_task(task.pk, reviewer)
    address = reverse("review_task", args=[task.pk])
    with django_assert_num_queries(20):  # one less where the special characters are kept
        site.get(address)


def test_a_page_that_is_not_held_offers_to_take_it(site: Client, task: ReviewTask) -> None:
    address = reverse("review_task", args=[task.pk])
    assert b"Take this page" in site.get(address).content
    assert site.post(address)["Location"] == address
    assert b"page-form" in site.get(address).content


def test_a_page_held_by_somebody_else_names_them(site: Client, task: ReviewTask) -> None:
    other = factories.make_reviewer(username="omar")
    claim_task(task.pk, other)
    address = reverse("review_task", args=[task.pk])
    html = site.get(address).content.decode()
    assert "omar" in html
    assert "Take this page" not in html
    site.post(address)
    task.refresh_from_db()
    assert task.reviewer == other


def test_a_reviewer_cannot_tell_an_audit_from_other_work(site: Client, reviewer: User) -> None:
    audited = factories.make_type(audit_rate=1.0)
    task = factories.make_task(audited, lines=factories.SURE_LINES)
    assert task.kind == "audit"
    claim_task(task.pk, reviewer)
    html = site.get(reverse("review_task", args=[task.pk])).content.decode().lower()
    assert "audit" not in html
    assert "threshold" not in html
    assert "1 of 2 lines to check" in html
    history = site.get(reverse("page_detail", args=[task.page_id])).content.decode().lower()
    assert "audit" not in history


def test_skipping_needs_a_reason_and_passes_the_page_on(site: Client, held: ReviewTask) -> None:
    address = reverse("review_skip", args=[held.pk])
    site.post(address, {"token": str(held.lease_token), "reason": " "})
    held.refresh_from_db()
    assert held.status == TaskStatus.HELD
    site.post(address, {"token": str(held.lease_token), "reason": "not my language"})
    held.refresh_from_db()
    assert held.status == TaskStatus.WAITING
    assert held.skips.get().reason == "not my language"


def test_flagging_sets_the_page_aside(site: Client, held: ReviewTask) -> None:
    site.post(
        reverse("review_flag", args=[held.pk]),
        {"token": str(held.lease_token), "reason": "upside down"},
    )
    held.refresh_from_db()
    assert (held.status, held.flag_reason) == (TaskStatus.FLAGGED, "upside down")


def test_leaving_gives_the_page_back(site: Client, held: ReviewTask) -> None:
    address = reverse("review_release", args=[held.pk])
    assert site.post(address, {"token": str(held.lease_token)}).status_code == 302
    held.refresh_from_db()
    assert held.status == TaskStatus.WAITING


def test_flagging_offers_the_types_that_the_page_could_be_instead(
    site: Client, held: ReviewTask
) -> None:
    factories.make_type("Receipts")
    factories.make_type("Personnel files", groups=["Legal"])
    html = site.get(reverse("review_task", args=[held.pk])).content.decode()
    assert "Wrong document type: this is Receipts" in html
    assert "Personnel files" not in html


@pytest.mark.parametrize("name", ["review_skip", "review_flag", "review_release"])
def test_leaving_a_page_keeps_what_came_with_the_form(
    name: str, site: Client, held: ReviewTask, reviewer: User
) -> None:
    form = {**form_of(held, line0="typed without a script"), "reason": ["", "too hard"]}
    site.post(reverse(name, args=[held.pk]), form)
    draft = Draft.objects.of(held, reviewer).get()
    assert draft.text == "typed without a script"
    held.refresh_from_db()
    assert held.status in ("waiting", "flagged")
