"""Folders of ground truth: `images/` and a `labels.jsonl` that says what stands on them.

A row is `{"image", "lines": [{"polygon", "text"}]}` for a page whose lines have boxes, or
`{"image", "text"}` for a single line's crop or for a page of which only the text is known. The
last two look alike: a folder in which any text has a line break holds pages. A line with a `flag`
is one whose text is in doubt; nothing is scored there. Other keys are left alone.
"""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as PillowImage
from PIL import ImageOps

from recognition.crops import Image
from recognition.exceptions import RecognitionError

LABELS = "labels.jsonl"
Point = tuple[float, float]
Polygon = tuple[Point, ...]


class TruthInvalid(RecognitionError):
    """A folder of ground truth cannot be used; the message names the row."""

    code = "truth_invalid"


class SetKind(StrEnum):
    """What a row of a folder stands for."""

    PAGES = "pages with boxes"
    PAGE_TEXTS = "pages without boxes"
    LINES = "line crops"


@dataclass(frozen=True, slots=True)
class TruthLine:
    """What one line says, and where; without polygon where that is not known.

    `polygon` is in pixels of the image, clockwise from the text's top left. Where `scored` is
    False the text is in doubt, and whatever was read there is neither right nor wrong.
    """

    text: str
    polygon: Polygon | None = None
    scored: bool = True


@dataclass(frozen=True, slots=True)
class Sample:
    """One image of a set and the lines on it, in the order of the file."""

    image: Path
    lines: tuple[TruthLine, ...]


@dataclass(frozen=True, slots=True)
class TruthSet:
    """A folder of ground truth."""

    name: str
    kind: SetKind
    samples: tuple[Sample, ...]

    @property
    def upper_case(self) -> bool:
        """Whether the truth was written in capitals whatever the image shows.

        True where fewer than one in a hundred of the letters that have case are small.
        """
        letters = [c for sample in self.samples for line in sample.lines for c in line.text]
        small = sum(c.islower() for c in letters)
        return small < 0.01 * (small + sum(c.isupper() for c in letters))


def normal(text: str) -> str:
    """Text as it is compared: composed (NFC), with single spaces, none at the ends."""
    return unicodedata.normalize("NFC", " ".join(text.split()))


def read_set(folder: Path) -> TruthSet:
    """The set in a folder, without opening its images. Raises TruthInvalid."""
    try:
        text = (folder / LABELS).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TruthInvalid(
            f"{folder / LABELS} cannot be read ({error}). Name a folder that holds images/ and "
            f"{LABELS} in UTF-8, one JSON object a line."
        ) from error
    rows = [
        _row(folder, number, row) for number, row in enumerate(text.split("\n"), 1) if row.strip()
    ]
    if not rows:
        raise TruthInvalid(f"{folder / LABELS} has no rows, so there is nothing to compare with.")
    boxed = [("lines" in row) for row in rows]
    if any(boxed) and not all(boxed):
        raise TruthInvalid(
            f'{folder / LABELS} mixes rows with "lines" and rows with "text"; put them in two '
            "folders."
        )
    if all(boxed):
        kind = SetKind.PAGES
    else:
        broken = any("\n" in row["text"].strip() for row in rows)
        kind = SetKind.PAGE_TEXTS if broken else SetKind.LINES
    samples = tuple(Sample(folder / row["image"], _lines(row)) for row in rows)
    return TruthSet(folder.resolve().name, kind, samples)


def read_image(path: Path) -> Image:
    """An image as uint8 [height, width, 3], RGB, upright. Raises TruthInvalid."""
    try:
        # By its file, for Pillow shears turned TIFF pictures that it opens by their path.
        with path.open("rb") as file, PillowImage.open(file) as image:
            upright = ImageOps.exif_transpose(image)
            return np.asarray(upright.convert("RGB"), dtype=np.uint8)
    except (OSError, ValueError, SyntaxError, PillowImage.DecompressionBombError) as error:
        raise TruthInvalid(
            f"{path} cannot be read as an image ({error}). Mend the file, or take its row out of "
            f"{LABELS}."
        ) from error


def _lines(row: dict[str, Any]) -> tuple[TruthLine, ...]:
    """The lines that say anything; a page's text is cut where it breaks."""
    if "lines" not in row:
        found = [TruthLine(normal(line)) for line in row["text"].splitlines()]
    else:
        found = [
            TruthLine(
                normal(line["text"]),
                tuple((float(x), float(y)) for x, y in line["polygon"]),
                scored=not line.get("flag"),
            )
            for line in row["lines"]
        ]
    return tuple(line for line in found if line.text)


def _row(folder: Path, number: int, text: str) -> dict[str, Any]:
    """One row, checked. Raises TruthInvalid with what to change."""
    place = f"Row {number} of {folder / LABELS}"
    try:
        row = json.loads(text)
    except ValueError as error:
        raise TruthInvalid(f"{place} is no JSON ({error}). Mend it or take it out.") from error
    if not isinstance(row, dict) or not isinstance(row.get("image"), str):
        raise TruthInvalid(f'{place} needs "image", the path of a file below the folder.')
    if not (folder / row["image"]).resolve().is_relative_to(folder.resolve()):
        raise TruthInvalid(f"{place} names an image outside its folder: {row['image']}.")
    if not (folder / row["image"]).is_file():
        raise TruthInvalid(f"{place} names {row['image']}, which is not there.")
    if "lines" in row:
        if not isinstance(row["lines"], list) or not all(map(_is_line, row["lines"])):
            raise TruthInvalid(
                f'{place}: every line needs "text" and "polygon", four [x, y] in pixels clockwise '
                "from the text's top left."
            )
    elif not isinstance(row.get("text"), str):
        raise TruthInvalid(f'{place} needs "lines" or "text".')
    return row


def _is_line(line: object) -> bool:
    if not isinstance(line, dict) or not isinstance(line.get("text"), str):
        return False
    polygon = line.get("polygon")
    return (
        isinstance(polygon, list)
        and len(polygon) == 4
        and all(
            isinstance(point, list)
            and len(point) == 2
            and all(
                isinstance(value, int | float) and not isinstance(value, bool) for value in point
            )
            for point in polygon
        )
    )
