"""Who sees what over the API, and how it says no."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient
from rest_framework.throttling import UserRateThrottle

from recognition.models import Batch
from tests.api.conftest import client_of
from tests.factories import make_batch, make_model, make_page, make_task, make_type, make_user

pytestmark = pytest.mark.django_db

LISTS = (
    "document-types",
    "batches",
    "documents",
    "pages",
    "review-tasks",
    "labels",
    "proposals",
    "proposal-rounds",
    "models",
    "training-runs",
    "trials",
    "canaries",
    "alerts",
)


@pytest.mark.parametrize("name", LISTS)
def test_nobody_gets_in_without_signing_in(name: str) -> None:
    answer = APIClient().get(f"/api/v1/{name}/")
    assert answer.status_code == 401
    assert answer.json()["code"] == "not_authenticated"
    assert answer["WWW-Authenticate"].startswith("Token")


@pytest.mark.parametrize("name", LISTS)
def test_an_admin_may_list_everything(admin_api: APIClient, name: str) -> None:
    assert admin_api.get(f"/api/v1/{name}/").status_code == 200


def test_rows_of_a_restricted_type_are_not_there_for_others(reviewer: User) -> None:
    secret = make_type(groups=["Legal"])
    page = make_page(secret, status="reviewed", reviewer=make_user("Legal"))
    task = page.tasks.get()
    label = task.labels.first()
    assert label is not None
    paths = [
        f"document-types/{secret.pk}/",
        f"batches/{page.document.batch_id}/",
        f"documents/{page.document_id}/",
        f"pages/{page.pk}/",
        f"pages/{page.pk}/lines/",
        f"review-tasks/{task.pk}/",
        f"review-tasks/{task.pk}/drafts/",
        f"labels/{label.pk}/",
    ]
    outsider, insider = client_of(reviewer), client_of(make_user("Reviewer", "Legal"))
    assert [outsider.get(f"/api/v1/{path}").status_code for path in paths] == [404] * len(paths)
    assert [insider.get(f"/api/v1/{path}").status_code for path in paths] == [200] * len(paths)
    for name in ("document-types", "batches", "documents", "pages", "review-tasks", "labels"):
        listed = outsider.get(f"/api/v1/{name}/").json()
        assert listed["count"] == 0, name


def test_what_is_for_admins_is_refused_to_reviewers(reviewer_api: APIClient) -> None:
    version = make_model(active=True)
    page = make_page(status="failed")
    task = make_task()
    calls = [
        ("document-types/", {"name": "New"}),
        ("batches/", {"name": "New", "document_type": page.document.document_type_id}),
        (f"batches/{page.document.batch_id}/retry/", {}),
        (f"documents/{page.document_id}/retry/", {}),
        (f"pages/{page.pk}/retry/", {}),
        (f"pages/{page.pk}/reopen/", {"reason": "x"}),
        (f"pages/{page.pk}/ocr/", {}),
        (f"review-tasks/{task.pk}/unflag/", {}),
        (f"review-tasks/{task.pk}/refile/", {"document_type": task.document_type_id}),
        (f"models/{version.pk}/activate/", {"reason": "x"}),
        ("models/rollback/", {"reason": "x"}),
        ("training-runs/", {}),
    ]
    for path, body in calls:
        answer = reviewer_api.post(f"/api/v1/{path}", body, format="json")
        assert answer.status_code == 403, path
        assert answer.json()["code"] == "permission_denied"
    assert reviewer_api.get("/api/v1/models/").status_code == 403
    assert reviewer_api.get("/api/v1/training-runs/").status_code == 403


def test_a_type_of_others_cannot_be_written_to_a_batch(reviewer_api: APIClient) -> None:
    assert (
        reviewer_api.post(
            "/api/v1/batches/", {"name": "x", "document_type": 0}, format="json"
        ).status_code
        == 403
    )
    assert not Batch.objects.exists()


def test_every_error_has_one_shape(admin_api: APIClient) -> None:
    answers = {
        404: admin_api.get("/api/v1/pages/0/"),
        405: admin_api.delete(f"/api/v1/batches/{make_batch().pk}/"),
        415: admin_api.post("/api/v1/batches/", b"<x/>", content_type="application/xml"),
        400: admin_api.post("/api/v1/batches/", {"name": ""}, format="json"),
    }
    for status, answer in answers.items():
        assert answer.status_code == status
        assert set(answer.json()) >= {"code", "message"}
    assert set(answers[400].json()["fields"]) == {"name", "document_type"}
    broken = admin_api.post("/api/v1/batches/", b"{", content_type="application/json")
    assert (broken.status_code, broken.json()["code"]) == (400, "parse_error")
    nowhere = admin_api.get("/api/v1/nowhere/")
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "not_found")


def test_a_filter_that_means_nothing_is_an_error_not_a_full_list(admin_api: APIClient) -> None:
    make_batch()
    assert admin_api.get("/api/v1/pages/?status=unheard").status_code == 400
    assert admin_api.get("/api/v1/pages/?batch=x").status_code == 400


def test_lists_are_cut(admin_api: APIClient) -> None:
    kind = make_type()
    for _ in range(3):
        make_batch(kind)
    answer = admin_api.get("/api/v1/batches/?limit=2").json()
    assert (answer["count"], len(answer["results"])) == (3, 2)
    assert "offset=2" in answer["next"]


def test_too_many_requests_are_told_to_wait(
    reviewer_api: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(UserRateThrottle, "THROTTLE_RATES", {"user": "2/min"})
    statuses = [reviewer_api.get("/api/v1/batches/").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    answer = reviewer_api.get("/api/v1/batches/")
    assert answer.json()["code"] == "throttled"
    assert int(answer["Retry-After"]) == answer.json()["wait_seconds"] > 0


@pytest.mark.parametrize("name", LISTS)
def test_lists_take_the_same_number_of_queries_however_long(
    admin_api: APIClient, admin: User, name: str
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert admin_api.get(f"/api/v1/{name}/").status_code == 200
        return len(seen)

    make_page(make_type(groups=["A"]), status="reviewed", reviewer=admin)
    few = queries()
    for _ in range(2):
        make_page(make_type(groups=["B"]), status="reviewed", reviewer=admin)
    assert queries() == few
