"""Variants of a line for the feature cache: what a slightly different scan would have given."""

from __future__ import annotations

import cv2
import numpy as np

from recognition.crops import Image

VIEWS_VERSION = "views-1"
"""Changes whenever a view of the same crop, number and seed would be another."""

# Bounds that keep every line readable; fractions of the crop's height where not said otherwise.
_MARGIN = 0.12
_STRETCH = 0.08  # of the width
_SHEAR = 0.15
_CONTRAST = 0.3
_BLUR = 0.6  # standard deviation in pixels at a height of 48


def line_view(crop: Image, number: int, seed: int) -> Image:
    """The view of this number of a crop, uint8 [H, W, 3]; number 0 is the crop itself.

    The others differ in margin, slant, width, contrast and sharpness, always the same for the
    same crop, number and seed.
    """
    if not number:
        return crop
    return _vary(crop, np.random.default_rng([seed, number, *crop.shape, int(crop.sum())]))


def _vary(crop: Image, generator: np.random.Generator) -> Image:
    height, width = crop.shape[:2]
    top, bottom = generator.uniform(-_MARGIN / 2, _MARGIN, size=2) * height
    shear = generator.uniform(-_SHEAR, _SHEAR)
    stretch = 1 + generator.uniform(-_STRETCH, _STRETCH)
    tall = max(round(height + top + bottom), 4)
    lean = abs(shear) * height
    matrix = np.array(
        [[stretch, -shear, lean if shear > 0 else 0.0], [0.0, 1.0, top]], dtype=np.float64
    )
    size = (max(round(width * stretch + lean), 4), tall)
    view = cv2.warpAffine(
        crop, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    contrast = 1 + generator.uniform(-_CONTRAST, _CONTRAST)
    light = generator.uniform(-20, 20)
    value = np.asarray((view.astype(np.float32) - 128) * contrast + 128 + light, dtype=np.float32)
    sigma = generator.uniform(0, _BLUR) * height / 48
    if sigma > 0.1:
        value = np.asarray(cv2.GaussianBlur(value, (0, 0), sigma), dtype=np.float32)
    return np.clip(value, 0, 255).astype(np.uint8)
