"""What a rendered document is: pixels, and the truth about every line of text on them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

Point = tuple[float, float]
Polygon = tuple[Point, Point, Point, Point]


class Kind(StrEnum):
    """The kinds of documents that can be rendered."""

    RECEIPT = "receipt"
    LETTER = "letter"
    FORM = "form"
    OLD_PRINT = "old_print"


@dataclass(frozen=True, slots=True)
class TruthLine:
    """One line of text: where it lies and what it reads.

    `polygon` is clockwise from the text's top left, in pixels of the image it belongs to, origin
    at the image's top left corner. `text` is in logical order, composed (NFC), never empty.
    """

    polygon: Polygon
    text: str


@dataclass(frozen=True, slots=True)
class RenderedDocument:
    """One page: an RGB image and its lines in reading order."""

    image: Image.Image
    lines: tuple[TruthLine, ...]


@dataclass(frozen=True, slots=True)
class Wear:
    """What time, printer and scanner did to a page. Zero everywhere leaves it as it was printed.

    Amounts are from 0 (none) to 1 (as much as can still be read by a person), but for the three
    whose unit is in their name.
    """

    rotation_degrees: float = 0.0
    """Largest turn either way; the seed draws the turn of a page from within."""
    perspective: float = 0.0
    """How far the corners move, as a tenth of the width."""
    fading: float = 0.0
    """Loss of ink, in patches."""
    spread: float = 0.0
    """Ink that ran into the paper, with rough edges and uneven weight."""
    texture: float = 0.0
    """Fibres, spots, creases and colour of the paper."""
    lighting: float = 0.0
    """Uneven light over the page."""
    noise: float = 0.0
    """Grain of the scanner's sensor."""
    blur_pixels: float = 0.0
    """Standard deviation of the lens's blur."""
    jpeg_quality: int | None = None
    """1 to 95; None leaves out the compression."""

    def __post_init__(self) -> None:
        shares = (
            self.perspective, self.fading, self.spread, self.texture, self.lighting, self.noise,
        )  # fmt: skip
        if not all(0 <= share <= 1 for share in shares):
            raise ValueError("Amounts of wear are from 0 to 1.")
        if not 0 <= self.rotation_degrees <= 15 or not 0 <= self.blur_pixels <= 10:
            raise ValueError("Rotation is from 0 to 15 degrees, blur from 0 to 10 pixels.")
        if self.jpeg_quality is not None and not 1 <= self.jpeg_quality <= 95:
            raise ValueError("JPEG quality is from 1 to 95.")


PRISTINE = Wear()
LIGHT = Wear(
    rotation_degrees=0.4, perspective=0.02, fading=0.12, spread=0.15, texture=0.3, lighting=0.2,
    noise=0.15, blur_pixels=0.4, jpeg_quality=88,
)  # fmt: skip
MODERATE = Wear(
    rotation_degrees=1.2, perspective=0.06, fading=0.4, spread=0.4, texture=0.55, lighting=0.45,
    noise=0.35, blur_pixels=0.7, jpeg_quality=70,
)  # fmt: skip
HEAVY = Wear(
    rotation_degrees=2.5, perspective=0.12, fading=0.75, spread=0.75, texture=0.9, lighting=0.8,
    noise=0.65, blur_pixels=1.1, jpeg_quality=45,
)  # fmt: skip
WEARS = {"pristine": PRISTINE, "light": LIGHT, "moderate": MODERATE, "heavy": HEAVY}
"""The named amounts, for command lines."""
