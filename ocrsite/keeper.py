"""A server that is kept running: whenever it ends by itself, it is started again."""

import logging
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

logger = logging.getLogger(__name__)

STOP_SECONDS = 20.0  # PostgreSQL writes a checkpoint
ATTEMPTS = 5  # in a row without an answer, after which it is given up
PAUSE = (
    1.0  # seconds before the next attempt, times the attempts that failed: a full disk may empty
)


class ServerFailed(Exception):
    """A server could not be started; the text says where to look."""


@contextmanager
def kept_running(
    name: str,
    *,
    launch: Callable[[], subprocess.Popen[bytes]],
    answers: Callable[[subprocess.Popen[bytes]], None],
    signum: signal.Signals,
    lost: Callable[[str], None],
    pause: float = PAUSE,
) -> Iterator[None]:
    """Run a server until the context ends, which stops it with `signum`.

    `launch` starts its process, `answers` returns once it can be used and raises ServerFailed
    where it cannot. The first start may fail like that; after later ones that did, ATTEMPTS in a
    row, `lost` is called with the name, in a thread of its own, and nothing more is tried.
    """
    keeper = _Keeper(name, launch, answers, lost, pause)
    try:
        keeper.start()
        yield
    finally:
        keeper.stop(signum)


class _Keeper:
    def __init__(
        self,
        name: str,
        launch: Callable[[], subprocess.Popen[bytes]],
        answers: Callable[[subprocess.Popen[bytes]], None],
        lost: Callable[[str], None],
        pause: float,
    ) -> None:
        self._name, self._launch, self._answers = name, launch, answers
        self._lost, self._pause = lost, pause
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None
        self._turn = threading.Lock()  # nothing is launched once stopping has begun
        self._stopping = threading.Event()

    def start(self) -> None:
        process = self._process = self._launch()
        self._answers(process)
        # The kernel tells a child when the thread that made it ends: this one ends after them all.
        self._thread = threading.Thread(target=self._keep, args=(process,), daemon=True)
        self._thread.start()

    def stop(self, signum: signal.Signals) -> None:
        with self._turn:
            self._stopping.set()
        if self._process is not None:
            self._process.send_signal(signum)
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._thread is not None:
            self._thread.join()

    def _keep(self, process: subprocess.Popen[bytes]) -> None:
        while True:
            status = process.wait()
            if self._stopping.is_set():
                return
            logger.warning("%s ended by itself (%s): started again.", self._name, status)
            for failed in range(ATTEMPTS):
                if self._stopping.wait(failed * self._pause):
                    return
                try:
                    process = self._again(process)
                    self._answers(process)
                    break
                except (ServerFailed, OSError) as error:
                    logger.warning("%s", error)
            else:
                if not self._stopping.is_set():
                    self._lost(self._name)
                return

    def _again(self, process: subprocess.Popen[bytes]) -> subprocess.Popen[bytes]:
        """Another process where `process` has ended; one that is still getting up is let."""
        with self._turn:
            if process.poll() is not None and not self._stopping.is_set():
                self._process = process = self._launch()
        return process
