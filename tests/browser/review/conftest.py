"""A reviewer who is signed in, in front of the review screen."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import BrowserContext
from playwright.sync_api import Page as Tab

from review.leases import claim_task
from review.models import ReviewTask
from tests.browser.review.screen import FIVE, ready
from tests.factories import Lines, make_reviewer, make_task


@pytest.fixture
def reviewer() -> User:
    return make_reviewer(username="rosa")


@pytest.fixture
def signed_in(live_server: Any, context: BrowserContext, reviewer: User) -> BrowserContext:
    """The browser with the reviewer's session; what the form does is shown where it is tested."""
    client = Client()
    client.force_login(reviewer)
    name = settings.SESSION_COOKIE_NAME
    cookie = {"name": name, "value": client.cookies[name].value, "url": live_server.url}
    context.add_cookies([cookie])  # type: ignore[list-item]
    return context


@pytest.fixture
def open_screen(
    live_server: Any, signed_in: BrowserContext, page: Tab, reviewer: User
) -> Iterator[Callable[..., ReviewTask]]:
    """Open the screen of a new page with the given lines; complaints fail the test."""
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))

    def opened(lines: Lines = FIVE, **options: Any) -> ReviewTask:
        task = make_task(lines=lines, **options)
        assert claim_task(task.pk, reviewer)
        page.goto(f"{live_server.url}/review/{task.pk}/")
        ready(page)
        return task

    yield opened
    assert complaints == []
