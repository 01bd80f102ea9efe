"""What outlasts a power cut; of paths alone, for every process."""

import os
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
