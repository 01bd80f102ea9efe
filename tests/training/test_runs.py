"""A run from request to verdict: every way it can end, and that the active model is safe."""

import threading
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from recognition.character_sets import CharacterSet
from recognition.models import ActiveModel
from recognition.registry import active_model
from tests.factories import make_admin, make_model, make_type
from tests.training.labelled import installed_base, kill_trainer_at, reviewed_page
from tests.workers import messages_in
from training.checkpoint import NAME as CHECKPOINT
from training.checkpoint import SUMMARY
from training.exceptions import NotCancellable, RunWaiting
from training.job import read_job
from training.leftovers import sweep_run_folders
from training.models import TrainingRun
from training.nightly import request_nightly_runs
from training.requests import new_labels, request_run
from training.runner import Ended
from training.runs import cancel_run, execute_run, job_directory, sweep_runs
from training.states import Depth, RunStatus

MANUAL, NIGHTLY = TrainingRun.Trigger.MANUAL, TrainingRun.Trigger.NIGHTLY


def failing(job, **_: Any) -> Ended:
    """A trainer whose process died."""
    return Ended({}, cancelled=False, message="The training process was killed (SIGKILL).")


def ready_type():
    """A document type with a label in each split, and a model that serves."""
    make_model(active=True)
    letters = make_type()
    for split in ("train", "validation", "test"):
        reviewed_page(letters, split, f"a line of {split}")
    return letters


@pytest.mark.django_db
def test_a_dead_trainer_marks_the_run_failed_and_leaves_the_active_model():
    letters = ready_type()
    before = active_model(letters)
    run = request_run(document_type=letters, trigger=MANUAL)

    assert execute_run(run.pk, trainer=failing) == "failed: trainer_died"

    run.refresh_from_db()
    assert run.status == RunStatus.FAILED
    assert "SIGKILL" in run.failure_message
    assert active_model(letters) == before
    assert request_run(document_type=letters, trigger=MANUAL).status == RunStatus.QUEUED


@pytest.mark.django_db
def test_a_run_that_takes_too_long_fails_and_says_what_to_do(settings):
    settings.TRAIN_MAX_SECONDS = 0
    run = request_run(document_type=ready_type(), trigger=MANUAL)
    assert execute_run(run.pk) == "failed: timeout"
    run.refresh_from_db()
    assert (run.status, run.failure_code) == (RunStatus.FAILED, "timeout")
    assert "Set TRAIN_MAX_SECONDS higher" in run.failure_message


@pytest.mark.django_db
def test_a_broken_trainer_marks_the_run_failed_with_the_reason():
    def broken(job, **_: Any) -> Ended:
        raise RuntimeError("the disk caught fire")

    run = request_run(document_type=ready_type(), trigger=MANUAL)
    execute_run(run.pk, trainer=broken)
    run.refresh_from_db()
    assert (run.status, run.failure_code) == (RunStatus.FAILED, "unexpected")
    assert "the disk caught fire" in run.failure_message


@pytest.mark.django_db
def test_lines_are_compared_within_the_character_set_of_their_document_type():
    """Of a run for all types as well, whose lines are of types with several sets."""
    letters = ready_type()
    meters = make_type(name="Meters", character_set=CharacterSet.DIGITS)
    reviewed_page(meters, "test", "1984")
    seen = {}

    def looking(job, **rest: Any) -> Ended:
        seen.update({item.text: item.character_set for item in read_job(job).items})
        return failing(job, **rest)

    execute_run(request_run(document_type=None, trigger=MANUAL).pk, trainer=looking)
    assert seen["1984"] == CharacterSet.DIGITS
    assert seen["a line of test"] == letters.character_set != CharacterSet.DIGITS


@pytest.mark.django_db
def test_a_run_executed_twice_runs_once():
    calls = []

    def counting(job, **rest: Any) -> Ended:
        calls.append(job)
        return failing(job, **rest)

    run = request_run(document_type=ready_type(), trigger=MANUAL)
    execute_run(run.pk, trainer=counting)
    assert execute_run(run.pk, trainer=counting) == "not waiting"
    assert len(calls) == 1


@pytest.mark.django_db
def test_a_second_run_waits_while_one_runs():
    letters = ready_type()
    first = request_run(document_type=letters, trigger=MANUAL)
    second = request_run(document_type=None, trigger=MANUAL)
    seen = []

    def meanwhile(job, **rest: Any) -> Ended:
        seen.append(execute_run(second.pk, trainer=failing))
        return failing(job, **rest)

    execute_run(first.pk, trainer=meanwhile)
    assert seen == ["not waiting"]
    second.refresh_from_db()
    assert second.status == RunStatus.QUEUED


@pytest.mark.django_db
def test_a_head_is_trained_while_a_network_is_and_no_second_network():
    letters = ready_type()
    network = request_run(document_type=None, trigger=MANUAL, depth=Depth.NETWORK)
    head = request_run(document_type=letters, trigger=MANUAL)
    seen = []

    def meanwhile(job, **rest: Any) -> Ended:
        seen.append(execute_run(head.pk, trainer=failing))
        another = request_run(document_type=None, trigger=MANUAL, depth=Depth.NETWORK)
        seen.append(execute_run(another.pk, trainer=failing))
        cancel_run(run=another, actor=make_admin())
        return failing(job, **rest)

    execute_run(network.pk, trainer=meanwhile)
    assert seen == ["failed: trainer_died", "not waiting"]


