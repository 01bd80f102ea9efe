"""Reading pages: once, whatever is delivered how often, and every failure is a state."""

import uuid
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import OperationalError
from django.utils import timezone

from recognition import reading, tasks
from recognition.exceptions import NotRetryable
from recognition.models import ActiveModel, Event, Line, Page, Prediction
from recognition.preprocess import PREPROCESSING_VERSION
from recognition.reading import read_page, reread_page, retry_pages, sweep_pages
from recognition.signals import page_recognised
from recognition.states import PageStatus
from review.models import ReviewTask, RoutingDecision
from review.route import sweep_unrouted
from tests.doubles import (
    EmptyPageEngine,
    MeanwhileEngine,
    RaisingEngine,
    ScriptedEngine,
    always,
    crashing_engine,
    out_of_memory_engine,
    out_of_native_memory_engine,
    overtime_engine,
)
from tests.factories import make_admin, make_model, make_page, make_type

pytestmark = pytest.mark.django_db

SURE = ScriptedEngine(("Invoice 4711", 0.98), ("Total 12.50", 0.95))
UNSURE = ScriptedEngine(("Invoice 4711", 0.98), ("Tota1 12.5O", 0.31))


@pytest.fixture
def queued() -> Page:
    make_model(active=True)
    return make_page(status=PageStatus.QUEUED)


@pytest.fixture
def commits(django_capture_on_commit_callbacks):
    """Run what waits for the commit, as the end of a request or task does."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


def test_a_page_is_read_stored_and_routed(queued, commits):
    with commits():
        assert read_page(queued.pk, always(UNSURE)) == "read"
    queued.refresh_from_db()
    assert queued.status == PageStatus.REVIEW
    assert queued.lowest_confidence == 0.31
    assert queued.model_version == ActiveModel.objects.get().model_version
    lines = list(queued.lines.current())
    assert [line.position for line in lines] == [0, 1]
    prediction = Prediction.objects.get(line=lines[1])
    assert prediction.text == "Tota1 12.5O"
    assert (prediction.preprocessing_version, prediction.calibration_version) == (
        PREPROCESSING_VERSION,
        "test-1",
    )
    text, confidence, start, end, alternatives = prediction.characters[0]
    assert (text, confidence, start) == ("T", 0.31, 0.0)
    assert 0 < end < 1
    assert len(alternatives) >= 2
    task = ReviewTask.objects.get(page=queued)
    assert task.decision is not None
    assert (task.decision.rule, task.decision.line_id) == ("under_threshold", lines[1].pk)


def test_what_was_done_to_a_page_stands_in_its_history(queued):
    class TurningEngine(ScriptedEngine):
        def read(self, image):
            return replace(super().read(image), page_steps=("upright-1:90",))

    assert read_page(queued.pk, always(TurningEngine(("Total", 0.98)))) == "read"
    event = Event.objects.get(subject_type="recognition.page", subject_id=str(queued.pk))
    assert event.verb == "set upright"
    assert event.data == {"steps": ["upright-1:90"]}


def test_a_page_delivered_again_is_left_alone(queued):
    engine = ScriptedEngine(("Invoice 4711", 0.98))
    assert read_page(queued.pk, always(engine)) == "read"
    assert read_page(queued.pk, always(engine)) == "not waiting"
    assert engine.reads == 1
    assert Line.objects.count() == Prediction.objects.count() == 1


def test_a_page_that_is_gone_is_a_clean_exit(db):
    assert read_page(10**9, always(SURE)) == "not waiting"


def test_a_page_without_text_is_accepted_as_empty(queued, commits):
    with commits():
        assert read_page(queued.pk, always(EmptyPageEngine())) == "read"
    queued.refresh_from_db()
    assert queued.status == PageStatus.ACCEPTED
    assert queued.lowest_confidence is None
    assert RoutingDecision.objects.get(page=queued).rule == "no_text"


def test_a_second_worker_does_not_touch_what_the_first_is_reading(queued):
    outcomes = []
    second = ScriptedEngine(("second", 0.9))
    engine = MeanwhileEngine(
        lambda: outcomes.append(read_page(queued.pk, always(second), uuid.uuid4())),
        ("first", 0.9),
    )
    assert read_page(queued.pk, always(engine), uuid.uuid4()) == "read"
    assert outcomes == ["not waiting"]
    assert [prediction.text for prediction in Prediction.objects.all()] == ["first"]


def test_a_worker_that_lost_its_lease_stores_nothing(queued):
    def lease_runs_out_and_another_reads() -> None:
        past = timezone.now() - timedelta(seconds=1)
        Page.objects.filter(pk=queued.pk).update(reading_until=past)
        assert read_page(queued.pk, always(ScriptedEngine(("second", 0.9)))) == "read"

    late = MeanwhileEngine(lease_runs_out_and_another_reads, ("late", 0.9))
    assert read_page(queued.pk, always(late)) == "lost the lease"
    assert [prediction.text for prediction in Prediction.objects.all()] == ["second"]
    assert Line.objects.count() == 1


def test_a_message_that_comes_back_takes_its_page_over_at_once(queued):
    """Its worker was killed: the lease still runs, but it is this message's own."""
    delivery = uuid.uuid4()
    Page.objects.filter(pk=queued.pk).update(
        status=PageStatus.READING,
        attempts=1,
        reading_token=delivery,
        reading_until=timezone.now() + timedelta(seconds=300),
    )
    assert read_page(queued.pk, always(SURE), uuid.uuid4()) == "not waiting"
    assert read_page(queued.pk, always(SURE), delivery) == "read"


