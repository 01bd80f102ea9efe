"""The boxes people stand behind, as labels for training a detector of PaddleOCR.

The format is that of PaddleOCR's text detection (`SimpleDataSet`, `DetLabelEncode`) and of
PaddleX's `TextDetDataset`: in `train.txt`, `val.txt` and `test.txt` one image a line, its path, a
tab, and a JSON list of {"transcription", "points"}, four points clockwise from the text's top left,
in pixels. "###" masks a box: there is writing, but nothing is learnt from it.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from recognition.events import record_event
from recognition.files import local_copy
from recognition.models import DocumentType, Page
from recognition.querysets import PageQuerySet
from recognition.states import PageStatus
from review.models import Label
from review.states import Verdict
from training.exceptions import NotExportable
from training.splits import split_of

FILES = {"train": "train.txt", "validation": "val.txt", "test": "test.txt"}
"""By split, as PaddleX names them."""
MASKED = "###"
PAGES_AT_ONCE = 200
"""Whose lines are in memory together."""


@dataclass(frozen=True, slots=True)
class Box:
    """One line that a person has judged: where it is, and what it says."""

    polygon: Sequence[Sequence[float]]
    text: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: pages and boxes by split, and pages left out by reason."""

    pages: dict[str, int]
    boxes: dict[str, int]
    masked: int
    left_out: dict[str, int]


def label_line(image: str, boxes: Iterable[Box], *, width: int, height: int) -> str:
    """One line of a label file, without its end. Pure.

    Points are whole pixels within the page. Boxes that are no text are no boxes; what is illegible
    is masked. JSON escapes what would break the line: tabs, line ends, quotation marks.
    """
    rows = [
        {
            "transcription": MASKED if box.verdict == Verdict.ILLEGIBLE else box.text,
            "points": [
                [min(max(round(x), 0), width), min(max(round(y), 0), height)]
                for x, y in box.polygon
            ],
        }
        for box in boxes
        if box.verdict != Verdict.NOT_TEXT
    ]
    return f"{image}\t{json.dumps(rows, ensure_ascii=False)}"


def pages_to_export(document_type: DocumentType) -> int:
    """How many pages an export would look at."""
    return _reviewed(document_type).count()


def export_detection(
    *,
    document_type: DocumentType,
    out: Path,
    on_page: Callable[[int], None] | None = None,
) -> Exported:
    """Write images and labels of a type's reviewed pages into the empty or new directory `out`.

    Whole documents are in one split, the same as for the recogniser. A picture that is there twice
    counts once, in the split of the document in which it was labelled first, so that it is in the
    same one of every export. The label files come last: where they are, the
    images are too. Raises NotExportable.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise NotExportable(f"{out} is not an empty folder. Name a new one.")
    lines: dict[str, list[str]] = {split: [] for split in FILES}
    pages: Counter[str] = Counter()
    boxes: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    masked, seen = 0, set[str]()
    images = out / "images"
    try:
        images.mkdir(parents=True, exist_ok=True)
        for done, (page, home, of_page) in enumerate(_pages(document_type), start=1):
            text = [box for box in of_page if box.verdict != Verdict.NOT_TEXT]
            if page.sha256 in seen:
                left_out["the same picture is in the set already"] += 1
            elif not text:  # PaddleOCR draws another page in the place of one without boxes
                left_out["no box is left on it"] += 1
            else:
                seen.add(page.sha256)
                split = split_of(home)
                name = _copy_image(page, images)
                lines[split].append(
                    label_line(f"images/{name}", text, width=page.width, height=page.height)
                )
                pages[split] += 1
                boxes[split] += len(text)
                masked += sum(box.verdict == Verdict.ILLEGIBLE for box in text)
            if on_page is not None:
                on_page(done)
        if not pages:
            raise NotExportable(
                f"No page of {document_type} has been reviewed yet, so there is nothing to export."
            )
        found = Exported(dict(pages), dict(boxes), masked, dict(left_out))
        _write(out, document_type, lines, found)
        record_event(verb="export", subject=document_type, format="detection labels")
    except OSError as error:
        raise NotExportable(f"{out} cannot be written: {error}.") from error
    return found


def _reviewed(document_type: DocumentType) -> PageQuerySet:
    return Page.objects.filter(
        document__document_type=document_type, status=PageStatus.REVIEWED
    ).order_by("pk")


def _pages(document_type: DocumentType) -> Iterator[tuple[Page, str, list[Box]]]:
    """Reviewed pages, the documents their pictures are at home in, their boxes in reading order.

    A bounded number is in memory.
    """
    keys = list(_reviewed(document_type).values_list("pk", flat=True))
    for start in range(0, len(keys), PAGES_AT_ONCE):
        some = list(
            Page.objects.filter(pk__in=keys[start : start + PAGES_AT_ONCE])
            .select_related("document")
            .order_by("pk")
        )
        boxes: dict[int, list[Box]] = defaultdict(list)
        labels = (
            Label.objects.current()
            .filter(line__page__in=[page.pk for page in some], line__retired_at__isnull=True)
            .order_by("line__page_id", "line__position")
        )
        for page_id, polygon, text, verdict in labels.values_list(
            "line__page_id", "line__polygon", "text", "verdict"
        ):
            boxes[page_id].append(Box(polygon, text, verdict))
        homes = _homes({page.sha256 for page in some})
        for page in some:
            yield page, homes.get(page.sha256, page.document.sha256), boxes[page.pk]


def _homes(pictures: Collection[str]) -> dict[str, str]:
    """SHA-256 of the document in which each picture was labelled first, as for the recogniser."""
    first = (
        Label.objects.filter(line__page__sha256__in=pictures)
        .order_by("line__page__sha256", "pk")
        .distinct("line__page__sha256")
    )
    return dict(first.values_list("line__page__sha256", "line__page__document__sha256"))


def _copy_image(page: Page, folder: Path) -> str:
    """The page's picture under its hash; it must still be the one that was reviewed."""
    name = f"{page.sha256}{Path(page.image).suffix}"
    try:
        with local_copy(page.image) as path:
            shutil.copyfile(path, folder / name)
    except FileNotFoundError as error:
        raise NotExportable(
            f"The image of {page} is not in the storage. Restore it from a backup."
        ) from error
    with (folder / name).open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != page.sha256:
            raise NotExportable(
                f"The image of {page} is not the one that was reviewed. Restore it from a backup."
            )
    return name


def _write(
    out: Path, document_type: DocumentType, lines: dict[str, list[str]], found: Exported
) -> None:
    contents = {
        FILES[split]: "".join(f"{line}\n" for line in rows) for split, rows in lines.items()
    }
    manifest = {
        "document_type": document_type.name,
        "pages": found.pages,
        "boxes": found.boxes,
        "masked": found.masked,
        "pages_left_out": found.left_out,
        "test": "test.txt is what a detector is measured on: train on it never, and choose no "
        "epoch by it.",
        "sha256": {
            name: hashlib.sha256(text.encode()).hexdigest() for name, text in contents.items()
        },
    }
    contents["manifest.json"] = json.dumps(manifest, ensure_ascii=False, indent=1) + "\n"
    for name, text in contents.items():
        with (out / name).open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
