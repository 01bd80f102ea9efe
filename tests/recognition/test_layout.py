"""Reading order and blocks, from geometry alone."""

import math
import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognition.layout import reading_order, slope

Line = list[tuple[float, float]]


def line(left: float, top: float, width: float, height: float = 20) -> Line:
    return [
        (left, top),
        (left + width, top),
        (left + width, top + height),
        (left, top + height),
    ]


def turned(lines: list[Line], degrees: float) -> list[Line]:
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return [[(x * cosine - y * sine, x * sine + y * cosine) for x, y in item] for item in lines]


def column(left: float, top: float, count: int, width: float = 400) -> list[Line]:
    """Running text: full lines, the last of each paragraph of five short."""
    return [line(left, top + 26 * i, width * (0.4 if i % 5 == 4 else 1)) for i in range(count)]


def order(lines: list[Line], *, right_to_left: bool = False) -> list[int]:
    return [place.line for place in reading_order(lines, right_to_left=right_to_left)]


def shuffled(lines: list[Line]) -> tuple[list[Line], list[int]]:
    """The lines in another order, and where each comes in the order given."""
    positions = list(range(len(lines)))
    random.Random(4).shuffle(positions)
    return [lines[position] for position in positions], [
        positions.index(place) for place in range(len(lines))
    ]


def test_no_lines_no_order() -> None:
    assert reading_order([]) == []


ONE_COLUMN = column(50, 50, 30)
TWO_COLUMNS = [
    line(50, 20, 860, 40),
    *column(50, 100, 20),
    *column(510, 107, 20),
    line(50, 680, 860),
]
THREE_COLUMNS = [
    line(200, 10, 500, 36),
    *column(50, 90, 24, 250),
    *column(330, 90, 24, 250),
    *column(610, 90, 12, 250),
]
UNEVEN_COLUMNS = [*column(50, 100, 30), *column(510, 100, 12)]
FORM = [
    part
    for row in range(12)
    for part in (
        line(50, 50 + 34 * row, 120 + 9 * (row % 4)),
        line(300, 52 + 34 * row, 60 + 25 * (row % 3)),
        line(600, 49 + 34 * row, 90),
    )
]
RECEIPT = [
    line(150, 10, 200, 34),
    *[
        part
        for row in range(15)
        for part in (line(20, 80 + 28 * row, 180 + 12 * (row % 5)), line(420, 80 + 28 * row, 60))
    ],
]

LABELS_AND_VALUES = [
    part
    for row in range(10)
    for part in (
        line(50, 50 + 34 * row, 90 + 23 * (row % 5)),
        line(260, 52 + 34 * row, 120 + 40 * (row % 3)),
    )
]
TWO_PAIRS_A_ROW = [
    part
    for row in range(8)
    for part in (
        line(50, 50 + 30 * row, 80 + 15 * (row % 4)),
        line(200, 50 + 30 * row, 100 + 30 * (row % 4)),
        line(500, 51 + 30 * row, 70 + 25 * (row % 3)),
        line(660, 51 + 30 * row, 150 - 20 * (row % 4)),
    )
]
ITEMS_WITH_DETAILS = [
    part
    for row in range(6)
    for part in (
        line(20, 100 + 80 * row, 300),
        line(420, 100 + 80 * row, 70),
        line(40, 126 + 80 * row, 200),
        line(40, 152 + 80 * row, 180),
    )
]
HEADING_BETWEEN_COLUMNS = [
    *column(50, 100, 12),
    *column(510, 100, 12),
    line(300, 440, 360, 36),
    *column(50, 520, 12),
    *column(510, 520, 12),
]
HEADING_OVER_TWO_OF_THREE = [
    line(50, 20, 840, 40),
    *column(50, 100, 10, 260),
    *column(340, 100, 10, 260),
    line(50, 380, 550, 30),
    *column(50, 440, 10, 260),
    *column(340, 440, 10, 260),
    *column(630, 100, 24, 260),
]
SIDE_NOTES = [
    *column(50, 100, 30, 500),
    *[line(600, 100 + 26 * row, 120, 16) for row in (3, 4, 5, 15, 16)],
]
TABLE_IN_TEXT = [
    *column(50, 100, 10, 800),
    *[
        part
        for row in range(6)
        for part in (
            line(50, 400 + 30 * row, 200),
            line(400, 400 + 30 * row, 90),
            line(700, 400 + 30 * row, 90),
        )
    ],
    *column(50, 620, 10, 800),
]
CAPTIONED_PICTURE = [
    *column(50, 100, 8),
    *column(50, 308, 12, 250),
    *column(50, 620, 8),
    *column(510, 100, 8),
    *column(660, 308, 12, 250),
    *column(510, 620, 8),
    *[line(400 + 9 * (row % 3), 520 + 26 * row, 170 - 18 * (row % 3), 16) for row in range(3)],
]
# Set as loosely as a form, line beside line, and told from one by lines that fill their column.
LOOSE_COLUMNS = [line(left, 100 + 36 * row, 380) for left in (50, 510) for row in range(12)]

SHAPES = {
    "one column": ONE_COLUMN,
    "two columns": TWO_COLUMNS,
    "three columns": THREE_COLUMNS,
    "uneven columns": UNEVEN_COLUMNS,
    "loose columns": LOOSE_COLUMNS,
    "form": FORM,
    "labels and values": LABELS_AND_VALUES,
    "two pairs a row": TWO_PAIRS_A_ROW,
    "receipt": RECEIPT,
    "items with details": ITEMS_WITH_DETAILS,
    "heading between columns": HEADING_BETWEEN_COLUMNS,
    "heading over two of three": HEADING_OVER_TWO_OF_THREE,
    "side notes": SIDE_NOTES,
    "table in text": TABLE_IN_TEXT,
    "captioned picture": CAPTIONED_PICTURE,
}


