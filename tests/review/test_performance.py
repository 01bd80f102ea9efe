"""Numbers about reviewers: their own, everybody's, and pages done too fast."""

import csv
import io
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from review.leases import claim_task
from review.models import ReviewTask
from review.performance import hasty_pages, least_seconds, performance, wilson
from review.second import decide_lines, differences
from tests import factories

TODAY = timedelta(hours=1)


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(0, 0, 0.0, 1.0), (0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0)],
)
def test_wilsons_interval_is_that_of_the_tables(
    hits: int, of: int, low: float, high: float
) -> None:
    assert wilson(hits, of) == pytest.approx((low, high), abs=1e-4)


@given(st.integers(0, 500), st.integers(0, 500))
def test_the_interval_holds_the_share(hits: int, missed: int) -> None:
    low, high = wilson(hits, hits + missed)
    share = hits / (hits + missed) if hits + missed else 0.5
    assert 0 <= low <= share + 1e-9
    assert share - 1e-9 <= high <= 1


def test_a_glance_a_line_is_the_least() -> None:
    assert least_seconds(10, 60) == 3.0
    assert least_seconds(1, 600) == 10.0


@pytest.mark.django_db
class TestNumbers:
    """What one person did."""

    def test_pages_seconds_and_corrections_are_counted(self, reviewer: User) -> None:
        factories.submit_as_read(factories.make_page(), reviewer, line0="changed")
        factories.submit_as_read(factories.make_page(), reviewer)
        factories.submit_as_read(factories.make_page(), factories.make_reviewer())
        (row,) = performance([reviewer], since=timezone.now() - TODAY)
        assert (row.pages, row.lines, row.seconds, row.per_line) == (2, 4, 12.0, 6.0)
        assert (row.corrected.hits, row.corrected.of) == (1, 4)
        assert row.caught.value is None

    def test_what_a_second_person_upholds_is_counted(self, reviewer: User) -> None:
        kind = factories.make_type(second_review_rate=1.0, second_review_blind=False)
        done = factories.submit_as_read(factories.make_page(kind), reviewer)
        factories.submit_as_read(done.page, factories.make_reviewer())
        (row,) = performance([reviewer], since=timezone.now() - TODAY)
        assert (row.upheld.hits, row.upheld.of) == (2, 2)

    def test_a_disputed_page_counts_only_once_somebody_has_decided(self, reviewer: User) -> None:
        kind = factories.make_type(second_review_rate=1.0, second_review_blind=False)
        done = factories.submit_as_read(factories.make_page(kind), reviewer)
        factories.submit_as_read(done.page, factories.make_reviewer(), line0="differs")
        since = timezone.now() - TODAY
        (row,) = performance([reviewer], since=since)
        assert row.upheld.of == 0
        third = factories.make_admin()
        task = claim_task(ReviewTask.objects.open().get(page=done.page).pk, third)
        assert task is not None
        assert task.lease_token is not None
        choices = {each.line.pk: ("differs", "corrected") for each in differences(task)}
        decide_lines(task_id=task.pk, token=task.lease_token, user=third, choices=choices)
        (row,) = performance([reviewer], since=since)
        assert (row.upheld.hits, row.upheld.of) == (1, 2)

    @pytest.mark.parametrize(("threshold", "probability", "weak"), [(0.95, 0.9, 20), (0.6, 0.7, 1)])
    def test_the_lines_to_check_are_those_under_the_threshold_the_page_was_routed_with(
        self, reviewer: User, threshold: float, probability: float, weak: int
    ) -> None:
        lines = [("Weak line", 0.1)] + [("Line of many", probability)] * 19
        kind = factories.make_type(threshold=threshold)
        page = factories.make_page(kind, lines=lines, image=False)
        done = factories.submit_as_read(page, reviewer)
        ReviewTask.objects.filter(pk=done.pk).update(seconds=0.1)
        type(kind).objects.filter(pk=kind.pk).update(threshold=0.3)  # moved since
        (found,) = hasty_pages(since=timezone.now() - TODAY)
        assert found.lines == weak

    def test_without_a_decision_the_types_own_threshold_stands_in(self, reviewer: User) -> None:
        kind = factories.make_type(threshold=0.95)
        page = factories.make_page(kind, lines=[("Line of many", 0.9)] * 5, image=False)
        ReviewTask.objects.filter(page=page).update(decision=None)
        done = factories.submit_as_read(page, reviewer)
        ReviewTask.objects.filter(pk=done.pk).update(seconds=0.1)
        (found,) = hasty_pages(since=timezone.now() - TODAY)
        assert found.lines == 5

    def test_a_page_confirmed_faster_than_anybody_reads_is_shown(self, reviewer: User) -> None:
        lines = [(f"Line number {number} of many", 0.5) for number in range(20)]
        fast, slow = (
            factories.submit_as_read(factories.make_page(lines=lines, image=False), reviewer)
            for _ in range(2)
        )
        changed = factories.submit_as_read(
            factories.make_page(lines=lines, image=False), reviewer, line0="changed"
        )
        ReviewTask.objects.filter(pk__in=[fast.pk, changed.pk]).update(seconds=2.0)
        (found,) = hasty_pages(since=timezone.now() - TODAY)
        assert (found.task.pk, found.lines) == (fast.pk, 20)
        assert found.least > 2.0
        assert slow.seconds == 12.0


@pytest.mark.django_db
class TestPages:
    """Who may look at what."""

    def test_a_reviewer_sees_their_own(self, site: Client, reviewer: User) -> None:
        factories.submit_as_read(factories.make_page(), reviewer)
        html = site.get(reverse("own_numbers")).content
        assert b"Your numbers" in html
        assert b"lines that the site was sure of" in html
        for theme in ("light", "dark"):
            drawn = site.get(reverse("own_pages_a_day", args=[theme]))
            assert drawn.content.startswith(b"<?xml")
        assert site.post(reverse("own_numbers")).status_code == 405
        for name in ("reviewer_list", "reviewer_csv"):
            assert site.get(reverse(name)).status_code == 403
            assert Client().get(reverse(name))["Location"].startswith(reverse("login"))

    def test_an_admin_sees_everybodys_also_as_csv(self, client: Client, reviewer: User) -> None:
        factories.submit_as_read(factories.make_page(), reviewer)
        client.force_login(factories.make_admin())
        for period in ("today", "week", "month", "nonsense"):
            answer = client.get(reverse("reviewer_list"), {"period": period})
            assert reviewer.username in answer.content.decode()
            assert "lines that the site was sure of" in answer.content.decode()
        answer = client.get(reverse("reviewer_csv"))
        (row,) = csv.DictReader(io.StringIO(answer.content.decode()))
        assert (row["reviewer"], row["pages"], row["lines"]) == (reviewer.username, "1", "2")
        assert client.post(reverse("reviewer_list")).status_code == 405
