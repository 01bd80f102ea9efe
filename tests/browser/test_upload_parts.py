"""A large file in a real browser: the network cut, the tab closed, the web server killed."""

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import BrowserContext, CDPSession, Request, expect
from playwright.sync_api import Page as Tab

from recognition.models import Batch, Document, PartialUpload
from recognition.parts import BLOCK_BYTES, offset_of
from tests.browser.test_killed_web import free_port, gunicorn
from tests.factories import make_admin, make_batch, make_type, page_picture, picture_bytes

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's loop is this test's own thread

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

BLOCKS = 5
BYTES_A_SECOND = 12 * 2**20
SUMMARY = "#transfers-summary"


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A picture with so much behind it that it takes five parts."""
    picture = picture_bytes(page_picture(["A large scan"]))
    path = tmp_path / "large.png"
    path.write_bytes(picture + os.urandom(BLOCKS * BLOCK_BYTES - len(picture)))
    return path


@pytest.fixture
def batch(client: Client) -> Batch:
    admin = make_admin()
    client.force_login(admin)
    return make_batch(make_type("Letter"), actor=admin)


def open_batch(tab: Tab, client: Client, site: str, batch: Batch) -> None:
    session = client.cookies["sessionid"].value
    tab.context.add_cookies([{"name": "sessionid", "value": session, "url": site}])
    tab.goto(f"{site}/batches/{batch.pk}/")


def slow_network(tab: Tab) -> CDPSession:
    """A network so slow that there is a middle to cut it in."""
    session = tab.context.new_cdp_session(tab)
    session.send("Network.enable")
    set_network(session)
    return session


def set_network(session: CDPSession, *, offline: bool = False) -> None:
    session.send(
        "Network.emulateNetworkConditions",
        {
            "offline": offline,
            "latency": 0,
            "downloadThroughput": -1,
            "uploadThroughput": BYTES_A_SECOND,
        },
    )


def wait_for_parts(tab: Tab, parts: int) -> int:
    """Until the server has so many parts; returns its bytes."""
    for _ in range(600):
        upload = PartialUpload.objects.first()
        if upload is not None and offset_of(upload) >= parts * BLOCK_BYTES:
            return offset_of(upload)
        tab.wait_for_timeout(50)
    raise AssertionError("The parts do not come.")


def check_arrived(path: Path) -> None:
    document = Document.objects.get()
    assert document.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert document.filename == path.name
    assert PartialUpload.objects.get().document == document


def test_a_file_goes_on_by_itself_when_the_network_is_back(
    live_server: Any, client: Client, page: Tab, batch: Batch, large: Path
) -> None:
    open_batch(page, client, live_server.url, batch)
    session = slow_network(page)
    page.locator("#files").set_input_files(str(large))
    before = wait_for_parts(page, 1)
    set_network(session, offline=True)
    page.wait_for_timeout(3_000)
    assert not Document.objects.exists()
    assert before <= offset_of(PartialUpload.objects.get()) < BLOCKS * BLOCK_BYTES
    set_network(session)
    expect(page.locator(SUMMARY)).to_have_text("1 stored", timeout=90_000)
    check_arrived(large)


def test_the_same_file_chosen_in_a_new_tab_goes_on_where_the_closed_one_stopped(
    live_server: Any,
    client: Client,
    page: Tab,
    context: BrowserContext,
    batch: Batch,
    large: Path,
) -> None:
    open_batch(page, client, live_server.url, batch)
    slow_network(page)
    page.locator("#files").set_input_files(str(large))
    wait_for_parts(page, 2)
    page.close()
    tab = context.new_page()
    sent: list[int] = []

    def note(request: Request) -> None:
        if request.method == "PATCH":
            sent.append(int(request.headers["upload-offset"]))

    tab.on("request", note)
    tab.goto(f"{live_server.url}/batches/{batch.pk}/")
    tab.locator("#files").set_input_files(str(large))
    expect(tab.locator(SUMMARY)).to_have_text("1 stored", timeout=90_000)
    assert sent[0] >= 2 * BLOCK_BYTES
    check_arrived(large)


def test_a_killed_and_restarted_server_takes_the_rest(
    client: Client, page: Tab, batch: Batch, large: Path, tmp_path: Path
) -> None:
    port = free_port()
    log = tmp_path / "web.log"
    with gunicorn(port, log):
        open_batch(page, client, f"http://127.0.0.1:{port}", batch)
        slow_network(page)
        page.locator("#files").set_input_files(str(large))
        before = wait_for_parts(page, 1)
    page.wait_for_timeout(1_500)
    assert not Document.objects.exists()
    assert offset_of(PartialUpload.objects.get()) >= before
    with gunicorn(port, log):
        expect(page.locator(SUMMARY)).to_have_text("1 stored", timeout=120_000)
    check_arrived(large)
