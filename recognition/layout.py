"""In which order a person would read the lines of a page, and which lines belong together.

Geometry only. The page is levelled by the lines' own slope. A *corridor* is an upright strip
without text that parts lines standing side by side; where the lines on both sides look like
running text, it parts columns, which are read one after the other. Elsewhere (forms, tables,
receipts) lines are read row by row. Time grows with the number of lines times the number of
corridors open at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from recognition.paragraphs import Extent, paragraph_starts

Point = tuple[float, float]

# All in units of the page's median line height.
_CORRIDOR_WIDTH = 0.3
_LONGEST_VOID = 3.0  # a corridor ends where nothing stands beside it for so long
_BLOCK_GAP = 0.75  # more white than this between two rows parts two blocks

_COLUMN_LINES = 3  # side-by-side pairs that it takes to make columns
_COLUMN_ASPECT = 5.0  # lines of a column are at least so many times as long as high
_COLUMN_FILL = 0.5  # and fill this share of their column,
_JUSTIFIED = 0.85  # or this one where they stand row by row like a form's
_LEVEL = 0.2  # lines of a row differ by at most so many heights
_LOOSE = 1.35  # heights from row to row: as in a form, not in running text
_INSET_AT_MOST = 0.5  # lines that columns flow around, for each pair of theirs
_BESIDE = 1.2  # heights up or down within which a line counts as beside another
_SAME_ROW = 0.5  # overlap of two lines on one row, as share of the lower one
_BLOCK_SIZE = 1.5  # ratio of line heights that parts two blocks


@dataclass(frozen=True, slots=True)
class Place:
    """Where a line comes: `line` is its index in the input, `block` counts from 0."""

    line: int
    block: int


@dataclass(frozen=True, slots=True)
class _Box:
    """A line's extent on the levelled page."""

    line: int
    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2

    @property
    def centre(self) -> float:
        return (self.left + self.right) / 2


@dataclass(slots=True)
class _Corridor:
    """A strip that grows downwards while it is scanned; `pairs` stand on its two sides.

    `insets` stand in it, with text on both their sides: a caption that two columns flow around.
    """

    left: float
    right: float
    top: float
    bottom: float
    pairs: list[tuple[_Box, _Box]] = field(default_factory=list)
    insets: list[_Box] = field(default_factory=list)

    def narrow(self, left: float, right: float, least: float) -> bool:
        """Keep to the part within left..right; False, and no change, if it would be too thin."""
        left, right = max(self.left, left), min(self.right, right)
        if right - left < least:
            return False
        self.left, self.right = left, right
        return True


def reading_order(
    polygons: Sequence[Sequence[Point]], *, right_to_left: bool = False
) -> list[Place]:
    """Order the lines of a page.

    `polygons` are four points each, clockwise from the top left, in pixels with y downwards.
    Returns one Place for each line, in reading order; blocks are runs of it. With `right_to_left`
    the right column and the right end of a row come first.
    """
    if not polygons:
        return []
    boxes = _levelled(polygons, mirrored=right_to_left)
    unit = max(median(min(box.height, box.width) for box in boxes), 1.0)
    parts: list[list[_Box]] = []
    waiting = [boxes]
    while waiting:
        region = waiting.pop()
        cut = _column_cut(region, unit)
        if cut is None:
            parts.extend(_paragraphs(_blocks(_rows(region), unit)))
        else:
            waiting.extend(reversed([part for part in cut if part]))
    return [Place(box.line, block) for block, part in enumerate(parts) for box in part]


def slope(polygons: Sequence[Sequence[Point]]) -> float:
    """The lines' median slope in radians, clockwise; 0 where no line is level enough to tell."""
    angles = sorted(
        (math.atan2(y1 - y0, x1 - x0), math.hypot(x1 - x0, y1 - y0))
        for (x0, y0), (x1, y1) in ((polygon[0], polygon[1]) for polygon in polygons)
        if x1 - x0 > abs(y1 - y0)
    )
    half = sum(length for _, length in angles) / 2
    for angle, length in angles:
        half -= length
        if half <= 0:
            return angle
    return 0.0


