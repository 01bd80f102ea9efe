"""Builders of good and bad files, and the short way to split them."""

import io
import struct
import warnings
import zlib
from pathlib import Path
from typing import Any

import pikepdf
from PIL import Image, ImageCms

from recognition.ingest import child
from recognition.ingest.base import IngestError, Limits, PageImage
from recognition.ingest.image import guard_pillow, register_heic
from recognition.ingest.runner import Decode, split_document
from recognition.ingest.sniff import MediaType

QUICK = Limits(max_seconds=60.0)

RED, GREEN, BLUE, WHITE, BLACK = (
    (255, 0, 0),
    (0, 255, 0),
    (0, 0, 255),
    (255, 255, 255),
    (0, 0, 0),
)


def split(
    tmp_path: Path, data: bytes, limits: Limits = QUICK, decode: Decode | None = None
) -> list[PageImage]:
    """Split `data` as an upload would be; the pages land in `tmp_path/pages`."""
    source = tmp_path / "upload"
    source.write_bytes(data)
    return split_document(source, tmp_path / "pages", limits, decode)


def decode_here(source: Path, work: Path, media_type: MediaType, limits: Limits) -> dict[str, Any]:
    """What the child does, in this process: tests of pixels need no process of their own."""
    before = Image.MAX_IMAGE_PIXELS
    with warnings.catch_warnings():
        guard_pillow(limits)
        try:
            return {"pages": child.split(source, work, media_type, limits)}
        finally:
            Image.MAX_IMAGE_PIXELS = before


def decoded(tmp_path: Path, data: bytes, limits: Limits = QUICK) -> list[PageImage]:
    """As `split`, without a child process."""
    return split(tmp_path, data, limits, decode_here)


def refusal(
    tmp_path: Path, data: bytes, limits: Limits = QUICK, decode: Decode | None = None
) -> IngestError:
    """Return the error that `data` ends with, having checked that nothing is left behind."""
    try:
        pages = split(tmp_path, data, limits, decode)
    except IngestError as error:
        assert left_in(tmp_path) == []
        return error
    raise AssertionError(f"accepted with {len(pages)} pages")


def refused(tmp_path: Path, data: bytes, limits: Limits = QUICK) -> IngestError:
    """As `refusal`, without a child process."""
    return refusal(tmp_path, data, limits, decode_here)


def left_in(tmp_path: Path) -> list[Path]:
    """List what lies in the pages' directory."""
    directory = tmp_path / "pages"
    return sorted(directory.iterdir()) if directory.exists() else []


def pixel(image: Image.Image, across: float, down: float) -> tuple[int, int, int]:
    """Return the colour at fractions 0..1 of a picture's width and height."""
    rgb = image.convert("RGB")
    at = (int(across * (rgb.width - 1)), int(down * (rgb.height - 1)))
    red, green, blue = rgb.getpixel(at)  # type: ignore[misc]
    return red, green, blue


def is_near(seen: tuple[int, int, int], wanted: tuple[int, int, int], by: int = 24) -> bool:
    """Whether two colours are alike, as far as JPEG lets them be."""
    return all(abs(a - b) <= by for a, b in zip(seen, wanted, strict=True))


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    """Return a picture as bytes of a file."""
    if kind == "HEIF":
        register_heic()
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def cornered(size: tuple[int, int] = (96, 64), corner: int = 24) -> Image.Image:
    """Return a white picture, red where its first row begins, green where that row ends."""
    image = Image.new("RGB", size, WHITE)
    image.paste(RED, (0, 0, corner, corner))
    image.paste(GREEN, (size[0] - corner, 0, size[0], corner))
    return image


def noise(size: tuple[int, int] = (400, 300)) -> Image.Image:
    """Return a grey picture that does not compress."""
    return Image.effect_noise(size, 80)


