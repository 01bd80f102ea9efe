"""Refuse pages and pixels beyond the limits before anything is decoded."""

import math

from recognition.ingest.base import LONGEST_SIDE_PIXELS, ErrorCode, FileRefused, Limits


class PixelBudget:
    """Counts the pixels of a document's pages against the limits."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._left = limits.max_total_pixels

    def take(self, width: int, height: int) -> None:
        """Account for one page of `width` x `height` pixels, about to be decoded.

        Raises `FileRefused`: `too_many_pixels`, or `corrupt` for a page without area.
        """
        if width < 1 or height < 1:
            raise FileRefused(
                ErrorCode.CORRUPT,
                "A page in this file has no area. Export the file again from its source.",
            )
        most = self._limits.max_pixels_per_page
        if width * height > most or max(width, height) > LONGEST_SIDE_PIXELS:
            raise page_too_big(f"is {width} x {height} pixels", self._limits)
        self._left -= width * height
        if self._left < 0:
            raise FileRefused(
                ErrorCode.TOO_MANY_PIXELS,
                f"The pages together have more than {_millions(self._limits.max_total_pixels)} "
                "million pixels. Split the file, or scan it at a lower resolution.",
            )


def page_too_big(what: str, limits: Limits) -> FileRefused:
    """Build the error for a page that `what` says is too big, as in "is 9 x 9 pixels"."""
    return FileRefused(
        ErrorCode.TOO_MANY_PIXELS,
        f"A page {what}; the most is {_millions(limits.max_pixels_per_page)} million pixels and "
        f"{LONGEST_SIDE_PIXELS} on a side. Scan it at a lower resolution, or cut it up.",
    )


def too_many_pages(limits: Limits) -> FileRefused:
    """Build the error for a document with more pages than the limit."""
    return FileRefused(
        ErrorCode.TOO_MANY_PAGES,
        f"The file has more than {limits.max_pages} pages. Split it into smaller files.",
    )


def _millions(pixels: int) -> str:
    return f"{math.floor(pixels / 100_000) / 10:g}"
