"""Pages that lie on their side or upside down, and the way back to the stored page."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.page_wear import levelled
from recognition.crops import crop_sha256, rectify
from recognition.engines.base import DetectedLine, Image, Polygon, RecognisedLine
from recognition.page_steps.frame import Frame, Point, turned
from recognition.page_steps.look import look_upright
from tests.recognition.engine_kit import shared_engine, text_page

TEXTS = ["Harbour dues for the month", "Received with thanks: 41.50", "Signed before two witnesses"]
PAGE = text_page([(60, 60 + 90 * row, text) for row, text in enumerate(TEXTS)], size=(700, 500))


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_a_page_reads_the_same_whichever_way_up_it_lies(quarters: int) -> None:
    stored, _ = turned(PAGE, -quarters)
    engine = shared_engine()
    reading = engine.read(stored)
    assert [line.recognised.text for line in reading.lines] == TEXTS
    assert reading.page_steps == ((f"upright-1:{90 * quarters}",) if quarters else ())
    _, frame = turned(stored, quarters)
    for line in reading.lines:
        # The first point is the text's top left, and leads down the page only with the text.
        (x0, y0), (x1, y1), _, (x3, y3) = map(frame.prepared, line.polygon)
        assert x1 - x0 > 200
        assert y3 - y0 > 15
        assert max(abs(y1 - y0), abs(x3 - x0)) < 5
        crop = rectify(stored, line.polygon)
        assert crop.shape[1] > 3 * crop.shape[0]
        assert crop_sha256(crop) == line.crop_sha256
    again = engine.recognise(stored, [line.polygon for line in reading.lines])
    assert [line.text for line in again] == TEXTS


@dataclass
class Lines:
    """Reads every line of a fixed layout with a fixed score, and counts what it is asked."""

    polygons: list[Polygon]
    score: float
    turned_score: float
    crops_read: int = 0
    looked_at: list[tuple[int, ...]] = field(default_factory=list)

    def detect(self, image: Image) -> list[DetectedLine]:
        self.looked_at.append(image.shape[:2])
        return [DetectedLine(polygon, 0.9) for polygon in self.polygons]

    def recognise_lines(
        self, image: Image, polygons: Sequence[Sequence[Point]]
    ) -> Iterable[tuple[int, RecognisedLine, str]]:
        for index in reversed(range(len(polygons))):
            yield index, RecognisedLine(str(index), 0.5, self.score), ""

    def recognise_crops(self, crops: Sequence[Image]) -> list[RecognisedLine]:
        self.crops_read += len(crops)
        return [RecognisedLine("", None, self.turned_score) for _ in crops]


LYING: list[Polygon] = [
    ((10, y), (90, y), (90, y + 9), (10, y + 9)) for y in map(float, range(0, 90, 15))
]
STANDING: list[Polygon] = [
    ((x, 10), (x + 9, 10), (x + 9, 90), (x, 90)) for x in map(float, range(0, 90, 15))
]
BLANK = np.full((120, 100, 3), 255, np.uint8)


def test_an_upright_page_pays_nothing() -> None:
    reader = Lines(LYING, score=0.9, turned_score=0.99)
    seen, steps = look_upright(BLANK, reader)
    assert steps == ()
    assert [line.recognised.text for line in seen] == list("012345")
    assert reader.crops_read == 0
    assert len(reader.looked_at) == 1


@pytest.mark.parametrize(
    ("polygons", "score", "turned_score"),
    [
        (LYING, 0.7, 0.5),  # weak, and weaker upside down: handwriting
        (LYING, 0.5, 0.58),  # better, and still not legible
        (STANDING, 0.5, 0.5),  # columns of upright characters
        ([], 0.0, 0.0),
    ],
    ids=["handwriting", "illegible", "columns", "empty"],
)
def test_what_reads_no_better_turned_stays_as_it_is(
    polygons: list[Polygon], score: float, turned_score: float
) -> None:
    reader = Lines(polygons, score, turned_score)
    seen, steps = look_upright(BLANK, reader)
    assert steps == ()
    assert [line.polygon for line in seen] == polygons
    assert reader.crops_read <= 8


def test_a_page_is_looked_at_again_once_it_is_upright() -> None:
    reader = Lines(LYING, score=0.6, turned_score=0.95)
    seen, steps = look_upright(BLANK, reader)
    assert steps == ("upright-1:180",)
    assert seen[0].upright == LYING[0]
    assert seen[0].polygon == ((89.0, 119.0), (9.0, 119.0), (9.0, 110.0), (89.0, 110.0))


SIDES = st.integers(2, 60)
POINTS = st.tuples(st.floats(-5, 65), st.floats(-5, 65))


@given(SIDES, SIDES, st.integers(-4, 7), st.floats(-0.27, 0.27), POINTS, st.booleans())
def test_points_find_back_through_every_turn_and_skew(
    height: int, width: int, quarters: int, skew: float, point: Point, skew_first: bool
) -> None:
    image = np.zeros((height, width, 3), np.uint8)
    if skew_first:
        image, first = levelled(image, skew)
        image, second = turned(image, quarters)
    else:
        image, first = turned(image, quarters)
        image, second = levelled(image, skew)
    frame = first.before(second)
    assert math.dist(frame.stored(frame.prepared(point)), point) < 1e-6
    assert math.dist(first.stored(second.stored(point)), frame.stored(point)) < 1e-6
    # No corner of the stored page is lost.
    for corner in ((0, 0), (width - 1, 0), (width - 1, height - 1), (0, height - 1)):
        x, y = frame.prepared(corner)
        assert -0.51 <= x <= image.shape[1] - 0.49
        assert -0.51 <= y <= image.shape[0] - 0.49


@given(SIDES, SIDES, st.integers(0, 3))
def test_each_pixel_of_a_turned_page_is_where_its_frame_says(
    height: int, width: int, quarters: int
) -> None:
    image = np.random.default_rng(height * width).integers(0, 256, (height, width, 3), np.uint8)
    page, frame = turned(image, quarters)
    for y, x in ((0, 0), (page.shape[0] - 1, 0), (page.shape[0] // 2, page.shape[1] - 1)):
        column, row = frame.stored((x, y))
        assert (page[y, x] == image[int(row), int(column)]).all()


def test_a_levelled_page_shows_each_point_where_its_frame_says() -> None:
    image = np.zeros((200, 300, 3), np.uint8)
    image[40:43, 250:253] = 255
    page, frame = levelled(image, math.radians(7))
    rows, columns = np.nonzero(page[:, :, 0] > 128)
    x, y = frame.stored((float(columns.mean()), float(rows.mean())))
    assert math.dist((x, y), (251, 41)) < 0.6


def test_the_frame_of_an_untouched_page_changes_nothing() -> None:
    assert Frame().stored((3.25, -1.5)) == (3.25, -1.5)
