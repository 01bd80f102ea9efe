"""A batch as plain text in reading order: a heading for each document, a form feed between pages.

What is not finished is said in square brackets where its text would stand.
"""

from collections.abc import Iterator

from django.utils import timezone

from recognition.models import Batch, Document
from recognition.states import DocumentStatus, PageStatus
from review.exports.rows import FINISHED, PageRow, Summary, documents_of, pages_of, summarise
from review.states import Verdict

ILLEGIBLE = "[illegible]"
FORM_FEED = "\f"

_STANDING = {
    PageStatus.QUEUED: "not read yet",
    PageStatus.READING: "being read now",
    PageStatus.READ: "read, not reviewed",
    PageStatus.REVIEW: "not reviewed yet: this is what the reader made of it",
}


def write(batch: Batch) -> Iterator[str]:
    """The export in pieces, a page each."""
    yield from _head(summarise(batch))
    for document in documents_of(batch):
        yield f"\n===== {document.filename} =====\n"
        yield _standing_of(document)
        for index, row in enumerate(pages_of(document)):
            yield (FORM_FEED if index else "") + _page(row)


def _head(summary: Summary) -> Iterator[str]:
    batch = summary.batch
    at = timezone.localtime(summary.exported_at)
    yield f"{batch.name} ({batch.document_type.name})\n"
    yield f"Exported {at:%Y-%m-%d %H:%M %Z}\n"
    documents, pages = sum(summary.documents.values()), sum(summary.pages.values())
    yield f"{documents} documents, {pages} pages"
    unfinished = {
        PageStatus(status).label.lower(): count
        for status, count in summary.pages.items()
        if count and status not in FINISHED
    }
    for status in (DocumentStatus.STORED, DocumentStatus.SPLITTING, DocumentStatus.FAILED):
        if summary.documents[status]:
            unfinished[f"files {status.label.lower()}"] = summary.documents[status]
    if not unfinished:
        yield ", all finished\n"
        return
    told = ", ".join(f"{name}: {count}" for name, count in unfinished.items())
    yield f"\nNOT COMPLETE. {told}\n"


def _standing_of(document: Document) -> str:
    """What there is to say before a document's pages; most often nothing."""
    first = document.duplicate_of
    if document.status == DocumentStatus.FAILED:
        return f"[no pages: {document.failure_message}]\n"
    if document.status == DocumentStatus.DUPLICATE and first is not None:
        return f"[the same file as {first.filename} in {first.batch}, whose text is there]\n"
    if document.status == DocumentStatus.UNPACKED:
        return "[an archive, whose files are documents of their own]\n"
    if document.status != DocumentStatus.SPLIT:
        return "[not split into pages yet]\n"
    return ""


def _page(row: PageRow) -> str:
    page = row.page
    said = []
    if page.status == PageStatus.FAILED:
        said.append(f"[page {page.number} could not be read: {page.failure_message}]")
    elif page.status in _STANDING:
        said.append(f"[page {page.number}: {_STANDING[PageStatus(page.status)]}]")
    block = None
    for line in row.lines:
        if not line.is_text:
            continue
        if block is not None and line.line.block != block:
            said.append("")
        block = line.line.block
        said.append(ILLEGIBLE if line.verdict == Verdict.ILLEGIBLE else line.text)
    return "\n".join(said) + "\n"
