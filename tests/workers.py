"""Real Celery workers beside a test, on the test's own database, broker and files."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from celery import current_app
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent
STOP_SECONDS = 30


def worker_environment() -> dict[str, str]:
    """What a child process needs to work on this test's database instead of the real one."""
    address = urlsplit(os.environ["DATABASE_URL"])
    name = connection.settings_dict["NAME"]
    return {**os.environ, "DATABASE_URL": address._replace(path=f"/{name}").geturl()}


@contextmanager
def celery_worker(queues: str, log: Path, *, concurrency: int = 1) -> Iterator[subprocess.Popen]:
    """A prefork worker of `queues` (comma-separated), ended with all its children afterwards."""
    command = [
        *(sys.executable, "-m", "celery", "-A", "ocrsite", "worker", "-Q", queues),
        *("--concurrency", str(concurrency), "--loglevel", "INFO"),
        *("--hostname", f"{queues.replace(',', '-')}@%h", "--without-gossip", "--without-mingle"),
    ]
    with log.open("ab") as out:
        worker = subprocess.Popen(
            command,
            cwd=ROOT,
            env=worker_environment(),
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
        try:
            yield worker
        finally:
            worker.terminate()
            try:
                worker.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(worker.pid, signal.SIGKILL)
                worker.wait()


def messages_in(*queues: str) -> Counter[str]:
    """How many messages wait in the real broker, by queue."""
    with current_app.connection_for_write() as broker:
        channel = broker.default_channel
        return Counter(
            {queue: channel.queue_declare(queue, passive=False).message_count for queue in queues}
        )
