"""Changing a page's lines while it is held: added, deleted, reshaped, split, merged, moved.

Nothing is overwritten: a line of another shape is another line, the one before it is retired, and
`LineEdit` keeps the way back.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from recognition.line_order import arrange_lines, new_line, standing
from recognition.line_reading import request_reading
from recognition.models import Line, Page
from recognition.page_pixels import page_pixels
from review import geometry
from review.drafts import DraftEntry, save_drafts
from review.edits import EditKind, LineEdit, LineMark, handwritten
from review.exceptions import InvalidChange, LeaseLost
from review.models import Draft, Label, PlantedError, ReviewTask
from review.planted_pieces import put_back_in_parts
from review.plants import unplanted_texts
from review.states import WITHOUT_TEXT, TaskKind, TaskStatus, Verdict
from review.text import clean_line

DRAWING = frozenset({EditKind.ADD, EditKind.RESHAPE, EditKind.SPLIT, EditKind.MERGE})
"""Changes that make lines, whose pictures are cut out of the page."""

MAX_LINES = 5_000
"""Lines of a page; the densest page seen had 1,500."""

COMPARED = (
    "While a page is read a second time its lines stay as they are, so that the two readings can "
    "be compared. Where a line is wrong, flag the page, or submit it and ask an admin to open it "
    "again."
)


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody asks for. Which fields count depends on `kind`.

    `lines` are the lines concerned; `polygon` a new shape; `share` where a line is cut, as a part
    of its length; `place` the position moved to, or at which a line is added; `texts` what stands
    on the new lines, None where the recogniser is to say; `edit` the change to take back.
    """

    kind: str
    lines: tuple[int, ...] = ()
    polygon: tuple[tuple[float, float], ...] = ()
    share: float = 0.5
    place: int = 0
    texts: tuple[str | None, ...] = ()
    edit: int = 0


def change_lines(*, task_id: int, token: UUID, user: AbstractBaseUser, change: Change) -> LineEdit:
    """Change the lines of a held page, keep what was typed on them, and have new ones read.

    Raises LeaseLost, and InvalidChange where the page's lines do not (any more) allow it, or where
    they stay as they are.
    """
    if change.kind in DRAWING:
        check_changeable(task_id=task_id, token=token, user=user)
        try:
            page_pixels(
                Page.objects.get(tasks=task_id)
            )  # slow work, done before anything is locked
        except OSError as error:
            raise InvalidChange("The page's image is gone; tell an admin.") from error
    return _change(task_id, token, user, change)


@transaction.atomic
def _change(task_id: int, token: UUID, user: AbstractBaseUser, change: Change) -> LineEdit:
    task = changeable_task(task_id, token, user)
    before = standing(task.page)
    if change.kind == EditKind.REVERT:
        return _revert(task, user, change.edit, before)
    if change.kind not in _CHANGES:
        raise InvalidChange("This change is not known.")
    missing = [line for line in change.lines if line not in set(before)]
    if missing:
        raise InvalidChange(
            "A line that this changes stands on the page no longer: another window changed it. "
            "Reload the page; what you typed is kept."
        )
    try:
        after, new = _CHANGES[change.kind](task, change, before)
    except ValueError as error:
        raise InvalidChange(str(error)) from error
    if len(after) > MAX_LINES:
        raise InvalidChange(f"A page may have {MAX_LINES} lines at most.")
    arrange_lines(task.page, after)
    _carry_typing(task, user, change, new)
    request_reading(new, task.model_version, task.character_set)
    return LineEdit.objects.create(
        task=task, reviewer_id=user.pk, kind=change.kind, before=before, after=after
    )


@transaction.atomic
def mark_line(
    *, task_id: int, token: UUID, user: AbstractBaseUser, line_id: int, kind: str, on: bool
) -> LineMark:
    """Say of a line that a hand wrote it, or that none did. Raises LeaseLost, InvalidChange."""
    task = held_task(task_id, token, user)
    if not task.page.lines.filter(pk=line_id).exists():
        raise InvalidChange("The line is not on this page.")
    return LineMark.objects.create(
        line_id=line_id, task=task, reviewer_id=user.pk, kind=LineMark.Kind(kind), on=on
    )


