"""Where lines are on a page: PP-OCRv6's detector, and the way from its map to boxes.

The way is that of PaddleOCR's `DBPostProcess` ("differentiable binarisation", Liao et al. 2020),
without rounding to whole pixels. PaddleOCR's own takes 100 MB and four seconds to import.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import yaml

from recognition.crops import crop_size
from recognition.engines.base import DetectedLine, Image, Point, Polygon
from recognition.engines.network import Array, Network, Pixels, Precision

_MULTIPLE = 32  # of pixels: what the detector's sides have to be
_LEAST = 3  # pixels of the map: a patch's shorter side,
_LEAST_ENLARGED = 5  # and its box's


@dataclass(frozen=True, slots=True)
class DetectionSettings:
    """How lines are looked for. None leaves the model's own value."""

    side_limit: int = 1_280
    """Longest side in pixels of the image the detector sees; larger pages are scaled down."""
    dense_side_limit: int = 2_560
    """The same for a second look at a page whose lines came out too small."""
    small_line: float = 14.0
    """Median line height, in pixels of the first look, below which there is a second."""
    pixel_threshold: float | None = None
    """Least value of the detector's map that counts as text."""
    box_threshold: float | None = None
    """Least mean of the map within a line's box."""
    unclip_ratio: float = 1.5
    """How far a box reaches beyond the map's, which is narrower than the text. PaddleOCR's pipeline
    has the same value; the model's own 1.4 makes wider inputs and more errors."""


class DetectorInvalid(ValueError):
    """A detector's files are not a PaddleOCR model directory that can be used."""


class Detector:
    """A PaddleOCR detector's directory (inference.onnx, inference.yml), ready to look at pages.

    Raises DetectorInvalid, or NetworkInvalid where the network cannot be loaded.
    """

    def __init__(self, directory: Path, threads: int, precision: Precision = "native") -> None:
        try:
            config = yaml.safe_load((directory / "inference.yml").read_bytes())
            (normalise,) = (
                step["NormalizeImage"]
                for step in config["PreProcess"]["transform_ops"]
                if "NormalizeImage" in step
            )
            pixels = Pixels(
                mean=tuple(255 * float(value) for value in normalise["mean"]),
                deviation=tuple(255 * float(value) for value in normalise["std"]),
            )
            after = config["PostProcess"]
            self._pixel_threshold = float(after["thresh"])
            self._box_threshold = float(after["box_thresh"])
        except (ValueError, KeyError, TypeError, yaml.YAMLError) as error:
            raise DetectorInvalid(f"the detector cannot be loaded ({error!r})") from error
        self._network = Network(
            directory / "inference.onnx", threads=threads, precision=precision, pixels=pixels
        )

    def look(self, image: Image, settings: DetectionSettings) -> list[DetectedLine]:
        """Lines of a page (uint8 [height, width, 3], RGB), in no particular order.

        Polygons are rounded to a tenth of a pixel, so that what is stored cuts the same crop. A
        tall line's (see `crops.TALL`) first point is the top left of the page, not of its text.
        """
        lines, scale = self._look(image, settings.side_limit, settings)
        if scale < 1.0 and lines:
            heights = [min(crop_size(line.polygon)) * scale for line in lines]
            if float(np.median(heights)) < settings.small_line:
                lines, _ = self._look(image, settings.dense_side_limit, settings)
        return lines

    def _look(
        self, image: Image, side_limit: int, settings: DetectionSettings
    ) -> tuple[list[DetectedLine], float]:
        """One run of the detector, and by how much it saw the page reduced."""
        height, width = image.shape[:2]
        scale = min(1.0, side_limit / max(height, width))
        seen = self._network.run(_shrunk(image, scale)[None])[0, 0]
        lines = boxes_of(
            seen,
            (height, width),
            pixel_threshold=settings.pixel_threshold or self._pixel_threshold,
            box_threshold=settings.box_threshold or self._box_threshold,
            unclip_ratio=settings.unclip_ratio,
        )
        return list(lines), scale


def boxes_of(
    seen: Array,
    size: tuple[int, int],
    *,
    pixel_threshold: float,
    box_threshold: float,
    unclip_ratio: float,
) -> Iterator[DetectedLine]:
    """Lines on a page of `size` (height, width), from the detector's map of it.

    `seen` is float32 [h, w], at each place how likely there is text. Each patch of text gives the
    least rectangle around it, enlarged on every side by area x `unclip_ratio` / perimeter.
    """
    patches, _ = cv2.findContours(
        (seen > pixel_threshold).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE
    )
    stretch = np.array([size[1] / seen.shape[1], size[0] / seen.shape[0]])
    for patch in patches:
        centre, (width, height), angle = cv2.minAreaRect(patch)
        if min(width, height) < _LEAST:
            continue
        box = np.asarray(cv2.boxPoints((centre, (width, height), angle)), np.float32)
        score = _mean_within(seen, box)
        if score < box_threshold:
            continue
        more = width * height * unclip_ratio / (width + height)
        if min(width, height) + more < _LEAST_ENLARGED:
            continue
        enlarged = cv2.boxPoints((centre, (width + more, height + more), angle))
        corners = np.clip(np.asarray(enlarged) * stretch, 0, (size[1], size[0])).tolist()
        yield DetectedLine(polygon=_from_top_left(corners), score=score)


def _mean_within(seen: Array, box: npt.NDArray[np.float32]) -> float:
    """Mean of the map within a box, looked at in the least window around it."""
    limits = np.array(seen.shape[::-1]) - 1
    left, top = np.clip(np.floor(box.min(axis=0)).astype(int), 0, limits)
    right, bottom = np.clip(np.ceil(box.max(axis=0)).astype(int), 0, limits)
    mask = np.zeros((bottom - top + 1, right - left + 1), np.uint8)
    cv2.fillPoly(mask, [(box - (left, top)).astype(np.int32)], (1,))
    return float(cv2.mean(seen[top : bottom + 1, left : right + 1], mask)[0])


def _shrunk(image: Image, scale: float) -> Image:
    """The page as the detector sees it: both sides multiples of 32, as PaddleOCR rounds them."""
    height, width = (
        max(round(int(side * scale) / _MULTIPLE), 1) * _MULTIPLE for side in image.shape[:2]
    )
    if (height, width) == image.shape[:2]:
        return np.ascontiguousarray(image)
    return np.asarray(cv2.resize(image, (width, height)), np.uint8)


def _from_top_left(corners: Sequence[Sequence[float]]) -> Polygon:
    """A rectangle's corners clockwise from its top left, to a tenth of a pixel."""
    by_side = sorted(corners, key=lambda corner: corner[0])
    top_left, bottom_left = sorted(by_side[:2], key=lambda corner: corner[1])
    top_right, bottom_right = sorted(by_side[2:], key=lambda corner: corner[1])

    def rounded(corner: Sequence[float]) -> Point:
        return round(corner[0], 1), round(corner[1], 1)

    return rounded(top_left), rounded(top_right), rounded(bottom_right), rounded(bottom_left)
