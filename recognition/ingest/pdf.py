"""Render PDF pages with PDFium, one at a time."""

import math
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_raw

from recognition.ingest.base import LONGEST_SIDE_PIXELS, ErrorCode, FileRefused, Limits
from recognition.ingest.budget import PixelBudget, too_many_pages
from recognition.ingest.image import DecodedPage, corrupt, truncated
from recognition.ingest.pixels import smallest_mode
from recognition.ingest.text_layer import producer, take_text_layer

_POINTS_PER_INCH = 72.0

# A page too big for the limits at the usual resolution is rendered at a lower one, down to this:
# below it, 10-point print is under 14 pixels high and no longer read well.
_LOWEST_DPI = 100

# A scan is rendered at its own resolution, which spares blurring and bytes, up to `scan_dpi`, but
# not below this: its page may carry stamps or a few typed words beside the picture.
_LOWEST_SCAN_DPI = 150
_SCAN_COVERS = 0.9
_MOST_OBJECTS_OF_A_SCAN = 32

_END_MARK = b"%%EOF"
_END_BYTES = 64 * 1024

_HEAD_BYTES = 2048
_LENGTH_WHEN_LINEARIZED = re.compile(rb"<<[^>]*/Linearized[^>]*/L\s+(\d{1,15})\b")

_LOCKED = frozenset({pdfium_raw.FPDF_ERR_PASSWORD, pdfium_raw.FPDF_ERR_SECURITY})


def split_pdf(source: Path, limits: Limits, budget: PixelBudget) -> Iterator[DecodedPage]:
    """Yield the pages of a PDF file, turned the way the file asks, form fields filled in.

    Raises `FileRefused`: `encrypted` where a password is needed, `truncated`, `corrupt`,
    `too_many_pages`, `too_many_pixels`.
    """
    whole = has_end_mark(source)
    if is_cut_short(source):
        # PDFium would show what there is, and leave white what is missing.
        raise truncated("PDF file", "shorter than it says it is")
    try:
        document = pdfium.PdfDocument(source)
    except pdfium.PdfiumError as error:
        if error.err_code in _LOCKED:
            raise FileRefused(
                ErrorCode.ENCRYPTED,
                "The PDF file is protected with a password. Save a copy without the password "
                "and upload that.",
                str(error),
            ) from error
        raise _unreadable("PDF file", whole, str(error)) from error
    with document:
        count = len(document)
        if count > limits.max_pages:
            raise too_many_pages(limits)
        if count == 0:
            raise _unreadable("PDF file", whole, "no pages")
        document.init_forms()
        for index in range(count):
            try:
                yield _render(document, index, limits, budget)
            except pdfium.PdfiumError as error:
                what = f"PDF file's page {index + 1}"
                raise _unreadable(what, whole, str(error)) from error


def has_end_mark(source: Path) -> bool:
    """Whether a PDF's end mark stands in its last 64 KiB (some servers append to files)."""
    with source.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _END_BYTES))
        return _END_MARK in file.read()


def is_cut_short(source: Path) -> bool:
    """Whether a PDF made for fast web view is shorter than the length it states.

    Its index stands at the front, so its missing end goes unnoticed otherwise.
    """
    with source.open("rb") as file:
        head = file.read(_HEAD_BYTES)
        size = file.seek(0, os.SEEK_END)
    stated = _LENGTH_WHEN_LINEARIZED.search(head)
    return stated is not None and size < int(stated[1])


def _unreadable(what: str, whole: bool, detail: str) -> FileRefused:
    return corrupt(what, detail) if whole else truncated(what, detail)


def _render(
    document: pdfium.PdfDocument, index: int, limits: Limits, budget: PixelBudget
) -> DecodedPage:
    page = document[index]
    try:
        width, height = page.get_size()
        if not (math.isfinite(width * height) and width > 0 and height > 0):
            raise corrupt(f"PDF file's page {index + 1}", f"page of {width} x {height} points")
        dpi = _fitting_dpi(width, height, _wanted_dpi(page, width * height, limits), limits)
        scale = dpi / _POINTS_PER_INCH
        budget.take(math.ceil(width * scale), math.ceil(height * scale))
        bitmap = page.render(scale=scale, rev_byteorder=True)
        try:
            # The picture may share the bitmap's memory, which ends with it.
            image = smallest_mode(bitmap.to_pil().convert("RGB")).copy()
        finally:
            bitmap.close()
        layer = take_text_layer(page, image)
    finally:
        page.close()
    return DecodedPage(image, "pdf", dpi, replace(layer, producer=producer()))


def _wanted_dpi(page: pdfium.PdfPage, area: float, limits: Limits) -> int:
    """Return the resolution of the scan that fills the page, else the usual one."""
    for number, part in enumerate(page.get_objects(max_depth=1)):
        if number >= _MOST_OBJECTS_OF_A_SCAN:
            break
        if part.type != pdfium_raw.FPDF_PAGEOBJ_IMAGE:
            continue
        left, bottom, right, top = part.get_bounds()
        covered = (right - left) * (top - bottom)
        if not covered >= _SCAN_COVERS * area:
            continue
        across, down = part.get_px_size()
        native = math.sqrt(across * down / covered) * _POINTS_PER_INCH
        return max(_LOWEST_SCAN_DPI, min(limits.scan_dpi, round(native)))
    return limits.render_dpi


def _fitting_dpi(width: float, height: float, wanted: int, limits: Limits) -> int:
    """Lower a resolution until a page of `width` x `height` points keeps within the limits.

    Where even the lowest useful one does not fit, that is returned, and the budget refuses it.
    """
    by_area = math.sqrt(limits.max_pixels_per_page / (width * height)) * _POINTS_PER_INCH
    by_side = (LONGEST_SIDE_PIXELS - 1) / max(width, height) * _POINTS_PER_INCH
    # One less leaves room for rounding sides up to whole pixels.
    fitting = math.floor(min(by_area, by_side)) - 1
    return wanted if fitting >= wanted else max(_LOWEST_DPI, fitting)
