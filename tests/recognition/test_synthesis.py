"""Rendered documents: the same every time, with truth that lies where the ink is."""

import io
import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageSequence

from recognition.synthesis import HEAVY, MODERATE, PRISTINE, Kind, Wear, render_document
from recognition.synthesis.__main__ import main
from recognition.synthesis.chronicle import SENTENCES, joints
from recognition.synthesis.demo import demo_documents
from recognition.synthesis.faces import Face, measure
from recognition.synthesis.output import Format, encode_document, save_document, write_set

ALL_KINDS = pytest.mark.parametrize("kind", list(Kind))


def cross(a, b, c):
    return (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0])


@ALL_KINDS
def test_the_same_seed_gives_the_same_page_and_another_seed_another(kind):
    first, again = (render_document(kind, 5, MODERATE) for _ in range(2))
    assert first.image.tobytes() == again.image.tobytes()
    assert first.lines == again.lines
    other = render_document(kind, 6, MODERATE)
    assert [line.text for line in other.lines] != [line.text for line in first.lines]


@ALL_KINDS
def test_wear_changes_the_pixels_and_never_the_text(kind):
    clean, worn = render_document(kind, 3, PRISTINE), render_document(kind, 3, HEAVY)
    assert [line.text for line in clean.lines] == [line.text for line in worn.lines]
    assert clean.image.tobytes() != worn.image.tobytes()


@ALL_KINDS
@pytest.mark.parametrize("wear", [PRISTINE, HEAVY], ids=["pristine", "heavy"])
def test_polygons_are_clockwise_from_the_top_left_and_inside_the_image(kind, wear):
    for seed in range(3):
        page = render_document(kind, seed, wear)
        width, height = page.image.size
        for line in page.lines:
            corners = line.polygon
            turns = [
                cross(corners[i], corners[(i + 1) % 4], corners[(i + 2) % 4]) for i in range(4)
            ]
            assert all(turn > 0 for turn in turns), line
            assert corners[0][0] < corners[1][0]
            assert corners[0][1] < corners[3][1]
            assert all(0 <= x < width and 0 <= y < height for x, y in corners), line
            assert line.text == line.text.strip() != ""


@ALL_KINDS
def test_polygons_follow_the_ink_through_rotation_and_perspective(kind):
    """Ink inside the polygons stays the same share of a page when it is turned."""
    turned = Wear(rotation_degrees=3, perspective=0.2)
    straight_page, turned_page = (render_document(kind, 4, wear) for wear in (PRISTINE, turned))
    for straight, askew in zip(straight_page.lines, turned_page.lines, strict=True):
        if len(straight.text) < 4:
            continue
        assert darkness(askew, turned_page) == pytest.approx(
            darkness(straight, straight_page), rel=0.12
        ), straight.text


def darkness(line, page):
    """How far the pixels inside a polygon lie, on average, from its commonest shade."""
    mask = Image.new("L", page.image.size, 0)
    ImageDraw.Draw(mask).polygon(line.polygon, fill=1)
    inside = np.asarray(page.image.convert("L"))[np.asarray(mask, dtype=bool)].astype(float)
    return np.abs(inside - np.median(inside)).mean()


@ALL_KINDS
def test_lines_do_not_lie_on_each_other(kind):
    for seed in range(4):
        boxes = [line.polygon for line in render_document(kind, seed, PRISTINE).lines]
        for index, (a, _, c, _) in enumerate(boxes):
            for p, _, r, _ in boxes[index + 1 :]:
                across = min(c[0], r[0]) - max(a[0], p[0])
                down = min(c[1], r[1]) - max(a[1], p[1])
                lower = min(c[1] - a[1], r[1] - p[1])
                assert across <= 0 or down < 0.35 * lower, (kind, seed, index)


def test_a_page_of_old_print_has_enough_lines_and_its_letters_are_those_of_the_time():
    page = render_document(Kind.OLD_PRINT, 2, MODERATE)
    assert 15 <= len(page.lines) <= 24
    text = " ".join(line.text for line in page.lines)
    assert "ſ" in text
    assert not any(0x1D400 <= ord(letter) <= 0x1D7FF for letter in text)
    assert all("s" not in word[:-1].rstrip(".,;-") for word in text.split() if len(word) < 4)


