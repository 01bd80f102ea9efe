"""Batches and files in: every uploaded file ends as pages, as a duplicate, or as a clear error."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePath
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.utils import timezone

from recognition.events import record_event
from recognition.exceptions import NothingKept, NotRetryable
from recognition.failures import SPLITTING, UNPACKING, failure_of
from recognition.files import (
    StoredFile,
    file_chunks,
    local_copy,
    store_chunks,
    store_path,
    work_directory,
)
from recognition.ingest.base import ErrorCode, IngestError, Limits, Member
from recognition.ingest.runner import split_document as split_file
from recognition.ingest.runner import unpack_archive
from recognition.ingest.sniff import MediaType, sniff
from recognition.models import Batch, Document, DocumentType, Page, new_token
from recognition.queue import PATIENCE, SWEEP_LIMIT, TRANSIENT, enqueue
from recognition.states import DOCUMENT_MOVES, DocumentStatus, move
from recognition.text_layers import as_fields

logger = logging.getLogger(__name__)

LEASE_SPARE_SECONDS = 90
"""The task's hard limit is 60 seconds over the decoder's: none splits what another splits."""

SPLIT_TASK = "recognition.tasks.split_document"
READ_TASK = "recognition.tasks.read_page"
LOST = "lost the lease"
MAX_ATTEMPTS = 3
"""A file that kills its worker so often is marked failed."""


@transaction.atomic
def create_batch(*, name: str, document_type: DocumentType, actor: AbstractBaseUser) -> Batch:
    """A new, empty batch; files are added one by one."""
    batch = Batch.objects.create(name=name, document_type=document_type, created_by_id=actor.pk)
    record_event(verb="create", subject=batch, actor=actor, document_type=document_type.name)
    return batch


@dataclass(frozen=True, slots=True)
class Origin:
    """The archive a file came in, and where in it; `error` says why its bytes are not there."""

    archive: Document
    position: int
    error: IngestError | None = None


def add_file(
    *,
    batch: Batch,
    filename: str,
    chunks: Iterable[bytes],
    folder: str = "",
    origin: Origin | None = None,
) -> Document:
    """Keep an uploaded file and queue it for splitting.

    `folder` is shown before the name. The document that comes back says what became of it: stored,
    a duplicate of an earlier one, or failed for a stated reason. Raises FileRefused only where
    nothing could be kept.
    """
    stored = store_chunks(chunks, folder="documents", max_bytes=settings.UPLOAD_MAX_BYTES)
    return add_stored(batch=batch, filename=filename, stored=stored, folder=folder, origin=origin)


def add_stored(
    *,
    batch: Batch,
    filename: str,
    stored: StoredFile,
    folder: str = "",
    origin: Origin | None = None,
) -> Document:
    """The same for a file whose bytes are in the storage already."""
    fields: dict[str, Any] = {
        "batch": batch,
        "document_type": batch.document_type,
        "filename": shown_name(filename, folder),
        "archive": origin and origin.archive,
        "archive_position": origin and origin.position,
        "sha256": stored.sha256,
        "size_bytes": stored.size,
        "file": stored.name,
    }
    try:
        media_type = _media_type(stored, origin)
    except IngestError as error:
        return Document.objects.create(
            **fields,
            status=DocumentStatus.FAILED,
            failure_code=error.code,
            failure_message=error.message[:500],
        )
    try:
        with transaction.atomic():
            document = Document.objects.create(**fields, media_type=media_type)
            enqueue(SPLIT_TASK, [document])
            return document
    except IntegrityError:
        first = _first_like(batch.document_type, stored.sha256)
        if first is None:  # it failed this very moment; this copy can be tried like that one
            return Document.objects.create(
                **fields,
                media_type=media_type,
                status=DocumentStatus.FAILED,
                failure_code="collided",
                failure_message="The same file failed while this one was uploaded. Retry.",
            )
        return Document.objects.create(
            **fields,
            media_type=media_type,
            status=DocumentStatus.DUPLICATE,
            duplicate_of=first,
        )


def split_document(document_id: int, token: UUID | None = None) -> str:
    """Make a stored document's pages and queue them for reading; returns the outcome's name.

    Idempotent: a document already split, or being split under another token, is left alone.
    Whatever goes wrong ends as a failed document with a reason; only a database that is away is
    raised, for the task to be tried again.
    """
    document, token = _claim(document_id, token or new_token())
    if document is None:
        return "not waiting"
    try:
        return _split(document, token)
    except TRANSIENT:
        raise
    except Exception as error:
        archive = document.media_type == MediaType.ZIP
        failure = failure_of(error, UNPACKING if archive else SPLITTING)
        if failure.unexpected:
            logger.exception("document %s", document_id)
        return _fail(document, token, failure.code, failure.message)


def retry_document(*, document: Document, actor: AbstractBaseUser | None) -> None:
    """Try a failed document again from its kept bytes. Raises NotRetryable, also NothingKept."""
    if document.archive_id is not None and document.size_bytes == 0:
        raise NothingKept("Nothing could be unpacked of this file. Upload it by itself.")
    if document.pages.exists():
        raise NotRetryable("This document has pages already; retry the pages.")
    fresh = {
        "failure_code": "",
        "failure_message": "",
        "attempts": 0,
        "queued_at": timezone.now(),
    }
    rows = Document.objects.filter(pk=document.pk, status=DocumentStatus.FAILED)
    try:
        with transaction.atomic():
            if not move(rows, DocumentStatus.STORED, DOCUMENT_MOVES, **fresh):
                raise NotRetryable("Only a failed document can be tried again.")
            record_event(verb="retry", subject=document, actor=actor)
            enqueue(SPLIT_TASK, [document])
    except IntegrityError:
        first = _first_like(document.document_type, document.sha256)
        if first is None:
            raise NotRetryable("The same file failed this very moment. Try again.") from None
        move(rows, DocumentStatus.DUPLICATE, DOCUMENT_MOVES, duplicate_of=first, **fresh)


def sweep_documents() -> int:
    """Queue again what lost its message or its worker; returns how many."""
    stuck = list(Document.objects.stuck(PATIENCE)[:SWEEP_LIMIT])
    Document.objects.filter(pk__in=[row.pk for row in stuck]).update(queued_at=timezone.now())
    enqueue(SPLIT_TASK, stuck)
    return len(stuck)


def ingest_limits() -> Limits:
    """The bounds on an uploaded file, from the settings."""
    return Limits(
        max_bytes=settings.UPLOAD_MAX_BYTES,
        max_pages=settings.UPLOAD_MAX_PAGES,
        max_pixels_per_page=settings.PAGE_MAX_PIXELS,
        max_seconds=settings.INGEST_MAX_SECONDS,
        max_memory_bytes=settings.INGEST_MAX_MEMORY_BYTES,
        render_dpi=settings.PDF_RENDER_DPI,
        scan_dpi=settings.PDF_SCAN_DPI,
        max_members=settings.ARCHIVE_MAX_FILES,
        max_archive_bytes=settings.ARCHIVE_MAX_BYTES,
    )


def _unpack(document: Document, token: UUID) -> str:
    """Make each file of an archive a document of the batch, once, however often this is begun."""
    done = set(document.members.values_list("archive_position", flat=True))
    with work_directory() as directory, local_copy(document.file) as source:
        for member in unpack_archive(source, directory, ingest_limits()):
            if member.position not in done:
                _add_member(document, member)
    ours = Document.objects.filter(pk=document.pk, lease_token=token)
    free = {"lease_until": None, "lease_token": None}
    return "unpacked" if move(ours, DocumentStatus.UNPACKED, DOCUMENT_MOVES, **free) else LOST


def _add_member(archive: Document, member: Member) -> None:
    folder, _, name = member.name.rpartition("/")
    add_file(
        batch=archive.batch,
        filename=name,
        folder=folder,
        chunks=file_chunks(member.path) if member.path else (),
        origin=Origin(archive, member.position, member.error),
    )
    if member.path:
        member.path.unlink(missing_ok=True)  # two copies of a large archive would fill a disk


def _split(document: Document, token: UUID) -> str:
    if document.media_type == MediaType.ZIP:
        return _unpack(document, token)
    with work_directory() as directory, local_copy(document.file) as source:
        pages = [
            Page(
                document=document,
                number=image.number,
                image=store_path(
                    image.path, folder="pages", sha256=image.sha256, suffix=image.path.suffix
                ),
                width=image.width,
                height=image.height,
                sha256=image.sha256,
                **as_fields(image.layer),
            )
            for image in split_file(source, directory, ingest_limits())
        ]
    with transaction.atomic():
        ours = Document.objects.filter(pk=document.pk, lease_token=token)
        if not move(ours, DocumentStatus.SPLIT, DOCUMENT_MOVES, lease_until=None, lease_token=None):
            return LOST
        Page.objects.bulk_create(pages)
        enqueue(READ_TASK, pages)
    return "split"


def _media_type(stored: StoredFile, origin: Origin | None) -> str:
    if origin is not None and origin.error is not None:
        raise origin.error
    if stored.size == 0:
        raise IngestError(
            ErrorCode.EMPTY_FILE, "The file is empty. Upload it again from its source."
        )
    media_type = sniff(stored.head)
    if media_type is MediaType.ZIP and origin is not None:
        raise IngestError(
            ErrorCode.NESTED_ARCHIVE,
            "This is an archive inside an archive, which is not unpacked. Upload it by itself.",
        )
    return str(media_type.value)


def shown_name(filename: str, folder: str) -> str:
    """The last part of what the uploader's machine calls the file; never used as a path here."""
    name = PurePath(filename.replace("\\", "/")).name
    if name and folder:
        name = f"{folder}/{name}"
    readable = name.encode("utf-8", "replace").decode()  # a name on disk may be in no encoding
    return "".join(char for char in readable if char.isprintable())[-255:] or "unnamed"


