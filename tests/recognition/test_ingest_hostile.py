"""Bombs, crashes, kills and noise: each file ends as pages or as an `IngestError`."""

import contextlib
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import psutil
import pytest
from PIL import Image

from recognition.ingest.base import (
    MEBIBYTE,
    ErrorCode,
    IngestError,
    Limits,
    PageImage,
    SplitFailed,
)
from recognition.ingest.runner import split_document
from recognition.ingest.stored import write_page
from tests.recognition.ingest_files import (
    QUICK,
    encoded,
    left_in,
    noise,
    pdf,
    png_header,
    raw_tiff,
    refusal,
    slow_pdf,
    split,
)

ROOT = Path(__file__).resolve().parents[2]
T = TypeVar("T")
PROGRAM = "recognition.ingest.child"

PEAK_OF_A_SPLIT = """
import resource, sys
from pathlib import Path
from recognition.ingest.base import IngestError, Limits
from recognition.ingest.runner import split_document
try:
    print(len(split_document(Path(sys.argv[1]), Path(sys.argv[2]), Limits())), "pages")
except IngestError as error:
    print(error.code)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
"""

SPLIT_SLOWLY = """
import sys
from pathlib import Path
from recognition.ingest.base import Limits
from recognition.ingest.runner import split_document
split_document(Path(sys.argv[1]), Path(sys.argv[2]), Limits())
"""


def children_of(pid: int) -> list[psutil.Process]:
    """List the decoding children of a process."""
    found = []
    for process in psutil.Process(pid).children():
        with contextlib.suppress(psutil.NoSuchProcess):
            if PROGRAM in process.cmdline():
                found.append(process)
    return found


def eventually(look: Callable[[], T], seconds: float = 20.0) -> T:
    """Wait until `look` returns something true, and return that."""
    deadline = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
    return seen


def outcome(tmp_path: Path, data: bytes, limits: Limits) -> list[PageImage] | IngestError:
    """Split `data` and return what came of it, as a value."""
    try:
        return split(tmp_path, data, limits)
    except IngestError as error:
        return error


def test_an_empty_file_and_a_text_file_are_refused_without_a_child(tmp_path: Path) -> None:
    assert refusal(tmp_path, b"").code is ErrorCode.EMPTY_FILE
    source = tmp_path / "page.png"
    source.write_text("I am not a picture.")
    with pytest.raises(IngestError) as caught:
        split_document(source, tmp_path / "pages", QUICK)
    assert caught.value.code is ErrorCode.UNKNOWN_TYPE
    assert "text file" in caught.value.message
    assert not (tmp_path / "pages").exists()


def test_a_file_over_the_byte_limit_is_refused_unread(tmp_path: Path) -> None:
    error = refusal(tmp_path, bytes(3 * MEBIBYTE), replace(QUICK, max_bytes=2 * MEBIBYTE))
    assert error.code is ErrorCode.TOO_LARGE
    assert "3 MiB" in error.message


@pytest.mark.parametrize(
    "bomb",
    [
        png_header(50_000, 50_000),
        png_header(2**31 - 1, 2**31 - 1),
        raw_tiff([0] * 8, 8, t256=60_000, t257=60_000),
    ],
)
def test_a_bomb_is_refused_from_its_header_in_little_memory(tmp_path: Path, bomb: bytes) -> None:
    source = tmp_path / "bomb"
    source.write_bytes(bomb)
    said = subprocess.run(
        [sys.executable, "-c", PEAK_OF_A_SPLIT, str(source), str(tmp_path / "pages")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout.split()
    assert said[0] == "too_many_pixels"
    assert int(said[1]) < 60 * MEBIBYTE


def test_a_side_that_no_browser_draws_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, png_header(40_000, 10)).code is ErrorCode.TOO_MANY_PIXELS


def test_memory_beyond_the_limit_is_an_error_of_its_own(tmp_path: Path) -> None:
    data = encoded(Image.new("RGB", (9000, 9000), "teal"), "JPEG")
    error = refusal(tmp_path, data, replace(QUICK, max_memory_bytes=256 * MEBIBYTE))
    assert error.code is ErrorCode.OUT_OF_MEMORY
    assert "256 MiB" in error.message
    assert error.retry_may_help


def test_a_file_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    start = time.monotonic()
    error = refusal(tmp_path, slow_pdf(), replace(QUICK, max_seconds=1.0))
    assert error.code is ErrorCode.TIMEOUT
    assert time.monotonic() - start < 10
    assert children_of(os.getpid()) == []


@pytest.mark.parametrize("deadly", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT])
def test_a_child_that_dies_is_a_crash_and_leaves_nothing(
    tmp_path: Path, deadly: signal.Signals
) -> None:
    data = slow_pdf()
    ended: list[list[PageImage] | IngestError] = []
    thread = threading.Thread(target=lambda: ended.append(outcome(tmp_path, data, QUICK)))
    thread.start()
    try:
        (child,) = eventually(lambda: children_of(os.getpid()))
        eventually(lambda: any(path.iterdir() for path in left_in(tmp_path)))
        child.send_signal(deadly)
    finally:
        thread.join(QUICK.max_seconds)
    (error,) = ended
    assert isinstance(error, SplitFailed)
    assert error.code is ErrorCode.CRASHED
    assert str(-deadly) in error.detail
    assert left_in(tmp_path) == []


