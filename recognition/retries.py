"""Trying a whole batch's failures again."""

from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser

from recognition.exceptions import NothingKept, NotRetryable
from recognition.intake import retry_document
from recognition.models import Batch, Document, Page
from recognition.reading import retry_pages
from recognition.states import DocumentStatus, PageStatus


@dataclass(frozen=True, slots=True)
class Retried:
    """How many documents and pages were queued again; `lost` documents have to be uploaded again.

    Of these nothing is kept that could be tried.
    """

    documents: int
    pages: int
    lost: int


def retry_batch(*, batch: Batch, actor: AbstractBaseUser | None) -> Retried:
    """Queue the batch's failed documents and pages again.

    What cannot be tried, or somebody else has just queued, is passed over. Raises NotRetryable
    where that leaves nothing.
    """
    documents = lost = 0
    for document in Document.objects.filter(batch=batch, status=DocumentStatus.FAILED, pages=None):
        try:
            retry_document(document=document, actor=actor)
        except NothingKept:
            lost += 1
        except NotRetryable:
            continue
        else:
            documents += 1
    failed = list(Page.objects.filter(document__batch=batch, status=PageStatus.FAILED))
    try:
        pages = retry_pages(pages=failed, actor=actor)
    except NotRetryable:
        pages = 0
    if not documents and not pages:
        if lost:
            raise NothingKept("Nothing could be unpacked of what failed. Upload it by itself.")
        raise NotRetryable("Nothing of this batch is left to try again.")
    return Retried(documents, pages, lost)
