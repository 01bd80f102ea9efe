"""A window that is closed, loaded again or one of two, and what becomes of its page."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.signals import request_started
from django.utils import timezone
from playwright.sync_api import BrowserContext
from playwright.sync_api import Page as Tab

from review.leases import LEFT_TIME
from review.models import ReviewTask
from tests.browser.review.screen import ready, wait_until
from tests.factories import make_task

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Open = Callable[..., ReviewTask]


def seconds_left(task: ReviewTask) -> float:
    end = ReviewTask.objects.get(pk=task.pk).lease_expires_at
    assert end is not None
    return (end - timezone.now()).total_seconds()


def left(task: ReviewTask) -> bool:
    return seconds_left(task) <= LEFT_TIME.total_seconds()


def shorten(task: ReviewTask) -> None:
    """Bring the lease's end nearer, so that a renewal shows."""
    soon = timezone.now() + timedelta(seconds=300)
    ReviewTask.objects.filter(pk=task.pk).update(lease_expires_at=soon)


def test_a_closed_window_frees_its_page_within_a_minute(
    open_screen: Open, page: Tab, context: BrowserContext
) -> None:
    task = open_screen()
    assert seconds_left(task) > 600
    page.close()
    wait_until(lambda: left(task))


def test_loading_the_page_again_keeps_it(open_screen: Open, page: Tab) -> None:
    said: list[str] = []

    def hear(environ: dict[str, str], **_: object) -> None:
        if environ["PATH_INFO"].endswith("/leave/"):
            said.append(environ["PATH_INFO"])

    task = open_screen()
    request_started.connect(hear)
    try:
        for times in (1, 2):
            shorten(task)
            page.reload()
            ready(page)
            wait_until(lambda times=times: len(said) == times)
            page.wait_for_timeout(200)  # until it is answered, too
            assert seconds_left(task) > 600
    finally:
        request_started.disconnect(hear)


def test_a_page_open_in_two_windows_is_kept_when_one_is_closed(
    open_screen: Open, page: Tab, context: BrowserContext
) -> None:
    task = open_screen()
    second = context.new_page()
    second.goto(page.url)
    ready(second)
    with page.expect_response("**/heartbeat/"):
        second.close()  # the window that renewed the lease last
    wait_until(lambda: seconds_left(task) > 600)


def test_the_next_page_shown_in_the_same_window_is_left_as_well(
    open_screen: Open, page: Tab, context: BrowserContext
) -> None:
    following = make_task()
    open_screen()
    wait_until(lambda: ReviewTask.objects.filter(pk=following.pk, hold="ahead").exists())
    page.wait_for_timeout(300)  # it comes with the answer, and is parsed
    page.keyboard.press("Control+Enter")
    page.wait_for_url(f"**/review/{following.pk}/")
    ready(page)
    page.close()
    wait_until(lambda: left(following))
