import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from recognition.ingest.base import ErrorCode, PageImage
from tests.recognition.ingest_files import (
    BLACK,
    BLUE,
    GREEN,
    QUICK,
    RED,
    WHITE,
    cornered,
    decoded,
    encoded,
    is_near,
    left_in,
    noise,
    pixel,
    raw_tiff,
    refused,
    swapped_profile,
)

Colour = tuple[int, int, int]

TOP_LEFT, TOP_RIGHT, BOTTOM_LEFT, BOTTOM_RIGHT = (
    (0.02, 0.02),
    (0.98, 0.02),
    (0.02, 0.98),
    (0.98, 0.98),
)

# Where, by the EXIF standard, the stored picture's first row begins and ends when shown.
ROW_BEGINS_AND_ENDS = {
    1: (TOP_LEFT, TOP_RIGHT),
    2: (TOP_RIGHT, TOP_LEFT),
    3: (BOTTOM_RIGHT, BOTTOM_LEFT),
    4: (BOTTOM_LEFT, BOTTOM_RIGHT),
    5: (TOP_LEFT, BOTTOM_LEFT),
    6: (TOP_RIGHT, BOTTOM_RIGHT),
    7: (BOTTOM_RIGHT, TOP_RIGHT),
    8: (BOTTOM_LEFT, TOP_LEFT),
}


def only(pages: list[PageImage]) -> Image.Image:
    assert len(pages) == 1
    image = Image.open(pages[0].path)
    image.load()
    assert (pages[0].width, pages[0].height) == image.size
    return image


