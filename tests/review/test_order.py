"""The queue's order in the database: arms, lateness, the index, and what the sweep does."""

import random
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from recognition.chance import chance
from recognition.models import Page
from review import revaluing
from review.figures import find_figures
from review.leases import claim_next, first_free_for
from review.models import QueueFigures, ReviewTask
from review.revaluing import mark_late, refresh_queue, revalue
from review.route import route_page
from review.services import reopen_page
from review.states import Arm, TaskKind
from review.turns import came_by
from tests import factories
from tests.constraints.attacks import copy_of

pytestmark = pytest.mark.django_db

DOUBTFUL = [("Total 12.50 and much more", 0.05), ("Thank you", 0.1)]
NEARLY_SURE = [("Total 12.50 and much more", 0.79), ("Thank you", 0.99)]


def with_arm(arm: Arm, kind: Any, lines: Any = DOUBTFUL, **fields: Any) -> ReviewTask:
    """A waiting task of a page that this arm places; pages of the other are done away with."""
    while True:
        task = factories.make_task(kind, lines=lines, image=False, placed=True, **fields)
        if task.arm == arm:
            return task
        ReviewTask.objects.filter(pk=task.pk).update(status="withdrawn")


def days_old(task: ReviewTask, days: float) -> None:
    at = timezone.now() - timedelta(days=days)
    ReviewTask.objects.filter(pk=task.pk).update(created_at=at)


def test_a_routed_page_holds_what_it_is_worth_and_its_arm() -> None:
    task = with_arm(Arm.VALUE, factories.make_type(random_share=0.01))
    assert task.value == task.turn > 0
    assert (task.expected_errors or 0) > 1
    assert (task.expected_seconds or 0) > 6
    assert task.draw == chance("draw", task.page_id)
    drawn = with_arm(Arm.RANDOM, factories.make_type(random_share=1.0))
    assert drawn.value == pytest.approx(task.value)
    assert drawn.turn == pytest.approx(drawn.draw)  # nothing waits by whose values to tell it


def test_more_doubt_comes_first() -> None:
    kind, reviewer = factories.make_type(random_share=0.01), factories.make_reviewer()
    less = with_arm(Arm.VALUE, kind, NEARLY_SURE)
    more = with_arm(Arm.VALUE, kind, DOUBTFUL)
    assert list(first_free_for(reviewer)) == [more, less]
    claimed = claim_next(reviewer)
    assert claimed is not None
    assert claimed.pk == more.pk


def test_priority_comes_before_lateness_and_lateness_before_value() -> None:
    reviewer = factories.make_reviewer()
    usual = factories.make_type(random_share=0.01, longest_wait_days=3)
    urgent = factories.make_type(random_share=0.01, priority=5)
    more = with_arm(Arm.VALUE, usual, DOUBTFUL)
    old, older = (with_arm(Arm.VALUE, usual, NEARLY_SURE) for _ in range(2))
    first = with_arm(Arm.VALUE, urgent, NEARLY_SURE)
    days_old(old, 4)
    days_old(older, 5)
    days_old(more, 2.9)
    assert mark_late(usual) == 2
    assert list(first_free_for(reviewer)) == [first, older, old, more]
    assert mark_late(usual) == 0


def test_an_audit_is_placed_by_chance_and_told_as_any_page_drawn_at_random() -> None:
    kind = factories.make_type(audit_rate=1.0, random_share=0.01)
    page = factories.make_page(kind, lines=factories.SURE_LINES, status="read", image=False)
    route_page(page.pk, draw=lambda: 0.0)
    audit = ReviewTask.objects.get(page=page)
    assert audit.kind == TaskKind.AUDIT
    assert audit.turn == pytest.approx(audit.draw)
    drawn = with_arm(Arm.RANDOM, factories.make_type(random_share=1.0))
    assert came_by(audit) == came_by(drawn)
    assert "drawn at random" in came_by(audit)


def test_a_page_opened_again_keeps_its_arm_and_number() -> None:
    page = factories.make_page(status="reviewed")
    first = page.tasks.get()
    again = reopen_page(page=page, actor=factories.make_admin(), reason="A line is missing")
    assert (again.arm, again.draw) == (first.arm, first.draw)
    assert came_by(again) == ""


def test_a_better_reading_gives_a_new_value_and_the_same_arm() -> None:
    task = with_arm(Arm.VALUE, factories.make_type(random_share=0.01), DOUBTFUL)
    better = factories.make_model(active=True)
    for line in task.page.lines.current():
        said = line.predictions.get()
        said.pk, said.model_version, said.confidence = None, better, 0.7
        said.save()
    Page.objects.filter(pk=task.page_id).update(model_version=better)
    assert route_page(task.page_id) == "review"
    after = ReviewTask.objects.get(pk=task.pk)
    assert (after.arm, after.draw) == (task.arm, task.draw)
    assert after.value < task.value


