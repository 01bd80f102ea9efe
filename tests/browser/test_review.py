"""The review screen in a real browser: every key, and every way in which typing could be lost."""

import json
import os
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from playwright.sync_api import BrowserContext, Locator, expect
from playwright.sync_api import Page as Tab

from review.leases import claim_task
from review.models import Draft, Label, ReviewTask
from review.states import TaskStatus
from tests.factories import PASSWORD, Lines, make_reviewer, make_task

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's loop is this test's own thread

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FIVE: Lines = (
    ("surely right", 0.99),
    ("Total 12.50", 0.40),
    ("Thank you", 0.98),
    ("Till 7", 0.55),
    ("Goodbye", 0.97),
)


@pytest.fixture
def reviewer() -> User:
    return make_reviewer(username="rosa")


def sign_in(tab: Tab, address: str) -> None:
    tab.goto(f"{address}/login/?next=/review/")
    tab.locator("[name=username]").fill("rosa")
    tab.locator("[name=password]").fill(PASSWORD)
    tab.get_by_role("button", name="Sign in").click()
    expect(tab.get_by_role("heading", name="Review", exact=True)).to_be_visible()


@pytest.fixture
def open_screen(live_server: Any, page: Tab, reviewer: User) -> Iterator[Callable[..., ReviewTask]]:
    """Sign in and open the screen of a new page with the given lines; complaints fail the test."""
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))

    def opened(lines: Lines = FIVE, **options: Any) -> ReviewTask:
        task = make_task(lines=lines, **options)
        assert claim_task(task.pk, reviewer)
        sign_in(page, live_server.url)
        page.goto(f"{live_server.url}/review/{task.pk}/")
        ready(page)
        return task

    yield opened
    for tab in page.context.pages:
        tab.goto("about:blank")  # what a page sends as it goes must not meet an emptied database
    time.sleep(0.3)
    assert complaints == []


def ready(tab: Tab) -> None:
    expect(tab.locator("html[data-ready]")).to_be_attached(timeout=15_000)


def field(tab: Tab, number: int) -> Locator:
    return tab.locator(".lines .text").nth(number - 1)


def selection(tab: Tab) -> list[int]:
    found: list[int] = tab.evaluate(
        "[document.activeElement.selectionStart, document.activeElement.selectionEnd]"
    )
    return found


