"""Clients that claim and submit: over HTTP as integrators do, and on the database itself."""

from __future__ import annotations

import http.client
import itertools
import json
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from bench.report import percentile
from bench.review_site import LINES

CONNECTIONS = 40  # to the database at once; PostgreSQL allows a hundred


class Client:
    """One person's program: a token, a connection that is kept open, and how long answers took."""

    def __init__(self, address: str, token: str, user: int) -> None:
        self.user = user
        self.host = urlsplit(address).netloc
        self.headers = {"Authorization": f"Token {token}", "Content-Type": "application/json"}
        self.connection: http.client.HTTPConnection | None = None
        self.times: dict[str, list[float]] = {"next": [], "submit": []}

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and JSON of an answer. Raises OSError and HTTPException."""
        if self.connection is None:
            self.connection = http.client.HTTPConnection(self.host, timeout=30)
        try:
            sent = None if body is None else json.dumps(body)
            self.connection.request(method, f"/api/v1/{path}", sent, self.headers)
            answer = self.connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        if answer.getheader("Content-Type", "").startswith("application/json"):
            return answer.status, json.loads(content)
        return answer.status, None

    def close(self) -> None:
        """End the connection; the next call makes another."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def timed(self, name: str, path: str, body: Any = None) -> Any:
        began = time.perf_counter()
        status, data = self.call("POST", path, body)
        if status != 200:
            raise RuntimeError(f"{path} answered {status}: {data}")
        self.times[name].append(time.perf_counter() - began)
        return data


def make_clients(address: str, number: int) -> list[Client]:
    """Clients of so many reviewers."""
    from rest_framework.authtoken.models import Token

    from tests.factories import make_reviewer

    people = [make_reviewer() for _ in range(number)]
    return [Client(address, Token.objects.create(user=each).key, each.pk) for each in people]


def work(client: Client, pages: int, pause: float = 0.0) -> None:
    """Claim and submit so many pages, as read; `pause` seconds go by in the mean before each."""
    generator = random.Random(client.user)
    for _ in range(pages):
        if pause:
            client.close()  # the site ends a connection that is idle for seconds
            time.sleep(generator.expovariate(1 / pause))
        task = client.timed("next", "review-tasks/next/")["task"]
        _, lines = client.call("GET", f"pages/{task['page']}/lines/")
        if len(lines) != LINES:
            raise RuntimeError(f"Page {task['page']} has {len(lines)} lines, not {LINES}.")
        said = [{"line": line["id"], "text": "as it stands"} for line in lines]
        body = {"token": task["token"], "seconds": 9, "lines": said}
        client.timed("submit", f"review-tasks/{task['id']}/submit/", body)


def api(address: str, *, clients: int, pages: int, pause: float = 0.0) -> dict[str, Any]:
    """How long `next` and `submit` of 40 lines take with several clients at once.

    Without a pause each always has a call under way, so that both cores are busy and the calls
    wait for each other.
    """
    sys.setswitchinterval(0.000_5)  # seconds: a client's wait for its turn here is not the site's
    people = make_clients(address, clients)
    for each in people:
        work(each, 1)  # connections and caches are warm, as in the middle of a day
        each.times = {"next": [], "submit": []}
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(lambda each: work(each, pages, pause), people))
    found: dict[str, Any] = {"part": "api", "clients": clients, "pause_s": pause}
    for name in ("next", "submit"):
        times = [seconds * 1000 for each in people for seconds in each.times[name]]
        found |= {
            f"{name}_p50_ms": percentile(times, 0.5),
            f"{name}_p95_ms": percentile(times, 0.95),
            f"{name}_calls": len(times),
        }
    return found


