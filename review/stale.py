"""A submit that came too late: what was typed is kept, and both versions are told."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from review.drafts import DraftEntry, DraftsSaved, save_drafts
from review.models import Label, ReviewTask


@dataclass(frozen=True, slots=True)
class StaleLine:
    """A line as the late reviewer has it, and its current label; None where it has none."""

    line: int
    yours: str
    theirs: str | None
    their_verdict: str | None


@dataclass(frozen=True, slots=True)
class StaleSubmit:
    """What became of a late submit: the drafts kept of it, and both versions of each line."""

    saved: DraftsSaved
    lines: tuple[StaleLine, ...]


@transaction.atomic
def keep_stale_submit(
    *, task: ReviewTask, user: AbstractBaseUser, entries: Sequence[DraftEntry]
) -> StaleSubmit:
    """Keep the entries of a refused submit as the user's drafts; nobody's label is touched."""
    saved = save_drafts(task=task, user=user, entries=entries)
    labels = {
        label.line_id: label for label in Label.objects.current().filter(line__page=task.page_id)
    }
    lines = tuple(
        StaleLine(
            line=entry.line_id,
            yours=entry.text,
            theirs=labels[entry.line_id].text if entry.line_id in labels else None,
            their_verdict=labels[entry.line_id].verdict if entry.line_id in labels else None,
        )
        for entry in entries
    )
    return StaleSubmit(saved, lines)
