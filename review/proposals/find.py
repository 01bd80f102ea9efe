"""Looking for what a submit corrected on the lines that nobody has reviewed; a worker's job."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from uuid import UUID

from celery import current_app
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.db.models import (
    Exists,
    OuterRef,
)
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerDown

from recognition.engine_pool import engine_for
from recognition.engines.base import Describer
from recognition.models import ModelVersion
from recognition.queue import PATIENCE
from recognition.registry import active_model
from review.models import Label, PlantedError, ReviewTask
from review.proposals.alike import FEWEST, Place, Source, alike_places, read_right, sources_of
from review.proposals.likeness import Eyes
from review.proposals.matching import Confusion, confusions_in
from review.proposals.pieces import with_pieces
from review.proposals.record import Proposal, ProposalSearch, ProposalSet
from review.proposals.states import ProposalStatus
from review.states import TaskStatus, Verdict

logger = logging.getLogger(__name__)

EngineFor = Callable[[ModelVersion], Describer]

FIND_TASK = "review.tasks.find_proposals"
CONFUSIONS = 20
"""Of one submit: a page with more is not misread, it is in another script."""
SWEEP_AFTER, SWEEP_WITHIN = PATIENCE, 8 * PATIENCE
"""When a search that has not been made counts as lost, and when nobody waits for it any more."""
SWEEP_LIMIT = 100


def request_search(task_id: int, token: UUID) -> None:
    """After commit, have what the submit under this token corrected looked for elsewhere.

    A broker that is down costs minutes: the sweep asks again.
    """
    transaction.on_commit(lambda: _send(task_id, str(token)))


def sweep_unsearched() -> int:
    """Ask again for searches whose message was lost; returns how many."""
    now = timezone.now()
    corrected = Label.objects.current().filter(task=OuterRef("pk"), verdict=Verdict.CORRECTED)
    lost = (
        ReviewTask.objects.filter(
            Exists(corrected),
            status=TaskStatus.DONE,
            done_at__range=(now - SWEEP_WITHIN, now - SWEEP_AFTER),
        )
        .exclude(done_token__in=ProposalSearch.objects.values("token"))
        .order_by("pk")[:SWEEP_LIMIT]
    )
    asked = [
        (task_id, token)
        for task_id, token in lost.values_list("pk", "done_token")
        # Readers may be busy for longer than that: what waits in their queue is not sent twice.
        if cache.add(f"review.proposals.asked.{token}", 1, PATIENCE.total_seconds())
    ]
    for task_id, token in asked:
        _send(task_id, str(token))
    return len(asked)


def find_proposals(task_id: int, token: UUID, engines: EngineFor = engine_for) -> str:
    """Store what a submit's corrections propose on other lines; returns the outcome's name.

    Idempotent: one search for each submit. The slow work, the pictures, is done before any row is
    written and without a lock.
    """
    task = (
        ReviewTask.objects.select_related("page__document", "document_type")
        .filter(pk=task_id, status=TaskStatus.DONE, done_token=token)
        .first()
    )
    if task is None:
        return "taken back"
    if ProposalSearch.objects.filter(token=token).exists():
        return "searched already"
    expire_proposals()
    found = []
    eyes = Eyes(lambda: engines(active_model(task.document_type)))
    sources = sources_of(task)
    confusions = confusions_in((each.read.text, each.label.text) for each in sources)
    for confusion in confusions[:CONFUSIONS]:
        confusion = confusion.but_not(read_right(task, confusion))
        if alike := alike_places(task, confusion, sources, eyes):
            found.append((confusion, alike))
    try:
        stored = _store(task, token, found, sources)
    except IntegrityError:  # a second message of the same submit was quicker
        return "searched already"
    return f"{stored} proposed"


def expire_proposals() -> int:
    """Close what can never be answered any more; returns how many."""
    stale = list(Proposal.objects.expired().values_list("pk", flat=True))
    return Proposal.objects.filter(pk__in=stale).move_all(ProposalStatus.EXPIRED)


def _send(task_id: int, token: str) -> None:
    try:
        current_app.send_task(FIND_TASK, args=[task_id, token])
    except BrokerDown as error:
        logger.warning("The broker is down (%s): task %s is searched later.", error, task_id)


@transaction.atomic
def _store(
    task: ReviewTask,
    token: UUID,
    found: Sequence[tuple[Confusion, Sequence[Place]]],
    sources: Sequence[Source],
) -> int:
    """Write the search and its sets, where the submit still counts; returns how many proposals."""
    ReviewTask.objects.select_for_update().get(pk=task.pk)
    ProposalSearch.objects.create(task=task, token=token)
    of_text = {each.read.text: each.label.pk for each in sources}
    stored = 0
    for confusion, alike in found:
        source = of_text[confusion.corrections[0].read]
        if Label.objects.current().filter(pk=source).exists():
            stored += _store_set(task, source, confusion, alike)
    return stored


def _store_set(task: ReviewTask, source: int, confusion: Confusion, alike: Sequence[Place]) -> int:
    """One set, unless others offer its lines already; returns how many proposals it has."""
    save = transaction.savepoint()
    made = ProposalSet.objects.create(
        source_id=source,
        document_type_id=task.document_type_id,
        seen=confusion.seen,
        stands=confusion.stands,
    )
    lines = [place.read.line_id for place in alike]
    planted = set(PlantedError.objects.filter(line__in=lines).values_list("line_id", flat=True))
    Proposal.objects.bulk_create(
        (
            Proposal(
                set=made,
                line_id=place.read.line_id,
                prediction=place.read,
                start=place.piece.start,
                text=with_pieces(place.read.text, [place.piece]),
                left=place.left,
                right=place.right,
                likeness=place.likeness,
            )
            for place in alike
            if place.read.line_id not in planted
        ),
        ignore_conflicts=True,
    )
    stored = made.proposals.count()
    if made.proposals.values("line").distinct().count() < FEWEST:
        transaction.savepoint_rollback(save)
        return 0
    transaction.savepoint_commit(save)
    return stored
