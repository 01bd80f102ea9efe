"""How pages are compared with their truth."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from recognition.evaluation.matching import match_lines
from recognition.evaluation.scoring import PageScore, ReadText, pair_page, score_page
from recognition.evaluation.truth import (
    Polygon,
    SetKind,
    TruthInvalid,
    TruthLine,
    read_image,
    read_set,
)


def box(left: float, top: float, width: float = 100, height: float = 20) -> Polygon:
    right, bottom = left + width, top + height
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def scored(truth: list[TruthLine], read: list[ReadText], *, fold_case: bool = False) -> PageScore:
    return score_page(pair_page(truth, read), fold_case=fold_case)


def test_a_line_cut_in_two_or_run_into_its_neighbour_costs_nothing() -> None:
    truth = [
        TruthLine("one two", box(0, 0)),
        TruthLine("left", box(0, 40, 45)),
        TruthLine("right", box(55, 40, 45)),
    ]
    read = [
        ReadText("two", box(52, 1, 48)),
        ReadText("left right", box(0, 41)),
        ReadText("one", box(0, 0, 46)),
    ]
    found = scored(truth, read)
    assert (found.character_edits, found.missed, found.spurious) == (0, 0, 0)
    assert (found.lines_exact, found.pages_exact, found.word_f1) == (3, 1, 1.0)


def test_missed_lines_cost_their_characters_and_spurious_ones_are_counted_apart() -> None:
    truth = [TruthLine("abcd", box(0, 0)), TruthLine("gone", box(0, 100))]
    read = [ReadText("abxd", box(0, 0)), ReadText("stamp", box(0, 300))]
    found = scored(truth, read)
    assert (found.character_edits, found.missed, found.spurious) == (5, 1, 1)
    assert found.spurious_characters == 5
    assert (found.cer, found.line_exact, found.page_exact, found.word_f1) == (5 / 8, 0, 0, 0)


def test_lines_in_doubt_and_what_was_read_there_are_left_out() -> None:
    truth = [TruthLine("sure", box(0, 0)), TruthLine("?", box(0, 50), scored=False)]
    found = scored(truth, [ReadText("sure", box(0, 0)), ReadText("struck", box(0, 50))])
    assert (found.lines, found.words_read, found.pages_exact) == (1, 1, 1)


def test_case_counts_unless_folded() -> None:
    truth, read = [TruthLine("TOTAL", box(0, 0))], [ReadText("Total", box(0, 0))]
    assert scored(truth, read).character_edits == 4
    assert scored(truth, read, fold_case=True).pages_exact == 1


@pytest.mark.parametrize(
    ("read", "exact", "missed", "spurious"),
    [
        (["first line", "second one"], 2, 0, 0),
        (["first line second", "one"], 2, 0, 0),
        (["42", "first line", "second one"], 2, 0, 1),
        (["first line", "17,365,280", "second one"], 2, 0, 1),
        (["first line"], 1, 1, 0),
        (["first lime", "second one"], 1, 0, 0),
        ([], 0, 2, 0),
    ],
)
def test_text_without_boxes_is_compared_as_one(
    read: list[str], exact: int, missed: int, spurious: int
) -> None:
    truth = [TruthLine("first line"), TruthLine("second one")]
    found = scored(truth, [ReadText(text) for text in read])
    assert (found.lines_exact, found.missed, found.spurious) == (exact, missed, spurious)


def test_neighbours_whose_boxes_overlap_stay_apart() -> None:
    truth = [box(0, top, height=34) for top in (0, 24, 48)]
    read = [box(2, top + 5, height=20) for top in (0, 24, 48)]
    assert sorted((g.truth, g.read) for g in match_lines(truth, read)) == [
        ((0,), (0,)), ((1,), (1,)), ((2,), (2,)),
    ]  # fmt: skip


@given(
    st.lists(st.lists(st.text("abc", min_size=1, max_size=4), min_size=1, max_size=5), max_size=5),
    st.data(),
)
def test_a_perfect_reading_is_perfect_however_it_is_cut(
    rows: list[list[str]], data: st.DataObject
) -> None:
    truth, read = [], []
    for number, words in enumerate(rows):
        top = 30.0 * number
        truth.append(TruthLine(" ".join(words), box(0, top, 60.0 * len(words))))
        cut = data.draw(st.integers(0, len(words)))
        for start, end in ((0, cut), (cut, len(words))):
            if start < end:
                polygon = box(60.0 * start + 1, top, 60.0 * (end - start) - 2)
                read.append(ReadText(" ".join(words[start:end]), polygon))
    found = scored(truth, data.draw(st.permutations(read)))
    assert found.character_edits == found.word_edits == found.missed == found.spurious == 0
    assert found.lines_exact == len(rows)
    assert found.pages_exact == 1


def write(folder: Path, *rows: object) -> Path:
    (folder / "images").mkdir(exist_ok=True)
    Image.new("L", (40, 20), 255).save(folder / "images/a.png")
    text = "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows)
    (folder / "labels.jsonl").write_text(text)
    return folder


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ({"image": "images/a.png", "text": "one line"}, SetKind.LINES),
        ({"image": "images/a.png", "text": "two\nlines"}, SetKind.PAGE_TEXTS),
        (
            {"image": "images/a.png", "lines": [{"text": "x", "polygon": box(0, 0), "flag": "?"}]},
            SetKind.PAGES,
        ),
    ],
)
def test_what_a_folder_holds_is_told_by_its_rows(
    tmp_path: Path, row: dict[str, object], kind: SetKind
) -> None:
    found = read_set(write(tmp_path, row))
    assert found.kind is kind
    assert found.samples[0].lines[0].scored is (kind is not SetKind.PAGES)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("{", "no JSON"),
        ({"text": "x"}, "image"),
        ({"image": "images/b.png", "text": "x"}, "not there"),
        ({"image": "../a.png", "text": "x"}, "outside"),
        ({"image": "images/a.png"}, '"lines" or "text"'),
        ({"image": "images/a.png", "lines": [{"text": "x", "polygon": [[0, 0]]}]}, "four"),
        ("", "no rows"),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, row: object, said: str) -> None:
    with pytest.raises(TruthInvalid, match=said):
        read_set(write(tmp_path, row))


def test_a_folder_without_labels_is_no_set(tmp_path: Path) -> None:
    with pytest.raises(TruthInvalid, match="cannot be read"):
        read_set(tmp_path)


def test_a_turned_tiff_is_read_upright(tmp_path: Path) -> None:
    stored = Image.new("L", (96, 64), 255)
    stored.paste(0, (0, 0, 24, 24))
    stored.save(tmp_path / "turned.tif", tiffinfo={274: 6})  # its first row is the right side
    pixels = read_image(tmp_path / "turned.tif")
    assert pixels.shape == (96, 64, 3)
    assert not pixels[:24, -24:].any()
    assert (pixels == 0).sum() == 24 * 24 * 3
