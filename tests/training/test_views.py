"""The pages on models and runs: who may open them, what they show, what their buttons do."""

from datetime import time

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from recognition.models import Event, Page
from recognition.registry import active_model
from recognition.states import PageStatus
from review.models import Label
from tests.factories import (
    make_admin,
    make_alert,
    make_model,
    make_page,
    make_reviewer,
    make_type,
    submit_as_read,
)
from training.checkpoint import Checkpoint, write_checkpoint
from training.dataset import freeze_dataset
from training.models import CurvePoint, LabelDispute, Rereading, TrainingRun
from training.requests import request_run
from training.runs import job_directory
from training.schedule import nightly_task, nightly_time
from training.serving import put_in_service
from training.states import Depth, RunStatus, TrialAim, TrialStatus
from training.trials import start_trial

pytestmark = pytest.mark.django_db

READS = [
    "model_list",
    "model_detail",
    "run_list",
    "run_detail",
    "run_curve",
    "type_learning",
    "type_learning_plot",
    "type_accuracy_plot",
    "type_boxes_plot",
    "type_arms_plot",
    "alert_list",
    "dispute_list",
    "trial_detail",
]
WRITES = [
    "alert_acknowledge",
    "dispute_correct",
    "dispute_uphold",
    "model_activate",
    "model_reread",
    "model_rollback",
    "run_start",
    "run_cancel",
    "schedule_edit",
    "trial_promote",
    "trial_withdraw",
]


@pytest.fixture
def admin(client):
    user = make_admin(username="ada")
    client.force_login(user)
    return user


@pytest.fixture
def version():
    return make_model(active=True)


@pytest.fixture
def run(version):
    return request_run(document_type=make_type("Letters"), trigger=TrainingRun.Trigger.MANUAL)


@pytest.fixture
def trial(version, run):
    return start_trial(
        document_type=run.document_type,
        aim=TrialAim.PROVE,
        serving=version,
        beside=make_model(document_type=run.document_type, files=True),
    )


@pytest.fixture
def dispute(version, run):
    page = make_page(run.document_type, lines=[("a line", 0.3)])
    submit_as_read(page, make_reviewer())
    return LabelDispute.objects.create(
        label=Label.objects.get(line__page=page),
        run=run,
        model_version=version,
        text="another line",
        confidence=0.98,
    )


@pytest.fixture
def alert(run):
    return make_alert(run.document_type)


@pytest.fixture
def address(version, run, trial, dispute, alert):
    """From a view's name to an address at which there is something."""
    arguments = {
        "model_detail": [version.pk],
        "model_activate": [version.pk],
        "run_detail": [run.pk],
        "run_curve": [run.pk, "light"],
        "run_cancel": [run.pk],
        "dispute_correct": [dispute.pk],
        "dispute_uphold": [dispute.pk],
        "model_reread": [version.pk],
        "trial_detail": [trial.pk],
        "trial_promote": [trial.pk],
        "trial_withdraw": [trial.pk],
        "type_learning": [run.document_type_id],
        "type_learning_plot": [run.document_type_id, "light"],
        "type_accuracy_plot": [run.document_type_id, "light"],
        "type_boxes_plot": [run.document_type_id, "dark"],
        "type_arms_plot": [run.document_type_id, "light"],
        "alert_acknowledge": [alert.pk],
    }
    return lambda name: reverse(name, args=arguments.get(name, []))


@pytest.mark.parametrize("name", READS)
def test_a_page_opens_for_an_admin(client, admin, address, name):
    assert client.get(address(name)).status_code == 200


@pytest.mark.parametrize("name", READS + WRITES)
def test_a_reviewer_is_refused(client, address, name):
    client.force_login(make_reviewer())
    method = client.get if name in READS else client.post
    assert method(address(name)).status_code == 403


@pytest.mark.parametrize("name", READS + WRITES)
def test_a_stranger_is_asked_to_sign_in(address, name):
    answer = Client().get(address(name))
    assert answer.status_code == 302
    assert answer.url.startswith(reverse("login"))


