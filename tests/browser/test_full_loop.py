"""The product's whole promise in one drive: upload, read, review, learn, serve, go back.

Nothing stands in for anything: PaddleOCR reads, Paddle trains, Celery carries, Chromium clicks.
"""

import hashlib
import io
import os
from collections import Counter
from pathlib import Path

import pytest
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from recognition.models import Document, DocumentType, Page, Prediction
from recognition.states import PageStatus
from recognition.synthesis import MODERATE, Kind, RenderedDocument, render_document
from review.models import Label
from tests.factories import PASSWORD, make_admin, make_reviewer, make_type
from tests.training.labelled import installed_base
from tests.truth import truth_of
from tests.workers import celery_worker
from training.models import TrainingRun
from training.splits import split_of

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's loop is this test's own thread
DOCUMENTS = Counter(train=3, validation=1, test=3)
READING_MS = 240_000
TRAINING_MS = 600_000


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_corrections_become_a_better_model_and_one_click_takes_it_back(
    live_server, page: Tab, tmp_path: Path
):
    base = installed_base()
    make_admin(username="ada")
    make_reviewer(username="rob")
    # No line is that sure, so every page is reviewed and the last one waits to be read again.
    old_print = make_type("Old print", threshold=0.9999)
    truths = rendered_files(tmp_path / "batch", DOCUMENTS, first_seed=300)
    later = rendered_files(tmp_path / "later", Counter(train=1), first_seed=600)
    log = tmp_path / "worker.log"

    with celery_worker("ocr,default", log), celery_worker("refresh", log):
        sign_in(page, live_server.url, "ada")
        upload(page, "Chronicles", old_print, tmp_path / "batch")
        wait_until_read(page, live_server.url, len(truths))
        assert set(Prediction.objects.values_list("model_version", flat=True)) == {base.pk}

        sign_in(page, live_server.url, "rob")
        review_everything(page, live_server.url, truths)
        assert not Page.objects.filter(status=PageStatus.REVIEW).exists()
        assert Label.objects.current().filter(verdict="corrected").count() > 30

        sign_in(page, live_server.url, "ada")
        run = train(page, live_server.url, old_print)
        assert run.verdict["accept"], run.verdict["reasons"]
        assert run.verdict["after"] < run.verdict["before"]
        candidate = run.candidate
        assert candidate is not None

        upload(page, "One more", old_print, tmp_path / "later")
        wait_until_read(page, live_server.url, len(truths) + len(later))
        fresh = Page.objects.get(document__batch__name="One more")
        assert fresh.model_version == candidate
        page.goto(f"{live_server.url}/pages/{fresh.pk}/")
        expect(page.locator("main")).to_contain_text(candidate.name)
        assert producers(page, live_server.url, fresh) == {candidate.sha256}

        page.goto(f"{live_server.url}/models/")
        page.get_by_role("button", name="Roll back Old print").click()
        expect(page.get_by_text("serves Old print again")).to_be_visible()
        await_model(page, fresh, base.pk)
        assert producers(page, live_server.url, fresh) == {base.sha256}


def rendered_files(
    folder: Path, wanted: Counter[str], *, first_seed: int
) -> dict[str, RenderedDocument]:
    """Old print, as many documents of each split as `wanted`; the truth by the file's SHA-256."""
    folder.mkdir()
    missing, seed = Counter(wanted), first_seed
    truths: dict[str, RenderedDocument] = {}
    while +missing:
        seed += 1
        rendered = render_document(Kind.OLD_PRINT, seed, MODERATE)
        file = io.BytesIO()
        rendered.image.save(file, "PNG")
        sha256 = hashlib.sha256(file.getvalue()).hexdigest()
        if missing[split_of(sha256)] > 0:
            missing[split_of(sha256)] -= 1
            truths[sha256] = rendered
            (folder / f"folio-{seed}.png").write_bytes(file.getvalue())
    return truths


def sign_in(page: Tab, site: str, username: str) -> None:
    page.context.clear_cookies()
    page.goto(f"{site}/login/")
    page.get_by_label("Name", exact=True).fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: "login" not in address)


def upload(page: Tab, name: str, document_type: DocumentType, folder: Path) -> None:
    page.goto(page.url.split("/", 3)[0] + "//" + page.url.split("/")[2] + "/batches/new/")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Document type").select_option(label=document_type.name)
    page.get_by_role("button", name="Make it, then add files").click()
    expect(page.get_by_text("Choose a folder")).to_be_visible()  # the script is there
    files = sorted(folder.glob("*.png"))
    page.locator("#files").set_input_files([str(path) for path in files])
    for path in files:
        expect(page.locator("#transfers-list")).to_contain_text(path.name)


def wait_until_read(page: Tab, site: str, documents: int) -> None:
    """Until every page of every batch is read and routed, as the batch's page tells."""
    waited = 0
    while waited < READING_MS:
        read = Page.objects.filter(status__in=[PageStatus.REVIEW, PageStatus.ACCEPTED]).count()
        reviewed = Page.objects.filter(status=PageStatus.REVIEWED).count()
        if read + reviewed == documents:
            return
        assert not Document.objects.filter(status="failed").exists()
        assert not Page.objects.filter(status=PageStatus.FAILED).exists()
        page.wait_for_timeout(500)
        waited += 500
    raise AssertionError("The pages were not read in time.")


def review_everything(page: Tab, site: str, truths: dict[str, RenderedDocument]) -> None:
    """Claim page after page, type what each line says, submit; the keyboard does it all."""
    page.goto(f"{site}/review/")
    page.get_by_role("button", name="Next page").click()
    while "/review/" in page.url and page.locator("#page-form").count():
        address = page.url
        task_id = int(address.rstrip("/").split("/")[-1])
        lines = list(
            Page.objects.get(tasks__pk=task_id)
            .lines.current()
            .values_list("pk", "polygon", "page__document__sha256")
        )
        for line_id, polygon, sha256 in lines:
            text = truth_of(polygon, truths[sha256].lines)
            page.locator(f"#f{line_id}").focus()
            if text is None:
                page.keyboard.press("Alt+n")
            elif page.locator(f"#f{line_id}").input_value() != text:
                page.keyboard.press("Control+a")
                page.keyboard.insert_text(text)
        page.keyboard.press("Control+Enter")
        page.wait_for_url(lambda now, address=address: now != address)


def train(page: Tab, site: str, document_type: DocumentType) -> TrainingRun:
    """Press "Train now" and follow the run's page to its verdict."""
    page.goto(f"{site}/runs/")
    page.get_by_label("Document type").select_option(label=document_type.name)
    page.get_by_role("button", name="Train now").click()
    expect(page.get_by_role("heading", name="The gate's verdict")).to_be_visible(
        timeout=TRAINING_MS
    )
    expect(page.get_by_role("heading", name="Learning curve")).to_be_visible()
    expect(page.get_by_text("Went into service")).to_be_visible()
    return TrainingRun.objects.get(document_type=document_type)


def producers(page: Tab, site: str, read: Page) -> set[str]:
    """The model versions that the batch's export names for the lines of its only page."""
    address = f"{site}/batches/{read.document.batch_id}/export.json"
    (document,) = page.request.get(address).json()["documents"]
    return {line["prediction"]["model"] for line in document["pages"][0]["lines"]}


def await_model(page: Tab, read: Page, version_id: int) -> None:
    """Until a waiting page was read again by the model that serves now."""
    for _ in range(READING_MS // 500):
        read.refresh_from_db()
        if read.model_version_id == version_id:
            return
        page.wait_for_timeout(500)
    raise AssertionError("The page was not read again.")
