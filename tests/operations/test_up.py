"""`bin/up` from start to stop, with everything it starts."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import psutil
import pytest

from ocrsite import health, supervise

ROOT = Path(__file__).resolve().parents[2]
NOT_PASSED_ON = ("DATABASE_URL", "CELERY_BROKER_URL", "SECRET_KEY", "VAR_DIR", "PORT")
PATIENCE = 180.0  # seconds; a first start migrates and installs the base model


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Up:
    """One `bin/up` after its installation, with data in `var`."""

    def __init__(self, var: Path, port: int) -> None:
        self.var, self.port = var, port
        environment = {k: v for k, v in os.environ.items() if k not in NOT_PASSED_ON}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ocrsite.supervise"],
            cwd=ROOT,
            env=environment | {"VAR_DIR": str(var), "PORT": str(port)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),  # ignored under nohup
        )
        self.said: list[str] = []

    def wait_until_ready(self) -> str:
        """Read what it says up to the line that says it is ready; returns that line."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            if line.startswith("Ready: "):
                return line
        raise AssertionError("".join(self.said))

    def end(self, signum: signal.Signals) -> int:
        self.process.send_signal(signum)
        rest, _ = self.process.communicate(timeout=PATIENCE)
        self.said.append(rest)
        return self.process.returncode


def _remains(var: Path) -> list[psutil.Process]:
    """Processes that belong to the site in `var`, by their environment or their command line."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            if process.status() != psutil.STATUS_ZOMBIE and (
                process.environ().get("OCR_SITE_VAR") == str(var)
                or str(var) in " ".join(process.cmdline())
            ):
                found.append(process)
    return found


def _wait_until_nothing_remains(var: Path, seconds: float) -> list[psutil.Process]:
    until = time.monotonic() + seconds
    while (left := _remains(var)) and time.monotonic() < until:
        time.sleep(0.2)
    return left


@pytest.fixture
def var(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "var"
    yield place
    _kill_remains(place)


@pytest.fixture(scope="module")
def lasting_var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data that one test leaves to the next: the first start takes most of a test's time."""
    return tmp_path_factory.mktemp("up") / "var"


@pytest.fixture
def site(lasting_var: Path) -> Iterator[Path]:
    yield lasting_var
    _kill_remains(lasting_var)


def _kill_remains(var: Path) -> None:
    for process in _remains(var):
        process.kill()


def _get(port: int, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    with closing(connection):
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()


def _postmaster(var: Path) -> str:
    """The number of PostgreSQL's first process; empty where none has said it yet."""
    try:
        return (var / "postgres" / "postmaster.pid").read_text().split()[0]
    except (FileNotFoundError, IndexError):
        return ""


def _status(port: int) -> str:
    return str(json.loads(_get(port, "/healthz")[1])["status"])


def test_it_starts_everything_once_and_nothing_of_it_outlives_it(site: Path) -> None:
    port = _free_port()
    first = Up(site, port)
    line = first.wait_until_ready()
    assert line.startswith(f"Ready: http://127.0.0.1:{port}/ user: admin  password: ")
    status, body = _get(port, "/healthz")
    assert (status, json.loads(body)["status"]) == (200, "ok")
    assert _get(port, "/login/")[0] == 200

    second = Up(site, _free_port())
    output, _ = second.process.communicate(timeout=PATIENCE)
    assert second.process.returncode == 1
    assert f"already runs (process {first.process.pid})" in output

    assert first.end(signal.SIGINT) == 0
    assert _remains(site) == []

    again = Up(site, port)
    assert "password" not in again.wait_until_ready()
    assert again.end(signal.SIGHUP) == 0  # the terminal was closed
    assert _remains(site) == []


def test_it_outlives_its_database_and_the_next_start_one_that_was_killed(site: Path) -> None:
    port = _free_port()
    killed = Up(site, port)
    killed.wait_until_ready()
    postmaster = psutil.Process(int(_postmaster(site)))
    postmaster.kill()
    until = time.monotonic() + 60
    while _postmaster(site) in ("", str(postmaster.pid)) and time.monotonic() < until:
        time.sleep(0.1)
    time.sleep(health.KEPT_SECONDS)  # for so long an earlier report is given again
    while _status(port) != "ok" and time.monotonic() < until:
        time.sleep(0.5)
    assert _status(port) == "ok"
    assert _postmaster(site) != str(postmaster.pid)
    killed.end(signal.SIGKILL)
    assert _wait_until_nothing_remains(site, 30.0) == []
    following = Up(site, port)
    following.wait_until_ready()
    assert following.end(signal.SIGTERM) == 0
    assert _wait_until_nothing_remains(site, 5.0) == []


def test_a_port_in_use_is_told_before_anything_starts(var: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        up = Up(var, taken.getsockname()[1])
        output, _ = up.process.communicate(timeout=PATIENCE)
    assert up.process.returncode == 1
    assert "cannot be used: Address already in use" in output
    assert not (var / "postgres").exists()


def test_the_secret_key_is_made_once_and_is_its_owners_alone(var: Path) -> None:
    var.mkdir()
    made = supervise.secret_key(var)
    assert len(made) > 50
    assert supervise.secret_key(var) == made
    assert (var / "secret-key").stat().st_mode & 0o777 == 0o600
