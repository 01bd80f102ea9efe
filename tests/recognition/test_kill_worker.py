"""A real worker on the real broker, killed with `kill -9` in the middle of a page."""

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
import pytest
from celery import current_app
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from kombu import Connection
from PIL import Image

from ocrsite import embedded
from recognition.intake import SPLIT_TASK, add_file
from recognition.models import Document, Line, Page, Prediction
from recognition.reading import REREAD_TASK
from recognition.states import DocumentStatus, PageStatus
from recognition.synthesis import LIGHT, Kind, render_document
from review.proposals.find import FIND_TASK
from tests.factories import make_batch, make_type, picture_bytes
from tests.workers import celery_worker
from training.shadow import READ_TASK as TRIAL_TASK

pytestmark = pytest.mark.django_db(transaction=True)

START = 120.0  # seconds for a worker to start on a busy machine
READ = 180.0  # seconds for a page, model loading included


def wait_until(condition: Callable[[], Any], seconds: float, what: str) -> Any:
    """Poll closely: the window in which a page is being read may be short."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    pytest.fail(f"{what} did not happen within {seconds:.0f} seconds")


@pytest.fixture
def broker(tmp_path) -> Iterator[str]:
    """A Redis of this test's own: no other worker takes its messages."""
    with embedded.redis_server(tmp_path / "redis", tmp_path / "redis.log", durable=False) as url:
        yield url


@pytest.fixture
def worker(tmp_path, broker, monkeypatch) -> Iterator[psutil.Process]:
    """A Celery worker with one pool process, on the test's database and broker."""
    monkeypatch.setenv("CELERY_BROKER_URL", broker)
    log = tmp_path / "worker.log"
    with celery_worker("ocr", log) as process:
        wait_until(lambda: b" ready." in log.read_bytes(), START, "the worker's start")
        yield psutil.Process(process.pid)


def big_page() -> bytes:
    """A page of real lines, large enough for its reading to be caught in the act."""
    sheet = render_document(Kind.LETTER, 5, LIGHT).image
    wide = Image.new("RGB", (sheet.width * 2, sheet.height), "white")
    wide.paste(sheet, (0, 0))
    wide.paste(render_document(Kind.FORM, 6, LIGHT).image.resize(sheet.size), (sheet.width, 0))
    return picture_bytes(wide, "JPEG")


def caught_reading(broker: str) -> Page:
    """A page that the worker is in the middle of, for the first time."""
    call_command("install_base_model", verbosity=0)
    batch = make_batch(make_type())
    document = add_file(batch=batch, filename="big.jpg", chunks=[big_page()])
    with Connection(broker) as messages:
        current_app.send_task(SPLIT_TASK, args=[document.pk], connection=messages)
    wait_until(
        lambda: Document.objects.get(pk=document.pk).status == DocumentStatus.SPLIT,
        READ,
        "splitting",
    )
    page = Page.objects.get(document=document)

    def reading() -> Page | None:
        return Page.objects.filter(pk=page.pk, status=PageStatus.READING).first()

    caught = wait_until(reading, READ, "reading")
    assert caught.attempts == 1
    return caught


def test_a_page_whose_reader_is_killed_is_read_once_and_at_once(worker, broker):
    page = caught_reading(broker)
    (child,) = [process for process in worker.children() if process.is_running()]
    child.send_signal(signal.SIGKILL)
    killed = time.monotonic()
    assert not Line.objects.filter(page=page).exists()  # it was in the middle

    def finished() -> Page | None:
        return Page.objects.filter(
            pk=page.pk, status__in=[PageStatus.REVIEW, PageStatus.ACCEPTED, PageStatus.FAILED]
        ).first()

    done = wait_until(finished, READ, "the second reading")
    seconds = time.monotonic() - killed
    assert done.status != PageStatus.FAILED, done.failure_message
    assert done.attempts == 2
    assert seconds < settings.READ_LEASE_SECONDS  # it did not wait for the lease to run out
    lines = list(Line.objects.filter(page=page))
    assert len(lines) > 20
    assert len({line.position for line in lines}) == len(lines)
    assert Prediction.objects.filter(line__page=page).count() == len(lines)
    assert done.decisions.count() == 1
    assert done.tasks.count() <= 1


def test_a_worker_that_is_switched_off_has_not_died_over_its_page(worker, broker):
    page = caught_reading(broker)
    worker.send_signal(signal.SIGQUIT)  # as `bin/up` ends it
    worker.wait(READ)
    page.refresh_from_db()
    assert (page.status, page.attempts) == (PageStatus.READING, 0)


def test_what_nobody_counts_is_not_begun_again_where_its_worker_was_killed(
    worker, broker, tmp_path
):
    """Else what kills its reader would kill the next one, and so on."""
    log = tmp_path / "worker.log"

    def follow() -> None:
        task = send(broker, REREAD_TASK, [0])
        wait_until(lambda: said(log, task, "succeeded"), START, "the next task")

    killed = []
    for name, arguments in (
        (REREAD_TASK, [0]),
        (TRIAL_TASK, [0]),
        (FIND_TASK, [0, str(uuid4())]),
    ):
        wait_until(lambda: len(worker.children()) == 1, START, "the start of a reader")
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE recognition_page IN ACCESS EXCLUSIVE MODE")
            killed.append(send(broker, name, arguments))
            wait_until(waits_for_pages, START, name)  # it is in the middle
            (child,) = worker.children()
            child.send_signal(signal.SIGKILL)
            psutil.wait_procs([child], START)
        follow()
    follow()  # what goes back to the queue comes behind the first
    assert [said(log, task, "received") for task in killed] == [1, 1, 1]


def send(broker: str, name: str, arguments: list[Any]) -> str:
    with Connection(broker) as messages:
        return str(current_app.send_task(name, args=arguments, connection=messages).id)


def said(log: Path, task: str, what: str) -> int:
    """How often the worker's log says this of a task."""
    return log.read_text().count(f"[{task}] {what}")


def waits_for_pages() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks"
            " WHERE relation = 'recognition_page'::regclass AND NOT granted"
        )
        return bool(cursor.fetchone()[0])
