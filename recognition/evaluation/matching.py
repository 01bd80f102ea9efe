"""Which lines that were read belong to which lines of the truth.

Two boxes belong together where the middle halves of their heights overlap. Neighbours touch with
their ascenders and descenders only, and boxes drawn by different hands are of different heights,
so the middle tells lines apart where the whole box does not. What hangs together, over however
many boxes, is one group: its text is compared as a whole, so that a line cut in two, or two run
into one, is not an error of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from recognition.evaluation.truth import Point, Polygon
from recognition.layout import reading_order

LEAST_OVERLAP = 0.25
"""Of the smaller of two middles' areas."""


@dataclass(frozen=True, slots=True)
class Group:
    """Lines of the truth and lines read that lie on each other, by index, in reading order.

    One of the two is empty where lines were missed, or where something was read that the truth
    does not know.
    """

    truth: tuple[int, ...]
    read: tuple[int, ...]


def match_lines(truth: Sequence[Polygon], read: Sequence[Polygon]) -> list[Group]:
    """Sort all lines into groups; each line is in exactly one."""
    parents = list(range(len(truth) + len(read)))

    def root(index: int) -> int:
        while parents[index] != index:
            parents[index] = parents[parents[index]]
            index = parents[index]
        return index

    for one, other in _overlaps([_middle(p) for p in truth], [_middle(p) for p in read]):
        parents[root(one)] = root(len(truth) + other)
    members: dict[int, list[int]] = defaultdict(list)
    for index in range(len(parents)):
        members[root(index)].append(index)
    groups = []
    for found in members.values():
        known = [index for index in found if index < len(truth)]
        seen = [index - len(truth) for index in found if index >= len(truth)]
        groups.append(Group(_ordered(known, truth), _ordered(seen, read)))
    return groups


def _overlaps(
    truth: Sequence[npt.NDArray[np.float32]], read: Sequence[npt.NDArray[np.float32]]
) -> list[tuple[int, int]]:
    """Pairs that overlap enough; only pairs whose upright boxes touch are looked at closely."""
    if not truth or not read:
        return []
    ones, others = np.stack(truth), np.stack(read)
    touching = np.all(
        (ones.min(axis=1)[:, None] < others.max(axis=1)[None])
        & (others.min(axis=1)[None] < ones.max(axis=1)[:, None]),
        axis=2,
    )
    pairs = []
    for one, other in np.argwhere(touching).tolist():
        least = min(cv2.contourArea(ones[one]), cv2.contourArea(others[other]))
        shared, _ = cv2.intersectConvexConvex(ones[one], others[other])
        if shared >= LEAST_OVERLAP * max(least, 1e-6):
            pairs.append((one, other))
    return pairs


def _middle(polygon: Sequence[Point]) -> npt.NDArray[np.float32]:
    """The middle half of a line's height, in a hull of four points."""
    points = np.asarray(polygon, dtype=np.float32)
    top, right = np.linalg.norm(points[1] - points[0]), np.linalg.norm(points[2] - points[1])
    if right > top:  # runs downwards
        points = np.roll(points, -1, axis=0)
    a, b, c, d = points
    return np.stack([a + (d - a) / 4, b + (c - b) / 4, c + (b - c) / 4, d + (a - d) / 4])


def _ordered(indices: Sequence[int], polygons: Sequence[Polygon]) -> tuple[int, ...]:
    if len(indices) < 2:
        return tuple(indices)
    places = reading_order([polygons[index] for index in indices])
    return tuple(indices[place.line] for place in places)
