"""Looking for what a submit corrected on the lines that nobody has reviewed; a worker's job."""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from celery import current_app
from django.db import IntegrityError, transaction
from django.db.models import (
    BooleanField,
    Case,
    Exists,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerDown

from recognition.crops import Image, rectify
from recognition.models import Page, Prediction
from recognition.page_pixels import load_pixels
from recognition.reading import corners
from recognition.states import PageStatus
from review.models import Label, PlantedError, ReviewTask
from review.proposals.likeness import Patch, cut_patch, likeness
from review.proposals.matching import Confusion, confusions_in, places
from review.proposals.pieces import Piece, extent, with_pieces
from review.proposals.querysets import unreviewed
from review.proposals.record import Proposal, ProposalSearch, ProposalSet
from review.proposals.states import ProposalStatus
from review.states import TaskStatus, Verdict
from review.text import clean_line

logger = logging.getLogger(__name__)

FIND_TASK = "review.tasks.find_proposals"
LEAST_LIKE = 0.8
"""Likeness from which on a place is offered; docs/measurements/proposals.md says what that costs."""
PAGES = 300
"""Pages looked through: those of the batch first, then the newest of the type."""
PLACES = 400
"""Places of one confusion that are looked at in the picture."""
OFFERED = 200
"""Proposals of one set: more are no page that anybody looks through; the most alike are kept."""
FEWEST = 2
"""Lines of a set: a single one is quicker corrected where it stands."""
CONFUSIONS = 20
"""Of one submit: a page with more is not misread, it is in another script."""
EXAMPLES = 5
"""Corrected places of one confusion that others are compared with."""
SWEEP_AFTER, SWEEP_WITHIN = timedelta(minutes=2), timedelta(hours=1)
SWEEP_LIMIT = 100


@dataclass(frozen=True, slots=True)
class _Source:
    """A correction that counts, and the crop of its line."""

    label: Label
    read: Prediction
    crop: Image


@dataclass(frozen=True, slots=True)
class _Place:
    """A place on an unreviewed line that may have the confusion."""

    read: Prediction
    piece: Piece
    left: float
    right: float
    likeness: float


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
    asked = list(lost.values_list("pk", "done_token"))
    for task_id, token in asked:
        _send(task_id, str(token))
    return len(asked)


def find_proposals(task_id: int, token: UUID) -> str:
    """Store what a submit's corrections propose on other lines; returns the outcome's name.

    Idempotent: one search for each submit. The slow work, the pictures, is done before any row is
    written and without a lock.
    """
    task = (
        ReviewTask.objects.select_related("page__document")
        .filter(pk=task_id, status=TaskStatus.DONE, done_token=token)
        .first()
    )
    if task is None:
        return "taken back"
    if ProposalSearch.objects.filter(token=token).exists():
        return "searched already"
    sources = _sources(task)
    expire_proposals()
    found = []
    for confusion in confusions_in((each.read.text, each.label.text) for each in sources):
        if len(found) < CONFUSIONS and (alike := _alike(task, confusion, sources)):
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


def _sources(task: ReviewTask) -> list[_Source]:
    """The task's corrections that count, but none of a line on which an error was planted."""
    labels = (
        Label.objects.current()
        .filter(task=task, verdict=Verdict.CORRECTED, base_prediction__isnull=False)
        .exclude(
            line__in=PlantedError.objects.filter(
                task=task, reviewer=task.done_by_id
            ).values("line")
        )
        .select_related("base_prediction", "line")
        .order_by("line__position")
    )
    found = list(labels)
    if not found:
        return []
    pixels = load_pixels(task.page)
    return [
        _Source(label, label.base_prediction, rectify(pixels, corners(label.line)))
        for label in found
        if (read := label.base_prediction) is not None and clean_line(read.text) == read.text
    ]


def _alike(
    task: ReviewTask, confusion: Confusion, sources: Sequence[_Source]
) -> list[_Place]:
    """Places that may have the confusion and look like the corrected ones, the most alike first."""
    examples = _examples(confusion, sources)
    refused = _refused(task, confusion)
    by_page: dict[int, list[Prediction]] = {}
    for read in _candidates(task, confusion)[:PLACES]:
        by_page.setdefault(read.line.page_id, []).append(read)
    found = []
    for reads in by_page.values():
        pixels = _pixels(reads[0].line.page)
        for read in reads if pixels is not None else ():
            crop = rectify(pixels, corners(read.line))
            for piece in places(read.text, read.characters, confusion):
                left, right = extent(read.characters, piece.start, piece.end)
                like = max(likeness(each, cut_patch(crop, left, right)) for each in examples)
                known = any(start < right and left < end for start, end in refused[read.line_id])
                if like >= LEAST_LIKE and not known:
                    found.append(_Place(read, piece, left, right, like))
    if len({place.read.line_id for place in found}) < FEWEST:
        return []
    return sorted(found, key=lambda place: -place.likeness)[:OFFERED]


def _examples(confusion: Confusion, sources: Sequence[_Source]) -> list[Patch]:
    """The corrected places as pictures."""
    of_text = {each.read.text: each for each in sources}
    found = []
    for each in confusion.corrections[:EXAMPLES]:
        source = of_text[each.read]
        place = extent(source.read.characters, each.piece.start, each.piece.end)
        found.append(cut_patch(source.crop, *place))
    return found


def _refused(task: ReviewTask, confusion: Confusion) -> Mapping[int, list[tuple[float, float]]]:
    """By line, where this very change was refused already, whatever model read the line then."""
    found: dict[int, list[tuple[float, float]]] = defaultdict(list)
    rows = Proposal.objects.refused().filter(
        set__document_type=task.document_type_id,
        set__seen=confusion.seen,
        set__stands=confusion.stands,
    )
    for line, left, right in rows.values_list("line_id", "left", "right"):
        found[line].append((left, right))
    return found


def _candidates(task: ReviewTask, confusion: Confusion) -> QuerySet[Prediction]:
    """What is read on lines that nobody has reviewed and may have the confusion."""
    misread = Q(doubtful=True)
    for word, _ in confusion.words:
        misread |= Q(text__contains=word)
    return (
        unreviewed(Prediction.objects.filter(line__page__in=_pages(task)))
        .annotate(doubtful=_doubtful(confusion))
        .filter(misread)
        .select_related("line__page")
        .order_by("-line__page_id", "line__position")
    )


def _pages(task: ReviewTask) -> list[int]:
    """The pages looked through."""
    rows = Page.objects.filter(
        document__document_type=task.document_type_id,
        status__in=[PageStatus.REVIEW, PageStatus.ACCEPTED],
    ).exclude(pk=task.page_id)
    own = Case(When(document__batch=task.page.document.batch_id, then=0), default=1)
    return list(rows.order_by(own, "-pk").values_list("pk", flat=True)[:PAGES])


def _doubtful(confusion: Confusion) -> Func:
    """Whether a character read so has what stands there among its alternatives."""
    path = "strict $[*] ? (@[0] == $seen && @[4][*][0] == $stands)"
    names = json.dumps({"seen": confusion.seen, "stands": confusion.stands})
    return Func(
        F("characters"),
        Func(Value(path), template="%(expressions)s::jsonpath"),
        Func(Value(names), template="%(expressions)s::jsonb"),
        function="jsonb_path_exists",
        output_field=BooleanField(),
    )


def _pixels(page: Page) -> Image | None:
    """None where the picture is gone from the storage: nothing can be shown of such a page."""
    try:
        return load_pixels(page)
    except OSError as error:
        logger.warning("Page %s cannot be looked at: %s", page.pk, error)
        return None


@transaction.atomic
def _store(
    task: ReviewTask,
    token: UUID,
    found: Sequence[tuple[Confusion, Sequence[_Place]]],
    sources: Sequence[_Source],
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


def _store_set(
    task: ReviewTask, source: int, confusion: Confusion, alike: Sequence[_Place]
) -> int:
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
