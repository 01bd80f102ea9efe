"""Wear: from a sheet as it was printed to a scan or photograph of it, and its truth along."""

from __future__ import annotations

import io
import math

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from recognition.synthesis.sheet import Draft, Paper
from recognition.synthesis.types import Point, Polygon, RenderedDocument, TruthLine, Wear

Plane = npt.NDArray[np.float32]
"""float32 [H, W] or [H, W, 3]."""

_COARSE = 32.0
"""Pixels from which on a field is drawn small and enlarged."""
_TILE = 512
"""Side in pixels of the piece that fine detail is laid from."""


def age(draft: Draft, wear: Wear, rng: np.random.Generator) -> RenderedDocument:
    """Print, wear and scan a draft. The same draft, wear and generator state give the same page."""
    sheet, paper = draft.sheet, draft.paper
    printed: Plane = np.asarray(255 - np.asarray(sheet.image), dtype=np.float32)
    ink = _faded(_spread(printed * np.float32(1 / 255), wear.spread, rng), wear.fading, rng)
    page = _ground(sheet.height, sheet.width, paper, wear, rng)
    if paper.show_through and wear.texture:
        back = cv2.GaussianBlur(np.ascontiguousarray(ink[:, ::-1, 1]), (0, 0), 2.2)
        weight = 0.3 * paper.show_through * wear.texture
        page *= (1 - weight * np.roll(back, 23, axis=0))[..., None]
    page *= 1 - ink
    page, transform = _lay(page, paper, wear, rng)
    image = _scan(page, paper, wear, rng)
    lines = tuple(
        TruthLine(_moved(line.polygon, transform, image.size), line.text) for line in sheet.lines
    )
    return RenderedDocument(image, lines)


