"""The site's processes and how supervisord is to run them.

Pure: from the machine's size and the site's address to the text of a configuration file.
"""

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

READER_BYTES = 2 * 2**30  # what a reading process may take before it is replaced, and some air
WEB_WORKERS = 2  # processes, so that one slow request never stops the site
WEB_THREADS = 8  # a thread each: requests wait for the database, not for the processor
READING_NICENESS = 5  # people in front of a page come first
REFRESH_NICENESS = 10  # learning gives way to reading and to people
TRAINING_NICENESS = 15  # and what has all night to what is waited for
LOG_BYTES = 10 * 2**20
LOGS_KEPT = 3


@dataclass(frozen=True, slots=True)
class Machine:
    """What the site may use: processor cores, memory in bytes."""

    cores: int
    memory: int


@dataclass(frozen=True, slots=True)
class Program:
    """One process to keep running.

    `stop` is the signal that ends it, `patience` the seconds until it is killed.
    """

    name: str
    command: tuple[str, ...]
    stop: str = "TERM"
    patience: int = 20


def readers(machine: Machine, *, threads: int) -> int:
    """How many processes read pages: as many as keep the cores busy and fit into the memory.

    Two wherever memory allows, so that one large upload never holds up all reading.
    """
    wanted = max(2, machine.cores // max(1, threads))
    half = machine.memory // 2  # the rest is for the database, the web and training
    return max(1, min(wanted, half // READER_BYTES))


def programs(*, port: int, reading: int) -> tuple[Program, ...]:
    """The site's programs: web on `port`, `reading` that read, two that train, default, beat."""
    web = (
        *("gunicorn", "ocrsite.wsgi", "--bind", f"127.0.0.1:{port}", "--preload"),
        *("--workers", str(WEB_WORKERS), "--worker-class", "gthread"),
        *("--threads", str(WEB_THREADS), "--timeout", "120", "--graceful-timeout", "5"),
        *("--no-control-socket", "--access-logfile", "-"),
    )
    return (
        Program("web", _python(*web)),
        _worker("ocr", queues="line,ocr", processes=reading, niceness=READING_NICENESS),
        _worker("refresh", queues="refresh", processes=1, niceness=REFRESH_NICENESS),
        _worker("train", queues="train", processes=1, niceness=TRAINING_NICENESS),
        _worker("default", queues="default", processes=1),
        Program("beat", _python("celery", "-A", "ocrsite", "--skip-checks", "beat")),
    )


def configuration(chosen: tuple[Program, ...], *, root: Path, logs: Path, superuser: bool) -> str:
    """The text of a supervisord configuration that runs `chosen` in `root`, logging to `logs`.

    All are in one group, so that they are stopped side by side.
    """
    sections = [
        "[supervisord]",
        "nodaemon = true",
        "silent = true",
        *(["user = root"] if superuser else []),  # else supervisord asks whether that is meant
        f"logfile = {_escape(logs / 'supervisord.log')}",
        f"pidfile = {_escape(logs / 'supervisord.pid')}",
        "umask = 077",
        "",
        "[group:site]",
        f"programs = {','.join(program.name for program in chosen)}",
    ]
    for program in chosen:
        sections += [
            "",
            f"[program:{program.name}]",
            f"command = {_escape(shlex.join(program.command))}",
            f"directory = {_escape(root)}",
            f"stdout_logfile = {_escape(logs / f'{program.name}.log')}",
            f"stdout_logfile_maxbytes = {LOG_BYTES}",
            f"stdout_logfile_backups = {LOGS_KEPT}",
            "redirect_stderr = true",
            "autorestart = true",
            "startsecs = 5",
            "startretries = 10",
            f"stopsignal = {program.stop}",
            f"stopwaitsecs = {program.patience}",
            "killasgroup = true",
        ]
    return "\n".join(sections) + "\n"


def _worker(name: str, *, queues: str, processes: int, niceness: int = 0) -> Program:
    """A Celery worker; `bin/up` has run Django's checks before, so it need not do so again.

    It is stopped by SIGQUIT: work in hand goes back to its queue at once. SIGTERM would wait for
    a training run, and a kill leaves Redis to deliver the work again only hours later.
    """
    command = _python(
        *(
            "celery",
            "-A",
            "ocrsite",
            "--skip-checks",
            "worker",
            "--queues",
            queues,
            "--hostname",
            f"{name}@%h",
        ),
        *("--concurrency", str(processes), "--loglevel", "INFO"),
        *("--without-gossip", "--without-mingle"),  # workers here have nothing to tell each other
    )
    if niceness:
        command = ("nice", "-n", str(niceness), *command)
    return Program(name, command, stop="QUIT")


def _python(module: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", module, *arguments)


def _escape(value: str | Path) -> str:
    """supervisord expands `%(name)s` in every value."""
    return str(value).replace("%", "%%")
