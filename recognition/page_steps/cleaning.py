"""Steps that change a page's pixels and leave them where they are.

Each is a pure function with a version of its own. Which of them are taken, and why not the
others, stands in docs/measurements/preprocessing.md.
"""

from __future__ import annotations

import cv2
import numpy as np

from recognition.crops import Image

CONTRAST_VERSION = "contrast-1"
DESPECKLE_VERSION = "despeckle-1"

_TAILS = (1.0, 99.0)  # per cent of the pixels that may be clipped at either end


def stretched(image: Image) -> Image:
    """The page with its greys spread over the whole range, colours kept in proportion."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    low, high = np.percentile(grey[::4, ::4], _TAILS)
    if high - low < 1:
        return image
    table = np.clip((np.arange(256) - low) * 255 / (high - low), 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(image, table), dtype=np.uint8)


def speckle_share(image: Image) -> float:
    """Share of pixels, 0..1, that stand alone: far from all of their eight neighbours' middle."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return float(np.mean(cv2.absdiff(grey, cv2.medianBlur(grey, 3)) > 96))


def despeckled(image: Image) -> Image:
    """The page without single pixels that stand out from all around them; strokes are kept."""
    middle = cv2.medianBlur(image, 3)
    lone = cv2.absdiff(image, middle).max(axis=2) > 64
    return np.where(lone[:, :, None], middle, image).astype(np.uint8)
