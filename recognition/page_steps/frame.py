"""Where a prepared page lies on the stored one.

A step that moves pixels gives a `Frame` along with its image. A point found on the prepared page
goes back through it, so that what is stored and shown are coordinates of the page as it came in.
Coordinates are those of `crops.rectify`: pixel (0, 0) has its centre at (0.0, 0.0).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recognition.crops import Image

Point = tuple[float, float]
Quad = tuple[Point, Point, Point, Point]


@dataclass(frozen=True, slots=True)
class Frame:
    """An affine map from a prepared page to the stored one.

    x' = a x + b y + c, y' = d x + e y + f.
    """

    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 0.0
    e: float = 1.0
    f: float = 0.0

    def stored(self, point: Point) -> Point:
        """A point of the prepared page, in coordinates of the stored one."""
        x, y = point
        return self.a * x + self.b * y + self.c, self.d * x + self.e * y + self.f

    def prepared(self, point: Point) -> Point:
        """The way back: a point of the stored page, in coordinates of the prepared one."""
        area = self.a * self.e - self.b * self.d
        x, y = point[0] - self.c, point[1] - self.f
        return (self.e * x - self.b * y) / area, (self.a * y - self.d * x) / area

    def stored_quad(self, polygon: Sequence[Point]) -> Quad:
        """A line's polygon on the stored page, to a tenth of a pixel.

        Its points keep their order: the first stays at the text's top left, wherever on the
        stored page that is.
        """
        first, second, third, fourth = (
            (round(x, 1), round(y, 1)) for x, y in map(self.stored, polygon)
        )
        return first, second, third, fourth

    def before(self, inner: Frame) -> Frame:
        """The map of two steps, this one taken first: `inner` leads from its page to this one."""
        return Frame(
            self.a * inner.a + self.b * inner.d,
            self.a * inner.b + self.b * inner.e,
            self.a * inner.c + self.b * inner.f + self.c,
            self.d * inner.a + self.e * inner.d,
            self.d * inner.b + self.e * inner.e,
            self.d * inner.c + self.e * inner.f + self.f,
        )


def turned(image: Image, quarters: int) -> tuple[Image, Frame]:
    """The page turned counter-clockwise by quarters of a circle. No pixel changes its value."""
    height, width = image.shape[:2]
    frame = (
        Frame(),
        Frame(0, -1, width - 1, 1, 0, 0),
        Frame(-1, 0, width - 1, 0, -1, height - 1),
        Frame(0, 1, 0, -1, 0, height - 1),
    )[quarters % 4]
    return np.ascontiguousarray(np.rot90(image, quarters)), frame
