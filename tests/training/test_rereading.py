"""Pages that a withdrawn model read are read again, and what people did stays."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from recognition.canary_share import Part
from recognition.models import Activation, Document, Event, ModelVersion, Page, Prediction
from recognition.reading import read_page, reread_page
from recognition.registry import activate, active_model, end_canary
from recognition.states import CanaryStatus, PageStatus
from review.leases import claim_task
from review.models import Draft, Label, ReviewTask
from review.rereading import reread_waiting_pages
from review.route import route_page
from tests.doubles import ScriptedEngine
from tests.factories import (
    make_admin,
    make_document_in,
    make_model,
    make_page,
    make_reviewer,
    make_type,
    submit_as_read,
)
from tests.training.canaries import TRUTH, WRONG, begin, engines_of, read
from tests.workers import messages_in
from training import rereading
from training.exceptions import NotActivatable, NothingToReread
from training.models import Rereading
from training.rereading import continue_rereadings, request_rereading
from training.serving import put_in_service, take_back
from training.shadow import (
    promote_canary,
    withdraw_canary,
)
from training.states import RereadingStatus

pytestmark = pytest.mark.django_db


def canary_pages(canary, letters, number, probability=0.98) -> list[Page]:
    """Pages that the canary read and nobody has seen; surely, or so that they wait."""
    engine = engines_of(canary, canary_reads=WRONG, serving_reads=TRUTH, probability=probability)
    return [read(canary, letters, Part.CANARY, engine) for _ in range(number)]


def reread_all(pages) -> None:
    for page in pages:
        reread_page(page.pk, lambda _: ScriptedEngine((TRUTH, 0.98)))


def test_what_a_withdrawn_canary_read_is_read_again_and_peoples_work_stays(letters, canary):
    accepted, *_ = canary_pages(canary, letters, 1)
    waiting, held, typed, done = canary_pages(canary, letters, 4, probability=0.3)
    reviewer = make_reviewer()
    submit_as_read(done, reviewer, line0=TRUTH)
    draft_task = ReviewTask.objects.get(page=typed)
    Draft.objects.create(
        task=draft_task,
        reviewer=reviewer,
        line=typed.lines.get(),
        text="Anno 15",
        verdict="corrected",
    )
    claim_task(ReviewTask.objects.get(page=held).pk, reviewer)
    labels = set(Label.objects.values_list("pk", "text", "superseded_at"))

    withdraw_canary(canary=canary, actor=make_admin())

    begun = Rereading.objects.get(canary=canary)
    assert begun.pages == 2
    assert set(rereading.pages_to_reread(canary.model_version)) == {accepted, waiting}
    reread_all([accepted, waiting])
    continue_rereadings()
    begun.refresh_from_db()
    assert (begun.status, begun.left) == (RereadingStatus.DONE, 0)
    for page, version in {
        accepted: active_model(letters),
        waiting: active_model(letters),
        held: canary.model_version,
        typed: canary.model_version,
        done: canary.model_version,
    }.items():
        page.refresh_from_db()
        assert page.model_version == version
    assert set(Label.objects.values_list("pk", "text", "superseded_at")) == labels
    assert Draft.objects.get().text == "Anno 15"
    held_task = ReviewTask.objects.get(page=held)
    assert (held_task.reviewer, held_task.model_version) == (reviewer, canary.model_version)


def test_a_page_in_hand_when_its_canary_is_withdrawn_is_read_by_what_serves(letters, canary):
    page = make_page(
        document=make_document_in(Part.CANARY, canary, letters), status=PageStatus.QUEUED
    )

    def engine(version: ModelVersion) -> ScriptedEngine:
        if version != canary.model_version:
            return ScriptedEngine((TRUTH, 0.97))
        withdraw_canary(canary=canary, actor=make_admin())
        return ScriptedEngine((WRONG, 0.98))

    assert read_page(page.pk, engine) == "read"
    assert Rereading.objects.get(canary=canary).status == RereadingStatus.DONE
    page.refresh_from_db()
    assert (page.model_version, page.canary, page.attempts) == (active_model(letters), None, 1)
    assert [found.text for found in Prediction.objects.filter(line__page=page)] == [TRUTH]


def test_a_page_that_waits_for_its_routing_when_its_canary_is_withdrawn_is_read_again(
    letters, canary
):
    engine = engines_of(canary, canary_reads=WRONG, serving_reads=TRUTH, probability=0.98)
    page = make_page(
        document=make_document_in(Part.CANARY, canary, letters), status=PageStatus.QUEUED
    )
    assert read_page(page.pk, engine) == "read"
    withdraw_canary(canary=canary, actor=make_admin())
    begun = Rereading.objects.get(canary=canary)
    assert begun.status == RereadingStatus.RUNNING
    assert continue_rereadings() == 0
    route_page(page.pk)
    assert continue_rereadings() == 1
    reread_all([page])
    continue_rereadings()
    page.refresh_from_db()
    begun.refresh_from_db()
    assert (page.model_version, begun.status) == (active_model(letters), RereadingStatus.DONE)


def test_pages_are_sent_batch_by_batch_and_those_lost_are_sent_again(letters, canary):
    pages = canary_pages(canary, letters, 5)
    end_canary(canary, CanaryStatus.WITHDRAWN, actor=None, reason="worse")
    begun = Rereading.objects.create(model_version=canary.model_version, canary=canary, pages=5)

    def send(*, late: bool) -> int:
        if late:
            Rereading.objects.update(sent_at=timezone.now() - 2 * rereading.PATIENCE)
        number = continue_rereadings(batch=2)
        begun.refresh_from_db()
        return number

    assert (send(late=False), begun.sent_to) == (2, pages[1].pk)
    assert send(late=False) == 0  # none of them is read yet
    reread_all(pages[:1])
    assert (send(late=False), begun.sent_to) == (2, pages[3].pk)  # half of them is
    assert send(late=False) == 0
    reread_all(pages[2:4])
    assert (send(late=False), begun.sent_to) == (1, pages[4].pk)
    reread_all(pages[4:])
    assert send(late=False) == 0  # the second page, whose message is lost, may still come
    older = make_page(letters, status=PageStatus.QUEUED)
    document = Document.objects.filter(pk=older.document_id)
    document.update(created_at=timezone.now() - timedelta(days=1))
    assert send(late=True) == 0  # nor is it lost where the readers have older work
    assert begun.rounds == 1
    document.update(created_at=timezone.now())
    for more in range(2, rereading.ROUNDS + 1):
        assert (send(late=True), begun.sent_to, begun.rounds) == (1, pages[1].pk, more)
    assert send(late=True) == 0
    assert (begun.status, begun.left) == (RereadingStatus.DONE, 1)
    assert send(late=True) == 0


def test_reading_again_is_asked_for_once_and_only_where_another_model_serves(letters):
    version = make_model(active=True)
    with pytest.raises(NotActivatable, match="in service"):
        request_rereading(version=version, actor=None)
    pages = [make_page(letters, lines=[(WRONG, 0.98)]) for _ in range(2)]
    activate(version=make_model(), document_type=None, actor=None, reason="better")
    begun = request_rereading(version=version, actor=make_admin())
    assert (begun.pages, begun.status) == (2, RereadingStatus.RUNNING)
    assert request_rereading(version=version, actor=None) == begun
    reread_all(pages)
    continue_rereadings()
    with pytest.raises(NothingToReread):
        request_rereading(version=version, actor=None)
    assert Event.objects.filter(verb="read again", subject_id=str(version.pk)).count() == 1


def test_pages_of_a_type_that_the_version_still_serves_are_left_alone(letters):
    version = active_model(letters)
    forms = make_type("Forms")
    kept = make_page(forms, status=PageStatus.ACCEPTED)
    other = make_page(letters, status=PageStatus.ACCEPTED)
    own = make_model(document_type=letters, files=True)
    put_in_service(version=own, document_type=letters, actor=None, reason="x")
    assert list(rereading.pages_to_reread(version)) == [other]
    assert kept.model_version == version


@pytest.mark.parametrize("act", ["withdraw", "roll back"])
def test_the_way_back_is_one_move_whatever_the_number_of_pages(letters, act):
    """One pointer, one transaction, as many queries for eight pages as for two."""
    counted = []
    for number in (2, 8):
        canary = begin()
        canary_pages(canary, letters, number)
        if act == "roll back":
            promote_canary(canary=canary, actor=None)
        moves = Activation.objects.count()
        with CaptureQueriesContext(connection) as queries:
            if act == "withdraw":
                withdraw_canary(canary=canary, actor=None)
            else:
                take_back(document_type=None, actor=None, reason="By hand")
        counted.append(len(queries))
        assert Activation.objects.count() - moves == (act == "roll back")
        assert active_model(letters) != canary.model_version
        reread_all(Page.objects.all())
        continue_rereadings()
    assert counted[0] == counted[1] < 60


@pytest.mark.django_db(transaction=True)
def test_a_roll_back_sends_one_message_however_many_pages_wait(letters):
    put_in_service(version=make_model(files=True), document_type=None, actor=None, reason="x")
    waiting = [make_page(letters, lines=[(WRONG, 0.3)]) for _ in range(3)]
    before = messages_in("default", "ocr")
    take_back(document_type=None, actor=None, reason="By hand")
    sent = messages_in("default", "ocr") - before
    assert sent == Counter(default=1)
    assert reread_waiting_pages(letters.pk) == reread_waiting_pages(None) == len(waiting)
    assert reread_waiting_pages(0) == 0
