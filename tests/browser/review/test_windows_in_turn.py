"""One window after another: what the one before could not send, or nobody heard of, is there."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import BrowserContext, Error, Route, expect
from playwright.sync_api import Page as Tab

from review.drafts import DraftEntry, save_drafts
from review.leases import claim_task
from review.models import Label, RefusedDraft, ReviewTask
from review.text import MAX_TEXT
from tests.browser.review.screen import FIVE, draft_text, field, leave_in_browser, ready, wait_until
from tests.factories import make_reviewer, make_task

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_typing_on_right_after_a_reload_is_no_version_of_another_window(
    open_screen: Callable[..., ReviewTask], page: Tab
) -> None:
    task = open_screen()
    page.keyboard.press("End")
    page.keyboard.type(" one")
    page.reload()  # what goes off at this moment arrives, and nobody hears of it
    ready(page)
    expect(field(page, 2)).to_have_value("Total 12.50 one")
    field(page, 2).focus()
    page.keyboard.press("End")
    page.keyboard.type(" two")
    wait_until(lambda: draft_text(task, 2) == "Total 12.50 one two")
    expect(page.locator(".both")).to_have_count(0)


def test_a_page_drawn_before_a_save_that_its_forerunner_heard_of_has_it(
    open_screen: Callable[..., ReviewTask], page: Tab
) -> None:
    task = open_screen()
    saves: list[Route] = []
    pages: list[Route] = []
    heard: list[str] = []

    def hold_first(held: list[Route]) -> Callable[[Route], None]:
        return lambda route: route.continue_() if held else held.append(route)

    def until(found: list[Any]) -> Any:
        while not found:
            page.wait_for_timeout(50)  # in which the routes are heard
        return found[0]

    page.on("console", lambda said: heard.append(said.text))
    page.evaluate(
        """() => {
          const word = document.getElementById("saved");
          const tell = () => word.textContent.startsWith("saved") && console.log("saved");
          new MutationObserver(tell).observe(word, { childList: true });
        }"""
    )
    page.route("**/drafts/", hold_first(saves))
    page.keyboard.press("End")
    page.keyboard.type(" one")
    save = until(saves)
    page.route(f"**/review/{task.pk}/", hold_first(pages))
    page.evaluate("location.reload()")
    drawn = until(pages).fetch()
    save.continue_()
    assert until(heard) == "saved"  # by the page that goes
    pages[0].fulfill(response=drawn)
    ready(page)
    expect(field(page, 2)).to_have_value("Total 12.50 one")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Submitted:")).to_be_visible()
    assert Label.objects.get(line__position=1).text == "Total 12.50 one"


def test_what_was_typed_over_a_text_brought_back_is_not_met_by_that_text_again(
    open_screen: Callable[..., ReviewTask], page: Tab
) -> None:
    task = open_screen()
    page.route("**/drafts/", lambda route: route.abort())
    page.keyboard.press("End")
    page.keyboard.type(" one")
    page.reload()  # nothing of it has arrived
    ready(page)
    expect(field(page, 2)).to_have_value("Total 12.50 one")
    field(page, 2).focus()
    page.keyboard.press("End")
    page.keyboard.type(" two")
    page.unroute("**/drafts/")
    wait_until(lambda: draft_text(task, 2) == "Total 12.50 one two")
    expect(page.locator("#saved")).to_have_text(re.compile(r"^saved"))
    assert ":draft:" not in page.evaluate("Object.keys(localStorage).join()")
    page.reload()
    ready(page)
    expect(field(page, 2)).to_have_value("Total 12.50 one two")
    expect(page.locator(".both")).to_have_count(0)


def test_typing_on_in_a_window_that_crashes_is_no_version_of_another_window(
    open_screen: Callable[..., ReviewTask], page: Tab, context: BrowserContext
) -> None:
    task = open_screen()
    address = page.url
    page.goto("about:blank")
    first = context.new_page()
    first.goto(address)
    ready(first)
    field(first, 2).focus()
    first.keyboard.press("End")
    arrived: list[Route] = []

    def never_answer(route: Route) -> None:
        route.fetch()
        arrived.append(route)

    first.route("**/drafts/", never_answer)
    first.keyboard.type(" one")
    while not arrived:
        first.wait_for_timeout(50)  # in which the route above is heard
    first.keyboard.type(" two")
    with pytest.raises(Error, match="crash"):
        first.goto("chrome://crash")  # it tells nobody that it goes
    first.close()
    assert draft_text(task, 2) == "Total 12.50 one"
    again = context.new_page()
    again.goto(address)
    ready(again)
    expect(field(again, 2)).to_have_value("Total 12.50 one two")
    wait_until(lambda: draft_text(task, 2) == "Total 12.50 one two")
    expect(again.locator(".both")).to_have_count(0)


def test_what_a_killed_browser_kept_is_put_back_over_the_older_draft(
    open_screen: Callable[..., ReviewTask], page: Tab, reviewer: User
) -> None:
    task = open_screen()
    line = task.page.lines.current()[2]
    leave_in_browser(page, reviewer, task, line, "Thank you all")
    page.reload()
    ready(page)
    expect(field(page, 3)).to_have_value("Thank you all")
    wait_until(lambda: draft_text(task, 3) == "Thank you all")


def test_an_enter_taken_back_is_not_there_again_after_a_reload(
    open_screen: Callable[..., ReviewTask], page: Tab
) -> None:
    open_screen([("as read 10", 0.5), ("changed 20", 0.5)])
    for key in ("Enter", "Alt+1", "Enter"):
        page.keyboard.press(key)
    assert done_with(page) == [True, True]
    page.keyboard.press("Control+z")
    assert done_with(page) == [True, False]
    saved_and_reloaded(page)
    assert done_with(page) == [True, False]
    page.keyboard.press("Enter")
    assert done_with(page) == [True, True]
    saved_and_reloaded(page)
    assert done_with(page) == [True, True]


def test_an_enter_on_an_unchanged_line_taken_back_stays_so_after_a_reload(
    open_screen: Callable[..., ReviewTask], page: Tab
) -> None:
    open_screen([("as read 10", 0.5), ("as read 20", 0.5)])
    page.keyboard.press("Enter")
    page.keyboard.press("Control+z")
    saved_and_reloaded(page)
    assert done_with(page) == [False, False]
    expect(field(page, 1)).to_be_focused()


def done_with(tab: Tab) -> list[bool]:
    """Of each line whether it counts as checked."""
    found: list[bool] = tab.locator(".lines .line").evaluate_all(
        "all => all.map((each) => each.classList.contains('checked'))"
    )
    return found


def saved_and_reloaded(tab: Tab) -> None:
    expect(tab.locator("#saved")).to_contain_text("saved ")
    tab.reload()
    ready(tab)


def test_what_was_kept_of_a_page_that_is_not_open_is_sent_from_the_next(
    open_screen: Callable[..., ReviewTask], page: Tab, reviewer: User, live_server: Any
) -> None:
    """Two windows died while the site was away; the page has gone to somebody else since."""
    task = open_screen()
    assert task.page.lines.count() == 5
    line = task.page.lines.current()[1]
    for text in ("older", "newest"):
        leave_in_browser(page, reviewer, task, line, text, at=1 + len(text))
    ReviewTask.objects.filter(pk=task.pk).update(lease_expires_at="2020-01-01T00:00Z")
    assert claim_task(task.pk, make_reviewer(username="omar"))
    page.goto(f"{live_server.url}/review/")
    wait_until(lambda: draft_text(task, 2) == "newest")
    wait_until(lambda: RefusedDraft.objects.filter(task=task, text="older").exists())
    kept_here = "Object.keys(localStorage).filter((key) => key.includes(':draft:')).length"
    wait_until(lambda: page.evaluate(kept_here) == 0)


def test_what_cannot_be_sent_stands_in_nothing_elses_way(
    open_screen: Callable[..., ReviewTask], page: Tab, reviewer: User, live_server: Any
) -> None:
    """Of one page a text that is no text, of another one line that is too long."""
    task, unsound = open_screen(), make_task()
    first, second = task.page.lines.current()[:2]
    for place, line, text, at in (
        (unsound, unsound.page.lines.current()[0], "\x00", 3),
        (task, first, "a" * (MAX_TEXT + 1), 2),
        (task, second, "sent", 1),
    ):
        leave_in_browser(page, reviewer, place, line, text, at=at)
    ReviewTask.objects.filter(pk=task.pk).update(lease_expires_at="2020-01-01T00:00Z")
    assert claim_task(task.pk, make_reviewer(username="omar"))
    page.goto(f"{live_server.url}/review/")
    wait_until(lambda: draft_text(task, 2) == "sent")
    kept_here = "Object.keys(localStorage).filter((key) => key.includes(':draft:')).length"
    wait_until(lambda: page.evaluate(kept_here) == 2)


def test_a_page_made_ready_before_something_was_saved_of_it_has_that(
    open_screen: Callable[..., ReviewTask], page: Tab, reviewer: User
) -> None:
    task = open_screen()
    following = make_task(task.document_type, lines=FIVE)
    line = following.page.lines.current()[2]
    leave_in_browser(page, reviewer, following, line, "Thank you all")
    with page.expect_response("**/ahead/"):
        page.reload()
    wait_until(lambda: draft_text(following, 3) == "Thank you all")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(f"**/review/{following.pk}/")
    ready(page)
    expect(field(page, 3)).to_have_value("Thank you all")


def test_what_the_site_had_when_its_window_went_does_not_come_back_over_what_came_since(
    open_screen: Callable[..., ReviewTask], page: Tab, reviewer: User
) -> None:
    task = open_screen()
    line = task.page.lines.current()[2]
    for revision, text in enumerate(("Thank you one", "Thank you two")):
        entry = DraftEntry(line.pk, text, "corrected", revision)
        save_drafts(task=task, user=reviewer, entries=[entry])
    leave_in_browser(page, reviewer, task, line, "Thank you one", revision=1, saved=True)
    page.reload()
    ready(page)
    expect(field(page, 3)).to_have_value("Thank you two")
    expect(page.locator(".both")).to_have_count(0)
    assert ":draft:" not in page.evaluate("Object.keys(localStorage).join()")