def oriented(kind: str, orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    if kind == "TIFF":
        return encoded(cornered(), kind, tiffinfo={274: orientation})
    if kind == "HEIF":  # turned by the container; what EXIF says of it counts for nothing there
        image = cornered()
        image.info["exif"] = exif.tobytes()
        return encoded(image, kind)
    return encoded(cornered(), kind, exif=exif)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "HEIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_stored_upright(tmp_path: Path, kind: str, orientation: int) -> None:
    image = only(decoded(tmp_path, oriented(kind, orientation)))
    begins, ends = ROW_BEGINS_AND_ENDS[orientation]
    assert image.size == ((64, 96) if orientation >= 5 else (96, 64))
    assert is_near(pixel(image, *begins), RED)
    assert is_near(pixel(image, *ends), GREEN)


def in_mode(image: Image.Image, mode: str) -> Image.Image:
    """Return a colour picture in another of Pillow's modes."""
    if mode != "I;16":
        return image.convert(mode)
    grey = image.convert("L").tobytes()
    return Image.frombytes(mode, image.size, bytes(half for value in grey for half in [value] * 2))


@pytest.mark.parametrize("mode", ["L", "P", "I;16", "CMYK", "RGBA"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_tiff_of_any_mode_is_stored_upright(tmp_path: Path, mode: str, orientation: int) -> None:
    """What is not compressed Pillow would map into memory, and turn wrongly."""
    image = in_mode(cornered(), mode)
    stored = only(decoded(tmp_path, encoded(image, "TIFF", tiffinfo={274: orientation})))
    begins, ends = ROW_BEGINS_AND_ENDS[orientation]
    red, green = ((76,) * 3, (150,) * 3) if mode in ("L", "I;16") else (RED, GREEN)
    assert stored.size == ((64, 96) if orientation >= 5 else (96, 64))
    for corner in (TOP_LEFT, TOP_RIGHT, BOTTOM_LEFT, BOTTOM_RIGHT):
        wanted = {begins: red, ends: green}.get(corner, WHITE)
        assert is_near(pixel(stored, *corner), wanted)


def test_an_orientation_that_does_not_exist_changes_nothing(tmp_path: Path) -> None:
    assert is_near(pixel(only(decoded(tmp_path, oriented("JPEG", 77))), *TOP_LEFT), RED)


def test_nothing_but_pixels_is_kept_of_an_upload(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "a secret description"
    data = encoded(cornered(), "JPEG", exif=exif, comment=b"a secret comment", dpi=(300, 300))
    (page,) = decoded(tmp_path, data)
    assert b"secret" not in page.path.read_bytes()
    assert page.dpi == 300
    assert page.source == "image"
    assert page.sha256 == hashlib.sha256(page.path.read_bytes()).hexdigest()


def test_black_and_white_is_kept_exactly(tmp_path: Path) -> None:
    bilevel = noise().convert("1")
    for data in (
        encoded(bilevel, "PNG"),
        encoded(bilevel, "TIFF", compression="group4"),
        encoded(bilevel.convert("L"), "PNG"),
        encoded(bilevel.convert("RGB"), "PNG"),
        encoded(bilevel.convert("P"), "PNG"),
    ):
        (page,) = decoded(tmp_path, data)
        image = only([page])
        assert page.path.suffix == ".png"
        assert image.mode == "1"
        assert image.tobytes() == bilevel.tobytes()


def test_grey_in_colour_is_stored_as_grey(tmp_path: Path) -> None:
    assert only(decoded(tmp_path, encoded(noise().convert("RGB"), "PNG"))).mode == "L"


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_transparency_is_laid_on_white(tmp_path: Path, mode: str) -> None:
    image = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    image.paste((90, 90, 90, 255), (0, 0, 32, 64))
    kind = "TIFF" if mode == "PA" else "PNG"
    layered = image.convert("LA") if mode != "RGBA" else image
    stored = only(decoded(tmp_path, encoded(layered, kind)))
    assert is_near(pixel(stored, 0.1, 0.5), (90, 90, 90))
    assert is_near(pixel(stored, 0.9, 0.5), WHITE)


def test_a_transparent_palette_colour_is_white(tmp_path: Path) -> None:
    image = Image.new("P", (64, 64), 0)
    image.putpalette([*RED, *BLUE])
    image.paste(1, (0, 0, 32, 64))
    stored = only(decoded(tmp_path, encoded(image, "PNG", transparency=0)))
    assert is_near(pixel(stored, 0.1, 0.5), BLUE)
    assert is_near(pixel(stored, 0.9, 0.5), WHITE)


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_printing_colours_become_screen_colours(tmp_path: Path, kind: str) -> None:
    cyan = Image.new("CMYK", (64, 64), (255, 0, 0, 0))
    assert is_near(pixel(only(decoded(tmp_path, encoded(cyan, kind))), 0.5, 0.5), (0, 255, 255))


def test_a_colour_profile_is_applied(tmp_path: Path) -> None:
    red = Image.new("RGB", (64, 64), RED)
    stored = only(decoded(tmp_path, encoded(red, "PNG", icc_profile=swapped_profile())))
    assert is_near(pixel(stored, 0.5, 0.5), BLUE)


def test_a_broken_colour_profile_is_passed_over(tmp_path: Path) -> None:
    red = Image.new("RGB", (64, 64), RED)
    stored = only(decoded(tmp_path, encoded(red, "PNG", icc_profile=b"not a profile" * 20)))
    assert is_near(pixel(stored, 0.5, 0.5), RED)


def test_sixteen_bits_become_eight_without_clipping(tmp_path: Path) -> None:
    steps = [0, 16384, 32768, 65535]
    image = Image.frombytes(
        "I;16", (64, 16), b"".join(s.to_bytes(2, "little") * 16 for s in steps) * 16
    )
    for kind in ("PNG", "TIFF"):
        stored = only(decoded(tmp_path, encoded(image, kind)))
        for index, step in enumerate(steps):
            grey = round(step / 257)
            assert is_near(pixel(stored, (index + 0.5) / 4, 0.5), (grey, grey, grey), by=4)


def test_twelve_bits_in_sixteen_use_the_whole_range(tmp_path: Path) -> None:
    stored = only(decoded(tmp_path, raw_tiff(([0] * 16 + [2048] * 16 + [4095] * 16) * 16, 48)))
    assert is_near(pixel(stored, 0.1, 0.5), BLACK, by=4)
    assert is_near(pixel(stored, 0.5, 0.5), (127, 127, 127), by=4)
    assert is_near(pixel(stored, 0.9, 0.5), WHITE, by=4)


def test_a_negative_of_sixteen_bits_is_shown_as_a_positive(tmp_path: Path) -> None:
    stored = only(decoded(tmp_path, raw_tiff(([0] * 16 + [65535] * 16) * 16, 32, photometric=0)))
    assert is_near(pixel(stored, 0.1, 0.5), WHITE, by=4)
    assert is_near(pixel(stored, 0.9, 0.5), BLACK, by=4)


def test_each_frame_of_a_tiff_is_a_page_in_order(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (40 + 8 * n, 40), c) for n, c in enumerate((RED, GREEN, BLUE))]
    for options in ({}, {"big_tiff": True}, {"compression": "tiff_lzw"}):
        data = encoded(frames[0], "TIFF", save_all=True, append_images=frames[1:], **options)
        pages = decoded(tmp_path, data)
        assert [(page.number, page.width) for page in pages] == [(1, 40), (2, 48), (3, 56)]
        for page, colour in zip(pages, (RED, GREEN, BLUE), strict=True):
            assert is_near(pixel(Image.open(page.path), 0.5, 0.5), colour)


def test_a_thumbnail_in_a_tiff_is_no_page(tmp_path: Path) -> None:
    assert refused(tmp_path, raw_tiff([1] * 64, 8, t254=1)).code is ErrorCode.CORRUPT
    assert len(decoded(tmp_path, raw_tiff([1] * 64, 8, t254=2))) == 1


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.99])
@pytest.mark.parametrize(
    "kind",
    [
        "JPEG",
        "progressive",
        "PNG",
        "TIFF",
        "lzw",
        "group4",
        "BMP",
        "WEBP",
        "HEIF",
        "JPEG2000",
        "j2k",
    ],
)
def test_a_cut_off_picture_is_refused_as_truncated(tmp_path: Path, kind: str, share: float) -> None:
    variants: dict[str, dict[str, Any]] = {
        "progressive": {"progressive": True},
        "lzw": {"compression": "tiff_lzw"},
        "group4": {"compression": "group4"},
        "j2k": {"no_jp2": True},
    }
    options = variants.get(kind, {})
    image = noise().convert("1") if kind == "group4" else noise()
    kind = {"progressive": "JPEG", "lzw": "TIFF", "group4": "TIFF", "j2k": "JPEG2000"}.get(
        kind, kind
    )
    if kind == "HEIF":
        image = image.convert("RGB")
    if kind == "TIFF":
        options.update(save_all=True, append_images=[image, image])
    data = encoded(image, kind, **options)
    error = refused(tmp_path, data[: int(len(data) * share)])
    assert error.code is ErrorCode.TRUNCATED
    assert "copy it again" in error.message


def test_a_picture_of_rubbish_after_its_header_is_corrupt(tmp_path: Path) -> None:
    data = bytearray(encoded(noise(), "PNG"))
    data[41:61] = b"\xff" * 20  # the pixels' compressed stream begins here
    error = refused(tmp_path, bytes(data))
    assert error.code is ErrorCode.CORRUPT
    assert not error.retry_may_help


def test_splitting_twice_ends_with_the_same_files(tmp_path: Path) -> None:
    data = encoded(noise(), "TIFF", save_all=True, append_images=[cornered()])
    first = decoded(tmp_path, data)
    assert decoded(tmp_path, data) == first
    assert left_in(tmp_path) == [page.path for page in first]
    assert [page.path.name[:5] for page in first] == ["0001-", "0002-"]


def test_a_frame_beyond_the_page_limit_refuses_the_file(tmp_path: Path) -> None:
    data = encoded(cornered(), "TIFF", save_all=True, append_images=[cornered()] * 4)
    assert len(decoded(tmp_path, data, replace(QUICK, max_pages=5))) == 5
    for path in left_in(tmp_path):
        path.unlink()
    error = refused(tmp_path, data, replace(QUICK, max_pages=4))
    assert error.code is ErrorCode.TOO_MANY_PAGES
    assert "Split it" in error.message


def halves(mode: str, left: Any, right: Any, palette: Sequence[int] = ()) -> Image.Image:
    """Return a picture of `mode` with one colour on the left and another on the right."""
    image = Image.new(mode, (96, 64), left)
    if palette:
        image.putpalette(list(palette))
    image.paste(right, (48, 0, 96, 64))
    return image


def deep(left: int, right: int) -> Image.Image:
    """Return a grey picture of 16 bits."""
    row = left.to_bytes(2, "little") * 48 + right.to_bytes(2, "little") * 48
    return Image.frombytes("I;16", (96, 64), row * 64)


INK, PAPER = (30, 60, 200), (240, 200, 40)
CLEAR = (*RED, 0)
SWAPPED = {"icc_profile": swapped_profile()}

# Kind, options, picture, and what stands on its left and right when it is stored.
PIXELS: list[tuple[str, dict[str, Any], Image.Image, Colour, Colour]] = [
    ("BMP", {}, halves("RGB", INK, PAPER), INK, PAPER),
    ("BMP", {}, halves("RGBA", (*INK, 255), (*PAPER, 255)), INK, PAPER),
    ("BMP", {}, halves("P", 0, 1, [*INK, *PAPER]), INK, PAPER),
    ("BMP", {}, halves("L", 90, 210), (90,) * 3, (210,) * 3),
    ("BMP", {}, halves("1", 0, 1), BLACK, WHITE),
    ("WEBP", {"lossless": True}, halves("RGB", INK, PAPER), INK, PAPER),
    ("WEBP", {"quality": 90}, halves("RGB", INK, PAPER), INK, PAPER),
    ("WEBP", {"lossless": True, "exact": True}, halves("RGBA", (*INK, 255), CLEAR), INK, WHITE),
    ("WEBP", {"lossless": True, **SWAPPED}, halves("RGB", RED, GREEN), BLUE, GREEN),
    ("HEIF", {"quality": 95}, halves("RGB", INK, PAPER), INK, PAPER),
    ("HEIF", {"quality": 95}, halves("RGBA", (*INK, 255), CLEAR), INK, WHITE),
    ("HEIF", {"quality": 95}, halves("L", 90, 210), (90,) * 3, (210,) * 3),
    ("HEIF", {"quality": 95, **SWAPPED}, halves("RGB", RED, GREEN), BLUE, GREEN),
    ("JPEG2000", {}, halves("RGB", INK, PAPER), INK, PAPER),
    ("JPEG2000", {"no_jp2": True}, halves("RGB", INK, PAPER), INK, PAPER),
    ("JPEG2000", {"irreversible": True}, halves("RGB", INK, PAPER), INK, PAPER),
    ("JPEG2000", {}, halves("RGBA", (*INK, 255), CLEAR), INK, WHITE),
    ("JPEG2000", {}, halves("LA", (90, 255), (90, 0)), (90,) * 3, WHITE),
    ("JPEG2000", {}, deep(0x4000, 0xFFFF), (64,) * 3, WHITE),
    ("PNG", {"transparency": 1}, halves("P", 0, 1, [*INK, *PAPER]), INK, WHITE),
    ("PNG", {"transparency": INK}, halves("RGB", PAPER, INK), PAPER, WHITE),
    ("PNG", {}, deep(0x4000, 0xFFFF), (64,) * 3, WHITE),
    ("PNG", {}, halves("I;16", 0, 0xFFFF), BLACK, WHITE),
    ("TIFF", {}, halves("CMYK", (0, 255, 255, 0), (0, 0, 0, 255)), RED, BLACK),
    ("TIFF", {}, halves("LAB", (255, 128, 128), (0, 128, 128)), WHITE, BLACK),
    ("TIFF", {}, halves("F", 0.25, 1.0), (64,) * 3, WHITE),
    ("TIFF", {"compression": "jpeg"}, halves("YCbCr", (76, 85, 255), (255, 128, 128)), RED, WHITE),
    ("JPEG", {"quality": 95}, halves("CMYK", (0, 255, 255, 0), (0, 0, 0, 255)), RED, BLACK),
    ("JPEG", {"quality": 95, **SWAPPED}, halves("RGB", RED, GREEN), BLUE, GREEN),
]


@pytest.mark.parametrize(("kind", "options", "image", "left", "right"), PIXELS)
def test_every_way_of_writing_colours_ends_as_the_right_pixels(
    tmp_path: Path,
    kind: str,
    options: dict[str, Any],
    image: Image.Image,
    left: Colour,
    right: Colour,
) -> None:
    stored = only(decoded(tmp_path, encoded(image, kind, **options)))
    assert stored.size == (96, 64)
    assert is_near(pixel(stored, 0.2, 0.5), left, by=10)
    assert is_near(pixel(stored, 0.8, 0.5), right, by=10)
