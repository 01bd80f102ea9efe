"""What must never be false of documents, pages, lines and models, attacked in the database."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import InternalError, transaction
from django.utils import timezone

from recognition.models import (
    Activation,
    ActiveModel,
    Canary,
    Event,
    ModelVersion,
    PartialUpload,
)
from review.models import (
    RoutingDecision,
    ThresholdChoice,
)
from tests.constraints.attacks import (
    breaks,
    copy_of,
    first_line,
    first_prediction,
    insert,
    protected,
    update,
)
from tests.factories import (
    make_admin,
    make_document,
    make_model,
    make_page,
    make_task,
    make_type,
)

pytestmark = pytest.mark.django_db


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


@pytest.mark.parametrize("value", [0.0, 0.009, 1.01, float("nan")])
def test_some_pages_are_always_drawn_at_random(value: float) -> None:
    breaks("type_some_pages_are_drawn", update(make_type(), random_share=value))


@pytest.mark.parametrize("value", [0, 366])
def test_a_page_waits_for_a_day_to_a_year(value: int) -> None:
    breaks("type_wait_has_an_end", update(make_type(), longest_wait_days=value))


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


def test_a_canary_is_one_a_scope_another_than_what_serves_and_ends_with_a_reason() -> None:
    serving, kind, other = make_model(active=True), make_type(), make_model()
    canary = Canary.objects.create(model_version=other, share=0.1)
    breaks("one_running_canary_per_scope", insert(canary))
    for share in (0.0, -0.1, 0.51):
        breaks("canary_share_up_to_a_half", update(canary, share=share))
    whole = {"status": "withdrawn", "reason": "worse", "ended_at": timezone.now()}
    for missing in ("reason", "ended_at"):
        part = {name: value for name, value in whole.items() if name != missing}
        breaks("canary_ended_has_reason", update(canary, **part))
        breaks("canary_ended_has_reason", update(canary, **{missing: whole[missing]}))
    breaks("canary_ended_has_reason", update(canary, ended_by=make_admin()))
    breaks("canary_ended_has_reason", update(canary, **{**whole, "status": "lost"}))
    protected(canary, model_version=serving)
    for change in ({"salt": uuid4()}, {"document_type": kind}, {"started_at": timezone.now()}):
        refused(update(canary, **change))
    # What serves a scope cannot be its canary, whichever of the two comes first.
    refused(insert(canary, document_type_id=kind.pk, model_version_id=serving.pk))
    own = ActiveModel.objects.create(document_type=kind, model_version=make_model())
    refused(insert(canary, document_type_id=kind.pk, model_version_id=own.model_version_id))
    insert(canary, document_type_id=kind.pk, model_version_id=serving.pk)()
    refused(update(own, model_version=serving))
    refused(lambda: ActiveModel.objects.filter(document_type=None).update(model_version=other))
    layer = insert(
        other, sha256="e" * 64, kind=ModelVersion.Kind.TEXT_LAYER, document_type_id=None
    )()[0]
    refused(insert(canary, document_type_id=make_type().pk, model_version_id=layer.pk))
    update(canary, **whole)()
    update(own, model_version=other)()


def test_a_page_of_a_canary_names_its_model() -> None:
    page = make_page(status="queued")
    make_model(active=True)
    canary = Canary.objects.create(model_version=make_model(), share=0.1)
    breaks("page_of_a_canary_names_its_model", update(page, canary=canary))


def refused(action: Callable[[], object]) -> None:
    """A trigger must refuse it."""
    with pytest.raises(InternalError, match="pgtrigger"), transaction.atomic():
        action()
