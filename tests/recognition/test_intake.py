"""Files in: each ends as pages, as a duplicate or as a clear error, whatever goes wrong."""

import io
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.core.files.storage import default_storage
from django.utils import timezone
from PIL import Image

from recognition import intake, retries, tasks
from recognition.exceptions import FileTooLarge, NotRetryable
from recognition.ingest.base import ErrorCode, IngestError
from recognition.intake import add_file, retry_document, split_document, sweep_documents
from recognition.models import Batch, Document, Event, Page
from recognition.retries import Retried, retry_batch
from recognition.states import DocumentStatus, PageStatus
from tests.factories import (
    make_admin,
    make_batch,
    make_document,
    make_page,
    make_type,
    page_picture,
    picture_bytes,
)

pytestmark = pytest.mark.django_db


def picture(text: str = "Dear Sir") -> bytes:
    return picture_bytes(page_picture([text]))


def tiff(*texts: str) -> bytes:
    pages = [page_picture([text]) for text in texts]
    buffer = io.BytesIO()
    pages[0].save(buffer, "TIFF", save_all=True, append_images=pages[1:])
    return buffer.getvalue()


def add(content: bytes, batch=None, filename: str = "scan.png") -> Document:
    return add_file(batch=batch or make_batch(), filename=filename, chunks=[content])


def test_a_file_becomes_a_document_and_the_document_its_pages():
    content = tiff("one", "two", "three")
    document = add(content, filename="C:\\scans\\letter.tif")
    assert (document.status, document.filename) == (DocumentStatus.STORED, "letter.tif")
    assert (document.media_type, document.size_bytes) == ("image/tiff", len(content))
    assert split_document(document.pk) == "split"
    document.refresh_from_db()
    assert document.status == DocumentStatus.SPLIT
    pages = list(document.pages.all())
    assert [page.number for page in pages] == [1, 2, 3]
    assert {page.status for page in pages} == {PageStatus.QUEUED}
    for page in pages:
        with default_storage.open(page.image) as stored, Image.open(stored) as image:
            assert image.size == (page.width, page.height)
    assert not list((Path(settings.MEDIA_ROOT) / "work").iterdir())  # nothing is left lying about


def test_a_split_delivered_again_makes_no_page_twice():
    document = add(picture())
    assert split_document(document.pk) == "split"
    assert split_document(document.pk) == "not waiting"
    assert split_document(10**9) == "not waiting"
    assert Page.objects.count() == 1


def test_a_splitter_that_lost_its_lease_stores_no_page():
    document, token = intake._claim(add(picture()).pk, uuid.uuid4())
    past = timezone.now() - timedelta(seconds=1)
    Document.objects.update(lease_until=past)
    assert split_document(document.pk) == "split"  # another worker, meanwhile
    assert intake._split(document, token) == "lost the lease"
    assert Page.objects.count() == 1


def test_a_message_that_comes_back_takes_its_file_over_at_once():
    document = add(picture())
    delivery = uuid.uuid4()
    assert intake._claim(document.pk, delivery)[0] is not None  # and then the worker is killed
    assert split_document(document.pk, uuid.uuid4()) == "not waiting"
    assert split_document(document.pk, delivery) == "split"


def test_the_same_file_again_is_a_duplicate_in_its_type_and_none_in_another():
    batch = make_batch(make_type())
    first = add(picture(), batch, "first.png")
    again = add(picture(), make_batch(batch.document_type), "again.png")
    assert (again.status, again.duplicate_of) == (DocumentStatus.DUPLICATE, first)
    assert add(picture()).status == DocumentStatus.STORED  # of another type
    assert split_document(again.pk) == "not waiting"


def test_a_failed_file_is_no_obstacle_to_uploading_it_again():
    batch = make_batch()
    broken = picture()[:200]
    first = add(broken, batch)
    assert split_document(first.pk) == "failed: truncated"
    again = add(broken, batch)
    assert again.status == DocumentStatus.STORED


def test_a_retry_of_what_was_uploaded_again_meanwhile_becomes_its_duplicate():
    batch = make_batch()
    first = add(picture(), batch)
    Document.objects.filter(pk=first.pk).update(
        status=DocumentStatus.FAILED, failure_code="crashed", failure_message="It broke."
    )
    second = add(picture(), batch)
    first.refresh_from_db()
    retry_document(document=first, actor=make_admin())
    first.refresh_from_db()
    assert (first.status, first.duplicate_of) == (DocumentStatus.DUPLICATE, second)
    assert first.failure_code == ""


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"only words", "unknown_type"),
        (b"GIF89a" + bytes(100), "unknown_type"),
    ],
)
def test_what_is_no_document_is_kept_as_a_failed_file_with_a_reason(content, code):
    document = add(content)
    assert (document.status, document.failure_code) == (DocumentStatus.FAILED, code)
    assert document.failure_message


def test_a_broken_file_fails_with_its_reason_and_can_be_retried():
    document = add(b"%PDF-1.7\nrubbish")
    assert split_document(document.pk) == "failed: truncated"
    document.refresh_from_db()
    assert document.failure_message
    assert document.lease_token is None
    retry_document(document=document, actor=make_admin())
    document.refresh_from_db()
    assert (document.status, document.attempts) == (DocumentStatus.STORED, 0)
    assert Event.objects.filter(verb="retry", subject_id=str(document.pk)).exists()
    with pytest.raises(NotRetryable):
        retry_document(document=document, actor=None)


