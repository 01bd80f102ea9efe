"""People in Chromium who type on the review screen whatever happens to the site."""

from __future__ import annotations

import asyncio
import random
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from playwright.async_api import Browser, BrowserContext, Error, Page, async_playwright

from bench.review_verdict import Edits, Typed

EDITS_A_PAGE = 10  # before it is submitted
PATIENCE = 600.0  # seconds without an edit after which a window counts as stuck
SETTLE = 90.0  # seconds in which what is kept in the browser must have gone to the site
SLOW = 15_000  # milliseconds that one action of the driver may take
ENTERING = 30  # seconds that signing in may take on a busy machine
OFFLINE = (0.5, 3.0)  # seconds

STATE = """() => {
  const data = document.getElementById("screen-data");
  const ready = data && document.documentElement.dataset.ready;
  const all = (what) => [...document.querySelectorAll(what)];
  return {
    task: ready ? JSON.parse(data.textContent).task : null,
    screen: Boolean(data),
    lines: ready ? all(".lines .line").map((each) => Number(each.dataset.line)) : [],
    door: Boolean(document.querySelector("main [name=password]")),
    asks: Boolean(document.querySelector("#sign-in[open]")),
    out: all("#banners button").some((each) => each.textContent === "Sign in again"),
    both: Boolean(document.querySelector(".both:not(.refused) button")),
    saved: document.getElementById("saved")?.textContent ?? "",
    next: Boolean(document.querySelector("form[action='/review/next/'] button")),
    mine: Boolean(document.querySelector(".task-list a.button")),
  };
}"""
FOCUS = """(id) => {
  const field = document.getElementById(`f${id}`);
  field.focus();
  field.select();
  return !field.readOnly && document.activeElement === field;
}"""
KEPT = """(start) => Object.entries(localStorage)
  .filter(([key]) => key.startsWith(start))
  .map(([key, value]) => {
    const [task, line] = key.slice(start.length).split(":", 2).map(Number);
    return [task, line, JSON.parse(value).text];
  })"""


