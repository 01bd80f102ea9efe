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

from review.models import ReviewTask
from review.performance import hasty_pages, least_seconds, performance, wilson
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
        assert b"Your numbers" in site.get(reverse("own_numbers")).content
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
        answer = client.get(reverse("reviewer_csv"))
        (row,) = csv.DictReader(io.StringIO(answer.content.decode()))
        assert (row["reviewer"], row["pages"], row["lines"]) == (reviewer.username, "1", "2")
        assert client.post(reverse("reviewer_list")).status_code == 405
