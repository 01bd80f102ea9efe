"""Batches out: all text, all provenance, and nothing left out in silence."""

import json

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from recognition.models import Batch, Document, Event, Page
from recognition.states import DocumentStatus, PageStatus
from review.exports import FORMATS
from review.leases import claim_task
from review.models import ReviewTask
from review.services import LineEntry, reopen_page, submit_page
from review.states import Verdict
from tests.factories import (
    make_admin,
    make_batch,
    make_document,
    make_page,
    make_reviewer,
    make_type,
)

pytestmark = pytest.mark.django_db


def as_json(batch: Batch) -> dict:
    return json.loads("".join(FORMATS["json"].write(batch)))


def as_text(batch: Batch) -> str:
    return "".join(FORMATS["txt"].write(batch))


def submit(page: Page, reviewer, *entries: LineEntry) -> None:
    task = claim_task(ReviewTask.objects.open().get(page=page).pk, reviewer)
    lines = list(page.lines.current())
    submit_page(
        task_id=task.pk,
        token=task.lease_token,
        user=reviewer,
        entries=dict(zip([line.pk for line in lines], entries, strict=True)),
        seconds=9.0,
    )


@pytest.fixture
def batch() -> Batch:
    return make_batch(make_type("Letter"), name="Letters of March")


@pytest.fixture
def reviewed(batch) -> Page:
    """Four lines: corrected, confirmed, illegible, not text."""
    page = make_page(
        batch=batch,
        lines=[("Tota1", 0.3), ("Thank you", 0.99), ("~~~", 0.1), ("||||", 0.2)],
    )
    submit(
        page,
        make_reviewer(username="rosa"),
        LineEntry("Total"),
        LineEntry("Thank you"),
        LineEntry("", Verdict.ILLEGIBLE),
        LineEntry("", Verdict.NOT_TEXT),
    )
    page.refresh_from_db()
    return page


def test_json_names_reviewer_and_model_of_every_line(batch, reviewed):
    answer = as_json(batch)
    assert answer["format"] == "ocr-review-batch"
    assert answer["batch"]["name"] == "Letters of March"
    assert answer["document_type"]["name"] == "Letter"
    assert answer["complete"] is True
    assert answer["counts"]["pages"]["reviewed"] == 1
    (document,) = answer["documents"]
    assert document["sha256"] == reviewed.document.sha256
    (page,) = document["pages"]
    assert (page["status"], page["image_sha256"]) == ("reviewed", reviewed.sha256)
    assert (page["routing"]["outcome"], page["routing"]["rule"]) == ("review", "under_threshold")
    assert page["routing"]["probability"] == 0.1
    assert (page["review"]["reviewer"], page["review"]["seconds"]) == ("rosa", 9.0)
    first = page["lines"][0]
    assert (first["text"], first["source"]) == ("Total", "label")
    assert first["polygon"] == reviewed.lines.current()[0].polygon
    assert first["prediction"]["text"] == "Tota1"
    assert first["prediction"]["probability"] == 0.3
    sha256 = first["prediction"]["model"]
    assert sha256 == reviewed.model_version.sha256
    assert answer["models"][sha256]["name"] == reviewed.model_version.name
    for fact in ("dictionary_sha256", "preprocessing_version", "calibration_version"):
        assert first["prediction"][fact] == answer["models"][sha256][fact]
    label = first["label"]
    assert (label["verdict"], label["reviewer"], label["text"]) == ("corrected", "rosa", "Total")
    assert label["at"]
    assert [line["label"]["verdict"] for line in page["lines"]] == [
        "corrected",
        "confirmed",
        "illegible",
        "not_text",
    ]
    assert [line["text"] for line in page["lines"][2:]] == ["", ""]


def test_text_has_placeholders_for_the_illegible_and_leaves_out_what_is_no_text(batch, reviewed):
    text = as_text(batch)
    assert text.startswith("Letters of March (Letter)\nExported 20")
    assert "1 documents, 1 pages, all finished" in text
    assert f"===== {reviewed.document.filename} =====\nTotal\nThank you\n[illegible]\n" in text
    assert "|" not in text
    assert "Tota1" not in text


def test_pages_are_in_order_and_parted_by_form_feeds(batch):
    document = make_document(batch=batch)
    for number in (1, 2, 3):
        make_page(document=document, status=PageStatus.ACCEPTED, lines=[(f"page {number}", 0.99)])
    assert as_text(batch).endswith("page 1\n\fpage 2\n\fpage 3\n")


def test_blocks_are_parted_by_an_empty_line(batch):
    page = make_page(
        batch=batch, status=PageStatus.ACCEPTED, lines=[("left", 0.99), ("right", 0.99)]
    )
    page.lines.filter(position=1).update(block=1)
    assert "left\n\nright\n" in as_text(batch)