@pytest.mark.parametrize("name", READS + WRITES)
def test_the_wrong_method_is_refused(client, admin, address, name):
    method = client.post if name in READS else client.get
    assert method(address(name)).status_code == 405


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("model_detail", [0]),
        ("model_activate", [0]),
        ("run_detail", [0]),
        ("run_curve", [0, "dark"]),
        ("run_cancel", [0]),
        ("dispute_correct", [0]),
        ("dispute_uphold", [0]),
        ("model_reread", [0]),
        ("trial_detail", [0]),
        ("trial_promote", [0]),
        ("trial_withdraw", [0]),
        ("type_learning", [0]),
        ("type_learning_plot", [0, "dark"]),
        ("type_accuracy_plot", [0, "dark"]),
        ("type_boxes_plot", [0, "dark"]),
        ("type_arms_plot", [0, "dark"]),
        ("alert_acknowledge", [0]),
    ],
)
def test_what_does_not_exist_is_not_found(client, admin, name, arguments):
    method = client.get if name in READS else client.post
    assert method(reverse(name, args=arguments)).status_code == 404


def test_before_a_model_the_page_says_what_to_do(client, admin):
    assert "install_base_model" in client.get(reverse("model_list")).content.decode()


def test_activate_and_roll_back_move_the_pointer_and_leave_a_trail(client, admin, version):
    letters = make_type("Letters")
    own = make_model(document_type=letters, files=True)
    client.post(reverse("model_activate", args=[own.pk]), {"document_type": letters.pk})
    assert active_model(letters) == own

    answer = client.post(
        reverse("model_rollback"), {"document_type": letters.pk}, follow=True
    ).content.decode()

    assert active_model(letters) == version
    assert "The model for all types serves Letters again." in answer
    verbs = list(Event.objects.filter(actor=admin).order_by("pk").values_list("verb", flat=True))
    assert verbs == ["activate", "rollback"]


def test_a_model_cannot_serve_a_type_it_was_not_trained_for(client, admin, version):
    letters, forms = make_type("Letters"), make_type("Forms")
    own = make_model(document_type=letters)
    answer = client.post(
        reverse("model_activate", args=[own.pk]), {"document_type": forms.pk}, follow=True
    )
    assert "cannot serve another type" in answer.content.decode()
    assert active_model(forms) == version


def test_rolling_back_the_first_model_says_that_there_is_nothing_earlier(client, admin, version):
    answer = client.post(reverse("model_rollback"), {"document_type": ""}, follow=True)
    assert "no earlier model" in answer.content.decode()
    assert active_model(None) == version


def test_train_now_queues_a_run_and_shows_it(client, admin, version):
    letters = make_type("Letters")
    answer = client.post(reverse("run_start"), {"document_type": letters.pk}, follow=True)
    run = TrainingRun.objects.get()
    assert (run.document_type, run.started_by) == (letters, admin)
    assert "It starts when the training worker is free." in answer.content.decode()


def test_the_whole_network_is_started_for_all_types_and_says_how_long_it_may_take(
    client, admin, version, settings
):
    settings.NETWORK_TRAIN_SECONDS = 5_400
    page = client.get(reverse("run_list")).content.decode()
    assert "No page has been reviewed yet" in page
    submit_as_read(make_page(make_type("Letters"), lines=[("a line", 0.3)]), make_reviewer())
    page = client.get(reverse("run_list")).content.decode()
    assert "1 of 1 labels are new to it" in page
    assert "Up to about 1 h 30 min" in page
    answer = client.post(reverse("run_start"), {"depth": "network"}, follow=True)
    run = TrainingRun.objects.get()
    assert (run.depth, run.document_type, run.started_by) == ("network", None, admin)
    assert "Backbone and head: a new base" in answer.content.decode()


