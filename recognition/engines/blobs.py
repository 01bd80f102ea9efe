"""Files by content: hashing, durable writing, hard links and temporary directories of a store."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path

from recognition.disk import flush_directory, flush_file, remove_stale

# A version is written in well under a minute; what is older was left by a killed process.
_STALE_SECONDS = 24 * 3600


def canonical_json(value: object) -> bytes:
    """JSON with one spelling for one value, so that it can be hashed."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def sha256_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


_verified: dict[tuple[int, int, int, int], str] = {}


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        stat = os.fstat(file.fileno())
        key = (stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns)
        if key not in _verified:
            _verified[key] = hashlib.file_digest(file, "sha256").hexdigest()
    return _verified[key]


def is_intact(path: Path, sha256: str) -> bool:
    try:
        return file_sha256(path) == sha256
    except FileNotFoundError:
        return False


def put_blob(store: Path, content: bytes | Path) -> str:
    data = content.read_bytes() if isinstance(content, Path) else content
    sha256 = sha256_of(data)
    blob = store / "blobs" / sha256
    if not is_intact(blob, sha256):
        blob.parent.mkdir(parents=True, exist_ok=True)
        work = temporary_directory(store)
        write_file(work / "blob", data)
        (work / "blob").replace(blob)
        work.rmdir()
        flush_directory(blob.parent)
    return sha256


def temporary_directory(store: Path) -> Path:
    parent = store / "tmp"
    parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=parent))
    work.chmod(0o755)
    return work


def link(blob: Path, place: Path) -> None:
    try:
        os.link(blob, place)
    except OSError:  # a file system without hard links: correct still, only larger
        shutil.copyfile(blob, place)


def write_file(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        flush_file(file)
    path.chmod(0o444)


def children(directory: Path) -> list[Path]:
    return sorted(directory.iterdir()) if directory.is_dir() else []


def sweep_temporary(store: Path, older_than_seconds: float = _STALE_SECONDS) -> int:
    """Remove what killed writers left under tmp/; returns how many entries went."""
    return remove_stale(children(store / "tmp"), older_than_seconds)
