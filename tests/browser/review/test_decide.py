"""Deciding between two readings in a real browser: by keyboard, and nothing chosen is lost."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from playwright.sync_api import BrowserContext, Locator, Route, expect
from playwright.sync_api import Page as Tab

from review.leases import LEFT_TIME, claim_task, release_task
from review.models import Draft, Label, ReviewTask
from review.states import TaskKind, TaskStatus
from tests import factories
from tests.browser.review.screen import draft_text, ready, wait_until
from tests.factories import PASSWORD, make_reviewer, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def task(live_server: Any, context: BrowserContext, page: Tab) -> ReviewTask:
    """Two lines on which two people differ, open in front of the one who decides."""
    kind = factories.make_type(second_review_rate=1.0)
    disputed = factories.make_page(kind)
    factories.submit_as_read(disputed, make_reviewer(), line0="Total 12.58", line1="Thank yuo")
    factories.submit_as_read(disputed, make_reviewer(), line0="Total 12.56", line1="Thanks")
    made = ReviewTask.objects.get(page=disputed, kind=TaskKind.DECIDE)
    ada = make_user("Adjudicator")
    assert claim_task(made.pk, ada)
    client = Client()
    client.force_login(ada)
    name = settings.SESSION_COOKIE_NAME
    cookie = {"name": name, "value": client.cookies[name].value, "url": live_server.url}
    context.add_cookies([cookie])  # type: ignore[list-item]
    page.goto(f"{live_server.url}/review/{made.pk}/decide/")
    ready(page)
    made.refresh_from_db()
    return made


def line(tab: Tab, number: int) -> Locator:
    return tab.locator("fieldset.decide").nth(number - 1)


def picked(tab: Tab, number: int) -> str | None:
    found: Callable[..., Any] = line(tab, number).evaluate
    answer: str | None = found("each => each.querySelector('input:checked')?.value ?? null")
    return answer


def test_all_is_decided_by_keyboard(task: ReviewTask, page: Tab) -> None:
    press = page.keyboard.press
    for key, choice in [("2", "second"), ("i", "illegible"), ("n", "not_text"), ("1", "first")]:
        press(key)
        assert picked(page, 1) == choice
    press("Enter")
    press("3")
    expect(line(page, 2).get_by_role("textbox")).to_be_focused()
    page.keyboard.type("Thank 1 nice inn")  # letters and digits belong to the field
    assert picked(page, 2) == "other"
    press("Escape")
    press("ArrowUp")
    press("2")
    assert (picked(page, 1), picked(page, 2)) == ("second", "other")
    press("Control+Enter")
    expect(page.get_by_text(f"Decided: {task.page}")).to_be_visible()
    counting = Label.objects.current().order_by("line__position")
    assert [label.text for label in counting][:2] == ["Total 12.56", "Thank 1 nice inn"]
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.includes('draft'))") == []


def test_typing_picks_its_button_and_a_reload_brings_the_choices_back(
    task: ReviewTask, page: Tab
) -> None:
    page.keyboard.press("i")
    line(page, 2).get_by_role("textbox").fill("Thank thee")
    assert picked(page, 2) == "other"
    expect(page.locator("#saved")).to_have_text(re.compile(r"^saved \d\d:\d\d"))
    assert draft_text(task, 2) == "Thank thee"
    page.reload()
    ready(page)
    assert (picked(page, 1), picked(page, 2)) == ("illegible", "other")
    expect(line(page, 2).get_by_role("textbox")).to_have_value("Thank thee")


def test_a_dead_network_keeps_the_choices_and_decides_nothing(
    task: ReviewTask, page: Tab, context: BrowserContext
) -> None:
    context.set_offline(True)
    page.keyboard.press("2")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Not sent: what you chose is kept")).to_be_visible()
    assert ReviewTask.objects.get(pk=task.pk).status == TaskStatus.HELD
    context.set_offline(False)
    wait_until(lambda: draft_text(task, 1) == "Total 12.56")


def test_nothing_is_chosen_while_it_is_sent(task: ReviewTask, page: Tab) -> None:
    page.keyboard.press("2")
    page.keyboard.press("ArrowDown")
    wait_until(lambda: draft_text(task, 1) == "Total 12.56")
    held: list[Route] = []
    page.route("**/heartbeat/", lambda route: held.append(route))  # the connection hangs
    with page.expect_request("**/heartbeat/"):
        page.keyboard.press("Control+Enter")
    page.keyboard.press("1")
    assert picked(page, 1) == "second"
    page.locator("fieldset.decide").last.scroll_into_view_if_needed()
    page.mouse.wheel(0, 5000)
    expect(page.get_by_text("Being sent …")).to_be_in_viewport()
    held[0].abort()
    expect(page.get_by_text("Not sent: what you chose is kept")).to_be_visible()
    page.keyboard.press("1")  # and it goes on where it was
    wait_until(lambda: "first" in (picked(page, 1), picked(page, 2)))


def test_a_late_decision_shows_both_versions_and_brings_the_choices_back(
    task: ReviewTask, page: Tab
) -> None:
    assert task.lease_token
    release_task(task_id=task.pk, token=task.lease_token)
    page.keyboard.press("2")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="Not decided: two versions")).to_be_visible()
    page.get_by_role("button", name="Take the page again").click()
    ready(page)
    assert picked(page, 1) == "second"
    assert Draft.objects.filter(task=task).count() == 1


def test_two_windows_of_one_person_show_both_choices(
    task: ReviewTask, page: Tab, context: BrowserContext
) -> None:
    other = context.new_page()
    other.goto(page.url)
    ready(other)
    other.keyboard.press("2")
    wait_until(lambda: draft_text(task, 1) == "Total 12.56")
    page.bring_to_front()
    page.keyboard.press("1")
    expect(page.get_by_text("In another window you chose: Total 12.56")).to_be_visible()
    page.get_by_role("button", name="Keep what stands here").click()
    wait_until(lambda: draft_text(task, 1) == "Total 12.58")
    assert picked(page, 1) == "first"


def test_signing_in_over_the_page_goes_on_deciding(task: ReviewTask, page: Tab) -> None:
    """The session ends before the first choice, and again before the page is sent."""
    dialog = page.get_by_role("dialog", name="Sign in again")
    Session.objects.all().delete()
    page.keyboard.press("2")
    page.get_by_role("button", name="Sign in again").click()
    page.keyboard.type("wrong")
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text("do not match an account")
    assert [each["id"] for each in Axe().run(page).response["violations"]] == []
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    wait_until(lambda: draft_text(task, 1) == "Total 12.56")
    expect(page.get_by_text("You are signed out")).to_have_count(0)
    expect(line(page, 1).locator("input:checked")).to_be_focused()
    page.keyboard.press("ArrowDown")  # to the next line
    page.keyboard.press("1")
    wait_until(lambda: draft_text(task, 2) == "Thank yuo")
    Session.objects.all().delete()
    page.keyboard.press("Control+Enter")
    expect(dialog).to_be_visible()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"Decided: {task.page}")).to_be_visible()


def test_the_heartbeat_finds_a_session_that_is_gone(task: ReviewTask, page: Tab) -> None:
    page.clock.install()
    page.reload()
    ready(page)
    Session.objects.all().delete()
    page.keyboard.press("Shift")  # somebody is there
    page.clock.fast_forward(51_000)  # ms
    expect(page.get_by_text("You are signed out")).to_be_visible()
    page.get_by_role("button", name="Sign in again").click()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_text("You are signed out")).to_have_count(0)
    expect(page.get_by_role("dialog", name="Sign in again")).to_be_hidden()


def test_a_closed_window_frees_its_page_within_a_minute(task: ReviewTask, page: Tab) -> None:
    page.close()

    def left() -> bool:
        soon = timezone.now() + LEFT_TIME
        return ReviewTask.objects.filter(pk=task.pk, lease_expires_at__lte=soon).exists()

    wait_until(left)
