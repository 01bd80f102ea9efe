"""What goes into and comes out of splitting an uploaded file into page images."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Literal

MEBIBYTE = 1024 * 1024

# A child process needs this much address space before it has read a byte of the file.
SMALLEST_MEMORY_BYTES = 256 * MEBIBYTE

# Browsers refuse to draw, and JPEG to hold, pictures with longer sides than this.
LONGEST_SIDE_PIXELS = 32_767


class ErrorCode(StrEnum):
    """Stable names of everything that can go wrong; stored, filtered by and counted."""

    EMPTY_FILE = "empty_file"
    UNKNOWN_TYPE = "unknown_type"
    TOO_LARGE = "too_large"
    TOO_MANY_PAGES = "too_many_pages"
    TOO_MANY_PIXELS = "too_many_pixels"
    NESTED_ARCHIVE = "nested_archive"
    TRUNCATED = "truncated"
    CORRUPT = "corrupt"
    ENCRYPTED = "encrypted"
    TIMEOUT = "timeout"
    OUT_OF_MEMORY = "out_of_memory"
    CRASHED = "crashed"
    DISK_FULL = "disk_full"


class IngestError(Exception):
    """A file did not become pages.

    `code` is stable; `message` is a sentence that tells the uploader what to do; `detail` is what
    the decoder said, for logs only: it may quote the file, so escape it where it is shown.
    """

    retry_may_help = False

    def __init__(self, code: ErrorCode, message: str, detail: str = "") -> None:
        super().__init__(code, message, detail)
        self.code = code
        self.message = message
        self.detail = detail

    def __str__(self) -> str:
        return self.message


class FileRefused(IngestError):
    """The file itself is why: reading the same bytes again ends the same way."""


class SplitFailed(IngestError):
    """The attempt is why, or may be (time, memory, disk, a crash): trying again may help."""

    retry_may_help = True


_OF_THE_ATTEMPT = frozenset(
    {ErrorCode.TIMEOUT, ErrorCode.OUT_OF_MEMORY, ErrorCode.CRASHED, ErrorCode.DISK_FULL}
)


def error_for(code: ErrorCode, message: str, detail: str = "") -> IngestError:
    """Build the exception class that belongs to a code."""
    kind = SplitFailed if code in _OF_THE_ATTEMPT else FileRefused
    return kind(code, message, detail)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of everything one file may take. All bounds are inclusive.

    The memory bound is on the child's address space. Pillow holds colour in 4 bytes a pixel and
    needs a second copy to turn or convert a picture, so it should be at least
    256 MiB + 12 bytes for each of `max_pixels_per_page`.
    Raises `ValueError` for bounds that no file could meet.
    """

    max_bytes: int = 200 * MEBIBYTE
    max_pages: int = 500
    max_pixels_per_page: int = 100_000_000  # A3 at 600 dpi is 70 million
    max_total_pixels: int = 5_000_000_000  # 500 pages of A4 at 300 dpi are 4.4 thousand million
    max_seconds: float = 300.0
    max_memory_bytes: int = 2048 * MEBIBYTE
    render_dpi: int = 300
    scan_dpi: int = 300  # at most, of a PDF page that is one picture; less where that has less
    max_members: int = 2_000  # of a ZIP archive
    max_archive_bytes: int = 4096 * MEBIBYTE  # that it unpacks to
    max_archive_ratio: int = 200  # unpacked to packed, of archives that unpack to over 100 MiB
    max_folders_deep: int = 16

    def __post_init__(self) -> None:
        for name in ("max_bytes", "max_pages", "max_pixels_per_page", "max_total_pixels"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1.")
        if self.max_seconds <= 0:
            raise ValueError("max_seconds must be more than 0.")
        if self.max_memory_bytes < SMALLEST_MEMORY_BYTES:
            raise ValueError(f"max_memory_bytes must be at least {SMALLEST_MEMORY_BYTES}.")
        for name in ("render_dpi", "scan_dpi"):
            if not 72 <= getattr(self, name) <= 1200:
                raise ValueError(f"{name} must be from 72 to 1200.")


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive, in its order; `error` says why there is no `path`.

    `name` holds the folders too; it is for people to read, and no path on this machine.
    """

    position: int
    name: str
    path: Path | None
    error: IngestError | None = None


PageSource = Literal["image", "pdf"]


class LayerFault(StrEnum):
    """Why a PDF page's text layer is not used and the page is read instead."""

    UNMAPPED = "unmapped"  # glyphs that the file does not say the character of
    OFF_PAGE = "off_page"
    INVISIBLE = "invisible"  # drawn without ink, or hidden: mostly another program's reading
    TURNED = "turned"  # lines that do not run level
    INCOMPLETE = "incomplete"  # pictures, filled fields or curves may hold more text
    TOO_MUCH = "too_much"
    DISAGREES = "disagrees"  # it says something else than the page shows
    SET_ASIDE = "set_aside"  # an admin had the page read instead


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line of a text layer: four corners clockwise from its top left, in the image's pixels."""

    text: str
    polygon: tuple[tuple[float, float], ...]
    block: int


@dataclass(frozen=True, slots=True)
class TextLayer:
    """The lines of a trusted text layer in reading order, or why one that is there is not."""

    lines: tuple[TextLine, ...] = ()
    fault: LayerFault | None = None
    producer: str = ""


@dataclass(frozen=True, slots=True)
class PageImage:
    """One stored page image.

    `number` counts from 1; `width` and `height` are pixels of the stored picture, upright, which
    is what every later coordinate refers to; `dpi` is the resolution a PDF page was rendered at
    or a picture claims for itself, `None` where it claims none.
    """

    number: int
    path: Path
    width: int
    height: int
    sha256: str
    source: PageSource
    dpi: int | None
    layer: TextLayer = TextLayer()