def test_one_message_in_two_living_workers_is_stored_once(queued):
    delivery = uuid.uuid4()
    outcomes = []
    second = ScriptedEngine(("second", 0.9))
    first = MeanwhileEngine(
        lambda: outcomes.append(read_page(queued.pk, always(second), delivery)), ("first", 0.9)
    )
    assert read_page(queued.pk, always(first), delivery) == "lost the lease"
    assert outcomes == ["read"]
    assert [prediction.text for prediction in Prediction.objects.all()] == ["second"]


@pytest.mark.parametrize(
    ("engine", "code", "advice"),
    [
        (crashing_engine(), "engine_error", "Retry"),
        (out_of_memory_engine(), "out_of_memory", "lower resolution"),
        (out_of_native_memory_engine(), "out_of_memory", "lower resolution"),
        (overtime_engine(), "timeout", "Retry"),
        (ScriptedEngine(("a\x00b", 0.9)), "engine_error", "Retry"),  # PostgreSQL stores no NUL
    ],
)
def test_whatever_breaks_ends_as_a_failed_page_with_a_reason(queued, engine, code, advice):
    assert read_page(queued.pk, always(engine)) == f"failed: {code}"
    queued.refresh_from_db()
    assert (queued.status, queued.failure_code) == (PageStatus.FAILED, code)
    assert advice in queued.failure_message
    assert queued.reading_token is None
    assert not Line.objects.exists()
    assert retry_pages(pages=[queued], actor=make_admin()) == 1
    assert read_page(queued.pk, always(SURE)) == "read"


def test_a_database_that_is_away_is_raised_and_the_page_stays_this_messages_own(queued):
    delivery = uuid.uuid4()
    away = RaisingEngine(OperationalError("server closed the connection"))
    for _ in range(settings.READ_MAX_ATTEMPTS + 1):
        with pytest.raises(OperationalError):
            read_page(queued.pk, always(away), delivery)
        tasks.read_page.on_retry(away.error, str(delivery), (queued.pk,), {}, None)
    queued.refresh_from_db()
    assert queued.attempts == 0  # the page has killed nobody
    assert read_page(queued.pk, always(SURE), delivery) == "read"


def test_without_a_model_the_page_says_what_to_do():
    page = make_page(status=PageStatus.QUEUED)
    assert read_page(page.pk, always(SURE)) == "failed: no_model"
    page.refresh_from_db()
    assert "install_base_model" in page.failure_message


def test_with_the_models_files_missing_the_page_says_so(queued):
    assert read_page(queued.pk) == "failed: model_missing"  # the real store, which is empty
    queued.refresh_from_db()
    assert "model store" in queued.failure_message


def test_an_image_missing_or_broken_in_the_storage_fails_the_page():
    make_model(active=True)
    gone = make_page(status=PageStatus.QUEUED, image=False)
    assert read_page(gone.pk, always(SURE)) == "failed: storage"
    broken = make_page(status=PageStatus.QUEUED, lines=[("Of its own content", 1.0)])
    Path(default_storage.path(broken.image)).write_bytes(b"\x89PNG\r\n\x1a\n rubbish")
    assert read_page(broken.pk, always(SURE)) == "failed: storage"
    broken.refresh_from_db()
    assert "unreadable image" in broken.failure_message


