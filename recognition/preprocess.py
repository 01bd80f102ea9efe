"""From a line crop to the recogniser's input, the same for serving, training and evaluation.

PP-OCRv6 reads lines 48 pixels high with channels in BGR order, scaled to -1..1; what is missing
to the full width is 0. A line's input depends on that line alone, never on its neighbours on the
page or in a batch, so a line read again gives the same text.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
Tensor = npt.NDArray[np.float32]

PREPROCESSING_VERSION = "line48-1"
"""Changes whenever the numbers given to the recogniser for the same crop change."""

HEIGHT = 48
MIN_WIDTH = 320
MAX_WIDTH = 3200
STRIDE = 8
"""Pixels of input width to one step of the recogniser's output."""


def width_for(height: int, width: int) -> int:
    """Width in pixels of the input for a crop of this size: 320 to 3,200, longer is squeezed."""
    return min(int(HEIGHT * max(MIN_WIDTH / HEIGHT, width / height)), MAX_WIDTH)


def tensor_width(crop: Image) -> int:
    """Width in pixels of a crop's input."""
    return width_for(int(crop.shape[0]), int(crop.shape[1]))


def text_width(crop: Image) -> int:
    """How many of the input's columns the crop fills; the rest, on the right, is padding."""
    height, width = int(crop.shape[0]), int(crop.shape[1])
    return min(math.ceil(HEIGHT * width / height), width_for(height, width))


def line_tensor(crop: Image, width: int | None = None) -> Tensor:
    """The recogniser's input for one crop: float32 [3, 48, width], values -1..1.

    `crop` is uint8 [H, W, 3] RGB; `width`, where given, pads further (never cuts), as a batch of
    unequal lines needs. Raises ValueError for an empty crop.
    """
    if crop.ndim != 3 or crop.shape[2] != 3 or crop.size == 0:
        raise ValueError(f"A line crop must be [height, width, 3] and not empty, not {crop.shape}.")
    filled = text_width(crop)
    resized = cv2.resize(crop, (filled, HEIGHT)).astype(np.float32)
    tensor = np.zeros((3, HEIGHT, max(tensor_width(crop), width or 0)), dtype=np.float32)
    tensor[:, :, :filled] = (resized[:, :, ::-1].transpose(2, 0, 1) / 255 - 0.5) / 0.5
    return tensor


def batches(
    widths: Sequence[int], *, pixels: int = 2_560, slack: int = 0
) -> Iterator[tuple[int, ...]]:
    """Group lines of like width, narrowest first; yields positions in `widths`.

    A group holds at most `pixels` of width in all (once padded to its widest; a single line may
    exceed it), and its widths differ by at most `slack`: 0, as for serving, means that no line is
    padded for the sake of another.
    """
    group: list[int] = []
    for position in sorted(range(len(widths)), key=lambda index: (widths[index], index)):
        width = widths[position]
        full = (len(group) + 1) * width > pixels
        if group and (full or width - widths[group[0]] > slack):
            yield tuple(group)
            group = []
        group.append(position)
    if group:
        yield tuple(group)
