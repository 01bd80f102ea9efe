"""Trying a whole batch's failures again."""

from django.contrib.auth.models import AbstractBaseUser

from recognition.intake import retry_document
from recognition.models import Batch, Document, Page
from recognition.reading import retry_pages
from recognition.states import DocumentStatus, PageStatus


def retry_batch(*, batch: Batch, actor: AbstractBaseUser | None) -> tuple[int, int]:
    """Queue the batch's failed documents and pages again; returns how many of each."""
    documents = list(Document.objects.filter(batch=batch, status=DocumentStatus.FAILED, pages=None))
    for document in documents:
        retry_document(document=document, actor=actor)
    pages = list(Page.objects.filter(document__batch=batch, status=PageStatus.FAILED))
    return len(documents), retry_pages(pages=pages, actor=actor) if pages else 0
