"""One pointer for each scope: forward, back, and always somewhere."""

import threading

import pytest
from django.core.management import call_command
from django.db import connection

from recognition.exceptions import NoModel, NothingToRollBack
from recognition.models import Activation, ActiveModel, Event
from recognition.preprocess import PREPROCESSING_VERSION
from recognition.registry import VersionFacts, activate, active_model, register_version, roll_back
from tests.factories import make_admin, make_model, make_type

pytestmark = pytest.mark.django_db


def go(version, document_type=None):
    return activate(
        version=version, document_type=document_type, actor=make_admin(), reason="better"
    )


def back(document_type=None):
    return roll_back(document_type=document_type, actor=make_admin(), reason="worse")


def test_without_a_model_the_error_says_what_to_do():
    with pytest.raises(NoModel, match="install_base_model"):
        active_model(make_type())


def test_a_type_is_read_by_its_own_model_else_by_the_one_for_all():
    common, own, letter, receipt = make_model(), make_model(), make_type(), make_type()
    go(common)
    go(own, letter)
    assert active_model(letter) == own
    assert active_model(receipt) == active_model(None) == common


def test_a_roll_back_moves_the_pointer_back_and_is_on_record():
    first, second = make_model(), make_model()
    go(first)
    go(second)
    activation = back()
    assert active_model(None) == first
    assert (activation.kind, activation.previous) == (Activation.Kind.ROLLBACK, second)
    assert Event.objects.filter(verb="rollback").count() == 1
    with pytest.raises(NothingToRollBack):
        back()  # the first model has nothing before it


def test_a_second_roll_back_goes_further_and_does_not_swing_between_two():
    versions = [make_model() for _ in range(3)]
    for version in versions:
        go(version)
    back()
    assert active_model(None) == versions[1]
    back()
    assert active_model(None) == versions[0]
    go(versions[2])
    back()
    assert active_model(None) == versions[0]


def test_a_types_first_own_model_rolls_back_to_the_one_for_all():
    common, own, letter = make_model(), make_model(), make_type()
    go(common)
    go(own, letter)
    assert back(letter).model_version is None
    assert active_model(letter) == common
    with pytest.raises(NothingToRollBack):
        back(letter)


def test_activating_what_is_active_already_leaves_the_way_back():
    first, second = make_model(), make_model()
    go(first)
    go(second)
    go(second)
    back()
    assert active_model(None) == first


def test_the_same_content_is_the_same_version():
    version = make_model()
    facts = VersionFacts(
        sha256=version.sha256,
        name="another name",
        kind=version.kind,
        dictionary_sha256=version.dictionary_sha256,
        preprocessing_version=version.preprocessing_version,
        calibration_version=version.calibration_version,
    )
    assert register_version(facts) == version


@pytest.mark.django_db(transaction=True)
def test_activations_at_the_same_moment_leave_one_pointer_and_a_whole_trail():
    versions = [make_model() for _ in range(6)]
    actor = make_admin()
    start = threading.Barrier(len(versions))
    errors = []

    def race(version) -> None:
        start.wait()
        try:
            activate(version=version, document_type=None, actor=actor, reason="race")
        except Exception as error:  # noqa: BLE001  told below
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=race, args=[version]) for version in versions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    pointer = ActiveModel.objects.get(document_type=None)
    trail = list(Activation.objects.order_by("pk"))
    assert len(trail) == 6
    assert pointer.model_version == trail[-1].model_version
    assert [step.previous for step in trail[1:]] == [step.model_version for step in trail[:-1]]


def test_versions_of_an_earlier_release_make_way_for_the_base_and_stay_on_record(capsys):
    letter, receipt = make_type(), make_type()
    earlier, own = (make_model(preprocessing_version="line48-0") for _ in range(2))
    go(earlier)
    go(own, letter)
    call_command("install_base_model")
    base = active_model(None)
    assert base.preprocessing_version == PREPROCESSING_VERSION
    assert active_model(letter) == active_model(receipt) == base
    assert capsys.readouterr().out.count("earlier release") == 2
    assert Activation.objects.filter(previous__in=[earlier, own]).count() == 2
    call_command("install_base_model")
    assert "earlier release" not in capsys.readouterr().out


def test_installing_the_base_model_activates_it_once_and_respects_what_serves(capsys):
    call_command("install_base_model")
    installed = active_model(None)
    assert installed.kind == "base"
    assert "serves all document types" in capsys.readouterr().out
    other = make_model()
    go(other)
    call_command("install_base_model")
    assert active_model(None) == other
    assert Activation.objects.count() == 2
