"""Which pages a model that has just gone into service reads again."""

import logging

from celery import current_app
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from kombu.exceptions import OperationalError as BrokerDown

from recognition.events import record_event
from recognition.models import DocumentType, Page
from recognition.reading import queue_rereading
from recognition.states import PageStatus
from review.models import ReviewTask
from review.states import TaskKind, TaskStatus

logger = logging.getLogger(__name__)

WAITING_TASK = "review.tasks.reread_waiting_pages"


def request_rereading_of_waiting(document_type: DocumentType | None) -> None:
    """After commit, have the pages that wait read again by what serves then, in the background.

    One message, however many wait: who moves a pointer does not wait for thousands to be sent. A
    broker that is down costs the new readings alone; the pages wait as they are.
    """
    key = document_type.pk if document_type else None
    transaction.on_commit(lambda: _send(key))


def _send(type_id: int | None) -> None:
    try:
        current_app.send_task(WAITING_TASK, args=[type_id])
    except BrokerDown as error:
        logger.warning("The broker is down (%s): waiting pages are not read again.", error)


def waiting_pages(document_type: DocumentType | None) -> list[Page]:
    """Pages that wait for a reviewer because a model was unsure, of one type or of all.

    Pages under a reviewer's hands or with work on them, audits and reopened pages are not.
    """
    pages = Page.objects.filter(Exists(_waiting_untouched()), status=PageStatus.REVIEW)
    if document_type is not None:
        pages = pages.filter(document__document_type=document_type)
    return list(pages.only("pk", "queued_at").order_by("pk"))


def reread_waiting_pages(type_id: int | None) -> int:
    """Queue the waiting pages of a type, or of all, to be read again; returns how many."""
    if type_id is None:
        return queue_rereading(waiting_pages(None))
    found = DocumentType.objects.filter(pk=type_id).first()
    return queue_rereading(waiting_pages(found)) if found else 0


def unseen(pages: QuerySet[Page]) -> QuerySet[Page]:
    """Of these, those accepted as they were read, or waiting with nobody's work on them.

    They can be read by another model without anybody's work changing under their hands. Audits
    and reopened pages are not among them: a person is to judge the very reading they are of.
    """
    return pages.filter(
        Q(status=PageStatus.ACCEPTED) | Q(Exists(_waiting_untouched()), status=PageStatus.REVIEW)
    )


def _waiting_untouched() -> QuerySet[ReviewTask]:
    return ReviewTask.objects.untouched().filter(
        page=OuterRef("pk"), status=TaskStatus.WAITING, kind=TaskKind.THRESHOLD
    )


@transaction.atomic
def reread_by_hand(document_type: DocumentType, *, actor: AbstractBaseUser) -> int:
    """The same on an admin's word, on the record; returns how many."""
    pages = waiting_pages(document_type)
    if pages:
        record_event(verb="read again", subject=document_type, actor=actor, pages=len(pages))
    return queue_rereading(pages)
