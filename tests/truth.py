"""Ground truth of a rendered page laid over the lines that were found on it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from recognition.synthesis import TruthLine

LEAST_OVERLAP = 0.5
"""Of the lower of two lines' heights, and of the found line's width."""


@dataclass(frozen=True, slots=True)
class Box:
    """The upright box around a polygon, in pixels."""

    left: float
    top: float
    right: float
    bottom: float


def box(polygon: Iterable[Sequence[float]]) -> Box:
    """The box around a polygon."""
    points = list(polygon)
    xs, ys = [point[0] for point in points], [point[1] for point in points]
    return Box(min(xs), min(ys), max(xs), max(ys))


def truth_of(polygon: Iterable[Sequence[float]], truths: Sequence[TruthLine]) -> str | None:
    """What the line under a found polygon says; None where no rendered line lies there."""
    found = box(polygon)

    def overlap(truth: TruthLine) -> float:
        other = box(truth.polygon)
        height = min(found.bottom, other.bottom) - max(found.top, other.top)
        width = min(found.right, other.right) - max(found.left, other.left)
        lower = min(found.bottom - found.top, other.bottom - other.top)
        return min(height / max(lower, 1), width / max(found.right - found.left, 1))

    best = max(truths, key=overlap, default=None)
    return best.text if best is not None and overlap(best) >= LEAST_OVERLAP else None
