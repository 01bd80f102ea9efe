"""What `bin/up` does once the requirements are there: start everything, and stop all of it.

The embedded servers are children of this process, the site's programs children of supervisord;
both start again what falls over. The kernel stops both should this process be killed; what
outlives even that is ended by the next start.
"""

import argparse
import ctypes
import fcntl
import http.client
import json
import os
import secrets
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import psutil

from ocrsite import embedded, programs

ROOT = Path(__file__).resolve().parent.parent
MARK = "OCR_SITE_VAR"  # in the environment of every process of a site: whose it is
READY_SECONDS = 180.0  # models are loaded on first use, so a slow disk is all this waits for
STOP_SECONDS = 35.0  # supervisord gives each program 20 seconds and stops them side by side
REVIEW = "review/"  # the page from which a reviewer takes the next one
PUBLISHED = ("SECRET_KEY", "DATABASE_URL", "CELERY_BROKER_URL", "VAR_DIR", "PORT")
PR_SET_CHILD_SUBREAPER = 36  # from <linux/prctl.h>
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class CannotStart(Exception):
    """The site cannot be started; the text says why and what to do."""


class Stopped(Exception):
    """Somebody asked the site to stop."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where this site keeps its data and which port it listens on."""

    var: Path
    port: int
    demo: bool

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    @property
    def logs(self) -> Path:
        return self.var / "log"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the site until it is told to stop; returns the exit status."""
    os.umask(0o077)
    try:
        site = _site(arguments)
        with _stop_on_signals(), ExitStack() as stack:
            _run(site, stack)
    except Stopped:
        say("Stopped. The data stays in var/; bin/up starts it again.")
        return 0
    except (CannotStart, embedded.ServerFailed) as error:
        print(f"bin/up: {error}", file=sys.stderr)
        return 1
    return 1


def say(text: str) -> None:
    """Print for the person at the terminal, who may have closed it."""
    with suppress(OSError):
        print(text, flush=True)


def _site(arguments: Sequence[str] | None) -> Site:
    parser = argparse.ArgumentParser(prog="bin/up", description="Install and run the whole site.")
    parser.add_argument("--demo", action="store_true", help="load and read a demo batch as well")
    options = parser.parse_args(arguments)
    try:
        port = int(os.environ.get("PORT", "8000"))
    except ValueError:
        port = 0
    if not 1 <= port <= 65535:
        raise CannotStart("PORT has to be a number from 1 to 65535.")
    var = Path(os.environ.get("VAR_DIR") or ROOT / "var").absolute()
    return Site(var=var, port=port, demo=options.demo)


def _run(site: Site, stack: ExitStack) -> None:
    """Start everything in order, say so, and wait. Ends by an exception only."""
    _make_directories(site)
    stack.enter_context(_only_one(site))
    _end_leftovers(site)
    _check_port(site)
    _adopt_orphans()
    environment = _environment(site)
    stack.callback(_end_descendants)
    say("Starting the database and the broker ...")
    lost: list[str] = []  # servers that could not be started again
    servers = embedded.servers(site.var, environment, lost=lost.append)
    environment |= stack.enter_context(servers)
    stack.enter_context(_published(site, environment))
    say("Preparing the site ...")
    notes = _manage(environment, "prepare_site").strip()
    try:
        supervisor = stack.enter_context(_supervised(site, environment))
        health = _wait_until_healthy(site, supervisor)
    except BaseException:
        if notes:  # said only once, so never lost
            say(notes)
        raise
    say(f"Ready: {site.address} {notes}")
    if health != "ok":
        say(f"Not everything runs yet: see {site.address}healthz and {site.logs}.")
    if site.demo:
        say("Loading the demo batch and reading it ...")
        say(_manage(environment, "load_demo").strip())
        say(f"Review: {site.address}{REVIEW}")
    say("Ctrl-C stops everything.")
    while not lost and supervisor.poll() is None:
        time.sleep(1.0)
    fallen = lost[0] if lost else "supervisord"
    raise CannotStart(f"{fallen} ended by itself, so all stops. Its log is in {site.logs}.")


def _make_directories(site: Site) -> None:
    """Data is for us alone; passing through stays open where PostgreSQL is another user's."""
    try:
        site.var.mkdir(mode=0o711, parents=True, exist_ok=True)
        site.var.chmod(0o711 if os.geteuid() == 0 else 0o700)
        site.logs.mkdir(mode=0o700, exist_ok=True)
        (site.var / "static").mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise CannotStart(
            f"{site.var} cannot be written: {error.strerror}. Set VAR_DIR to a directory of yours."
        ) from error