def test_a_child_dies_with_its_worker_and_the_next_run_cleans_up(tmp_path: Path) -> None:
    source, pages = tmp_path / "upload", tmp_path / "pages"
    source.write_bytes(slow_pdf())
    with subprocess.Popen(
        [sys.executable, "-c", SPLIT_SLOWLY, str(source), str(pages)], cwd=ROOT
    ) as worker:
        (child,) = eventually(lambda: children_of(worker.pid))
        eventually(lambda: left_in(tmp_path))
        worker.kill()
    eventually(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)
    (left,) = left_in(tmp_path)
    for path in (left, *left.rglob("*")):
        os.utime(path, (0, 0))
    kept = split(tmp_path, encoded(noise(), "PNG"))
    assert left_in(tmp_path) == [page.path for page in kept]


def _split_in_worker(source: Path, pages: Path, answers: "multiprocessing.Queue[int]") -> None:
    answers.put(len(split_document(source, pages, QUICK)))


def test_a_daemonic_worker_may_split(tmp_path: Path) -> None:
    source = tmp_path / "upload"
    source.write_bytes(pdf(pages=2))
    context = multiprocessing.get_context("fork")
    answers: multiprocessing.Queue[int] = context.Queue()
    worker = context.Process(
        target=_split_in_worker, args=(source, tmp_path / "pages", answers), daemon=True
    )
    worker.start()
    assert answers.get(timeout=60) == 2
    worker.join(60)
    assert worker.exitcode == 0


def test_a_full_disk_is_told_from_a_bad_file(tmp_path: Path) -> None:
    for name, image in (("1.jpg", noise()), ("2.png", noise().convert("1"))):
        (tmp_path / name).symlink_to("/dev/full")
        with pytest.raises(SplitFailed) as caught:
            write_page(image, tmp_path / name[0])
        assert caught.value.code is ErrorCode.DISK_FULL
        assert "free space" in caught.value.message


def test_the_child_sees_no_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "hush")
    data = slow_pdf()
    thread = threading.Thread(target=lambda: outcome(tmp_path, data, QUICK))
    thread.start()
    try:
        (child,) = eventually(lambda: children_of(os.getpid()))
        seen = child.environ()
        child.kill()
    finally:
        thread.join(QUICK.max_seconds)
    assert "SECRET_KEY" not in seen
    assert "PYTHONPATH" in seen


def test_neither_django_nor_numpy_is_loaded_by_the_child() -> None:
    code = (
        "import sys, recognition.ingest.child, recognition.ingest.pdf; "
        "print([name for name in ('django', 'numpy', 'cv2', 'paddle') if name in sys.modules])"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "[]"


def fuzz(*arguments: str) -> dict[str, Any]:
    """What the bench says, run in a process of its own: it forks, and tests have threads."""
    said = subprocess.run(
        [sys.executable, "-m", "bench.fuzz", *arguments, "--json", "/dev/stderr"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    told: dict[str, Any] = json.loads(said.stderr)
    assert all(goal["holds"] for goal in told["goals"]), told
    assert said.returncode == 0
    run: dict[str, Any] = told["runs"][0]
    return run


def test_damaged_files_of_every_kind_end_as_pages_or_as_an_error() -> None:
    run = fuzz("--mutations", "112")
    assert len(run["ends"]) == 16
    for kind, ends in run["ends"].items():
        assert sum(ends.values()) == 7, kind
        assert set(ends) - {"read"}, f"no mutation of {kind} does any harm"


def test_real_malformed_files_end_as_pages_or_as_an_error() -> None:
    """They cannot be part of this repository. Memory stays under 1.5 GB, by the bench's goal."""
    directory = ROOT.parent / "shared" / "data" / "hostile"
    if not directory.is_dir():
        pytest.skip(f"no malformed files to try at {directory}")
    run = fuzz("--corpus", str(directory))
    assert len(run["ends"]) > 200
