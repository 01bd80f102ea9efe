"""Take a PDF page's own text where it can be trusted, and say what is wrong with it where not.

A text layer is trusted only where it is all of the page's text and visibly so: every doubt sends
the page to the reader, which costs a second, while a wrong text would go out unseen.
"""

import ctypes
import math
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_raw
from PIL import Image, ImageDraw

from recognition.direction import is_right_to_left
from recognition.ingest.base import LayerFault, TextLayer, TextLine
from recognition.layout import reading_order

RULES_VERSION = 1
"""Raised with every change of what is trusted or of how lines are made."""

_MOST_CHARACTERS = 50_000
_MOST_OBJECTS = 20_000
_PICTURES_COVER = 0.1  # of the page; a picture may hold text that the layer lacks
_INK_OUTSIDE = 0.5  # share of the page's ink that is not text: text drawn as curves, most often
_INK_CONTRAST = 48  # of 255, between the lightest and the darkest pixel of a line
_DARK = 128
_COARSE_SIDE = 1000  # pixels; where ink is counted
_SAME_LINE = 0.5  # overlap in height of two characters of a line, as share of the lower one
_LONGEST_GAP = 1.5  # heights of the line; a wider one parts two columns
_LEVEL_DEGREES = 1.0
_SMALLEST_SIDE = 2.0  # pixels of a line's box

_INVISIBLE_MODES = frozenset(
    {pdfium_raw.FPDF_TEXTRENDERMODE_INVISIBLE, pdfium_raw.FPDF_TEXTRENDERMODE_CLIP}
)
# Annotations that add no text of their own to the page.
_SILENT_ANNOTATIONS = frozenset(
    {
        pdfium_raw.FPDF_ANNOT_LINK,
        pdfium_raw.FPDF_ANNOT_POPUP,
        pdfium_raw.FPDF_ANNOT_HIGHLIGHT,
        pdfium_raw.FPDF_ANNOT_UNDERLINE,
    }
)
_HYPHEN_AT_LINE_END = 0x2  # as PDFium marks it
_BULLET = "•"
_UNSEEN = frozenset("\u200b\u200c\u200d\ufeff\u2060")
_LIGATURES = range(0xFB00, 0xFB07)


class _Character(NamedTuple):
    """One character and where it stands, in pixels; a break in the line has no text."""

    text: str
    left: float = 0.0
    top: float = 0.0
    right: float = 0.0
    bottom: float = 0.0
    mapped: bool = True

    @property
    def height(self) -> float:
        return self.bottom - self.top


@dataclass(slots=True)
class _Growing:
    """A line while its characters come."""

    left: float
    top: float
    right: float
    bottom: float
    characters: list[_Character] = field(default_factory=list)

    def takes(self, character: _Character) -> bool:
        shared = min(self.bottom, character.bottom) - max(self.top, character.top)
        lower = min(self.bottom - self.top, character.height)
        gap = max(character.left - self.right, self.left - character.right)
        return shared >= _SAME_LINE * lower and gap <= _LONGEST_GAP * max(lower, 1.0)

    def add(self, character: _Character) -> None:
        self.characters.append(character)
        if character.text.strip():
            self.left = min(self.left, character.left)
            self.top = min(self.top, character.top)
            self.right = max(self.right, character.right)
            self.bottom = max(self.bottom, character.bottom)


class _Doubt(Exception):
    """The layer is not to be trusted, for this reason."""

    def __init__(self, fault: LayerFault) -> None:
        super().__init__(fault)
        self.fault = fault


def take_text_layer(page: pdfium.PdfPage, image: Image.Image) -> TextLayer:
    """The text of a page that was rendered as `image`, in reading order, in the image's pixels.

    A layer without lines and without a fault means that there is none.
    """
    text = page.get_textpage()
    try:
        if text.count_chars() == 0:
            return TextLayer()
        lines = _lines(_characters(page, text, image.size))
        if not lines:
            return TextLayer()
        _check_page(page)
        _check_ink(lines, image)
    except _Doubt as doubt:
        return TextLayer(fault=doubt.fault)
    finally:
        text.close()
    return TextLayer(_ordered(lines))


