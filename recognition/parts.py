"""Taking a large file in parts: begun once, gone on with after any break, whole in the end.

The bytes lie in one file that only grows, so what a killed server or a broken network leaves is
what counts; the offset is that file's size and stands nowhere else. A part is written under a lock
on that file. After the protocol of tus.io, whose words these are: creation, offset, PATCH.
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import IO, Protocol
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, User
from django.db import transaction
from django.db.models import Sum
from django.http import UnreadablePostError
from django.utils import timezone

from recognition.disk import flush_file
from recognition.exceptions import (
    OffsetWrong,
    PartsBusy,
    PartsDamaged,
    PartsUnfinished,
    StorageFull,
    TooManyUploads,
)
from recognition.files import CHUNK_BYTES, HEAD_BYTES, StoredFile, disk_error, store_path, too_large
from recognition.intake import add_stored, shown_name
from recognition.models import Batch, Document, PartialUpload

BLOCK_BYTES = 8 * 2**20
"""A sender's part, and the unit of the hash that it proves the whole with."""

SPARE_BYTES = 512 * 2**20
"""Of the disk, that an upload may not count on: the database lives there too."""


class Body(Protocol):
    """What a request sends."""

    def read(self, size: int, /) -> bytes: ...


def begin_upload(
    *,
    batch: Batch,
    owner: AbstractBaseUser,
    filename: str,
    size_bytes: int,
    fingerprint: str,
    sha256: str = "",
) -> PartialUpload:
    """The open upload of this file by this person, begun or found again.

    Raises FileTooLarge, TooManyUploads, StorageFull.
    """
    if size_bytes > settings.UPLOAD_MAX_BYTES:
        raise too_large(settings.UPLOAD_MAX_BYTES)
    mine = PartialUpload.objects.filter(owner_id=owner.pk, status=PartialUpload.Status.OPEN)
    with transaction.atomic():
        # Two tabs that begin at once come one after the other.
        User.objects.select_for_update().get(pk=owner.pk)
        known = mine.filter(batch=batch, fingerprint=fingerprint, size_bytes=size_bytes).first()
        if known is not None:
            return known
        _check_room(mine.count(), mine.aggregate(all=Sum("size_bytes"))["all"] or 0, size_bytes)
        # The same name and time with another size: the file was changed, the old part is no use.
        for stale in mine.filter(batch=batch, fingerprint=fingerprint):
            drop_upload(stale)
        return PartialUpload.objects.create(
            batch=batch,
            owner_id=owner.pk,
            filename=shown_name(filename, ""),
            size_bytes=size_bytes,
            fingerprint=fingerprint,
            sha256=sha256.lower(),
        )


def offset_of(upload: PartialUpload) -> int:
    """How many bytes of the file are here."""
    if upload.status == PartialUpload.Status.DONE:
        return upload.size_bytes
    try:
        return _path(upload.token).stat().st_size
    except FileNotFoundError:
        return 0


def take_part(upload: PartialUpload, *, offset: int, body: Body) -> int:
    """Append what the request sends, which has to begin at `offset`; returns the new offset.

    A request that breaks off leaves what had arrived. Raises OffsetWrong where `offset` is not
    where the file ends, PartsBusy, FileTooLarge, StorageFull.
    """
    with _locked(upload) as file:
        end = file.seek(0, os.SEEK_END)
        upload.refresh_from_db()
        if upload.status != PartialUpload.Status.OPEN or offset != end:
            raise OffsetWrong(offset_of(upload))
        PartialUpload.objects.filter(pk=upload.pk).update(touched_at=timezone.now())
        try:
            while chunk := _next(body):
                if end + len(chunk) > upload.size_bytes:
                    raise PartsDamaged(
                        "More was sent than the file was said to have. Begin it again."
                    )
                file.write(chunk)
                end += len(chunk)
            flush_file(file)
        except OSError as error:
            raise disk_error(error) from error
    return end


