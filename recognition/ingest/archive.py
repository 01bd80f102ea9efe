"""Unpack a ZIP archive into numbered files, within bounds.

Names of members are shown and never used: no member can name the place it is written to.
"""

import lzma
import zipfile
import zlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypedDict, cast

from recognition.ingest.base import MEBIBYTE, ErrorCode, FileRefused, Limits
from recognition.ingest.image import corrupt, truncated
from recognition.ingest.pixels import METADATA_ERRORS
from recognition.ingest.stored import disk_error

_CHUNK_BYTES = MEBIBYTE
_ENCRYPTED = 0x1
_NAME_IS_UTF8 = 0x800
_MOST_NAME_CHARACTERS = 255

# Pictures of white paper shrink a thousandfold, so a ratio alone accuses only large archives.
_RATIO_COUNTS_FROM_BYTES = 100 * MEBIBYTE

# What systems leave in folders; the same is left out of a folder that is uploaded.
_JUNK = frozenset({"thumbs.db", "desktop.ini", "__macosx"})

# What zipfile is known to raise on broken archives; it seeks where they tell it to.
_BROKEN = (*METADATA_ERRORS, zipfile.BadZipFile, zlib.error, lzma.LZMAError, NotImplementedError)


class MemberSaid(TypedDict):
    """One member: its name with folders, the file it is in, and why it is not where it is not."""

    index: int
    name: str
    code: str
    message: str


def unpack(source: Path, directory: Path, limits: Limits) -> list[MemberSaid]:
    """Write the files of an archive to `directory` as 0, 1, 2 ...; describe them in order.

    A member that is damaged or too large is described with its error and has no file. Raises
    `FileRefused` where the archive as a whole is encrypted, damaged, empty, or over a bound.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            members = [info for info in archive.infolist() if _is_wanted(info)]
            _check(members, source.stat().st_size, limits)
            left = limits.max_archive_bytes
            said: list[MemberSaid] = []
            for index, info in enumerate(members):
                code, message, left = _extract(archive, info, directory / str(index), left, limits)
                said.append({"index": index, "name": _name(info), "code": code, "message": message})
    except zipfile.BadZipFile as error:
        if "not a zip file" in str(error).lower():
            raise truncated("ZIP archive", str(error)) from error
        raise corrupt("ZIP archive", str(error)) from error
    except _BROKEN as error:
        if _is_of_the_disk(error):
            raise disk_error(cast("OSError", error)) from error
        raise corrupt("ZIP archive", f"{type(error).__name__}: {error}") from error
    return said


def _check(members: Sequence[zipfile.ZipInfo], size: int, limits: Limits) -> None:
    """Refuse an archive for what it says of itself, before anything is unpacked."""
    if not members:
        raise FileRefused(
            ErrorCode.EMPTY_FILE,
            "There are no files in the ZIP archive. Check that it opens on your computer.",
        )
    if len(members) > limits.max_members:
        raise FileRefused(
            ErrorCode.TOO_LARGE,
            f"The ZIP archive holds {len(members)} files; the most is {limits.max_members}. "
            "Split it into smaller archives.",
        )
    if any(info.flag_bits & _ENCRYPTED for info in members):
        raise FileRefused(
            ErrorCode.ENCRYPTED,
            "The ZIP archive is protected with a password. Pack it again without one.",
        )
    if any(len(_parts(info)) - 1 > limits.max_folders_deep for info in members):
        raise FileRefused(
            ErrorCode.CORRUPT,
            f"The ZIP archive has folders more than {limits.max_folders_deep} deep. "
            "Pack the files in fewer folders.",
        )
    total = sum(info.file_size for info in members)
    if total > limits.max_archive_bytes:
        raise _too_large(limits)
    if total > _RATIO_COUNTS_FROM_BYTES and total > limits.max_archive_ratio * size:
        raise FileRefused(
            ErrorCode.TOO_LARGE,
            f"The ZIP archive says that it unpacks to {total // MEBIBYTE} MiB, which no archive "
            "of scans does. Upload the files themselves.",
        )


def _too_large(limits: Limits) -> FileRefused:
    return FileRefused(
        ErrorCode.TOO_LARGE,
        f"The ZIP archive unpacks to more than {limits.max_archive_bytes // MEBIBYTE} MiB. "
        "Split it into smaller archives.",
    )


def _extract(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path, left: int, limits: Limits
) -> tuple[str, str, int]:
    """Write one member; returns code and message of what is wrong with it, and bytes left."""
    size = 0
    try:
        with archive.open(info) as member, path.open("wb") as out:
            while chunk := member.read(_CHUNK_BYTES):
                size += len(chunk)
                if size > left:
                    raise _too_large(limits)
                if size > limits.max_bytes:
                    break
                out.write(chunk)
    except _BROKEN as error:
        path.unlink(missing_ok=True)
        if _is_of_the_disk(error):
            raise
        told = corrupt("file inside the ZIP archive", str(error))
        return told.code, told.message, left - size
    if size > limits.max_bytes:
        path.unlink()
        most = f"The file has more than {limits.max_bytes // MEBIBYTE} MiB."
        return ErrorCode.TOO_LARGE, f"{most} Split it, or scan it more coarsely.", left - size
    return "", "", left - size


def _is_of_the_disk(error: BaseException) -> bool:
    """Whether the server's disk is to blame, and not the archive."""
    return isinstance(error, OSError) and disk_error(error) is not error


def _is_wanted(info: zipfile.ZipInfo) -> bool:
    """Files, but for folders' own entries and what systems leave behind."""
    parts = _parts(info)
    hidden = any(part.startswith(".") or part.lower() in _JUNK for part in parts)
    return bool(parts) and not info.is_dir() and not hidden


def _parts(info: zipfile.ZipInfo) -> list[str]:
    name = info.filename.replace("\\", "/")
    return [part for part in name.split("/") if part not in ("", ".", "..")]


def _name(info: zipfile.ZipInfo) -> str:
    """Folders and name; many programs write UTF-8 without the mark that says so."""
    name = "/".join(_parts(info))
    if not info.flag_bits & _NAME_IS_UTF8:
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return name[-_MOST_NAME_CHARACTERS:]
