"""Pages that a model read which was taken back: read again in the background, batch by batch.

The readers are given a batch at a time, the next when half of it is read, so that new pages do not
wait behind thousands of old ones. What people have reviewed, hold, or have begun to type on is left
alone.
"""

from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from recognition.canaries import types_read_by
from recognition.events import record_event
from recognition.models import Canary, ModelVersion, Page
from recognition.reading import queue_rereading
from recognition.states import PageStatus
from review.rereading import unseen
from training.exceptions import NotActivatable, NothingToReread
from training.models import Rereading
from training.states import RereadingStatus

BATCH = 100
"""Pages sent to the readers at a time: some minutes of one core's work."""
PATIENCE = timedelta(minutes=15)
"""After which a batch that is not read yet counts as lost, and what is left is sent again.

Unless older pages wait as well: the readers take one after the other, and have not come to it.
"""
ROUNDS = 3
"""How often a page is sent before it counts as one that cannot be read again."""


def pages_to_reread(version: ModelVersion) -> QuerySet[Page]:
    """Pages that nobody has seen, as this version read them, of types that it does not read now."""
    return unseen(_read_by(version)).order_by("pk")


def _read_by(version: ModelVersion) -> QuerySet[Page]:
    """Pages as this version read them, of types that it does not read now."""
    pages = Page.objects.filter(model_version=version)
    return pages.exclude(document__document_type__in=types_read_by(version))


@transaction.atomic
def request_rereading(*, version: ModelVersion, actor: AbstractBaseUser | None) -> Rereading:
    """Have pages that this version read be read again by what serves them now, on an admin's word.

    One that runs already is returned as it is. Raises NotActivatable where the version serves,
    NothingToReread.
    """
    ModelVersion.objects.select_for_update().get(pk=version.pk)
    running = Rereading.objects.running().filter(model_version=version).first()
    if running is not None:
        return running
    pages = pages_to_reread(version).count()
    if not pages and types_read_by(version).exists():
        raise NotActivatable(f"{version} is in service; put another model in its place first.")
    if not pages:
        raise NothingToReread("No page is left that nobody has seen and that it read.")
    return _begin(version, pages, actor, canary=None)


def reread_after_canaries() -> int:
    """Begin for each withdrawn canary whose pages nobody has cared for yet; returns for how many.

    A canary that broke down was withdrawn by the process that reads, which knows nothing of this.
    """
    due = Canary.objects.withdrawn().filter(rereading__isnull=True).select_related("model_version")
    return sum(reread_after(canary) for canary in due)


@transaction.atomic
def reread_after(canary: Canary, actor: AbstractBaseUser | None = None) -> bool:
    """Begin to read again what a withdrawn canary read; False where that has to wait.

    An earlier one of the same version has to be done first.
    """
    version = ModelVersion.objects.select_for_update().get(pk=canary.model_version_id)
    if Rereading.objects.filter(canary=canary).exists() or (
        Rereading.objects.running().filter(model_version=version).exists()
    ):
        return False
    _begin(version, pages_to_reread(version).count(), actor, canary=canary)
    return True


def continue_rereadings(batch: int = BATCH) -> int:
    """Send the readers what they are to read next; returns how many pages were sent."""
    running = list(Rereading.objects.running().values_list("pk", flat=True))
    return sum(_send_next(key, batch) for key in running)


def _begin(
    version: ModelVersion, pages: int, actor: AbstractBaseUser | None, canary: Canary | None
) -> Rereading:
    made = Rereading.objects.create(
        model_version=version,
        canary=canary,
        requested_by_id=actor.pk if actor else None,
        pages=pages,
    )
    record_event(verb="read again", subject=version, actor=actor, pages=pages)
    _send_next(made.pk, BATCH)
    made.refresh_from_db()
    return made


def _come_to(sent_at: datetime) -> bool:
    """Whether the readers are done with all that was uploaded before."""
    older = Page.objects.filter(status=PageStatus.QUEUED, document__created_at__lt=sent_at)
    return not older.exists()


@transaction.atomic
def _send_next(key: int, most: int) -> int:
    """One step of one rereading; what another process is at is left to it."""
    row = (
        Rereading.objects.running()
        .select_for_update(of=("self",), skip_locked=True)
        .select_related("model_version")
        .filter(pk=key)
        .first()
    )
    if row is None:
        return 0
    pages = pages_to_reread(row.model_version)
    at_readers = pages.filter(pk__lte=row.sent_to).count()
    now = timezone.now()
    lost = row.sent_at is not None and row.sent_at < now - PATIENCE and _come_to(row.sent_at)
    if at_readers > most // 2 and not lost:
        return 0
    batch = list(pages.filter(pk__gt=row.sent_to)[:most])
    if not batch and at_readers and not lost:
        return 0
    if not batch and at_readers and row.rounds < ROUNDS:
        row.rounds += 1
        batch = list(pages[:most])
    if not batch and _read_by(row.model_version).filter(status=PageStatus.READ).exists():
        return 0  # they are about to be routed, and then to be read again
    if batch:
        row.sent_to, row.sent_at = batch[-1].pk, now
    else:
        row.status, row.left, row.finished_at = RereadingStatus.DONE, at_readers, now
    row.save()
    return queue_rereading(batch)
