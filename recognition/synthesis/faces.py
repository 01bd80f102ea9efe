"""Typefaces for rendered documents, from the fonts that come with Matplotlib.

They are DejaVu (a relative of Bitstream Vera), STIX (cut like Times) and Computer Modern, all of
which may be used freely. Their files are found without importing Matplotlib. Blackletter is set
from the mathematical Fraktur letters of STIX: the text keeps its plain letters, only the shapes
are old; letters that mathematics has no use for (the long s, umlauts, the sharp s, ligatures, the
double hyphen) are put together here from those that are there.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont


class FontsMissing(Exception):
    """The fonts are not there: Matplotlib is not installed, or without its data."""


class Face(StrEnum):
    """The typefaces at hand; the value is the file's name, but for blackletter."""

    SERIF = "STIXGeneral.ttf"
    SERIF_BOLD = "STIXGeneralBol.ttf"
    SERIF_ITALIC = "STIXGeneralItalic.ttf"
    SERIF_BOLD_ITALIC = "STIXGeneralBolIta.ttf"
    BOOK = "DejaVuSerif.ttf"
    BOOK_BOLD = "DejaVuSerif-Bold.ttf"
    SANS = "DejaVuSans.ttf"
    SANS_BOLD = "DejaVuSans-Bold.ttf"
    SANS_OBLIQUE = "DejaVuSans-Oblique.ttf"
    MONO = "DejaVuSansMono.ttf"
    MONO_BOLD = "DejaVuSansMono-Bold.ttf"
    TYPEWRITER = "cmtt10.ttf"
    BLACKLETTER = "blackletter"
    BLACKLETTER_BOLD = "blackletter-bold"


BLACKLETTERS = frozenset({Face.BLACKLETTER, Face.BLACKLETTER_BOLD})

_OUTSIDE_THE_BLOCK = {"C": "\u212d", "H": "\u210c", "I": "\u2111", "R": "\u211c", "Z": "\u2128"}
_UMLAUTS = {"ä": "a", "ö": "o", "ü": "u", "Ä": "A", "Ö": "O", "Ü": "U"}
_TIGHT_PAIRS = {"ch": 0.06, "ck": 0.06, "tz": 0.05, "ſt": 0.03, "ſſ": 0.02, "ſi": 0.02, "ff": 0.04}
"""How far, in ems, the second letter moves towards the first."""
_CONDENSED = 0.88
"""Width of blackletter as a share of the font's: printers set it narrow, to spare paper."""
_TRACKING = -0.02
"""Ems between blackletter glyphs: set for formulas, they stand too wide for prose."""


@dataclass(frozen=True, slots=True)
class Metrics:
    """Extent of a run of text in pixels, relative to its start on the baseline."""

    advance: float
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class _Glyph:
    mask: Image.Image
    offset: tuple[int, int]  # of the mask's top left from the origin on the baseline
    advance: float


def measure(text: str, face: Face, size: float) -> Metrics:
    """Where the ink of `text` would lie; `size` is the em in pixels."""
    if face in BLACKLETTERS:
        placed, advance = _blackletter(text, face, size)
        boxes = [
            (x + g.offset[0], g.offset[1], x + g.offset[0] + g.mask.width,
             g.offset[1] + g.mask.height)
            for x, g in placed
        ]  # fmt: skip
        if not boxes:
            return Metrics(advance, 0, 0, 0, 0)
        lefts, tops, rights, bottoms = zip(*boxes, strict=True)
        return Metrics(advance, min(lefts), min(tops), max(rights), max(bottoms))
    font = load(face, size)
    left, top, right, bottom = font.getbbox(text, anchor="ls")
    return Metrics(font.getlength(text), left, top, right, bottom)


def draw(
    target: Image.Image, at: tuple[float, float], text: str, face: Face, size: float,
    colour: tuple[int, int, int],
) -> None:  # fmt: skip
    """Put `text` on `target` with its baseline starting at `at`."""
    x, y = at
    if face not in BLACKLETTERS:
        font = load(face, size)
        ImageDraw.Draw(target).text((x, y), text, font=font, fill=colour, anchor="ls")
        return
    for offset, glyph in _blackletter(text, face, size)[0]:
        place = (round(x + offset) + glyph.offset[0], round(y) + glyph.offset[1])
        target.paste(colour, place, glyph.mask)


