import io
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from recognition.ingest.base import ErrorCode
from recognition.intake import ingest_limits
from tests.recognition.ingest_files import (
    BLACK,
    QUICK,
    WHITE,
    decoded,
    is_near,
    noise,
    pdf,
    pixel,
    refused,
    scanned_pdf,
)

# Where the square in the lower left corner ends when the page is turned clockwise.
CORNER_AFTER = {0: (0.02, 0.98), 90: (0.02, 0.02), 180: (0.98, 0.02), 270: (0.98, 0.98)}


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_pages_are_turned_as_the_file_asks(tmp_path: Path, rotate: int) -> None:
    (page,) = decoded(tmp_path, pdf(rotate=rotate), replace(QUICK, render_dpi=144))
    assert (page.width, page.height) == ((400, 200) if rotate in (0, 180) else (200, 400))
    image = Image.open(page.path)
    for turn, corner in CORNER_AFTER.items():
        assert is_near(pixel(image, *corner), BLACK if turn == rotate else WHITE)
    assert (page.source, page.dpi) == ("pdf", 144)


def test_every_page_is_rendered_in_order(tmp_path: Path) -> None:
    pages = decoded(tmp_path, pdf(pages=7))
    assert [page.number for page in pages] == [1, 2, 3, 4, 5, 6, 7]


def test_filled_in_form_fields_are_part_of_the_page(tmp_path: Path) -> None:
    with pikepdf.open(io.BytesIO(pdf(content=b""))) as document:
        page = document.pages[0]
        look = document.make_stream(b"0 0 100 50 re f")
        look.Type, look.Subtype = pikepdf.Name.XObject, pikepdf.Name.Form
        look.BBox = [0, 0, 100, 50]
        field = document.make_indirect(
            pikepdf.Dictionary(
                Type=pikepdf.Name.Annot,
                Subtype=pikepdf.Name.Widget,
                FT=pikepdf.Name.Tx,
                T=pikepdf.String("total"),
                Rect=[0, 0, 100, 50],
                F=4,
                AP=pikepdf.Dictionary(N=look),
            )
        )
        page.obj.Annots = pikepdf.Array([field])
        document.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([field]))
        out = io.BytesIO()
        document.save(out)
    (stored,) = decoded(tmp_path, out.getvalue())
    assert is_near(pixel(Image.open(stored.path), 0.2, 0.8), BLACK)


def test_a_scan_is_kept_at_its_own_resolution(tmp_path: Path) -> None:
    image = noise((400, 600))
    (page,) = decoded(tmp_path, scanned_pdf(image, (144, 216)))  # 200 dpi
    assert (page.width, page.height, page.dpi) == (400, 600, 200)
    (coarse,) = decoded(tmp_path, scanned_pdf(image, (400, 600)))  # 72 dpi
    assert coarse.dpi == 150
    (fine,) = decoded(tmp_path, scanned_pdf(image, (40, 60)))  # 720 dpi
    assert fine.dpi == 300
    usual = ingest_limits()  # a scan of 300 dpi is not blurred to what drawn pages are rendered at
    (scan,) = decoded(tmp_path, scanned_pdf(image, (96, 144)), usual)
    assert (scan.width, scan.height, scan.dpi) == (400, 600, 300)
    (drawn,) = decoded(tmp_path, pdf(), usual)
    assert drawn.dpi == usual.render_dpi == 200


def test_a_password_is_asked_to_be_taken_off(tmp_path: Path) -> None:
    for settings in ({"R": 3, "aes": False, "metadata": False}, {"R": 4}, {"R": 6}):
        lock = pikepdf.Encryption(owner="o", user="u", **settings)  # type: ignore[arg-type]
        locked = pdf(encryption=lock)
        error = refused(tmp_path, locked)
        assert error.code is ErrorCode.ENCRYPTED
        assert "without the password" in error.message


def test_a_file_only_protected_from_changes_is_read(tmp_path: Path) -> None:
    assert len(decoded(tmp_path, pdf(encryption=pikepdf.Encryption(owner="o", user="")))) == 1


def test_a_poster_is_rendered_as_finely_as_the_limit_allows(tmp_path: Path) -> None:
    limits = replace(QUICK, max_pixels_per_page=2_000_000)
    (page,) = decoded(tmp_path, pdf(size=(720, 720)), limits)
    assert page.dpi is not None
    assert 130 < page.dpi < 142
    assert page.width * page.height <= 2_000_000


def test_a_page_too_big_even_so_is_refused(tmp_path: Path) -> None:
    error = refused(tmp_path, pdf(size=(14400, 14400)))
    assert error.code is ErrorCode.TOO_MANY_PIXELS
    assert "20000 x 20000" in error.message


def test_pages_and_pixels_are_bounded(tmp_path: Path) -> None:
    data = pdf(pages=5)
    assert refused(tmp_path, data, replace(QUICK, max_pages=4)).code is ErrorCode.TOO_MANY_PAGES
    few = replace(QUICK, max_total_pixels=1_000_000, max_pixels_per_page=500_000)
    assert refused(tmp_path, data, few).code is ErrorCode.TOO_MANY_PIXELS


@pytest.mark.parametrize("linearize", [False, True])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_cut_off_pdf_is_refused_as_truncated(
    tmp_path: Path, share: float, linearize: bool
) -> None:
    data = pdf(pages=20, linearize=linearize)
    error = refused(tmp_path, data[: int(len(data) * share)])
    assert error.code is ErrorCode.TRUNCATED


def test_a_pdf_of_rubbish_is_corrupt(tmp_path: Path) -> None:
    error = refused(tmp_path, b"%PDF-1.7\n" + bytes(range(256)) * 40 + b"\n%%EOF\n")
    assert error.code is ErrorCode.CORRUPT


def test_a_pdf_without_pages_is_corrupt(tmp_path: Path) -> None:
    assert refused(tmp_path, pdf(pages=0)).code is ErrorCode.CORRUPT
