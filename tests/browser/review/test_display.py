"""What the review screen shows, and how fast, in a real browser."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import BrowserContext, expect
from playwright.sync_api import Page as Tab

from review.models import Label, ReviewTask
from tests.browser.review.screen import FIVE, draft_text, field, ready, wait_until
from tests.factories import PASSWORD, make_task

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


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
    for key, zoom in (("=", 125), ("-", 100), ("=", 125), ("0", 100), ("=", 125)):
        page.keyboard.press(f"Alt+{key}")
        expect(page.locator("#zoom-value")).to_have_text(f"{zoom} %")
    wait_until(lambda: "1.25" in page.evaluate("localStorage.getItem('ocr-review:view') ?? ''"))
    page.reload()
    ready(page)
    expect(page.locator("#zoom-value")).to_have_text("125 %")


def test_one_request_brings_the_image_for_all_crops(
    open_screen: Callable[..., ReviewTask], page: Tab
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    open_screen()
    expect(page.locator(".crop canvas")).to_have_count(len(FIVE))
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
    tab.goto(f"{live_server.url}/login/?next=/review/")
    tab.locator("[name=username]").fill(reviewer.username)
    tab.locator("[name=password]").fill(PASSWORD)
    tab.get_by_role("button", name="Sign in").click()
    tab.get_by_role("button", name="Next page").click()
    field(tab, 2).fill("Total 12.58")
    tab.locator(".verdict").nth(3).select_option("illegible")
    tab.locator("#submit").click()
    expect(tab.get_by_text("Submitted:")).to_be_visible()
    said = dict(Label.objects.filter(task=task).values_list("line__position", "text"))
    assert said[1] == "Total 12.58"
    assert said[3] == ""
    context.close()
