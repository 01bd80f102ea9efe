"""The session runs out under a page: signing in again over it, in a real browser."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.sessions.models import Session
from playwright.sync_api import BrowserContext, Locator, expect
from playwright.sync_api import Page as Tab

from review.models import Label, ReviewTask
from review.states import TaskStatus
from tests.browser.review.screen import draft_text, field, ready, selection, wait_until
from tests.factories import PASSWORD, make_reviewer, make_task

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Open = Callable[..., ReviewTask]


def dialog(tab: Tab) -> Locator:
    return tab.get_by_role("dialog", name="Sign in again")


def sign_in(tab: Tab, password: str = PASSWORD) -> None:
    dialog(tab).get_by_label("Password").fill(password)
    tab.keyboard.press("Enter")


def end_session(tab: Tab) -> None:
    """As when its time is up: the row is gone, the browser's cookie is not."""
    Session.objects.all().delete()


def test_signing_in_over_the_page_sends_what_was_typed_and_the_caret_comes_back(
    open_screen: Open, page: Tab, context: BrowserContext
) -> None:
    task = open_screen()
    end_session(page)
    before = next(each for each in context.cookies() if each["name"] == "csrftoken")["value"]
    page.keyboard.press("End")
    page.keyboard.type(" later")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Shift+ArrowLeft")
    caret = selection(page)
    expect(page.get_by_text("You are signed out")).to_be_visible()
    page.get_by_role("button", name="Sign in again").click()
    expect(dialog(page).get_by_label("Name")).to_have_value("rosa")
    sign_in(page)
    expect(dialog(page)).to_be_hidden()
    expect(field(page, 2)).to_be_focused()
    assert selection(page) == caret
    wait_until(lambda: draft_text(task, 2) == "Total 12.50 later")
    expect(page.get_by_text("You are signed out")).to_have_count(0)
    now = next(each for each in context.cookies() if each["name"] == "csrftoken")["value"]
    assert now != before
    assert page.locator("#release-form [name=csrfmiddlewaretoken]").input_value() == now
    page.keyboard.type("?")
    wait_until(lambda: draft_text(task, 2) == "Total 12.50 lat?r")


def test_a_submit_that_finds_the_session_gone_goes_on_by_itself_after_signing_in(
    open_screen: Open, page: Tab
) -> None:
    following = make_task()
    task = open_screen()
    end_session(page)
    page.keyboard.press("End")
    page.keyboard.type(" net")
    page.keyboard.press("Control+Enter")
    sign_in(page)
    page.wait_for_url(re.compile(f"/review/{following.pk}/"))
    assert Label.objects.get(task=task, line__position=1).text == "Total 12.50 net"


def test_leaving_after_the_session_is_gone_asks_first_and_then_leaves(
    open_screen: Open, page: Tab
) -> None:
    task = open_screen()
    end_session(page)
    page.get_by_role("button", name="Leave", exact=True).click()
    expect(dialog(page)).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog(page)).to_be_hidden()
    assert ReviewTask.objects.get(pk=task.pk).status == TaskStatus.HELD
    page.get_by_role("button", name="Leave", exact=True).click()
    sign_in(page)
    expect(page.get_by_text("The page is given back.")).to_be_visible()


def test_the_heartbeat_finds_out_and_signing_in_keeps_the_page(
    open_screen: Open, page: Tab
) -> None:
    page.clock.install()
    task = open_screen()
    end_session(page)
    ReviewTask.objects.filter(pk=task.pk).update(lease_expires_at="2020-01-01T00:00Z")
    page.keyboard.press("End")
    page.clock.fast_forward(51_000)  # ms: the heartbeat finds out before anything is typed
    page.get_by_role("button", name="Sign in again").click()
    sign_in(page)
    expect(page.get_by_text("You are signed out")).to_have_count(0)
    wait_until(lambda: ReviewTask.objects.held_now().filter(pk=task.pk).exists())
    expect(field(page, 2)).to_be_focused()


def test_wrong_passwords_and_a_dead_network_are_said_and_nothing_is_lost(
    open_screen: Open, page: Tab, context: BrowserContext
) -> None:
    task = open_screen()
    context.set_offline(True)
    end_session(page)
    page.keyboard.press("End")
    page.keyboard.type(" offline")
    expect(page.locator("#saved")).to_have_text("not saved")
    context.set_offline(False)
    page.get_by_role("button", name="Sign in again").click()
    context.set_offline(True)
    sign_in(page)
    expect(dialog(page)).to_contain_text("The site does not answer")
    context.set_offline(False)
    sign_in(page, "wrong")
    expect(dialog(page)).to_contain_text("do not match an account")
    sign_in(page)
    wait_until(lambda: draft_text(task, 2) == "Total 12.50 offline")


def test_another_person_is_told_whose_page_it_is_and_the_typing_waits_for_its_writer(
    open_screen: Open, page: Tab, live_server: Any
) -> None:
    make_reviewer(username="omar")
    task = open_screen()
    end_session(page)
    page.keyboard.press("End")
    page.keyboard.type(" rosa's")
    page.get_by_role("button", name="Sign in again").click()
    dialog(page).get_by_label("Name").fill("omar")
    sign_in(page)
    expect(dialog(page)).to_contain_text("This page is rosa's")
    dialog(page).get_by_role("link", name="Leave this page and sign in").click()
    page.get_by_label("Name").fill("omar")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile("/review/$"))
    assert draft_text(task, 2) is None
    page.context.clear_cookies()
    page.goto(f"{live_server.url}/login/?next=/review/{task.pk}/")
    page.get_by_label("Name").fill("rosa")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    ready(page)
    expect(field(page, 2)).to_have_value("Total 12.50 rosa's")
    wait_until(lambda: draft_text(task, 2) == "Total 12.50 rosa's")


def test_where_another_person_signed_in_meanwhile_the_pages_own_comes_back(
    open_screen: Open, page: Tab, context: BrowserContext, live_server: Any
) -> None:
    make_reviewer(username="omar")
    task = open_screen()
    end_session(page)
    other = context.new_page()
    other.goto(f"{live_server.url}/login/")
    other.get_by_label("Name").fill("omar")
    other.get_by_label("Password").fill(PASSWORD)
    other.get_by_role("button", name="Sign in").click()
    other.wait_for_url(re.compile("/review/$"))
    page.bring_to_front()
    page.keyboard.press("End")
    page.keyboard.type(" mine")
    expect(page.get_by_text("You are signed in under another name")).to_be_visible()
    assert draft_text(task, 2) is None
    page.get_by_role("button", name="Sign in", exact=True).click()
    sign_in(page)
    wait_until(lambda: draft_text(task, 2) == "Total 12.50 mine")
    expect(page.get_by_text("You are signed in under another name")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_question(open_screen: Open, page: Tab, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    open_screen()
    end_session(page)
    page.keyboard.press("Control+Enter")
    sign_in(page, "wrong")
    expect(dialog(page)).to_contain_text("do not match an account")
    found = Axe().run(page).response["violations"]
    assert [each["id"] for each in found] == []
