"""Two models on the same new lines: the better one serves, by itself or by a click."""

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from recognition.models import Document, Page, Prediction
from recognition.reading import reread_page
from recognition.registry import active_model
from recognition.states import PageStatus
from review.models import Label, ReviewTask, RoutingDecision
from tests.doubles import ScriptedEngine
from tests.factories import (
    make_admin,
    make_document,
    make_model,
    make_page,
    make_reviewer,
    make_type,
)
from tests.factories import submit_as_read as submit
from tests.training.labelled import reviewed_page
from tests.workers import messages_in
from training import trials
from training.dataset import freeze_dataset
from training.exceptions import NotActivatable, TrialOver
from training.gate import Reason, Verdict, may_be_tried
from training.models import TrainingRun, Trial
from training.rereading import request_rereading
from training.serving import put_in_service, take_back
from training.shadow import judge_trial, judge_trials, promote_beside, withdraw_beside
from training.states import TrialAim, TrialStatus
from training.trials import differing, evidence_of, read_for_trials, start_trial, unread_pages

pytestmark = pytest.mark.django_db
TRUTH = "Anno 1572"
WRONG = "Amo 157Z"


@pytest.fixture
def letters():
    make_model(active=True)
    return make_type("Letters")


@pytest.fixture
def trial(letters):
    return begin(letters)


def begin(letters) -> Trial:
    return start_trial(
        document_type=letters,
        aim=TrialAim.PROVE,
        serving=active_model(letters),
        beside=make_model(document_type=letters, files=True),
    )


def review(
    letters, *, serving: str, beside: str, pages: int = 10, document: Document | None = None
) -> list[Page]:
    """Pages, of a document each or all of one, read by both, then corrected by a person."""
    found = []
    for _ in range(pages):
        page = make_page(letters, lines=[(serving, 0.3)], document=document)
        read_for_trials(page.pk, engines=lambda _: ScriptedEngine((beside, 0.9)))
        submit(page, make_reviewer(), line0=TRUTH)
        found.append(page)
    return found


def test_a_candidate_that_reads_better_is_put_in_service_by_itself(letters, trial):
    before = trial.serving
    review(letters, serving=WRONG, beside=TRUTH)
    assert judge_trial(trial.pk) == "promoted"
    assert active_model(letters) == trial.beside
    trial.refresh_from_db()
    assert trial.status == TrialStatus.BESIDE
    assert "0 wrong characters against 30 on the same 10 pages of 10 documents" in trial.reason
    guard = Trial.objects.running().get()
    assert (guard.aim, guard.serving, guard.beside) == (TrialAim.GUARD, trial.beside, before)


def test_a_guard_never_brings_back_what_it_was_not_compared_with(letters):
    """A new model for all types stands where the one that the head replaced has stood."""
    head = make_model(document_type=letters, files=True)
    put_in_service(version=head, document_type=letters, actor=None, reason="accepted")
    guard = Trial.objects.running().get(aim=TrialAim.GUARD)
    general = make_model(files=True)
    put_in_service(version=general, document_type=None, actor=None, reason="better")
    review(letters, serving=WRONG, beside=TRUTH)
    with pytest.raises(TrialOver, match="would not come back"):
        promote_beside(trial=guard, actor=make_admin())
    assert judge_trial(guard.pk) == "over"
    assert active_model(letters) == head


def test_a_winner_whose_files_are_away_holds_up_no_other_trial(letters, trial):
    other = make_type("Other letters")
    second = begin(other)
    for each in (letters, other):
        review(each, serving=WRONG, beside=TRUTH)
    lost = Path(settings.MODEL_STORE) / trial.beside.sha256
    away = lost.rename(lost.with_suffix(".away"))
    assert judge_trials() == 1
    assert active_model(letters) == trial.serving
    assert active_model(other) == second.beside
    away.rename(lost)
    assert judge_trials() == 1
    assert active_model(letters) == trial.beside


def test_a_candidate_that_reads_worse_is_withdrawn_by_itself(letters, trial):
    review(letters, serving=TRUTH, beside=WRONG)
    assert judge_trials() == 1
    assert active_model(letters) == trial.serving
    trial.refresh_from_db()
    assert trial.status == TrialStatus.SERVING


def test_a_candidate_that_reads_alike_goes_on(letters, trial):
    review(letters, serving=WRONG, beside=WRONG)
    assert judge_trial(trial.pk) == "goes on"
    trial.refresh_from_db()
    assert trial.evidence["pages"] == 10
    assert active_model(letters) == trial.serving


def test_one_document_of_many_pages_decides_nothing(letters, trial):
    review(letters, serving=WRONG, beside=TRUTH, pages=20, document=make_document(letters))
    assert judge_trial(trial.pk) == "goes on"
    found = evidence_of(trial)
    assert (found.documents, found.pages, found.serving, found.beside) == (1, 20, 60, 0)
    review(letters, serving=WRONG, beside=TRUTH, pages=3)
    assert judge_trial(trial.pk) == "goes on"
    assert evidence_of(trial).documents == 4


