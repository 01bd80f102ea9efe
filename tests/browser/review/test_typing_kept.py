"""Every way in which typing could be lost, in a real browser."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import BrowserContext, Route, expect
from playwright.sync_api import Page as Tab

from review.leases import claim_task
from review.models import Label, ReviewTask
from review.states import TaskStatus
from review.text import MAX_TEXT, TOO_LONG
from tests.browser.review.screen import (
    draft_text,
    field,
    leave_in_browser,
    ready,
    selection,
    wait_until,
)
from tests.factories import make_reviewer, make_task

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


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
    expect(page.locator("#saved")).to_have_text("not saved")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Not submitted")).to_be_visible()
    context.set_offline(False)
    expect(page.locator("#saved")).to_contain_text("saved ", timeout=15_000)
    wait_until(lambda: draft_text(task, 2) == "Total 12.50 offline")


def test_submitting_again_by_keyboard_can_be_repeated(
    open_screen: Callable[..., ReviewTask], page: Tab, context: BrowserContext
) -> None:
    task = open_screen()
    context.set_offline(True)
    page.keyboard.press("Control+Enter")
    again = page.get_by_role("button", name="Submit again")
    again.focus()
    with page.expect_event("requestfailed", lambda request: "submit" in request.url):
        page.keyboard.press("Enter")
    expect(again).to_be_focused()
    context.set_offline(False)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Submitted:")).to_be_visible()
    assert ReviewTask.objects.get(pk=task.pk).status == TaskStatus.DONE


def test_a_page_on_its_way_takes_no_typing_and_says_so(
    open_screen: Callable[..., ReviewTask], page: Tab
) -> None:
    task = open_screen()
    held: list[Route] = []
    page.route("**/submit/", lambda route: held.append(route))
    page.keyboard.press("End")
    page.keyboard.type(" net")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Control+Enter")
    page.keyboard.type("!")
    expect(page.get_by_text("Being submitted")).to_be_visible()
    other = field(page, 4).bounding_box()
    assert other
    page.mouse.click(other["x"] + 9, other["y"] + 9)
    page.keyboard.type("?")
    for key in ("Alt+1", "Alt+i", "Control+z", "Enter", "Alt+s", "Control+Enter"):
        page.keyboard.press(key)
    expect(field(page, 2)).to_have_value("Total 12.50 net")
    expect(field(page, 4)).to_have_value("Till 7")
    expect(page.locator(".here .verdict")).to_have_value("corrected")
    expect(page.locator("#left")).to_have_text("2 of 5 lines to check")
    expect(page.locator("dialog[open]")).to_have_count(0)
    assert len(held) == 1

    held.pop().abort()
    expect(page.get_by_text("Not submitted")).to_be_visible()
    expect(page.get_by_text("Being submitted")).to_have_count(0)
    expect(field(page, 2)).to_be_focused()
    assert selection(page) == [14, 14]
    page.keyboard.type("x")
    page.unroute("**/submit/")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Submitted:")).to_be_visible()
    assert Label.objects.get(task=task, line__position=1).text == "Total 12.50 next"


def test_a_step_of_undo_that_waits_for_another_is_in_what_is_submitted(
    open_screen: Callable[..., ReviewTask], page: Tab
) -> None:
    task = open_screen()
    page.keyboard.press("End")
    page.keyboard.type(" net")
    page.keyboard.press("Alt+Shift+ArrowUp")
    expect(field(page, 1)).to_have_value("Total 12.50 net")
    held: list[Route] = []
    page.route("**/lines/", lambda route: held.append(route))
    page.keyboard.press("Control+z")  # the order, which the site is asked for
    page.keyboard.press("Control+z")  # the text
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Being submitted")).to_be_visible()
    held.pop().continue_()
    expect(page.get_by_text("Submitted:")).to_be_visible()
    said = Label.objects.filter(task=task).order_by("line__position")
    assert [label.text for label in said][:2] == ["surely right", "Total 12.50"]


def test_a_save_whose_answer_is_lost_is_no_version_of_another_window(
    open_screen: Callable[..., ReviewTask], page: Tab
) -> None:
    task = open_screen()

    def lose(route: Route) -> None:
        route.fetch()  # it arrives, and is kept
        route.abort()

    def kept(text: str) -> None:
        for _ in range(100):
            if draft_text(task, 2) == text:
                return
            page.wait_for_timeout(100)  # in which the route above is heard
        raise AssertionError(draft_text(task, 2))

    page.route("**/drafts/", lose, times=1)
    page.keyboard.press("End")
    page.keyboard.type(" one")
    kept("Total 12.50 one")
    page.keyboard.type(" two")
    kept("Total 12.50 one two")
    page.route("**/drafts/", lose, times=1)
    page.keyboard.type(" three")
    kept("Total 12.50 one two three")
    page.keyboard.type(" four")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Submitted:")).to_be_visible()
    assert Label.objects.get(line__position=1).text == "Total 12.50 one two three four"


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


def test_a_window_left_behind_is_told_that_the_page_is_submitted(
    open_screen: Callable[..., ReviewTask], page: Tab, context: BrowserContext
) -> None:
    task = open_screen()
    second = context.new_page()
    second.goto(page.url)
    ready(second)
    second.keyboard.press("Control+Enter")
    wait_until(lambda: ReviewTask.objects.filter(pk=task.pk, status=TaskStatus.DONE).exists())
    page.bring_to_front()
    field(page, 2).focus()
    page.keyboard.press("End")
    page.keyboard.type(" late")
    expect(page.get_by_text("You submitted this page in another window.")).to_be_visible()
    assert draft_text(task, 2) == "Total 12.50 late"


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


def test_a_line_that_is_too_long_is_named_and_the_others_are_saved(
    open_screen: Callable[..., ReviewTask], page: Tab
) -> None:
    task = open_screen()
    sent: list[str] = []
    page.on("request", lambda asked: sent.append(asked.url) if "/drafts/" in asked.url else None)
    assert field(page, 2).get_attribute("maxlength") == str(MAX_TEXT)
    field(page, 2).evaluate(
        "(field, text) => { field.value = text;"
        " field.dispatchEvent(new Event('input', { bubbles: true })); }",
        "a" * (MAX_TEXT + 1),
    )
    field(page, 3).focus()
    page.keyboard.press("End")
    page.keyboard.type("!")
    wait_until(lambda: draft_text(task, 3) == "Thank you!")
    expect(page.get_by_text("Line 2 is not saved")).to_be_visible()
    expect(page.locator(".lines .fault")).to_have_text(TOO_LONG)
    expect(page.locator("#saved")).to_have_text("not saved")
    asked = len(sent)
    page.wait_for_timeout(2_500)
    assert len(sent) == asked, "it is sent no more until it is another"
    field(page, 2).fill("short")
    expect(page.locator("#saved")).to_contain_text("saved ")
    expect(page.get_by_text("Line 2 is not saved")).to_have_count(0)
    assert draft_text(task, 2) == "short"


def test_submitting_forgets_no_other_windows_version(
    open_screen: Callable[..., ReviewTask], page: Tab, reviewer: User
) -> None:
    following = make_task()
    task = open_screen()
    line = task.page.lines.current()[2]
    leave_in_browser(page, reviewer, task, line, "Thank you all")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(f"/review/{following.pk}/"))
    wait_until(lambda: draft_text(task, 3) == "Thank you all")
    assert Label.objects.get(task=task, line=line).text == "Thank you"
