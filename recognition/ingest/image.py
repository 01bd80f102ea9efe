"""Decode files of one picture, and the part of it that TIFF shares."""

import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from PIL import Image, ImageFile

from recognition.ingest.base import ErrorCode, FileRefused, Limits, PageSource, TextLayer
from recognition.ingest.budget import PixelBudget, page_too_big
from recognition.ingest.containers import ends_early
from recognition.ingest.pixels import METADATA_ERRORS, dpi_of, normalise
from recognition.ingest.sniff import MediaType

_FORMATS = {
    MediaType.PNG: "PNG",
    MediaType.JPEG: "JPEG",
    MediaType.TIFF: "TIFF",
    MediaType.BMP: "BMP",
    MediaType.WEBP: "WEBP",
    MediaType.HEIC: "HEIF",
    MediaType.JPEG2000: "JPEG2000",
}
_NAMES = {MediaType.WEBP: "WebP", MediaType.HEIC: "HEIC", MediaType.JPEG2000: "JPEG 2000"}
_SIGNS_OF_TRUNCATION = ("truncated", "unexpected end", "not enough image data")


class DecodedPage(NamedTuple):
    """One page before it is stored: a picture in mode "1", "L" or "RGB", upright."""

    image: Image.Image
    source: PageSource
    dpi: int | None
    layer: TextLayer = TextLayer()


def guard_pillow(limits: Limits) -> None:
    """Make Pillow refuse pictures beyond the limits when it has read their header."""
    Image.MAX_IMAGE_PIXELS = limits.max_pixels_per_page
    warnings.simplefilter("ignore")
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    ImageFile.LOAD_TRUNCATED_IMAGES = False


@contextmanager
def decoder_errors(what: str, limits: Limits) -> Iterator[None]:
    """Turn what Pillow raises on bad files into `FileRefused`; `what` is "JPEG", "page 3" ...

    Out of memory is let through: it says nothing about the file.
    """
    try:
        yield
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise page_too_big("has far more pixels than a page needs", limits) from error
    except (*METADATA_ERRORS, zlib.error) as error:
        said = f"{type(error).__name__}: {error}"
        if isinstance(error, EOFError) or any(
            sign in said.lower() for sign in _SIGNS_OF_TRUNCATION
        ):
            raise truncated(what, said) from error
        raise corrupt(what, said) from error


def truncated(what: str, detail: str = "") -> FileRefused:
    """Build the error for a file whose end is missing."""
    return FileRefused(
        ErrorCode.TRUNCATED,
        f"The end of the {what} is missing. It was probably cut off while it was copied or "
        "scanned: copy it again from its source and upload that.",
        detail,
    )


def corrupt(what: str, detail: str = "") -> FileRefused:
    """Build the error for a file that no decoder can make sense of."""
    return FileRefused(
        ErrorCode.CORRUPT,
        f"The {what} is damaged or of a kind that cannot be read. If it opens on your computer, "
        "save it again as a plain PNG or PDF and upload that.",
        detail,
    )


def open_picture(file: BinaryIO, media_type: MediaType) -> ImageFile.ImageFile:
    """Read a picture's header with the one decoder its content calls for.

    `file` stays open as long as frames are read. It is no path, for a file that Pillow knows the
    path of it maps into memory, and an uncompressed TIFF that is to be turned then comes out
    sheared, without an error.
    """
    return Image.open(file, formats=(_FORMATS[media_type],))


def decode_frame(image: ImageFile.ImageFile, budget: PixelBudget) -> DecodedPage:
    """Decode the frame an open picture stands at."""
    budget.take(image.width, image.height)
    dpi = dpi_of(image)
    image.load()
    return DecodedPage(normalise(image), "image", dpi)


def split_image(
    source: Path, media_type: MediaType, limits: Limits, budget: PixelBudget
) -> Iterator[DecodedPage]:
    """Yield the one page of a picture (the first frame of an animated one, a photo's main one)."""
    what = f"{_NAMES.get(media_type, _FORMATS[media_type])} file"
    if ends_early(source, media_type):
        # Decoders of these kinds show what there is and make up the rest.
        raise truncated(what, "shorter than its own structure says")
    if media_type is MediaType.HEIC:
        register_heic()
    with (
        source.open("rb") as file,
        decoder_errors(what, limits),
        open_picture(file, media_type) as image,
    ):
        page = decode_frame(image, budget)
    yield page


def register_heic() -> None:
    """Teach Pillow to read HEIC; libheif takes its time to load, so only where it is needed."""
    import pillow_heif

    # One thread each: threads take address space, and the site runs a decoder for each core.
    pillow_heif.register_heif_opener(
        thumbnails=False, depth_images=False, aux_images=False, decode_threads=1
    )
