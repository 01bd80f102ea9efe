"""A submit that came too late: what was typed is kept, and both versions are told."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from recognition.models import Line
from review.drafts import DraftConflict, DraftEntry, DraftsSaved, save_drafts
from review.models import Draft, Label, ReviewTask
from review.plants import plants_of, unplanted_texts, without_plants
from review.proposals.confirmed import shown_texts
from review.selectors import task_for
from review.services import LineEntry
from review.states import WITHOUT_TEXT, TaskStatus, Verdict
from review.text import clean_line, same_label


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


@dataclass(frozen=True, slots=True)
class ConflictLine:
    """A line on which two people differ: what was typed here, and what counts or is written."""

    line: Line
    mine: str
    mine_verdict: str
    theirs: str | None
    theirs_verdict: str
    theirs_by: str
    other_window: str | None


@dataclass(frozen=True, slots=True)
class ConflictPage:
    """A submit that came too late, with both versions of each line that differs."""

    task: ReviewTask
    lines: tuple[ConflictLine, ...]
    same: int
    holder: str
    until: datetime | None


@transaction.atomic
def keep_stale_submit(
    *, task: ReviewTask, user: AbstractBaseUser, entries: Sequence[DraftEntry]
) -> StaleSubmit:
    """Keep the entries of a refused submit as the user's drafts; nobody's label is touched.

    Where another window of the user has written a newer draft, the entry is kept beside it.
    """
    saved = save_drafts(task=task, user=user, entries=entries)
    said = Label.objects.current().unspoilt_for(user).filter(line__page=task.page_id)
    labels = {label.line_id: label for label in said}
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


def conflict_page(
    task: ReviewTask,
    user: AbstractBaseUser,
    entries: Mapping[int, LineEntry],
    refused: Iterable[DraftConflict],
) -> ConflictPage:
    """Both versions of each line: typed, and the current label or the holder's draft."""
    task = task_for(user).get(pk=task.pk)
    theirs: dict[int, tuple[str, str, str]] = {
        label.line_id: (label.text, label.verdict, label.reviewer.get_username())
        for label in Label.objects.current()
        .unspoilt_for(user)
        .filter(line__page=task.page_id)
        .select_related("reviewer")
    }
    if task.reviewer_id is not None and task.reviewer_id != user.pk:
        for draft, text in unplanted_texts(Draft.objects.of(task, task.reviewer)).items():
            theirs[draft.line_id] = (text, draft.verdict, _name(task.reviewer))
    read = shown_texts(task)
    windows = {conflict.line_id: conflict.text for conflict in refused}
    lines = []
    same = 0
    for line in task.page.lines.current():
        entry = entries.get(line.pk)
        if entry is None:
            continue
        other = theirs.get(line.pk)
        against = other or (read.get(line.pk, ""), Verdict.CONFIRMED, "")
        if line.pk not in windows and same_label(entry.text, entry.verdict, against[0], against[1]):
            same += 1
            continue
        lines.append(
            ConflictLine(
                line=line,
                mine=entry.text,
                mine_verdict=_said(entry.verdict),
                theirs=other[0] if other else None,
                theirs_verdict=_said(other[1]) if other else "",
                theirs_by=other[2] if other else "",
                other_window=windows.get(line.pk),
            )
        )
    held = task.status == TaskStatus.HELD
    return ConflictPage(
        task=task,
        lines=tuple(lines),
        same=same,
        holder=_name(task.reviewer) if held else _name(task.done_by),
        until=task.lease_expires_at if held else None,
    )


def typed_entries(
    task: ReviewTask, user: AbstractBaseUser, entries: Mapping[int, LineEntry]
) -> dict[int, LineEntry]:
    """Those entries that a person typed: they say something else than what was read.

    Or than what counted until now, a draft or a label, and was put back to what was read.
    """
    read = shown_texts(task)
    labels = Label.objects.current().unspoilt_for(user).filter(line__page=task.page_id)
    counted = dict(labels.values_list("line_id", "text"))
    counted |= dict(Draft.objects.of(task, user).values_list("line_id", "text"))
    return {
        line_id: entry
        for line_id, entry in without_plants(plants_of(task, user), entries).items()
        if entry.verdict in WITHOUT_TEXT
        or any(
            clean_line(entry.text) != clean_line(text)
            for text in (read.get(line_id, ""), counted.get(line_id, entry.text))
        )
    }


def _said(verdict: str) -> str:
    """The verdict's name where there is no text, else nothing."""
    return str(Verdict(verdict).label) if verdict in WITHOUT_TEXT else ""


def _name(user: Any) -> str:
    return str(user.get_username()) if user else ""
