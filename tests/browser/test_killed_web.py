"""The web server killed between typing and submit: the real gunicorn, `kill -9`, started again."""

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

import pytest
from django.test import Client
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from review.leases import claim_task
from review.models import Draft, Label
from tests.factories import make_reviewer, make_task
from tests.workers import ROOT, worker_environment

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's loop is this test's own thread
START_SECONDS = 60


@contextmanager
def gunicorn(port: int, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The site as `bin/up` serves it, on the test's database; killed with its workers."""
    with log.open("ab") as out:
        server = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn", "ocrsite.wsgi"),
                *("--bind", f"127.0.0.1:{port}", "--no-control-socket"),
                *("--worker-class", "gthread", "--threads", "4"),
            ],
            cwd=ROOT,
            env=worker_environment(),
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        wait_until_up(port)
        yield server
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def wait_until_up(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/login/", timeout=5).close()
        except OSError:  # refused, reset, or too busy yet
            time.sleep(0.2)
        else:
            return
    raise AssertionError(f"The server did not answer in {START_SECONDS} s.")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_what_was_typed_outlives_the_web_server(client: Client, page: Tab, tmp_path: Path) -> None:
    rosa = make_reviewer(username="rosa")
    client.force_login(rosa)
    task = make_task(lines=[("Total 12.50", 0.4), ("Thank you", 0.99)])
    assert claim_task(task.pk, rosa)
    first, second = task.page.lines.current()
    port = free_port()
    address = f"http://127.0.0.1:{port}/review/{task.pk}/"
    session = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": address}])

    with gunicorn(port, tmp_path / "web.log"):
        page.goto(address)
        page.locator(f"#f{first.pk}").fill("Total 12.80")
        expect(page.locator("#saved")).to_contain_text("aved")
        for _ in range(100):
            if Draft.objects.filter(line=first, text="Total 12.80").exists():
                break
            page.wait_for_timeout(100)

    page.locator(f"#f{second.pk}").fill("Thank you!")  # typed while there is no server
    page.wait_for_timeout(1_000)
    assert Draft.objects.get(line=first).text == "Total 12.80"

    with gunicorn(port, tmp_path / "web.log"):
        page.goto(address)
        expect(page.locator(f"#f{first.pk}")).to_have_value("Total 12.80")
        expect(page.locator(f"#f{second.pk}")).to_have_value("Thank you!")
        page.keyboard.press("Control+Enter")
        page.wait_for_url(lambda now: now != address)

    labels = Label.objects.current().order_by("line__position").values_list("text", flat=True)
    assert list(labels) == ["Total 12.80", "Thank you!"]
