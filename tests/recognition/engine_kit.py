"""A real engine on real weights, loaded once a test session, and rendered text to read."""

import atexit
import shutil
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from recognition.engines.base import Image as Pixels
from recognition.engines.paddle import PaddleEngine
from recognition.engines.store import ModelFiles, install_base

WHITE = (255, 255, 255)
INK = (25, 25, 30)


@cache
def model_files() -> ModelFiles:
    """The shipped base in a store of its own, removed when the tests end."""
    store = Path(tempfile.mkdtemp(prefix="engine-tests-"))
    atexit.register(shutil.rmtree, store, ignore_errors=True)
    return install_base(store)


@cache
def shared_engine() -> PaddleEngine:
    return PaddleEngine(model_files(), threads=2)


def font(size: int) -> ImageFont.FreeTypeFont:
    found = ImageFont.load_default(size=size)
    assert isinstance(found, ImageFont.FreeTypeFont), "Pillow lacks FreeType"
    return found


def text_line(text: str, size: int = 32, margin: int = 6) -> Pixels:
    """One line of text, cut close, as a crop of a page would be."""
    left, top, right, bottom = font(size).getbbox(text)
    canvas = Image.new(
        "RGB", (int(right - left) + 2 * margin, int(bottom - top) + 2 * margin), WHITE
    )
    ImageDraw.Draw(canvas).text((margin - left, margin - top), text, fill=INK, font=font(size))
    return np.asarray(canvas)


def text_page(
    texts: Sequence[tuple[int, int, str]], size: tuple[int, int] = (900, 700), letters: int = 26
) -> Pixels:
    """A white page (width, height) with texts at (left, top)."""
    canvas = Image.new("RGB", size, WHITE)
    draw = ImageDraw.Draw(canvas)
    for left, top, text in texts:
        draw.text((left, top), text, fill=INK, font=font(letters))
    return np.asarray(canvas)


def worn(crop: Pixels, seed: int, wear: float) -> Pixels:
    """The crop after bad scanning: coarse, dim and noisy; `wear` from 0 to 1."""
    rng = np.random.default_rng(seed)
    picture = Image.fromarray(crop)
    coarse = max(1.0 - 0.75 * wear, 0.1)
    small = picture.resize(
        (max(int(picture.width * coarse), 8), max(int(picture.height * coarse), 8)),
        Image.Resampling.BOX,
    )
    back = np.asarray(small.resize(picture.size, Image.Resampling.BILINEAR), dtype=np.float64)
    noisy = back * (1 - 0.4 * wear) + 60 * wear + rng.normal(0, 45 * wear, back.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)
