"""Tell what a file is from its first bytes; names and declared types are never looked at."""

from enum import StrEnum

from recognition.ingest.base import ErrorCode, FileRefused

# How many bytes `sniff` wants to see. A PDF header may stand anywhere in the first 1024 bytes.
HEAD_BYTES = 1024


class MediaType(StrEnum):
    """The kinds of file that can be read."""

    PNG = "image/png"
    JPEG = "image/jpeg"
    TIFF = "image/tiff"
    BMP = "image/bmp"
    WEBP = "image/webp"
    HEIC = "image/heic"
    JPEG2000 = "image/jp2"
    PDF = "application/pdf"
    ZIP = "application/zip"


KINDS = "a PNG, JPEG, TIFF, BMP, WebP, HEIC, JPEG 2000 or PDF file, or a ZIP of these,"
"""For messages: all that can be read."""

_ACCEPTED: tuple[tuple[bytes, MediaType], ...] = (
    (b"\x89PNG\r\n\x1a\n", MediaType.PNG),
    (b"\xff\xd8\xff", MediaType.JPEG),
    (b"II*\x00", MediaType.TIFF),
    (b"MM\x00*", MediaType.TIFF),
    (b"II+\x00", MediaType.TIFF),  # BigTIFF
    (b"MM\x00+", MediaType.TIFF),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", MediaType.JPEG2000),
    (b"\xff\x4f\xff\x51", MediaType.JPEG2000),  # a bare codestream
)

# Brands of the ISO container that hold still pictures coded with HEVC, as phones write them.
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1"})

# Lengths of the second header of a BMP file: "BM" alone begins many a text.
_BMP_HEADERS = frozenset({12, 16, 40, 52, 56, 64, 108, 124})

# Archives whose first member says that they are documents of another kind.
_ZIP_IN_DISGUISE = (b"[Content_Types].xml", b"mimetype", b"META-INF/", b"_rels/", b"docProps/")

# Only what people do upload by mistake, in words they would use. Identification libraries know
# more kinds, but guess at text, and none of their answers could be shown as it is.
_NAMED: tuple[tuple[int, bytes, str], ...] = (
    (0, b"PK\x03\x04", "an Office document, an e-book or a program"),
    (0, b"PK\x05\x06", "an empty ZIP archive"),
    (0, b"Rar!\x1a\x07", "a RAR archive"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (257, b"ustar", "a tar archive"),
    (0, b"GIF8", "a GIF image"),
    (4, b"ftypavif", "an AVIF image"),
    (4, b"ftyp", "a video or audio file"),
    (0, b"8BPS", "a Photoshop document"),
    (0, b"AT&TFORM", "a DjVu document"),
    (0, b"%!PS", "a PostScript file"),
    (0, b"{\\rtf", "a Rich Text document"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an older Office document"),
    (0, b"\x7fELF", "a program"),
    (0, b"MZ", "a program"),
)

_MARKUP: tuple[tuple[bytes, str], ...] = (
    (b"<!doctype html", "a web page"),
    (b"<html", "a web page"),
    (b"<svg", "an SVG drawing"),
    (b"<?xml", "an XML file"),
)

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_TEXT_CONTROLS = frozenset(b"\t\n\r\f\x1b")


def sniff(head: bytes) -> MediaType:
    """Return the media type of a file that starts with `head` (at least `HEAD_BYTES`, or all).

    Raises `FileRefused`: `empty_file` for no bytes, `unknown_type` for any other kind of file,
    saying what it is where that can be told.
    """
    if not head:
        raise FileRefused(
            ErrorCode.EMPTY_FILE,
            "The file is empty. Check that it opens on your computer, then upload it again.",
        )
    for magic, media_type in _ACCEPTED:
        if head.startswith(magic):
            return media_type
    boxed = _boxed_type(head)
    if boxed is not None:
        return boxed
    if b"%PDF-" in head[:HEAD_BYTES]:
        return MediaType.PDF
    found = _name_of(head)
    said = f"This is {found}." if found else "The content is of no kind that can be read here."
    raise FileRefused(ErrorCode.UNKNOWN_TYPE, f"{said} Upload {KINDS} instead.")


def _boxed_type(head: bytes) -> MediaType | None:
    """The kinds that a prefix alone does not tell."""
    if head.startswith(b"RIFF") and head.startswith(b"WEBP", 8):
        return MediaType.WEBP
    if head.startswith(b"ftyp", 4) and head[8:12] in _HEIC_BRANDS:
        # "mif1" says no more than "a picture"; what codes it stands among the other brands.
        brands = head[16 : int.from_bytes(head[:4], "big")]
        return None if b"avif" in brands else MediaType.HEIC
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in _BMP_HEADERS:
        return MediaType.BMP
    if head.startswith(b"PK\x03\x04") and not head.startswith(_ZIP_IN_DISGUISE, 30):
        return MediaType.ZIP
    return None


def _name_of(head: bytes) -> str | None:
    if head.startswith(b"ftypmif1", 4) and b"avif" in head[16:64]:
        return "an AVIF image"
    for offset, magic, name in _NAMED:
        if head.startswith(magic, offset):
            return name
    start = head.removeprefix(_BYTE_ORDER_MARK).lstrip().lower()
    for magic, name in _MARKUP:
        if start.startswith(magic):
            return name
    return "a text file" if _is_text(head) else None


def _is_text(head: bytes) -> bool:
    if any(byte < 0x20 and byte not in _TEXT_CONTROLS for byte in head):
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        # The head may end in the middle of a character of up to 4 bytes.
        return error.start >= len(head) - 3
    return True