def test_lines_of_different_pages_of_old_print_differ():
    pages = [render_document(Kind.OLD_PRINT, seed, PRISTINE) for seed in range(12)]
    bodies = [{line.text for line in page.lines if len(line.text) > 32} for page in pages]
    shared = sum(len(a & b) for i, a in enumerate(bodies) for b in bodies[i + 1 :])
    assert shared <= 0.02 * sum(map(len, bodies))


def test_round_s_stands_only_at_the_end_of_words_in_the_chronicle():
    for sentence in SENTENCES:
        for word in sentence.replace("{", " ").replace("}", " ").split():
            assert not any(a == "s" and b in "aeioupt" for a, b in pairwise(word)) or word in (
                "season",
                "places",
            ), sentence


def test_words_are_broken_before_a_consonant_that_begins_a_syllable():
    assert [("Nachbaren"[:i], "Nachbaren"[i:]) for i in joints("Nachbaren")] == [
        ("Nachba", "ren"),
    ]
    assert joints("der") == []


def test_blackletter_has_every_letter_of_the_chronicle():
    missing = measure("\uffff", Face.SERIF, 40)
    for letter in sorted(set("".join(SENTENCES)) - set(" {}_")):
        extent = measure(letter, Face.BLACKLETTER, 40)
        assert extent.right - extent.left > 1, letter
        assert extent != missing, letter


@pytest.mark.parametrize("value", [-0.1, 1.5])
def test_wear_out_of_range_is_refused(value):
    with pytest.raises(ValueError, match="from 0 to 1"):
        Wear(fading=value)


def test_documents_of_several_pages_come_back_page_by_page(tmp_path: Path):
    pages = [render_document(Kind.LETTER, seed, PRISTINE) for seed in (1, 2)]
    save_document(pages, tmp_path / "letter.tiff")
    with Image.open(tmp_path / "letter.tiff") as stored:
        assert [frame.size for frame in ImageSequence.Iterator(stored)] == [(1240, 1754)] * 2
    pdf = encode_document(pages, Format.PDF)
    assert pdf.startswith(b"%PDF")
    assert pdf == encode_document(pages, Format.PDF)


def test_a_picture_cannot_hold_two_pages_and_endings_are_checked(tmp_path: Path):
    page = render_document(Kind.RECEIPT, 1, PRISTINE)
    with pytest.raises(ValueError, match="cannot hold 2 pages"):
        save_document([page, page], tmp_path / "two.png")
    with pytest.raises(ValueError, match="cannot hold 0 pages"):
        save_document([], tmp_path / "none.pdf")
    with pytest.raises(ValueError, match="should end in"):
        save_document([page], tmp_path / "page.bmp")


def test_a_set_is_written_with_its_truth_and_can_be_added_to(tmp_path: Path):
    pages = write_set(tmp_path, Kind.RECEIPT, 2, 7)
    assert main([str(tmp_path), "--kind", "old_print", "--count", "1", "--seed", "3"]) == 0
    rows = [json.loads(row) for row in (tmp_path / "labels.jsonl").read_text().splitlines()]
    assert len(rows) == 3
    assert [line["text"] for line in rows[0]["lines"]] == [line.text for line in pages[0].lines]
    for row in rows:
        with Image.open(tmp_path / row["image"]) as image:
            assert image.format == "JPEG"
        assert all(len(line["polygon"]) == 4 for line in row["lines"])


def test_the_command_refuses_a_count_of_nothing(tmp_path: Path):
    with pytest.raises(SystemExit):
        main([str(tmp_path), "--count", "0"])
    assert not list(tmp_path.iterdir())


def test_the_demo_has_four_batches_of_different_files():
    files = list(demo_documents(seed=1))
    counts = {batch: sum(file.batch == batch for file in files) for batch in
              dict.fromkeys(file.batch for file in files)}  # fmt: skip
    assert counts == {"Receipts": 6, "Letters": 4, "Forms": 3, "Old print": 12}
    assert len({file.content for file in files}) == len({file.name for file in files}) == 25
    with Image.open(io.BytesIO(files[7].content)) as tiff:
        assert (tiff.format, getattr(tiff, "n_frames", 1)) == ("TIFF", 2)
    assert sum(len(file.content) for file in files) < 20_000_000
