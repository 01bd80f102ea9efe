"""Uploading in a real browser: many files, each with its own progress and end."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Route, expect
from playwright.sync_api import Page as Tab

from recognition.models import Batch, Document
from recognition.states import DocumentStatus, PageStatus
from tests.factories import (
    PASSWORD,
    make_admin,
    make_batch,
    make_page,
    make_type,
    page_picture,
    picture_bytes,
)

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's loop is this test's own thread

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Drops files as a person does: the event carries a DataTransfer with real File objects.
DROP = """
(files) => {
  const transfer = new DataTransfer();
  for (const [name, bytes] of files) transfer.items.add(new File([new Uint8Array(bytes)], name));
  for (const type of ["dragenter", "dragover", "drop"]) {
    document.querySelector("#upload").dispatchEvent(
      new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: transfer }));
  }
}
"""


@pytest.fixture
def complaints(page: Tab) -> list[str]:
    """What the browser's console says: nothing, or the page breaks its own security policy."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else 0)
    page.on("pageerror", lambda error: said.append(str(error)))
    return said


@pytest.fixture
def batch(live_server, page: Tab) -> Batch:
    """An empty batch, its page open in front of an admin."""
    admin = make_admin(username="ada")
    batch = make_batch(make_type("Letter"), actor=admin)
    sign_in(page, live_server.url)
    page.goto(f"{live_server.url}/batches/{batch.pk}/")
    return batch


def sign_in(page: Tab, site: str) -> None:
    page.goto(f"{site}/login/")
    page.locator("[name=username]").fill("ada")
    page.locator("[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: "login" not in address)


def picture(text: str) -> bytes:
    return picture_bytes(page_picture([text]))


def write(folder: Path, files: dict[str, bytes]) -> list[str]:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return [str(folder / name) for name in files]


def test_many_files_are_sent_and_each_says_what_became_of_it(batch, page, tmp_path, complaints):
    files = {f"letter-{number}.png": picture(f"letter {number}") for number in range(8)}
    files["copy.png"] = files["letter-0.png"]
    files["notes.txt"] = b"only words"
    page.locator("#files").set_input_files(write(tmp_path, files))
    summary = page.locator("#transfers-summary")
    expect(summary).to_have_text("8 stored, 1 here already, 1 refused", timeout=60_000)
    rows = page.locator(".transfer")
    expect(rows.filter(has_text="notes.txt")).to_contain_text("This is a text file.")
    copies = rows.filter(has_text="here already")
    expect(copies.get_by_role("link")).to_have_attribute(
        "href", f"/batches/{batch.pk}/?document={Document.objects.get(duplicates__isnull=False).pk}"
    )
    assert Document.objects.filter(status=DocumentStatus.STORED).count() == 8
    # And the progress below follows by itself.
    expect(page.locator("#progress")).to_contain_text("letter-7.png", timeout=15_000)
    expect(page.locator("#progress")).to_contain_text("8 files still to be split")
    assert not complaints


def test_files_can_be_dropped(batch, page, complaints):
    page.evaluate(DROP, [["dropped.png", list(picture("dropped"))], [".DS_Store", [1, 2, 3]]])
    expect(page.locator("#transfers-summary")).to_have_text(
        "1 stored, 1 system files left out", timeout=30_000
    )
    assert Document.objects.get().filename == "dropped.png"
    expect(page.locator(".dropzone-over")).to_have_count(0)
    assert not complaints


def test_a_folder_is_sent_with_all_that_is_in_it(batch, page, tmp_path):
    folder = tmp_path / "cellar"
    (folder / "box").mkdir(parents=True)
    write(folder, {"one.png": picture("one")})
    write(folder / "box", {"two.png": picture("two")})
    page.locator("#folder").set_input_files(str(folder))
    expect(page.locator("#transfers-summary")).to_have_text("2 stored", timeout=30_000)
    assert set(Document.objects.values_list("filename", flat=True)) == {"one.png", "two.png"}


def test_a_transfer_that_breaks_is_sent_again_by_its_button(batch, page, tmp_path):
    broken: list[str] = []

    def once(route: Route) -> None:
        if broken:
            route.continue_()
        else:
            broken.append(route.request.url)
            route.abort("connectionreset")

    page.route("**/files/", once)
    page.locator("#files").set_input_files(write(tmp_path, {"one.png": picture("one")}))
    row = page.locator(".transfer")
    expect(row).to_contain_text("The connection broke.", timeout=30_000)
    expect(page.locator("#transfers-summary")).to_contain_text("1 not sent")
    row.get_by_role("button", name="Send one.png again").click()
    expect(page.locator("#transfers-summary")).to_have_text("1 stored", timeout=30_000)


def test_three_are_sent_at_once_and_leaving_meanwhile_is_asked_about(batch, page, tmp_path):
    held: list[Route] = []
    released: list[bool] = []
    page.route("**/files/", lambda route: route.continue_() if released else held.append(route))
    files = {f"{number}.png": picture(str(number)) for number in range(5)}
    page.locator("#files").set_input_files(write(tmp_path, files))
    page.wait_for_timeout(1_000)
    assert len(held) == 3
    asked: list[str] = []

    def stay(dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.once("dialog", stay)
    page.locator("#upload-title").click()  # browsers ask only people who have used the page
    page.close(run_before_unload=True)
    page.wait_for_timeout(500)
    assert asked == ["beforeunload"]
    released.append(True)
    for route in held:
        route.continue_()
    expect(page.locator("#transfers-summary")).to_have_text("5 stored", timeout=60_000)


def test_a_session_that_ended_meanwhile_says_so_and_loses_nothing(
    batch, page, context: BrowserContext, tmp_path
):
    context.clear_cookies(name="sessionid")
    page.locator("#files").set_input_files(write(tmp_path, {"one.png": picture("one")}))
    expect(page.locator(".transfer")).to_contain_text("You are signed out.", timeout=30_000)
    expect(page.get_by_role("button", name="Send one.png again")).to_be_visible()


def test_without_javascript_many_files_go_in_one_form(live_server, browser, tmp_path):
    make_admin(username="ada")
    batch = make_batch(make_type("Letter"))
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, live_server.url)
    page.goto(f"{live_server.url}/batches/{batch.pk}/")
    files = {"one.png": picture("one"), "two.png": picture("two"), "notes.txt": b"only words"}
    page.locator("#files").set_input_files(write(tmp_path, files))
    page.get_by_role("button", name="Upload").click()
    expect(page.locator(".messages")).to_contain_text("2 files added.")
    expect(page.locator(".messages")).to_contain_text("notes.txt: This is a text file.")
    expect(page.locator("#progress")).to_contain_text("one.png")
    context.close()


def test_progress_follows_by_itself_and_keeps_the_focus(batch, page, complaints):
    waiting = make_page(batch=batch, status=PageStatus.QUEUED)
    page.reload()
    progress = page.locator("#progress")
    expect(progress).to_contain_text("1 queued")
    page.locator("#show-queued").focus()
    waiting.status, waiting.failure_code = PageStatus.FAILED, "timeout"
    waiting.failure_message = "It took too long."
    waiting.save()
    expect(progress).to_contain_text("It took too long.", timeout=15_000)
    expect(page.locator("#show-queued")).to_be_focused()
    page.get_by_role("button", name="Retry all 1 failed").click()
    expect(page.locator("#progress")).to_contain_text("1 queued")
    assert not complaints