def _field(height: int, width: int, cell: float, rng: np.random.Generator) -> Plane:
    """Smooth random values, mean 0 and deviation about 1, changing over `cell` pixels."""
    rows, columns = max(2, round(height / cell) + 2), max(2, round(width / cell) + 2)
    grid = rng.standard_normal((rows, columns), dtype=np.float32)
    if cell >= _COARSE:  # the curve at a fraction of the size; between, a straight line will do
        size = (math.ceil(width / 8), math.ceil(height / 8))
        grid = cv2.resize(grid, size, interpolation=cv2.INTER_CUBIC).astype(np.float32)
    return np.asarray(
        cv2.resize(grid, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.float32
    )


def _grain(height: int, width: int, cell: float, rng: np.random.Generator) -> Plane:
    """The same for detail of a few pixels, from one small piece laid again and again."""
    rows, columns = (round(_TILE / cell) for _ in range(2))
    grid = rng.standard_normal((rows, columns), dtype=np.float32)
    tile = cv2.resize(grid, (_TILE, _TILE), interpolation=cv2.INTER_CUBIC)
    again = (-(-height // _TILE), -(-width // _TILE))
    return np.asarray(np.tile(tile, again)[:height, :width], dtype=np.float32)


def _spread(ink: Plane, amount: float, rng: np.random.Generator) -> Plane:
    """Ink that ran: wider here, thinner there, with rough edges."""
    if not amount:
        return ink
    height, width = ink.shape[:2]
    soft: Plane = np.asarray(cv2.GaussianBlur(ink, (0, 0), 0.5 + 0.8 * amount), dtype=np.float32)
    peak = cv2.max(cv2.max(soft[..., 0], soft[..., 1]), soft[..., 2])
    threshold = _field(height, width, 90, rng) * np.float32(0.07 * amount)
    threshold += _grain(height, width, 2.5, rng) * np.float32(0.10 * amount)
    threshold += np.float32(0.5 - 0.1 * amount)
    # An edge lies where the ink falls to the threshold's share of the darkest ink nearby.
    darkest = np.maximum(cv2.dilate(peak, np.ones((5, 5), np.uint8)), np.float32(0.05))
    steepness = np.float32(1 / (0.55 - 0.15 * amount))
    gain = np.clip((peak / darkest - threshold) * steepness + np.float32(0.5), 0, 1)
    scale = gain * darkest / np.maximum(peak, np.float32(0.02))
    soft *= scale[..., None]
    return np.asarray(np.minimum(soft, np.float32(1)), dtype=np.float32)


def _faded(ink: Plane, amount: float, rng: np.random.Generator) -> Plane:
    """Ink that is lost: evenly a little, in patches more, and in pinholes."""
    if not amount:
        return ink
    height, width = ink.shape[:2]
    patches = np.clip(_field(height, width, 260, rng) * 0.35 + 0.45, 0, 1)
    kept = 1 - amount * (0.22 + 0.55 * patches)
    holes = _grain(height, width, 1.7, rng) > 2.6 - 1.1 * amount * patches
    kept[holes] *= 1 - 0.6 * amount
    return np.asarray(ink * kept[..., None].astype(np.float32), dtype=np.float32)


def _ground(height: int, width: int, paper: Paper, wear: Wear, rng: np.random.Generator) -> Plane:
    """The bare paper, 0 to 1."""
    fresh, aged = (np.array(c, dtype=np.float32) / 255 for c in (paper.colour, paper.aged))
    amount = wear.texture
    colour = fresh + (aged - fresh) * np.float32(amount)
    if not amount:
        return np.broadcast_to(colour, (height, width, 3)).astype(np.float32)
    shade = _field(height, width, 240, rng) * np.float32(0.020 * amount)
    shade += _field(height, width, 30, rng) * np.float32(0.012 * amount)
    shade += _grain(height, width, 3.2, rng) * np.float32(0.014 * amount)
    shade += _creases(height, width, paper.creases, amount, rng)
    ground: Plane = np.asarray(shade[..., None] * colour, dtype=np.float32)
    for _ in range(round(paper.foxing * amount)):
        _stain(ground, rng)
    return np.asarray(np.minimum(ground, np.float32(1)), dtype=np.float32)


def _creases(height: int, width: int, count: int, amount: float, rng: np.random.Generator) -> Plane:
    """Folds: a bright ridge with a shadow beside it, and another slant of the paper behind it."""
    if not count:
        return np.ones((height, width), dtype=np.float32)
    shade = np.ones((math.ceil(height / 2), math.ceil(width / 2)), dtype=np.float32)
    rows = 2 * np.arange(shade.shape[0], dtype=np.float32)[:, None]
    columns = 2 * np.arange(shade.shape[1], dtype=np.float32)[None]
    for _ in range(count):
        slope = np.float32(rng.normal(0, 0.15))
        if rng.random() < 0.25:
            across = (
                columns - np.float32(rng.uniform(0.2, 0.8) * width) - slope * (rows - height / 2)
            )
        else:
            across = (
                rows - np.float32(rng.uniform(0.08, 0.92) * height) - slope * (columns - width / 2)
            )
        shadow = np.exp(-np.abs(across) / np.float32(rng.uniform(15, 60))) * np.sign(across)
        ridge = np.exp(-((across / 2) ** 2)) * np.float32(rng.choice((-1, 1)))
        shade += np.float32(0.055 * amount) * shadow + np.float32(0.07 * amount) * ridge
    return np.asarray(cv2.resize(shade, (width, height)), dtype=np.float32)


def _stain(ground: Plane, rng: np.random.Generator) -> None:
    """One brown spot of damp, with a soft edge; changes `ground`."""
    height, width = ground.shape[:2]
    radius = float(rng.gamma(2.0, 4.5)) + 2
    x, y = float(rng.uniform(0, width)), float(rng.uniform(0, height))
    x0, x1 = max(0, int(x - 3 * radius)), min(width, int(x + 3 * radius) + 1)
    y0, y1 = max(0, int(y - 3 * radius)), min(height, int(y + 3 * radius) + 1)
    rows, columns = np.mgrid[y0:y1, x0:x1]
    weight = np.exp(-(((columns - x) / radius) ** 2 + ((rows - y) / (0.8 * radius)) ** 2))
    tint = np.array((0.10, 0.19, 0.34), dtype=np.float32) * rng.uniform(0.3, 1.0)
    ground[y0:y1, x0:x1] *= 1 - weight[..., None].astype(np.float32) * tint


def _lay(
    page: Plane, paper: Paper, wear: Wear, rng: np.random.Generator
) -> tuple[Plane, npt.NDArray[np.float64]]:
    """Put the page askew on what it lies on. Returns the picture and how points moved."""
    height, width = page.shape[:2]
    margin = paper.margin if paper.surface else 0
    size = (width + 2 * margin, height + 2 * margin)
    turn = float(rng.uniform(0.35, 1.0) * rng.choice((-1, 1))) * wear.rotation_degrees
    rotation = np.eye(3)
    rotation[:2] = cv2.getRotationMatrix2D((width / 2, height / 2), turn, 1.0)
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], dtype=np.float32)
    moved = corners + rng.uniform(-0.1, 0.1, (4, 2)).astype(np.float32) * width * wear.perspective
    tilt = cv2.getPerspectiveTransform(corners, moved.astype(np.float32))
    shift = np.array([[1, 0, margin], [0, 1, margin], [0, 0, 1]], dtype=np.float64)
    transform = shift @ tilt.astype(np.float64) @ rotation
    if np.allclose(transform, np.eye(3)):
        return page, transform
    border = cv2.BORDER_CONSTANT if paper.surface else cv2.BORDER_REPLICATE
    laid = cv2.warpPerspective(page, transform, size, flags=cv2.INTER_LINEAR, borderMode=border)
    if paper.surface:
        table = np.array(paper.surface, dtype=np.float32) / 255
        grain = (
            1 + 0.05 * _grain(size[1], size[0], 9, rng) + 0.05 * _field(size[1], size[0], 180, rng)
        )
        whole = np.ones((height, width), dtype=np.float32)
        inside = cv2.warpPerspective(whole, transform, size, flags=cv2.INTER_LINEAR)
        shadow = cv2.GaussianBlur(np.roll(inside, (7, 5), axis=(0, 1)), (0, 0), 9)
        below = table * (grain * (1 - 0.45 * shadow))[..., None]
        laid = laid + below * (1 - inside)[..., None]
    return np.asarray(laid, dtype=np.float32), transform


def _light(height: int, width: int, paper: Paper, wear: Wear, rng: np.random.Generator) -> Plane:
    """How much light falls where, about 1."""
    light = np.ones((height, width), dtype=np.float32)
    if wear.lighting:
        angle = float(rng.uniform(0, 2 * np.pi))
        across = np.linspace(-1, 1, width)[None] * np.cos(angle)
        down = np.linspace(-1, 1, height)[:, None] * np.sin(angle)
        light -= np.float32(0.09 * wear.lighting) * (across + down).astype(np.float32)
        light += np.float32(0.04 * wear.lighting) * _field(height, width, 600, rng)
        light -= np.float32(0.13 * wear.lighting)
    if paper.gutter and wear.texture:
        distance = np.arange(width, dtype=np.float32) / width
        if paper.gutter == "right":
            distance = distance[::-1]
        light *= (1 - 0.55 * wear.texture * np.exp(-distance / 0.035))[None].astype(np.float32)
    return light


def _scan(page: Plane, paper: Paper, wear: Wear, rng: np.random.Generator) -> Image.Image:
    """Light, lens, sensor and file."""
    height, width = page.shape[:2]
    page *= (_light(height, width, paper, wear, rng) * np.float32(255))[..., None]
    seen = cv2.convertScaleAbs(page)
    if wear.blur_pixels:
        seen = cv2.GaussianBlur(seen, (0, 0), wear.blur_pixels)
    if wear.noise:
        noise = rng.standard_normal((height, width), dtype=np.float32) * 11.5 * wear.noise
        steps = cv2.merge([np.rint(noise).astype(np.int16)] * 3)
        seen = cv2.add(seen, steps, dtype=cv2.CV_8U)
    image = Image.fromarray(np.asarray(seen, dtype=np.uint8))
    if wear.jpeg_quality is None:
        return image
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=wear.jpeg_quality)
    return Image.open(buffer).convert("RGB")


def _moved(polygon: Polygon, transform: npt.NDArray[np.float64], size: tuple[int, int]) -> Polygon:
    """The polygon after the transform, kept within the image."""
    points = np.array([polygon], dtype=np.float64)
    moved = cv2.perspectiveTransform(points, transform)[0]

    def point(index: int) -> Point:
        x, y = moved[index]
        return (
            round(min(max(float(x), 0.0), size[0] - 1.0), 2),
            round(min(max(float(y), 0.0), size[1] - 1.0), 2),
        )

    return (point(0), point(1), point(2), point(3))