def wait_until(met: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end, "It did not come to pass in time."
        time.sleep(0.05)


def draft_text(task: ReviewTask, number: int) -> str | None:
    draft = Draft.objects.filter(task=task, line__position=number - 1).first()
    return draft.text if draft else None


def test_the_cursor_starts_on_the_first_weak_character(
    open_screen: Callable[..., ReviewTask], page: Tab
) -> None:
    open_screen()
    expect(field(page, 2)).to_be_focused()
    assert selection(page) == [10, 11]
    expect(page.locator("#alternatives")).to_be_visible()
    expect(page.locator("#alternatives")).to_contain_text("8")
    expect(page.locator(".here .under mark")).to_have_text("0")
    expect(page.locator("#outlines .here")).to_have_count(1)
    expect(page.locator(".here canvas")).to_be_visible()


def test_two_keys_correct_a_weak_character_and_submit(
    open_screen: Callable[..., ReviewTask], page: Tab
) -> None:
    task = open_screen()
    page.keyboard.press("Alt+1")
    expect(field(page, 2)).to_have_value("Total 12.58")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Submitted:")).to_be_visible()
    assert Label.objects.get(line__position=1).text == "Total 12.58"
    task.refresh_from_db()
    assert task.status == TaskStatus.DONE


def test_five_weak_lines_take_ten_keys(open_screen: Callable[..., ReviewTask], page: Tab) -> None:
    open_screen([(f"amount {n}0", 0.5) for n in range(5)])
    for number in range(5):
        page.keyboard.press("Alt+1")
        if number < 4:
            page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Submitted:")).to_be_visible()
    said = list(Label.objects.order_by("line__position").values_list("text", flat=True))
    assert said == [f"amount {n}8" for n in range(5)]


def test_enter_goes_from_weak_line_to_weak_line_and_then_to_submit(
    open_screen: Callable[..., ReviewTask], page: Tab
) -> None:
    open_screen()
    page.keyboard.press("Enter")
    expect(field(page, 4)).to_be_focused()
    page.keyboard.press("Shift+Enter")
    expect(field(page, 2)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#left")).to_have_text("1 of 5 lines to check")
    page.keyboard.press("Enter")
    expect(page.locator("#submit")).to_be_focused()
    expect(page.locator("#left")).to_have_text("All 5 lines checked")
    page.keyboard.press("Shift+Enter")
    expect(field(page, 4)).to_be_focused()


def test_tab_goes_through_all_lines_and_arrows_stay_in_the_text(
    open_screen: Callable[..., ReviewTask], page: Tab
) -> None:
    open_screen()
    page.keyboard.press("Tab")
    expect(field(page, 3)).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    expect(field(page, 1)).to_be_focused()
    for key in ("ArrowDown", "ArrowUp", "ArrowLeft", "?", "+", "s", "f"):
        page.keyboard.press(key)
    expect(field(page, 1)).to_be_focused()
    expect(page.locator("dialog[open]")).to_have_count(0)


def test_undo_takes_back_an_alternative_and_reset_the_whole_line(
    open_screen: Callable[..., ReviewTask], page: Tab
) -> None:
    open_screen()
    page.keyboard.press("Alt+1")
    page.keyboard.press("Control+z")
    expect(field(page, 2)).to_have_value("Total 12.50")
    page.keyboard.press("End")
    page.keyboard.type(" EUR")
    page.keyboard.press("Alt+r")
    expect(field(page, 2)).to_have_value("Total 12.50")


def test_marks_stay_on_their_characters_while_typing(
    open_screen: Callable[..., ReviewTask], page: Tab
) -> None:
    open_screen()
    page.keyboard.press("Home")
    page.keyboard.type("The ")
    expect(page.locator(".here .under")).to_have_text("The Total 12.50")
    expect(page.locator(".here .under mark")).to_have_text("0")
    page.keyboard.press("End")
    page.keyboard.press("Backspace")
    expect(page.locator(".here .under mark")).to_have_count(0)


def test_illegible_and_not_text_are_toggled(
    open_screen: Callable[..., ReviewTask], page: Tab
) -> None:
    task = open_screen()
    page.keyboard.press("Alt+i")
    expect(page.locator(".here .verdict")).to_have_value("illegible")
    page.keyboard.press("Alt+n")
    expect(page.locator(".here .verdict")).to_have_value("not_text")
    page.keyboard.press("Alt+n")
    expect(page.locator(".here .verdict")).to_have_value("corrected")
    page.keyboard.press("Alt+i")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Submitted:")).to_be_visible()
    label = Label.objects.get(task=task, line__position=1)
    assert (label.verdict, label.text) == ("illegible", "")


def test_skip_flag_and_the_list_of_keys_are_dialogs(
    open_screen: Callable[..., ReviewTask], page: Tab
) -> None:
    task = open_screen()
    page.keyboard.press("F1")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(field(page, 2)).to_be_focused()
    assert selection(page) == [10, 11]
    page.keyboard.press("Alt+f")
    expect(page.locator("#flag")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Alt+s")
    page.keyboard.type("not my language")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Passed on to others")).to_be_visible()
    task.refresh_from_db()
    assert task.status == TaskStatus.WAITING
    assert task.skips.get().reason == "not my language"


def test_an_empty_line_is_said_to_be_empty_and_nothing_goes_off(
    open_screen: Callable[..., ReviewTask], page: Tab
) -> None:
    open_screen()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".here .fault")).to_be_visible()
    expect(field(page, 2)).to_be_focused()
    assert not Label.objects.exists()


def test_typing_is_in_the_browser_at_once_and_on_the_server_soon(
    open_screen: Callable[..., ReviewTask], page: Tab
) -> None:
    task = open_screen()
    page.keyboard.press("End")
    page.keyboard.type("!")
    stored = page.evaluate("Object.values(localStorage).join()")
    assert "Total 12.50!" in stored
    expect(page.locator("#saved")).to_have_text(re.compile(r"^saved \d\d:\d\d"), timeout=4_000)
    assert draft_text(task, 2) == "Total 12.50!"
    assert "Total 12.50!" not in page.evaluate("Object.values(localStorage).join()")


def test_a_closed_tab_loses_nothing(
    open_screen: Callable[..., ReviewTask], page: Tab, context: BrowserContext, live_server: Any
) -> None:
    task = open_screen()
    page.keyboard.press("End")
    page.keyboard.type(" closed")
    page.close()
    again = context.new_page()
    again.goto(f"{live_server.url}/review/{task.pk}/")
    ready(again)
    expect(field(again, 2)).to_have_value("Total 12.50 closed")
    wait_until(lambda: draft_text(task, 2) == "Total 12.50 closed")


def test_a_dead_network_loses_nothing_and_is_said(
    open_screen: Callable[..., ReviewTask], page: Tab, context: BrowserContext
) -> None:
    task = open_screen()
    context.set_offline(True)
    page.keyboard.press("End")
    page.keyboard.type(" offline")
    expect(page.locator("#saved")).to_have_text("not saved yet – kept on this computer")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Not submitted")).to_be_visible()
    context.set_offline(False)
    expect(page.locator("#saved")).to_contain_text("saved ", timeout=15_000)
    wait_until(lambda: draft_text(task, 2) == "Total 12.50 offline")


def test_signing_in_again_in_a_second_tab_saves_what_was_typed_meanwhile(
    open_screen: Callable[..., ReviewTask], page: Tab, context: BrowserContext
) -> None:
    task = open_screen()
    Session.objects.all().delete()
    page.keyboard.press("End")
    page.keyboard.type(" later")
    expect(page.get_by_text("You are signed out")).to_be_visible()
    assert draft_text(task, 2) is None
    with context.expect_page() as opened:
        page.get_by_role("link", name="Sign in again").click()
    second = opened.value
    second.locator("[name=username]").fill("rosa")
    second.locator("[name=password]").fill(PASSWORD)
    second.get_by_role("button", name="Sign in").click()
    expect(second.get_by_role("heading", name="You are signed in")).to_be_visible()
    wait_until(lambda: draft_text(task, 2) == "Total 12.50 later")
    expect(page.get_by_text("You are signed out")).to_have_count(0)
    page.bring_to_front()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Submitted:")).to_be_visible()
    assert Label.objects.get(line__position=1).text == "Total 12.50 later"


def test_two_tabs_of_one_person_show_both_versions(
    open_screen: Callable[..., ReviewTask], page: Tab, context: BrowserContext
) -> None:
    task = open_screen()
    second = context.new_page()
    second.goto(page.url)
    ready(second)
    second.keyboard.press("End")
    second.keyboard.type(" second")
    wait_until(lambda: draft_text(task, 2) == "Total 12.50 second")
    page.bring_to_front()
    field(page, 2).focus()
    page.keyboard.press("End")
    page.keyboard.type(" first")
    both = page.locator(".both")
    expect(both).to_contain_text("Total 12.50 second")
    expect(field(page, 2)).to_have_value("Total 12.50 first")
    page.keyboard.press("Control+Enter")
    expect(both).to_be_visible()
    assert not Label.objects.exists()
    page.get_by_role("button", name="Keep what is in the field").click()
    wait_until(lambda: draft_text(task, 2) == "Total 12.50 first")


def test_a_page_taken_by_somebody_else_shows_both_versions(
    open_screen: Callable[..., ReviewTask], page: Tab
) -> None:
    task = open_screen()
    omar = make_reviewer(username="omar")
    ReviewTask.objects.filter(pk=task.pk).update(lease_expires_at="2020-01-01T00:00Z")
    assert claim_task(task.pk, omar)
    page.keyboard.press("End")
    page.keyboard.type(" mine")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="two versions")).to_be_visible()
    expect(page.locator("main")).to_contain_text("Total 12.50 mine")
    expect(page.locator("main")).to_contain_text("omar")
    wait_until(lambda: draft_text(task, 2) == "Total 12.50 mine")


