"""The review screen as tests handle it: its fields, and what the server has of them."""

import time
from collections.abc import Callable

from playwright.sync_api import Locator, expect
from playwright.sync_api import Page as Tab

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
