"""The embedded servers: they start, they survive rough treatment, and they leave nothing behind."""

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import psutil
import psycopg2
import pytest
import redis

from ocrsite import embedded


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