def test_the_whole_network_cannot_be_started_for_one_type(client, admin, run):
    data = {"document_type": run.document_type_id, "depth": "network"}
    answer = client.post(reverse("run_start"), data, follow=True)
    assert "choose all types, or train a head" in answer.content.decode()
    answer = client.post(reverse("run_start"), {"depth": "deep"}, follow=True)
    assert "no such thing to train" in answer.content.decode()
    assert TrainingRun.objects.count() == 1


def test_the_estimate_goes_by_the_last_run_of_the_whole_network(client, admin, version, settings):
    settings.NETWORK_TRAIN_SECONDS = 10_000
    letters = make_type("Letters")
    submit_as_read(make_page(letters, lines=[("a line", 0.3)]), make_reviewer())
    dataset = freeze_dataset(document_type=None)
    TrainingRun.objects.create(
        depth="network",
        trigger=TrainingRun.Trigger.MANUAL,
        status=RunStatus.SUCCEEDED,
        dataset=dataset,
        base=version,
        candidate=version,
        result={"seconds": 1_200.0},
        verdict={"accept": False, "before": None},
    )
    submit_as_read(make_page(letters, lines=[("b", 0.3), ("c", 0.3)]), make_reviewer())
    page = client.get(reverse("run_list")).content.decode()
    assert "2 of 3 labels are new to it" in page
    assert "About 1 h, judging by" in page


def test_a_killed_run_says_from_where_it_goes_on(client, admin, version):
    run = request_run(document_type=None, depth=Depth.NETWORK, trigger=TrainingRun.Trigger.MANUAL)
    TrainingRun.objects.filter(pk=run.pk).update(resumed=1)
    address = reverse("run_detail", args=[run.pk])
    assert "from the beginning" in client.get(address).content.decode()
    array = [np.ones(1, dtype=np.float32)]
    job_directory(run).mkdir(parents=True)
    write_checkpoint(job_directory(run), "job", Checkpoint(40, array, array, array, {}, {}))
    page = client.get(address).content.decode()
    assert "it goes on after step 40" in page
    assert "1 time, after its process died" in page


def test_train_now_twice_says_that_one_waits(client, admin, run):
    data = {"document_type": run.document_type_id}
    answer = client.post(reverse("run_start"), data, follow=True)
    assert "waits already" in answer.content.decode()
    assert TrainingRun.objects.count() == 1


def test_a_run_renews_itself_only_while_it_goes_on(client, admin, run):
    address = reverse("run_detail", args=[run.pk])
    assert "every 2s" in client.get(address).content.decode()
    TrainingRun.objects.filter(pk=run.pk).update(
        status=RunStatus.FAILED, failure_message="The trainer died."
    )
    page = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "every 2s" not in page
    assert "The trainer died." in page
    assert "<html" not in page


def test_the_curve_is_drawn_as_svg_in_both_themes(client, admin, run):
    for step in (10, 20):
        CurvePoint.objects.create(run=run, step=step, loss=1 / step, validation_cer=0.1)
    pictures = [
        client.get(reverse("run_curve", args=[run.pk, theme])).content
        for theme in ("light", "dark")
    ]
    assert all(picture.startswith(b"<?xml") for picture in pictures)
    assert pictures[0] != pictures[1]


def test_a_trial_is_shown_with_its_two_buttons_and_each_does_what_it_says(client, admin, trial):
    learning = reverse("type_learning", args=[trial.document_type_id])
    assert "Put it in service now" in client.get(learning).content.decode()
    assert "Put it in service now" in client.get(reverse("model_list")).content.decode()

    page = client.post(reverse("trial_withdraw", args=[trial.pk]), follow=True).content.decode()
    assert "reads along no more" in page
    assert "Withdrawn by ada." in page
    page = client.post(reverse("trial_promote", args=[trial.pk]), follow=True).content.decode()
    assert "has ended already" in page
    assert active_model(trial.document_type) == trial.serving

    again = start_trial(
        document_type=trial.document_type,
        aim=TrialAim.PROVE,
        serving=trial.serving,
        beside=trial.beside,
    )
    page = client.post(reverse("trial_promote", args=[again.pk]), follow=True).content.decode()
    again.refresh_from_db()
    assert (again.status, again.ended_by) == (TrialStatus.BESIDE, admin)
    assert active_model(trial.document_type) == trial.beside
    assert "Roll back now" in page