@transaction.atomic
def check_held(*, task_id: int, token: UUID, user: AbstractBaseUser) -> None:
    """Raises LeaseLost where the user does not hold the task under this token."""
    held_task(task_id, token, user)


@transaction.atomic
def check_changeable(*, task_id: int, token: UUID, user: AbstractBaseUser) -> None:
    """Raises LeaseLost as `check_held`, and InvalidChange where the lines stay as they are."""
    changeable_task(task_id, token, user)


def why_lines_stay(task: ReviewTask) -> str:
    """Why nobody changes the lines while this task is open; empty where its holder may.

    The first reading counts until the second is done, and stands on the lines that were there: on
    other lines neither could be compared with the other, and none would count.
    """
    return COMPARED if task.kind in (TaskKind.SECOND, TaskKind.DECIDE) else ""


def changeable_task(task_id: int, token: UUID, user: AbstractBaseUser) -> ReviewTask:
    """The task, locked, whose holder may change its lines. Raises LeaseLost, InvalidChange."""
    task = held_task(task_id, token, user)
    if why := why_lines_stay(task):
        raise InvalidChange(why)
    return task


def held_task(task_id: int, token: UUID, user: AbstractBaseUser) -> ReviewTask:
    """The task, locked, while the user holds it under this token. Raises LeaseLost."""
    task = (
        ReviewTask.objects.select_for_update(of=("self",))
        .select_related("page", "model_version")
        .get(pk=task_id)
    )
    if task.status != TaskStatus.HELD or task.lease_token != token or task.reviewer_id != user.pk:
        raise LeaseLost("This page is not yours any more, so its lines stay as they are.")
    return task


def _add(task: ReviewTask, change: Change, before: list[int]) -> tuple[list[int], list[Line]]:
    place = min(max(change.place, 0), len(before))
    near = before[place - 1] if place else (before[0] if before else None)
    block = Line.objects.get(pk=near).block if near else 0
    line = new_line(task.page, _quad(task, change.polygon), block=block)
    return [*before[:place], line.pk, *before[place:]], [line]


def _delete(task: ReviewTask, change: Change, before: list[int]) -> tuple[list[int], list[Line]]:
    gone = set(change.lines)
    if not gone:
        raise ValueError("Say which line is to go.")
    return [line for line in before if line not in gone], []


def _reshape(task: ReviewTask, change: Change, before: list[int]) -> tuple[list[int], list[Line]]:
    (old,) = _lines(change, 1)
    line = new_line(task.page, _quad(task, change.polygon), block=old.block)
    return [line.pk if each == old.pk else each for each in before], [line]


def _split(task: ReviewTask, change: Change, before: list[int]) -> tuple[list[int], list[Line]]:
    (old,) = _lines(change, 1)
    parts = geometry.cut(_stored(old), change.share)
    new = [new_line(task.page, part, block=old.block) for part in parts]
    place = before.index(old.pk)
    return [*before[:place], *(line.pk for line in new), *before[place + 1 :]], new


def _merge(task: ReviewTask, change: Change, before: list[int]) -> tuple[list[int], list[Line]]:
    first, second = _lines(change, 2)
    shape = geometry.joined(_stored(first), _stored(second))
    line = new_line(task.page, _quad(task, shape), block=first.block)
    after = [line.pk if each == first.pk else each for each in before if each != second.pk]
    return after, [line]


def _move(task: ReviewTask, change: Change, before: list[int]) -> tuple[list[int], list[Line]]:
    (line,) = _lines(change, 1)
    others = [each for each in before if each != line.pk]
    place = min(max(change.place, 0), len(others))
    return [*others[:place], line.pk, *others[place:]], []


