"""Pages with text drawn where it is said to be: for looking at crops, letter by letter."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib
from django.utils import timezone
from PIL import Image, ImageDraw, ImageFont

from recognition.character_sets import CharacterSet
from recognition.engines.base import Alternative, Character, RecognisedLine
from recognition.line_order import arrange_lines, new_line
from recognition.models import ModelVersion, Page
from recognition.reading import store_readings
from recognition.states import PageStatus
from review.models import ReviewTask
from review.route import route_page
from tests import factories

FONT = f"{matplotlib.get_data_path()}/fonts/ttf/DejaVuSerif.ttf"
SIZE = 30  # pixels of the letters
MARGIN = 4  # pixels around a line's ink, as a detector leaves them


@dataclass(frozen=True, slots=True)
class Drawn:
    """A text on a page: its middle in pixels, and by how many degrees it is turned clockwise."""

    text: str
    x: float
    y: float
    degrees: float = 0.0


def font() -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONT, SIZE)


def middles(text: str) -> list[float]:
    """Where the middle of each letter is, as a share of the crop's width."""
    wide = font().getlength(text) + 2 * MARGIN
    starts = [font().getlength(text[:index]) for index in range(len(text) + 1)]
    return [(MARGIN + (starts[index] + starts[index + 1]) / 2) / wide for index in range(len(text))]


def drawn_task(
    lines: Sequence[Drawn],
    *,
    width: int = 900,
    height: int = 900,
    confidence: float = 0.5,
    version: ModelVersion | None = None,
) -> ReviewTask:
    """The review task of a page on which these lines are drawn and were read without a fault."""
    version = version or factories.make_model(active=True)
    image = Image.new("RGB", (width, height), "white")
    shapes = [_draw(image, line) for line in lines]
    content = factories.picture_bytes(image)
    page = Page.objects.create(
        document=factories.make_document(),
        number=1,
        image=factories._store_page(content),
        width=width,
        height=height,
        sha256=factories.hashlib.sha256(content).hexdigest(),
    )
    made = [new_line(page, shape, block=0) for shape in shapes]
    arrange_lines(page, [line.pk for line in made])
    read = [_recognised(line.text, confidence) for line in lines]
    store_readings(list(zip(made, read, strict=True)), version, CharacterSet.FULL)
    page.status, page.read_at = PageStatus.READ, timezone.now()
    page.model_version, page.lowest_confidence = version, confidence
    page.save()
    route_page(page.pk, draw=lambda: 0.999)
    return ReviewTask.objects.open().get(page=page)


def _draw(image: Image.Image, line: Drawn) -> list[tuple[float, float]]:
    """Draw a line; returns its corners, clockwise from the text's top left."""
    wide = math.ceil(font().getlength(line.text)) + 2 * MARGIN
    tall = math.ceil(SIZE * 1.25) + 2 * MARGIN
    strip = Image.new("L", (wide, tall), 0)
    ImageDraw.Draw(strip).text((MARGIN, MARGIN), line.text, fill=255, font=font())
    turned = strip.rotate(-line.degrees, expand=True, resample=Image.Resampling.BICUBIC)
    place = (round(line.x - turned.width / 2), round(line.y - turned.height / 2))
    image.paste((0, 0, 0), place, turned)
    cosine, sine = math.cos(math.radians(line.degrees)), math.sin(math.radians(line.degrees))
    half = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    corners = [(x * wide / 2, y * tall / 2) for x, y in half]
    return [(line.x + x * cosine - y * sine, line.y + x * sine + y * cosine) for x, y in corners]


def _recognised(text: str, confidence: float) -> RecognisedLine:
    weak = (Alternative("8", 0.3), Alternative("", 0.1))
    return RecognisedLine(
        text=text,
        confidence=confidence,
        raw_score=confidence,
        characters=tuple(
            Character(
                letter,
                0.4 if index == len(text) - 1 else 0.99,
                index / len(text),
                (index + 1) / len(text),
                weak if index == len(text) - 1 else (),
            )
            for index, letter in enumerate(text)
        ),
    )
