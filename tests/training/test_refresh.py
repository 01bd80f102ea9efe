"""Enough corrections start a run by themselves; fewer, or the same ones again, do not."""

import pytest
from django.utils import timezone

from recognition.registry import active_model
from review.models import Label
from tests.factories import make_model, make_page, make_reviewer, make_type, submit_as_read
from training.dataset import freeze_dataset
from training.models import TrainingRun
from training.refresh import request_due_refreshes
from training.requests import new_labels, request_run
from training.runs import execute_run
from training.states import ACTIVE_CHANGED, RunStatus
from training.tasks import request_due_refreshes as task

pytestmark = pytest.mark.django_db
LINES = 10


def review(document_type, pages: int = 1) -> None:
    for _ in range(pages):
        lines = [(f"line {number}", 0.5) for number in range(LINES)]
        submit_as_read(make_page(document_type, lines=lines, image=False), make_reviewer())


def end(run: TrainingRun, status: RunStatus) -> None:
    reason = {"failure_code": "x", "failure_message": "for a test"}
    TrainingRun.objects.filter(pk=run.pk).update(status=status, **reason)


@pytest.fixture
def letters(settings):
    settings.REFRESH_MIN_NEW_LABELS = 2 * LINES
    make_model(active=True)
    return make_type("Letters")


def test_the_mark_is_crossed_once_and_then_doubles(letters):
    make_type("Nothing reviewed")
    review(letters)
    assert request_due_refreshes() == []
    review(letters)
    (run,) = request_due_refreshes()
    assert (run.document_type, run.trigger) == (letters, TrainingRun.Trigger.REFRESH)
    assert run.labels_seen == 2 * LINES
    assert run.last_label == Label.objects.latest("pk").pk
    assert request_due_refreshes() == []  # it waits
    end(run, RunStatus.FAILED)
    assert request_due_refreshes() == []  # nothing new to learn from
    review(letters)
    assert request_due_refreshes() == []
    review(letters)
    (second,) = request_due_refreshes()
    second.dataset = freeze_dataset(document_type=letters)
    second.save()
    end(second, RunStatus.SKIPPED)
    review(letters, 3)
    assert request_due_refreshes() == []
    review(letters)
    assert task() == 1


def test_a_night_that_found_too_few_labels_does_not_begin_the_count_anew(letters):
    review(letters)
    night = request_run(document_type=letters, trigger=TrainingRun.Trigger.NIGHTLY)
    assert execute_run(night.pk) == "skipped: nothing_to_learn"
    review(letters)
    (run,) = request_due_refreshes()
    assert run.labels_seen == 2 * LINES


def test_other_types_and_lines_without_text_do_not_count(letters):
    review(make_type("Other"), 1)
    page = make_page(letters, lines=[(f"line {n}", 0.5) for n in range(LINES)], image=False)
    submit_as_read(page, make_reviewer())
    review(letters)
    Label.objects.filter(line__page=page).update(superseded_at="2026-01-01T00:00Z")
    assert request_due_refreshes() == []


def test_a_run_by_hand_counts_and_one_withdrawn_before_it_began_does_not(letters):
    review(letters, 2)
    run = request_run(document_type=letters, trigger=TrainingRun.Trigger.MANUAL)
    assert run.labels_seen == 2 * LINES
    end(run, RunStatus.CANCELLED)
    (again,) = request_due_refreshes()
    assert again.pk > run.pk


def test_a_run_that_was_stopped_is_not_asked_for_again_on_the_same_labels(letters):
    review(letters, 2)
    (run,) = request_due_refreshes()
    TrainingRun.objects.filter(pk=run.pk).update(started_at=timezone.now())
    end(run, RunStatus.CANCELLED)
    assert request_due_refreshes() == []
    review(letters, 2)
    assert len(request_due_refreshes()) == 1


def test_labels_whose_run_was_compared_with_the_wrong_model_are_learnt_from_at_once(letters):
    review(letters, 2)
    (run,) = request_due_refreshes()
    TrainingRun.objects.filter(pk=run.pk).update(
        status=RunStatus.SUCCEEDED,
        dataset=freeze_dataset(document_type=letters),
        base=active_model(letters),
        candidate=active_model(letters),
        verdict={"accept": False, "reasons": [{"code": ACTIVE_CHANGED, "sentence": "..."}]},
    )
    assert new_labels(letters) == run.labels_seen  # by night, too
    (again,) = request_due_refreshes()
    assert again.labels_seen == run.labels_seen
    end(again, RunStatus.FAILED)
    assert request_due_refreshes() == []