class TestTheSweep:
    def test_places_follow_what_people_are_measured_to_take(self) -> None:
        kind = factories.make_type(random_share=0.01)
        for _ in range(3):
            page = with_arm(Arm.VALUE, kind).page
            factories.submit_as_read(page, factories.make_reviewer(), line0="Sum 11.00")
        waits = with_arm(Arm.VALUE, kind)
        figures = find_figures(kind)
        assert figures.pages == 3
        assert figures.wrong > 1  # more was corrected than the confidences said
        assert figures.labelled
        assert set(figures.waiting) >= set("Total")
        assert refresh_queue()["revalued"] == 1
        after = ReviewTask.objects.get(pk=waits.pk)
        assert (after.expected_errors or 0) > (waits.expected_errors or 0)
        assert after.turn == after.value != waits.value
        assert revalue(kind) == 0  # nothing rests on older figures any more

    def test_chance_is_told_in_the_terms_of_value(self) -> None:
        kind = factories.make_type(random_share=0.5)
        by_value = [with_arm(Arm.VALUE, kind, lines) for lines in (DOUBTFUL, NEARLY_SURE) * 2]
        drawn = [with_arm(Arm.RANDOM, kind) for _ in range(4)]
        for _ in range(2):  # the scale is that of the values as they stood
            find_figures(kind)
            revalue(kind)
        values = sorted(ReviewTask.objects.get(pk=task.pk).turn for task in by_value)
        found = {task.draw: ReviewTask.objects.get(pk=task.pk).turn for task in drawn}
        turns = [found[draw] for draw in sorted(found)]
        assert turns == sorted(turns)
        assert values[0] <= turns[0] < turns[-1] <= values[-1]

    def test_a_held_page_keeps_its_place(self) -> None:
        kind, reviewer = factories.make_type(), factories.make_reviewer()
        task = factories.make_task(kind)
        claim_next(reviewer)
        days_old(task, 100)
        assert refresh_queue() == {"late": 0, "revalued": 0}
        assert ReviewTask.objects.get(pk=task.pk).late_since is None

    def test_it_is_done_in_bounded_batches(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(revaluing, "BATCH", 2)
        monkeypatch.setattr(revaluing, "BATCHES", 2)
        kind = factories.make_type()
        for _ in range(5):
            factories.make_task(kind, image=False)
        find_figures(kind)
        assert [revalue(kind) for _ in range(3)] == [4, 1, 0]

    def test_a_type_without_waiting_pages_is_left_alone(self) -> None:
        factories.make_page(status="reviewed")
        refresh_queue()
        assert not QueueFigures.objects.exists()


def test_a_claim_reads_the_order_from_its_index() -> None:
    """A few thousand rows, spread over turns, lateness and priorities."""
    task = factories.make_task(image=False)
    page, kind = task.page, task.document_type
    generator, now = random.Random(8), timezone.now()
    pages = Page.objects.bulk_create(copy_of(page, number=2 + at) for at in range(4_000))
    ReviewTask.objects.bulk_create(
        copy_of(
            task,
            page_id=each.pk,
            turn=generator.random(),
            priority=generator.randint(0, 2),
            late_since=now if generator.random() < 0.1 else None,
        )
        for each in pages
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE review_reviewtask")
    reviewer = factories.make_reviewer()
    plan = first_free_for(reviewer)[:1].explain()
    assert "Index Scan using task_queue" in plan
    assert "Sort" not in plan
    rows = list(first_free_for(reviewer)[:500])
    keys = [
        (-row.priority, row.late_since is None, row.late_since or row.created_at, -row.turn, row.pk)
        for row in rows
    ]
    assert [key[:2] for key in keys] == sorted(key[:2] for key in keys)
    assert len({row.pk for row in rows}) == 500
    assert rows == list(first_free_for(reviewer)[:500])
    overdue = ReviewTask.objects.overdue(kind).order_by("created_at")[:10].explain()
    assert "task_not_late_yet" in overdue


class TestWhyHere:
    def told(self, client: Client, task: ReviewTask) -> str:
        reviewer = factories.make_reviewer()
        client.force_login(reviewer)
        client.post(reverse("review_next"))
        return client.get(reverse("review_task", args=[task.pk])).content.decode()

    def test_by_value(self, client: Client) -> None:
        task = with_arm(Arm.VALUE, factories.make_type(random_share=0.01))
        page = self.told(client, task)
        assert "2 wrong characters are expected on it, in about 7 seconds" in page
        assert "drawn at random" not in page

    def test_drawn_at_random(self, client: Client) -> None:
        task = with_arm(Arm.RANDOM, factories.make_type(random_share=1.0))
        assert "drawn at random" in self.told(client, task)

    def test_waited_longest(self, client: Client) -> None:
        kind = factories.make_type(random_share=0.01, longest_wait_days=1)
        task = with_arm(Arm.VALUE, kind)
        days_old(task, 2)
        mark_late(kind)
        assert "has waited longest: pages of this type wait for 1 day at most" in self.told(
            client, task
        )


@pytest.mark.parametrize(
    ("seconds", "told"), [(0.2, "1 second:"), (89.6, "90 seconds:"), (240.0, "4 minutes:")]
)
def test_the_expected_time_is_told_in_words(seconds: float, told: str) -> None:
    task = ReviewTask(
        kind=TaskKind.THRESHOLD, arm=Arm.VALUE, expected_errors=0.2, expected_seconds=seconds
    )
    assert told in came_by(task)
    assert "1 wrong character are" not in came_by(task)


def test_rows_of_before_get_the_arm_and_number_that_new_ones_have() -> None:
    """The migration's SQL and the pure core make the same of a page."""
    kind = factories.make_type(random_share=0.5)
    tasks = [factories.make_task(kind, image=False) for _ in range(6)]
    known = {task.pk: (task.arm, task.draw) for task in tasks}
    ReviewTask.objects.update(arm="random", draw=0.0, turn=3.0, value=3.0)
    migration = import_module("review.migrations.0012_order_by_value")
    with connection.cursor() as cursor:
        cursor.execute(migration.DRAW)
    found = {task.pk: (task.arm, task.draw) for task in ReviewTask.objects.all()}
    assert found == known
    assert not ReviewTask.objects.exclude(turn=0.0, value=0.0).exists()
