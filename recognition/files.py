"""Files under names of their content, written once: first the whole file, then its name."""

import errno
import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage

from recognition.disk import flush_directory, flush_file, remove_stale
from recognition.exceptions import FileTooLarge, StorageFull

HEAD_BYTES = 4096
"""Enough of a file's beginning to tell its type."""

CHUNK_BYTES = 2**20

LEFT_BEHIND_SECONDS = 3600
"""Beyond the time that any work may take: what is older was left by a process that was killed."""

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""No space, no quota, or a limit on the size of files."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file in the storage: its name there, hash, size in bytes, and first bytes."""

    name: str
    sha256: str
    size: int
    head: bytes


class _Movable(File):  # type: ignore[type-arg]  # generic in the stubs alone
    """A file that the storage may move into place instead of copying it."""

    def temporary_file_path(self) -> str:
        return str(self.name)


@contextmanager
def work_directory() -> Iterator[Path]:
    """A directory on the storage's disk, so that a finished file is moved and not copied."""
    root = _work_root()
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=root) as directory:
            yield Path(directory)
    except OSError as error:
        raise disk_error(error) from error


def sweep_work_directories() -> int:
    """Remove what killed processes left where they worked; returns how many.

    An archive may have unpacked to gigabytes there.
    """
    longest = max(settings.INGEST_MAX_SECONDS, settings.CELERY_TASK_TIME_LIMIT)
    return remove_stale(_work_root().glob("*"), longest + LEFT_BEHIND_SECONDS)


def _work_root() -> Path:
    return Path(settings.MEDIA_ROOT) / "work"


def store_chunks(chunks: Iterable[bytes], *, folder: str, max_bytes: int) -> StoredFile:
    """Write chunks to the storage as `folder/ab/abcd...`, named by their SHA-256.

    Raises FileTooLarge over `max_bytes`, StorageFull where the disk takes no more; either way
    nothing is left behind.
    """
    digest = hashlib.sha256()
    size = 0
    head = b""
    with work_directory() as directory:
        path = directory / "incoming"
        with path.open("wb") as out:
            for chunk in chunks:
                size += len(chunk)
                if size > max_bytes:
                    raise too_large(max_bytes)
                if len(head) < HEAD_BYTES:
                    head += chunk[: HEAD_BYTES - len(head)]
                digest.update(chunk)
                out.write(chunk)
            flush_file(out)
        name = store_path(path, folder=folder, sha256=digest.hexdigest())
    return StoredFile(name=name, sha256=digest.hexdigest(), size=size, head=head)


def file_chunks(path: Path) -> Iterator[bytes]:
    """The bytes of a file on this machine, a mebibyte at a time."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def store_path(path: Path, *, folder: str, sha256: str, suffix: str = "") -> str:
    """Move a finished file into the storage under its hash; return its name there.

    The file is on the disk already (`flush_file`), and its name is when this returns: the row that
    names it may be written. What bears the name but is another content, as a power cut leaves it,
    is replaced.
    """
    name = f"{folder}/{sha256[:2]}/{sha256}{suffix}"
    place = _on_this_machine(name)
    try:
        made = [at for at in place.parents if not at.exists()] if place else []
        if not (default_storage.exists(name) and _is_whole(name, path.stat().st_size, sha256)):
            with path.open("rb") as handle:
                # Over what is there, by the settings: one content, one name.
                name = default_storage.save(name, _Movable(handle, name=str(path)))
        for one in [place, *made] if place else []:
            flush_directory(one.parent)
    except OSError as error:
        raise disk_error(error) from error
    return name


def _is_whole(name: str, size: int, sha256: str) -> bool:
    if default_storage.size(name) != size:
        return False
    digest = hashlib.sha256()
    with default_storage.open(name) as stored:
        for chunk in stored.chunks(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest() == sha256


def _on_this_machine(name: str) -> Path | None:
    """Where a stored file is or will be; None where the storage is no local disk."""
    try:
        return Path(default_storage.path(name))
    except NotImplementedError:
        return None


@contextmanager
def local_copy(name: str) -> Iterator[Path]:
    """The stored file as a path on this machine: itself where the storage is a local disk."""
    if (place := _on_this_machine(name)) is not None:
        yield place
        return
    with work_directory() as directory, default_storage.open(name) as stored:
        path = directory / Path(name).name
        with path.open("wb") as out:
            for chunk in stored.chunks():
                out.write(chunk)
        yield path


def disk_error(error: OSError) -> Exception:
    """StorageFull for an error that says so, any other as it is."""
    if error.errno in _FULL:
        return StorageFull(
            "The server's disk is full, so this file was not kept. "
            "Ask an operator to free space, then upload it again."
        )
    return error


def too_large(max_bytes: int) -> FileTooLarge:
    """The error for a file of more than `max_bytes`."""
    return FileTooLarge(
        f"The file is larger than {max_bytes // 2**20} MB. "
        "Split it, or ask an operator to raise UPLOAD_MAX_MB."
    )