def test_what_is_not_finished_is_said_and_never_dropped(batch):
    document = make_document(batch=batch, filename="many.pdf")
    make_page(document=document, status=PageStatus.FAILED)
    make_page(document=document, status=PageStatus.QUEUED)
    make_page(document=document, lines=[("Tota1", 0.3)])
    common = {"batch": batch, "document_type": batch.document_type, "size_bytes": 9, "file": "x"}
    Document.objects.create(
        **common,
        filename="broken.pdf",
        sha256="b" * 64,
        status=DocumentStatus.FAILED,
        failure_code="corrupt",
        failure_message="The PDF is damaged.",
    )
    Document.objects.create(**common, filename="waits.pdf", sha256="c" * 64)
    first = make_document(batch.document_type, filename="first.pdf")
    Document.objects.create(
        **common,
        filename="second.pdf",
        sha256=first.sha256,
        status=DocumentStatus.DUPLICATE,
        duplicate_of=first,
    )
    text = as_text(batch)
    assert "NOT COMPLETE. queued: 1, to review: 1, failed: 1, files stored: 1, files failed: 1" in (
        text
    )
    assert "[page 1 could not be read: The reader broke down.]" in text
    assert "[page 2: not read yet]" in text
    assert "[page 3: not reviewed yet: this is what the reader made of it]\nTota1" in text
    assert "[no pages: The PDF is damaged.]" in text
    assert "[not split into pages yet]" in text
    assert "[the same file as first.pdf in" in text
    answer = as_json(batch)
    assert answer["complete"] is False
    assert [page["status"] for page in answer["documents"][0]["pages"]] == [
        "failed",
        "queued",
        "review",
    ]
    assert answer["documents"][0]["pages"][0]["failure"]["code"] == "engine_error"
    assert answer["documents"][0]["pages"][2]["lines"][0]["source"] == "prediction"
    assert answer["documents"][1]["failure"] == {
        "code": "corrupt",
        "message": "The PDF is damaged.",
    }
    assert answer["documents"][3]["duplicate_of"]["filename"] == "first.pdf"


def test_a_page_opened_again_delivers_its_labels_until_they_are_replaced(batch, reviewed):
    reopen_page(page=reviewed, actor=make_admin(), reason="A typing error")
    line = as_json(batch)["documents"][0]["pages"][0]["lines"][0]
    assert (line["text"], line["source"]) == ("Total", "label")
    assert "not reviewed yet" in as_text(batch)
    entries = [LineEntry("Totals"), *[LineEntry("x")] * 3]
    submit(reviewed, make_reviewer(username="max"), *entries)
    line = as_json(batch)["documents"][0]["pages"][0]["lines"][0]
    assert (line["text"], line["label"]["reviewer"]) == ("Totals", "max")


def test_an_empty_batch_is_an_export_too(batch):
    assert as_json(batch)["documents"] == []
    assert "0 documents, 0 pages, all finished" in as_text(batch)


def test_queries_grow_with_screens_of_pages_not_with_lines(batch):
    document = make_document(batch=batch)
    make_page(document=document)

    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            as_json(batch)
        return len(caught)

    as_json(batch)  # who made the batch is known from now on
    one = queries()
    for _ in range(4):
        make_page(document=document, lines=[(f"line {n}", 0.4) for n in range(12)])
    assert queries() == one


@pytest.mark.parametrize(
    ("suffix", "kind"), [("json", "application/json"), ("txt", "text/plain; charset=utf-8")]
)
def test_an_admin_downloads_a_batch(batch, reviewed, suffix, kind):
    client = Client()
    client.force_login(make_admin())
    answer = client.get(reverse("batch_export", args=[batch.pk, suffix]))
    assert answer.status_code == 200
    assert answer.streaming
    assert answer["Content-Type"] == kind
    assert answer["Content-Disposition"] == (
        f'attachment; filename="letters-of-march-{batch.pk}.{suffix}"'
    )
    assert b"Total" in b"".join(answer.streaming_content)
    assert Event.objects.filter(verb="export", subject_id=str(batch.pk)).exists()


def test_exports_are_for_admins(batch):
    address = reverse("batch_export", args=[batch.pk, "json"])
    reviewer, admin = Client(), Client()
    reviewer.force_login(make_reviewer())
    admin.force_login(make_admin())
    assert Client().get(address).status_code == 302
    assert reviewer.get(address).status_code == 403
    assert admin.post(address).status_code == 405
    assert admin.get(reverse("batch_export", args=[10**9, "json"])).status_code == 404
    assert admin.get(reverse("batch_export", args=[batch.pk, "docx"])).status_code == 404
