"""States of documents and pages, and the only moves allowed between them."""

from collections.abc import Mapping
from typing import Any

from django.db import models


class DocumentStatus(models.TextChoices):
    STORED = "stored", "Stored"  # the bytes are safe; pages are not made yet
    SPLITTING = "splitting", "Splitting"
    SPLIT = "split", "Split"  # every page exists
    UNPACKED = "unpacked", "Unpacked"  # an archive whose files are documents of their own
    FAILED = "failed", "Failed"
    DUPLICATE = "duplicate", "Duplicate"


class PageStatus(models.TextChoices):
    QUEUED = "queued", "Queued"
    READING = "reading", "Reading"
    READ = "read", "Read"  # lines are stored; routing follows at once
    ACCEPTED = "accepted", "Accepted"
    REVIEW = "review", "To review"
    REVIEWED = "reviewed", "Reviewed"
    FAILED = "failed", "Failed"


class CanaryStatus(models.TextChoices):
    RUNNING = "running", "Running"
    PROMOTED = "promoted", "Promoted"  # it went into service
    WITHDRAWN = "withdrawn", "Withdrawn"


class TextSource(models.TextChoices):
    IMAGE = "image", "Read from the image"
    TEXT_LAYER = "text_layer", "Taken from the PDF's text layer"


DOCUMENT_MOVES: Mapping[str, frozenset[str]] = {
    DocumentStatus.SPLITTING: frozenset({DocumentStatus.STORED, DocumentStatus.SPLITTING}),
    DocumentStatus.SPLIT: frozenset({DocumentStatus.SPLITTING}),
    DocumentStatus.UNPACKED: frozenset({DocumentStatus.SPLITTING}),
    DocumentStatus.FAILED: frozenset({DocumentStatus.STORED, DocumentStatus.SPLITTING}),
    DocumentStatus.STORED: frozenset({DocumentStatus.FAILED, DocumentStatus.SPLITTING}),
    DocumentStatus.DUPLICATE: frozenset({DocumentStatus.FAILED}),
}
"""From target state to the states it may be reached from."""

PAGE_MOVES: Mapping[str, frozenset[str]] = {
    PageStatus.READING: frozenset({PageStatus.QUEUED, PageStatus.READING}),
    PageStatus.READ: frozenset({PageStatus.READING}),
    PageStatus.ACCEPTED: frozenset({PageStatus.READ, PageStatus.REVIEW}),
    PageStatus.REVIEW: frozenset({PageStatus.READ, PageStatus.ACCEPTED, PageStatus.REVIEWED}),
    PageStatus.REVIEWED: frozenset({PageStatus.REVIEW}),
    PageStatus.FAILED: frozenset({PageStatus.QUEUED, PageStatus.READING}),
    PageStatus.QUEUED: frozenset(
        {PageStatus.FAILED, PageStatus.READING, PageStatus.ACCEPTED, PageStatus.REVIEW}
    ),
}

CANARY_MOVES: Mapping[str, frozenset[str]] = {
    CanaryStatus.PROMOTED: frozenset({CanaryStatus.RUNNING}),
    CanaryStatus.WITHDRAWN: frozenset({CanaryStatus.RUNNING}),
}
"""From target state to the states it may be reached from. A canary tried again is a new one."""


def move(
    rows: models.QuerySet[Any], to: str, moves: Mapping[str, frozenset[str]], **fields: Any
) -> bool:
    """Move the one row that `rows` names to state `to`, if a move is allowed from where it is.

    Returns False where it is not there (any more): a normal answer, not an error.
    """
    changed = rows.filter(status__in=moves[to]).update(status=to, **fields)
    return changed == 1
