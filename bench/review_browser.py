"""The review screen in headless Chromium: open to usable, submit to next usable, bytes, keys."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from contextlib import suppress
from statistics import median
from typing import Any

WATCH = """
addEventListener("DOMContentLoaded", () => {
  const look = () => {
    if (!document.documentElement.dataset.ready) return;
    window.usable = performance.now();
    const sent = Number(sessionStorage.getItem("bench:sent"));
    if (sent) window.since = performance.timeOrigin + window.usable - sent;
    sessionStorage.removeItem("bench:sent");
  };
  look();
  new MutationObserver(look).observe(document.documentElement, { attributes: true });
});
addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.ctrlKey) {
    window.since = undefined;
    sessionStorage.setItem("bench:sent", performance.timeOrigin + performance.now());
  }
}, { capture: true });
"""
"""Times are taken by the page itself: the driver's own round trips would count otherwise."""
WAIT = 30.0  # seconds
SETTLE = 1_500  # milliseconds in which the next page is fetched; people look longer at a page
WEAK = 10  # one line in so many is to check


class Traffic:
    """Bytes and requests over the network, without what the browser had kept."""

    def __init__(self, session: Any) -> None:
        self.bytes = self.requests = 0
        self.kept: set[str] = set()
        session.on("Network.requestServedFromCache", lambda each: self.kept.add(each["requestId"]))
        session.on("Network.responseReceived", self._answered)
        session.on("Network.loadingFinished", self._finished)
        session.send("Network.enable")

    def _answered(self, event: Any) -> None:
        response = event["response"]
        if response.get("fromDiskCache") or response.get("fromPrefetchCache"):
            self.kept.add(event["requestId"])

    def _finished(self, event: Any) -> None:
        if event["requestId"] not in self.kept:
            self.requests += 1
            self.bytes += int(event["encodedDataLength"])

    def since(self) -> tuple[int, int]:
        """Bytes and requests since it was asked last."""
        found = self.bytes, self.requests
        self.bytes = self.requests = 0
        return found


def screens(address: str, sizes: Sequence[int], *, pages: int) -> list[dict[str, Any]]:
    """Work through `pages` pages of each size as a reviewer would, by keyboard."""
    from django.conf import settings
    from django.test import Client
    from playwright.sync_api import sync_playwright

    from tests.factories import make_reviewer

    runs = []
    with sync_playwright() as player:
        browser = player.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("chromium-browser"),
            args=["--no-sandbox"],
        )
        for size in sizes:
            reviewer = make_reviewer()
            reviewer.groups.add(*_queue(size, pages).groups.all())
            client = Client()
            client.force_login(reviewer)
            context = browser.new_context(viewport={"width": 1280, "height": 720})
            name = settings.SESSION_COOKIE_NAME
            context.add_cookies(
                [{"name": name, "value": client.cookies[name].value, "url": address}]
            )
            context.add_init_script(WATCH)
            runs.append(_work(context, address, reviewer, size, pages))
            context.close()
        browser.close()
    return runs


def _queue(size: int, pages: int) -> Any:
    """A document type of such pages, for a group of its own: what is left of others is not seen."""
    from tests.factories import make_task, make_type

    kind = make_type(groups=[f"Pages of {size} lines"])
    for page in range(pages):
        lines = [
            (f"Line {line} of page {page}: some words and 12.50", 0.5 if line % WEAK == 0 else 0.99)
            for line in range(size)
        ]
        make_task(kind, lines=lines)
    return kind


def _until(tab: Any, known: str) -> None:
    """Wait for a value of the page's; its content policy forbids the driver's own way."""
    from playwright.sync_api import Error

    end = time.monotonic() + WAIT
    while time.monotonic() < end:
        with suppress(Error):  # between two pages there is nobody to ask
            if tab.evaluate(known):
                return
        time.sleep(0.02)
    raise TimeoutError(f"{tab.url} is not ready after {WAIT:.0f} s.")


def _work(context: Any, address: str, reviewer: Any, size: int, pages: int) -> dict[str, Any]:
    from review.leases import claim_next

    first = claim_next(reviewer)
    if first is None or first.page.lines.count() != size:
        raise RuntimeError(f"What was handed out is no page of {size} lines: {first}.")
    tab = context.new_page()
    traffic = Traffic(context.new_cdp_session(tab))
    opened: list[float] = []
    following: list[float] = []
    bytes_seen: list[int] = []
    requests: list[int] = []
    tab.goto(f"{address}/review/{first.pk}/")
    _until(tab, "window.usable")
    first_open = tab.evaluate("usable")
    uncached = traffic.since()
    for _ in range(3):
        tab.reload()
        _until(tab, "window.usable")
        opened.append(tab.evaluate("usable"))
    tab.wait_for_timeout(SETTLE)
    traffic.since()
    for _ in range(pages - 1):
        tab.keyboard.press("Control+Enter")
        _until(tab, "window.since")
        following.append(tab.evaluate("since"))
        tab.wait_for_timeout(SETTLE)
        sent, asked = traffic.since()
        bytes_seen.append(sent)
        requests.append(asked)
    keys = 0
    while "checked" not in (tab.text_content("#left") or "") and keys <= size:
        tab.keyboard.press("Enter")
        keys += 1
    return {
        "part": "screen",
        "lines": size,
        "first_open_s": first_open / 1000,
        "open_s": median(opened) / 1000,
        "open_range_s": [min(opened) / 1000, max(opened) / 1000],
        "submit_to_next_s": median(following) / 1000 if following else None,
        "submit_to_next_range_s": [min(following) / 1000, max(following) / 1000],
        "uncached_kb": uncached[0] / 1000,
        "uncached_requests": uncached[1],
        "page_kb": median(bytes_seen) / 1000,
        "page_requests": median(requests),
        "keys_to_check_one_in_ten": keys + 1,
    }
