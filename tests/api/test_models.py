"""Model versions, their pointers and training runs over the API."""

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from recognition.models import Activation, ActiveModel, ModelVersion
from recognition.registry import VersionFacts, register_version
from recognition.states import PageStatus
from tests.factories import make_alert, make_model, make_page, make_type
from training.models import TrainingRun
from training.states import TrialAim
from training.trials import start_trial

pytestmark = pytest.mark.django_db


def test_an_admin_puts_a_version_in_service_and_takes_it_back(
    admin_api: APIClient, admin: User
) -> None:
    first, second = make_model(active=True, files=True), make_model(files=True)
    made = admin_api.post(
        f"/api/v1/models/{second.pk}/activate/", {"reason": "Better"}, format="json"
    )
    assert made.status_code == 200, made.json()
    assert (made.json()["previous"], made.json()["actor"]) == (first.pk, admin.username)
    active = admin_api.get("/api/v1/models/active/").json()
    assert active == [
        {
            "document_type": None,
            "model_version": second.pk,
            "model_sha256": second.sha256,
            "model_name": second.name,
        }
    ]
    back = admin_api.post("/api/v1/models/rollback/", {"reason": "Worse"}, format="json")
    assert (back.json()["kind"], back.json()["model_version"]) == ("rollback", first.pk)
    assert ActiveModel.objects.get().model_version == first
    further = admin_api.post("/api/v1/models/rollback/", {"reason": "Worse"}, format="json")
    assert (further.status_code, further.json()["code"]) == (409, "nothing_to_roll_back")
    assert admin_api.get("/api/v1/models/activations/").json()["count"] == 3


