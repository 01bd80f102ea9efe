"""From a line crop to the recogniser's input, the same for serving, training and evaluation.

PP-OCRv6 reads lines 48 pixels high with channels in BGR order, scaled to -1..1; what is missing
to the full width is 0. A line's input depends on that line alone, never on its neighbours on the
page, so a line read again gives the same text.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
Tensor = npt.NDArray[np.float32]

PREPROCESSING_VERSION = "line48-2"
"""Changes whenever the numbers given to the recogniser for the same crop change."""

HEIGHT = 48
MIN_WIDTH = 160
MAX_WIDTH = 3200
WIDTH_STEP = 32
"""Inputs are as wide as a multiple of this, so that few shapes have to be prepared for."""
STRIDE = 8
"""Pixels of input width to one step of the recogniser's output."""


def width_for(height: int, width: int) -> int:
    """Width in pixels of the input for a crop of this size, in steps of 32 from 160 to 3,200.

    A longer line is squeezed.
    """
    steps = math.ceil(HEIGHT * width / height / WIDTH_STEP)
    return min(max(steps * WIDTH_STEP, MIN_WIDTH), MAX_WIDTH)


def tensor_width(crop: Image) -> int:
    """Width in pixels of a crop's input."""
    return width_for(int(crop.shape[0]), int(crop.shape[1]))


def text_width(crop: Image) -> int:
    """How many of the input's columns the crop fills; the rest, on the right, is padding."""
    height, width = int(crop.shape[0]), int(crop.shape[1])
    return min(math.ceil(HEIGHT * width / height), width_for(height, width))


def line_tensor(crop: Image) -> Tensor:
    """The recogniser's input for one crop: float32 [3, 48, width], values -1..1.

    `crop` is uint8 [H, W, 3] RGB. Raises ValueError for an empty crop.
    """
    if crop.ndim != 3 or crop.shape[2] != 3 or crop.size == 0:
        raise ValueError(f"A line crop must be [height, width, 3] and not empty, not {crop.shape}.")
    filled = text_width(crop)
    tensor = np.zeros((3, HEIGHT, tensor_width(crop)), dtype=np.float32)
    tensor[:, :, :filled] = cv2.dnn.blobFromImage(
        cv2.resize(crop, (filled, HEIGHT)),
        scalefactor=1 / 127.5,
        mean=(127.5, 127.5, 127.5),
        swapRB=True,
    )[0]
    return tensor
