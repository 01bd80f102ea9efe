"""Files put into a watched folder, by a scanner or a share, become documents by themselves.

`WATCH_DIR/<document type>/...` is looked through every few seconds. A file that has stopped growing
is added to the day's batch of its type and moved to `done/` in that folder, or to `failed/` with
the reason in a text beside it. It is moved last, so a kill at any moment loses nothing; a file that
was added and not moved is known by its hash, name and time, and not added twice.
"""

import hashlib
import logging
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone

from recognition.exceptions import FileRefused, StorageFull
from recognition.files import file_chunks
from recognition.intake import add_file, create_batch, shown_name
from recognition.models import Batch, Document, DocumentType
from recognition.querysets import admins
from recognition.states import DocumentStatus

logger = logging.getLogger(__name__)

FILES_AT_ONCE = 200
"""More wait for the next look, so that no look lasts long."""

DONE, FAILED = "done", "failed"
UNFINISHED = (".part", ".partial", ".tmp", ".crdownload", ".filepart")
JUNK = ("thumbs.db", "desktop.ini")
_LOCK = 0x0C7A12
"""Any number that nothing else in this database locks."""


def take_watched_files() -> dict[str, int]:
    """Add the files that lie ready; returns how many were added and how many refused.

    One look at a time, on all machines together; without WATCH_DIR there is nothing to do.
    """
    counts = {DONE: 0, FAILED: 0}
    if not settings.WATCH_DIR:
        return counts
    with _alone() as alone:
        if not alone:
            return counts
        types = {kind.name.casefold(): kind for kind in DocumentType.objects.all()}
        left = FILES_AT_ONCE
        for folder in _folders(Path(settings.WATCH_DIR)):
            kind = types.get(folder.name.casefold())
            if kind is None:
                logger.warning("There is no document type for the watched folder %s.", folder)
                continue
            for path in _ready(folder)[:left]:
                left -= 1
                try:
                    counts[_take(path, folder, kind)] += 1
                except StorageFull as error:
                    logger.error("%s stays where it is: %s", path, error)
                    return counts
                except OSError as error:  # another program has taken or locked it
                    logger.warning("%s stays where it is: %s", path, error)
    return counts


def _take(path: Path, folder: Path, kind: DocumentType) -> str:
    """Add one file and move it; returns the folder it went to."""
    inside = path.relative_to(folder)
    parents = "/".join(inside.parent.parts)
    if (problem := _known_problem(path, shown_name(path.name, parents), kind)) is None:
        try:
            document = add_file(
                batch=_batch(kind),
                filename=path.name,
                folder=parents,
                chunks=file_chunks(path),
            )
        except StorageFull:
            raise
        except FileRefused as error:
            problem = error.message
        else:
            problem = _problem_of(document)
    if not problem:
        _move(path, folder / DONE / inside)
        return DONE
    _move(path, folder / FAILED / inside, reason=problem)
    return FAILED


def _known_problem(path: Path, shown: str, kind: DocumentType) -> str | None:
    """What became of a file that was added and not moved; None for one not added yet."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    came = datetime.fromtimestamp(path.stat().st_ctime, UTC)
    document = Document.objects.filter(
        document_type=kind, sha256=sha256, filename=shown, created_at__gte=came
    ).first()
    return None if document is None else _problem_of(document)


def _problem_of(document: Document) -> str:
    failed = document.status == DocumentStatus.FAILED
    return document.failure_message if failed else ""


def _batch(kind: DocumentType) -> Batch:
    """The day's batch of a type; whoever is the first admin is named as its maker."""
    name = f"Watched folder, {timezone.localtime():%-d %B %Y}"
    batch = Batch.objects.filter(document_type=kind, name=name).first()
    if batch is not None:
        return batch
    admin = admins().order_by("pk").first()
    if admin is None:
        raise OSError("there is no admin yet to own the batch")
    return create_batch(name=name, document_type=kind, actor=admin)


def _folders(root: Path) -> list[Path]:
    try:
        return sorted(
            path
            for path in root.iterdir()
            if path.is_dir() and not path.is_symlink() and not path.name.startswith(".")
        )
    except OSError as error:
        logger.error("The watched folder cannot be looked through: %s", error)
        return []


def _ready(folder: Path) -> list[Path]:
    """Plain files that nobody has written to for a while, the oldest first."""
    now = time.time()
    found: list[tuple[float, Path]] = []
    for directory, names, files in os.walk(folder):
        here = Path(directory)
        aside = {DONE, FAILED} if here == folder else set()
        names[:] = [name for name in names if not name.startswith(".") and name not in aside]
        for name in files:
            if name.startswith(".") or name.lower().endswith((*UNFINISHED, *JUNK)):
                continue
            try:
                state = (here / name).lstat()
            except FileNotFoundError:
                continue
            # Each write sets the change time, whatever the writer makes the file say of itself.
            quiet = now - max(state.st_mtime, state.st_ctime) >= settings.WATCH_QUIET_SECONDS
            if stat.S_ISREG(state.st_mode) and quiet:
                found.append((state.st_ctime, here / name))
    return [path for _, path in sorted(found)]


def _move(path: Path, target: Path, reason: str = "") -> None:
    """Move a file out of the way, over no other; the reason is there before it comes."""
    target.parent.mkdir(parents=True, exist_ok=True)
    stem, suffix, number = target.stem, target.suffix, 1
    while target.exists():
        number += 1
        target = target.with_name(f"{stem} ({number}){suffix}")
    if reason:
        target.with_name(f"{target.name}.reason.txt").write_text(reason + "\n", encoding="utf-8")
    path.rename(target)


@contextmanager
def _alone() -> Iterator[bool]:
    """Whether no other look is under way; the database ends the lock with its connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        held = bool(cursor.fetchone()[0])
    try:
        yield held
    finally:
        if held:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
