"""Ways in which pages are worn, and steps that might mend them: tried, and not taken.

What the steps are worth is measured by `bench.preprocess`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np

from recognition.crops import Image
from recognition.page_steps.frame import Frame, turned

Worn = tuple[Image, Frame]
"""A page, and the map from its coordinates to those of the truth."""

_SCAN_DPI = 200  # what the pages of the sets come near to; half of it stands for 100 dpi
_TAILS = (1.0, 99.0)  # per cent of the pixels that may be clipped at either end


def levelled(image: Image, radians: float) -> tuple[Image, Frame]:
    """The page turned counter-clockwise by a small angle, enlarged so that no corner is lost.

    New corners take the colour of the nearest edge.
    """
    height, width = image.shape[:2]
    cosine, sine = math.cos(radians), math.sin(radians)
    wide = math.ceil(width * cosine + height * abs(sine))
    high = math.ceil(height * cosine + width * abs(sine))
    x, y = (wide - 1) / 2, (high - 1) / 2
    frame = Frame(
        cosine,
        -sine,
        (width - 1) / 2 - cosine * x + sine * y,
        sine,
        cosine,
        (height - 1) / 2 - sine * x - cosine * y,
    )
    matrix = np.array([[frame.a, frame.b, frame.c], [frame.d, frame.e, frame.f]])
    turned_page = cv2.warpAffine(
        image,
        matrix,
        (wide, high),
        flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(turned_page, dtype=np.uint8), frame


def rotated(degrees: float) -> Callable[[Image], Worn]:
    return lambda image: levelled(image, math.radians(degrees))


def blurred(image: Image) -> Worn:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 1.6), np.uint8), Frame()


def coarse(image: Image) -> Worn:
    share = 100 / _SCAN_DPI
    size = (round(image.shape[1] * share), round(image.shape[0] * share))
    small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    return small, Frame(1 / share, 0, 0, 0, 1 / share, 0)


def compressed(image: Image) -> Worn:
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 20])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8), Frame()


def faded(image: Image) -> Worn:
    return (190 + image.astype(np.float32) * (35 / 255)).astype(np.uint8), Frame()


def peppered(image: Image) -> Worn:
    chance = np.random.default_rng(5).random(image.shape[:2])
    worn = image.copy()
    worn[chance < 0.01] = 0
    worn[chance > 0.99] = 255
    return worn, Frame()


WEARS: dict[str, Callable[[Image], Worn]] = {
    "as it is": lambda image: (image, Frame()),
    "rotated 3": rotated(-3),
    "rotated 8": rotated(8),
    "rotated 15": rotated(-15),
    "blur": blurred,
    "100 dpi": coarse,
    "JPEG 20": compressed,
    "low contrast": faded,
    "salt and pepper": peppered,
    "turned 90": lambda image: turned(image, 1),
    "turned 180": lambda image: turned(image, 2),
    "turned 270": lambda image: turned(image, 3),
}


def stretched(image: Image) -> Image:
    """The page with its greys spread over the whole range, colours kept in proportion."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    low, high = np.percentile(grey[::4, ::4], _TAILS)
    if high - low < 1:
        return image
    table = np.clip((np.arange(256) - low) * 255 / (high - low), 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(image, table), dtype=np.uint8)


def despeckled(image: Image) -> Image:
    """The page without single pixels that stand out from all around them; strokes are kept."""
    middle = cv2.medianBlur(image, 3)
    lone = cv2.absdiff(image, middle).max(axis=2) > 64
    return np.where(lone[:, :, None], middle, image).astype(np.uint8)
