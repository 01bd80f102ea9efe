"""A reviewer's program: types line by line over the API, keeps drafts, submits."""

from __future__ import annotations

import http.client
import random
import threading
import time
from collections.abc import Iterator
from typing import Any

from bench.review_clients import Client
from bench.review_verdict import Edits, Typed

PATIENCE = 90.0  # seconds that a client goes on asking a site that is down
PAUSE = 0.05  # seconds before each edit: people in windows are to get their turn
PAGE = 10  # edits on a page before it is submitted


class Program(threading.Thread):
    """Sends again whatever got no answer."""

    def __init__(self, client: Client, edits: Edits, seed: int) -> None:
        super().__init__(daemon=True)
        self.client = client
        self.edits, self.made = edits, 0
        self.chance = random.Random(seed)
        self.kept: dict[tuple[int, int], str] = {}  # (task, line) -> text acknowledged as a draft
        self.submitted: dict[int, dict[int, str]] = {}  # task -> what was acknowledged as labels
        self.fault: Exception | None = None

    def run(self) -> None:
        try:
            while self.edits.left(self.made, PAGE) and self._page():
                pass
        except Exception as error:  # noqa: BLE001  told of at the end, by the bench
            self.fault = error

    def typed(self) -> Iterator[Typed]:
        """Everything that was acknowledged."""
        user = self.client.user
        for (task, line), text in self.kept.items():
            yield Typed(user, task, line, text)
        for task, texts in self.submitted.items():
            for line, text in texts.items():
                yield Typed(user, task, line, text, submitted=True)

    def _ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        end = time.monotonic() + PATIENCE
        while True:
            try:
                status, data = self.client.call(method, path, body)
                if status < 500:
                    return status, data
            except (OSError, http.client.HTTPException):
                pass
            if time.monotonic() > end:
                raise TimeoutError(path)
            time.sleep(0.1)

    def _page(self) -> bool:
        task = self._ask("POST", "review-tasks/next/")[1]["task"]
        if task is None:
            return False
        number = task["id"]
        lines = self._ask("GET", f"pages/{task['page']}/lines/")[1]
        drafts = self._ask("GET", f"review-tasks/{number}/drafts/")[1]
        revisions = {each["line"]: each["revision"] for each in drafts}
        texts = {line["id"]: "as read" for line in lines}
        texts |= {each["line"]: each["text"] for each in drafts}
        for line in self.chance.sample(list(texts), min(PAGE, len(texts))):
            texts[line] = f"edit {self.edits.count()} by {self.name}"
            entry = {"line": line, "text": texts[line], "revision": revisions.get(line, 0)}
            time.sleep(PAUSE)
            status, saved = self._ask("PUT", f"review-tasks/{number}/drafts/", {"lines": [entry]})
            if status in (200, 409):  # 409: kept beside a newer draft
                revisions |= {int(key): value for key, value in saved["revisions"].items()}
                self.kept[number, line] = texts[line]
            self.made += 1
        said = [
            {"line": line, "text": text, "revision": revisions.get(line, 0)}
            for line, text in texts.items()
        ]
        body = {"token": task["token"], "seconds": 5, "lines": said}
        status, _ = self._ask("POST", f"review-tasks/{number}/submit/", body)
        if status == 200:
            self.submitted[number] = texts
        return True
