"""A white sheet that remembers the text it is given."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from PIL import Image, ImageDraw

from recognition.synthesis import faces
from recognition.synthesis.faces import Face
from recognition.synthesis.types import TruthLine

Colour = tuple[int, int, int]
BLACK: Colour = (24, 22, 24)


@dataclass(frozen=True, slots=True)
class Paper:
    """What a sheet is made of and lies on; how much of it shows is up to the wear."""

    colour: Colour = (252, 251, 248)
    aged: Colour = (243, 238, 224)
    """The colour where `Wear.texture` is 1."""
    surface: Colour | None = None
    """Colour of the table under the sheet; None where the page was scanned edge to edge."""
    margin: int = 0
    """Pixels of the surface around the sheet."""
    show_through: float = 0.0
    """How strongly, 0 to 1, the back's print shows at full wear."""
    creases: int = 0
    foxing: int = 0
    """Brown spots at full wear."""
    gutter: Literal["left", "right"] | None = None
    """The side at which a book's page curves into the binding."""


@dataclass(slots=True)
class Sheet:
    """Drawing surface in pixels, origin at the top left; text is recorded as it is drawn."""

    width: int
    height: int
    image: Image.Image = field(init=False)
    pen: ImageDraw.ImageDraw = field(init=False)
    lines: list[TruthLine] = field(init=False)

    def __post_init__(self) -> None:
        self.image = Image.new("RGB", (self.width, self.height), (255, 255, 255))
        self.pen = ImageDraw.Draw(self.image)
        self.lines = []

    def write(
        self,
        x: float,
        baseline: float,
        text: str,
        face: Face,
        size: float,
        *,
        align: Literal["left", "centre", "right"] = "left",
        colour: Colour = BLACK,
    ) -> float:
        """Write one line of text and record it. Returns where it ends, in pixels."""
        width = faces.measure(text, face, size).advance
        start = x - {"left": 0.0, "centre": width / 2, "right": width}[align]
        self.write_runs([(start, text, face)], baseline, size, text, colour=colour)
        return start + width

    def write_runs(
        self,
        runs: list[tuple[float, str, Face]],
        baseline: float,
        size: float,
        text: str,
        *,
        colour: Colour = BLACK,
    ) -> None:
        """Write pieces, each with its own start, that together are one line reading `text`."""
        boxes = []
        for x, piece, face in runs:
            faces.draw(self.image, (x, baseline), piece, face, size, colour)
            extent = faces.measure(piece, face, size)
            boxes.append((x + extent.left, extent.top, x + extent.right, extent.bottom))
        # A little air around the ink, as people and detectors draw it; and at least the height
        # of small letters, so that a lone dash is not a sliver.
        air = size * 0.12
        left = min(box[0] for box in boxes) - air
        right = max(box[2] for box in boxes) + air
        top = baseline + min(*(box[1] for box in boxes), -0.5 * size) - air
        bottom = baseline + max(*(box[3] for box in boxes), 0.0) + air
        polygon = ((left, top), (right, top), (right, bottom), (left, bottom))
        self.lines.append(TruthLine(polygon, text))

    def rule(self, x0: float, y: float, x1: float, *, weight: int = 1, colour: Colour = BLACK,
             dash: int = 0) -> None:  # fmt: skip
        """A horizontal rule; `dash` pixels on and off where it is not 0."""
        if not dash:
            self.pen.line([(x0, y), (x1, y)], fill=colour, width=weight)
            return
        x = x0
        while x < x1:
            self.pen.line([(x, y), (min(x + dash, x1), y)], fill=colour, width=weight)
            x += 2 * dash

    def box(self, x0: float, y0: float, x1: float, y1: float, *, weight: int = 1,
            colour: Colour = BLACK, fill: Colour | None = None) -> None:  # fmt: skip
        """A rectangle."""
        self.pen.rectangle([(x0, y0), (x1, y1)], outline=colour, width=weight, fill=fill)


@dataclass(frozen=True, slots=True)
class Draft:
    """A page as it came from the press: the sheet, and the paper it is on."""

    sheet: Sheet
    paper: Paper
