"""Whether the site can work: database, broker, workers and the model that reads.

Anybody may ask, so the answers are sentences of this file and never an error's own text, and are
kept for a moment: asking often costs the broker nothing.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NoAnswer
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from http import HTTPStatus
from pathlib import Path
from threading import Lock
from time import monotonic

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu import Connection
from kombu.exceptions import KombuError
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError

from ocrsite.celery import app
from recognition.engines.store import ModelStoreError, load
from recognition.exceptions import NoModel
from recognition.registry import active_model

logger = logging.getLogger(__name__)

ANSWER_SECONDS = 1.5
"""How long all probes together may take; a probe that takes longer has failed."""
WORKERS_SECONDS = 0.7
"""Workers answer a broadcast within milliseconds; all of this is waited out, for there is no
telling how many there are."""
KEPT_SECONDS = 2.0
"""How long a good report is given again: no more than the delay an operator would notice."""
TROUBLE_KEPT_SECONDS = 0.3
"""How long a bad one is: at a start everybody waits for the good one."""
BROKER_ERRORS = (OSError, KombuError, BrokerError, RedisError)
QUEUES = frozenset(queue.name for queue in settings.CELERY_TASK_QUEUES)


@dataclass(frozen=True, slots=True)
class Part:
    """Whether one part works, and a sentence on it that may be shown to anybody."""

    ok: bool
    message: str


@dataclass(frozen=True, slots=True)
class Report:
    """All parts by name."""

    parts: Mapping[str, Part]

    @property
    def ok(self) -> bool:
        return all(part.ok for part in self.parts.values())

    def as_dict(self) -> dict[str, object]:
        """The answer of /healthz."""
        parts = {name: asdict(part) for name, part in self.parts.items()}
        return {"status": "ok" if self.ok else "degraded", **parts}


@never_cache
@login_not_required
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 where everything works, else 503 and what does not."""
    report = current_report()
    status = HTTPStatus.OK if report.ok else HTTPStatus.SERVICE_UNAVAILABLE
    return JsonResponse(report.as_dict(), status=status)


def database() -> Part:
    """Whether the database answers."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        logger.warning("The database does not answer: %s", error)
        return Part(False, "The database does not answer.")
    finally:
        connection.close()  # of this thread, which serves no request
    return Part(True, "The database answers.")


def broker() -> Part:
    """Whether the broker takes a connection."""
    try:
        with _connection():
            pass
    except BROKER_ERRORS as error:
        logger.warning("The broker does not answer: %s", error)
        return Part(False, "The broker does not answer; uploads are kept and read when it is back.")
    return Part(True, "The broker answers.")


@contextmanager
def _connection() -> Iterator[Connection]:
    """A connection to the broker that was tried once: Celery's own would be tried for long."""
    with app.connection_for_write() as connected:
        connected.ensure_connection(max_retries=1, interval_start=0, timeout=1)
        yield connected


def workers() -> Part:
    """Whether every queue has a worker that answers."""
    try:
        with _connection() as connected:
            inspect = app.control.inspect(timeout=WORKERS_SECONDS, connection=connected)
            answers = inspect.active_queues() or {}
    except BROKER_ERRORS:
        return Part(False, "Not known: the broker does not answer.")
    served = {queue["name"] for queues in answers.values() for queue in queues}
    if missing := sorted(QUEUES - served):
        return Part(False, f"No worker serves {', '.join(missing)}.")
    return Part(True, f"{len(answers)} workers serve all queues.")


def model() -> Part:
    """Whether a model is active for all types, and its files are what was written.

    A file is hashed once in a process, and again only after it has changed.
    """
    try:
        version = active_model(None)
        load(Path(settings.MODEL_STORE), version.sha256)
    except NoModel as error:
        return Part(False, error.message)
    except ModelStoreError as error:
        logger.warning("The active model cannot be used: %s", error)
        return Part(False, "Files of the active model are missing or damaged; see the log.")
    except DatabaseError:
        return Part(False, "Not known: the database does not answer.")
    finally:
        connection.close()  # of this thread, which serves no request
    return Part(True, f"{version.name} ({version.short_sha}) reads.")


PROBES: Mapping[str, Callable[[], Part]] = {
    "database": database,
    "broker": broker,
    "workers": workers,
    "model": model,
}
_threads = ThreadPoolExecutor(max_workers=2 * len(PROBES), thread_name_prefix="health")
_lock = Lock()
_kept: tuple[float, Report] | None = None  # until when, and what


def current_report() -> Report:
    """The last report while it is fresh, else a new one; askers at once share one."""
    global _kept
    with _lock:
        if _kept is None or monotonic() > _kept[0]:
            report = ask(PROBES)
            _kept = (monotonic() + (KEPT_SECONDS if report.ok else TROUBLE_KEPT_SECONDS), report)
        return _kept[1]


def ask(probes: Mapping[str, Callable[[], Part]]) -> Report:
    """Ask every part at once; one that is silent for too long is given up, not waited for."""
    until = monotonic() + ANSWER_SECONDS
    asked = {name: _threads.submit(probe) for name, probe in probes.items()}
    return Report({name: _answer(future, until) for name, future in asked.items()})


def _answer(future: Future[Part], until: float) -> Part:
    try:
        return future.result(timeout=max(0.0, until - monotonic()))
    except NoAnswer:
        future.cancel()
        return Part(False, f"No answer within {ANSWER_SECONDS} seconds.")
