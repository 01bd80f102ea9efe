"""Where paragraphs begin within one run of lines of a column, from geometry alone.

A paragraph begins with an indented line, or after a line that ends short of a justified column's
edge; white between lines is `layout`'s own. Edges are looked for near each line, because pages
bend. What tells nothing (verse, lists, every line indented) is left whole: a block too large is
a smaller fault than a torn one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

FEWEST = 3
"""Lines of a run below which nothing can be told."""

# In heights of a line, the run's median.
_INDENT = 0.55  # from the column's edge: an em is about one
_DEEPEST = 6.0  # deeper is no indent: centred, or a signature
_FLUSH = 0.6  # from the right edge: the line is full
_SHORT = 1.5  # or short, in a justified column
_SHORT_IN_RAGGED = 9.0  # or in another one: a long word would have fitted

_JUSTIFIED = 0.6  # share of full lines in a justified column
_INDENTED_AT_MOST = 0.75  # share of indented lines beyond which indents mean something else
_INDENTED_IN_RAGGED = 0.34  # the same where lines end anywhere, as in verse
_WINDOW = 6  # lines before and after in which the column's edges are looked for


@dataclass(frozen=True, slots=True)
class Extent:
    """A line's ends along its column, from where reading begins, and its height; in pixels."""

    start: float
    end: float
    height: float


def paragraph_starts(lines: Sequence[Extent]) -> list[int]:
    """Indices of the lines that begin a paragraph, without the first."""
    count = len(lines)
    if count < FEWEST:
        return []
    unit = max(median(line.height for line in lines), 1.0)
    gaps = [_edge([-line.end for line in lines], i) / unit for i in range(count)]
    left = [
        (line.start - _edge([other.start for other in lines], i)) / unit
        for i, line in enumerate(lines)
    ]
    right = [-line.end / unit - gap for line, gap in zip(lines, gaps, strict=True)]
    indented = [_INDENT < depth < _DEEPEST for depth in left]
    # Lines before an indented one may well end short: they do not tell how the column is set.
    telling = [gap for gap, ends in zip(right, [*indented[1:], True], strict=True) if not ends]
    flush = sum(gap <= _FLUSH for gap in telling)
    justified = flush >= FEWEST - 1 and flush >= _JUSTIFIED * len(telling)
    least = _SHORT if justified else _SHORT_IN_RAGGED
    short = [gap > least for gap in right]
    if sum(indented) > (_INDENTED_AT_MOST if justified else _INDENTED_IN_RAGGED) * count:
        indented = [False] * count
    found = []
    for i in range(1, count):
        below = i + 1 < count and indented[i + 1]
        begins = indented[i] and (not below or short[i]) and (not indented[i - 1] or short[i - 1])
        if begins or (short[i - 1] and left[i] < _DEEPEST and left[i - 1] < _DEEPEST):
            found.append(i)
    return found


def _edge(ends: Sequence[float], at: int) -> float:
    """The column's edge near a line: the second least of the ends around it, for one may stray."""
    near = sorted(ends[max(at - _WINDOW, 0) : at + _WINDOW + 1])
    return near[1] if len(near) > FEWEST else near[0]
