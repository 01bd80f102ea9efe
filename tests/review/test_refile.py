"""A document under the wrong type is filed under the right one, and nothing of it is lost."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from recognition.models import Event, Line, Page
from recognition.reading import read_page
from recognition.states import PageStatus
from review.drafts import DraftEntry, save_drafts
from review.exceptions import NotRefilable
from review.leases import claim_next, claim_task, flag_task
from review.models import Draft, ReviewTask, RoutingDecision
from review.refile import refile_document, suggested_type
from review.route import route_page
from review.states import TaskStatus
from tests.doubles import always
from tests.factories import (
    make_admin,
    make_document,
    make_page,
    make_reviewer,
    make_type,
    submit_as_read,
)
from tests.recognition.engine_kit import shared_engine
from tests.review.helpers import expire, in_a_thread

pytestmark = pytest.mark.django_db


def flagged(**policy: Any) -> ReviewTask:
    """A page that a reviewer typed on and then flagged: its type is wrong."""
    page = make_page(make_type("Receipts", **policy))
    reviewer = make_reviewer()
    task = claim_task(ReviewTask.objects.open().get(page=page).pk, reviewer)
    assert task is not None
    assert task.lease_token is not None
    line = page.lines.all()[0]
    save_drafts(task=task, user=reviewer, entries=[DraftEntry(line.pk, "typed", "corrected", 0)])
    reason = "Wrong document type: this is Invoices"
    flag_task(task_id=task.pk, token=task.lease_token, user=reviewer, reason=reason)
    return task


def test_a_document_is_moved_read_anew_and_routed_by_the_new_types_policy() -> None:
    task = flagged(threshold=0.9)
    page = Page.objects.get(pk=task.page_id)
    before = list(page.lines.current())
    invoices = make_type("Invoices", threshold=0.0)
    moved = refile_document(
        document=page.document, document_type=invoices, actor=make_admin(username="ada")
    )
    page.refresh_from_db()
    assert (moved.document_type, moved.batch.document_type) == (invoices, invoices)
    assert page.status == PageStatus.QUEUED
    assert ReviewTask.objects.get(pk=task.pk).status == TaskStatus.WITHDRAWN
    assert claim_next(make_reviewer()) is None
    assert read_page(page.pk, always(shared_engine())) == "read"
    route_page(page.pk, draw=lambda: 0.9)
    decided = RoutingDecision.objects.filter(page=page).order_by("pk")
    assert [(each.document_type, each.threshold) for each in decided] == [
        (task.document_type, 0.9),
        (invoices, 0.0),
    ]
    # On record: the lines and what was typed on them.
    kept = Line.objects.filter(pk__in=[line.pk for line in before])
    assert kept.filter(retired_at__isnull=False).count() == len(before)
    assert Draft.objects.get(task=task).text == "typed"
    event = Event.objects.get(verb="refile")
    assert (event.data["before"], event.data["to"]) == ("Receipts", "Invoices")
    assert event.actor is not None
    assert event.actor.username == "ada"


def test_what_stands_in_the_way_is_said_and_nothing_is_changed() -> None:
    invoices = make_type("Invoices")
    admin = make_admin()
    reviewed = make_page(make_type())
    submit_as_read(reviewed, make_reviewer())
    open_now = make_page(make_type())
    claim_task(ReviewTask.objects.open().get(page=open_now).pk, make_reviewer())
    there = make_page(make_type())
    make_document(invoices, content=b"the same bytes")
    same = make_page(document=make_document(make_type(), content=b"the same bytes"))
    being_read = make_page(make_type(), status=PageStatus.READING)
    for page, told in (
        (reviewed, "have been reviewed"),
        (open_now, "open now"),
        (same, "has this very file"),
        (being_read, "being read"),
    ):
        with pytest.raises(NotRefilable, match=told):
            refile_document(document=page.document, document_type=invoices, actor=admin)
        page.document.refresh_from_db()
        assert page.document.document_type != invoices
    with pytest.raises(NotRefilable, match="already"):
        refile_document(
            document=there.document, document_type=there.document.document_type, actor=admin
        )


def test_a_page_whose_lease_has_run_out_goes_along() -> None:
    page = make_page(make_type())
    task = claim_task(ReviewTask.objects.open().get(page=page).pk, make_reviewer())
    assert task is not None
    ReviewTask.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    refile_document(document=page.document, document_type=make_type(), actor=make_admin())
    assert ReviewTask.objects.get(pk=task.pk).status == TaskStatus.WITHDRAWN


@pytest.mark.django_db(transaction=True)
def test_a_page_that_is_being_submitted_is_not_waited_for() -> None:
    """The submit has its task and comes for the page: each would wait for the other."""
    page, reviewer = make_page(make_type()), make_reviewer()
    task = claim_task(ReviewTask.objects.open().get(page=page).pk, reviewer)
    assert task is not None
    expire(task)
    move = partial(
        refile_document, document=page.document, document_type=make_type(), actor=make_admin()
    )
    with ThreadPoolExecutor(1) as other, transaction.atomic():
        ReviewTask.objects.select_for_update().get(pk=task.pk)  # so a submit begins
        with pytest.raises(NotRefilable, match="works on a page of this document now"):
            other.submit(in_a_thread, move).result(timeout=20)
        submit_as_read(page, reviewer)
    page.refresh_from_db()
    assert page.status == PageStatus.REVIEWED
    with pytest.raises(NotRefilable, match="have been reviewed"):
        move()


@pytest.mark.parametrize(
    ("reason", "named"),
    [
        ("Wrong document type: this is Invoices", "Invoices"),
        ("wrong document type: this is late invoices", "Late invoices"),
        ("Wrong document type", None),
    ],
)
def test_the_type_that_the_reason_names_is_offered(reason: str, named: str | None) -> None:
    types = [make_type("Invoices"), make_type("Late invoices")]
    found = suggested_type(reason, types)
    assert (found.name if found else None) == named


class TestTheFlaggedList:
    def test_an_admin_moves_the_document_from_there(self, client: Client) -> None:
        task = flagged()
        invoices = make_type("Invoices")
        client.force_login(make_admin())
        html = client.get(reverse("flagged_list")).content.decode()
        assert f'<option value="{invoices.pk}" selected>' in html
        answer = client.post(
            reverse("task_refile", args=[task.pk]), {"document_type": invoices.pk}, follow=True
        )
        assert "is filed under Invoices" in answer.content.decode()
        task.page.document.refresh_from_db()
        assert task.page.document.document_type == invoices

    @pytest.mark.parametrize("chosen", ["", "x", "999999"])
    def test_a_type_that_is_none_is_asked_for_again(self, client: Client, chosen: str) -> None:
        task = flagged()
        client.force_login(make_admin())
        answer = client.post(
            reverse("task_refile", args=[task.pk]), {"document_type": chosen}, follow=True
        )
        assert "Choose the document type" in answer.content.decode()

    def test_only_admins_may(self, client: Client) -> None:
        task = flagged()
        address = reverse("task_refile", args=[task.pk])
        assert client.post(address).status_code == 302
        client.force_login(make_reviewer())
        assert client.post(address).status_code == 403
        client.force_login(make_admin())
        assert client.get(address).status_code == 405
        assert client.post(reverse("task_refile", args=[0])).status_code == 404
