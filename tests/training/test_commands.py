"""The commands: what they say, what they do, and that a failure has a non-zero exit."""

import pytest
from django.core.management import CommandError, call_command

from recognition.models import Activation, Canary
from recognition.registry import active_model
from recognition.states import PageStatus
from tests.factories import make_model, make_page, make_type
from tests.training.labelled import installed_base, reviewed_page
from training.models import TrainingRun, Trial
from training.serving import put_in_service
from training.states import RunStatus

pytestmark = pytest.mark.django_db


def test_promote_and_rollback_move_the_pointer_and_say_so(letters, capsys):
    before = active_model(letters)
    own = make_model(document_type=letters, files=True)
    call_command("promote", own.sha256[:12], "--type", "letters")
    assert active_model(letters) == own
    make_page(letters, status=PageStatus.ACCEPTED)
    call_command("rollback", "--type", "Letters", "--reread")
    assert active_model(letters) == before
    said = capsys.readouterr().out
    assert f"{own} ({own.short_sha}) serves Letters." in said
    assert "the model for all types serves Letters again." in said
    assert "1 pages are read again in the background." in said
    assert Activation.objects.filter(document_type=letters).count() == 2
    assert not Trial.objects.running().exists()


@pytest.mark.parametrize(
    ("command", "arguments", "why"),
    [
        ("promote", ["f" * 12, "--type", "Letters"], "No model version has this hash"),
        ("promote", ["", "--type", "Letters"], "More than one"),
        ("rollback", ["--type", "Letters"], "no earlier model"),
        ("rollback", ["--type", "Nothing"], "There are: Letters"),
        ("retrain", ["--type", "Nothing"], "no document type"),
        ("retrain", ["--type", "Letters", "--depth", "network"], "choose all types"),
    ],
)
def test_what_cannot_be_done_fails_and_says_why(letters, command, arguments, why):
    make_model()
    with pytest.raises(CommandError, match=why):
        call_command(command, *arguments)


def test_promote_starts_a_canary_and_rollback_withdraws_it(letters, capsys):
    version = make_model(files=True)
    call_command("promote", version.sha256[:12], "--all-types", "--canary", "--share", "20")
    canary = Canary.objects.running().get()
    assert (canary.model_version, canary.share) == (version, 0.2)
    call_command("rollback", "--all-types", "--canary")
    canary.refresh_from_db()
    assert (canary.status, canary.reason) == ("withdrawn", "Withdrawn by a command.")
    said = capsys.readouterr().out
    assert f"{version} ({version.short_sha}) reads 20 % of the documents of all types." in said
    assert f"{version} is withdrawn" in said
    call_command("promote", version.sha256[:12], "--all-types", "--canary")
    call_command("promote", version.sha256[:12], "--all-types")
    assert active_model(letters) == version
    assert not Canary.objects.running().exists()


@pytest.mark.parametrize(
    ("command", "arguments", "why"),
    [
        ("promote", ["--share", "10"], "add --canary"),
        ("promote", ["--canary", "--share", "60"], "up to 50"),
        ("promote", ["--canary"], "in service already"),
        ("rollback", ["--canary"], "No canary reads documents of all types"),
    ],
)
def test_a_canary_that_cannot_be_fails_and_says_why(letters, command, arguments, why):
    version = [active_model(letters).sha256] if command == "promote" else []
    with pytest.raises(CommandError, match=why):
        call_command(command, *version, "--all-types", *arguments)


def test_promoting_a_model_of_another_type_fails(letters):
    own = make_model(document_type=make_type("Forms"))
    with pytest.raises(CommandError, match="cannot serve another type"):
        call_command("promote", own.sha256, "--type", "Letters")


def test_a_training_that_cannot_start_fails_with_its_reason(letters):
    """The active model has no files in the store, as after a lost disk."""
    make_model(active=True)
    reviewed_page(letters, "train", "one")
    with pytest.raises(CommandError, match="Failed: "):
        call_command("retrain", "--type", "Letters")
    run = TrainingRun.objects.get()
    assert run.status == RunStatus.FAILED


def test_the_whole_network_is_retrained_by_command(letters):
    """The active model has no files in the store: it comes as far as asking for them."""
    make_model(active=True)
    reviewed_page(letters, "train", "one")
    with pytest.raises(CommandError, match="Failed: "):
        call_command("retrain", "--all-types", "--depth", "network")
    run = TrainingRun.objects.get()
    assert (run.depth, run.failure_code) == ("network", "model_missing")


def test_refresh_without_enough_corrections_says_so(letters, capsys):
    reviewed_page(letters, "train", "one")
    call_command("refresh")
    assert "No document type has enough new corrections." in capsys.readouterr().out


def test_refresh_fails_where_a_training_does_and_names_the_type(letters, settings):
    settings.REFRESH_MIN_NEW_LABELS = 1
    reviewed_page(letters, "train", "one")
    with pytest.raises(CommandError, match="Failed for Letters"):
        call_command("refresh")


def test_refresh_may_leave_the_work_to_the_worker(letters, settings):
    settings.REFRESH_MIN_NEW_LABELS = 1
    reviewed_page(letters, "train", "one")
    call_command("refresh", "--queue-only")
    assert TrainingRun.objects.get().status == RunStatus.QUEUED


@pytest.mark.django_db(transaction=True)
def test_retrain_trains_for_real_says_each_stage_and_puts_what_lacks_evidence_on_trial(capsys):
    base = installed_base()
    letters = make_type("Letters")
    for split in ("train", "validation", "test"):
        reviewed_page(letters, split, *(f"{split} line {number}" for number in range(4)))
    call_command("retrain", "--type", "Letters")
    said = capsys.readouterr().out
    for stage in ("Computing features", "Training", "Exporting", "Evaluating"):
        assert f"{stage}: " in said
    assert "held-out lines" in said
    run = TrainingRun.objects.get()
    assert run.status == RunStatus.SUCCEEDED
    assert active_model(letters) == base
    if run.verdict["on_trial"]:
        trial = Trial.objects.running().get()
        assert (trial.serving, trial.beside) == (base, run.candidate)
        assert "beside the model in service" in said
    else:
        assert "was refused by the gate" in said


def test_putting_in_service_by_command_starts_the_watch(letters):
    own = make_model(document_type=letters, files=True)
    put_in_service(version=own, document_type=letters, actor=None, reason="x")
    assert Trial.objects.running().get().serving == own