def _levelled(polygons: Sequence[Sequence[Point]], *, mirrored: bool) -> list[_Box]:
    angle = slope(polygons)
    cosine, sine = math.cos(angle), math.sin(angle)
    sign = -1.0 if mirrored else 1.0
    boxes = []
    for line, polygon in enumerate(polygons):
        xs = [sign * (x * cosine + y * sine) for x, y in polygon]
        ys = [y * cosine - x * sine for x, y in polygon]
        boxes.append(_Box(line, min(xs), min(ys), max(xs), max(ys)))
    return boxes


def _rows(boxes: Sequence[_Box]) -> list[list[_Box]]:
    """Rows from top to bottom, each from left to right."""
    rows: list[list[_Box]] = []
    top = bottom = -math.inf
    for box in sorted(boxes, key=lambda item: (item.middle, item.left)):
        shared = min(bottom, box.bottom) - max(top, box.top)
        if rows and shared >= _SAME_ROW * min(bottom - top, box.height):
            rows[-1].append(box)
            # The row's extent is its boxes' mean: a tall neighbour does not swallow the next row.
            count = len(rows[-1])
            top += (box.top - top) / count
            bottom += (box.bottom - bottom) / count
        else:
            rows.append([box])
            top, bottom = box.top, box.bottom
    for row in rows:
        row.sort(key=lambda item: item.left)
    return rows


def _paragraphs(blocks: Iterable[list[list[_Box]]]) -> Iterator[list[_Box]]:
    """Each block, or its paragraphs where its rows are single lines; tables stay whole."""
    for rows in blocks:
        starts = [0, len(rows)]
        if all(len(row) == 1 for row in rows):
            lines = [Extent(row[0].left, row[0].right, row[0].height) for row in rows]
            starts[1:1] = paragraph_starts(lines)
        for first, end in pairwise(starts):
            yield [box for row in rows[first:end] for box in row]


def _blocks(rows: Sequence[list[_Box]], unit: float) -> list[list[list[_Box]]]:
    """Runs of rows that stand close together and are of like size."""
    blocks: list[list[list[_Box]]] = []
    floor, size = -math.inf, 0.0
    for row in rows:
        top = min(box.top for box in row)
        height = median(box.height for box in row)
        like = size and max(height, size) / max(min(height, size), 1e-6) <= _BLOCK_SIZE
        if blocks and like and top - floor <= _BLOCK_GAP * unit:
            blocks[-1].append(row)
        else:
            blocks.append([row])
        floor, size = max(box.bottom for box in row), height
    return blocks


def _column_cut(boxes: list[_Box], unit: float) -> list[list[_Box]] | None:
    """Split at the largest corridor between columns, or None.

    Above, left, right, then what both flow around, below.
    """
    found = [item for item in _corridors(boxes, unit) if _parts_columns(item)]
    if not found:
        return None
    best = max(found, key=lambda item: (item.bottom - item.top) * (item.right - item.left))
    above, left, right, below = [], [], [], []
    middle = (best.left + best.right) / 2
    within = {box.line for box in best.insets if best.top <= box.middle <= best.bottom}
    for box in boxes:
        if box.line in within:
            continue
        if box.middle < best.top:
            above.append(box)
        elif box.middle > best.bottom:
            below.append(box)
        elif box.centre < middle:
            left.append(box)
        else:
            right.append(box)
    return [above, left, right, [box for box in boxes if box.line in within], below]


def _parts_columns(corridor: _Corridor) -> bool:
    if len(corridor.pairs) < _COLUMN_LINES:
        return False
    sides = [
        list({pair[side].line: pair[side] for pair in corridor.pairs}.values()) for side in (0, 1)
    ]
    # What stands between them for long is a column itself, or a table's.
    if len(corridor.insets) > _INSET_AT_MOST * len(corridor.pairs):
        return False
    least = _JUSTIFIED if _are_rows(corridor.pairs) else _COLUMN_FILL
    return all(_is_running_text(side, least) for side in sides)


def _are_rows(pairs: Sequence[tuple[_Box, _Box]]) -> bool:
    """Whether lines stand side by side on purpose: level with each other, and set loosely.

    So do labels and their values, and the cells of a table. Running text is set closer, or fills
    its column.
    """
    height = median(max(left.height, right.height) for left, right in pairs)
    uneven = median(abs(left.middle - right.middle) for left, right in pairs)
    middles = sorted({left.middle for left, _ in pairs})
    if len(middles) < 2:
        return False
    pitch = median(below - above for above, below in pairwise(middles))
    return uneven <= _LEVEL * height and pitch >= _LOOSE * height


