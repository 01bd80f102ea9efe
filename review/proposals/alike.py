"""Places on unreviewed lines that may have a confusion and look like the corrected ones."""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.db.models import BooleanField, Case, F, Func, Q, QuerySet, Value, When

from recognition.crops import Image, rectify
from recognition.models import Page, Prediction
from recognition.page_pixels import load_pixels
from recognition.reading import corners
from recognition.states import PageStatus
from review.models import Label, PlantedError, Proposal, ReviewTask
from review.proposals.likeness import EXAMPLES, LEAST_LIKE, Eyes, Look, likeness, take_look
from review.proposals.matching import Confusion, places
from review.proposals.pieces import Piece, extent, places_of_word
from review.proposals.querysets import unreviewed
from review.states import Verdict
from review.text import clean_line

logger = logging.getLogger(__name__)

PAGES = 300
"""Pages looked through: those of the batch first, then the newest of the type."""
PLACES = 400
"""Places of one confusion that are looked at in the picture."""
OFFERED = 200
"""Proposals of one set: more are no page that anybody looks through; the most alike are kept."""
FEWEST = 2
"""Lines of a set: a single one is quicker corrected where it stands."""
LABELS = 50
"""In which a misread word is looked for as a right one."""


@dataclass(frozen=True, slots=True)
class Source:
    """A correction that counts, and the crop of its line."""

    label: Label
    read: Prediction
    crop: Image


@dataclass(frozen=True, slots=True)
class Place:
    """A place on an unreviewed line that may have the confusion."""

    read: Prediction
    piece: Piece
    left: float
    right: float
    look: Look
    likeness: float = -1.0


def sources_of(task: ReviewTask) -> list[Source]:
    """The task's corrections that count, but none of a line on which an error was planted."""
    labels = (
        Label.objects.current()
        .filter(task=task, verdict=Verdict.CORRECTED, base_prediction__isnull=False)
        .exclude(
            line__in=PlantedError.objects.filter(task=task, reviewer=task.done_by_id).values("line")
        )
        .select_related("base_prediction", "line")
        .order_by("line__position")
    )
    found = [
        (label, read)
        for label in labels
        if (read := label.base_prediction) is not None and clean_line(read.text) == read.text
    ]
    pixels = _pixels(task.page) if found else None
    if pixels is None:
        return []
    return [Source(label, read, rectify(pixels, corners(label.line))) for label, read in found]


def alike_places(
    task: ReviewTask, confusion: Confusion, sources: Sequence[Source], eyes: Eyes
) -> list[Place]:
    """Places that may have the confusion and look like the corrected ones, the most alike first."""
    refused = _refused(task, confusion)
    by_page: dict[int, list[Prediction]] = defaultdict(list)
    for read in _candidates(task, confusion)[:PLACES]:
        by_page[read.line.page_id].append(read)
    found = [
        place
        for reads in by_page.values()
        for place in _places_on(reads, confusion, eyes)
        if not any(
            start < place.right and place.left < end for start, end in refused[place.read.line_id]
        )
    ]
    if not found:
        return []
    examples = _examples(confusion, sources, eyes)
    mean = eyes.mean
    compared = [
        replace(place, likeness=max(likeness(each, place.look, mean) for each in examples))
        for place in found
    ]
    alike = [place for place in compared if place.likeness >= LEAST_LIKE]
    if len({place.read.line_id for place in alike}) < FEWEST:
        return []
    return sorted(alike, key=lambda place: -place.likeness)[:OFFERED]


def _places_on(reads: Sequence[Prediction], confusion: Confusion, eyes: Eyes) -> list[Place]:
    """Where lines of one page may have the confusion, and how that looks."""
    pixels = _pixels(reads[0].line.page)
    if pixels is None:
        return []
    crops = [rectify(pixels, corners(read.line)) for read in reads]
    found = []
    for read, crop, features in zip(reads, crops, eyes.look(crops), strict=True):
        for piece in places(read.text, read.characters, confusion):
            left, right = extent(read.characters, piece.start, piece.end)
            if left < right:  # a text layer knows no places
                look = take_look(crop, features, left, right)
                found.append(Place(read, piece, left, right, look))
    return found


def _examples(confusion: Confusion, sources: Sequence[Source], eyes: Eyes) -> list[Look]:
    """How the corrected places look."""
    of_text = {each.read.text: each for each in sources}
    corrections = confusion.corrections[:EXAMPLES]
    taken = [of_text[each.read] for each in corrections]
    found = []
    seen = eyes.look([source.crop for source in taken])
    for each, source, features in zip(corrections, taken, seen, strict=True):
        left, right = extent(source.read.characters, each.piece.start, each.piece.end)
        found.append(take_look(source.crop, features, left, right))
    return found


def read_right(task: ReviewTask, confusion: Confusion) -> list[tuple[str, int]]:
    """Those of its misread words that people left standing, or put, on other lines of the type."""
    labels = Label.objects.current().filter(
        line__page__document__document_type=task.document_type_id
    )
    return [
        (word, offset)
        for word, offset in confusion.words
        if any(
            places_of_word(text, word)
            for text in labels.filter(text__contains=word).values_list("text", flat=True)[:LABELS]
        )
    ]


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
    rows: QuerySet[Prediction] = (
        unreviewed(Prediction.objects.filter(line__page__in=_pages(task)))
        .annotate(doubtful=_doubtful(confusion))
        .filter(misread)
        .select_related("line__page")
        .order_by("-line__page_id", "line__position")
    )
    return rows


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
