"""From a polygon on a page to the upright line image that the recogniser sees.

Serving, training and evaluation all cut lines with `rectify`: the same polygon on the same page
gives the same bytes, and so the same `crop_sha256`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
Point = tuple[float, float]

TALL = 1.5
"""A crop at least this many times as high as wide holds text that runs downwards."""

_REMAP_LIMIT = 32_766  # OpenCV warps no image with a longer side
_MARGIN = 4  # pixels around a window; the cubic kernel reaches two


def rectify(image: Image, polygon: Sequence[Point]) -> Image:
    """Cut a line out of a page and straighten it.

    `image` is uint8 [H, W, 3]; `polygon` four points clockwise from the text's top left, in
    pixels. The crop is as wide as the longer of top and bottom edge and as high as the longer of
    the sides. A tall one (see TALL) is turned a quarter counter-clockwise, so that text running
    downwards lies level. These are the rules of PaddleOCR's `get_rotate_crop_image`, for which
    the recogniser was trained. Raises ValueError unless there are four finite points.
    """
    points = _points(polygon)
    width, height = _extent(points)
    if max(image.shape[:2]) > _REMAP_LIMIT:
        image, points = _window(image, points)
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    crop = cv2.warpPerspective(
        image,
        cv2.getPerspectiveTransform(points, target),
        (width, height),
        borderMode=cv2.BORDER_REPLICATE,
        flags=cv2.INTER_CUBIC,
    )
    if height / width >= TALL:
        crop = np.rot90(crop)
    return np.ascontiguousarray(crop, dtype=np.uint8)


def crop_size(polygon: Sequence[Point]) -> tuple[int, int]:
    """Height and width in pixels of the crop that `rectify` would cut, without cutting it."""
    width, height = _extent(_points(polygon))
    return (width, height) if height / width >= TALL else (height, width)


def crop_sha256(crop: Image) -> str:
    """Identity of a crop: the SHA-256 of its shape and pixels, as 64 hex digits."""
    digest = hashlib.sha256("x".join(map(str, crop.shape)).encode())
    digest.update(np.ascontiguousarray(crop).data)
    return digest.hexdigest()


def _points(polygon: Sequence[Point]) -> npt.NDArray[np.float32]:
    points = np.asarray(polygon, dtype=np.float32)
    if points.shape != (4, 2) or not np.isfinite(points).all():
        raise ValueError("A line's polygon needs four points with finite coordinates.")
    return points


def _extent(points: npt.NDArray[np.float32]) -> tuple[int, int]:
    """Width and height in whole pixels, at least 1 and at most what OpenCV can warp."""

    def edge(start: int, end: int) -> float:
        return float(np.linalg.norm(points[start] - points[end]))

    width = int(max(edge(0, 1), edge(2, 3)))
    height = int(max(edge(0, 3), edge(1, 2)))
    return min(max(width, 1), _REMAP_LIMIT), min(max(height, 1), _REMAP_LIMIT)


def _window(image: Image, points: npt.NDArray[np.float32]) -> tuple[Image, npt.NDArray[np.float32]]:
    """The part of a huge page around the points, and the points within it."""
    bottom, right = image.shape[:2]
    left, top = np.clip(np.floor(points.min(axis=0)) - _MARGIN, 0, (right - 1, bottom - 1))
    ends = np.ceil(points.max(axis=0)) + _MARGIN
    x_end = int(np.clip(ends[0], left + 1, min(right, left + _REMAP_LIMIT)))
    y_end = int(np.clip(ends[1], top + 1, min(bottom, top + _REMAP_LIMIT)))
    part = image[int(top) : y_end, int(left) : x_end]
    return part, points - np.array([left, top], dtype=np.float32)