def test_nothing_is_taken_from_somebody_composing(
    open_screen: Callable[..., ReviewTask], page: Tab, context: BrowserContext
) -> None:
    task = open_screen()
    page.keyboard.press("End")
    client = context.new_cdp_session(page)
    client.send("Input.imeSetComposition", {"text": "に", "selectionStart": 1, "selectionEnd": 1})
    for key in ("Enter", "Tab"):  # as an input method uses them, to choose and to end
        client.send(
            "Input.dispatchKeyEvent",
            {"type": "rawKeyDown", "key": key, "code": key, "windowsVirtualKeyCode": 229},
        )
    expect(page.locator(".here .no")).to_contain_text("2")
    client.send("Input.insertText", {"text": "日本"})
    expect(field(page, 2)).to_have_value("Total 12.50日本")
    expect(field(page, 2)).to_be_focused()
    expect(page.locator("#left")).to_have_text("2 of 5 lines to check")
    wait_until(lambda: draft_text(task, 2) == "Total 12.50日本")


def test_lines_run_right_to_left_where_their_text_does(
    open_screen: Callable[..., ReviewTask], page: Tab
) -> None:
    open_screen([("שלום עולם", 0.4), ("left to right", 0.95)])
    assert field(page, 1).evaluate("each => getComputedStyle(each).direction") == "rtl"
    assert field(page, 2).evaluate("each => getComputedStyle(each).direction") == "ltr"
    mark = page.locator(".here .under mark").bounding_box()
    entry = page.locator(".here .entry").bounding_box()
    assert mark
    assert entry
    assert mark["x"] > entry["x"] + entry["width"] / 2
    page.keyboard.press("Alt+1")
    expect(field(page, 1)).to_have_value("שלום עול8")


