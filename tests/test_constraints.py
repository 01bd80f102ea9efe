"""What must never be false is held by the database: each rule, attacked with raw rows."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, InternalError, connection, transaction
from django.db.models import Model
from django.utils import timezone

from recognition.models import (
    Activation,
    ActiveModel,
    Event,
    Line,
    ModelVersion,
    PartialUpload,
    Prediction,
)
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
    ThresholdChoice,
)
from tests.factories import (
    make_admin,
    make_document,
    make_model,
    make_page,
    make_reviewer,
    make_task,
    make_type,
)
from training.models import Dataset, DatasetItem, TrainingRun

pytestmark = pytest.mark.django_db


def breaks(constraint: str, action: Callable[[], Any]) -> None:
    """`action` must be refused by this very constraint."""
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        action()


def protected(row: Model, **change: Any) -> None:
    """A trigger must refuse both a change of `row` and its deletion, whoever asks."""
    rows = type(row)._default_manager.filter(pk=row.pk)
    with pytest.raises(InternalError, match="pgtrigger"), transaction.atomic():
        rows.update(**change)
    with pytest.raises(InternalError, match="pgtrigger"), transaction.atomic():
        rows._raw_delete(rows.db)  # type: ignore[attr-defined]  # past Django's own protection


def copy_of(row: Model, **change: Any) -> Model:
    """The row again, as a new one, with other values."""
    names = [field.attname for field in row._meta.concrete_fields if not field.primary_key]
    return type(row)(**{**{name: getattr(row, name) for name in names}, **change})


def update(row: Model, **change: Any) -> Callable[[], Any]:
    return lambda: type(row)._default_manager.filter(pk=row.pk).update(**change)


def insert(row: Model, **change: Any) -> Callable[[], Any]:
    return lambda: type(row)._default_manager.bulk_create([copy_of(row, **change)])


# --- recognition ----------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [-0.01, 1.01])
def test_policy_numbers_are_shares(value: float) -> None:
    kind = make_type()
    breaks("type_threshold_is_share", update(kind, threshold=value))
    breaks("type_audit_is_share", update(kind, audit_rate=value))
    choice = ThresholdChoice.objects.create(
        document_type=kind, target=0.9, threshold=0.8, bound=0.1, judged_lines=100
    )
    breaks("choice_shares", insert(choice, threshold=value))
    breaks("choice_shares", insert(choice, bound=value))
    breaks("choice_shares", insert(choice, bound=None))
    protected(choice, threshold=0.5)


def test_a_character_set_is_one_that_there_is() -> None:
    task = make_task()
    page, (line, *_) = task.page, task.page.lines.all()
    breaks("type_character_set_known", update(page.document.document_type, character_set="runes"))
    breaks("page_character_set_known", update(page, character_set="runes"))
    breaks("task_character_set_known", update(task, character_set="runes"))
    prediction = line.predictions.get()
    breaks("prediction_character_set_known", insert(prediction, character_set="runes"))
    decision = RoutingDecision.objects.get(page=page)
    breaks("decision_character_set_known", insert(decision, character_set="runes"))


def test_a_file_in_parts_is_one_at_a_time_and_ends_as_a_document() -> None:
    page = make_page()
    partial = PartialUpload.objects.create(
        batch=page.document.batch,
        owner=make_admin(),
        filename="archive.zip",
        size_bytes=10,
        fingerprint="archive.zip/10/1",
    )
    breaks("partial_once_per_file", insert(partial, token=uuid4()))
    breaks("partial_size_known", update(partial, size_bytes=0))
    breaks("partial_done_names_its_document", update(partial, status="done"))
    breaks("partial_done_names_its_document", update(partial, document=page.document))
    update(partial, status="done", document=page.document)()


@pytest.mark.parametrize("value", [-0.01, 1.01])
def test_a_second_review_is_a_share(value: float) -> None:
    for name in ("second_review_rate", "second_review_below"):
        breaks("type_second_review_is_share", update(make_type(), **{name: value}))


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


@pytest.mark.parametrize("value", [0.0, 0.49, 1.0])
def test_an_accuracy_target_is_neither_worthless_nor_certain(value: float) -> None:
    breaks("type_target_below_one", update(make_type(), accuracy_target=value))


def test_a_file_stands_once_in_a_type() -> None:
    document = make_document()
    breaks("document_once_in_type", insert(document))
    insert(document, status="failed", failure_code="x")()
    insert(document, status="duplicate", duplicate_of_id=document.pk)()
    insert(document, document_type_id=make_type().pk)()


def test_a_document_is_in_a_known_state_with_what_belongs_to_it() -> None:
    document = make_document()
    breaks("document_status_known", update(document, status="lost"))
    breaks("document_failed_has_reason", update(document, status="failed"))
    breaks("document_failed_has_reason", update(document, failure_code="x"))
    breaks("document_duplicate_names_first", update(document, status="duplicate"))
    breaks("document_lease_while_splitting", update(document, status="splitting"))
    breaks("document_lease_while_splitting", update(document, lease_token=uuid4()))


def test_a_file_comes_out_of_its_archive_once() -> None:
    archive = make_document()
    member = make_document(batch=archive.batch)
    breaks("document_archive_with_position", update(member, archive=archive))
    update(member, archive=archive, archive_position=0)()
    member.refresh_from_db()
    breaks("document_once_from_archive", insert(member, sha256="0" * 64))


def test_a_page_number_is_used_once_in_its_document() -> None:
    page = make_page()
    breaks("page_number_once_in_document", insert(page))
    breaks("page_number_from_one", update(page, number=0))


def test_a_page_is_in_a_known_state_with_what_belongs_to_it() -> None:
    page = make_page()
    breaks("page_status_known", update(page, status="lost"))
    breaks("page_failed_has_reason", update(page, status="failed"))
    breaks("page_lease_while_reading", update(page, status="reading"))
    breaks("page_lease_while_reading", update(page, reading_token=uuid4()))
    breaks("page_read_names_its_model", update(page, model_version=None))
    breaks("page_confidence_is_share", update(page, lowest_confidence=1.5))


def test_a_text_layer_is_there_where_the_text_is_from_it() -> None:
    page = make_page()
    source = "page_text_layer_where_it_is_the_source"
    layer = {"text_source": "text_layer", "text_layer": {"lines": []}, "lowest_confidence": None}
    breaks(source, update(page, text_source="text_layer", lowest_confidence=None))
    breaks(source, update(page, text_layer={"lines": []}))
    breaks(source, update(page, **layer, text_layer_fault="disagrees"))
    breaks("page_text_layer_has_no_confidence", update(page, **{**layer, "lowest_confidence": 1}))
    update(page, **layer)()


def test_a_text_layer_is_never_the_active_model() -> None:
    version = make_model()
    ModelVersion.objects.bulk_create([copy_of(version, sha256="0" * 64, kind="text")])
    taker = ModelVersion.objects.get(kind="text")
    with pytest.raises(InternalError, match="cannot be the active model"), transaction.atomic():
        ActiveModel.objects.create(model_version=taker)


def test_a_position_is_used_once_among_the_lines_that_stand() -> None:
    line = first_line()
    breaks("line_position_once_on_page", insert(line))
    insert(line, retired_at=timezone.now())()


def test_a_model_reads_a_line_once() -> None:
    prediction = first_prediction()
    breaks("prediction_once_per_line_model_and_set", insert(prediction))
    insert(prediction, model_version_id=make_model().pk)()


@pytest.mark.parametrize("value", [-0.01, 1.01])
def test_a_confidence_is_a_share(value: float) -> None:
    change = {"confidence": value, "model_version_id": make_model().pk}
    breaks("prediction_confidence_is_share", insert(first_prediction(), **change))


def test_weights_have_one_row() -> None:
    breaks("sha256", insert(make_model()))


def test_a_scope_has_one_active_model() -> None:
    kind = make_type()
    for scope in (None, kind):
        ActiveModel.objects.create(document_type=scope, model_version=make_model())
        breaks(
            "one_active_model_per_scope",
            lambda scope=scope: ActiveModel.objects.create(  # type: ignore[misc]
                document_type=scope, model_version=make_model()
            ),
        )


def test_readings_models_and_the_trail_are_append_only() -> None:
    version = make_model(active=True)
    prediction = first_prediction()
    protected(prediction, text="other")
    protected(version, name="other")
    protected(Activation.objects.all()[0], reason="other")
    protected(Event.objects.all()[0], verb="other")


# --- review ---------------------------------------------------------------------------------------


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


# --- training -------------------------------------------------------------------------------------


def test_a_dataset_is_frozen() -> None:
    label = first_label()
    dataset = Dataset.objects.create(manifest_sha256="a" * 64, label_count=1)
    breaks("dataset_once_per_content", insert(dataset))
    item = DatasetItem.objects.create(
        dataset=dataset,
        label=label,
        text=label.text,
        crop_sha256="b" * 64,
        document_sha256="c" * 64,
        split="train",
    )
    breaks("label_once_in_dataset", insert(item))
    for change in ({"split": "dev"}, {"split": ""}, {"left_out": "illegible"}):
        breaks("item_in_a_split_or_left_out", insert(item, **change))
    protected(dataset, label_count=2)
    protected(item, split="test")


def test_one_run_runs_and_ends_with_what_belongs_to_its_state() -> None:
    run = TrainingRun.objects.create(trigger="manual")
    breaks("one_queued_run_per_scope", insert(run))
    update(run, status="running")()
    breaks("one_running_training_run", insert(run, status="running"))
    breaks("run_status_known", update(run, status="lost"))
    for status in ("failed", "skipped"):
        breaks("run_failed_has_reason", update(run, status=status))
    breaks("run_succeeded_has_candidate", update(run, status="succeeded"))
    with pytest.raises(InternalError, match="pgtrigger"), transaction.atomic():
        TrainingRun.objects.filter(pk=run.pk)._raw_delete("default")


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


def test_no_named_constraint_of_these_apps_is_left_out_here() -> None:
    """A new constraint needs its attack: this file must name it."""
    from django.apps import apps

    text = __import__("pathlib").Path(__file__).read_text()
    names = {
        constraint.name
        for label in ("recognition", "review")
        for model in apps.get_app_config(label).get_models()
        for constraint in model._meta.constraints
    }
    assert not {name for name in names if name not in text}


def test_the_triggers_are_in_the_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'pgtrigger_%%'")
        assert cursor.fetchone()[0] >= 14


def first_line() -> Line:
    return Line.objects.filter(page=make_page())[0]


def first_prediction() -> Prediction:
    return Prediction.objects.filter(line__page=make_page())[0]


def first_label() -> Label:
    return Label.objects.filter(line__page=make_page(status="reviewed"))[0]
