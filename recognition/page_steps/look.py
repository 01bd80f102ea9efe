"""Find and recognise a page's lines, whichever way up the page lies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from recognition.crops import Image
from recognition.engines.base import DetectedLine, Polygon, RecognisedLine
from recognition.page_steps.frame import Point, turned
from recognition.page_steps.upright import (
    UPRIGHT_VERSION,
    lines_stand,
    quarters_by_standing,
    upside_down,
)


class LineReader(Protocol):
    """What an engine can do with a page, as far as it is needed here."""

    def detect(self, image: Image) -> list[DetectedLine]:
        """Lines in no particular order; the first point is the page's top left."""
        ...

    def recognise_lines(
        self, image: Image, polygons: Sequence[Sequence[Point]]
    ) -> Iterable[tuple[int, RecognisedLine, str]]:
        """(index, line, crop hash) for each polygon, in any order."""
        ...

    def recognise_crops(self, crops: Sequence[Image]) -> list[RecognisedLine]:
        """What stands on crops, in the order given."""
        ...


@dataclass(frozen=True, slots=True)
class SeenLine:
    """A line found on a page.

    `polygon` is on the stored page and begins at the text's top left where the page was turned;
    `upright` is the same line on the page as it is read, for the order of reading.
    """

    polygon: Polygon
    upright: Polygon
    recognised: RecognisedLine
    crop_sha256: str


def look_upright(image: Image, reader: LineReader) -> tuple[list[SeenLine], tuple[str, ...]]:
    """The page's lines, and the steps it took: none where the page lies upright.

    A turned page's lines are looked for on the page set upright, but always cut from the stored
    one, as training and a later reading cut them.
    """
    quads = [line.polygon for line in reader.detect(image)]
    standing = lines_stand(quads)
    if standing:
        quarters = quarters_by_standing(image, quads, reader.recognise_crops)
        if quarters:
            return _look_turned(image, quarters, reader)
    seen = _seen(image, quads, quads, reader)
    if not standing and upside_down(
        image, quads, [line.recognised for line in seen], reader.recognise_crops
    ):
        return _look_turned(image, 2, reader)
    return seen, ()


def _look_turned(
    image: Image, quarters: int, reader: LineReader
) -> tuple[list[SeenLine], tuple[str, ...]]:
    upright, frame = turned(image, quarters)
    quads = [line.polygon for line in reader.detect(upright)]
    stored = [frame.stored_quad(quad) for quad in quads]
    step = f"{UPRIGHT_VERSION}:{quarters * 90}"
    return _seen(image, stored, quads, reader), (step,)


def _seen(
    image: Image, stored: Sequence[Polygon], upright: Sequence[Polygon], reader: LineReader
) -> list[SeenLine]:
    return [
        SeenLine(stored[index], upright[index], line, sha256)
        for index, line, sha256 in sorted(
            reader.recognise_lines(image, stored), key=lambda found: found[0]
        )
    ]
