"""A session that runs out under open pages, in a real browser."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from playwright.sync_api import BrowserContext, expect
from playwright.sync_api import Page as Tab

from recognition.querysets import ADMIN_GROUP
from recognition.states import PageStatus
from review.models import Label, ReviewTask
from tests.browser.review.screen import draft_text, wait_until
from tests.factories import PASSWORD, make_page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_every_open_page_says_so_and_goes_on_after_signing_in_once(
    open_screen: Callable[..., ReviewTask],
    page: Tab,
    context: BrowserContext,
    live_server: Any,
    reviewer: User,
) -> None:
    reviewer.groups.add(Group.objects.get_or_create(name=ADMIN_GROUP)[0])
    page.clock.install()
    task = open_screen()
    reading = make_page(status=PageStatus.READING)
    batch = context.new_page()
    batch.goto(f"{live_server.url}/batches/{reading.document.batch_id}/")
    expect(batch.get_by_role("heading", name="Reading")).to_be_visible()
    Session.objects.all().delete()

    expect(batch.get_by_text("You are signed out")).to_be_visible()
    expect(batch.get_by_role("heading", name="Reading")).to_be_visible()
    expect(batch.locator("[name=password]")).to_have_count(0)
    page.bring_to_front()
    page.keyboard.press("End")
    page.clock.fast_forward(51_000)  # ms: the heartbeat finds out before anything is typed
    expect(page.get_by_text("You are signed out")).to_be_visible()
    page.keyboard.type(" later")
    expect(page.locator("#saved")).to_have_text("not saved")
    assert draft_text(task, 2) is None
    assert "Total 12.50 later" in page.evaluate("Object.values(localStorage).join()")

    reading.status = PageStatus.FAILED
    reading.reading_token = reading.reading_until = None
    reading.failure_code, reading.failure_message = "engine_error", "The reader broke down."
    reading.save()
    with context.expect_page() as opened:
        batch.get_by_role("link", name="Sign in again").click()
    second = opened.value
    second.locator("[name=username]").fill(reviewer.username)
    second.locator("[name=password]").fill(PASSWORD)
    second.get_by_role("button", name="Sign in").click()
    expect(second.get_by_role("heading", name="You are signed in")).to_be_visible()

    wait_until(lambda: draft_text(task, 2) == "Total 12.50 later")
    expect(page.get_by_text("You are signed out")).to_have_count(0)
    expect(batch.get_by_text("You are signed out")).to_have_count(0)
    expect(batch.get_by_role("heading", name="Progress")).to_be_visible()
    page.bring_to_front()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Submitted:")).to_be_visible()
    assert Label.objects.get(line__position=1).text == "Total 12.50 later"
