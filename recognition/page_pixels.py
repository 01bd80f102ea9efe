"""A stored page image as pixels, and its lines cut out for people to look at."""

import io
from collections import OrderedDict
from threading import Lock

import cv2
import numpy as np
from PIL import Image

from recognition.crops import rectify
from recognition.files import local_copy
from recognition.models import Line, Page

Pixels = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]

CROP_QUALITY = 92
"""JPEG quality of a crop for the eye: no trace of blocks at a fifth of a PNG's size."""

THUMBNAIL_QUALITY = 70
"""JPEG quality of a small picture of a page: it is recognised, not read."""

KEPT_BYTES = 192 * 2**20
"""Of decoded pages in one process: some eight A4 pages at 200 dpi, or one very large page less."""


class DecodedPages:
    """The pages decoded last, by the hash of their bytes.

    A screen asks for all crops of a page at once: it is decoded for the first and kept for the
    others, which wait meanwhile. Pages larger than the whole store are never kept.
    """

    def __init__(self, kept_bytes: int = KEPT_BYTES) -> None:
        self._kept_bytes = kept_bytes
        self._pages: OrderedDict[str, Pixels] = OrderedDict()
        self._lock = Lock()

    def get(self, page: Page) -> Pixels:
        """The page's pixels; see `load_pixels`."""
        with self._lock:
            found = self._pages.get(page.sha256)
            if found is None:
                found = load_pixels(page)
                self._pages[page.sha256] = found
                while sum(pixels.nbytes for pixels in self._pages.values()) > self._kept_bytes:
                    self._pages.popitem(last=False)
            else:
                self._pages.move_to_end(page.sha256)
            return found


_decoded = DecodedPages()


def page_pixels(page: Page) -> Pixels:
    """The page's pixels, decoded once for all that a screen asks of it; see `load_pixels`."""
    return _decoded.get(page)


def load_pixels(page: Page) -> Pixels:
    """The stored image as uint8 [height, width, 3], RGB. Raises OSError where it is not there."""
    with local_copy(page.image) as path, Image.open(path) as image:
        pixels: Pixels = np.asarray(image.convert("RGB"))
        return pixels


def crop_jpeg(line: Line) -> bytes:
    """A line, straightened as the recogniser saw it, as JPEG. Raises OSError without its page."""
    return _jpeg(line, _crop(line))


def part_jpeg(line: Line, first: int, last: int) -> bytes:
    """The same of the columns from `first` to before `last` of the crop alone. Raises OSError."""
    crop = _crop(line)
    part = crop[:, first:last]
    return _jpeg(line, np.ascontiguousarray(part if part.size else crop))


def _crop(line: Line) -> Pixels:
    polygon = [(float(x), float(y)) for x, y in line.polygon]
    return rectify(page_pixels(line.page), polygon)


def _jpeg(line: Line, crop: Pixels) -> bytes:
    done, encoded = cv2.imencode(
        ".jpg", cv2.cvtColor(crop, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, CROP_QUALITY]
    )
    if not done:
        raise OSError(f"Line {line.pk} cannot be encoded.")
    return encoded.tobytes()


def thumbnail_jpeg(page: Page, longest: int) -> bytes:
    """The whole page, small, as JPEG: `longest` pixels on its longer side. Raises OSError."""
    with local_copy(page.image) as path, Image.open(path) as image:
        image.draft("RGB", (longest, longest))  # a JPEG is decoded at a fraction of its size
        small = image.convert("RGB")
        small.thumbnail((longest, longest), Image.Resampling.BOX, reducing_gap=2.0)
        buffer = io.BytesIO()
        small.save(buffer, "JPEG", quality=THUMBNAIL_QUALITY)
        return buffer.getvalue()
