"""Split an uploaded file into page images in a child process that may fail in any way it likes."""

import json
import logging
import math
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, cast

from recognition.disk import flush_directory, remove_stale
from recognition.ingest.base import (
    MEBIBYTE,
    ErrorCode,
    FileRefused,
    IngestError,
    LayerFault,
    Limits,
    Member,
    PageImage,
    SplitFailed,
    TextLayer,
    TextLine,
    error_for,
)
from recognition.ingest.sniff import HEAD_BYTES, MediaType, sniff
from recognition.ingest.stored import disk_error

Decode = Callable[[Path, Path, MediaType, Limits], dict[str, Any]]
"""From source, work directory, type and limits to a description of what was written."""

logger = logging.getLogger(__name__)

_ROOT = Path(__file__).resolve().parents[2]
_PREFIX = ".split-"

# 500 pages take 100 KB; a child that says far more than this has been taken over.
_MOST_ANSWER_BYTES = 8 * MEBIBYTE

# A directory left by a worker that was killed is older than any attempt can last.
_LEFT_BEHIND_SECONDS = 3600.0


def check_type(source: Path, limits: Limits) -> MediaType:
    """Return the media type of a file after the checks that need no decoding.

    Raises `FileRefused`: `empty_file`, `too_large`, `unknown_type`.
    """
    size = source.stat().st_size
    if size > limits.max_bytes:
        raise FileRefused(
            ErrorCode.TOO_LARGE,
            f"The file has {math.ceil(size / MEBIBYTE)} MiB; the most is "
            f"{limits.max_bytes // MEBIBYTE} MiB. Split it, or scan it at a lower resolution.",
        )
    with source.open("rb") as file:
        return sniff(file.read(HEAD_BYTES))


def split_document(
    source: Path, out_dir: Path, limits: Limits, decode: Decode | None = None
) -> list[PageImage]:
    """Decode `source` and return its pages, stored in `out_dir` (made where it is missing).

    Pages are named by number and content, so a second run over the same file ends with the same
    paths. Either all pages are there or, with an `IngestError`, none that was not there before.
    Safe in a Celery prefork worker, and in several at once on one `out_dir`. `decode` takes the
    place of the child process, for tests whose subject is the pixels.
    """
    media_type = check_type(source, limits)
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
        remove_stale(out_dir.glob(f"{_PREFIX}*"), _LEFT_BEHIND_SECONDS + limits.max_seconds)
        work = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=out_dir))
    except OSError as error:
        raise disk_error(error) from error
    try:
        answer = (decode or run_child)(source, work, media_type, limits)
        return _keep(answer, work, out_dir)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def run_child(source: Path, work: Path, media_type: MediaType, limits: Limits) -> dict[str, Any]:
    """Decode in a child process; returns its answer. Raises `IngestError`."""
    request = {
        "source": str(source.resolve()),
        "directory": str(work.resolve()),
        "media_type": media_type,
        "limits": asdict(limits),
        "parent": os.getpid(),
    }
    try:
        process = subprocess.Popen(
            # -P: nothing is imported from the working directory.
            [sys.executable, "-P", "-m", "recognition.ingest.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=work,
            # No secrets, no settings: only what Python needs to start.
            env={"PYTHONPATH": str(_ROOT), "PATH": os.defpath, "LC_ALL": "C.UTF-8"},
            start_new_session=True,
        )
    except OSError as error:
        raise _crashed(f"did not start: {error}") from error
    try:
        said = _converse(process, json.dumps(request).encode(), limits)
    finally:
        _end(process)
    return understand(said, process.returncode, limits)


def _converse(process: "subprocess.Popen[bytes]", request: bytes, limits: Limits) -> bytes:
    """Hand over the request and return all the child says until it closes its output."""
    listens, speaks = cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout)
    deadline = time.monotonic() + limits.max_seconds
    said = bytearray()
    try:
        with listens:
            listens.write(request)
    except BrokenPipeError:
        return b""  # It died before it listened; its exit status says why.
    with selectors.DefaultSelector() as selector, speaks:
        selector.register(speaks, selectors.EVENT_READ)
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or not selector.select(left):
                raise _timeout(limits, "wall clock")
            chunk = os.read(speaks.fileno(), 65536)
            said += chunk
            if not chunk:
                break
            if len(said) > _MOST_ANSWER_BYTES:
                raise _crashed("said too much")
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired as error:
        raise _timeout(limits, "wall clock, after its answer") from error
    return bytes(said)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Make sure that the child, and whatever shares its session, is gone."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


def understand(said: bytes, status: int, limits: Limits) -> dict[str, Any]:
    """What a child that has ended said, or the `IngestError` of how it ended."""
    if status == -signal.SIGXCPU:
        raise _timeout(limits, "CPU")
    if status != 0:
        raise _crashed(f"exit status {status}")
    try:
        answer = json.loads(said)
    except ValueError as error:
        raise _crashed(f"answer is not JSON: {error}") from error
    if not isinstance(answer, dict):
        raise _crashed("answer is no object")
    logger.info("child finished, peak %s bytes", answer.get("peak_bytes"))
    if "error" in answer:
        raise _as_error(answer["error"])
    return answer


