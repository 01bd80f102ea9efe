"""Shapes of lines, as people draw, cut and join them. Pure: no database, no framework.

A quad is four points clockwise from the text's top left, in pixels of the stored page image.
"""

import math
from collections.abc import Sequence

Point = tuple[float, float]
Quad = tuple[Point, Point, Point, Point]

SMALLEST = 3.0
"""Pixels of a quad's edges below which nothing can be read in it."""


def as_quad(points: Sequence[Sequence[float]], *, width: int, height: int) -> Quad:
    """Four corners within a page of the given size. Raises ValueError where they make no line.

    They must go round a convex shape clockwise, as seen; its edges are at least SMALLEST long.
    """
    if len(points) != 4 or any(len(point) != 2 for point in points):
        raise ValueError("A line has four corners.")
    corners = [(float(x), float(y)) for x, y in points]
    if not all(math.isfinite(value) for corner in corners for value in corner):
        raise ValueError("A corner lies nowhere.")
    a, b, c, d = (
        (min(max(x, 0.0), float(width)), min(max(y, 0.0), float(height))) for x, y in corners
    )
    quad = (a, b, c, d)
    edges = [math.dist(quad[index], quad[(index + 1) % 4]) for index in range(4)]
    if min(edges) < SMALLEST:
        raise ValueError("The shape is too small to hold text.")
    turns = [_turn(quad[index - 2], quad[index - 1], quad[index]) for index in range(4)]
    if min(turns) <= 0:
        raise ValueError("The corners do not go round a line: two have changed places.")
    return quad


def cut(quad: Quad, share: float) -> tuple[Quad, Quad]:
    """A line cut in two across its writing, at `share` (0 to 1) of its length."""
    a, b, c, d = quad
    share = min(max(share, 0.02), 0.98)
    if runs_down(quad):  # its first edge is the short one: the text runs along the sides
        right, left = between(b, c, share), between(a, d, share)
        return (a, b, right, left), (left, right, c, d)
    top, foot = between(a, b, share), between(d, c, share)
    return (a, top, foot, d), (top, b, c, foot)


def joined(first: Quad, second: Quad) -> Quad:
    """The least quad around two lines that lies as the first does."""
    a, b, _, d = first
    along, down = _unit(a, b), _unit(a, d)
    points = [*first, *second]
    xs = [(x - a[0]) * along[0] + (y - a[1]) * along[1] for x, y in points]
    ys = [(x - a[0]) * -along[1] + (y - a[1]) * along[0] for x, y in points]
    if along[0] * down[1] - along[1] * down[0] < 0:
        ys = [-y for y in ys]

    def back(x: float, y: float) -> Point:
        return (
            round(a[0] + x * along[0] - y * along[1], 1),
            round(a[1] + x * along[1] + y * along[0], 1),
        )

    left, right, top, foot = min(xs), max(xs), min(ys), max(ys)
    return back(left, top), back(right, top), back(right, foot), back(left, foot)


def runs_down(quad: Quad) -> bool:
    """Whether the text runs from the top of the shape to its foot, as `crops.TALL` decides."""
    a, b, c, d = quad
    wide = max(math.dist(a, b), math.dist(d, c))
    return max(math.dist(a, d), math.dist(b, c)) >= 1.5 * wide


def between(start: Point, end: Point, share: float) -> Point:
    """The point at `share` of the way."""
    return (
        round(start[0] + (end[0] - start[0]) * share, 1),
        round(start[1] + (end[1] - start[1]) * share, 1),
    )


def _unit(start: Point, end: Point) -> Point:
    length = math.dist(start, end) or 1.0
    return (end[0] - start[0]) / length, (end[1] - start[1]) / length


def _turn(a: Point, b: Point, c: Point) -> float:
    """Above 0 where the way a, b, c turns clockwise, y pointing downwards."""
    return (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0])
