"""Batches, documents and pages over the API."""

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from recognition.models import Document, DocumentType, Event
from tests.factories import (
    LINES,
    make_batch,
    make_document,
    make_model,
    make_page,
    make_type,
    page_picture,
    picture_bytes,
)

pytestmark = pytest.mark.django_db


def upload(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def test_an_admin_edits_the_policy_of_a_type(admin_api: APIClient) -> None:
    made = admin_api.post(
        "/api/v1/document-types/",
        {"name": "Invoice", "threshold": 0.9, "groups": ["Reviewer"]},
        format="json",
    )
    assert made.status_code == 201, made.json()
    path = f"/api/v1/document-types/{made.json()['id']}/"
    assert admin_api.patch(path, {"threshold": 1.5}, format="json").status_code == 400
    assert admin_api.patch(path, {"threshold": 0.7}, format="json").json()["threshold"] == 0.7
    stored = DocumentType.objects.get()
    assert (stored.threshold, [group.name for group in stored.groups.all()]) == (0.7, ["Reviewer"])
    verbs = Event.objects.filter(subject_type="recognition.documenttype").order_by("pk")
    assert [event.verb for event in verbs] == ["create", "change"]


def test_a_reviewer_is_not_told_the_policy_of_a_type(reviewer_api: APIClient) -> None:
    kind = make_type(audit_rate=0.5)
    shown = reviewer_api.get(f"/api/v1/document-types/{kind.pk}/").json()
    assert shown["name"] == kind.name
    assert not {"threshold", "audit_rate", "groups"} & set(shown)


def test_a_batch_is_made_filled_and_counted(admin_api: APIClient, admin: User) -> None:
    kind = make_type()
    body = {"name": "Monday", "document_type": kind.pk}
    batch = admin_api.post("/api/v1/batches/", body, format="json").json()
    assert (batch["created_by"], batch["documents"]) == (admin.username, 0)
    picture = picture_bytes(page_picture(["Hello"]))
    answer = admin_api.post(
        f"/api/v1/batches/{batch['id']}/files/",
        {"files": [upload("a.png", picture), upload("b.png", picture), upload("c.png", b"text")]},
        format="multipart",
    )
    assert answer.status_code == 201, answer.json()
    first, second, third = answer.json()["documents"]
    assert first["status"] == "stored"
    assert (second["status"], second["duplicate_of"]) == ("duplicate", first["id"])
    assert (third["status"], bool(third["failure_message"])) == ("failed", True)
    make_page(batch=Document.objects.get(pk=first["id"]).batch, status="accepted")
    counted = admin_api.get(f"/api/v1/batches/{batch['id']}/").json()
    assert (counted["documents"], counted["documents_failed"]) == (4, 1)
    assert (counted["pages"]["accepted"], counted["pages"]["all"]) == (1, 1)


def test_an_empty_file_is_a_failed_document_with_a_reason(admin_api: APIClient) -> None:
    path = f"/api/v1/batches/{make_batch().pk}/files/"
    answer = admin_api.post(path, {"files": [upload("empty.png", b"")]}, format="multipart")
    assert answer.status_code == 201
    assert answer.json()["documents"][0]["failure_code"] == "empty_file"


def test_a_file_too_large_leaves_the_others_alone(admin_api: APIClient, settings: Settings) -> None:
    settings.UPLOAD_MAX_BYTES = 5_000
    path = f"/api/v1/batches/{make_batch().pk}/files/"
    small = picture_bytes(page_picture(["Hello"]))
    large = upload("large.png", b"x" * 6_000)
    answer = admin_api.post(path, {"files": [large, upload("s.png", small)]}, format="multipart")
    assert answer.status_code == 201
    assert [refused["code"] for refused in answer.json()["refused"]] == ["too_large"]
    assert len(answer.json()["documents"]) == 1
    large.seek(0)
    alone = admin_api.post(path, {"files": [large]}, format="multipart")
    assert (alone.status_code, alone.json()["code"]) == (413, "too_large")
    assert admin_api.post(path, {}, format="multipart").status_code == 400


def test_what_failed_is_tried_again_and_the_trail_says_who(
    admin_api: APIClient, admin: User
) -> None:
    page = make_page(status="failed")
    sound = make_page(batch=page.document.batch, status="accepted")
    answer = admin_api.post(f"/api/v1/batches/{page.document.batch_id}/retry/")
    assert answer.json() == {"documents": 0, "pages": 1, "lost": 0}
    page.refresh_from_db()
    assert page.status == "queued"
    assert Event.objects.get(verb="retry", subject_id=str(page.pk)).actor == admin
    again = admin_api.post(f"/api/v1/pages/{sound.pk}/retry/")
    assert (again.status_code, again.json()["code"]) == (409, "not_retryable")
    nothing = admin_api.post(f"/api/v1/batches/{page.document.batch_id}/retry/")
    assert (nothing.status_code, nothing.json()["code"]) == (409, "not_retryable")
    document = admin_api.post(f"/api/v1/documents/{make_document().pk}/retry/")
    assert (document.status_code, document.json()["code"]) == (409, "not_retryable")


def test_a_page_gives_its_lines_with_every_producer_named(reviewer_api: APIClient) -> None:
    version = make_model(active=True)
    page = make_page(lines=LINES)
    shown = reviewer_api.get(f"/api/v1/pages/{page.pk}/").json()
    assert (shown["status"], shown["width"], shown["model_version"]) == ("review", 640, version.pk)
    lines = reviewer_api.get(f"/api/v1/pages/{page.pk}/lines/").json()
    assert [line["prediction"]["text"] for line in lines] == [text for text, _ in LINES]
    first = lines[0]
    assert len(first["polygon"]) == 4
    assert first["label"] is None
    read = first["prediction"]
    assert read["model_sha256"] == version.sha256
    assert read["preprocessing_version"]
    assert read["dictionary_sha256"]
    assert "".join(character["text"] for character in read["characters"]) == read["text"]
    weak = min(read["characters"], key=lambda character: character["confidence"])
    assert [other["text"] for other in weak["alternatives"]] == ["8", ""]


def test_a_page_shows_what_a_person_said(reviewer_api: APIClient, reviewer: User) -> None:
    page = make_page(status="reviewed", reviewer=reviewer)
    line = reviewer_api.get(f"/api/v1/pages/{page.pk}/lines/").json()[0]
    label = line["label"]
    assert (label["verdict"], label["reviewer"]) == ("confirmed", reviewer.username)
    assert label["base_prediction"] == line["prediction"]["id"]


def test_a_page_image_is_fetched_with_the_same_credentials(reviewer_api: APIClient) -> None:
    page = make_page()
    address = reviewer_api.get(f"/api/v1/pages/{page.pk}/").json()["image"]
    answer = reviewer_api.get(address)
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert content.startswith(b"\x89PNG")
    assert answer["Content-Type"] == "image/png"
    assert APIClient().get(address).status_code == 401
    hidden = make_page(make_type(groups=["Legal"]))
    assert reviewer_api.get(f"/api/v1/pages/{hidden.pk}/image/").status_code == 404


def test_a_page_of_many_lines_takes_few_queries(
    reviewer_api: APIClient, django_assert_max_num_queries: object
) -> None:
    page = make_page(lines=[(f"line {n}", 0.5) for n in range(40)], image=False)
    with django_assert_max_num_queries(10):  # type: ignore[operator]
        assert len(reviewer_api.get(f"/api/v1/pages/{page.pk}/lines/").json()) == 40
