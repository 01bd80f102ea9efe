"""What strikes the site while people work: processes killed, connections cut, sessions ended."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bench.review_site import start_web, stop_web

BETWEEN = (5.0, 15.0)  # seconds from one blow to the next
DARK = (0.0, 3.0)  # seconds without any web server after it was killed
PATIENCE = 60.0  # seconds that a database which was killed may take to answer again

CUT = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
    "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)
END_SESSION = (
    "DELETE FROM django_session WHERE session_key IN "
    "(SELECT session_key FROM django_session ORDER BY random() LIMIT 1)"
)
EXPIRE = (
    "UPDATE review_reviewtask SET lease_expires_at = now() - interval '1 second' "
    "WHERE id IN (SELECT id FROM review_reviewtask WHERE status = 'held' ORDER BY random() LIMIT 3)"
)


class Blows:
    """A web server on `port` that is struck at random, in a thread, until `stop`."""

    def __init__(self, var: Path, port: int) -> None:
        self.var, self.port = var, port
        self.struck = {
            "web_killed": 0,
            "database_killed": 0,
            "backend_killed": 0,
            "connections_cut": 0,
            "sessions_ended": 0,
            "leases_expired": 0,
        }
        self._chance = random.Random(7)
        self._over = threading.Event()
        self._fault: Exception | None = None
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._server = start_web(self.var, self.port)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(Exception):
            self.stop()
        stop_web(self._server)
        if self._fault and error is None:
            raise self._fault

    def stop(self) -> None:
        """Strike no more; the servers are up when this returns."""
        self._over.set()
        self._thread.join()
        _ask("SELECT 1")

    def _run(self) -> None:
        try:
            while not self._over.wait(self._chance.uniform(*BETWEEN)):
                blow = self._chance.choice(sorted(self.struck))
                self.struck[blow] += 1
                getattr(self, f"_{blow}")()
        except Exception as error:  # noqa: BLE001  told of at the end, by the bench
            self._fault = error

    def _web_killed(self) -> None:
        stop_web(self._server, signal.SIGKILL)
        time.sleep(self._chance.uniform(*DARK))
        _ask("SELECT 1")
        self._server: subprocess.Popen[bytes] = start_web(self.var, self.port)

    def _database_killed(self) -> None:
        """The server itself: its keeper starts it again, and it recovers from its log."""
        number = (self.var / "postgres" / "postmaster.pid").read_text().split()[0]
        os.kill(int(number), signal.SIGKILL)
        time.sleep(0.5)  # else the old one may answer still
        _ask("SELECT 1")

    def _backend_killed(self) -> None:
        """One connection's process: the server drops all others and recovers."""
        rows = _ask(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND backend_type = 'client backend' "
            "ORDER BY random() LIMIT 1"
        )
        for (pid,) in rows:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        _ask("SELECT 1")

    def _connections_cut(self) -> None:
        _ask(CUT)

    def _sessions_ended(self) -> None:
        _ask(END_SESSION)

    def _leases_expired(self) -> None:
        _ask(EXPIRE)


def _ask(statement: str) -> list[tuple[Any, ...]]:
    """Run a statement on a connection of its own, again and again until the database answers."""
    from django.db import DatabaseError, InterfaceError, connection

    end = time.monotonic() + PATIENCE
    while True:
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []
        except (DatabaseError, InterfaceError):
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
        finally:
            connection.close()
