"""What cannot read is not put in service, nor brought back."""

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from recognition.models import Activation
from recognition.registry import activate, active_model, retire_unreadable
from tests.factories import make_admin, make_model, make_type
from training.exceptions import NotActivatable
from training.selectors import scopes
from training.serving import put_in_service, take_back
from training.states import TrialAim
from training.trials import start_trial

pytestmark = pytest.mark.django_db


@pytest.fixture
def base():
    """The base of a release that prepares lines in another way than the one before."""
    before = make_model(active=True, files=True, preprocessing_version="line48-1")
    base = make_model(files=True)
    assert retire_unreadable(base) == [before]
    return base


def test_a_model_of_another_release_is_not_brought_back(base, client):
    old = Activation.objects.get(model_version=base).previous
    moves = Activation.objects.count()
    with pytest.raises(NotActivatable, match="another release"):
        take_back(document_type=None, actor=None, reason="By hand")
    with pytest.raises(NotActivatable, match="another release"):
        put_in_service(version=old, document_type=make_type(), actor=None, reason="By hand")
    with pytest.raises(CommandError, match="another release"):
        call_command("rollback", "--all-types")
    client.force_login(make_admin())
    page = client.post(reverse("model_rollback"), {"document_type": ""}, follow=True)
    assert "was made for another release" in page.content.decode()
    assert not scopes()[0].can_roll_back
    assert active_model(None) == base
    assert Activation.objects.count() == moves


def test_a_way_back_is_offered_where_the_files_are_there():
    kept, lost = make_model(active=True, files=True), make_model()
    put_in_service(version=make_model(files=True), document_type=None, actor=None, reason="x")
    assert scopes()[0].can_roll_back
    take_back(document_type=None, actor=None, reason="x")
    assert active_model(None) == kept
    activate(version=lost, document_type=None, actor=None, reason="its files were there then")
    now = make_model(files=True)
    put_in_service(version=now, document_type=None, actor=None, reason="x")
    assert not scopes()[0].can_roll_back
    with pytest.raises(NotActivatable, match="same model store"):
        take_back(document_type=None, actor=None, reason="x")
    assert active_model(None) == now


def test_a_click_on_a_trial_whose_model_lost_its_files_says_so(client):
    serving, beside = make_model(active=True), make_model()
    trial = start_trial(document_type=None, aim=TrialAim.PROVE, serving=serving, beside=beside)
    client.force_login(make_admin())
    page = client.post(reverse("trial_promote", args=[trial.pk]), follow=True).content.decode()
    assert "same model store" in page
    assert active_model(None) == serving