@pytest.mark.parametrize("degrees", [0, 2, -3])
@pytest.mark.parametrize("lines", SHAPES.values(), ids=SHAPES)
def test_pages_are_read_as_people_read_them(lines: list[Line], degrees: float) -> None:
    given_lines, expected = shuffled(turned(lines, degrees))
    assert order(given_lines) == expected


def test_a_tight_gap_between_columns_is_seen() -> None:
    lines = [*column(50, 100, 20), *column(458, 100, 20)]
    assert order(lines) == list(range(40))


def test_right_to_left_pages_begin_with_the_right_column() -> None:
    lines = [*column(510, 100, 20), *column(50, 100, 20)]
    lines = [[(960 - x, y) for x, y in (item[1], item[0], item[3], item[2])] for item in lines]
    lines = [*lines[20:], *lines[:20]]
    assert order(lines, right_to_left=True) == list(range(40))


def test_a_row_is_read_from_right_to_left_where_the_script_is() -> None:
    assert order([line(10, 10, 100), line(200, 12, 100)], right_to_left=True) == [1, 0]


def test_white_between_paragraphs_and_a_change_of_size_part_blocks() -> None:
    lines = [
        line(50, 20, 300, 50),
        *[line(50, 80 + 26 * i, 400) for i in range(3)],
        *[line(50, 200 + 26 * i, 400) for i in range(3)],
    ]
    assert [place.block for place in reading_order(lines)] == [0, 1, 1, 1, 2, 2, 2]


def test_columns_are_blocks_of_their_own_and_so_are_their_paragraphs() -> None:
    full = [line(left, 9 + 26 * i, 400) for left in (50, 500) for i in range(10)]
    assert [place.block for place in reading_order(full)] == [0] * 10 + [1] * 10
    blocks = [place.block for place in reading_order([*column(50, 9, 10), *column(500, 9, 10)])]
    assert blocks == [0] * 5 + [1] * 5 + [2] * 5 + [3] * 5


def paragraphs(lines: list[Line]) -> list[int]:
    """How many lines each block of a page has."""
    blocks = [place.block for place in reading_order(lines)]
    return [blocks.count(block) for block in sorted(set(blocks))]


def test_an_indented_line_begins_a_paragraph_also_where_the_line_before_is_full() -> None:
    lines = [
        line(50 + 20 * (i in (4, 9)), 50 + 26 * i, 400 - 20 * (i in (4, 9))) for i in range(14)
    ]
    assert paragraphs(lines) == [4, 5, 5]
    assert paragraphs(turned(lines, 2)) == [4, 5, 5]


def test_paragraphs_of_one_line_each_are_parted_by_their_short_ends() -> None:
    ends = [400, 400, 200, 380, 300, 180, 400, 400, 400, 400, 400, 400, 90]
    starts = [0, 0, 0, 20, 20, 20, 20, 0, 0, 0, 0, 0, 0]
    lines = [
        line(50 + start, 50 + 26 * i, end - start)
        for i, (start, end) in enumerate(zip(starts, ends, strict=True))
    ]
    assert paragraphs(lines) == [3, 2, 1, 7]


def test_ragged_lines_and_verse_are_not_torn() -> None:
    rng = random.Random(3)
    ragged = [line(50, 50 + 26 * i, 400 - rng.uniform(0, 110)) for i in range(20)]
    assert paragraphs(ragged) == [20]
    verse = [line(50 + 30 * (i % 2), 50 + 26 * i, rng.uniform(200, 330)) for i in range(12)]
    assert paragraphs(verse) == [12]


def test_a_table_stays_whole_and_row_by_row() -> None:
    table = [line(left, 50 + 24 * row, 90) for row in range(8) for left in (50, 300, 600)]
    assert paragraphs(table) == [len(table)]
    assert order(table) == list(range(len(table)))
    assert order(FORM) == list(range(len(FORM)))


def test_slope_is_the_median_and_ignores_upright_lines() -> None:
    lines = [*turned(column(50, 50, 9), 3), line(10, 10, 10, 200), *turned([line(0, 0, 50)], 40)]
    assert math.degrees(slope(lines)) == pytest.approx(3, abs=0.01)
    assert slope([]) == 0.0


def test_fifteen_hundred_lines_are_quick() -> None:
    table = [line(75 * x, 20 * y, 60, 14) for x in range(15) for y in range(100)]
    columns = [part for x in range(3) for part in column(450 * x, 0, 500)]
    rng = random.Random(1)
    chaos = [
        line(rng.uniform(0, 3000), rng.uniform(0, 4000), rng.uniform(5, 400), rng.uniform(5, 40))
        for _ in range(1500)
    ]
    for lines in (table, columns, chaos):
        start = time.process_time()
        found = order(lines)
        assert time.process_time() - start < 3
        assert sorted(found) == list(range(1500))
    assert order(columns) == list(range(1500))


@given(
    st.lists(
        st.builds(
            line,
            st.floats(0, 2000),
            st.floats(0, 2000),
            st.floats(0, 900),
            st.floats(0, 200),
        ),
        max_size=40,
    ),
    st.booleans(),
)
def test_every_line_gets_one_place_and_blocks_follow_on(
    lines: list[Line], right_to_left: bool
) -> None:
    places = reading_order(lines, right_to_left=right_to_left)
    assert sorted(place.line for place in places) == list(range(len(lines)))
    blocks = [place.block for place in places]
    assert blocks == sorted(blocks)
    assert set(blocks) == set(range(len(set(blocks))))