def test_a_file_larger_than_allowed_is_not_kept(settings):
    settings.UPLOAD_MAX_BYTES = 2 * 2**20
    batch = make_batch()
    with pytest.raises(FileTooLarge, match="larger than 2 MB"):
        add_file(batch=batch, filename="huge.pdf", chunks=iter([bytes(2**20)] * 3))
    assert not Document.objects.exists()
    assert not list((Path(settings.MEDIA_ROOT) / "work").iterdir())


def test_a_stored_file_that_vanished_fails_with_a_reason():
    document = add(picture("a file that will vanish"))
    default_storage.delete(document.file)
    assert split_document(document.pk) == "failed: storage"


def test_whatever_breaks_ends_as_a_failed_file(settings):
    document = add(picture())
    settings.PDF_RENDER_DPI = 1  # an operator's mistake
    assert split_document(document.pk) == "failed: engine_error"
    settings.PDF_RENDER_DPI = 200
    document.refresh_from_db()
    retry_document(document=document, actor=None)
    assert split_document(document.pk) == "split"


def test_a_file_that_takes_too_long_says_how_long_and_what_to_do(monkeypatch):
    def overtime(*_: object) -> None:
        raise SoftTimeLimitExceeded

    monkeypatch.setattr(intake, "split_file", overtime)
    document = add(picture())
    assert split_document(document.pk) == "failed: timeout"
    document.refresh_from_db()
    assert f"after {tasks.split_document.soft_time_limit} seconds" in document.failure_message
    assert "split the file and upload its parts" in document.failure_message


def test_a_file_whose_worker_dies_three_times_is_marked():
    document = add(picture())
    past = timezone.now() - timedelta(seconds=1)
    for _ in range(3):
        assert intake._claim(document.pk, uuid.uuid4())[0] is not None
        Document.objects.filter(pk=document.pk).update(lease_until=past)
    assert split_document(document.pk) == "not waiting"
    document.refresh_from_db()
    assert (document.status, document.failure_code) == (DocumentStatus.FAILED, "worker_died")


def test_the_sweep_finds_lost_messages_and_dead_workers():
    document = add(picture())
    assert sweep_documents() == 0
    Document.objects.update(queued_at=timezone.now() - timedelta(hours=1))
    assert sweep_documents() == 1
    assert sweep_documents() == 0
    intake._claim(document.pk, uuid.uuid4())
    Document.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert sweep_documents() == 1


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("a\x00b\n.png", "ab.png"),
        ("bad \udcff name.png", "bad ? name.png"),
        ("", "unnamed"),
        ("/", "unnamed"),
        ("x" * 400, "x" * 255),
        ("שלום.png", "שלום.png"),
    ],
)
def test_a_files_name_is_only_ever_words(sent, kept):
    assert add(picture(), filename=sent).filename == kept


def test_a_batchs_failures_are_retried_together():
    batch = make_batch()
    add(b"nothing", batch)
    document = add(b"%PDF-1.7\nrubbish", batch)
    split_document(document.pk)
    assert retry_batch(batch=batch, actor=make_admin()) == Retried(documents=2, pages=0, lost=0)
    with pytest.raises(NotRetryable, match="left to try again"):
        retry_batch(batch=batch, actor=make_admin())


def with_a_lost_member(batch: Batch) -> Document:
    """A file of which its archive gave nothing, on record before everything else of the batch."""
    origin = intake.Origin(
        make_document(batch=batch), 0, IngestError(ErrorCode.CORRUPT, "It is damaged.")
    )
    return add_file(batch=batch, filename="a.png", chunks=(), origin=origin)


def test_a_file_that_cannot_be_retried_keeps_none_of_its_batch_from_it():
    batch = make_batch()
    lost = with_a_lost_member(batch)
    later = add(b"%PDF-1.7\nrubbish", batch)
    split_document(later.pk)
    page = make_page(batch=batch, status=PageStatus.FAILED)
    assert retry_batch(batch=batch, actor=make_admin()) == Retried(documents=1, pages=1, lost=1)
    for row in (lost, later, page):
        row.refresh_from_db()
    assert (lost.status, later.status) == (DocumentStatus.FAILED, DocumentStatus.STORED)
    assert page.status == PageStatus.QUEUED
    with pytest.raises(NotRetryable, match="Upload it by itself"):
        retry_batch(batch=batch, actor=make_admin())


def test_a_file_that_another_click_has_just_retried_stops_nothing(monkeypatch):
    batch = make_batch()
    first, second = add(b"one", batch), add(b"two", batch)
    retry_first = retries.retry_document

    def with_another_click(*, document: Document, actor: object) -> None:
        if document == first:
            retry_first(document=document, actor=None)
        retry_first(document=document, actor=None)

    monkeypatch.setattr(retries, "retry_document", with_another_click)
    assert retry_batch(batch=batch, actor=None) == Retried(documents=1, pages=0, lost=0)
    second.refresh_from_db()
    assert second.status == DocumentStatus.STORED