def finish_upload(upload: PartialUpload, *, blocks: str = "") -> Document:
    """Make the whole file a document of its batch; done twice, it is the same document.

    `blocks` proves that what arrived is what was sent: the SHA-256 (hex) of the SHA-256s of the
    file's blocks of BLOCK_BYTES. Raises PartsUnfinished, PartsBusy, and PartsDamaged where a hash
    is another; then nothing is left and the file has to be sent again.
    """
    with _locked(upload) as file:
        upload.refresh_from_db()
        if upload.document is not None:
            return upload.document
        size = file.seek(0, os.SEEK_END)
        if size != upload.size_bytes:
            raise PartsUnfinished(f"{size:,} of {upload.size_bytes:,} bytes are here.")
        file.seek(0)
        stored, proof = _hashed(file, _path(upload.token))
        if (blocks and blocks.lower() != proof) or (
            upload.sha256 and upload.sha256 != stored.sha256
        ):
            drop_upload(upload)
            raise PartsDamaged(
                "What arrived is not what was sent, or the file was changed meanwhile. "
                "Send it again."
            )
        name = store_path(_path(upload.token), folder="documents", sha256=stored.sha256)
        kept = StoredFile(name, stored.sha256, stored.size, stored.head)
        with transaction.atomic():
            document = add_stored(batch=upload.batch, filename=upload.filename, stored=kept)
            upload.document, upload.status = document, PartialUpload.Status.DONE
            upload.save(update_fields=["document", "status"])
    _path(upload.token).unlink(missing_ok=True)  # where the storage copied, or had it already
    return document


def drop_upload(upload: PartialUpload) -> None:
    """Forget an upload that is not done, and its bytes."""
    PartialUpload.objects.filter(pk=upload.pk, status=PartialUpload.Status.OPEN).delete()
    _path(upload.token).unlink(missing_ok=True)


def sweep_partial_uploads() -> int:
    """Remove what nobody has gone on with for long, and bytes without a row; returns how many."""
    before = timezone.now() - timedelta(hours=settings.UPLOAD_KEEP_HOURS)
    old = PartialUpload.objects.filter(touched_at__lt=before)
    count = 0
    for upload in old.filter(status=PartialUpload.Status.OPEN):
        drop_upload(upload)
        count += 1
    old.filter(status=PartialUpload.Status.DONE).delete()  # the document stands by itself
    known = {str(token) for token in PartialUpload.objects.values_list("token", flat=True)}
    for path in _folder().glob("*"):
        if path.name not in known and path.stat().st_mtime < before.timestamp():
            path.unlink(missing_ok=True)
            count += 1
    return count


def _next(body: Body) -> bytes:
    """Some bytes of the request; none where it is over, or the sender is gone."""
    try:
        return body.read(CHUNK_BYTES)
    except UnreadablePostError:
        return b""


def _check_room(number: int, promised: int, size_bytes: int) -> None:
    most = settings.UPLOADS_OPEN_MAX
    if number >= most:
        raise TooManyUploads(
            f"{most} uploads of yours are unfinished already. Finish or drop some of them first."
        )
    if promised + size_bytes > settings.UPLOADS_OPEN_MAX_BYTES:
        raise TooManyUploads(
            f"Your unfinished uploads would exceed {settings.UPLOADS_OPEN_MAX_BYTES // 2**20} MB. "
            "Finish or drop some of them first."
        )
    if shutil.disk_usage(_folder()).free < size_bytes + SPARE_BYTES:
        raise StorageFull(
            "The server's disk has no room for this file. Ask an operator to free space, then "
            "send it again."
        )


def _hashed(file: IO[bytes], path: Path) -> tuple[StoredFile, str]:
    """The file with its hash, and the hash of its blocks' hashes."""
    whole, blocks, head, size = hashlib.sha256(), hashlib.sha256(), b"", 0
    while block := file.read(BLOCK_BYTES):
        head = head or block[:HEAD_BYTES]
        size += len(block)
        whole.update(block)
        blocks.update(hashlib.sha256(block).digest())
    return StoredFile(str(path), whole.hexdigest(), size, head), blocks.hexdigest()


@contextmanager
def _locked(upload: PartialUpload) -> Iterator[IO[bytes]]:
    """The upload's file, for one request at a time. Raises PartsBusy."""
    try:
        file = _path(upload.token).open("a+b")
    except OSError as error:
        raise disk_error(error) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PartsBusy("Another request is writing this file. Try again shortly.") from None
        yield file


def _folder() -> Path:
    folder = Path(settings.MEDIA_ROOT) / "partial"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _path(token: UUID) -> Path:
    return _folder() / str(token)
