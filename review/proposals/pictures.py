"""The piece of a line that a proposal is about, with what stands around it, for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from recognition.crops import crop_size
from recognition.page_pixels import part_jpeg
from review.models import Proposal

AROUND = 3.2
"""Heights of the line that are shown on each side of the piece: some seven characters."""


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a line's crop that is shown, in pixels of the crop: from `first` to `last`.

    `start` and `end` are where the piece lies in it, in the same pixels from its left.
    """

    first: int
    last: int
    height: int
    start: int
    end: int

    @property
    def width(self) -> int:
        return self.last - self.first


def window(polygon: Sequence[Sequence[float]], left: float, right: float) -> Window:
    """What to show of a line of which a piece goes from `left` to `right` (shares of its width)."""
    height, width = crop_size([(x, y) for x, y in polygon])
    start, end = round(left * width), max(round(right * width), round(left * width) + 1)
    first = max(round(start - AROUND * height), 0)
    last = min(round(end + AROUND * height), width)
    return Window(first, max(last, first + 1), height, start - first, end - first)


def piece_jpeg(proposal: Proposal) -> bytes:
    """The window of a proposal as JPEG. Raises OSError where the page's picture is gone."""
    seen = window(proposal.line.polygon, proposal.left, proposal.right)
    return part_jpeg(proposal.line, seen.first, seen.last)