@pytest.mark.django_db
def test_each_kind_of_run_is_sent_to_a_queue_of_its_own(django_capture_on_commit_callbacks):
    queues = ("refresh", "train")
    before = messages_in(*queues)
    with django_capture_on_commit_callbacks(execute=True):
        request_run(document_type=ready_type(), trigger=MANUAL)
    assert messages_in(*queues) - before == Counter(refresh=1)
    with django_capture_on_commit_callbacks(execute=True):
        request_run(document_type=None, trigger=MANUAL, depth=Depth.NETWORK)
    assert messages_in(*queues) - before == Counter(refresh=1, train=1)


@pytest.mark.django_db
def test_one_waiting_run_for_a_type_is_enough():
    letters = ready_type()
    request_run(document_type=letters, trigger=MANUAL)
    with pytest.raises(RunWaiting):
        request_run(document_type=letters, trigger=MANUAL)


@pytest.mark.django_db
def test_too_few_new_labels_skip_the_night_and_say_so(settings):
    settings.REFRESH_MIN_NEW_LABELS = 4
    letters = ready_type()
    assert new_labels(letters) == 3
    (run,) = request_nightly_runs()
    execute_run(run.pk, trainer=failing)
    run.refresh_from_db()
    assert run.status == RunStatus.SKIPPED
    assert run.failure_message == "3 new labels since the last run that began afresh; 4 are needed."


@pytest.mark.django_db
def test_without_a_training_line_a_run_is_skipped_and_says_what_to_do():
    make_model(active=True)
    letters = make_type()
    reviewed_page(letters, "test", "only held out")
    run = request_run(document_type=letters, trigger=MANUAL)
    execute_run(run.pk, trainer=failing)
    run.refresh_from_db()
    assert run.status == RunStatus.SKIPPED
    assert "review more documents" in run.failure_message


@pytest.mark.django_db
def test_a_waiting_run_is_cancelled_at_once_and_an_ended_one_not_at_all():
    run = request_run(document_type=ready_type(), trigger=MANUAL)
    admin = make_admin(username="ada")
    cancel_run(run=run, actor=admin)
    run.refresh_from_db()
    assert (run.status, run.failure_message) == (RunStatus.CANCELLED, "Stopped by ada.")
    with pytest.raises(NotCancellable):
        cancel_run(run=run, actor=admin)
    assert execute_run(run.pk, trainer=failing) == "not waiting"


@pytest.mark.django_db
def test_the_sweep_fails_a_run_whose_worker_is_gone(settings):
    run = request_run(document_type=ready_type(), trigger=MANUAL)
    silent_since = timezone.now() - timedelta(seconds=settings.TRAIN_HEARTBEAT_SECONDS + 5)
    TrainingRun.objects.filter(pk=run.pk).update(
        status=RunStatus.RUNNING, heartbeat_at=silent_since
    )
    assert sweep_runs() == 1
    run.refresh_from_db()
    assert (run.status, run.failure_code) == (RunStatus.FAILED, "worker_died")


@pytest.mark.django_db
@pytest.mark.parametrize("status", sorted(set(RunStatus) - {RunStatus.SUCCEEDED}))
def test_the_sweep_removes_what_a_killed_worker_left_of_a_run_that_has_ended(
    settings, tmp_path, status
):
    settings.RUN_DIR = tmp_path
    run = request_run(document_type=ready_type(), trigger=MANUAL)
    folder = job_directory(run)
    for name in ("crops/a.png", "beside/b.png", "checkpoint.npz", "checkpoint.json", "log.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text('{"step": 1}')
    now = timezone.now()
    ended = status not in (RunStatus.QUEUED, RunStatus.RUNNING)
    TrainingRun.objects.filter(pk=run.pk).update(
        status=status,
        heartbeat_at=now,
        finished_at=now if ended else None,
        failure_code="killed" if ended else "",
        failure_message="It was killed." if ended else "",
    )
    assert sweep_run_folders() == ended
    left = {path.name for path in folder.rglob("*") if path.is_file()}
    assert left == {"log.txt"} | (set() if ended else {"a.png", "b.png", CHECKPOINT, SUMMARY})
    assert sweep_run_folders() == 0


@pytest.mark.django_db
def test_a_run_that_lives_is_left_to_live():
    run = request_run(document_type=ready_type(), trigger=MANUAL)
    TrainingRun.objects.filter(pk=run.pk).update(
        status=RunStatus.RUNNING, heartbeat_at=timezone.now()
    )
    assert sweep_runs() == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("stage", ["features", "training", "evaluating"])
def test_kill_9_of_the_real_trainer_fails_the_run_and_it_can_be_started_again(stage):
    base = installed_base()
    letters = make_type()
    for split in ("train", "validation", "test"):
        reviewed_page(letters, split, *(f"{split} line {number}" for number in range(6)))
    run = request_run(document_type=letters, trigger=MANUAL)
    killed = []
    killer = threading.Thread(
        target=lambda: killed.append(kill_trainer_at(job_directory(run), stage))
    )
    killer.start()

    outcome = execute_run(run.pk)
    killer.join()

    assert killed
    assert outcome == "failed: trainer_died"
    run.refresh_from_db()
    assert "SIGKILL" in run.failure_message
    assert run.candidate is None
    assert active_model(letters) == base
    assert not ActiveModel.objects.filter(document_type=letters).exists()
    assert request_run(document_type=letters, trigger=MANUAL).pk != run.pk
    connection.close()
