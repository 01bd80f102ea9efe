"""Runs of the whole network: when one is due, how it goes on after a death, and what follows it."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.conf import settings as site
from django.db import IntegrityError, transaction
from django.utils import timezone

from recognition.calibration import SHIPPED
from recognition.engines.store import load, save_base, save_head
from recognition.models import ActiveModel, Canary, ModelVersion
from recognition.registry import VersionFacts, active_model, base_of, register_version
from recognition.states import PageStatus
from review.models import Label
from tests.factories import make_admin, make_document, make_model, make_page, make_type
from tests.training.labelled import content_in, installed_base, reviewed_page
from training.canary import start_canary
from training.checkpoint import NAME, Checkpoint, write_checkpoint
from training.exceptions import ForAllTypes, RunWaiting
from training.job import read_crop, read_job
from training.judge import GONE
from training.models import EvaluatedLine, TrainingRun
from training.nightly import network_is_due, request_nightly_runs
from training.requests import new_labels, request_run
from training.runner import Ended
from training.runs import cancel_run, execute_run, job_directory, sweep_runs
from training.serving import put_in_service
from training.settings import NetworkSettings
from training.shadow import promote_canary, withdraw_canary
from training.states import Depth, RunStatus

pytestmark = pytest.mark.django_db
MANUAL, NETWORK = TrainingRun.Trigger.MANUAL, Depth.NETWORK


def died(job: Path, **_: Any) -> Ended:
    """A trainer whose process was killed after it had kept a state."""
    array = [np.ones(2, dtype=np.float32)]
    write_checkpoint(job, "job", Checkpoint(40, array, array, array, {}, {}))
    return Ended({}, cancelled=False, message="The training process was killed (SIGKILL).")


@pytest.fixture
def letters():
    make_model(active=True)
    found = make_type("Letters")
    for split in ("train", "validation", "test"):
        reviewed_page(found, split, f"a line of {split}")
    return found


def network_run() -> TrainingRun:
    return request_run(document_type=None, depth=NETWORK, trigger=MANUAL)


def test_the_night_begins_with_the_network_where_enough_is_new_to_it(letters, settings):
    settings.NETWORK_MIN_NEW_LABELS = 4
    assert not network_is_due()
    (head,) = request_nightly_runs()
    assert (head.depth, head.document_type) == (Depth.HEAD, letters)
    settings.NETWORK_MIN_NEW_LABELS = 3
    (network,) = request_nightly_runs()  # the type's head waits already
    assert (network.depth, network.document_type) == (NETWORK, None)
    assert request_nightly_runs() == []
    settings.NETWORK_MIN_NEW_LABELS = 0
    assert not network_is_due()


def test_labels_a_network_has_learnt_are_not_new_to_it_though_they_are_to_a_head(letters):
    run = network_run()
    execute_run(run.pk, trainer=died)
    run.refresh_from_db()
    TrainingRun.objects.filter(pk=run.pk).update(
        status=RunStatus.SUCCEEDED, candidate=active_model(None)
    )
    assert new_labels(None, NETWORK) == 0
    assert new_labels(None, Depth.HEAD) == 3


def test_the_network_is_trained_for_all_types_or_not_at_all(letters):
    with pytest.raises(ForAllTypes, match="all types"):
        request_run(document_type=letters, depth=NETWORK, trigger=MANUAL)
    run = network_run()
    with pytest.raises(RunWaiting, match="whole network"):
        network_run()
    assert request_run(document_type=None, trigger=MANUAL).depth == Depth.HEAD
    with pytest.raises(IntegrityError), transaction.atomic():
        TrainingRun.objects.filter(pk=run.pk).update(document_type=letters)
    with pytest.raises(IntegrityError), transaction.atomic():
        TrainingRun.objects.filter(depth=Depth.HEAD).update(resumed=1)


def test_a_killed_network_run_waits_again_and_goes_on_but_not_for_ever(letters, settings):
    settings.NETWORK_MAX_RESUMES = 2
    run = network_run()
    for resumed in (1, 2):
        assert execute_run(run.pk, trainer=died) == "to be resumed"
        run.refresh_from_db()
        assert (run.status, run.resumed) == (RunStatus.QUEUED, resumed)
        assert (job_directory(run) / NAME).exists(), "it goes on from there"
    dataset, base = run.dataset, run.base
    reviewed_page(letters, "train", "a line more")
    assert execute_run(run.pk, trainer=died) == "failed: trainer_died"
    run.refresh_from_db()
    assert (run.status, run.dataset, run.base) == (RunStatus.FAILED, dataset, base)
    assert "SIGKILL" in run.failure_message
    assert not (job_directory(run) / NAME).exists()


def test_a_run_that_goes_on_has_the_same_lines_beside_its_labels(letters):
    """A checkpoint belongs to them, and meanwhile the site has read on."""
    accepted = [("sure", 0.999), ("surer", 0.9999)]
    drawn = []

    def look_and_die(job: Path, **rest: Any) -> Ended:
        found = read_job(job)
        assert all(read_crop(found, item).size for item in (*found.items, *found.beside))
        drawn.append(found.beside)
        return died(job, **rest)

    def read_a_page() -> None:
        document = make_document(letters, content=content_in("train"))
        make_page(document=document, lines=accepted, status=PageStatus.ACCEPTED)

    read_a_page()
    run = request_run(
        document_type=None,
        depth=NETWORK,
        trigger=MANUAL,
        train_settings=NetworkSettings(confident_share=1.0),
    )
    execute_run(run.pk, trainer=look_and_die)
    accepted = [("read", 0.999), ("since", 0.9999), ("then", 0.9999)]
    read_a_page()
    execute_run(run.pk, trainer=look_and_die)
    assert {item.text for item in drawn[0]} == {"sure", "surer"}
    assert drawn[0] == drawn[1]
    execute_run(request_run(document_type=letters, trigger=MANUAL).pk, trainer=look_and_die)
    assert drawn[2] == ()
    cancel_run(run=run, actor=make_admin())
    assert not list(job_directory(run).glob("*/*.png"))


def test_a_network_run_whose_worker_died_goes_on_unless_it_was_stopped(letters):
    silent = timezone.now() - timedelta(seconds=site.TRAIN_HEARTBEAT_SECONDS + 5)
    run = network_run()
    TrainingRun.objects.filter(pk=run.pk).update(status=RunStatus.RUNNING, heartbeat_at=silent)
    assert sweep_runs() == 1
    run.refresh_from_db()
    assert (run.status, run.resumed) == (RunStatus.QUEUED, 1)
    TrainingRun.objects.filter(pk=run.pk).update(status=RunStatus.RUNNING, heartbeat_at=silent)
    cancel_run(run=run, actor=make_admin())
    sweep_runs()
    run.refresh_from_db()
    assert (run.status, run.failure_code) == (RunStatus.CANCELLED, "cancelled")


def test_a_network_run_that_waits_to_go_on_can_be_stopped(letters):
    run = network_run()
    execute_run(run.pk, trainer=died)
    cancel_run(run=run, actor=make_admin())
    run.refresh_from_db()
    assert run.status == RunStatus.CANCELLED
    assert execute_run(run.pk, trainer=died) == "not waiting"


def test_a_network_run_that_says_why_it_failed_is_not_tried_again(letters):
    def diverged(job: Path, **_: Any) -> Ended:
        result = {"status": "failed", "code": "diverged", "message": "The loss was no number."}
        return Ended(result, cancelled=False, message=result["message"])

    run = network_run()
    assert execute_run(run.pk, trainer=diverged) == "failed: diverged"


def reviewed_letters():
    """A type with a real base in service, and labels enough for a verdict."""
    base = installed_base()
    found = make_type("Letters")
    reviewed_page(found, "train", "one line to learn from")
    for number in range(3):
        reviewed_page(found, "test", *(f"held out {number} {at}" for at in range(8)))
    return base, found


def own_head(letters, base: ModelVersion, name: str) -> ModelVersion:
    files = load(Path(site.MODEL_STORE), base.sha256)
    head = save_head(
        files.store,
        files.sha256,
        files.head.read_bytes(),
        files.characters(),
        SHIPPED.to_json().encode(),
        {"name": name, "for": letters.pk},
    )
    facts = VersionFacts(
        head.sha256,
        head.name,
        head.kind,
        head.dictionary_sha256,
        head.preprocessing_version,
        head.calibration_version,
    )
    version = register_version(facts, document_type=letters, parent=base)
    put_in_service(version=version, document_type=letters, actor=None, reason="x")
    return version


def trainer_of_a_base(general_edits: int):
    """A trainer that leaves a base which reads the test lines better, and general lines so."""

    def trainer(job: Path, **_: Any) -> Ended:
        raw = json.loads((job / "job.json").read_text())
        assert raw["depth"] == "network"
        files = load(Path(raw["store"]), raw["base_sha256"])
        made = save_base(
            files.store,
            files.sha256,
            files.backbone.read_bytes(),
            files.head.read_bytes(),
            files.characters(),
            SHIPPED.to_json().encode(),
            {"name": raw["name"], "general": general_edits},
        )
        held_out = Label.objects.current().filter(text__startswith="held")
        rows = [
            {
                "label_id": label.pk,
                "document": str(label.line.page.document_id),
                "active_text": f"xx{label.text[2:]}",
                "candidate_text": label.text,
                "active_confidence": 0.5,
                "candidate_confidence": 0.9,
            }
            for label in held_out.select_related("line__page")
        ]
        general = {"version": "general-1", "sha256": "0" * 64, "lines": 400, "characters": 10_000}
        result = {
            "status": "succeeded",
            "candidate_sha256": made.sha256,
            "trained_dictionary_sha256": made.dictionary_sha256,
            "parity": {"lines": len(rows), "mismatched": 0, "max_difference": 0.0},
            "general": {**general, "active_edits": 100, "candidate_edits": general_edits},
            "test": rows,
        }
        return Ended(result, cancelled=False, message="")

    return trainer


def test_an_accepted_base_is_the_canary_then_serves_and_heads_are_trained_on_it():
    base, letters = reviewed_letters()
    forms = make_type("Forms")
    own = own_head(letters, base, "Letters")
    run = network_run()
    assert execute_run(run.pk, trainer=trainer_of_a_base(110)) == "accepted"
    run.refresh_from_db()
    new = run.candidate
    assert new is not None
    assert (new.kind, new.parent, base_of(new)) == (ModelVersion.Kind.BASE, base, new)
    canary = Canary.objects.running().get()
    assert (canary.document_type, canary.model_version) == (None, new)
    assert run.verdict["as_canary"]
    assert active_model(forms) == base
    assert not TrainingRun.objects.open().exists(), "heads wait for a base that serves"

    promote_canary(canary=canary, actor=None)
    assert active_model(forms) == active_model(None) == new
    assert active_model(letters) == own, "until its own new head has passed the gate"
    assert run.verdict["general"]["after"] == pytest.approx(0.011)

    head = TrainingRun.objects.get(document_type=letters, status=RunStatus.QUEUED)
    assert head.trigger == TrainingRun.Trigger.NEW_BASE
    seen: dict[str, str] = {}

    def trainer(job: Path, **_: Any) -> Ended:
        seen.update(json.loads((job / "job.json").read_text()))
        return Ended({}, cancelled=False, message="x")

    execute_run(head.pk, trainer=trainer)
    assert (seen["base_sha256"], seen["active_sha256"]) == (new.sha256, own.sha256)
    # The next night it is tried again, however few labels are new.
    (again,) = request_nightly_runs()
    execute_run(again.pk, trainer=trainer)
    again.refresh_from_db()
    assert again.status == RunStatus.FAILED
    assert (again.base, again.active) == (new, own)


def test_a_run_that_was_put_back_while_it_was_judged_leaves_nothing_and_ends_well():
    reviewed_letters()
    run = network_run()

    def slow(job: Path, **rest: Any) -> Ended:
        silent = timezone.now() - timedelta(seconds=site.TRAIN_HEARTBEAT_SECONDS + 5)
        TrainingRun.objects.filter(pk=run.pk).update(heartbeat_at=silent)
        assert sweep_runs() == 1
        return trainer_of_a_base(110)(job, **rest)

    assert execute_run(run.pk, trainer=slow) == GONE
    assert not EvaluatedLine.objects.exists()
    assert ModelVersion.objects.count() == 1
    assert execute_run(run.pk, trainer=trainer_of_a_base(110)) == "accepted"


def test_a_base_that_forgets_is_refused_with_a_sentence():
    base, _ = reviewed_letters()
    run = network_run()
    assert execute_run(run.pk, trainer=trainer_of_a_base(121)) == "refused"
    run.refresh_from_db()
    (reason,) = run.verdict["reasons"]
    assert reason["code"] == "general_worse"
    assert "1.00 % of characters were wrong before, 1.21 % now" in reason["sentence"]
    assert not run.verdict["on_trial"]
    assert active_model(None) == base
    assert ActiveModel.objects.count() == 1
    assert not TrainingRun.objects.open().exists()


def test_where_every_type_has_its_own_head_an_accepted_base_serves_at_once():
    base, letters = reviewed_letters()
    own_head(letters, base, "Letters")
    run = network_run()
    assert execute_run(run.pk, trainer=trainer_of_a_base(110)) == "accepted"
    run.refresh_from_db()
    assert not run.verdict["as_canary"]
    assert active_model(None) == run.candidate
    assert TrainingRun.objects.open().get().document_type == letters


def test_no_night_makes_a_base_while_another_is_the_canary(settings):
    base, _ = reviewed_letters()
    settings.NETWORK_MIN_NEW_LABELS = 1
    assert network_is_due()
    canary = start_canary(
        version=make_model(files=True),
        document_type=None,
        actor=None,
        reason="Accepted by the gate",
    )
    assert not network_is_due()
    withdraw_canary(canary=canary, actor=None)
    assert network_is_due()
    assert active_model(None) == base


def test_the_night_starts_from_the_base_by_day_a_head_goes_on(settings):
    """Nothing of what was withdrawn, or learnt too well, is left in what the night makes."""
    settings.REFRESH_MIN_NEW_LABELS = 4
    base, letters = reviewed_letters()
    head = own_head(letters, base, "Letters")
    labels = new_labels(letters)

    def end(trigger: TrainingRun.Trigger) -> TrainingRun:
        run = request_run(document_type=letters, trigger=trigger)
        execute_run(run.pk, trainer=died)
        TrainingRun.objects.filter(pk=run.pk, status=RunStatus.FAILED).update(
            status=RunStatus.SUCCEEDED, candidate=head
        )
        run.refresh_from_db()
        return run

    by_day = end(TrainingRun.Trigger.REFRESH)
    assert (by_day.base, by_day.active) == (head, head)
    assert (new_labels(letters), new_labels(letters, afresh=True)) == (0, labels)
    by_night = end(TrainingRun.Trigger.NIGHTLY)
    assert (by_night.base, by_night.active) == (base, head)
    assert new_labels(letters, afresh=True) == 0
    again = end(TrainingRun.Trigger.NIGHTLY)
    assert again.status == RunStatus.SKIPPED
    assert "0 new labels since the last run that began afresh" in again.failure_message
