"""Whether a picture's container is all there, for kinds whose decoders do not say."""

import os
from pathlib import Path
from typing import BinaryIO

from recognition.ingest.sniff import MediaType

_BOX_HEAD_BYTES = 8
_MOST_BOXES = 1000  # of the outermost level; photos have under ten
_END_OF_CODESTREAM = b"\xff\xd9"
_CODESTREAM = b"\xff\x4f\xff\x51"
_TAIL_BYTES = 64  # some writers pad the end


def ends_early(source: Path, media_type: MediaType) -> bool:
    """Whether a file of a kind that states its own length is shorter than that."""
    with source.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        match media_type:
            case MediaType.WEBP:
                return int.from_bytes(file.read(8)[4:], "little") + 8 > size
            case MediaType.HEIC:
                return _last_box_end(file, size) > size
            case MediaType.JPEG2000:
                boxed = file.read(4) != _CODESTREAM
                if boxed and _last_box_end(file, size) != size:
                    return _last_box_end(file, size) > size
                file.seek(max(0, size - _TAIL_BYTES))
                return _END_OF_CODESTREAM not in file.read()
            case _:
                return False


def _last_box_end(file: BinaryIO, size: int) -> int:
    """Where the outermost boxes of an ISO container end, by what they say of themselves."""
    at = 0
    for _ in range(_MOST_BOXES):
        if at >= size:
            break
        file.seek(at)
        head = file.read(_BOX_HEAD_BYTES)
        if len(head) < _BOX_HEAD_BYTES:
            return size  # a few bytes after the last box harm nobody
        length = int.from_bytes(head[:4], "big")
        if length == 0:  # to the end of the file
            return size
        if length == 1:
            length = int.from_bytes(file.read(8), "big")
        if length < _BOX_HEAD_BYTES:
            return size  # rubbish, which the decoder tells of
        at += length
    return at
