"""Which pages a model that has just gone into service reads again."""

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from recognition.events import record_event
from recognition.models import DocumentType, Page
from recognition.reading import queue_rereading
from recognition.states import PageStatus
from review.states import TaskKind, TaskStatus


def waiting_pages(document_type: DocumentType | None) -> list[Page]:
    """Pages that wait for a reviewer because a model was unsure, of one type or of all.

    Pages under a reviewer's hands, audits and reopened pages are not among them.
    """
    pages = Page.objects.filter(
        status=PageStatus.REVIEW,
        tasks__status=TaskStatus.WAITING,
        tasks__kind=TaskKind.THRESHOLD,
    )
    if document_type is not None:
        pages = pages.filter(document__document_type=document_type)
    return list(pages.order_by("pk"))


def reread_waiting_pages(document_type: DocumentType | None) -> int:
    """Queue the waiting pages to be read again by what serves them now; returns how many."""
    return queue_rereading(waiting_pages(document_type))


@transaction.atomic
def reread_by_hand(document_type: DocumentType, *, actor: AbstractBaseUser) -> int:
    """The same on an admin's word, on the record; returns how many."""
    pages = waiting_pages(document_type)
    if pages:
        record_event(verb="read again", subject=document_type, actor=actor, pages=len(pages))
    return queue_rereading(pages)
