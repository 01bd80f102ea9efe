"""The site that the browser visits, and the browser."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.staticfiles import handlers
from django.core.signals import request_finished, request_started
from django.test.testcases import _StaticFilesHandler
from playwright.sync_api import Browser, BrowserContext, expect
from playwright.sync_api import Page as Tab

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's loop is this test's own thread

expect.set_options(timeout=20_000)  # ms; two cores may be busy with a recogniser beside the browser

_under_way: list[object] = []


def _begun(sender: object, **_: object) -> None:
    _under_way.append(sender)


def _ended(sender: object, **_: object) -> None:
    if _under_way:
        _under_way.pop()


request_started.connect(_begun)
request_finished.connect(_ended)


@pytest.fixture(scope="session", autouse=True)
def _collected_static_files() -> Iterator[None]:
    """Static files come from where they were collected, under the names that pages give them.

    The live server would look for them among the sources, where the hashed names are unknown.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(handlers, "StaticFilesHandler", _StaticFilesHandler)
        yield


@pytest.fixture(scope="session")
def kept_tab(
    django_db_setup: None, browser: Browser, browser_context_args: dict[str, Any], live_server: Any
) -> Iterator[Tab]:
    """A tab that stays behind all others, and so does its profile.

    To fetch and compile the site's scripts anew takes half of a short test.
    """
    context = browser.new_context(**browser_context_args)
    yield context.new_page()
    context.close()
    # The server has a thread for each connection that was open, and that one of the database.
    _wait_while(lambda: any("process_request" in each.name for each in threading.enumerate()))


@pytest.fixture
def context(kept_tab: Tab, live_server: Any) -> Iterator[BrowserContext]:
    """A browser that knows nobody and has nothing in its store.

    Its pages leave before the database is emptied under them. What a browser asks for afterwards
    is taken in after that, so its answer tells that all has come; what is under way then is waited
    for.
    """
    context = kept_tab.context
    _under_way.clear()  # an answer that nobody read to its end, in an earlier test
    yield context
    context.unroute_all()
    context.set_offline(False)
    for tab in context.pages:
        if tab != kept_tab:
            tab.close(run_before_unload=False)
    context.clear_cookies()
    if not kept_tab.url.startswith(live_server.url):
        kept_tab.goto(f"{live_server.url}/static/none")
    kept_tab.evaluate(
        "localStorage.clear(), fetch('/static/none', {cache: 'no-store'}).then(() => 0)"
    )
    _wait_while(lambda: bool(_under_way))


def _wait_while(lasts: Callable[[], bool], seconds: float = 2) -> None:
    end = time.monotonic() + seconds
    while lasts() and time.monotonic() < end:
        time.sleep(0.02)