def claims(*, reviewers: int, number: int, pause: float = 0.0) -> dict[str, Any]:
    """Claims by many reviewers over some connections: none twice, and how long each takes.

    Without a pause as many claims as there are connections are always under way. With one, each
    reviewer asks every `pause` seconds in the mean, at times of their own (a Poisson process), and
    a claim takes from the moment it was due, so that waiting for a connection counts too.
    """
    from django.db import connection

    from review.leases import claim_next
    from tests.factories import make_reviewer

    people = [make_reviewer() for _ in range(reviewers)]
    generator = random.Random(number)
    due, dues = 0.0, []
    for _ in range(number):
        due += generator.expovariate(reviewers / pause) if pause else 0.0
        dues.append(due)
    sys.setswitchinterval(0.000_5)  # seconds: a claim's wait for its turn here is not the site's
    connected = min(CONNECTIONS, reviewers)
    waiting = iter(zip(dues, itertools.cycle(people), strict=False))
    turn = threading.Lock()
    busy = {person.pk: threading.Lock() for person in people}
    began = time.perf_counter()

    def work_through() -> list[tuple[float, int]]:
        found = []
        while True:
            with turn:
                due, person = next(waiting, (0.0, None))
            if person is None:
                break
            time.sleep(max(0.0, began + due - time.perf_counter()))
            asked = began + due if pause else time.perf_counter()
            with busy[person.pk]:  # who asks again before the page is done is given that page
                task = claim_next(person)
                if task is None:
                    break
                found.append((time.perf_counter() - asked, task.pk))
                _finish(task, person)
        connection.close()
        return found

    with ThreadPoolExecutor(connected) as pool:
        shares = [pool.submit(work_through) for _ in range(connected)]
        made = [row for share in shares for row in share.result()]
    times = [took * 1000 for took, _ in made]
    return {
        "part": "claims",
        "reviewers": reviewers,
        "pause_s": pause,
        "at_once": connected,
        "claims": len(made),
        "a_second": len(made) / (time.perf_counter() - began),
        "held_twice": sum(count > 1 for count in Counter(pk for _, pk in made).values()),
        "p50_ms": percentile(times, 0.5),
        "p95_ms": percentile(times, 0.95),
    }


def _finish(task: Any, person: Any) -> None:
    """End a claimed task by its status alone: it is the claim that is measured."""
    from django.utils import timezone

    from review.leases import FREE
    from review.models import ReviewTask
    from review.states import TaskStatus

    ReviewTask.objects.filter(pk=task.pk, lease_token=task.lease_token).update(
        status=TaskStatus.DONE, done_by=person, done_at=timezone.now(),
        done_token=task.lease_token, **FREE,
    )  # fmt: skip


def queries(*, rounds: int = 20) -> dict[str, Any]:
    """How long the queue's depth and its empty states take, and whether the index is used.

    `queue_*_ms` is all that the queue's page asks, `queries_*_ms` the database's share of it.
    """
    from django.db import connection

    from review.leases import first_free_for
    from review.queue_state import queue_for
    from tests.factories import make_admin, make_reviewer

    found: dict[str, Any] = {"part": "queries"}
    for name, person in (("reviewer", make_reviewer()), ("admin", make_admin())):
        found[f"queue_{name}_ms"] = _median(lambda each=person: queue_for(each), rounds)
        asked: list[float] = []
        with connection.execute_wrapper(_Stopwatch(asked)):
            for _ in range(rounds):
                queue_for(person)
        found[f"queries_{name}"] = len(asked) // rounds
        found[f"queries_{name}_ms"] = sum(asked) * 1000 / rounds
        found[f"slowest_query_{name}_ms"] = max(
            percentile(asked[at :: len(asked) // rounds], 0.5) * 1000
            for at in range(len(asked) // rounds)
        )
    plan = first_free_for(make_reviewer())[:1].explain()
    found["claim_plan"] = plan
    found["claim_by_index"] = "task_queue" in plan and "Seq Scan on review_reviewtask" not in plan
    return found


@dataclass(frozen=True, slots=True)
class _Stopwatch:
    """Notes in `taken` how many seconds each query was under way, as `execute_wrapper` asks."""

    taken: list[float]

    def __call__(self, execute: Callable[..., Any], *given: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(*given)
        finally:
            self.taken.append(time.perf_counter() - began)


def _median(ask: Callable[[], object], rounds: int) -> float:
    times: list[float] = []
    for _ in range(rounds):
        began = time.perf_counter()
        ask()
        times.append((time.perf_counter() - began) * 1000)
    return percentile(times, 0.5)


def summary(runs: Sequence[dict[str, Any]], part: str) -> dict[str, Any] | None:
    """The run of a part, if it was made."""
    return next((run for run in runs if run["part"] == part), None)