def test_an_alert_is_in_the_navigation_until_somebody_says_what_it_was(client, admin, alert):
    home, listed = reverse("batch_list"), reverse("alert_list")
    learning = reverse("type_learning", args=[alert.document_type_id])
    assert f'href="{listed}"' in client.get(home).content.decode()
    for address in (listed, learning):
        page = client.get(address).content.decode()
        assert "91.00 %" in page
        assert "98.00 %" in page
    worst = reverse("page_detail", args=[alert.pages[0]])
    assert f'href="{worst}"' in client.get(listed).content.decode()
    acknowledge = reverse("alert_acknowledge", args=[alert.pk])
    page = client.post(acknowledge, {"note": " "}, follow=True).content.decode()
    assert "Say in a few words" in page
    page = client.post(acknowledge, {"note": "A dirty <scanner>"}, follow=True).content.decode()
    assert "A dirty &lt;scanner&gt;" in page
    assert "No accuracy has fallen" in page
    assert f'href="{listed}"' not in client.get(home).content.decode()
    page = client.post(acknowledge, {"note": "Once more"}, follow=True).content.decode()
    assert "acknowledged this already" in page
    alert.refresh_from_db()
    assert alert.acknowledged_by == admin


def test_a_reviewer_is_told_of_no_alert(client, alert):
    client.force_login(make_reviewer())
    page = client.get(reverse("review_queue")).content.decode()
    assert reverse("alert_list") not in page


def test_pages_of_a_withdrawn_model_are_offered_to_be_read_again(client, admin, version):
    letters = make_type("Letters")
    own = make_model(document_type=letters, active=True)
    make_page(letters, status=PageStatus.ACCEPTED)
    detail = reverse("model_detail", args=[own.pk])
    assert "Read 1 page again" not in client.get(detail).content.decode()
    client.post(reverse("model_rollback"), {"document_type": letters.pk})
    assert "Read 1 page again" in client.get(detail).content.decode()
    answer = client.post(reverse("model_reread", args=[own.pk]), follow=True)
    assert "again in the background: 1" in answer.content.decode()
    assert "0 of 1 page that nobody had seen" in answer.content.decode()
    make_page(letters, status=PageStatus.ACCEPTED, model=own)
    Rereading.objects.update(status="done", finished_at=timezone.now())
    Page.objects.filter(model_version=own).update(model_version=version)
    answer = client.post(reverse("model_reread", args=[own.pk]), follow=True)
    assert "No page is left" in answer.content.decode()


def test_an_admin_moves_the_nightly_hour(client, admin):
    client.post(reverse("schedule_edit"), {"at": "03:30", "enabled": "on"})
    assert nightly_time() == time(3, 30)
    assert nightly_task().enabled
    client.post(reverse("schedule_edit"), {"at": "03:30"})
    assert not nightly_task().enabled


def test_a_wrong_hour_is_refused_and_changes_nothing(client, admin):
    before = nightly_time()
    answer = client.post(reverse("schedule_edit"), {"at": "25:99"}, follow=True)
    assert "hours and minutes" in answer.content.decode()
    assert nightly_time() == before


def test_the_list_of_models_costs_the_same_however_many_there_are(
    client, admin, version, django_assert_max_num_queries
):
    for number in range(12):
        letters = make_type(f"Type {number}")
        put_in_service(
            version=make_model(document_type=letters, files=True),
            document_type=letters,
            actor=None,
            reason="for a test",
        )
    with django_assert_max_num_queries(13):
        client.get(reverse("model_list"))
