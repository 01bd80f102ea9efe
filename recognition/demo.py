"""The demo: document types and batches of documents the project renders itself.

Everything goes through the same services as an upload, so what a visitor sees is the real thing.
"""

from collections.abc import Callable

from django.contrib.auth.models import AbstractBaseUser

from recognition.events import record_event
from recognition.intake import add_file, create_batch
from recognition.models import Batch, Document, DocumentType, Event, Page
from recognition.states import DocumentStatus, PageStatus
from recognition.synthesis.demo import demo_documents

LOADED = "load_demo"
"""The event that says that the demo is here."""

DESCRIPTIONS = {
    "Receipt": "Till receipts, photographed or scanned.",
    "Letter": "Printed correspondence.",
    "Form": "Forms filled in by machine.",
    "Old print": "Books and leaflets from before 1900.",
}


DEFAULT_THRESHOLD = 0.8
THRESHOLDS = {"Receipt": 0.6}
"""So that the demo shows accepted pages too."""


def is_loaded() -> bool:
    """Whether the demo was loaded to its end before."""
    return Event.objects.filter(verb=LOADED).exists()


def load_demo(actor: AbstractBaseUser, loaded: Callable[[str], None]) -> None:
    """Render and upload everything; `loaded` hears of each file. Goes on where it was stopped."""
    batch: Batch | None = None
    for file in demo_documents():
        document_type, _ = DocumentType.objects.get_or_create(
            name=file.document_type,
            defaults={
                "description": DESCRIPTIONS.get(file.document_type, ""),
                "threshold": THRESHOLDS.get(file.document_type, DEFAULT_THRESHOLD),
            },
        )
        batch = Batch.objects.filter(name=file.batch, document_type=document_type).first()
        if batch is None:
            batch = create_batch(name=file.batch, document_type=document_type, actor=actor)
        if not batch.documents.filter(filename=file.name).exists():
            add_file(batch=batch, filename=file.name, chunks=[file.content])
        loaded(file.name)
    if batch is not None:
        record_event(verb=LOADED, subject=batch, actor=actor)


def unread() -> tuple[int, int]:
    """Files still to be split and pages still to be read or routed, of the whole site."""
    waiting = (DocumentStatus.STORED, DocumentStatus.SPLITTING)
    going = (PageStatus.QUEUED, PageStatus.READING, PageStatus.READ)
    return (
        Document.objects.filter(status__in=waiting).count(),
        Page.objects.filter(status__in=going).count(),
    )
