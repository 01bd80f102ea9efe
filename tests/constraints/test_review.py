"""What must never be false of tasks, drafts, labels and checks, attacked in the database."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import InternalError, transaction
from django.utils import timezone

from review.figures import find_figures
from review.models import (
    Draft,
    Label,
    LineEdit,
    LineMark,
    PlantedError,
    RefusedDraft,
    ReviewTask,
    RoutingDecision,
    TaskSkip,
)
from tests.constraints.attacks import (
    breaks,
    first_label,
    insert,
    protected,
    update,
)
from tests.factories import (
    make_model,
    make_page,
    make_reviewer,
    make_task,
    make_type,
)

pytestmark = pytest.mark.django_db


def test_a_page_has_one_open_task() -> None:
    task = make_task()
    breaks("one_open_task_per_page", insert(task))
    insert(task, status="withdrawn")()


def test_a_lease_is_whole_or_not_there() -> None:
    task, user = make_task(), make_reviewer()
    later = timezone.now() + timedelta(minutes=1)
    whole = {
        "reviewer": user,
        "lease_token": uuid4(),
        "lease_expires_at": later,
        "hold": "active",
    }
    for missing in whole:
        part = {name: value for name, value in whole.items() if name != missing}
        breaks("task_lease_all_or_nothing", update(task, status="held", **part))
        breaks("task_lease_all_or_nothing", update(task, **{missing: whole[missing]}))
    update(task, status="held", **whole)()
    breaks("task_lease_all_or_nothing", update(task, status="waiting"))
    breaks("task_lease_all_or_nothing", update(task, hold="lent"))
    for hold, constraint in (
        ("active", "one_active_task_per_reviewer"),
        ("ahead", "one_task_ahead_per_reviewer"),
    ):
        update(task, hold=hold)()
        breaks(constraint, update(make_task(), status="held", **{**whole, "hold": hold}))
    update(task, hold="parked")()
    update(make_task(), status="held", **{**whole, "hold": "parked"})()


def test_a_task_is_in_a_known_state_with_what_belongs_to_it() -> None:
    task = make_task()
    breaks("task_status_known", update(task, status="lost"))
    breaks("task_done_names_who_and_when", update(task, status="done"))
    breaks("task_done_names_who_and_when", update(task, done_at=timezone.now()))
    breaks("task_flagged_has_reason", update(task, status="flagged"))


@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf"), 1e10])
def test_what_a_page_is_worth_is_a_number(value: float) -> None:
    task = make_task()
    for name in ("value", "turn", "expected_errors", "expected_seconds"):
        breaks("task_value_is_finite", update(task, **{name: value}))
    figures = find_figures(task.document_type)
    for name in ("line_seconds", "error_seconds", "wrong"):
        breaks("figures_are_positive_and_finite", update(figures, **{name: value}))
        breaks("figures_are_positive_and_finite", update(figures, **{name: 0.0}))


def test_a_page_is_in_one_of_the_two_arms_with_its_number() -> None:
    task = make_task()
    breaks("task_arm_known", update(task, arm="other"))
    for draw in (-0.1, 1.0, float("nan")):
        breaks("task_arm_known", update(task, draw=draw))


def test_corrections_are_counted_of_what_is_done() -> None:
    breaks("task_corrected_once_done", update(make_task(), corrected=3))
    done = ReviewTask.objects.get(page=make_page(status="reviewed"))
    update(done, corrected=3)()
    breaks("corrected", update(done, corrected=-1))


def test_an_audit_is_drawn_once_for_a_reading() -> None:
    decision = RoutingDecision.objects.get(page=make_page())
    breaks("decision_once_per_page_model_and_set", insert(decision))
    other = {"model_version_id": make_model().pk}
    breaks("decision_threshold_is_share", insert(decision, threshold=1.5, **other))
    breaks("decision_threshold_is_share", insert(decision, audit_rate=-0.5, **other))
    protected(decision, outcome="accept")


def test_a_reviewer_has_one_draft_of_a_line() -> None:
    task = make_task()
    draft = Draft.objects.create(
        task=task,
        reviewer=make_reviewer(),
        line=task.page.lines.all()[0],
        text="typed",
        verdict="corrected",
    )
    breaks("draft_once_per_line_and_reviewer", insert(draft))


def test_a_skip_is_append_only() -> None:
    skip = TaskSkip.objects.create(task=make_task(), reviewer=make_reviewer(), reason="Blurred")
    protected(skip, reason="other")


def test_a_line_has_one_current_label() -> None:
    label = first_label()
    breaks("one_current_label_per_line", insert(label))
    insert(label, superseded_at=timezone.now())()


def test_a_label_is_empty_only_where_it_says_so() -> None:
    label = first_label()
    update(label, superseded_at=timezone.now())()
    for verdict in ("confirmed", "corrected"):
        change = {"verdict": verdict, "text": "", "superseded_at": None}
        breaks("label_empty_only_without_text", insert(label, **change))
    for verdict in ("illegible", "not_text"):
        change = {"verdict": verdict, "text": "some", "superseded_at": None}
        breaks("label_empty_only_without_text", insert(label, **change))
    breaks("label_verdict_known", insert(label, verdict="maybe", superseded_at=None))
    breaks("label_seconds_not_negative", insert(label, seconds=-1, superseded_at=None))


def test_what_was_said_stays_and_is_superseded_once_and_for_good() -> None:
    label = first_label()
    protected(label, text="other")
    now = timezone.now()
    update(label, superseded_at=now)()
    for change in ({"superseded_at": None}, {"superseded_at": now + timedelta(days=1)}):
        with pytest.raises(InternalError, match="pgtrigger"), transaction.atomic():
            update(label, **change)()


def test_a_planted_error_is_wrong_known_once_and_judged_once() -> None:
    task = make_task()
    planted = PlantedError.objects.create(
        task=task,
        reviewer=make_reviewer(),
        line=task.page.lines.all()[0],
        model_text="Total",
        planted_text="Tota1",
    )
    breaks("planted_once_per_line_and_reviewer", insert(planted))
    other = {"reviewer_id": make_reviewer().pk}
    breaks("planted_is_wrong", insert(planted, planted_text="Total", **other))
    breaks("planted_is_wrong", insert(planted, planted_text="", **other))
    breaks("planted_judged_with_outcome", update(planted, outcome="caught"))
    breaks("planted_judged_with_outcome", update(planted, judged_at=timezone.now()))
    protected(planted, planted_text="other")
    update(planted, outcome="caught", judged_at=timezone.now())()
    protected(planted, outcome="missed")
    breaks("type_plants_few_errors", update(make_type(), plant_rate=0.5))


@pytest.mark.parametrize(
    ("read", "planted", "refused", "taken"),
    [
        (
            "The quantity was 2 crates.",
            "The qnantity was 2 crates.",
            [
                "The qnantity was 2 crates.",
                "(qnantity) was",
                "The qnantity was 2 crates",
                "qnantity",
            ],
            ["The quantity was 2 crates", "The qvantity was 2 crates.", "The qnantities"],
        ),
        ("Total 12,50", "Total 12.50", ["Total 12.50.", "12.50"], ["Total 12,50.", "112.50"]),
        ("At the end. Yes", "At the end, Yes", ["the end, of"], ["At the end. Yes!", "the end"]),
        ("in 1 day", "in l day", ["in l day"], ["in 1 day 5 l"]),
        ("Cafe\u0301 noir bar", "Caf\u00e9 noir bor", ["Caf\u00e9 bor"], ["Caf\u00e9 noir"]),
    ],
)
def test_a_word_with_a_planted_piece_becomes_no_label(
    read: str, planted: str, refused: list[str], taken: list[str]
) -> None:
    task, reviewer = make_task(), make_reviewer()
    row = {"task": task, "reviewer": reviewer, "line": task.page.lines.all()[0]}
    PlantedError.objects.create(model_text=read, planted_text=planted, **row)
    now = timezone.now()
    for text in refused:
        label = Label(text=text, verdict="corrected", superseded_at=now, **row)
        with pytest.raises(InternalError, match="planted text"), transaction.atomic():
            Label.objects.bulk_create([label])
    Label.objects.bulk_create(
        Label(text=text, verdict="corrected", superseded_at=now, **row) for text in taken
    )


def test_a_check_names_its_review_and_is_nobodys_own() -> None:
    breaks("task_checks_what_its_kind_says", update(make_task(), kind="second"))
    first = make_page(status="reviewed").tasks.get()
    second = ReviewTask.objects.create(
        page=first.page,
        document_type=first.document_type,
        kind="second",
        model_version=first.model_version,
        first=first,
        first_reviewer=first.done_by,
    )
    done = {"status": "done", "done_at": timezone.now(), "done_token": uuid4()}
    breaks("task_nobody_checks_their_own_work", update(second, done_by=first.done_by, **done))
    with pytest.raises(InternalError, match="names another reviewer"), transaction.atomic():
        update(second, first_reviewer=make_reviewer())()
    update(second, done_by=make_reviewer(), **done)()


def test_what_was_refused_is_kept_once_and_for_good() -> None:
    task = make_task()
    refused = RefusedDraft.objects.create(
        task=task,
        reviewer=make_reviewer(),
        line=task.page.lines.all()[0],
        text="long " * 1_000,  # more than an index of the text itself would hold
        verdict="corrected",
    )
    breaks("refused_draft_kept_once", insert(refused))
    protected(refused, text="else")


def test_lines_keep_their_shape_and_changes_of_them_are_kept() -> None:
    task = make_task()
    line = task.page.lines.all()[0]
    protected(line, polygon=[[0, 0]] * 4)
    reviewer = make_reviewer()
    edit = LineEdit.objects.create(
        task=task, reviewer=reviewer, kind="delete", before=[line.pk], after=[]
    )
    protected(edit, after=[1])
    breaks("line_edit_kind_known", insert(edit, kind="explode"))
    breaks("line_edit_names_what_it_reverts", insert(edit, kind="revert"))
    breaks("line_edit_names_what_it_reverts", insert(edit, reverts_id=edit.pk))
    mark = LineMark.objects.create(
        task=task, reviewer=reviewer, line=line, kind="handwriting", on=True
    )
    protected(mark, on=False)
    breaks("line_mark_kind_known", insert(mark, kind="pretty"))