def png_header(width: int, height: int) -> bytes:
    """Return a small PNG file that claims any size."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + check

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + body + chunk(b"IEND", b"")


def raw_tiff(samples: list[int], width: int, photometric: int = 1, **tags: int) -> bytes:
    """Return an uncompressed TIFF of 16-bit grey samples; `t254=1` adds tag 254 with value 1."""
    data = struct.pack(f"<{len(samples)}H", *samples)
    entries = {
        256: width,
        257: len(samples) // width,
        258: 16,
        259: 1,
        262: photometric,
        273: 8,
        277: 1,
        278: len(samples) // width,
        279: len(data),
    } | {int(name[1:]): value for name, value in tags.items()}
    directory = b"".join(
        struct.pack("<HHII", tag, 4, 1, value) for tag, value in sorted(entries.items())
    )
    head = b"II*\x00" + struct.pack("<I", 8 + len(data)) + data
    return head + struct.pack("<H", len(entries)) + directory + struct.pack("<I", 0)


def swapped_profile() -> bytes:
    """Return an ICC profile in which red and blue have changed places."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, blue = profile.index(b"rXYZ"), profile.index(b"bXYZ")
    profile[red : red + 4], profile[blue : blue + 4] = b"bXYZ", b"rXYZ"
    return bytes(profile)


def pdf(
    pages: int = 1,
    size: tuple[float, float] = (200, 100),
    rotate: int = 0,
    content: bytes = b"0 0 40 40 re f",
    **save: Any,
) -> bytes:
    """Return a PDF; each page has a black square in its lower left corner, unturned."""
    with pikepdf.new() as document:
        for _ in range(pages):
            page = document.add_blank_page(page_size=size)
            page.obj.Contents = document.make_stream(content)
            if rotate:
                page.obj.Rotate = rotate
        out = io.BytesIO()
        document.save(out, **save)
    return out.getvalue()


_SCRAMBLE = (
    b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapType 2 def "
    b"1 begincodespacerange <00> <ff> endcodespacerange "
    b"1 beginbfrange <24> <f0> <0021> endbfrange endcmap end end"
)


def written_pdf(
    content: str, size: tuple[float, float] = (400, 200), rotate: int = 0, **page_parts: Any
) -> bytes:
    """Return a PDF whose page draws `content`; /F is Helvetica, /U a font without a mapping,
    /S one that draws the right glyphs and names the wrong characters.
    """
    with pikepdf.new() as document:
        page = document.add_blank_page(page_size=size)
        page.obj.Contents = document.make_stream(content.encode("cp1252"))
        page.obj.Rotate = rotate
        helvetica = pikepdf.Dictionary(
            Type=pikepdf.Name.Font,
            Subtype=pikepdf.Name.Type1,
            BaseFont=pikepdf.Name.Helvetica,
            Encoding=pikepdf.Name.WinAnsiEncoding,
        )
        scrambled = pikepdf.Dictionary(helvetica)
        scrambled.ToUnicode = document.make_stream(_SCRAMBLE)
        unmapped = pikepdf.Dictionary(
            Type=pikepdf.Name.Font,
            Subtype=pikepdf.Name.Type1,
            BaseFont=pikepdf.Name.Helvetica,
            Encoding=pikepdf.Dictionary(
                Type=pikepdf.Name.Encoding,
                Differences=pikepdf.Array([97, *[pikepdf.Name(f"/g{n}") for n in range(26)]]),
            ),
        )
        page.obj.Resources = pikepdf.Dictionary(
            Font=pikepdf.Dictionary(F=helvetica, U=unmapped, S=scrambled)
        )
        for name, part in page_parts.items():
            page.obj[f"/{name}"] = part
        out = io.BytesIO()
        document.save(out)
    return out.getvalue()


def slow_pdf() -> bytes:
    """Return a small PDF that takes far longer than a second to render."""
    curves = b"".join(
        f"{x % 500} {x % 700} m {x * 7 % 500} {x * 3 % 700} {x * 5 % 500} {x * 11 % 700} "
        f"{x * 13 % 500} {x * 17 % 700} c S\n".encode()
        for x in range(4000)
    )
    return pdf(pages=200, size=(595, 842), content=curves)


def scanned_pdf(image: Image.Image, size: tuple[float, float]) -> bytes:
    """Return a PDF with one page of `size` points that a grey picture fills."""
    with pikepdf.new() as document:
        page = document.add_blank_page(page_size=size)
        picture = document.make_stream(image.convert("L").tobytes())
        picture.Type, picture.Subtype = pikepdf.Name.XObject, pikepdf.Name.Image
        picture.Width, picture.Height = image.size
        picture.ColorSpace, picture.BitsPerComponent = pikepdf.Name.DeviceGray, 8
        page.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Scan=picture))
        drawing = f"{size[0]} 0 0 {size[1]} 0 0 cm /Scan Do".encode()
        page.obj.Contents = document.make_stream(drawing)
        out = io.BytesIO()
        document.save(out)
    return out.getvalue()