def test_a_version_of_one_type_cannot_serve_another(admin_api: APIClient) -> None:
    mine, other = make_type(), make_type()
    version = make_model(document_type=mine)
    body = {"reason": "x", "document_type": other.pk}
    answer = admin_api.post(f"/api/v1/models/{version.pk}/activate/", body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_activatable")
    assert not Activation.objects.exists()


def test_what_takes_text_layers_over_reads_no_pictures(admin_api: APIClient) -> None:
    make_model(active=True)
    facts = VersionFacts("7" * 64, "text layer 1", ModelVersion.Kind.TEXT_LAYER, "", "", "")
    version = register_version(facts)
    asked = {"model_version": version.pk, "reason": "x"}
    for path, body in ((f"models/{version.pk}/activate/", asked), ("canaries/", asked)):
        answer = admin_api.post(f"/api/v1/{path}", body, format="json")
        assert (answer.status_code, answer.json()["code"]) == (409, "not_activatable")
        assert "Choose one that reads pictures" in answer.json()["message"]


def test_a_move_needs_a_reason(admin_api: APIClient) -> None:
    version = make_model()
    answer = admin_api.post(f"/api/v1/models/{version.pk}/activate/", {}, format="json")
    assert (answer.status_code, set(answer.json()["fields"])) == (400, {"reason"})


def test_versions_are_written_by_nobody(admin_api: APIClient) -> None:
    version = make_model()
    path = f"/api/v1/models/{version.pk}/"
    assert admin_api.get(path).json()["sha256"] == version.sha256
    assert admin_api.patch(path, {"name": "x"}, format="json").status_code == 405
    assert admin_api.delete(path).status_code == 405


def test_a_run_is_asked_for_once_and_stopped(admin_api: APIClient) -> None:
    kind = make_type()
    body = {"document_type": kind.pk}
    made = admin_api.post("/api/v1/training-runs/", body, format="json")
    assert (made.status_code, made.json()["status"]) == (201, "queued"), made.json()
    again = admin_api.post("/api/v1/training-runs/", body, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "run_waiting")
    path = f"/api/v1/training-runs/{made.json()['id']}/"
    assert admin_api.post(f"{path}cancel/").json()["status"] == "cancelled"
    assert admin_api.post(f"{path}cancel/").json()["code"] == "not_cancellable"
    assert TrainingRun.objects.get().failure_message


def test_a_trial_is_followed_and_ended_over_the_api(
    admin_api: APIClient, reviewer_api: APIClient
) -> None:
    serving, beside = make_model(active=True), make_model(files=True)
    trial = start_trial(document_type=None, aim=TrialAim.PROVE, serving=serving, beside=beside)
    path = f"/api/v1/trials/{trial.pk}/"
    assert reviewer_api.get(path).status_code == 403
    assert reviewer_api.post(f"{path}promote/").status_code == 403
    assert admin_api.get(path).json()["status"] == "running"
    ended = admin_api.post(f"{path}promote/").json()
    assert (ended["status"], ended["evidence"]["pages"]) == ("beside", 0)
    assert ActiveModel.objects.get().model_version == beside
    again = admin_api.post(f"{path}withdraw/")
    assert (again.status_code, again.json()["code"]) == (409, "trial_over")


def test_a_fall_in_accuracy_is_seen_and_acknowledged_over_the_api(
    admin_api: APIClient, reviewer_api: APIClient, admin: User
) -> None:
    alert, other = make_alert(), make_alert()
    path = f"/api/v1/alerts/{alert.pk}/"
    assert reviewer_api.get(path).status_code == 403
    assert reviewer_api.post(f"{path}acknowledge/", {"note": "x"}).status_code == 403
    assert admin_api.get("/api/v1/alerts/0/").status_code == 404
    seen = admin_api.get(path).json()
    assert (seen["week"], seen["accuracy"], seen["pages"]) == ("2026-02-09", 0.91, alert.pages)
    empty = admin_api.post(f"{path}acknowledge/", {"note": "  "}, format="json")
    assert (empty.status_code, set(empty.json()["fields"])) == (400, {"note"})
    said = admin_api.post(f"{path}acknowledge/", {"note": "A new scanner."}, format="json").json()
    assert (said["status"], said["acknowledged_by"], said["note"]) == (
        "acknowledged", admin.username, "A new scanner.",
    )  # fmt: skip
    again = admin_api.post(f"{path}acknowledge/", {"note": "Again."}, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "alert_acknowledged")
    listed = admin_api.get("/api/v1/alerts/?status=open").json()
    assert [row["id"] for row in listed["results"]] == [other.pk]
    of_type = admin_api.get(f"/api/v1/alerts/?document_type={alert.document_type_id}").json()
    assert [row["id"] for row in of_type["results"]] == [alert.pk]
    assert admin_api.get("/api/v1/alerts/?status=lost").status_code == 400


def test_both_arms_are_told_over_the_api(admin_api: APIClient, reviewer_api: APIClient) -> None:
    kind = make_type()
    make_page(kind, status="reviewed")
    path = f"/api/v1/queue-arms/{kind.pk}/"
    assert reviewer_api.get(path).status_code == 403
    assert admin_api.get("/api/v1/queue-arms/0/").status_code == 404
    assert admin_api.post(path).status_code == 405
    told = admin_api.get(path).json()
    assert told["document_type"] == kind.pk
    assert told["value"]["pages"] + told["random"]["pages"] == 1
    assert (told["enough"], told["gain"], told["low"]) == (False, None, None)


def test_a_canary_is_started_changed_and_withdrawn_over_the_api(
    admin_api: APIClient, reviewer_api: APIClient, admin: User
) -> None:
    make_model(active=True)
    version = make_model(files=True)
    body = {"model_version": version.pk, "share": 0.2, "reason": "A new base"}
    assert reviewer_api.post("/api/v1/canaries/", body, format="json").status_code == 403
    too_much = admin_api.post("/api/v1/canaries/", {**body, "share": 0.6}, format="json")
    assert (too_much.status_code, set(too_much.json()["fields"])) == (400, {"share"})
    made = admin_api.post("/api/v1/canaries/", body, format="json")
    assert made.status_code == 201, made.json()
    shown = made.json()
    assert (shown["status"], shown["share"], shown["pages"], shown["reviewed"]) == (
        "running", 0.2, 0, 0,
    )  # fmt: skip
    path = f"/api/v1/canaries/{shown['id']}/"
    assert admin_api.post(f"{path}share/", {"share": 0.3}, format="json").json()["share"] == 0.3
    for action in ("promote", "share", "withdraw"):
        assert reviewer_api.post(f"{path}{action}/", {}, format="json").status_code == 403
    ended = admin_api.post(f"{path}withdraw/", {"reason": "Umlauts"}, format="json").json()
    assert (ended["status"], ended["reason"]) == (
        "withdrawn",
        f"Withdrawn by {admin.username}: Umlauts.",
    )
    again = admin_api.post(f"{path}promote/")
    assert (again.status_code, again.json()["code"]) == (409, "canary_over")
    second = admin_api.post("/api/v1/canaries/", body, format="json").json()
    ended = admin_api.post(f"/api/v1/canaries/{second['id']}/promote/").json()
    assert ended["status"] == "promoted"
    assert ActiveModel.objects.get().model_version == version
    assert [row["status"] for row in admin_api.get("/api/v1/canaries/").json()["results"]] == [
        "promoted",
        "withdrawn",
    ]


def test_pages_of_a_version_that_serves_no_more_are_read_again_over_the_api(
    admin_api: APIClient, reviewer_api: APIClient
) -> None:
    version = make_model(active=True)
    make_page(status=PageStatus.ACCEPTED)
    path = f"/api/v1/models/{version.pk}/reread/"
    assert reviewer_api.post(path).status_code == 403
    refused = admin_api.post(path)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_activatable")
    make_model(active=True)
    begun = admin_api.post(path)
    assert (begun.status_code, begun.json()["pages"]) == (202, 1)
