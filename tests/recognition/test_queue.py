"""Handing work over: a broker that is down loses nothing and holds nobody up."""

import socket
import time
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

import pytest
from celery import Celery
from django.utils import timezone
from kombu import Connection

from ocrsite import embedded
from recognition import queue
from recognition.intake import add_file, sweep_documents
from recognition.models import Document, Page
from recognition.queue import NEVER, enqueue, token_of
from recognition.states import DocumentStatus, PageStatus
from tests.factories import make_batch, make_page, page_picture, picture_bytes

pytestmark = pytest.mark.django_db


def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def app_at(url: str) -> Celery:
    """An application like the site's, with its broker at `url`."""
    app = Celery("elsewhere", set_as_current=False)
    app.config_from_object("django.conf:settings", namespace="CELERY")
    app.conf.broker_write_url = url  # the environment has the last word on `broker_url`
    return app


def broker(directory: Path) -> AbstractContextManager[str]:
    """A real Redis that ends with the block."""
    return embedded.redis_server(directory / "redis", directory / "redis.log", durable=False)


def waiting_at(url: str) -> int:
    """How many messages wait there for an OCR worker."""
    with Connection(url) as connection:
        return int(connection.default_channel.client.llen("ocr"))


@pytest.fixture
def broker_down(monkeypatch) -> Celery:
    app = app_at(f"redis://127.0.0.1:{closed_port()}/0")
    monkeypatch.setattr(queue, "current_app", app)
    return app


def test_with_the_broker_down_an_upload_is_kept_and_picked_up_later(
    broker_down, tmp_path, monkeypatch, django_capture_on_commit_callbacks
):
    started = time.monotonic()
    with django_capture_on_commit_callbacks(execute=True):
        document = add_file(
            batch=make_batch(), filename="a.png", chunks=[picture_bytes(page_picture(["a"]))]
        )
    assert time.monotonic() - started < 10  # the uploader does not wait for a broker
    document.refresh_from_db()
    assert (document.status, document.queued_at) == (DocumentStatus.STORED, NEVER)
    with broker(tmp_path) as url:  # it is back
        monkeypatch.setattr(queue, "current_app", app_at(url))
        with django_capture_on_commit_callbacks(execute=True):
            assert sweep_documents() == 1
        assert waiting_at(url) == 1
    assert sweep_documents() == 0


def test_a_broker_that_goes_down_between_two_messages_loses_neither(
    tmp_path, monkeypatch, django_capture_on_commit_callbacks
):
    first, second = make_page(status=PageStatus.QUEUED), make_page(status=PageStatus.QUEUED)
    with broker(tmp_path) as url:
        monkeypatch.setattr(queue, "current_app", app_at(url))
        with django_capture_on_commit_callbacks(execute=True):
            enqueue("recognition.tasks.read_page", [first])
        assert waiting_at(url) == 1
    with django_capture_on_commit_callbacks(execute=True):
        enqueue("recognition.tasks.read_page", [second])  # over a connection that is dead by now
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.queued_at > timezone.now() - timedelta(minutes=1)
    assert second.queued_at == NEVER


def test_nothing_is_sent_before_the_commit(
    tmp_path, monkeypatch, django_capture_on_commit_callbacks
):
    with broker(tmp_path) as url:
        monkeypatch.setattr(queue, "current_app", app_at(url))
        with django_capture_on_commit_callbacks(execute=False) as waiting:
            enqueue("recognition.tasks.read_page", [make_page(status=PageStatus.QUEUED)])
            enqueue("recognition.tasks.read_page", [])
        assert waiting_at(url) == 0
        assert len(waiting) == 1


def test_a_messages_token_is_its_tasks_id():
    assert str(token_of("6fd7a8ab-9f5e-4a5f-9f3f-d1a2f0e3b111")).startswith("6fd7a8ab")
    assert token_of("chosen by hand") is None
    assert token_of(None) is None


def test_rows_that_wait_are_swept_whatever_their_kind():
    page = make_page(status=PageStatus.QUEUED)
    Page.objects.filter(pk=page.pk).update(queued_at=NEVER)
    assert list(Page.objects.stuck(timedelta(minutes=15))) == [page]
    assert not Document.objects.stuck(timedelta(minutes=15)).exists()