def _first_like(document_type: DocumentType, sha256: str) -> Document | None:
    standing = Document.objects.standing()
    return standing.filter(document_type=document_type, sha256=sha256).first()


def _claim(document_id: int, token: UUID) -> tuple[Document | None, UUID]:
    """Take a document for splitting under a lease; None where it is not to be had.

    A lease under the same token is taken over: its worker died, and its message came back.
    """
    with transaction.atomic():
        document = (
            Document.objects.select_for_update(of=("self",))
            .select_related("document_type")
            .filter(pk=document_id)
            .first()
        )
        if document is None:
            return None, token
        now = timezone.now()
        dead = document.status == DocumentStatus.SPLITTING and (
            document.lease_until is None
            or document.lease_until < now
            or document.lease_token == token
        )
        if document.status != DocumentStatus.STORED and not dead:
            return None, token
        if document.attempts >= MAX_ATTEMPTS:
            move(
                Document.objects.filter(pk=document.pk),
                DocumentStatus.FAILED,
                DOCUMENT_MOVES,
                lease_until=None,
                lease_token=None,
                failure_code="worker_died",
                failure_message=f"The worker died {MAX_ATTEMPTS} times over this file. "
                "Check it with another program, or upload it in another format.",
            )
            return None, token
        move(
            Document.objects.filter(pk=document.pk),
            DocumentStatus.SPLITTING,
            DOCUMENT_MOVES,
            attempts=document.attempts + 1,
            lease_until=now + timedelta(seconds=settings.INGEST_MAX_SECONDS + LEASE_SPARE_SECONDS),
            lease_token=token,
        )
    return document, token


def _fail(document: Document, token: UUID, code: str, message: str) -> str:
    move(
        Document.objects.filter(pk=document.pk, lease_token=token),
        DocumentStatus.FAILED,
        DOCUMENT_MOVES,
        lease_until=None,
        lease_token=None,
        failure_code=code,
        failure_message=message[:500],
    )
    return f"failed: {code}"
