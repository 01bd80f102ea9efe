"""Reviewing while the site is killed around it: what was acknowledged must be there in the end."""

from __future__ import annotations

import http.client
import random
import signal
import socket
import threading
import time
from pathlib import Path
from typing import Any

from bench.review_clients import Client, make_clients
from bench.review_site import LINES, queue_pages, start_web, stop_web

REVIEWERS = 8
PATIENCE = 60.0  # seconds that a client goes on asking a site that is down
STRIKE = (1.0, 3.0)  # seconds between blows


class Reviewer(threading.Thread):
    """Types line by line, keeps drafts, submits; sends again whatever got no answer."""

    def __init__(self, client: Client, edits: int, seed: int) -> None:
        super().__init__()
        self.client = client
        self.left = edits
        self.chance = random.Random(seed)
        self.kept: dict[tuple[int, int], str] = {}  # (task, line) -> text acknowledged as a draft
        self.submitted: dict[int, dict[int, str]] = {}  # task -> what was acknowledged as labels
        self.fault: Exception | None = None

    def run(self) -> None:
        try:
            while self.left > 0 and self._page():
                pass
        except Exception as error:  # noqa: BLE001  told of at the end, by the bench
            self.fault = error

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
        for line in self.chance.sample(list(texts), min(10, len(texts))):
            texts[line] = f"typed {self.left} by {self.name}"
            entry = {"line": line, "text": texts[line], "revision": revisions.get(line, 0)}
            status, saved = self._ask("PUT", f"review-tasks/{number}/drafts/", {"lines": [entry]})
            if status == 200:
                revisions |= {int(key): value for key, value in saved["revisions"].items()}
                self.kept[number, line] = texts[line]
            self.left -= 1
        said = [
            {"line": line, "text": text, "revision": revisions.get(line, 0)}
            for line, text in texts.items()
        ]
        body = {"token": task["token"], "seconds": 5, "lines": said}
        status, _ = self._ask("POST", f"review-tasks/{number}/submit/", body)
        if status == 200:
            self.submitted[number] = texts
        return True


def chaos(var: Path, *, edits: int) -> dict[str, Any]:
    """Edits by eight reviewers while web workers and connections are killed and leases expire."""
    queue_pages(edits // 8 + REVIEWERS * 4, with_lines=edits // 8 + REVIEWERS * 4)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    server = start_web(var, port)
    clients = make_clients(f"http://127.0.0.1:{port}", REVIEWERS)
    people = [Reviewer(client, edits // REVIEWERS, seed) for seed, client in enumerate(clients)]
    began = time.monotonic()
    for person in people:
        person.start()
    blows = {"web_killed": 0, "connections_cut": 0, "leases_expired": 0}
    chance = random.Random(7)
    try:
        while any(person.is_alive() for person in people):
            time.sleep(chance.uniform(*STRIKE))
            blow = chance.choice(sorted(blows))
            blows[blow] += 1
            if blow == "web_killed":
                stop_web(server, signal.SIGKILL)
                server = start_web(var, port)
            elif blow == "connections_cut":
                _cut_connections()
            else:
                _expire_leases()
    finally:
        stop_web(server)
    for person in people:
        person.join()
        if person.fault:
            raise person.fault
    return {
        "part": "chaos",
        "edits": sum(edits // REVIEWERS - person.left for person in people),
        "seconds": time.monotonic() - began,
        **blows,
        **verdict(people),
    }


def verdict(people: list[Reviewer]) -> dict[str, int]:
    """What was acknowledged and is not there, and what is there twice."""
    from django.db.models import Count

    from review.models import Draft, Label, RefusedDraft

    lost = 0
    for person in people:
        drafts = {(row.task_id, row.line_id, row.text) for row in Draft.objects.filter(
            task__in={task for task, _ in person.kept}
        )}  # fmt: skip
        drafts |= {(row.task_id, row.line_id, row.text) for row in RefusedDraft.objects.all()}
        lost += sum((task, line, text) not in drafts for (task, line), text in person.kept.items())
        for task, texts in person.submitted.items():
            said = dict(Label.objects.filter(task=task).values_list("line", "text"))
            lost += sum(said.get(line) != text for line, text in texts.items())
    labelled = Label.objects.values("task").annotate(
        people=Count("reviewer", distinct=True), number=Count("pk")
    )
    return {
        "lost": lost,
        "held_twice": sum(row["people"] > 1 for row in labelled),
        "submitted_twice": sum(row["number"] > LINES for row in labelled),
        "pages_submitted": sum(len(person.submitted) for person in people),
    }


def _cut_connections() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() "
            "AND backend_type = 'client backend'"
        )


def _expire_leases() -> None:
    from datetime import timedelta

    from django.utils import timezone

    from review.models import ReviewTask

    ReviewTask.objects.filter(status="held").update(
        lease_expires_at=timezone.now() - timedelta(seconds=1)
    )
