"""A canary on its share, judged on pages of both models, and what becomes of the pages it read."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from recognition.canary_share import Part
from recognition.exceptions import CanaryOver
from recognition.models import Activation, Canary, Document, Event, ModelVersion, Page, Prediction
from recognition.reading import read_page, reread_page
from recognition.registry import activate, active_model, end_canary
from recognition.states import CanaryStatus, PageStatus
from review.leases import claim_task
from review.models import Draft, Label, ReviewTask
from review.rereading import reread_waiting_pages
from review.route import route_page
from tests.doubles import ScriptedEngine, crashing_engine
from tests.factories import (
    make_admin,
    make_document_in,
    make_model,
    make_page,
    make_reviewer,
    make_type,
    submit_as_read,
)
from tests.workers import messages_in
from training import rereading
from training.canary import start_canary
from training.exceptions import NotActivatable, NothingToReread, TrialOver
from training.models import Rereading, TrainingRun, Trial
from training.rereading import continue_rereadings, request_rereading
from training.sequential import TrialSettings
from training.serving import put_in_service, take_back
from training.shadow import (
    judge_trial,
    judge_trials,
    promote_beside,
    promote_canary,
    trial_of,
    withdraw_canary,
)
from training.states import RereadingStatus, TrialAim, TrialStatus
from training.trials import evidence_of, read_for_trials, start_trial, unread_pages

pytestmark = pytest.mark.django_db
TRUTH, WRONG = "Anno 1572", "Amo 157Z"


@pytest.fixture
def letters():
    make_model(active=True, files=True)
    return make_type("Letters")


@pytest.fixture
def canary(letters):
    return begin()


def begin(version=None, document_type=None) -> Canary:
    return start_canary(
        version=version or make_model(files=True),
        document_type=document_type,
        share=0.5,
        actor=None,
        reason="for a test",
    )


def engines_of(canary: Canary, *, canary_reads: str, serving_reads: str, probability=0.3):
    """What both read on every line."""

    def engine(version: ModelVersion) -> ScriptedEngine:
        text = canary_reads if version == canary.model_version else serving_reads
        return ScriptedEngine((text, probability))

    return engine


def read(canary, letters, part, engine) -> Page:
    """A page of a new document in that part, read as a worker would, and read along."""
    page = make_page(document=make_document_in(part, canary, letters), status=PageStatus.QUEUED)
    assert read_page(page.pk, engine) == "read"
    route_page(page.pk)
    read_for_trials(page.pk, engine)
    page.refresh_from_db()
    return page


def judged(canary, letters, *, canary_reads, serving_reads, pages=10) -> list[Page]:
    """Pages of both parts by turns, each corrected by a person."""
    engine = engines_of(canary, canary_reads=canary_reads, serving_reads=serving_reads)
    found = []
    for number in range(pages):
        part = Part.CONTROL if number % 2 else Part.CANARY
        page = read(canary, letters, part, engine)
        submit_as_read(page, make_reviewer(), line0=TRUTH)
        found.append(page)
    return found


def test_both_models_read_both_parts_and_nothing_else_is_read_twice(letters):
    canary = begin()
    engine = engines_of(canary, canary_reads=TRUTH, serving_reads=WRONG)
    Canary.objects.filter(pk=canary.pk).update(share=0.2)
    canary.refresh_from_db()
    models = {
        part: set(
            Prediction.objects.filter(line__page=read(canary, letters, part, engine)).values_list(
                "model_version", flat=True
            )
        )
        for part in Part
    }
    both = {canary.model_version_id, active_model(letters).pk}
    assert models == {
        Part.CANARY: both,
        Part.CONTROL: both,
        Part.NEITHER: {active_model(letters).pk},
    }


def test_a_canary_that_reads_better_is_promoted_by_itself_and_what_it_replaces_keeps_watch(
    letters, canary
):
    before = active_model(letters)
    judged(canary, letters, canary_reads=TRUTH, serving_reads=WRONG)
    assert judge_trials() == 1
    canary.refresh_from_db()
    assert canary.status == CanaryStatus.PROMOTED
    assert "0 wrong characters against 30 on the same 10 pages of 10 documents" in canary.reason
    assert active_model(letters) == canary.model_version
    guard = Trial.objects.running().get()
    assert (guard.aim, guard.serving, guard.beside) == (
        TrialAim.GUARD,
        canary.model_version,
        before,
    )


def test_a_canary_that_reads_worse_is_withdrawn_by_itself(letters, canary):
    judged(canary, letters, canary_reads=WRONG, serving_reads=TRUTH)
    assert judge_trials() == 1
    canary.refresh_from_db()
    assert canary.status == CanaryStatus.WITHDRAWN
    assert "makes fewer errors" in canary.reason
    assert active_model(letters) != canary.model_version
    assert not Trial.objects.running().exists()


@pytest.mark.parametrize(
    ("accepted", "status"), [(True, CanaryStatus.PROMOTED), (False, CanaryStatus.WITHDRAWN)]
)
def test_without_a_difference_the_gates_word_counts(letters, canary, accepted, status):
    TrainingRun.objects.create(
        trigger="nightly", candidate=canary.model_version, verdict={"accept": accepted}
    )
    judged(canary, letters, canary_reads=WRONG, serving_reads=WRONG, pages=6)
    trial = trial_of(canary)
    assert judge_trial(trial.pk, TrialSettings(max_documents=7)) == "goes on"
    judge_trial(trial.pk, TrialSettings(max_documents=6))
    canary.refresh_from_db()
    trial.refresh_from_db()
    assert (canary.status, trial.status) == (status, TrialStatus.EVEN)
    assert "No difference was shown on 6 documents" in canary.reason


def test_evidence_names_both_error_rates_with_an_interval(letters, canary):
    judged(canary, letters, canary_reads=TRUTH, serving_reads=WRONG, pages=4)
    assert judge_trial(trial_of(canary).pk) == "goes on"
    found = trial_of(canary).evidence
    assert (found["documents"], found["pages"]) == (4, 4)
    assert found["serving_rate"]["value"] == pytest.approx(3 / len(TRUTH))
    assert found["beside_rate"]["value"] == 0
    assert 0 < found["beside_rate"]["high"] < found["serving_rate"]["value"]
    assert found["serving_rate"]["low"] < found["serving_rate"]["value"]


def test_a_lost_second_reading_of_a_canarys_page_is_made_up_for(letters, canary):
    engine = engines_of(canary, canary_reads=TRUTH, serving_reads=WRONG)
    page = make_page(
        document=make_document_in(Part.CANARY, canary, letters),
        lines=[(WRONG, 0.3)],
        model=canary.model_version,
    )
    Page.objects.filter(pk=page.pk).update(canary=canary)
    submit_as_read(page, make_reviewer(), line0=TRUTH)
    trial = trial_of(canary)
    assert (unread_pages(trial), evidence_of(trial).pages) == ([page.pk], 0)
    read_for_trials(page.pk, engine)
    assert (unread_pages(trial), evidence_of(trial).pages) == ([], 1)


def test_a_candidate_on_trial_that_becomes_the_canary_is_on_trial_no_more(letters):
    version = make_model(files=True)
    trial = start_trial(
        document_type=None, aim=TrialAim.PROVE, serving=active_model(None), beside=version
    )
    canary = begin(version)
    trial.refresh_from_db()
    assert trial.status == TrialStatus.ENDED
    assert trial_of(canary).beside == version


def test_only_another_model_made_for_the_scope_can_be_its_canary(letters):
    with pytest.raises(NotActivatable, match="in service already"):
        begin(active_model(letters))
    with pytest.raises(NotActivatable, match="cannot serve another type"):
        begin(make_model(document_type=make_type("Forms")), letters)
    assert not Canary.objects.exists()


def test_one_click_does_either_and_each_only_once(letters, canary):
    admin = make_admin(username="ada")
    withdraw_canary(canary=canary, actor=admin, reason="It misses umlauts")
    canary.refresh_from_db()
    assert (canary.status, canary.ended_by) == (CanaryStatus.WITHDRAWN, admin)
    assert canary.reason == "Withdrawn by ada: It misses umlauts."
    for act in (promote_canary, withdraw_canary):
        with pytest.raises(CanaryOver):
            act(canary=canary, actor=admin)

    second = begin()
    promote_canary(canary=second, actor=admin)
    second.refresh_from_db()
    assert second.status == CanaryStatus.PROMOTED
    assert active_model(letters) == second.model_version


def test_a_canary_that_broke_down_is_not_promoted_by_a_click_that_comes_too_late(letters, canary):
    trial = trial_of(canary)
    page = make_page(
        document=make_document_in(Part.CANARY, canary, letters), status=PageStatus.QUEUED
    )
    serving = active_model(letters)
    read_page(
        page.pk,
        lambda version: ScriptedEngine((TRUTH, 0.98)) if version == serving else crashing_engine(),
    )
    with pytest.raises(TrialOver, match="has ended already"):
        promote_beside(trial=trial, actor=make_admin())
    assert judge_trials() == 1
    assert active_model(letters) == serving
    trial.refresh_from_db()
    assert trial.status == TrialStatus.ENDED
    assert "engine_error" in trial.reason
    assert Rereading.objects.get(canary=canary).status == RereadingStatus.DONE


def test_putting_what_serves_in_service_again_leaves_the_canary_its_trial(letters, canary):
    put_in_service(version=active_model(None), document_type=None, actor=None, reason="again")
    assert trial_of(canary).serving == active_model(None)


def test_a_canary_of_a_type_ends_when_the_model_for_all_changes(letters):
    canary = begin(document_type=letters)
    version = make_model(files=True)
    put_in_service(version=version, document_type=None, actor=None, reason="a new base")
    canary.refresh_from_db()
    assert canary.status == CanaryStatus.WITHDRAWN
    judge_trials()
    assert not Trial.objects.running().filter(canary=canary).exists()
    assert Rereading.objects.filter(canary=canary).exists()


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
