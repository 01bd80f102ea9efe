"""Write a page image as it is kept: see docs/decisions/0003-stored-page-image.md."""

import errno
import hashlib
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from recognition.disk import flush_file
from recognition.ingest.base import ErrorCode, SplitFailed

JPEG_QUALITY = 90
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class StoredFile(NamedTuple):
    """A written page image: its extension (with the dot) and the SHA-256 of its bytes."""

    suffix: str
    sha256: str


def write_page(image: Image.Image, stem: Path) -> StoredFile:
    """Write a picture in mode "1", "L" or "RGB" beside `stem`, flushed to the disk.

    Raises `SplitFailed` with `disk_full` where the space runs out.
    """
    suffix = ".png" if image.mode == "1" else ".jpg"
    path = stem.with_suffix(suffix)
    # A fresh picture holds pixels alone: profile, EXIF and comments of the upload stay behind.
    image.info = {}
    try:
        with path.open("w+b") as file:
            if suffix == ".png":
                image.save(file, "PNG")
            else:
                image.save(file, "JPEG", quality=JPEG_QUALITY, subsampling="4:4:4")
            flush_file(file)
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256")
    except OSError as error:
        raise disk_error(error) from error
    return StoredFile(suffix, digest.hexdigest())


def disk_error(error: OSError) -> Exception:
    """Return `disk_full` for an error that says so, any other error unchanged."""
    if error.errno not in _FULL:
        return error
    return SplitFailed(
        ErrorCode.DISK_FULL,
        "The server has no space left for page images. The upload is kept: "
        "ask the operator to free space, then retry.",
        str(error),
    )
