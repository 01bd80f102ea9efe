"""What people made of a page's boxes, from first to last, by its line edits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from recognition.models import Line
from review.edits import EditKind, LineEdit


@dataclass(frozen=True, slots=True)
class Step:
    """A `LineEdit`, as far as it counts here. `reverts` is the number of the one it takes back."""

    number: int
    kind: str
    before: tuple[int, ...]
    after: tuple[int, ...]
    reverts: int | None = None


@dataclass(frozen=True, slots=True)
class BoxChanges:
    """Lines as a model found them (`found`) against those that stand since (`standing`).

    Each found line is in exactly one of `kept`, `reshaped` (both by the line that stands for it
    now), `recut` (split or merged) and `spurious` (deleted). Of the standing lines, `pieces` come
    from recut ones, and `missed` are those that a person added where no model had found any.
    """

    found: tuple[int, ...]
    standing: tuple[int, ...]
    kept: frozenset[int]
    reshaped: Mapping[int, int]
    recut: frozenset[int]
    pieces: frozenset[int]
    spurious: frozenset[int]
    missed: frozenset[int]

    def stands_for(self, line: int) -> int | None:
        """The standing line that a found one has become; None where no single one has."""
        return line if line in self.kept else self.reshaped.get(line)


def net_changes(standing: Sequence[int], steps: Sequence[Step]) -> BoxChanges:
    """What all edits of a page, in their order, have come to; what was taken back counts not.

    `standing` are the lines on a page without any edit. A page that was turned and read again
    begins anew with what that reading found: that the page lay wrong was no fault of its boxes.
    """
    found = _found(standing, steps)
    now = steps[-1].after if steps else tuple(standing)
    made = {
        line: step
        for step in steps
        if step.kind != EditKind.REVERT
        for line in set(step.after) - set(step.before)
    }
    original = frozenset(found)
    kept = original & frozenset(now)
    reshaped: dict[int, int] = {}
    recut: set[int] = set()
    pieces: set[int] = set()
    missed: set[int] = set()
    for line in now:
        if line in original:
            continue
        roots, cut = _roots(line, original, made)
        if not roots:
            missed.add(line)
        elif cut:
            recut |= roots
            pieces.add(line)
        else:
            reshaped |= dict.fromkeys(roots, line)
    return BoxChanges(
        found=found,
        standing=now,
        kept=kept,
        reshaped=reshaped,
        recut=frozenset(recut),
        pieces=frozenset(pieces),
        spurious=original - kept - recut - reshaped.keys(),
        missed=frozenset(missed),
    )


def _found(standing: Sequence[int], steps: Sequence[Step]) -> tuple[int, ...]:
    """What the reading that stands now had found: the first, or that of a page that was turned."""
    found = steps[0].before if steps else tuple(standing)
    found_before: dict[int, tuple[int, ...]] = {}
    for step in steps:
        found_before[step.number] = found
        if step.kind == EditKind.REREAD:
            found = step.after
        elif step.reverts is not None:
            found = found_before.get(step.reverts, found)
    return found


def _roots(line: int, original: frozenset[int], made: Mapping[int, Step]) -> tuple[set[int], bool]:
    """The found lines that a line comes from, and whether a split or a merge lies between."""
    roots: set[int] = set()
    cut = False
    open_lines = [line]
    while open_lines:
        one = open_lines.pop()
        if one in original:
            roots.add(one)
        elif (step := made.get(one)) is not None and step.kind != EditKind.ADD:
            cut = cut or step.kind in (EditKind.SPLIT, EditKind.MERGE)
            open_lines += set(step.before) - set(step.after)
    return roots, cut


def changes_of(pages: Collection[int]) -> dict[int, BoxChanges]:
    """What people made of the boxes of these pages, by page, in two queries.

    Edits of lines that are gone as a whole, since the document was filed under another type, are
    no matter of the page as it was read then.
    """
    steps: dict[int, list[Step]] = defaultdict(list)
    rows = LineEdit.objects.filter(task__page__in=pages).order_by("pk")
    for page_id, number, kind, before, after, reverts in rows.values_list(
        "task__page_id", "pk", "kind", "before", "after", "reverts_id"
    ):
        steps[page_id].append(Step(number, kind, tuple(before), tuple(after), reverts))
    standing: dict[int, list[int]] = defaultdict(list)
    for page_id, line_id in (
        Line.objects.filter(page__in=pages, retired_at__isnull=True)
        .order_by("page_id", "position")
        .values_list("page_id", "pk")
    ):
        standing[page_id].append(line_id)
    return {
        page: net_changes(
            standing[page],
            made if (made := steps[page]) and _leads_to(made, standing[page]) else (),
        )
        for page in pages
    }


def _leads_to(steps: Sequence[Step], standing: Sequence[int]) -> bool:
    return sorted(steps[-1].after) == sorted(standing)
