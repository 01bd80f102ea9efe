"""How long `bin/up` takes until the site can be used: `python -m bench.start`.

Starts the site in a directory of its own, first without any data, then again as often as `--rounds`
says, and times each start to the line that says it is ready. Installing is not part of it.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.report import goal, print_goals, report, spread, table, write_json

ROOT = Path(__file__).resolve().parent.parent
LATER_START = 10.0  # seconds; above it people notice that they wait
NOT_PASSED_ON = ("DATABASE_URL", "CELERY_BROKER_URL", "SECRET_KEY")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print a table, write the JSON; returns 1 where the goal is missed."""
    parser = argparse.ArgumentParser(prog="bench.start", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="later starts to time")
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="bench-start-") as var:
        first = time_start(Path(var))
        later = [time_start(Path(var)) for _ in range(max(1, options.rounds))]
    found = spread(later)
    assert found is not None
    rows = [("start", "seconds to ready", "least", "most")]
    rows.append(("first", f"{first:.1f}", "", ""))
    rows.append(("later", *(f"{found[key]:.1f}" for key in ("median", "least", "most"))))
    print(table(rows))
    goals = [goal("later start", found["median"], LATER_START, "s", "low")]
    print_goals(goals)
    runs = [{"start": "first", "seconds": first}]
    runs += [{"start": "later", "seconds": seconds} for seconds in later]
    write_json(options.json, report(goals, runs))
    return 0 if all(item["holds"] for item in goals) else 1


def time_start(var: Path) -> float:
    """Seconds from the command to "Ready"; the site is stopped again afterwards.

    Raises RuntimeError with what `bin/up` said where it ends before that.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    environment = {name: value for name, value in os.environ.items() if name not in NOT_PASSED_ON}
    began = time.monotonic()
    site = subprocess.Popen(
        [str(ROOT / "bin" / "up")],
        env=environment | {"VAR_DIR": str(var), "PORT": port},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert site.stdout is not None
    said = []
    try:
        for line in site.stdout:
            said.append(line)
            if line.startswith("Ready: "):
                return time.monotonic() - began
    finally:
        site.send_signal(signal.SIGINT)
        site.communicate()
    raise RuntimeError("bin/up ended before it was ready:\n" + "".join(said))


if __name__ == "__main__":
    sys.exit(main())