@contextmanager
def _only_one(site: Site) -> Iterator[None]:
    """Hold the lock on this site's data. The kernel frees it when we end, however we end."""
    with (site.var / "up.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise CannotStart(
                f"this site already runs (process {lock.read().strip() or 'unknown'}). "
                "Stop that one first, or set VAR_DIR and PORT for a second site."
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def _end_leftovers(site: Site) -> None:
    """End what an earlier start of this site left behind when it was killed."""
    left = []
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            if process.environ().get(MARK) == str(site.var) and process.pid != os.getpid():
                left.append(process)
    if left:
        say("Ending what an earlier start left behind ...")
        embedded.stop_processes(left, signum=signal.SIGTERM, seconds=STOP_SECONDS)


def _check_port(site: Site) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", site.port))
        except OSError as error:
            raise CannotStart(
                f"port {site.port} cannot be used: {error.strerror}. "
                f"Choose another one: PORT={min(site.port + 1, 65535)} bin/up"
            ) from None


def _adopt_orphans() -> None:
    """Make grandchildren whose parent dies our children, so that none is lost sight of."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1)


def _environment(site: Site) -> dict[str, str]:
    """The environment of every process of the site. What the caller has set is kept."""
    # Two readers with a thread each read more than one with two; from four cores on, both.
    threads = "2" if (os.cpu_count() or 1) >= 4 else "1"
    defaults = {
        "OMP_NUM_THREADS": os.environ.get("READ_THREADS", threads),
        "PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK": "True",  # weights come from a package
        "PYTHONUNBUFFERED": "1",  # a log is worth most when its writer has just died
        "READ_THREADS": threads,
    }
    fixed = {
        "DJANGO_SETTINGS_MODULE": "ocrsite.settings",
        "PORT": str(site.port),
        "VAR_DIR": str(site.var),
        MARK: str(site.var),
    }
    environment = defaults | dict(os.environ) | fixed
    environment["SECRET_KEY"] = environment.get("SECRET_KEY") or secret_key(site.var)
    return environment


def secret_key(var: Path) -> str:
    """The site's key: made once, readable by its owner only."""
    path = var / "secret-key"
    if not path.exists() or not path.read_text().strip():
        fresh = path.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(50) + "\n")
        fresh.replace(path)
    path.chmod(0o600)
    return path.read_text().strip()


@contextmanager
def _published(site: Site, environment: dict[str, str]) -> Iterator[None]:
    """Leave what the site's processes need to know where `bin/manage` finds it, while it runs."""
    path = site.var / "site.env"
    lines = [f"{name}={shlex.quote(environment[name])}\n" for name in PUBLISHED]
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text("".join(lines))
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _manage(environment: dict[str, str], *command: str) -> str:
    """Run a `manage.py` command; returns what it wrote to standard output."""
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), *command],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=embedded.die_with_parent(signal.SIGTERM),
    )
    output, _ = process.communicate()
    if process.returncode:
        raise CannotStart(f"`manage.py {command[0]}` failed; the reason is above.\n{output}")
    return output


@contextmanager
def _supervised(site: Site, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run the site's programs under supervisord."""
    memory = psutil.virtual_memory().total
    machine = programs.Machine(cores=os.cpu_count() or 1, memory=memory)
    reading = programs.readers(machine, threads=int(environment["READ_THREADS"]))
    path = site.var / "supervisord.conf"
    path.write_text(
        programs.configuration(
            programs.programs(port=site.port, reading=int(environment.get("READERS") or reading)),
            root=ROOT,
            logs=site.logs,
            superuser=os.geteuid() == 0,
        )
    )
    with embedded.open_log(site.logs / "supervisord.out.log") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "supervisor.supervisord", "--configuration", str(path)],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=embedded.die_with_parent(signal.SIGTERM),
        )
    try:
        yield process
    finally:
        say("Stopping ...")
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_healthy(site: Site, supervisor: subprocess.Popen[bytes]) -> str:
    """Wait for `/healthz`; returns its status once that is `ok`, or when patience has run out.

    Raises `CannotStart` where nothing answers at all.
    """
    until = time.monotonic() + READY_SECONDS
    status = None
    while status != "ok" and time.monotonic() < until:
        if supervisor.poll() is not None:
            raise CannotStart(f"The process manager did not start. Its log is in {site.logs}.")
        time.sleep(0.2)
        status = _health(site) or status
    if status is None:
        raise CannotStart(f"The web server does not answer. Its log is {site.logs / 'web.log'}.")
    return status


def _health(site: Site) -> str | None:
    """The site's own word on its health, or `None` where it does not answer."""
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=10)  # seconds
    try:
        connection.request("GET", "/healthz")
        return str(json.loads(connection.getresponse().read())["status"])
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return None
    finally:
        connection.close()


def _end_descendants() -> None:
    """End whatever is still below us: a worker's orphaned child, for example."""
    embedded.stop_processes(
        psutil.Process().children(recursive=True), signum=signal.SIGTERM, seconds=5.0
    )


@contextmanager
def _stop_on_signals() -> Iterator[None]:
    """Turn the first signal to stop into `Stopped`; further ones would only leave pieces behind.

    A closed terminal that was to be ignored (`nohup bin/up`) stays ignored. The others count even
    where they were ignored, as SIGINT is in what a script starts with `&`.
    """

    def stop(signum: int, frame: FrameType | None) -> None:
        for each in SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        raise Stopped

    for each in SIGNALS:
        if each is not signal.SIGHUP or signal.getsignal(each) is not signal.SIG_IGN:
            signal.signal(each, stop)
    yield


if __name__ == "__main__":
    sys.exit(main())
