"""A document that came under the wrong type: filed under the right one, and read anew."""

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from recognition.events import record_event
from recognition.intake import READ_TASK, create_batch
from recognition.models import Batch, Document, DocumentType, Page
from recognition.queue import enqueue
from recognition.states import PAGE_MOVES, DocumentStatus, PageStatus, move
from review.exceptions import NotRefilable
from review.leases import FREE
from review.models import Label, ReviewTask
from review.states import TASK_MOVES, TaskStatus


def refile_refusal(document: Document, document_type: DocumentType) -> str:
    """Why the document cannot be moved to this type; nothing where it can."""
    if document.document_type_id == document_type.pk:
        return f"The document is filed under {document_type} already."
    if document.status != DocumentStatus.SPLIT:
        return f"The document is {document.get_status_display().lower()}: it has no pages to move."
    pages = document.pages.all()
    reviewed = pages.filter(status=PageStatus.REVIEWED).exists()
    if reviewed or Label.objects.filter(line__page__document=document).exists():
        return (
            "Pages of this document have been reviewed, and what was said of them belongs to its "
            f"type. Upload the file again under {document_type}."
        )
    if pages.filter(status__in=[PageStatus.READING, PageStatus.READ]).exists():
        return "A page of the document is being read at this moment. Try again in a minute."
    if ReviewTask.objects.held_now().filter(page__document=document).exists():
        return "Somebody has a page of this document open now. Try again when it is given back."
    same = (
        Document.objects.standing()
        .filter(document_type=document_type, sha256=document.sha256)
        .first()
    )
    if same is not None:
        return f"{document_type} has this very file already: {same} in {same.batch}."
    return ""


@transaction.atomic
def refile_document(
    *, document: Document, document_type: DocumentType, actor: AbstractBaseUser
) -> Document:
    """Move a document with all its pages to another type and have it read under that type.

    It goes to a batch of its old batch's name. Its tasks are withdrawn and its lines retired, both
    kept on record; the pages are routed anew by the policy of the new type. Raises NotRefilable
    with the reason.
    """
    document = (
        Document.objects.select_for_update(of=("self",)).select_related("batch").get(pk=document.pk)
    )
    pages = list(document.pages.select_for_update().order_by("number"))
    # Pages before tasks: so does routing. A claim skips locked rows and takes its lease on such a
    # row, so nobody gets in between. A task that is locked is in somebody's hands: a submit holds
    # it and waits for its page, so that to wait for the task here would be to wait for ever.
    open_tasks = ReviewTask.objects.open().filter(page__document=document)
    tasks = list(open_tasks.select_for_update(of=("self",), skip_locked=True))
    if reason := refile_refusal(document, document_type):
        raise NotRefilable(reason)
    if len(tasks) < open_tasks.count():
        raise NotRefilable("Somebody works on a page of this document now. Try again in a minute.")
    now = timezone.now()
    for task in tasks:
        rows = ReviewTask.objects.filter(pk=task.pk)
        if task.status == TaskStatus.HELD:  # under a lease that has run out
            rows.update(status=TaskStatus.WAITING, **FREE)
        move(rows, TaskStatus.WITHDRAWN, TASK_MOVES)
    before = document.document_type
    batch = Batch.objects.filter(document_type=document_type, name=document.batch.name).first()
    document.batch = batch or create_batch(
        name=document.batch.name, document_type=document_type, actor=actor
    )
    document.document_type = document_type
    document.save(update_fields=["batch", "document_type"])
    queued = []
    for page in pages:
        page.lines.current().update(retired_at=now)
        row = Page.objects.filter(pk=page.pk)
        afresh = {"model_version": None, "read_at": None, "attempts": 0, "queued_at": now}
        if page.status == PageStatus.QUEUED or move(row, PageStatus.QUEUED, PAGE_MOVES, **afresh):
            queued.append(page)
    record_event(
        verb="refile", subject=document, actor=actor, before=before.name, to=document_type.name
    )
    enqueue(READ_TASK, queued)
    return document


def suggested_type(reason: str, types: list[DocumentType]) -> DocumentType | None:
    """The type that a flag's reason names last, as the screen offers to say it."""
    named = [each for each in types if reason.casefold().endswith(each.name.casefold())]
    return max(named, key=lambda each: len(each.name), default=None)
