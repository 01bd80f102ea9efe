"""Batches in the browser: made, filled, followed; each file with its own end."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from recognition.models import Batch, Document, Event, Page
from recognition.states import DocumentStatus, PageStatus
from tests.factories import (
    make_admin,
    make_batch,
    make_document,
    make_page,
    make_reviewer,
    make_type,
    page_picture,
    picture_bytes,
)

pytestmark = pytest.mark.django_db

HTMX = {"hx-request": "true"}
JSON = {"accept": "application/json"}


@pytest.fixture
def admin():
    return make_admin()


@pytest.fixture
def browser(admin) -> Client:
    client = Client()
    client.force_login(admin)
    return client


def picture(name: str = "letter.png", text: str = "Dear Sir") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, picture_bytes(page_picture([text])))


def test_without_types_the_list_leads_to_making_one(browser):
    page = browser.get(reverse("batch_list")).content.decode()
    assert "First, a document type" in page
    assert reverse("type_create") in page


def test_without_batches_the_list_says_what_to_do(browser):
    make_type()
    assert "No batches yet" in browser.get(reverse("batch_list")).content.decode()


def test_the_list_takes_the_same_queries_however_many_batches(browser):
    document_type = make_type()

    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert browser.get(reverse("batch_list")).status_code == 200
        return len(caught)

    make_page(batch=make_batch(document_type))
    few = queries()
    for _ in range(5):
        batch = make_batch(document_type)
        make_page(batch=batch)
        make_page(batch=batch, status=PageStatus.FAILED)
    assert queries() == few


def test_a_batch_is_made_with_a_sensible_name_and_the_only_type(browser):
    document_type = make_type("Letter")
    page = browser.get(reverse("batch_create")).content.decode()
    name = re.search(r'name="name" value="([^"]+)"', page).group(1)
    assert name.startswith("Batch of ")
    assert re.search(r"<option value=\"\d+\" selected>Letter</option>", page)
    answer = browser.post(
        reverse("batch_create"), {"name": name, "document_type": document_type.pk}
    )
    batch = Batch.objects.get()
    assert answer["Location"] == reverse("batch_detail", args=[batch.pk])
    assert Event.objects.filter(verb="create", subject_id=str(batch.pk)).exists()


def test_a_batch_without_name_or_type_is_not_made(browser):
    make_type()
    answer = browser.post(reverse("batch_create"), {"name": " "})
    assert answer.status_code == 422
    assert answer.content.decode().count("This field is required.") == 2
    assert not Batch.objects.exists()


def test_many_files_without_javascript_each_have_their_own_end(browser, settings):
    settings.UPLOAD_MAX_BYTES = 50_000
    batch = make_batch()
    address = reverse("batch_add_file", args=[batch.pk])
    files = [
        picture("good.png"),
        picture("again.png"),
        SimpleUploadedFile("notes.png", b"just some words"),
        SimpleUploadedFile("empty.pdf", b""),
        SimpleUploadedFile("huge.pdf", b"%PDF-1.7" + bytes(60_000)),
        picture("other.png", "Another letter"),
    ]
    page = browser.post(address, {"files": files}, follow=True).content.decode()
    assert "2 files added." in page
    assert "again.png: The same file is here already: good.png in this batch." in page
    assert "notes.png: This is a text file." in page
    assert "empty.pdf: The file is empty." in page
    assert "huge.pdf: The file is larger than" in page
    statuses = dict(Document.objects.values_list("filename", "status"))
    assert statuses == {
        "good.png": DocumentStatus.STORED,
        "again.png": DocumentStatus.DUPLICATE,
        "notes.png": DocumentStatus.FAILED,
        "empty.pdf": DocumentStatus.FAILED,
        "other.png": DocumentStatus.STORED,
    }


def test_an_upload_without_files_says_so(browser):
    batch = make_batch()
    page = browser.post(reverse("batch_add_file", args=[batch.pk]), follow=True).content.decode()
    assert "Choose at least one file." in page


def test_the_uploading_page_gets_each_files_end_as_json(browser, settings):
    batch = make_batch()
    address = reverse("batch_add_file", args=[batch.pk])

    def send(file):
        answer = browser.post(address, {"files": [file]}, headers=JSON)
        return answer.status_code, answer.json()["files"][0]

    status, told = send(picture("one.png"))
    assert (status, told["outcome"], told["message"]) == (201, "stored", "")
    status, told = send(picture("two.png"))
    assert (status, told["outcome"]) == (201, "duplicate")
    first = Document.objects.get(filename="one.png")
    assert told["url"].endswith(f"{batch.pk}/?document={first.pk}")
    status, told = send(SimpleUploadedFile("x.gif", b"GIF89a" + bytes(50)))
    assert (status, told["outcome"], told["code"]) == (201, "failed", "unknown_type")
    settings.UPLOAD_MAX_BYTES = 1_000
    status, told = send(picture("large.png", "large"))
    assert (status, told["outcome"], told["code"]) == (413, "refused", "too_large")


def test_a_large_file_is_stopped_while_it_comes_in(browser, settings):
    settings.UPLOAD_MAX_BYTES = 3 * 2**20
    batch = make_batch()
    files = [SimpleUploadedFile("scan.tif", bytes(5 * 2**20)), picture("good.png")]
    answer = browser.post(
        reverse("batch_add_file", args=[batch.pk]), {"files": files}, headers=JSON
    )
    assert [file["outcome"] for file in answer.json()["files"]] == ["refused", "stored"]


def test_a_large_file_comes_through_whole(browser):
    batch = make_batch()
    content = b"II*\x00" + bytes(range(256)) * 20_000  # 5 MB: over what is held in memory
    browser.post(
        reverse("batch_add_file", args=[batch.pk]),
        {"files": [SimpleUploadedFile("scan.tif", content)]},
    )
    document = Document.objects.get()
    assert (document.size_bytes, document.media_type) == (len(content), "image/tiff")


def test_names_of_files_are_shown_escaped_and_never_used_as_paths(browser):
    batch = make_batch()
    file = picture("x.png")
    file.name = "<img src=x onerror=alert(1)>.png"
    browser.post(reverse("batch_add_file", args=[batch.pk]), {"files": [file]})
    document = Document.objects.get()
    assert "onerror" in document.filename
    assert "onerror" not in document.file
    page = browser.get(reverse("batch_detail", args=[batch.pk])).content.decode()
    assert "&lt;img src=x" in page
    assert "<img src=x" not in page


@pytest.fixture
def busy() -> Batch:
    """A batch with a page in every state, a failed file, a duplicate and one still waiting."""
    batch = make_batch(make_type("Letter"), name="Letters")
    document = make_document(batch=batch, filename="many.pdf")
    for status in (
        PageStatus.QUEUED,
        PageStatus.READING,
        PageStatus.READ,
        PageStatus.ACCEPTED,
        PageStatus.REVIEW,
        PageStatus.REVIEWED,
        PageStatus.FAILED,
    ):
        make_page(document=document, status=status)
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
    return batch


def test_a_batch_shows_where_everything_stands(browser, busy):
    page = browser.get(reverse("batch_detail", args=[busy.pk])).content.decode()
    for told in (
        "<b>2</b> reading",  # the read one is routed at once
        "<b>1</b> queued",
        "<b>1</b> accepted",
        "<b>1</b> to review",
        "<b>1</b> reviewed",
        "<b>2</b> failed",  # a page and a file
        "<b>1</b> duplicate file",
        "The PDF is damaged.",
        "The reader broke down.",
        "Waiting to be split",
        "Retry all 2 failed",
        "first.pdf",
        "Nothing of this type can be read now",
        reverse("batch_export", args=[busy.pk, "json"]),
        reverse("batch_export", args=[busy.pk, "txt"]),
        reverse("review_queue"),
    ):
        assert told in page
    for shown in Page.objects.filter(document__batch=busy):
        assert reverse("page_detail", args=[shown.pk]) in page
    assert "every 2s" in page


def test_the_page_stops_asking_when_all_is_read(browser):
    batch = make_batch()
    make_page(batch=batch, status=PageStatus.ACCEPTED)
    page = browser.get(reverse("batch_progress", args=[batch.pk]), headers=HTMX).content.decode()
    assert "every 2s" not in page
    assert "<html" not in page
    assert "All 1 pages are read" in page


def test_without_htmx_the_progress_is_the_whole_page(browser):
    batch = make_batch()
    answer = browser.get(reverse("batch_progress", args=[batch.pk]) + "?show=failed")
    assert answer["Location"] == reverse("batch_detail", args=[batch.pk]) + "?show=failed"


@pytest.mark.parametrize(
    ("state", "shown", "hidden"),
    [
        ("failed", {"many.pdf", "broken.pdf"}, {"waits.pdf"}),
        ("queued", {"many.pdf", "waits.pdf"}, {"broken.pdf"}),
        ("reading", {"many.pdf"}, {"waits.pdf"}),
        ("duplicates", {"second.pdf"}, {"many.pdf"}),
        ("nonsense", {"many.pdf", "broken.pdf", "waits.pdf", "second.pdf"}, set()),
    ],
)
def test_documents_are_found_by_state(browser, busy, state, shown, hidden):
    address = reverse("batch_progress", args=[busy.pk])
    page = browser.get(f"{address}?show={state}", headers=HTMX).content.decode()
    assert all(name in page for name in shown)
    assert not any(name in page for name in hidden)


def test_ten_thousand_pages_are_shown_in_bounded_lists(browser):
    batch = make_batch()
    document = make_document(batch=batch)
    template = make_page(document=document, status=PageStatus.QUEUED)
    Page.objects.bulk_create(
        Page(
            document=document,
            number=number,
            image=template.image,
            width=9,
            height=9,
            sha256=template.sha256,
        )
        for number in range(2, 10_001)
    )
    address = reverse("batch_detail", args=[batch.pk])
    with CaptureQueriesContext(connection) as caught:
        page = browser.get(address).content.decode()
    assert len(caught) < 20
    assert page.count('class="chip ') == 25
    assert "9,976 more" in page
    one = browser.get(f"{address}?document={document.pk}&page=20").content.decode()
    assert one.count('class="chip ') == 500
    assert "9,501–10,000 of 10,000" in one
    other = make_document()
    assert browser.get(f"{address}?document={other.pk}").status_code == 404


def test_failures_are_tried_again_one_by_one_and_all_at_once(browser, busy):
    page = Page.objects.get(status=PageStatus.FAILED)
    answer = browser.post(reverse("page_retry", args=[page.pk]) + "?show=failed")
    assert answer["Location"] == reverse("batch_detail", args=[busy.pk]) + "?show=failed"
    page.refresh_from_db()
    assert (page.status, page.failure_code) == (PageStatus.QUEUED, "")
    document = Document.objects.get(filename="broken.pdf")
    browser.post(reverse("document_retry", args=[document.pk]))
    document.refresh_from_db()
    assert document.status == DocumentStatus.STORED
    again = browser.post(reverse("page_retry", args=[page.pk]), follow=True).content.decode()
    assert "Only a failed page can be tried again." in again
    again = browser.post(reverse("document_retry", args=[document.pk]), follow=True)
    assert "Only a failed document can be tried again." in again.content.decode()


def test_what_cannot_be_tried_again_is_counted_with_a_way_on(browser, busy):
    """A damaged file of an archive, of which nothing could be unpacked."""
    Document.objects.create(
        batch=busy,
        document_type=busy.document_type,
        archive=make_document(batch=busy, filename="scans.zip"),
        archive_position=0,
        filename="damaged.png",
        sha256="d" * 64,
        size_bytes=0,
        file="x",
        status=DocumentStatus.FAILED,
        failure_code="corrupt",
        failure_message="It is damaged.",
    )
    page = browser.post(reverse("batch_retry", args=[busy.pk]), follow=True).content.decode()
    assert "1 file and 1 page try again." in page
    assert "1 file left out, of which nothing could be unpacked. Upload" in page


def test_all_failures_are_tried_again_together(browser, busy):
    page = browser.post(reverse("batch_retry", args=[busy.pk]), follow=True).content.decode()
    assert "1 file and 1 page try again." in page
    assert not Page.objects.filter(status=PageStatus.FAILED).exists()
    assert not Document.objects.filter(status=DocumentStatus.FAILED).exists()


ADDRESSES = [
    ("batch_list", False, "get"),
    ("batch_create", False, "get"),
    ("batch_detail", True, "get"),
    ("batch_progress", True, "get"),
    ("batch_add_file", True, "post"),
    ("batch_retry", True, "post"),
]


@pytest.mark.parametrize(("name", "of_batch", "method"), ADDRESSES)
def test_batches_are_for_admins(name, of_batch, method):
    batch = make_batch()
    address = reverse(name, args=[batch.pk] if of_batch else [])
    anonymous, reviewer, admin = Client(), Client(), Client()
    reviewer.force_login(make_reviewer())
    admin.force_login(make_admin())
    assert getattr(anonymous, method)(address).status_code == 302
    assert getattr(reviewer, method)(address).status_code == 403
    wrong = "post" if method == "get" else "get"
    if name != "batch_create":
        assert getattr(admin, wrong)(address).status_code == 405
    if of_batch:
        assert getattr(admin, method)(reverse(name, args=[10**9])).status_code == 404


@pytest.mark.parametrize("name", ["document_retry", "page_retry"])
def test_retries_are_for_admins(name, busy):
    rows = Document if name == "document_retry" else Page
    address = reverse(name, args=[rows.objects.first().pk])
    reviewer, admin = Client(), Client()
    reviewer.force_login(make_reviewer())
    admin.force_login(make_admin())
    assert Client().post(address).status_code == 302
    assert reviewer.post(address).status_code == 403
    assert admin.get(address).status_code == 405
    assert admin.post(reverse(name, args=[10**9])).status_code == 404
