"""Rendered documents as files: pictures, multi-page documents, and sets with ground truth."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from time import gmtime

from PIL import Image

from recognition.synthesis.documents import render_document
from recognition.synthesis.types import MODERATE, Kind, RenderedDocument, Wear

RESOLUTION = 150
"""Dots to the inch at which A4 pages are drawn."""
_JPEG_QUALITY = 88


class Format(StrEnum):
    """File formats; the value is the usual ending."""

    PNG = ".png"
    JPEG = ".jpg"
    TIFF = ".tif"
    PDF = ".pdf"


_MANY_PAGES = frozenset({Format.TIFF, Format.PDF})
_OTHER_ENDINGS = {".jpeg": Format.JPEG, ".tiff": Format.TIFF}


def encode_document(pages: Sequence[RenderedDocument], kind: Format) -> bytes:
    """The bytes of a file with these pages: the same pages give the same bytes.

    Raises ValueError without pages, and for several pages in a format that holds but one.
    """
    if not pages or (len(pages) > 1 and kind not in _MANY_PAGES):
        raise ValueError(f"A {kind.name} file cannot hold {len(pages)} pages.")
    images: list[Image.Image] = [page.image for page in pages]
    first, others = images[0], images[1:]
    buffer = io.BytesIO()
    dots = (RESOLUTION, RESOLUTION)
    match kind:
        case Format.PNG:
            first.save(buffer, "PNG", dpi=dots, compress_level=4)
        case Format.JPEG:
            first.save(buffer, "JPEG", dpi=dots, quality=_JPEG_QUALITY)
        case Format.TIFF:
            first.save(
                buffer, "TIFF", dpi=dots, save_all=True, append_images=others,
                compression="tiff_adobe_deflate",
            )  # fmt: skip
        case Format.PDF:
            # A fixed date: else every second gives another file, and so another document.
            first.save(
                buffer, "PDF", resolution=RESOLUTION, save_all=True, append_images=others,
                quality=_JPEG_QUALITY, creationDate=gmtime(0), modDate=gmtime(0),
            )  # fmt: skip
    return buffer.getvalue()


def save_document(pages: Sequence[RenderedDocument], path: Path) -> None:
    """Write pages to one file; its ending says which format. Raises ValueError as encoding does."""
    ending = path.suffix.lower()
    try:
        kind = _OTHER_ENDINGS.get(ending) or Format(ending)
    except ValueError as error:
        endings = ", ".join([*Format, *_OTHER_ENDINGS])
        raise ValueError(f"{path.name} should end in one of {endings}.") from error
    path.write_bytes(encode_document(pages, kind))


def write_set(
    directory: Path, kind: Kind, count: int, seed: int, *, wear: Wear = MODERATE
) -> list[RenderedDocument]:
    """Write `count` pages with ground truth: `images/` and `labels.jsonl` in `directory`.

    Each line of labels.jsonl is {"image": path from `directory`, "lines": [{"polygon": four
    [x, y] in pixels clockwise from the text's top left, "text"}]}. Lines for pages that the file
    already holds are replaced, others stay, so that one folder can hold several kinds. Returns
    the pages.
    """
    (directory / "images").mkdir(parents=True, exist_ok=True)
    labels = directory / "labels.jsonl"
    entries: dict[str, str] = {}
    if labels.exists():
        for line in labels.read_text(encoding="utf-8").splitlines():
            entries[json.loads(line)["image"]] = line
    pages = []
    for number in range(seed, seed + count):
        page = render_document(kind, number, wear)
        name = f"images/{kind.value}-{number:05d}.jpg"
        save_document([page], directory / name)
        entry = {
            "image": name,
            "lines": [
                {"polygon": [list(point) for point in line.polygon], "text": line.text}
                for line in page.lines
            ],
        }
        entries[name] = json.dumps(entry, ensure_ascii=False)
        pages.append(page)
    labels.write_text("".join(f"{line}\n" for line in entries.values()), encoding="utf-8")
    return pages