def producer() -> str:
    """What took the text, as it is named beside it."""
    return f"PDFium {pdfium.PDFIUM_INFO.build}, text layer rules {RULES_VERSION}"


def _characters(
    page: pdfium.PdfPage, text: pdfium.PdfTextPage, size: tuple[int, int]
) -> Iterator[_Character]:
    """The characters on the page in the file's order. Raises `_Doubt`."""
    count = text.count_chars()
    if count > _MOST_CHARACTERS:
        raise _Doubt(LayerFault.TOO_MUCH)
    to_pixels = _to_pixels(page, size)
    turned = page.get_rotation()
    off_page = seen = 0
    box = pdfium_raw.FS_RECTF()
    for index in range(count):
        code = pdfium_raw.FPDFText_GetUnicode(text.raw, index)
        if code in (0x0A, 0x0D):
            yield _Character("")
            continue
        if pdfium_raw.FPDFText_IsGenerated(text.raw, index) == 1:
            yield _Character(" ")
            continue
        if code == 0x20 or not pdfium_raw.FPDFText_GetLooseCharBox(text.raw, index, box):
            yield _Character(" ")
            continue
        degrees = math.degrees(pdfium_raw.FPDFText_GetCharAngle(text.raw, index)) + turned
        if min(degrees % 360, -degrees % 360) > _LEVEL_DEGREES:
            raise _Doubt(LayerFault.TURNED)
        ends = (to_pixels(box.left, box.top), to_pixels(box.right, box.bottom))
        (left, right), (top, bottom) = (sorted(side) for side in zip(*ends, strict=True))
        seen += 1
        if not (0 <= (left + right) / 2 < size[0] and 0 <= (top + bottom) / 2 < size[1]):
            off_page += 1
            yield _Character("")
            continue
        part = pdfium_raw.FPDFText_GetTextObject(text.raw, index)
        if pdfium_raw.FPDFTextObj_GetTextRenderMode(part) in _INVISIBLE_MODES:
            raise _Doubt(LayerFault.INVISIBLE)
        said, mapped = _said(code)
        mapped = mapped and pdfium_raw.FPDFText_HasUnicodeMapError(text.raw, index) != 1
        yield _Character(said, left, top, right, bottom, mapped)
    if off_page * 2 > seen:
        raise _Doubt(LayerFault.OFF_PAGE)


def _said(code: int) -> tuple[str, bool]:
    """A character as people type it, and whether the file really says what it is."""
    if code == _HYPHEN_AT_LINE_END:
        return "-", True
    if code in _LIGATURES:
        return unicodedata.normalize("NFKC", chr(code)), True
    if not 0x20 <= code <= 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        return _BULLET, False
    text = chr(code)
    if text in _UNSEEN or code == 0xAD:
        return "", True
    if text == "\ufffd" or unicodedata.category(text) in ("Cc", "Co", "Cn"):
        return _BULLET, False
    return text, True


def _lines(characters: Iterator[_Character]) -> list[tuple[str, _Growing]]:
    """Lines with their text. Raises `_Doubt` for a character within a word that is not known.

    An unknown character that stands alone is a bullet of a symbol font.
    """
    grown: list[_Growing] = []
    line: _Growing | None = None
    for character in characters:
        if not character.text:
            line = None
        elif character.text == " ":
            if line is not None:
                line.add(character)
        else:
            if line is None or not line.takes(character):
                line = _Growing(*character[1:5])
                grown.append(line)
            line.add(character)
    lines = []
    for line in grown:
        _check_words(line.characters)
        text = " ".join("".join(character.text for character in line.characters).split())
        if text and min(line.right - line.left, line.bottom - line.top) >= _SMALLEST_SIDE:
            lines.append((unicodedata.normalize("NFC", text), line))
    return lines


def _check_words(characters: Sequence[_Character]) -> None:
    word: list[_Character] = []
    for character in (*characters, _Character(" ")):
        if character.text != " ":
            word.append(character)
            continue
        if len(word) > 1 and not all(part.mapped for part in word):
            raise _Doubt(LayerFault.UNMAPPED)
        word = []