def test_a_page_whose_worker_dies_three_times_is_marked_and_can_be_retried(queued):
    for _ in range(3):
        delivery = uuid.uuid4()
        assert reading._claim(queued.pk, delivery)[0] is not None  # and then the worker is killed
        past = timezone.now() - timedelta(seconds=1)
        Page.objects.filter(pk=queued.pk).update(reading_until=past)
    assert read_page(queued.pk, always(SURE)) == "not waiting"
    queued.refresh_from_db()
    assert (queued.status, queued.failure_code) == (PageStatus.FAILED, "worker_died")
    assert "3 times" in queued.failure_message
    retry_pages(pages=[queued], actor=None)
    assert read_page(queued.pk, always(SURE)) == "read"


def test_only_a_failed_page_can_be_retried(queued):
    with pytest.raises(NotRetryable):
        retry_pages(pages=[queued], actor=make_admin())


def test_lines_that_exist_are_kept_when_a_page_is_read_again_after_a_failure(queued):
    assert read_page(queued.pk, always(SURE)) == "read"
    before = list(Line.objects.values_list("pk", flat=True))
    Page.objects.filter(pk=queued.pk).update(
        status=PageStatus.FAILED, failure_code="engine_error", failure_message="It broke."
    )
    retry_pages(pages=[queued], actor=None)
    assert read_page(queued.pk, always(SURE)) == "read"
    assert list(Line.objects.values_list("pk", flat=True)) == before
    assert Prediction.objects.count() == 2


def test_a_new_model_reads_waiting_pages_again_beside_the_old_reading(commits):
    page = make_page()
    new = make_model(active=True)
    better = ScriptedEngine(("Total 12.50", 0.99), ("Thank you", 0.99))
    with commits():
        assert reread_page(page.pk, always(better)) == "read again"
    page.refresh_from_db()
    assert (page.status, page.model_version) == (PageStatus.ACCEPTED, new)
    assert Prediction.objects.filter(line__page=page).count() == 4
    assert reread_page(page.pk, always(better)) == "read by this model already"


def test_a_reviewed_page_keeps_the_reading_that_was_reviewed():
    page = make_page(status=PageStatus.REVIEWED)
    make_model(active=True)
    assert reread_page(page.pk, always(SURE)) == "not waiting"


def test_the_sweep_finds_lost_messages_and_dead_workers(queued, commits):
    assert sweep_pages() == 0
    Page.objects.filter(pk=queued.pk).update(queued_at=timezone.now() - timedelta(hours=1))
    assert sweep_pages() == 1
    assert sweep_pages() == 0  # its time runs anew
    dead = make_page(status=PageStatus.READING)
    past = timezone.now() - timedelta(seconds=1)
    Page.objects.filter(pk=dead.pk).update(reading_until=past)
    assert sweep_pages() == 1
    assert read_page(dead.pk, always(SURE)) == "read"


def test_a_listener_that_fails_leaves_the_page_to_the_sweep(queued, commits):
    def broken(**_: object) -> None:
        raise RuntimeError("routing is down")

    routing = page_recognised.receivers
    page_recognised.receivers = []
    page_recognised.connect(broken)
    try:
        with commits():
            assert read_page(queued.pk, always(UNSURE)) == "read"
    finally:
        page_recognised.receivers = routing
    queued.refresh_from_db()
    assert queued.status == PageStatus.READ
    assert sweep_unrouted() == 0  # it is given a minute
    Page.objects.filter(pk=queued.pk).update(read_at=timezone.now() - timedelta(minutes=2))
    assert sweep_unrouted() == 1
    assert ReviewTask.objects.get().page == queued


def test_a_types_own_model_reads_its_pages(commits):
    document_type = make_type()
    make_model(active=True)
    own = make_model(active=True, document_type=document_type)
    page = make_page(document_type, status=PageStatus.QUEUED)
    asked = []

    def engines(version):
        asked.append(version)
        return SURE

    assert read_page(page.pk, engines) == "read"
    assert asked == [own]


def test_a_page_of_1500_lines_and_text_from_right_to_left_are_stored_whole(queued):
    many = ScriptedEngine(*[(f"שורה {number}", 0.97) for number in range(1_500)])
    assert read_page(queued.pk, always(many)) == "read"
    assert queued.lines.current().count() == 1_500
    assert Prediction.objects.get(line__position=1_499).text == "שורה 1499"