@pytest.mark.parametrize(("split", "counted"), [("train", 0), ("validation", 0), ("test", 1)])
def test_a_document_that_either_model_has_learnt_from_is_no_evidence(letters, split, counted):
    learnt = reviewed_page(letters, split, WRONG).document
    TrainingRun.objects.create(
        trigger="manual",
        document_type=letters,
        dataset=freeze_dataset(document_type=letters),
        candidate=active_model(letters),
    )
    trial = begin(letters)
    page = make_page(letters, lines=[(WRONG, 0.3)], document=learnt)
    submit(page, make_reviewer(), line0=TRUTH)
    assert unread_pages(trial) == [page.pk] * counted
    read_for_trials(page.pk, engines=lambda _: ScriptedEngine((TRUTH, 0.9)))
    assert evidence_of(trial).documents == counted


def test_a_new_model_that_is_worse_than_what_it_replaced_is_rolled_back_by_itself(letters):
    before = active_model(letters)
    worse = make_model(document_type=letters, files=True)
    put_in_service(version=worse, document_type=letters, actor=None, reason="the gate was wrong")
    pages = review(letters, serving=WRONG, beside=TRUTH)
    labels = set(Label.objects.values_list("pk", "text", "superseded_at"))

    assert judge_trials() == 1

    assert active_model(letters) == before
    assert not Trial.objects.running().exists()
    assert set(Label.objects.values_list("pk", "text", "superseded_at")) == labels
    for page in pages:
        page.refresh_from_db()
        assert (page.status, page.model_version) == (PageStatus.REVIEWED, worse)


def test_the_lines_two_models_read_differently_are_shown_with_what_a_person_says(
    letters, trial, client
):
    review(letters, serving=WRONG, beside=TRUTH, pages=2)
    review(letters, serving=TRUTH, beside=TRUTH, pages=1)
    found = differing(trial)
    readings = [(line.truth, line.serving, line.beside) for line in found]
    assert readings == [(TRUTH, WRONG, TRUTH)] * 2
    assert (found[0].serving_wrong, found[0].beside_wrong) == (3, 0)
    client.force_login(make_admin())
    page = client.get(reverse("trial_detail", args=[trial.pk])).content.decode()
    assert page.count("3 wrong") == 2
    withdraw_beside(trial=trial, actor=make_admin(username="ada"))
    assert (
        "Withdrawn by ada." in client.get(reverse("trial_detail", args=[trial.pk])).content.decode()
    )


def test_nobody_sees_what_the_model_beside_reads(letters, trial):
    page = make_page(letters, lines=[(WRONG, 0.3)])
    task = ReviewTask.objects.get(page=page)
    decisions = RoutingDecision.objects.count()
    read_for_trials(page.pk, engines=lambda _: ScriptedEngine((TRUTH, 0.99)))
    assert Prediction.objects.filter(line__page=page, model_version=trial.beside).count() == 1
    page.refresh_from_db()
    task.refresh_from_db()
    assert page.model_version == task.model_version == trial.serving
    assert page.lowest_confidence == pytest.approx(0.3)
    assert RoutingDecision.objects.count() == decisions
    submit(page, make_reviewer())
    assert Label.objects.get(line__page=page).base_prediction.model_version == trial.serving


def test_reading_beside_twice_reads_once(letters, trial):
    page = make_page(letters, lines=[(WRONG, 0.3)])
    engine = ScriptedEngine((TRUTH, 0.99))
    assert read_for_trials(page.pk, engines=lambda _: engine) == "1 lines"
    assert read_for_trials(page.pk, engines=lambda _: engine) == "0 lines"
    assert engine.reads == 1


def test_only_pages_of_the_type_that_the_serving_model_read_are_read_beside(letters, trial):
    other = make_page(make_type("Forms"), lines=[(WRONG, 0.3)])
    old = make_page(letters, lines=[(WRONG, 0.3)], model=make_model())
    for page in (other, old):
        assert read_for_trials(page.pk) == "0 lines"


def test_a_judged_page_whose_second_reading_was_lost_is_found(letters, trial):
    page = make_page(letters, lines=[(WRONG, 0.3)])
    submit(page, make_reviewer(), line0=TRUTH)
    assert unread_pages(trial) == [page.pk]
    assert evidence_of(trial).pages == 0
    read_for_trials(page.pk, engines=lambda _: ScriptedEngine((TRUTH, 0.9)))
    assert unread_pages(trial) == []
    assert evidence_of(trial).pages == 1


def test_a_line_that_is_gone_is_waited_for_no_more(letters, trial):
    page = make_page(letters, lines=[(WRONG, 0.3)])
    submit(page, make_reviewer(), line0=TRUTH)
    page.lines.update(retired_at=timezone.now())
    assert unread_pages(trial) == []


