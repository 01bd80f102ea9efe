"""The training subprocess as its supervisor sees it: start, watch, stop.

Knows no database. The child is `python -m training.child JOB_DIR`; it writes progress.jsonl and
result.json there, and ends when its standard input closes, so it never outlives its supervisor.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil

POLL_SECONDS = 0.5
GRACE_SECONDS = 20.0
"""After SIGTERM, before SIGKILL."""
LOG_TAIL = 2_000
TIMEOUT = "timeout"
_LARGE_PAGES = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
"""Memory in pages of two megabytes. Paddle asks for every activation anew, some of tens of them,
and a fifth of a network's step went on pages of four kilobytes. C libraries before 2.35 pass over
what they do not know. Figures: docs/measurements/full-fine-tune.md."""
_PROCESS_BYTES = 1600 * 2**20  # of a process that trains a network; measured: 1.5 GB
_MOST_PROCESSES = 8  # as many label lines as a step has
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Ended:
    """How the child ended: its result where it wrote one, else what is known of its death."""

    result: dict[str, Any]
    cancelled: bool
    message: str

    @property
    def succeeded(self) -> bool:
        return self.result.get("status") == "succeeded"


def run_trainer(
    job: Path,
    *,
    max_seconds: float,
    on_progress: Callable[[list[dict[str, Any]]], None],
    wants_stop: Callable[[], bool],
    devices: str = "",
    processes: int = 1,
) -> Ended:
    """Train in a child process; call `on_progress` about twice a second, with what is new.

    `wants_stop` is asked as often; the child is then ended, as it is after `max_seconds`, which is
    a failure with the code "timeout". With several `devices`, GPUs by number such as "0,1", there
    is a child for each; else there are `processes`, which share the work among the cores. Returns
    how it ended; raises nothing of the child's.
    """
    shutil.rmtree(job / "ranks", ignore_errors=True)  # what a run said that goes on now
    deadline = time.monotonic() + max_seconds
    stopped = overran = False
    with (job / "log.txt").open("ab") as log:
        child = subprocess.Popen(
            command_for(job, devices, processes),
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=ROOT,
            env=environment(devices),
        )
        try:
            lines = follow(job / "progress.jsonl")
            while child.poll() is None:
                on_progress(next(lines))
                stopped = wants_stop()
                overran = time.monotonic() > deadline
                if stopped or overran:
                    break
                time.sleep(POLL_SECONDS)
        finally:
            _end(child)
        on_progress(next(lines))
    result = _result(job)
    if result.get("status") == "succeeded":
        return Ended(result, cancelled=False, message="")
    if stopped:
        return Ended(result, cancelled=True, message="It was stopped by hand.")
    if overran:
        return Ended({**result, "code": TIMEOUT}, cancelled=False, message=_too_long(max_seconds))
    if result.get("status", "cancelled") == "cancelled" and (job / "ranks").exists():
        result = _first_failure(job)  # nobody asked: the launcher ended the others after it
    return Ended(result, cancelled=False, message=_message(result, child.returncode, job))


def command_for(job: Path, devices: str, processes: int = 1) -> list[str]:
    """What trains a job: one process, or by Paddle's launcher one a GPU or a core.

    The launcher takes a script's path, hands the standard input on, and shows the first one's log.
    Not run with GPUs: none was at hand.
    """
    if "," in devices:
        several = ["--devices", devices]
    elif processes > 1:
        several = ["--nproc_per_node", str(processes)]
    else:
        return [sys.executable, "-m", "training.child", str(job)]
    launch = ["paddle.distributed.launch", *several, "--log_dir", str(job / "ranks")]
    return [sys.executable, "-m", *launch, str(ROOT / "training" / "child.py"), str(job)]


def most_processes() -> int:
    """Processes that train a network here: one a core, as far as a third of the memory goes.

    One where Paddle's GPU build is installed: that process takes the GPU.
    """
    try:
        version("paddlepaddle-gpu")
    except PackageNotFoundError:
        fit = int(psutil.virtual_memory().total) // 3 // _PROCESS_BYTES
        return max(1, min(len(os.sched_getaffinity(0)), fit, _MOST_PROCESSES))
    return 1


def environment(devices: str = "") -> dict[str, str]:
    """The child's: modules are found from the root alone, and Paddle has one thread.

    The folder of a script that is started by its path would come first otherwise, and modules of
    `training` would stand in for those of Python that bear the same names. A second thread makes no
    step faster, and takes a core from reading and the web (docs/measurements/head-refresh.md).
    """
    paths = {"PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1"}
    fixed = {"OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1", **paths}
    if "," not in devices:
        fixed["PADDLE_DISTRI_BACKEND"] = "gloo"  # between processes on a processor's cores
    return {**_LARGE_PAGES, **_matrix_code(Path("/proc/cpuinfo")), **os.environ, **fixed}


def _matrix_code(processor: Path) -> dict[str, str]:
    """Has Paddle's matrix library use AVX2 on processors of AMD.

    Paddle brings Intel's MKL of 2019, which takes its slowest code wherever the maker is another,
    and doubles the time of a step (decision 0059). On Intel's own the choice is left to it.
    """
    about = processor.read_text() if processor.exists() else ""
    known = re.search(r"^vendor_id\s*:\s*AuthenticAMD$", about, re.MULTILINE)
    avx2 = re.search(r"^flags\s*:.*\bavx2\b", about, re.MULTILINE)
    return {"MKL_DEBUG_CPU_TYPE": "5"} if known and avx2 else {}


def follow(path: Path) -> Iterator[list[dict[str, Any]]]:
    """What was appended to a file of JSON lines since the last call; a half line waits."""
    offset = 0
    while True:
        fresh: list[dict[str, Any]] = []
        if path.exists():
            with path.open("rb") as handle:
                handle.seek(offset)
                data = handle.read()
            whole = data[: data.rfind(b"\n") + 1]
            offset += len(whole)
            fresh = [json.loads(line) for line in whole.splitlines() if line.strip()]
        yield fresh


def _end(child: subprocess.Popen[bytes]) -> None:
    """Ask the child and all it started to end, then make them."""
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGTERM)
        try:
            child.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
    if child.stdin:
        child.stdin.close()


def _result(job: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((job / "result.json").read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return found


def _first_failure(job: Path) -> dict[str, Any]:
    """What a process beside the first failed of, or that one died without a word."""
    for own in sorted((job / "ranks").glob("*/")):
        found = _result(own)
        if found.get("status") == "failed":
            return found
    return {
        "message": "One of the training's processes died before it could say why. The machine may "
        "be short of memory: set TRAIN_PROCESSES lower, and start the run again."
    }


def _too_long(max_seconds: float) -> str:
    return (
        f"It took longer than {max_seconds / 3600:g} hours, the most a run may take here, and was "
        "ended. Set TRAIN_MAX_SECONDS higher, or for the whole network NETWORK_TRAIN_SECONDS "
        "lower, and start it again."
    )


def _message(result: dict[str, Any], status: int, job: Path) -> str:
    if result.get("message"):
        return str(result["message"])
    if status < 0:
        name = signal.Signals(-status).name
        hint = " The machine may be short of memory." if -status == signal.SIGKILL else ""
        return f"The training process was killed ({name}).{hint} Start the run again."
    lines = (job / "log.txt").read_bytes()[-LOG_TAIL:].decode(errors="replace").splitlines()
    return f"The training process ended with status {status}: {lines[-1] if lines else 'no word'}"
