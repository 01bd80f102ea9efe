"""The detector's labels: what is exported, in whose format, and what people corrected by week."""

import hashlib
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from recognition.models import DocumentType, Event, Line, Page
from review.leases import claim_task
from review.models import Label, ReviewTask
from review.reshaping import Change, change_lines
from review.services import LineEntry, reopen_page, submit_page
from tests.factories import (
    make_admin,
    make_document,
    make_model,
    make_page,
    make_type,
    submit_as_read,
)
from tests.factories import make_reviewer as reviewer
from tests.training.labelled import content_in, reviewed_page
from training.detection_export import Box, export_detection, label_line
from training.detector import box_weeks_of
from training.exceptions import NotExportable

SQUARE = ((10.0, 10.0), (200.0, 10.0), (200.0, 40.0), (10.0, 40.0))
Texts = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.lists(Texts, max_size=4))
def test_any_text_stays_one_line_with_one_tab_and_comes_back(texts):
    line = label_line(
        "images/a.png", [Box(SQUARE, text, "corrected") for text in texts], width=300, height=300
    )
    assert len(io.BytesIO(line.encode()).readlines()) == 1  # as PaddleOCR reads it
    assert len(io.StringIO(line, newline=None).readlines()) == 1  # as PaddleX does
    image, labels = line.split("\t")
    assert image == "images/a.png"
    assert [row["transcription"] for row in json.loads(labels)] == texts


@given(st.lists(st.tuples(st.floats(-50, 700), st.floats(-50, 700)), min_size=4, max_size=4))
def test_points_are_whole_pixels_of_the_page(corners):
    line = label_line("a", [Box(corners, "text", "confirmed")], width=640, height=480)
    ((row),) = json.loads(line.split("\t")[1])
    assert len(row["points"]) == 4
    for x, y in row["points"]:
        assert isinstance(x, int)
        assert isinstance(y, int)
        assert 0 <= x <= 640
        assert 0 <= y <= 480


def test_what_is_no_text_is_no_box_and_what_is_illegible_is_masked():
    boxes = [Box(SQUARE, "", "illegible"), Box(SQUARE, "", "not_text"), Box(SQUARE, "x", "x")]
    rows = json.loads(label_line("a", boxes, width=300, height=300).split("\t")[1])
    assert [row["transcription"] for row in rows] == ["###", "x"]


@pytest.fixture
def letters(db):
    make_model(active=True)
    return make_type("Letters")


def fixed(
    document_type: DocumentType,
    *changes: tuple[str, dict[str, Any]],
    verdicts: dict[int, str] | None = None,
    page: Page | None = None,
) -> Page:
    """A page of three lines whose boxes a person has changed, reviewed.

    In a change, `lines` are places among those that stand then; so are the keys of `verdicts`.
    """
    if page is None:
        lines = [("Total 12.50", 0.4), ("Thank you", 0.9), ("Bye", 0.9)]
        page = make_page(
            document=make_document(document_type, content=content_in("train")), lines=lines
        )
    user = reviewer()
    task = claim_task(ReviewTask.objects.open().get(page=page).pk, user)
    assert task is not None
    assert task.lease_token is not None
    for kind, fields in changes:
        standing = list(page.lines.current())
        chosen = tuple(standing[place].pk for place in fields.pop("lines", ()))
        change = Change(kind, lines=chosen, **fields)
        change_lines(task_id=task.pk, token=task.lease_token, user=user, change=change)
    entries = {
        line.pk: LineEntry(f"text {line.position}", (verdicts or {}).get(line.position, ""))
        for line in page.lines.current()
    }
    submit_page(task_id=task.pk, token=task.lease_token, user=user, entries=entries, seconds=3.0)
    page.refresh_from_db()
    return page


def labels_of(folder: Path, name: str) -> dict[str, list[dict[str, Any]]]:
    rows = (folder / name).read_text().splitlines()
    return {image: json.loads(labels) for image, labels in (row.split("\t") for row in rows)}


def test_every_line_that_stands_on_a_reviewed_page_is_a_box(letters, tmp_path):
    page = fixed(
        letters,
        ("add", {"polygon": SQUARE, "place": 3}),
        ("reshape", {"lines": (0,), "polygon": SQUARE}),
        ("delete", {"lines": (1,)}),
        verdicts={1: "illegible"},
    )
    waiting = make_page(letters)
    export_detection(document_type=letters, out=tmp_path / "out")
    ((image, boxes),) = labels_of(tmp_path / "out", "train.txt").items()
    assert [box["transcription"] for box in boxes] == ["text 0", "###", "text 2"]
    assert boxes[0]["points"] == [[10, 10], [200, 10], [200, 40], [10, 40]]
    content = (tmp_path / "out" / image).read_bytes()
    assert hashlib.sha256(content).hexdigest() == page.sha256
    assert waiting.sha256 not in image
    # What no longer stands is kept all the same.
    assert Line.objects.filter(page=page, retired_at__isnull=False).count() == 2