def _is_running_text(side: Sequence[_Box], fill: float) -> bool:
    if len(side) < _COLUMN_LINES:
        return False
    # Without the outermost tenths: a headline over two columns does not widen one of them.
    spare = len(side) // 10
    left = sorted(box.left for box in side)[spare]
    right = sorted(box.right for box in side)[-1 - spare]
    extent = right - left
    return (
        median(box.width / max(box.height, 1.0) for box in side) >= _COLUMN_ASPECT
        and median(box.width for box in side) >= fill * extent
    )


def _corridors(boxes: Sequence[_Box], unit: float) -> list[_Corridor]:
    """Every corridor with at least one pair, scanned from top to bottom."""
    least = _CORRIDOR_WIDTH * unit
    ordered = sorted(boxes, key=lambda item: item.middle)
    partners = _right_neighbours(ordered, least)
    flanked = _flanked(ordered, least, unit)
    active: list[_Corridor] = []
    closed: list[_Corridor] = []
    for position, box in enumerate(ordered):
        still = []
        for corridor in active:
            if box.middle - corridor.bottom > _LONGEST_VOID * unit:
                closed.append(corridor)
            elif _passes(corridor, box, least):
                corridor.bottom = max(corridor.bottom, box.middle)
                still.append(corridor)
            elif box.line in flanked and corridor.pairs:
                corridor.insets.append(box)
                still.append(corridor)
            else:
                closed.append(corridor)
        active = still
        partner = partners.get(box.line)
        if partner is None:
            continue
        for corridor in active:
            if corridor.narrow(box.right, partner.left, least):
                corridor.pairs.append((box, partner))
                break
        else:
            opened = _Corridor(box.right, partner.left, box.middle, box.middle)
            opened.pairs.append((box, partner))
            _reach_up(opened, ordered[:position], unit)
            active.append(opened)
    return closed + active


def _flanked(ordered: Sequence[_Box], least: float, unit: float) -> set[int]:
    """Lines with text on both sides, clear of it, about as high on the page."""
    found = set()
    start = 0
    for box in ordered:
        while ordered[start].middle < box.middle - _BESIDE * unit:
            start += 1
        left = right = False
        for other in ordered[start:]:
            if other.middle > box.middle + _BESIDE * unit:
                break
            left = left or other.right <= box.left - least
            right = right or other.left >= box.right + least
        if left and right:
            found.add(box.line)
    return found


def _passes(corridor: _Corridor, box: _Box, least: float) -> bool:
    """Whether the corridor goes on beside the box, narrowed if need be."""
    if box.right <= corridor.left or box.left >= corridor.right:
        return True
    if box.centre < (corridor.left + corridor.right) / 2:
        return corridor.narrow(box.right, math.inf, least)
    return corridor.narrow(-math.inf, box.left, least)


def _reach_up(corridor: _Corridor, above: Sequence[_Box], unit: float) -> None:
    """Lengthen a new corridor upwards past lines that stand on one side of it."""
    least = _CORRIDOR_WIDTH * unit
    for box in reversed(above):
        if corridor.top - box.middle > _LONGEST_VOID * unit or not _passes(corridor, box, least):
            return
        corridor.top = min(corridor.top, box.middle)


def _right_neighbours(ordered: Sequence[_Box], least: float) -> dict[int, _Box]:
    """The nearest box to the right on the same row, where a corridor fits between.

    `ordered` is sorted by middle; only boxes whose middles lie within a height can share a row.
    """
    tallest = sorted(box.height for box in ordered)[int(0.95 * (len(ordered) - 1))]
    found: dict[int, _Box] = {}
    start = 0
    for position, box in enumerate(ordered):
        while ordered[start].middle < box.middle - tallest:
            start += 1
        nearest: _Box | None = None
        for other in ordered[start:]:
            if other.middle > box.middle + tallest:
                break
            shared = min(box.bottom, other.bottom) - max(box.top, other.top)
            if (
                other is not ordered[position]
                and other.left > box.centre
                and shared >= _SAME_ROW * min(box.height, other.height)
                and (nearest is None or other.left < nearest.left)
            ):
                nearest = other
        if nearest is not None and nearest.left - box.right >= least:
            found[box.line] = nearest
    return found