def unpack_archive(
    source: Path, work: Path, limits: Limits, decode: Decode | None = None
) -> list[Member]:
    """Unpack a ZIP archive into the empty directory `work`, in a child process.

    Raises `IngestError` for the archive as a whole; a member that is bad says so itself.
    """
    answer = (decode or run_child)(source, work, check_type(source, limits), limits)
    members = answer.get("members")
    if not isinstance(members, list) or not members:
        raise _crashed("no members and no error")
    return [_member(said, position, work) for position, said in enumerate(members)]


def _member(said: object, position: int, work: Path) -> Member:
    match said:
        case {"index": int(index), "name": str(name), "code": "", "message": str()} if (
            index == position
        ):
            return Member(position, name, work / str(position))
        case {
            "index": int(index),
            "name": str(name),
            "code": str(code),
            "message": str(message),
        } if index == position and code in list(ErrorCode):
            return Member(position, name, None, error_for(ErrorCode(code), message))
    raise _crashed("a member's description is not understood")


def _as_error(said: object) -> IngestError:
    match said:
        case {"code": str(code), "message": str(message), "detail": str(detail)} if code in list(
            ErrorCode
        ):
            return error_for(ErrorCode(code), message, detail)
    return _crashed("error is not understood")


def _keep(answer: dict[str, Any], work: Path, out_dir: Path) -> list[PageImage]:
    """Move the pages to where they stay; take back what was moved where one cannot be."""
    pages = _described(answer, work, out_dir)
    moved: list[Path] = []
    try:
        for page, written in pages:
            new = not page.path.exists()
            written.rename(page.path)
            if new:
                moved.append(page.path)
        flush_directory(out_dir)
    except FileNotFoundError as error:
        _take_back(moved)
        raise _crashed(f"a page is missing: {error}") from error
    except OSError as error:
        _take_back(moved)
        raise disk_error(error) from error
    return [page for page, _ in pages]


def _described(answer: dict[str, Any], work: Path, out_dir: Path) -> list[tuple[PageImage, Path]]:
    """Read the child's description of its pages; names are made here, never taken from it."""
    pages: list[tuple[PageImage, Path]] = []
    said = answer.get("pages")
    for number, page in enumerate(said if isinstance(said, list) else [], start=1):
        match page:
            case {
                "number": int(said_number),
                "suffix": ".png" | ".jpg" as suffix,
                "width": int(width),
                "height": int(height),
                "sha256": str(sha256),
                "source": "image" | "pdf" as source,
                "dpi": int() | None as dpi,
                "layer_fault": str() | None as fault,
                "layer_producer": str(producer),
            } if (
                said_number == number
                and len(sha256) == 64
                and sha256.isalnum()
                and (fault is None or fault in list(LayerFault))
            ):
                path = out_dir / f"{number:04d}-{sha256[:16]}{suffix}"
                lines = _layer_lines(work / f"{number}.json", width, height)
                layer = TextLayer(lines, LayerFault(fault) if fault else None, producer[:100])
                image = PageImage(number, path, width, height, sha256, source, dpi, layer)
                pages.append((image, work / f"{number}{suffix}"))
            case _:
                raise _crashed("a page's description is not understood")
    if not pages:
        raise _crashed("no pages and no error")
    return pages


def _layer_lines(path: Path, width: int, height: int) -> tuple[TextLine, ...]:
    """A page's text as the child wrote it, none where it wrote none."""
    try:
        if path.stat().st_size > _MOST_ANSWER_BYTES:
            raise _crashed("a text layer is too long")
        said = json.loads(path.read_text())
    except FileNotFoundError:
        return ()
    except ValueError as error:
        raise _crashed(f"a text layer is not JSON: {error}") from error
    lines = []
    for line in said if isinstance(said, list) else []:
        match line:
            case [str(text), int(block), [[_, _], [_, _], [_, _], [_, _]] as corners] if (
                0 <= block < len(said) and text.isprintable()
            ):
                # Corners beyond the page, or no numbers at all, would only show up much later.
                polygon = tuple(
                    (min(max(float(x), 0.0), width), min(max(float(y), 0.0), height))
                    for x, y in corners
                )
                lines.append(TextLine(text, polygon, block))
            case _:
                raise _crashed("a text layer is not understood")
    return tuple(lines)


def _take_back(moved: list[Path]) -> None:
    for path in moved:
        path.unlink(missing_ok=True)


def _timeout(limits: Limits, detail: str) -> SplitFailed:
    return SplitFailed(
        ErrorCode.TIMEOUT,
        f"Decoding the file took longer than {limits.max_seconds:g} seconds and was stopped. "
        "Retry when less is going on, or split the file.",
        detail,
    )


def _crashed(detail: str) -> SplitFailed:
    return SplitFailed(
        ErrorCode.CRASHED,
        "The decoder broke down on this file; nothing else was affected. Retry; if it happens "
        "again, save the file anew as a plain PNG or PDF and upload that.",
        detail,
    )
