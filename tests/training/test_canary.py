"""A canary on its share, judged on pages of both models, and what becomes of the pages it read."""

import pytest

from recognition.canary_share import Part
from recognition.exceptions import CanaryOver
from recognition.models import Canary, Page, Prediction
from recognition.reading import read_page
from recognition.registry import active_model
from recognition.states import CanaryStatus, PageStatus
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
from tests.training.canaries import TRUTH, WRONG, begin, engines_of, read
from training.exceptions import NotActivatable, TrialOver
from training.models import Rereading, TrainingRun, Trial
from training.sequential import TrialSettings
from training.serving import put_in_service
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
