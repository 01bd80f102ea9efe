"""What became of each uploaded file, in words and as an answer to the uploading page."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

from django.urls import reverse

from recognition.exceptions import FileRefused, FileTooLarge, StorageFull
from recognition.intake import add_file
from recognition.models import Batch, Document
from recognition.states import DocumentStatus


class Sent(Protocol):
    """An uploaded file as Django hands it over."""

    name: str | None

    def chunks(self) -> Iterator[bytes]:
        """The bytes, in pieces."""
        ...


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """One file's end: kept (stored, or failed for a reason), known already, or not kept."""

    filename: str
    outcome: Literal["stored", "duplicate", "failed", "refused"]
    message: str = ""
    code: str = ""
    url: str = ""

    def as_json(self) -> dict[str, str]:
        """For the page that uploads."""
        return {
            "filename": self.filename,
            "outcome": self.outcome,
            "message": self.message,
            "code": self.code,
            "url": self.url,
        }


_STATUS_OF_CODE = {FileTooLarge.code: 413, StorageFull.code: 507}


def take_files(batch: Batch, files: Iterable[Sent]) -> list[FileOutcome]:
    """Add files to a batch one after the other; what is wrong with one stops no other."""
    outcomes = []
    for file in files:
        name = file.name or "unnamed"
        try:
            document = add_file(batch=batch, filename=name, chunks=file.chunks())
        except FileRefused as error:
            outcomes.append(FileOutcome(name, "refused", error.message, error.code))
        else:
            outcomes.append(outcome_of(document))
    return outcomes


def status_of(outcomes: list[FileOutcome]) -> int:
    """The HTTP status: 201 where anything was kept, else what the first refusal says."""
    if not outcomes:
        return 400
    if any(outcome.outcome != "refused" for outcome in outcomes):
        return 201
    return _STATUS_OF_CODE.get(outcomes[0].code, 400)


def outcome_of(document: Document) -> FileOutcome:
    """What became of a file that is a document now."""
    first = document.duplicate_of
    if document.status == DocumentStatus.DUPLICATE and first is not None:
        where = "in this batch" if first.batch_id == document.batch_id else f"in {first.batch.name}"
        return FileOutcome(
            document.filename,
            "duplicate",
            f"The same file is here already: {first.filename} {where}.",
            url=f"{reverse('batch_detail', args=[first.batch_id])}?document={first.pk}",
        )
    if document.status == DocumentStatus.FAILED:
        return FileOutcome(
            document.filename, "failed", document.failure_message, document.failure_code
        )
    return FileOutcome(document.filename, "stored")