def test_a_judged_page_that_cannot_be_read_along_is_not_asked_for_without_end(
    letters, trial, monkeypatch, django_capture_on_commit_callbacks
):
    page = make_page(letters, lines=[(WRONG, 0.3)])
    submit(page, make_reviewer(), line0=TRUTH)
    before = messages_in("ocr")
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(3):
            judge_trial(trial.pk)
    assert messages_in("ocr") - before == Counter(ocr=1)  # it waits in the readers' queue
    monkeypatch.setattr(trials, "CATCH_UP_WITHIN", timedelta(0))
    assert unread_pages(trial) == []


def test_what_was_judged_before_the_trial_does_not_count(letters):
    page = make_page(letters, lines=[(WRONG, 0.3)])
    submit(page, make_reviewer(), line0=TRUTH)
    assert unread_pages(begin(letters)) == []


def test_one_click_promotes_and_another_withdraws(letters, trial):
    admin = make_admin(username="ada")
    withdraw_beside(trial=trial, actor=admin)
    trial.refresh_from_db()
    assert (trial.status, trial.reason) == (TrialStatus.ENDED, "Withdrawn by ada.")
    assert active_model(letters) == trial.serving
    for act in (promote_beside, withdraw_beside):
        with pytest.raises(TrialOver):
            act(trial=trial, actor=admin)

    second = begin(letters)
    promote_beside(trial=second, actor=admin)
    assert active_model(letters) == second.beside


def test_a_new_trial_of_a_type_ends_the_one_with_the_same_aim(letters, trial):
    second = begin(letters)
    trial.refresh_from_db()
    assert trial.status == TrialStatus.ENDED
    assert list(Trial.objects.running()) == [second]
    with pytest.raises(IntegrityError), transaction.atomic():
        Trial.objects.create(
            document_type=letters,
            aim=TrialAim.PROVE,
            serving=second.serving,
            beside=make_model(),
        )


def test_a_candidate_proves_itself_while_what_was_replaced_keeps_watch(letters):
    now = make_model(document_type=letters, files=True)
    put_in_service(version=now, document_type=letters, actor=None, reason="x")
    begin(letters)
    assert {trial.aim for trial in Trial.objects.running()} == {TrialAim.GUARD, TrialAim.PROVE}
    review(letters, serving=WRONG, beside=TRUTH)
    judge_trials()
    assert Trial.objects.running().count() <= 1


def test_a_trial_against_a_model_that_serves_no_more_ends(letters, trial):
    from recognition.registry import activate

    other = make_model(document_type=letters)
    activate(version=other, document_type=letters, actor=None, reason="behind its back")
    assert judge_trial(trial.pk) == "over"
    assert active_model(letters) == other


def test_a_roll_back_by_hand_ends_the_watch(letters):
    version = make_model(document_type=letters, files=True)
    put_in_service(version=version, document_type=letters, actor=None, reason="x")
    assert Trial.objects.running().exists()
    take_back(document_type=letters, actor=make_admin(), reason="By hand")
    assert not Trial.objects.running().exists()


def test_pages_that_a_withdrawn_model_accepted_are_read_again_and_labels_stay(letters):
    before = active_model(letters)
    version = make_model(document_type=letters, files=True)
    put_in_service(version=version, document_type=letters, actor=None, reason="x")
    accepted = make_page(letters, status=PageStatus.ACCEPTED)
    reviewed = make_page(letters, status=PageStatus.REVIEWED)
    with pytest.raises(NotActivatable, match="in service"):
        request_rereading(version=version, actor=None)
    take_back(document_type=letters, actor=None, reason="x")

    assert request_rereading(version=version, actor=make_admin()).pages == 1

    for page in (accepted, reviewed):  # as the queued tasks would
        reread_page(page.pk, engines=lambda _: ScriptedEngine(("Total 12.50", 0.97), ("T", 0.98)))
        page.refresh_from_db()
    assert accepted.model_version == before
    assert reviewed.model_version == version
    assert not Label.objects.filter(superseded_at__isnull=False).exists()


@pytest.mark.parametrize(
    ("codes", "interval", "tried"),
    [
        (["too_few_lines", "too_few_documents"], (-0.1, 0.1), True),
        (["not_better"], (-0.2, 0.01), True),
        (["not_better"], (0.01, 0.2), False),
        (["too_few_lines", "no_truth"], None, True),
        (["parity"], (-0.2, -0.1), False),
        (["not_better", "slice_worse"], (-0.1, 0.1), False),
        (["slower"], (-0.2, -0.1), False),
    ],
)
def test_only_a_candidate_that_lacks_nothing_but_evidence_is_tried(codes, interval, tried):
    verdict = Verdict(
        accept=False,
        reasons=tuple(Reason(code, "why") for code in codes),
        remarks=(),
        lines=1,
        documents=1,
        before=None,
        after=None,
        change=None,
        interval=interval,
        resampled=None,
        exact_before=None,
        exact_after=None,
        slices=(),
    )
    assert may_be_tried(verdict) == tried


def test_a_trial_has_an_end_and_a_reason_or_neither(trial):
    with pytest.raises(IntegrityError), transaction.atomic():
        Trial.objects.filter(pk=trial.pk).update(ended_at=timezone.now())
