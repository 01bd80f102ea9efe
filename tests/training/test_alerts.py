"""What audits find, what is told of it, and what people say to that."""

from datetime import timedelta

import pgtrigger
import pytest
from django.utils import timezone

from recognition.models import Document, DocumentType, Event, Page
from review.box_changes import Step, net_changes
from review.leases import claim_task
from review.models import Label, ReviewTask, RoutingDecision
from review.reshaping import Change, change_lines
from review.route import route_page
from review.services import LineEntry, submit_page
from tests.factories import (
    make_admin,
    make_document,
    make_model,
    make_page,
    make_reviewer,
    make_type,
)
from training.alerts import acknowledge_alert, check_type, watch_accuracy
from training.audits import Said, audit_page, expected_of, week_of, weeks_of
from training.exceptions import AlertAcknowledged, NoteMissing
from training.models import AccuracyAlert
from training.tasks import watch_accuracy as watch_task

READ = {1: "Total 12.50", 2: "Thank  you"}


def said(**texts: str) -> dict[int, Said]:
    """Of keyword `l1="text"`; a text in brackets is a verdict without one."""
    return {
        int(name[1:]): Said("", text.strip("()")) if text.startswith("(") else Said(text, "x")
        for name, text in texts.items()
    }


@pytest.mark.parametrize(
    ("steps", "labels", "lines", "right", "characters", "wrong", "missed"),
    [
        ([], said(l1="Total 12.50", l2="Thank you"), 2, 2, 20, 0, 0),
        ([], said(l1="Total 12.60", l2="Thank you"), 2, 1, 20, 1, 0),
        ([], said(l1="Total 12.50", l2="(illegible)"), 1, 1, 11, 0, 0),
        ([], said(l1="Total 12.50", l2="(not_text)"), 2, 1, 11, 9, 0),
        ([], said(l1="Total 12.50"), 1, 1, 11, 0, 0),  # opened again, and changed
        ([("reshape", (1, 2), (3, 2))], said(l3="Total 12.50", l2="Thank you"), 2, 2, 20, 0, 0),
        ([("delete", (1, 2), (2,))], said(l2="Thank you"), 2, 1, 9, 11, 0),
        ([("add", (1, 2), (1, 2, 3))], said(l1="Total 12.50", l2="Thank you", l3="Bye"),
         3, 2, 23, 3, 1),
        ([("add", (1, 2), (1, 2, 3))], said(l1="Total 12.50", l2="Thank you", l3="(not_text)"),
         2, 2, 20, 0, 0),
        ([("split", (1, 2), (3, 4, 2))], said(l3="Total", l4="12.50", l2="Thank you"),
         2, 1, 20, 0, 0),
        ([("merge", (1, 2), (3,))], said(l3="Total 12.50 Thank you"), 2, 0, 21, 0, 0),
    ],
)  # fmt: skip
def test_a_line_is_right_where_the_page_would_have_been_delivered_so(
    steps, labels, lines, right, characters, wrong, missed
):
    rows = [Step(number, *row) for number, row in enumerate(steps)]
    found = audit_page(7, net_changes((1, 2), rows), READ, labels)
    assert (found.lines, found.right) == (lines, right)
    assert (found.characters, found.wrong, found.missed) == (characters, wrong, missed)


def audited(
    document_type: DocumentType,
    weeks_ago: int,
    *,
    lines: int,
    wrong: int,
    document: Document | None = None,
) -> Page:
    """A page read so many weeks ago, drawn as an audit, and reviewed."""
    page = make_page(
        document_type,
        lines=[(f"line {n}", 0.97) for n in range(lines)],
        status="read",
        image=False,
        document=document,
    )
    assert route_page(page.pk, draw=lambda: 0.0) == "audit"
    task = claim_task(ReviewTask.objects.open().get(page=page).pk, make_reviewer())
    assert task is not None
    assert task.lease_token is not None
    assert task.reviewer is not None
    submit_page(
        task_id=task.pk,
        token=task.lease_token,
        user=task.reviewer,
        entries={
            line.pk: LineEntry("other" if line.position < wrong else f"line {line.position}")
            for line in page.lines.current()
        },
        seconds=5.0,
    )
    backdate(page, weeks_ago)
    return page


def backdate(page: Page, weeks_ago: int) -> None:
    """As if the page had been read then: decisions are append-only, so past the trigger."""
    with pgtrigger.ignore("review.RoutingDecision:append_only"):
        RoutingDecision.objects.filter(page=page).update(
            at=timezone.now() - timedelta(weeks=weeks_ago)
        )


@pytest.fixture
def letters(db):
    make_model(active=True)
    return make_type("Letters", audit_rate=0.5)