class Window:
    """One person; whatever the driver stumbles over, they look at the screen again and go on."""

    def __init__(self, context: BrowserContext, address: str, user: Any, edits: Edits) -> None:
        self.context, self.address, self.user, self.edits = context, address, user, edits
        self.chance = random.Random(user.pk)
        self.made = self.on_page = 0
        self.task: int | None = None
        self.sent: int | None = None  # the task whose submit is under way
        self.last: dict[tuple[int, int], str] = {}  # (task, line) -> text
        self.labelled: set[int] = set()  # tasks whose submit the screen took for done
        self.kept: set[tuple[int, int, str]] = set()  # in the browser's store, at the end
        self.happened: Counter[str] = Counter()
        self.cuts: list[asyncio.Task[None]] = []  # held: else one may never end
        self.tab: Page

    def typed(self) -> Iterator[Typed]:
        for (task, line), text in self.last.items():
            yield Typed(self.user.pk, task, line, text, submitted=task in self.labelled)

    async def work(self) -> None:
        await self._open()
        last, since = 0, time.monotonic()
        while self.edits.left(self.made, EDITS_A_PAGE):
            try:
                await self._step()
            except Error:
                self.happened["stumbles"] += 1
                await asyncio.sleep(0.3)
            if self.made > last:
                last, since = self.made, time.monotonic()
            elif time.monotonic() - since > PATIENCE:
                raise TimeoutError(f"{self.user} is stuck at {self.tab.url}.")

    async def settle(self) -> None:
        """Let what is in the browser go to the site, as a window does that is left open."""
        await asyncio.gather(*self.cuts, return_exceptions=True)
        await self.context.set_offline(False)
        end = time.monotonic() + SETTLE
        start = f"ocr-review:draft:{self.user.pk}:"
        while time.monotonic() < end:
            try:
                seen = await self.tab.evaluate(STATE)
                here = [
                    row for row in await self.tab.evaluate(KEPT, start) if row[0] == seen["task"]
                ]
                if seen["task"] and not here and not seen["both"]:
                    break
                await self._answer(seen) or await asyncio.sleep(0.3)
            except Error:
                await asyncio.sleep(0.3)
        self.kept = {
            (task, line, text) for task, line, text in await self.tab.evaluate(KEPT, start)
        }

    async def _open(self) -> None:
        self.tab = await self.context.new_page()
        self.tab.set_default_timeout(SLOW)
        await self._go("/review/")

    async def _go(self, path: str) -> None:
        try:
            await self.tab.goto(f"{self.address}{path}")
        except Error:
            await asyncio.sleep(0.5)

    async def _step(self) -> None:
        seen = await self.tab.evaluate(STATE)
        if await self._answer(seen):
            return
        if seen["task"] != self.task:
            if self.sent is not None and self.sent == self.task and seen["task"]:
                self.labelled.add(self.sent)
                self.happened["submitted"] += 1
            self.task, self.on_page = seen["task"], 0
        self.sent = None
        if self.on_page >= EDITS_A_PAGE or not seen["lines"]:
            await self._submit()
        elif (act := self.chance.random()) < 0.01:
            self.happened["reloads"] += 1
            await self.tab.reload()
        elif act < 0.02:
            self.happened["windows_closed"] += 1
            await self.tab.close()
            await self._open()
        elif act < 0.025:
            await self._offline()
        else:
            await self._edit(seen)

    async def _answer(self, seen: dict[str, Any]) -> bool:
        """Do what anything but a page to type on asks for; False on such a page."""
        if seen["asks"]:
            self.happened["signed_in_again"] += 1
            await self._password("#sign-in")
        elif seen["out"] and self.chance.random() < 0.3:  # one may also type on for a while
            await self.tab.get_by_role("button", name="Sign in again").click()
        elif seen["both"]:
            self.happened["two_versions"] += 1
            await self.tab.locator(".both:not(.refused) button").first.click()
        elif seen["task"]:
            return False
        else:
            await self._elsewhere(seen)
        return True

    async def _elsewhere(self, seen: dict[str, Any]) -> None:
        """Find the way back to a page, from wherever the browser is."""
        if not seen["screen"]:
            self.sent = None  # what it led to was no next page: it may not be a submit
        if not self.tab.url.startswith("http"):
            await self._go("/review/")
        elif seen["screen"]:
            await asyncio.sleep(0.1)  # its script is not there yet
        elif seen["door"]:
            await self._password("main")
        elif seen["mine"]:
            await self.tab.locator(".task-list a.button").first.click()
        elif seen["next"]:
            self.happened["pages_lost"] += "/submit/" in self.tab.url
            await self.tab.locator("form[action='/review/next/'] button").first.click()
        else:
            await asyncio.sleep(0.5)
            await self._go("/review/")

    async def _password(self, where: str) -> None:
        from tests.factories import PASSWORD

        await self.tab.locator(f"{where} [name=username]").fill(self.user.get_username())
        await self.tab.locator(f"{where} [name=password]").fill(PASSWORD)
        await self.tab.keyboard.press("Enter")
        for _ in range(ENTERING * 10):
            await asyncio.sleep(0.1)
            seen = await self.tab.evaluate(STATE)
            if not seen["asks"] and not seen["door"]:
                return

    async def _submit(self) -> None:
        task = self.task
        await self.tab.keyboard.press("Control+Enter")
        self.sent = task
        for _ in range(30):
            await asyncio.sleep(0.1)
            seen = await self.tab.evaluate(STATE)
            if seen["asks"] or seen["both"] or (seen["task"] and seen["task"] != task):
                return

    async def _edit(self, seen: dict[str, Any]) -> None:
        line = self.chance.choice(seen["lines"])
        text = f"edit {self.made} of {self.user.get_username()}"
        if not await self.tab.evaluate(FOCUS, line):
            return
        assert self.task
        before = self.last.pop((self.task, line), None)  # until it is known what stands there
        await self.tab.keyboard.insert_text(text)
        if await self.tab.evaluate("(id) => document.getElementById(`f${id}`).value", line) == text:
            self.last[self.task, line] = text
            self.made += 1
            self.edits.count()
            self.on_page += 1
        elif before is not None:
            self.happened["not_typed"] += 1

    async def _offline(self) -> None:
        self.happened["networks_cut"] += 1
        await self.context.set_offline(True)
        self.cuts.append(asyncio.create_task(self._online(self.chance.uniform(*OFFLINE))))

    async def _online(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self.context.set_offline(False)


async def work_in_windows(
    address: str,
    people: Sequence[tuple[Any, tuple[str, str]]],
    edits: Edits,
    *,
    calm: Callable[[], None],
) -> list[Window]:
    """Let people, each with a session, make edits; `calm` ends what strikes the site."""
    if not people:
        return []
    async with async_playwright() as player:
        browser = await player.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("chromium-browser"),
            args=["--no-sandbox"],
        )
        windows = [await _window(browser, address, *each, edits) for each in people]
        await asyncio.gather(*(window.work() for window in windows))
        await asyncio.to_thread(calm)
        await asyncio.gather(*(window.settle() for window in windows))
        await browser.close()
    return windows


def session_of(person: Any) -> tuple[str, str]:
    """A session's cookie, name and value."""
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(person)
    return settings.SESSION_COOKIE_NAME, client.cookies[settings.SESSION_COOKIE_NAME].value


async def _window(
    browser: Browser, address: str, person: Any, cookie: tuple[str, str], edits: Edits
) -> Window:
    context = await browser.new_context(viewport={"width": 1280, "height": 720})
    await context.add_cookies([{"name": cookie[0], "value": cookie[1], "url": address}])
    return Window(context, address, person, edits)
