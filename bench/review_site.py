"""A site of its own for a bench: real PostgreSQL, real gunicorn, as many queued pages as asked."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60
LINES = 40  # of a page that API clients submit


@contextmanager
def database(var: Path) -> Iterator[None]:
    """Servers in `var`, Django set up against them, the tables made."""
    os.environ.update(
        {
            "SECRET_KEY": "only for a bench",
            "VAR_DIR": str(var),
            "DJANGO_SETTINGS_MODULE": "bench.quick_settings",
            "DJANGO_ALLOW_ASYNC_UNSAFE": "true",  # Playwright's loop is the bench's own thread
            "LOG_LEVEL": "ERROR",
        }
    )
    for name in ("DATABASE_URL", "CELERY_BROKER_URL"):
        os.environ.pop(name, None)
    from ocrsite import embedded

    with embedded.servers(var, os.environ) as added:
        os.environ.update(added)
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        yield


@contextmanager
def web(var: Path) -> Iterator[str]:
    """The site as `bin/up` serves it; yields its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    server = start_web(var, port)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        stop_web(server)


def start_web(var: Path, port: int) -> subprocess.Popen[bytes]:
    """Gunicorn with the workers and threads of `ocrsite.programs`, answering."""
    from ocrsite.programs import programs

    command = next(each for each in programs(port=port, reading=1) if each.name == "web").command
    with (var / "web.log").open("ab") as log:
        server = subprocess.Popen(
            [sys.executable, *command[1:]],
            cwd=ROOT,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/login/", timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return server
    stop_web(server)
    raise RuntimeError(f"The site did not answer in {START_SECONDS} s; see {var / 'web.log'}.")


def stop_web(server: subprocess.Popen[bytes], signum: signal.Signals = signal.SIGTERM) -> None:
    """End the server with all its workers."""
    os.killpg(server.pid, signum)
    server.wait()


def queue_pages(pages: int, *, with_lines: int, lines: int = LINES) -> Any:
    """A document type with `pages` waiting tasks, the first `with_lines` with `lines` lines each.

    Rows are multiplied inside the database: a million through the services would take hours.
    """
    from django.db import connection

    from recognition.models import Line, Page, Prediction
    from review.models import ReviewTask
    from tests.factories import make_task

    texts = [(f"Line {number} of a page like many", 0.5) for number in range(lines)]
    task = make_task(lines=texts, image=False)
    page = task.page
    line = page.lines.all()[0]
    prediction = line.predictions.get()
    _multiply(Page, page.pk, f"generate_series(2, {pages}) AS n", number="n")
    others = f"FROM recognition_page WHERE document_id = {page.document_id} AND id <> {page.pk}"
    made = f"(SELECT id AS page {others}) AS made"
    _multiply(ReviewTask, task.pk, made, page_id="made.page", turn="random()")
    made_now = ReviewTask.objects.filter(document_type=task.document_type_id).exclude(pk=task.pk)
    first = made_now.in_queue_order()[: with_lines - 1]
    ReviewTask.objects.filter(pk=task.pk).update(turn=1)
    keys = ",".join(str(key) for key in first.values_list("page_id", flat=True))
    some = f"(SELECT id AS page FROM recognition_page WHERE id IN ({keys or 0})) AS made"
    places = f"generate_series(0, {lines - 1}) AS n"
    _multiply(Line, line.pk, f"{some}, {places}", page_id="made.page", position="n")
    fresh = f"SELECT id AS line FROM recognition_line WHERE page_id <> {page.pk} AND id > {line.pk}"
    _multiply(Prediction, prediction.pk, f"({fresh}) AS made", line_id="made.line")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return task.document_type


def _multiply(model: Any, pk: int, rows: str, **change: str) -> None:
    """Copy the row `pk` for each of `rows`, with the columns in `change` computed."""
    from django.db import connection, transaction

    table = model._meta.db_table
    columns = [field.column for field in model._meta.concrete_fields if not field.primary_key]
    values = [change.get(column, f'kept."{column}"') for column in columns]
    names = ", ".join(f'"{column}"' for column in columns)
    with transaction.atomic(), connection.cursor() as cursor:
        # A copy of a row that stands breaks no rule: to check each takes longer than to write it.
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(  # names and numbers of our own, nothing from outside
            f'INSERT INTO "{table}" ({names}) SELECT {", ".join(values)} '
            f'FROM "{table}" AS kept, {rows} WHERE kept.id = {pk}'
        )
