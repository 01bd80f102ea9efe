"""What outlasts a power cut, and what killed processes leave; of paths alone, for every process."""

import os
import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any


def flush_file(file: IO[Any]) -> None:
    """Have what was written to an open file on the disk."""
    file.flush()
    os.fsync(file.fileno())


def flush_directory(directory: Path) -> None:
    """Have the names in a directory on the disk: what was made, renamed or removed there."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove_stale(paths: Iterable[Path], older_than_seconds: float) -> int:
    """Remove files and directories that nothing was written to for so long; returns how many."""
    limit = time.time() - older_than_seconds
    stale = [path for path in paths if _touched(path) < limit]
    for path in stale:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return len(stale)


def _touched(path: Path) -> float:
    """When a path, or anything in it, was last written to; now where it is gone or changes."""
    try:
        return max(each.lstat().st_mtime for each in (path, *path.rglob("*")))
    except OSError:
        return time.time()
