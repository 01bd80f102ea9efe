import pytest

from recognition.ingest.base import ErrorCode, FileRefused, Limits
from recognition.ingest.sniff import HEAD_BYTES, MediaType, sniff


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (b"\x89PNG\r\n\x1a\n....", MediaType.PNG),
        (b"\xff\xd8\xff\xe0....", MediaType.JPEG),
        (b"II*\x00....", MediaType.TIFF),
        (b"MM\x00*....", MediaType.TIFF),
        (b"II+\x00....", MediaType.TIFF),
        (b"MM\x00+....", MediaType.TIFF),
        (b"%PDF-1.7\n", MediaType.PDF),
        (b"\n" * 1000 + b"%PDF-1.4\n", MediaType.PDF),
        (b"BM" + bytes(12) + b"\x28\x00\x00\x00", MediaType.BMP),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", MediaType.WEBP),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", MediaType.HEIC),
        (b"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1heic", MediaType.HEIC),
        (b"\x00\x00\x00\x0cjP  \r\n\x87\n", MediaType.JPEG2000),
        (b"\xff\x4f\xff\x51", MediaType.JPEG2000),
        (b"PK\x03\x04" + bytes(26) + b"scans/1.png", MediaType.ZIP),
    ],
)
def test_the_type_is_told_by_content(head: bytes, media_type: MediaType) -> None:
    assert sniff(head) is media_type


@pytest.mark.parametrize(
    ("head", "named"),
    [
        (b"PK\x03\x04" + bytes(26) + b"[Content_Types].xml", "This is an Office document"),
        (b"PK\x05\x06" + bytes(18), "This is an empty ZIP archive."),
        (b"GIF89a", "This is a GIF image."),
        (b"BMW makes cars.", "This is a text file."),
        (b"\x00\x00\x00\x18ftypavif", "This is an AVIF image."),
        (b"\x00\x00\x00\x1cftypmif1\x00\x00\x00\x00mif1avif", "This is an AVIF image."),
        (b"\x00\x00\x00\x18ftypmp42", "This is a video or audio file."),
        (b"\n<!DOCTYPE html><html>", "This is a web page."),
        (b"\xef\xbb\xbf<?xml version='1.0'?>", "This is an XML file."),
        (b"Dear Sir or Madam,\r\n", "This is a text file."),
        ("Grüße".encode(), "This is a text file."),
        ("ü".encode() * 1000 + b"\xc3", "This is a text file."),
        (bytes(100), "of no kind that can be read here"),
        (b"\x80\x81\x82 Latin?", "of no kind that can be read here"),
        (b"\n" * HEAD_BYTES + b"%PDF-1.4", "This is a text file."),
    ],
)
def test_anything_else_is_refused_by_name(head: bytes, named: str) -> None:
    with pytest.raises(FileRefused) as caught:
        sniff(head)
    assert caught.value.code is ErrorCode.UNKNOWN_TYPE
    assert named in caught.value.message
    assert "Upload a PNG, JPEG, TIFF, BMP, WebP, HEIC, JPEG 2000 or PDF" in caught.value.message


def test_no_bytes_are_an_empty_file() -> None:
    with pytest.raises(FileRefused) as caught:
        sniff(b"")
    assert caught.value.code is ErrorCode.EMPTY_FILE


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_pages": 0},
        {"max_bytes": -1},
        {"max_seconds": 0},
        {"max_memory_bytes": 1000},
        {"render_dpi": 7},
        {"scan_dpi": 7},
    ],
)
def test_limits_that_no_file_could_meet_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must be"):
        Limits(**wrong)