def test_splits_are_those_of_the_recogniser_and_a_picture_is_in_one_alone(letters, tmp_path):
    for split in ("train", "validation", "test"):
        reviewed_page(letters, split, f"a line of {split}")
    reviewed_page(letters, "train", "a line of test")  # drawn alike: the same picture
    fixed(letters, verdicts=dict.fromkeys(range(3), "not_text"))
    reviewed_page(make_type("Forms"), "train", "of another type")
    call_command("export_detection", "--type", "letters", "--out", str(tmp_path / "out"))
    for name, split in (("train", "train"), ("val", "validation"), ("test", "test")):
        (boxes,) = labels_of(tmp_path / "out", f"{name}.txt").values()
        assert [box["transcription"] for box in boxes] == [f"a line of {split}"]
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["boxes"] == {"train": 1, "validation": 1, "test": 1}
    assert sorted(manifest["pages_left_out"].values()) == [1, 1]
    text = (tmp_path / "out" / "train.txt").read_bytes()
    assert manifest["sha256"]["train.txt"] == hashlib.sha256(text).hexdigest()
    assert Event.objects.filter(verb="export", subject_id=str(letters.pk)).exists()


def test_a_picture_stays_in_the_split_of_the_document_that_was_labelled_first(letters, tmp_path):
    later = make_page(
        document=make_document(letters, content=content_in("train")), lines=[("drawn alike", 0.3)]
    )
    reviewed_page(letters, "test", "drawn alike")
    export_detection(document_type=letters, out=tmp_path / "before")
    submit_as_read(later, reviewer())
    export_detection(document_type=letters, out=tmp_path / "after")
    for export in ("before", "after"):
        assert labels_of(tmp_path / export, "test.txt")
        assert not labels_of(tmp_path / export, "train.txt")


def test_paddlex_takes_what_is_exported_for_its_own(letters, tmp_path):
    from paddlex.modules.text_detection.dataset_checker.dataset_src.check_dataset import check

    for split in ("train", "validation"):
        reviewed_page(letters, split, f'a "line"\u2028 of\\t {split}')
    export_detection(document_type=letters, out=tmp_path / "out")
    found = check(str(tmp_path / "out"), str(tmp_path / "checked"))
    assert (found["train_samples"], found["val_samples"]) == (1, 1)


def test_the_command_says_what_it_wrote_and_fails_where_it_cannot(letters, tmp_path, capsys):
    out = tmp_path / "out"
    for arguments, why in (
        (["--type", "Nothing"], "There are: Letters"),
        (["--type", "Letters"], "nothing to export"),
    ):
        with pytest.raises(CommandError, match=why):
            call_command("export_detection", *arguments, "--out", str(tmp_path / "none"))
    page = reviewed_page(letters, "test", "held out")
    call_command("export_detection", "--type", "Letters", "--out", str(out))
    assert "test.txt: 1 pages, 1 boxes (test, never to be trained on)" in capsys.readouterr().out
    with pytest.raises(CommandError, match="not an empty folder"):
        call_command("export_detection", "--type", "Letters", "--out", str(out))
    default_storage.delete(page.image)
    with pytest.raises(NotExportable, match="not in the storage"):
        export_detection(document_type=letters, out=tmp_path / "again")
    assert not (tmp_path / "again" / "test.txt").exists()


def test_missed_spurious_and_reshaped_boxes_are_counted_by_week(letters):
    fixed(
        letters,
        ("add", {"polygon": SQUARE, "place": 0}),
        ("reshape", {"lines": (0,), "polygon": SQUARE}),
        ("reshape", {"lines": (1,), "polygon": SQUARE}),
        ("delete", {"lines": (2,)}),
        verdicts={2: "not_text"},
    )
    fixed(letters, ("merge", {"lines": (0, 1)}), ("split", {"lines": (1,), "share": 0.5}))
    fixed(letters)
    make_page(letters)
    (*_, before, now) = box_weeks_of(letters)
    assert (before.pages, before.found, before.wrong) == (0, 0, 0)
    assert (now.pages, now.found) == (3, 9)
    assert (now.missed, now.spurious, now.reshaped, now.recut) == (1, 2, 1, 3)


def test_a_page_opened_again_counts_once_and_in_its_first_week(letters):
    page = fixed(letters, ("delete", {"lines": (0,)}))
    ReviewTask.objects.filter(page=page).update(done_at=timezone.now() - timedelta(weeks=1))
    reopen_page(page=page, actor=make_admin(), reason="once more")
    assert sum(week.pages for week in box_weeks_of(letters)) == 0  # nobody stands behind it now
    fixed(letters, ("delete", {"lines": (0,)}), page=page)
    before, now = box_weeks_of(letters)[-2:]
    assert (before.pages, before.found, before.spurious) == (1, 3, 2)
    assert now.pages == 0
    assert Label.objects.current().filter(line__page=page, line__retired_at__isnull=True).count()
