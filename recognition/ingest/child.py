"""The program that decodes one untrusted file: `python -m recognition.ingest.child`.

It reads one JSON request on standard input and writes one JSON answer on standard output. It
limits itself before it looks at the file, and dies with the process that started it.
"""

import ctypes
import json
import math
import os
import resource
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from recognition.ingest.archive import unpack
from recognition.ingest.base import (
    MEBIBYTE,
    ErrorCode,
    IngestError,
    Limits,
    SplitFailed,
)
from recognition.ingest.budget import PixelBudget, too_many_pages
from recognition.ingest.image import DecodedPage, guard_pillow, split_image
from recognition.ingest.sniff import MediaType
from recognition.ingest.stored import write_page
from recognition.ingest.tiff import split_tiff

_PR_SET_PDEATHSIG = 1

# A stored page never needs more bytes than its pixels in colour, and something for headers.
_BYTES_PER_PIXEL = 3


def confine(limits: Limits, parent: int) -> None:
    """Bound this process's memory, CPU seconds and file sizes, and tie its life to `parent`."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        # The parent was gone before its death could be heard of.
        os._exit(1)
    file_bytes = max(limits.max_bytes, limits.max_pixels_per_page * _BYTES_PER_PIXEL) + MEBIBYTE
    cpu_seconds = math.ceil(limits.max_seconds)
    for what, bound in (
        (resource.RLIMIT_AS, limits.max_memory_bytes),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_FSIZE, file_bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        now, ceiling = resource.getrlimit(what)
        set_already = [limit for limit in (now, ceiling) if limit != resource.RLIM_INFINITY]
        resource.setrlimit(what, (min([bound, *set_already]), ceiling))  # never wider than it was


def peak_bytes() -> int:
    """Return the most memory this process has held at once.

    Not `ru_maxrss`, which after vfork and exec begins at the parent's own peak.
    """
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def split(
    source: Path, directory: Path, media_type: MediaType, limits: Limits
) -> list[dict[str, object]]:
    """Decode `source` and write its pages into `directory` as 1.png, 2.jpg ...; describe them."""
    pages: list[dict[str, object]] = []
    for number, page in enumerate(_pages(source, media_type, limits), start=1):
        if number > limits.max_pages:
            raise too_many_pages(limits)
        width, height = page.image.size
        stored = write_page(page.image, directory / str(number))
        pages.append(
            {
                "number": number,
                "suffix": stored.suffix,
                "width": width,
                "height": height,
                "sha256": stored.sha256,
                "source": page.source,
                "dpi": page.dpi,
                "layer_fault": page.layer.fault,
                "layer_producer": page.layer.producer,
            }
        )
        if page.layer.lines:
            # In a file: all pages' text together could make the answer a very long one.
            lines = [[line.text, line.block, line.polygon] for line in page.layer.lines]
            (directory / f"{number}.json").write_text(json.dumps(lines))
    return pages


def _pages(source: Path, media_type: MediaType, limits: Limits) -> Iterator[DecodedPage]:
    budget = PixelBudget(limits)
    match media_type:
        case MediaType.PDF:
            # Loading PDFium takes longer than decoding a picture, so only where it is needed.
            from recognition.ingest.pdf import split_pdf

            return split_pdf(source, limits, budget)
        case MediaType.TIFF:
            return split_tiff(source, limits, budget)
        case MediaType.ZIP:
            raise ValueError("an archive has members, not pages")
        case _:
            return split_image(source, media_type, limits, budget)


def answer(request: dict[str, object]) -> dict[str, object]:
    """Do what a request asks and return what to say about it."""
    limits = Limits(**request["limits"])  # type: ignore[arg-type]
    confine(limits, int(str(request["parent"])))
    guard_pillow(limits)
    source, directory = Path(str(request["source"])), Path(str(request["directory"]))
    media_type = MediaType(str(request["media_type"]))
    try:
        if media_type is MediaType.ZIP:
            return {"members": unpack(source, directory, limits), "peak_bytes": peak_bytes()}
        pages = split(source, directory, media_type, limits)
    except MemoryError as error:
        return _said(out_of_memory(limits, type(error).__name__))
    except IngestError as error:
        return _said(error)
    return {"pages": pages, "peak_bytes": peak_bytes()}


def out_of_memory(limits: Limits, detail: str) -> IngestError:
    """Build the error for a file whose decoding asks for more memory than allowed."""
    return SplitFailed(
        ErrorCode.OUT_OF_MEMORY,
        f"Decoding the file takes more than {limits.max_memory_bytes // MEBIBYTE} MiB of memory. "
        "Split it, or scan it at a lower resolution.",
        detail,
    )


def _said(error: IngestError) -> dict[str, object]:
    said = {"code": error.code, "message": error.message, "detail": error.detail[:500]}
    return {"error": said, "peak_bytes": peak_bytes()}


def _claim_stdout() -> TextIO:
    """Keep standard output for the answer: what C libraries print goes to standard error."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return out


def main() -> None:
    """Answer one request."""
    with _claim_stdout() as out:
        json.dump(answer(json.load(sys.stdin)), out)


if __name__ == "__main__":
    main()