_CHANGES = {
    EditKind.ADD.value: _add,
    EditKind.DELETE.value: _delete,
    EditKind.RESHAPE.value: _reshape,
    EditKind.SPLIT.value: _split,
    EditKind.MERGE.value: _merge,
    EditKind.MOVE.value: _move,
}


def _revert(task: ReviewTask, user: AbstractBaseUser, edit_id: int, before: list[int]) -> LineEdit:
    edit = LineEdit.objects.filter(task=task, pk=edit_id).first()
    if edit is None or edit.after != before:
        raise InvalidChange(
            "The lines have been changed since in another way. Reload the page to see them."
        )
    arrange_lines(task.page, edit.before)
    return LineEdit.objects.create(
        task=task,
        reviewer_id=user.pk,
        kind=EditKind.REVERT,
        before=before,
        after=edit.before,
        reverts=edit,
    )


def _lines(change: Change, number: int) -> list[Line]:
    if len(set(change.lines)) != number:
        raise ValueError("Another number of lines is needed for this.")
    found = Line.objects.in_bulk(change.lines)
    return [found[line] for line in change.lines]


def _stored(line: Line) -> geometry.Quad:
    return cast("geometry.Quad", tuple((float(x), float(y)) for x, y in line.polygon))


def _quad(task: ReviewTask, points: Sequence[Sequence[float]]) -> geometry.Quad:
    return geometry.as_quad(points, width=task.page.width, height=task.page.height)


def _carry_typing(
    task: ReviewTask, user: AbstractBaseUser, change: Change, new: Sequence[Line]
) -> None:
    """What the reviewer typed on a line goes with it to the lines that take its place.

    So does that nobody can read it, or that it is no text, where that is said of all it comes from.
    """
    if not new:
        return
    mark = _without_text(task, user, change.lines)
    plants = PlantedError.objects.filter(
        task=task, reviewer_id=user.pk, line__in=change.lines
    ).values_list("planted_text", "model_text")
    entries = [
        DraftEntry(line.pk, text, mark or Verdict.CORRECTED, 0)
        for line, text in zip(new, unplanted(change.texts, plants), strict=False)
        if text is not None
    ]
    if not entries and change.kind == EditKind.RESHAPE:
        kept = Draft.objects.of(task, user).filter(line__in=change.lines).first()
        text = unplanted_texts([kept])[kept] if kept is not None else ""
        if kept is not None and not any(text == clean_line(read) for _, read in plants):
            entries = [DraftEntry(new[0].pk, text, kept.verdict, 0)]
    if mark:
        with_text = {entry.line_id for entry in entries}
        entries += [DraftEntry(line.pk, "", mark, 0) for line in new if line.pk not in with_text]
    if handwritten(change.lines):
        LineMark.objects.bulk_create(
            LineMark(
                line=line,
                task=task,
                reviewer_id=user.pk,
                kind=LineMark.Kind.HANDWRITING,
                on=True,
            )
            for line in new
        )
    if entries:
        save_drafts(task=task, user=user, entries=entries)


def _without_text(task: ReviewTask, user: AbstractBaseUser, lines: Sequence[int]) -> str:
    """“Illegible” or “not text” where the screen shows that of each of these lines; else empty."""
    labels = Label.objects.current().unspoilt_for(user).filter(line__in=lines)
    said = dict(labels.values_list("line_id", "verdict"))
    said |= dict(
        Draft.objects.of(task, user).filter(line__in=lines).values_list("line_id", "verdict")
    )
    verdicts = {said.get(line, "") for line in lines}
    return next(iter(verdicts)) if len(verdicts) == 1 and verdicts <= WITHOUT_TEXT else ""


def unplanted(
    texts: Sequence[str | None], plants: Iterable[tuple[str, str]]
) -> tuple[str | None, ...]:
    """The texts without errors that were planted in them: the new lines know of none.

    The planted piece gives way to what was read; where it is cut in two, the recogniser is to say
    what the parts read.
    """
    kept = tuple(texts)
    for planted, read in plants:
        kept = put_back_in_parts(kept, read=read, planted=planted)
    return kept
