"""Drafts and the heartbeat: what is typed is kept, whatever becomes of the lease."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from review.drafts import DraftEntry, save_drafts
from review.leases import claim_task
from review.models import Draft, RefusedDraft, ReviewTask
from review.stale import keep_stale_submit
from review.states import Verdict
from review.text import MAX_TEXT, TOO_LONG
from tests import factories
from tests.review.helpers import entry, expire, first_line, post_drafts

pytestmark = pytest.mark.django_db


def test_a_draft_comes_back_on_the_screen(site: Client, held: ReviewTask, reviewer: User) -> None:
    answer = post_drafts(site, held, reviewer, entry(first_line(held), "Total 12.58"))
    assert answer.json()["revisions"] == {str(first_line(held)): 1}
    html = site.get(reverse("review_task", args=[held.pk])).content.decode()
    assert 'value="Total 12.58"' in html


def test_a_draft_that_does_not_know_the_newest_is_a_conflict(
    site: Client, held: ReviewTask, reviewer: User
) -> None:
    line = first_line(held)
    post_drafts(site, held, reviewer, entry(line, "from window one"))
    answer = post_drafts(site, held, reviewer, entry(line, "from window two")).json()
    assert answer["conflicts"] == [
        {"line_id": line, "text": "from window one", "verdict": "corrected", "revision": 1}
    ]
    assert Draft.objects.get(line=line).text == "from window one"
    assert RefusedDraft.objects.get(line=line).text == "from window two"


def test_a_draft_outlives_the_lease(site: Client, held: ReviewTask, reviewer: User) -> None:
    expire(held)
    claim_task(held.pk, factories.make_reviewer())
    answer = post_drafts(site, held, reviewer, entry(first_line(held), "typed too late"))
    assert answer.status_code == 200
    assert Draft.objects.get(reviewer=reviewer).text == "typed too late"


def test_drafts_typed_under_another_name_are_refused(site: Client, held: ReviewTask) -> None:
    other = factories.make_reviewer()
    answer = post_drafts(site, held, other, entry(first_line(held), "not mine"))
    assert answer.status_code == 403
    assert answer.json()["code"] == "other_user"
    assert not Draft.objects.exists()


def one_entry(text: Any = "a", line: Any = 1, verdict: str = "corrected") -> dict[str, Any]:
    return {"user": 1, "entries": [entry(line, text, verdict=verdict)]}


NO_DRAFTS = [
    b"",
    b"[]",
    b"{}",
    b'{"user": 1}',
    b"\xff",
    b'{"user": 1, "entries": [{}]}',
    *(
        json.dumps(body).encode()
        for body in (
            one_entry(text=5),
            one_entry(text="a\x00"),
            one_entry(text="\ud800"),
            one_entry(line=10**20),
            one_entry(line=True),
            one_entry(verdict="perhaps"),
        )
    ),
]


@pytest.mark.parametrize("body", NO_DRAFTS)
def test_what_is_no_draft_is_refused(site: Client, held: ReviewTask, body: bytes) -> None:
    address = reverse("review_drafts", args=[held.pk])
    answer = site.post(address, body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["code"] == "malformed_drafts"


def test_a_line_that_is_too_long_is_named_and_keeps_no_other_from_being_stored(
    site: Client, held: ReviewTask, reviewer: User
) -> None:
    long, other = held.page.lines.current()
    entries = (entry(long.pk, "a" * (MAX_TEXT + 1)), entry(other.pk, "b" * MAX_TEXT))
    answer = post_drafts(site, held, reviewer, *entries)
    assert answer.status_code == 200
    assert answer.json()["revisions"] == {str(other.pk): 1}
    assert answer.json()["refused"] == {str(long.pk): TOO_LONG}
    assert Draft.objects.get().line == other


def test_a_heartbeat_puts_the_end_off(site: Client, held: ReviewTask) -> None:
    expire(held)
    address = reverse("review_heartbeat", args=[held.pk])
    answer = site.post(address, {"token": str(held.lease_token)})
    assert answer.status_code == 200
    held.refresh_from_db()
    assert held.lease_expires_at is not None
    assert held.lease_expires_at > timezone.now()
    assert site.post(address, {"token": "nonsense"}).status_code == 409


def test_a_heartbeat_after_somebody_else_took_the_page_says_so(
    site: Client, held: ReviewTask
) -> None:
    expire(held)
    claim_task(held.pk, factories.make_reviewer())
    address = reverse("review_heartbeat", args=[held.pk])
    answer = site.post(address, {"token": str(held.lease_token)})
    assert answer.status_code == 409
    assert answer.json()["code"] == "lease_lost"


def test_a_late_submit_keeps_both_of_one_persons_versions(held: ReviewTask, reviewer: User) -> None:
    line = first_line(held)

    def typed(text: str, revision: int) -> DraftEntry:
        return DraftEntry(line, text, Verdict.CORRECTED, revision)

    save_drafts(task=held, user=reviewer, entries=[typed("one", 0)])
    save_drafts(task=held, user=reviewer, entries=[typed("two", 1)])
    stale = keep_stale_submit(task=held, user=reviewer, entries=[typed("three", 1)])
    assert [each.refused_text for each in stale.saved.conflicts] == ["three"]
    keep_stale_submit(task=held, user=reviewer, entries=[typed("four", 1)])
    keep_stale_submit(task=held, user=reviewer, entries=[typed("three", 1)])
    assert Draft.objects.get().text == "two"
    assert list(RefusedDraft.objects.values_list("text", flat=True)) == ["three", "four"]


def test_keeping_drafts_takes_the_same_queries_whatever_their_number(
    reviewer: User, django_assert_max_num_queries: Any
) -> None:
    task = factories.make_task(lines=[(f"line {n}", 0.5) for n in range(100)], image=False)
    lines = [line.pk for line in task.page.lines.current()]
    for revision in range(2):  # new ones, then changed ones
        entries = [DraftEntry(line, f"typed {revision}", "corrected", revision) for line in lines]
        with django_assert_max_num_queries(8):
            saved = save_drafts(task=task, user=reviewer, entries=entries)
        assert set(saved.revisions.values()) == {revision + 1}
    assert set(Draft.objects.values_list("text", "revision")) == {("typed 1", 2)}