@lru_cache(maxsize=128)
def load(face: Face, size: float) -> ImageFont.FreeTypeFont:
    """Open a font file at an em of `size` pixels. Raises FontsMissing."""
    name = {
        Face.BLACKLETTER: Face.SERIF.value,
        Face.BLACKLETTER_BOLD: Face.SERIF_BOLD.value,
    }.get(face, face.value)
    path = _folder() / name
    if not path.is_file():
        raise FontsMissing(f"{name} is not among Matplotlib's fonts; install Matplotlib again.")
    # Basic layout: the same shapes whether or not the shaping library is installed.
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=1)
def _folder() -> Path:
    spec = importlib.util.find_spec("matplotlib")
    if spec is None or spec.origin is None:
        raise FontsMissing("The fonts of rendered documents come with Matplotlib; install it.")
    return Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"


def _blackletter(text: str, face: Face, size: float) -> tuple[list[tuple[float, _Glyph]], float]:
    """Glyphs with their distance from the start, and the whole advance."""
    placed: list[tuple[float, _Glyph]] = []
    x = 0.0
    for index, character in enumerate(text):
        x -= size * _TIGHT_PAIRS.get(text[index - 1 : index + 1] if index else "", 0.0)
        if character == " ":
            x += size * 0.25
            continue
        glyph = _blackletter_glyph(character, face, size)
        placed.append((x, glyph))
        x += glyph.advance + size * _TRACKING
    return placed, x


@lru_cache(maxsize=2048)
def _blackletter_glyph(character: str, face: Face, size: float) -> _Glyph:
    font = load(face, size)
    pad, baseline = round(size * 0.3), round(size * 1.2)
    mask = Image.new("L", (round(size * 1.9) + pad, round(size * 1.7)), 0)
    pen = ImageDraw.Draw(mask)

    def put(plain: str, x: float, y: float = 0.0) -> float:
        shape = _shape(plain, face)
        pen.text((pad + x, baseline + y), shape, font=font, fill=255, anchor="ls")
        return font.getlength(shape)

    def put_long_s() -> float:
        # An f without the right arm of its bar.
        advance = put("f", 0)
        pixels = np.array(mask)
        rows = slice(baseline - round(size * 0.47), baseline - round(size * 0.375))
        pixels[rows, pad + round(size * 0.205) :] = 0
        mask.paste(Image.fromarray(pixels))
        return advance * 0.9

    if character in _UMLAUTS:
        base = _UMLAUTS[character]
        advance = put(base, 0)
        # A small e above the letter, of which the two dots are what was left later.
        small = load(face, round(size * 0.4))
        shape, top = _shape("e", face), size * (0.47 if base.islower() else 0.72)
        x = pad + (advance - small.getlength(shape)) / 2
        pen.text((x, baseline - top), shape, font=small, fill=255, anchor="ls")
    elif character == "ſ":
        advance = put_long_s()
    elif character == "ß":
        advance = put_long_s()
        advance += put("z", advance - size * 0.05) - size * 0.05
    elif character == "-":
        advance = size * 0.36
        for y in (-0.33, -0.2):
            pen.polygon(
                [(pad + size * 0.05, baseline + size * (y + 0.05)),
                 (pad + size * 0.3, baseline + size * (y - 0.03)),
                 (pad + size * 0.3, baseline + size * (y + 0.02)),
                 (pad + size * 0.05, baseline + size * (y + 0.1))],
                fill=255,
            )  # fmt: skip
    else:
        advance = put(character, 0)
    left, top, right, bottom = mask.getbbox() or (0, 0, 1, 1)
    narrow = max(1, round((right - left) * _CONDENSED))
    narrowed = mask.crop((left, top, right, bottom)).resize((narrow, bottom - top))
    offset = (round((left - pad) * _CONDENSED), top - baseline)
    return _Glyph(narrowed, offset, advance * _CONDENSED)


def _shape(character: str, face: Face) -> str:
    """The character whose glyph has this letter's blackletter shape."""
    bold = face is Face.BLACKLETTER_BOLD
    if not bold and character in _OUTSIDE_THE_BLOCK:
        return _OUTSIDE_THE_BLOCK[character]
    if "A" <= character <= "Z":
        return chr((0x1D56C if bold else 0x1D504) + ord(character) - ord("A"))
    if "a" <= character <= "z":
        return chr((0x1D586 if bold else 0x1D51E) + ord(character) - ord("a"))
    return character