def _check_page(page: pdfium.PdfPage) -> None:
    """Doubt a page on which something else may carry text: filled fields, stamps, pictures."""
    for index in range(pdfium_raw.FPDFPage_GetAnnotCount(page.raw)):
        annotation = pdfium_raw.FPDFPage_GetAnnot(page.raw, index)
        kind = pdfium_raw.FPDFAnnot_GetSubtype(annotation)
        pdfium_raw.FPDFPage_CloseAnnot(annotation)
        if kind not in _SILENT_ANNOTATIONS:
            raise _Doubt(LayerFault.INCOMPLETE)
    width, height = page.get_size()
    covered = 0.0
    for number, part in enumerate(page.get_objects(max_depth=4)):
        if number > _MOST_OBJECTS:
            raise _Doubt(LayerFault.TOO_MUCH)
        if part.type == pdfium_raw.FPDF_PAGEOBJ_IMAGE:
            left, bottom, right, top = part.get_bounds()
            covered += abs((right - left) * (top - bottom))
    if covered > _PICTURES_COVER * width * height:
        raise _Doubt(LayerFault.INCOMPLETE)


def _check_ink(lines: Sequence[tuple[str, _Growing]], image: Image.Image) -> None:
    """Doubt text that cannot be seen, and a page whose ink is mostly elsewhere."""
    grey = image.convert("L")
    for _, line in lines:
        darkest, lightest = grey.crop(_whole(line, 1, image.size)).getextrema()
        if float(lightest) - float(darkest) < _INK_CONTRAST:  # type: ignore[arg-type]
            raise _Doubt(LayerFault.INVISIBLE)
    step = max(1, math.ceil(max(image.size) / _COARSE_SIDE))
    ink = grey.reduce(step).point([255 if level < _DARK else 0 for level in range(256)])
    inked = ink.histogram()[255]
    pen = ImageDraw.Draw(ink)
    for _, line in lines:
        pen.rectangle(_whole(line, step, ink.size), fill=0)
    if inked and ink.histogram()[255] > _INK_OUTSIDE * inked:
        raise _Doubt(LayerFault.INCOMPLETE)


def _whole(line: _Growing, step: int, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The pixels a line touches, in a picture made smaller by `step`."""
    left = max(0, math.floor(line.left / step))
    top = max(0, math.floor(line.top / step))
    right = min(size[0], math.ceil(line.right / step))
    bottom = min(size[1], math.ceil(line.bottom / step))
    return left, top, max(left + 1, right), max(top + 1, bottom)


def _ordered(lines: Sequence[tuple[str, _Growing]]) -> tuple[TextLine, ...]:
    polygons = [
        (
            (round(line.left, 2), round(line.top, 2)),
            (round(line.right, 2), round(line.top, 2)),
            (round(line.right, 2), round(line.bottom, 2)),
            (round(line.left, 2), round(line.bottom, 2)),
        )
        for _, line in lines
    ]
    right_to_left = is_right_to_left(text for text, _ in lines)
    return tuple(
        TextLine(lines[place.line][0], polygons[place.line], place.block)
        for place in reading_order(polygons, right_to_left=right_to_left)
    )


def _to_pixels(page: pdfium.PdfPage, size: tuple[int, int]) -> "_Affine":
    """The way from the page's own coordinates, in points, to the rendered picture's pixels."""
    finer = 64  # PDFium answers in whole pixels: so of a picture so many times as large
    x, y = ctypes.c_int(), ctypes.c_int()
    seen: list[tuple[float, float]] = []
    for at in ((0.0, 0.0), (1000.0, 0.0), (0.0, 1000.0)):
        pdfium_raw.FPDF_PageToDevice(page.raw, 0, 0, size[0] * finer, size[1] * finer, 0, *at, x, y)
        seen.append((x.value / finer, y.value / finer))
    (x0, y0), (x1, y1), (x2, y2) = seen
    return _Affine(x0, (x1 - x0) / 1000, (x2 - x0) / 1000, y0, (y1 - y0) / 1000, (y2 - y0) / 1000)


class _Affine(NamedTuple):
    x0: float
    xx: float
    xy: float
    y0: float
    yx: float
    yy: float

    def __call__(self, x: float, y: float) -> tuple[float, float]:
        return self.x0 + self.xx * x + self.xy * y, self.y0 + self.yx * x + self.yy * y
