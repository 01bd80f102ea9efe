"""The embedded servers: they start, they survive rough treatment, and they leave nothing behind."""

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import psycopg2
import pytest
import redis

from ocrsite import embedded, keeper


def _log(directory: Path) -> Path:
    return directory / "server.log"


def _postmaster(data: Path) -> psutil.Process:
    return psutil.Process(int((data / "postmaster.pid").read_text().split()[0]))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A place for a server's data that its own account may reach, too."""
    return tmp_path / "data"


def test_postgres_keeps_its_data_and_ends_with_its_context(data: Path, tmp_path: Path) -> None:
    with embedded.postgres(data, _log(tmp_path), durable=False) as url:
        process = _postmaster(data)
        with psycopg2.connect(url) as connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE kept (text text)")
            cursor.execute("INSERT INTO kept VALUES ('ÄÖÜ')")
        connection.close()
    assert embedded.ended(process)
    with embedded.postgres(data, _log(tmp_path), durable=False) as url:
        connection = psycopg2.connect(url)
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT lower(text) FROM kept")
            assert cursor.fetchone() == ("äöü",)
        connection.close()


def test_a_stale_pid_file_that_names_a_stranger_is_no_obstacle(data: Path, tmp_path: Path) -> None:
    with embedded.postgres(data, _log(tmp_path), durable=False):
        pass
    (data / "postmaster.pid").write_text(f"{os.getpid()}\n{data}\n")
    with embedded.postgres(data, _log(tmp_path), durable=False):
        assert _postmaster(data).pid != os.getpid()


def test_a_half_made_data_directory_is_made_anew(data: Path, tmp_path: Path) -> None:
    remains = data.with_name("data.new")
    remains.mkdir()
    (remains / "PG_VERSION").write_text("18\n")
    with embedded.postgres(data, _log(tmp_path), durable=False):
        assert not remains.exists()


def test_a_path_too_long_for_a_socket_still_works(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    with (
        embedded.postgres(deep / "postgres", _log(tmp_path), durable=False),
        embedded.redis_server(deep / "redis", _log(tmp_path), durable=False) as broker,
    ):
        assert redis.Redis(unix_socket_path=broker.removeprefix("redis+socket://")).ping()


def test_redis_keeps_queued_messages(data: Path, tmp_path: Path) -> None:
    with embedded.redis_server(data, _log(tmp_path)) as url:
        redis.Redis(unix_socket_path=url.removeprefix("redis+socket://")).lpush("queue", "message")
    with embedded.redis_server(data, _log(tmp_path)) as url:
        client = redis.Redis(unix_socket_path=url.removeprefix("redis+socket://"))
        assert client.lrange("queue", 0, -1) == [b"message"]


def test_servers_named_by_the_environment_are_not_started(tmp_path: Path) -> None:
    named = {"DATABASE_URL": "postgres://elsewhere/ocr", "CELERY_BROKER_URL": "redis://elsewhere"}
    with embedded.servers(tmp_path, named) as added:
        assert added == {}
    assert not (tmp_path / "postgres").exists()


def test_servers_end_with_an_owner_that_is_killed(data: Path, tmp_path: Path) -> None:
    program = (
        "import sys, pathlib\n"
        "from ocrsite import embedded\n"
        "data, log = map(pathlib.Path, sys.argv[1:])\n"
        "with embedded.redis_server(data, log):\n"
        "    print((data / 'redis.pid').read_text(), flush=True)\n"
        "    sys.stdin.read()\n"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", program, str(data), str(_log(tmp_path))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert owner.stdout is not None
    server = psutil.Process(int(owner.stdout.readline()))
    owner.send_signal(signal.SIGKILL)
    owner.communicate()
    until = time.monotonic() + 10
    while not embedded.ended(server) and time.monotonic() < until:
        time.sleep(0.05)
    assert embedded.ended(server)


def test_letting_traverse_opens_no_listing(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    assert embedded.let_traverse(closed / "data")[0] == closed
    assert stat.S_IMODE(closed.stat().st_mode) == 0o701


def _wait_for(answer: Callable[[], object]) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            answer()
        except (psycopg2.OperationalError, redis.RedisError):
            assert time.monotonic() < until
            time.sleep(0.05)
        else:
            return


def test_a_killed_postgres_is_started_again_with_all_that_was_told_as_done(
    data: Path, tmp_path: Path
) -> None:
    def ask() -> None:
        connection = psycopg2.connect(url)
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT text FROM kept")
            assert cursor.fetchone() == ("told",)
        connection.close()

    with embedded.postgres(data, _log(tmp_path)) as url:
        first = _postmaster(data)
        connection = psycopg2.connect(url)
        with connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE kept (text text); INSERT INTO kept VALUES ('told')")
        # A session that is busy outlives its parent, and none may start beside it.
        busy = connection.cursor()
        first.kill()
        with pytest.raises(psycopg2.OperationalError):
            busy.execute("SELECT sum(n) FROM generate_series(1, 10000000000) AS n")
        connection.close()
        _wait_for(ask)
        assert _postmaster(data).pid != first.pid
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(url)


def test_a_killed_redis_is_started_again_with_its_messages(data: Path, tmp_path: Path) -> None:
    with embedded.redis_server(data, _log(tmp_path)) as url:
        client = redis.Redis(unix_socket_path=url.removeprefix("redis+socket://"))
        client.lpush("queue", "message")
        psutil.Process(int((data / "redis.pid").read_text())).kill()
        _wait_for(client.ping)
        assert client.lrange("queue", 0, -1) == [b"message"]


def test_a_server_that_does_not_come_back_is_told(tmp_path: Path) -> None:
    starts: list[subprocess.Popen[bytes]] = []
    told = threading.Event()

    def launch() -> subprocess.Popen[bytes]:
        starts.append(subprocess.Popen(["sleep", "60"] if not starts else ["false"]))
        return starts[-1]

    def answers(process: subprocess.Popen[bytes]) -> None:
        if len(starts) > 1:
            process.wait()
            raise keeper.ServerFailed("It did not start.")

    with keeper.kept_running(
        "Server",
        launch=launch,
        answers=answers,
        signum=signal.SIGTERM,
        lost=lambda _: told.set(),
        pause=0.01,
    ):
        assert not told.is_set()
        starts[0].kill()
        assert told.wait(30)
    assert len(starts) == 1 + keeper.ATTEMPTS


def test_nothing_is_started_again_once_the_owner_stops_it(tmp_path: Path) -> None:
    starts: list[subprocess.Popen[bytes]] = []

    def launch() -> subprocess.Popen[bytes]:
        starts.append(subprocess.Popen(["sleep", "60"]))
        return starts[-1]

    def tell(name: str) -> None:
        raise AssertionError(name)

    with keeper.kept_running(
        "Server", launch=launch, answers=lambda _: None, signum=signal.SIGTERM, lost=tell
    ):
        pass
    assert [process.returncode for process in starts] == [-signal.SIGTERM]