@pytest.fixture
def fallen(letters):
    """Three good weeks and one bad one; the bad week's worst page comes last."""
    document = make_document(letters)  # one, for speed
    for weeks_ago in (3, 2, 1):
        for _ in range(5):
            audited(letters, weeks_ago, lines=20, wrong=0, document=document)
    for wrong in (4, 4, 4, 4, 8):
        audited(letters, 0, lines=20, wrong=wrong, document=document)
    return letters


def test_a_week_counts_audits_and_nothing_else(letters):
    audited(letters, 1, lines=4, wrong=1)
    make_page(letters, status="reviewed", lines=[("unsure", 0.1)])
    before, now = weeks_of(letters)[-2:]
    assert (before.lines, before.right, before.cer) == (4, 3, pytest.approx(5 / 23))
    assert before.read_by == [Page.objects.get(lines__labels__text="line 1").model_version.name]
    assert (now.lines, now.share, now.interval) == (0, None, None)
    assert before.expected == pytest.approx(0.97)
    assert (now.expected, now.read) == (pytest.approx(0.1), 1)


def test_a_page_whose_boxes_were_changed_counts_as_it_was_read(letters):
    page = make_page(letters, lines=[("Total 12.50", 0.97), ("Thank you", 0.99)], status="read")
    route_page(page.pk, draw=lambda: 0.0)
    reviewer = make_reviewer()
    task = claim_task(ReviewTask.objects.open().get(page=page).pk, reviewer)
    assert task is not None
    assert task.lease_token is not None
    first = page.lines.current()[0]
    change = Change("split", lines=(first.pk,), share=0.5, texts=("Total", "12.50"))
    change_lines(task_id=task.pk, token=task.lease_token, user=reviewer, change=change)
    texts = ("Total", "12.50", "Thank you")
    lines = page.lines.current()
    submit_page(
        task_id=task.pk,
        token=task.lease_token,
        user=reviewer,
        entries={line.pk: LineEntry(text) for line, text in zip(lines, texts, strict=True)},
        seconds=5.0,
    )
    week = weeks_of(letters)[-1]
    assert (week.lines, week.right, week.cer) == (2, 1, 0)


def test_what_is_promised_is_a_sample_of_all_pages_that_were_read(letters, monkeypatch):
    monkeypatch.setattr("training.audits.SAMPLED_PAGES", 2)
    for _ in range(4):
        make_page(letters, lines=[("a", 0.9), ("b", 0.8)])
    make_page(make_type("Forms"), lines=[("c", 0.1)])
    ((mean, lines),) = expected_of(letters, week_of(timezone.localdate())).values()
    assert (mean, lines) == (pytest.approx(0.85), 4)


def test_a_fall_raises_one_alert_that_names_the_pages_that_did_it(fallen):
    alert = check_type(fallen)
    assert alert is not None
    assert alert.accuracy == pytest.approx(0.76)
    assert alert.reference == pytest.approx(1.0)
    assert alert.lines == 100
    assert alert.week == alert.since == week_of(timezone.localdate())
    worst = Page.objects.get(pk=alert.pages[0])
    assert Label.objects.filter(line__page=worst, text="other").count() == 8
    assert len(alert.pages) == 5
    event = Event.objects.get(verb="accuracy fell")
    assert event.data["accuracy"] == pytest.approx(0.76)
    assert check_type(fallen) is None
    assert watch_task() == 0
    assert AccuracyAlert.objects.count() == 1


def test_a_type_that_is_steady_or_hardly_audited_raises_none(letters):
    make_type("Forms")
    for weeks_ago in (3, 2, 1, 0):
        audited(letters, weeks_ago, lines=20, wrong=0)
    assert watch_accuracy() == 0


def test_what_was_acknowledged_is_not_told_again_of_the_same_week(fallen):
    alert = check_type(fallen)
    assert alert is not None
    admin = make_admin()
    with pytest.raises(NoteMissing):
        acknowledge_alert(alert=alert, note="  ", actor=admin)
    assert AccuracyAlert.objects.open().exists()
    acknowledge_alert(alert=alert, note=" The new scanner is dirty. ", actor=admin)
    alert.refresh_from_db()
    assert (alert.note, alert.acknowledged_by) == ("The new scanner is dirty.", admin)
    assert Event.objects.filter(verb="acknowledge alert", actor=admin).count() == 1
    with pytest.raises(AlertAcknowledged):
        acknowledge_alert(alert=alert, note="Again", actor=admin)
    assert check_type(fallen) is None
    AccuracyAlert.objects.acknowledged().get()


def test_a_worse_week_after_an_acknowledged_one_is_told(fallen):
    for number, page in enumerate(Page.objects.order_by("pk")):
        backdate(page, 4 - number // 5)
    acknowledge_alert(alert=check_type(fallen), note="Seen", actor=make_admin())
    for _ in range(5):
        audited(fallen, 0, lines=20, wrong=5)
    again = check_type(fallen)
    assert again is not None
    assert again.week == week_of(timezone.localdate())
