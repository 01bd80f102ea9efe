"""Decode TIFF and BigTIFF files, one page for each full-size frame."""

import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from PIL import ImageFile

from recognition.ingest.base import FileRefused, Limits
from recognition.ingest.budget import PixelBudget, too_many_pages
from recognition.ingest.image import (
    DecodedPage,
    corrupt,
    decode_frame,
    decoder_errors,
    open_picture,
    truncated,
)
from recognition.ingest.sniff import MediaType

_NEW_SUBFILE_TYPE = 254
_SUBFILE_TYPE = 255
_REDUCED_OR_MASK = 0b101  # bits of NewSubfileType: thumbnail, transparency mask
_REDUCED = 2  # value of the older SubfileType
_DATA_TAGS = ((273, 279), (324, 325))  # offsets and byte counts, of strips and of tiles


def split_tiff(source: Path, limits: Limits, budget: PixelBudget) -> Iterator[DecodedPage]:
    """Yield the pages of a TIFF file in the order of its directories.

    Thumbnails and masks are no pages. Raises `FileRefused`; `truncated` also where only later
    pages are missing, which decoders pass over in silence.
    """
    size = source.stat().st_size
    with source.open("rb") as file:
        frames = count_directories(file, size, limits.max_pages)
        if frames > limits.max_pages:
            raise too_many_pages(limits)
        if frames == 0:
            raise corrupt("TIFF file", "no image file directory")
        with decoder_errors("TIFF file", limits):
            image = open_picture(file, MediaType.TIFF)
        with image:
            pages = 0
            for frame in range(frames):
                page = _page_at(image, frame, size, limits, budget)
                if page is not None:
                    pages += 1
                    yield page
    if pages == 0:
        raise corrupt("TIFF file", "thumbnails and masks only")


def _page_at(
    image: ImageFile.ImageFile, frame: int, size: int, limits: Limits, budget: PixelBudget
) -> DecodedPage | None:
    what = f"TIFF file's page {frame + 1}"
    try:
        with decoder_errors(what, limits):
            image.seek(frame)
            tags = dict(image.tag_v2)  # type: ignore[attr-defined]
            if tags.get(_NEW_SUBFILE_TYPE, 0) & _REDUCED_OR_MASK:
                return None
            if tags.get(_SUBFILE_TYPE) == _REDUCED:
                return None
            return decode_frame(image, budget)
    except FileRefused as error:
        if error.code == "corrupt" and _data_ends_after(size, tags_of(image)):
            raise truncated(what, error.detail) from error
        raise


def tags_of(image: ImageFile.ImageFile) -> dict[int, object]:
    """Return the tags of the current frame, none where they cannot be read."""
    return dict(getattr(image, "tag_v2", {}))


def _data_ends_after(size: int, tags: dict[int, object]) -> bool:
    """Whether strips or tiles lie beyond the end of a file of `size` bytes."""
    for offsets_tag, counts_tag in _DATA_TAGS:
        offsets, counts = _numbers(tags.get(offsets_tag)), _numbers(tags.get(counts_tag))
        if any(start + count > size for start, count in zip(offsets, counts, strict=False)):
            return True
    return False


def _numbers(value: object) -> Sequence[int]:
    values = value if isinstance(value, tuple) else (value,)
    return [number for number in values if isinstance(number, int)]


def count_directories(file: BinaryIO, size: int, most: int) -> int:
    """Follow the chain of image file directories and return its length, at most `most` + 1.

    A chain that runs in a circle ends where it closes. Raises `FileRefused` with `truncated`
    where the chain leads beyond the end of the file.
    """
    head = file.read(16)
    order = "<" if head[:2] == b"II" else ">"
    big = head[2:4] in (b"+\x00", b"\x00+")
    count_format, entry_bytes, next_format = ("Q", 20, "Q") if big else ("H", 12, "I")
    seen: set[int] = set()
    at = _read(file, order + next_format, 8 if big else 4)
    while at and at not in seen and len(seen) <= most:
        seen.add(at)
        entries = _read(file, order + count_format, at)
        end = at + struct.calcsize(count_format) + entries * entry_bytes
        if end > size:
            raise truncated("TIFF file", f"directory at {at} ends at {end} of {size}")
        # Some writers leave out the last pointer: then the chain ends there.
        short = end + struct.calcsize(next_format) > size
        at = 0 if short else _read(file, order + next_format, end)
    return len(seen)


def _read(file: BinaryIO, layout: str, at: int) -> int:
    wanted = struct.calcsize(layout)
    try:
        file.seek(at)
    except (OSError, OverflowError, ValueError) as error:
        raise truncated("TIFF file", f"offset {at}") from error
    data = file.read(wanted)
    if len(data) < wanted:
        raise truncated("TIFF file", f"offset {at}")
    return int(struct.unpack(layout, data)[0])
