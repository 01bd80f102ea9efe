"""A PDF's own text: taken where it can be trusted, noticed and read over where it cannot."""

from pathlib import Path
from typing import Any

import pikepdf
import pytest

from recognition.intake import add_file, split_document
from recognition.models import ModelVersion, Page, Prediction
from recognition.reading import read_page, reread_page
from recognition.states import PageStatus
from review.exports import as_json
from review.models import ReviewTask
from review.route import route_page
from tests.doubles import always
from tests.factories import make_batch, make_model, make_type
from tests.recognition.engine_kit import shared_engine
from tests.recognition.ingest_files import decoded, written_pdf

COLUMNS = (
    "BT /F 12 Tf 20 170 Td (Dear Sir, I write) Tj 0 -14 Td (about the caf\xe9 at) Tj "
    "0 -14 Td (the old corner of) Tj 0 -14 Td (our market square) Tj ET "
    "BT /F 12 Tf 180 170 Td (where we have met) Tj 0 -14 Td (so often, and the) Tj "
    "0 -14 Td (waiter still asks) Tj 0 -14 Td (for you each time) Tj ET"
)
LINES = [
    *("Dear Sir, I write", "about the café at", "the old corner of", "our market square"),
    *("where we have met", "so often, and the", "waiter still asks", "for you each time"),
]
STAMP = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Stamp, Rect=[0, 0, 9, 9])


def test_lines_come_in_reading_order_in_the_pixels_of_the_stored_page(tmp_path: Path) -> None:
    box = pikepdf.Array([10, 100, 390, 190])
    for parts, dx, dy in (({}, 0, 0), ({"CropBox": box}, 10, 10)):
        (page,) = decoded(tmp_path, written_pdf(COLUMNS, **parts))
        assert [line.text for line in page.layer.lines] == LINES
        assert page.layer.fault is None
        assert page.layer.producer.startswith("PDFium ")
        scale = 300 / 72
        (left, top), _, (right, bottom), _ = page.layer.lines[0].polygon
        assert left == pytest.approx((20 - dx) * scale, abs=4)
        assert top < (200 - 170 - dy) * scale < bottom  # the baseline runs through it
        assert 70 * scale < right - left < 100 * scale


@pytest.mark.parametrize(
    ("rotate", "matrix"), [(90, "0 1 -1 0 150 20"), (180, "-1 0 0 -1 300 100")]
)
def test_text_that_a_turned_page_shows_level_is_taken(
    tmp_path: Path, rotate: int, matrix: str
) -> None:
    content = f"BT /F 12 Tf {matrix} Tm (it is level) Tj ET"
    (page,) = decoded(tmp_path, written_pdf(content, rotate=rotate))
    (line,) = page.layer.lines
    (left, top), _, (right, bottom), _ = line.polygon
    assert line.text == "it is level"
    assert right - left > 2 * (bottom - top) > 0


# A picture that fills the page; the text on it may be a stamp.
SCAN = "q 400 0 0 200 0 0 cm BI /W 1 /H 1 /CS /G /BPC 8 ID z EI Q "
SEEN = "BT /F 12 Tf 20 170 Td (a line of text) Tj ET "


@pytest.mark.parametrize(
    ("content", "parts", "fault"),
    [
        ("3 Tr " + COLUMNS, {}, "invisible"),
        ("1 g " + COLUMNS, {}, "invisible"),
        (SEEN + "BT /U 12 Tf 20 100 Td (unknown) Tj ET", {}, "unmapped"),
        ("BT /F 12 Tf 420 170 Td (far beyond the page) Tj ET", {}, "off_page"),
        (SEEN + "BT /F 12 Tf 0 1 -1 0 300 20 Tm (upwards) Tj ET", {}, "turned"),
        (SEEN, {"rotate": 90}, "turned"),
        (SCAN + SEEN, {}, "incomplete"),
        (SEEN + "0 0 350 100 re f", {}, "incomplete"),
        (SEEN, {"Annots": pikepdf.Array([STAMP])}, "incomplete"),
        ("0 0 350 100 re f", {}, None),
    ],
)
def test_a_layer_that_may_be_wrong_or_not_all_is_not_taken(
    tmp_path: Path, content: str, parts: dict[str, Any], fault: str | None
) -> None:
    (page,) = decoded(tmp_path, written_pdf(content, **parts))
    assert (page.layer.lines, page.layer.fault) == ((), fault)


def page_of(content: str, **policy: Any) -> Page:
    """The queued page of an uploaded PDF."""
    batch = make_batch(make_type(**policy))
    document = add_file(batch=batch, filename="a.pdf", chunks=[written_pdf(content)])
    assert split_document(document.pk) == "split"
    return document.pages.get()


@pytest.mark.django_db
def test_a_trusted_layer_is_the_pages_text_with_its_own_producer() -> None:
    version = make_model(active=True)
    page = page_of(COLUMNS)
    assert page.text_source == "text_layer"
    assert read_page(page.pk, always(shared_engine())) == "read"
    page.refresh_from_db()
    assert page.model_version is not None
    assert page.model_version.kind == ModelVersion.Kind.TEXT_LAYER
    assert page.model_version.name.startswith("PDFium ")
    assert page.lowest_confidence is None
    readings = Prediction.objects.filter(line__page=page).order_by("line__position")
    assert [reading.text for reading in readings] == LINES
    assert {(r.confidence, r.raw_score, r.model_version_id) for r in readings} == {
        (None, None, page.model_version_id)
    }
    assert route_page(page.pk, draw=lambda: 0.9) == "accept"
    assert page.decisions.get().rule == "text_layer"
    page.refresh_from_db()
    assert page.status == PageStatus.ACCEPTED
    assert reread_page(page.pk, always(shared_engine())) == "taken from its text layer"
    told = "".join(as_json.write(page.document.batch))
    assert page.model_version.sha256 in told
    assert version.sha256 not in told
    audited = page_of(COLUMNS, audit_rate=0.5)
    assert read_page(audited.pk, always(shared_engine())) == "read"
    assert route_page(audited.pk, draw=lambda: 0.1) == "audit"
    assert ReviewTask.objects.open().get(page=audited).model_version == page.model_version


@pytest.mark.django_db
def test_a_layer_that_names_the_wrong_characters_is_noticed_and_the_page_read() -> None:
    version = make_model(active=True)
    page = page_of(COLUMNS.replace("/F", "/S"))
    assert page.text_layer is not None
    assert page.text_layer["lines"][0][0] != LINES[0]
    assert read_page(page.pk, always(shared_engine())) == "read"
    page.refresh_from_db()
    assert (page.text_source, page.text_layer) == ("image", None)
    assert page.text_layer_fault == "disagrees"
    assert page.model_version == version
    assert "Dear Sir, I write" in Prediction.objects.filter(line__page=page).values_list(
        "text", flat=True
    )
