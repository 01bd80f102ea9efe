"""The review screen as tests handle it: its fields, and what the server has of them."""

import json
import time
from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import User
from playwright.sync_api import Locator, expect
from playwright.sync_api import Page as Tab

from recognition.models import Line
from review.models import Draft, ReviewTask
from tests.factories import Lines

FIVE: Lines = (
    ("surely right", 0.99),
    ("Total 12.50", 0.40),
    ("Thank you", 0.98),
    ("Till 7", 0.55),
    ("Goodbye", 0.97),
)


def ready(tab: Tab) -> None:
    """Wait until the screen's script has run."""
    expect(tab.locator("html[data-ready]")).to_be_attached(timeout=15_000)


def field(tab: Tab, number: int) -> Locator:
    """The text field of a line, counted from 1."""
    return tab.locator(".lines .text").nth(number - 1)


def selection(tab: Tab) -> list[int]:
    """Where the selection starts and ends in the field that has the focus."""
    found: list[int] = tab.evaluate(
        "[document.activeElement.selectionStart, document.activeElement.selectionEnd]"
    )
    return found


def leave_in_browser(
    tab: Tab, user: User, task: ReviewTask, line: Line, text: str, **more: Any
) -> None:
    """Put down in the browser's store what a window that is gone left of a line.

    `more` is what differs from a first correction of which the site knows nothing.
    """
    kept = {"text": text, "verdict": "corrected", "revision": 0, "at": 1} | more
    tab.evaluate(
        "([key, value]) => localStorage.setItem(key, value)",
        [f"ocr-review:draft:{user.pk}:{task.pk}:{line.pk}:gone-{text[:9]}", json.dumps(kept)],
    )


def wait_until(met: Callable[[], bool], seconds: float = 10) -> None:
    """Wait for what happens on the server."""
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end, "It did not come to pass in time."
        time.sleep(0.02)


def draft_text(task: ReviewTask, number: int) -> str | None:
    """The draft of a line, counted from 1, as the server has it."""
    draft = Draft.objects.filter(task=task, line__position=number - 1).first()
    return draft.text if draft else None