def test_clicking_an_outline_goes_to_its_line_and_zoom_is_remembered(
    open_screen: Callable[..., ReviewTask], page: Tab
) -> None:
    open_screen()
    page.locator("#outlines polygon").nth(4).click()
    expect(field(page, 5)).to_be_focused()
    page.keyboard.press("Alt+=")
    expect(page.locator("#zoom-value")).to_have_text("125 %")
    page.wait_for_timeout(300)
    page.reload()
    ready(page)
    expect(page.locator("#zoom-value")).to_have_text("125 %")


def test_one_request_brings_the_image_for_all_crops(
    open_screen: Callable[..., ReviewTask], page: Tab
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    open_screen()
    expect(page.locator(".crop canvas").first).to_be_visible()
    page.wait_for_timeout(300)
    assert len([url for url in asked if "/image/" in url]) == 1
    assert not [url for url in asked if "/crop/" in url]


def test_fifteen_hundred_lines_stay_fast(open_screen: Callable[..., ReviewTask], page: Tab) -> None:
    lines = [(f"line {n}", 0.5 if n % 50 == 49 else 0.97) for n in range(1_500)]
    task = open_screen(lines, image=False)  # one line below the other would be 66,000 pixels high
    expect(field(page, 50)).to_be_focused()
    frames = page.evaluate(
        """async () => {
            const took = [];
            for (let n = 0; n < 12; n += 1) {
                const from = performance.now();
                document.execCommand("insertText", false, "x");
                took.push(performance.now() - from);
                await new Promise(requestAnimationFrame);
            }
            return took.sort((a, b) => a - b)[6];
        }"""
    )
    assert frames < 50  # milliseconds of script for a key; a hundred are felt
    page.keyboard.press("Enter")
    expect(field(page, 100)).to_be_focused()
    expect(field(page, 100)).to_be_in_viewport()
    page.keyboard.press("Control+Enter")
    # Looking for a text in so large a page keeps the browser busy: first wait for the next page.
    page.wait_for_url(re.compile(r"/review/$"), timeout=20_000)
    assert Label.objects.filter(task=task).count() == 1_500


def test_without_a_script_a_page_is_reviewed_by_its_plain_form(
    live_server: Any, browser: Any, reviewer: User
) -> None:
    task = make_task(lines=FIVE)
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    sign_in(tab, live_server.url)
    tab.get_by_role("button", name="Next page").click()
    field(tab, 2).fill("Total 12.58")
    tab.locator(".verdict").nth(3).select_option("illegible")
    tab.locator("#submit").click()
    expect(tab.get_by_text("Submitted:")).to_be_visible()
    said = dict(Label.objects.filter(task=task).values_list("line__position", "text"))
    assert said[1] == "Total 12.58"
    assert said[3] == ""
    context.close()


def test_what_a_killed_browser_kept_is_put_back_over_the_older_draft(
    open_screen: Callable[..., ReviewTask], page: Tab, reviewer: User
) -> None:
    task = open_screen()
    line = task.page.lines.current()[2]
    kept = {"text": "Thank you all", "verdict": "corrected", "revision": 0, "at": 1}
    page.evaluate(
        "([key, value]) => localStorage.setItem(key, value)",
        [f"ocr-review:draft:{reviewer.pk}:{task.pk}:{line.pk}:gone", json.dumps(kept)],
    )
    page.reload()
    ready(page)
    expect(field(page, 3)).to_have_value("Thank you all")
    wait_until(lambda: draft_text(task, 3) == "Thank you all")
