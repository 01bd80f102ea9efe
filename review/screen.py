"""What the review screen has beside the page's lines: keys, special characters, neighbours."""

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.core.cache import cache

from recognition.models import DocumentType
from review.edits import EditKind, LineEdit
from review.keys import KeyRow, key_table, keys_of
from review.models import Label, RefusedDraft, ReviewTask
from review.selectors import ReviewPage
from review.text import same_label

LEARNT_FROM = 3_000
"""Newest labels of a type whose characters are counted: as long as drawing a page's lines."""

KEPT = 600
"""Seconds that the special characters of a type are kept: they change with the weeks."""

PALETTE = 30
"""Special characters offered: as many as there are letters and digits to pick them by."""

UNDOABLE = 50
"""Changes of lines that undo goes back by after the page has been loaded again."""

OWN_KEYBOARD = 0.2
"""Share of a type's letters from which on a script is typed on a keyboard of its own."""

AROUND = 2
"""Pages before and after this one of which small pictures are shown."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A page of the same document."""

    id: int
    number: int
    here: bool


@dataclass(frozen=True, slots=True)
class Surroundings:
    """All that the screen shows beside the lines."""

    keys: Mapping[str, Sequence[KeyRow]]
    neighbours: tuple[Neighbour, ...]
    types: tuple[str, ...]
    data: Mapping[str, Any]


def surroundings(shown: ReviewPage, user: AbstractBaseUser) -> Surroundings:
    """What to show around a page that is reviewed, in a fixed number of queries."""
    task = shown.task
    document_type = task.page.document.document_type
    keys = keys_of(user)
    types = DocumentType.objects.visible_to(user).exclude(pk=document_type.pk)
    return Surroundings(
        keys=key_table(keys),
        neighbours=_neighbours(task),
        types=tuple(types.order_by("name").values_list("name", flat=True)[:100]),
        data={
            "keys": keys,
            "palette": palette_of(document_type),
            "refused": _refused(shown, user),
            "edits": _undoable(task, user),
        },
    )


def palette_of(document_type: DocumentType) -> list[str]:
    """The special characters of a type, counted anew every KEPT seconds."""
    key = f"review.palette.{document_type.pk}"
    return cache.get_or_set(key, lambda: special_characters(document_type), KEPT)  # type: ignore[return-value]


def special_characters(document_type: DocumentType) -> list[str]:
    """The most frequent characters of the type's labels that their typist's keyboard lacks."""
    texts = (
        Label.objects.current()
        .filter(line__page__document__document_type=document_type)
        .order_by("-pk")
        .values_list("text", flat=True)[:LEARNT_FROM]
    )
    counted = Counter(character for text in texts for character in text)
    scripts: Counter[str] = Counter()
    for character, number in counted.items():
        if character.isalpha():
            scripts[_script(character)] += number
    own = {name for name, number in scripts.items() if number > OWN_KEYBOARD * scripts.total()}
    return [
        character
        for character, _ in counted.most_common()
        if not character.isascii()
        and unicodedata.category(character)[0] not in "CZ"
        and (_script(character) == "LATIN" or _script(character) not in own)
    ][:PALETTE]


def _script(character: str) -> str:
    """The first word of the character's name, which for letters is their script's."""
    return unicodedata.name(character, "").partition(" ")[0]


def _undoable(task: ReviewTask, user: AbstractBaseUser) -> list[int]:
    """Changes of lines that can still be taken back, the newest last, for a page loaded again."""
    stack: list[LineEdit] = []
    for edit in LineEdit.objects.filter(task=task).order_by("pk"):
        if edit.kind == EditKind.REVERT and stack and stack[-1].pk == edit.reverts_id:
            stack.pop()
        elif edit.reviewer_id == user.pk:
            stack.append(edit)
        else:
            stack.clear()  # what another person did before is theirs
    return [edit.pk for edit in stack[-UNDOABLE:]]


def _neighbours(task: ReviewTask) -> tuple[Neighbour, ...]:
    number = task.page.number
    rows = task.page.document.pages.filter(
        number__gte=number - AROUND, number__lte=number + AROUND
    ).order_by("number")
    found = [Neighbour(pk, at, at == number) for pk, at in rows.values_list("pk", "number")]
    return tuple(found) if len(found) > 1 else ()


def _refused(shown: ReviewPage, user: AbstractBaseUser) -> list[dict[str, Any]]:
    """What the reviewer typed in another window and that was not taken: theirs to choose."""
    lines = {line.id: line for line in shown.lines}
    return [
        {"id": row.pk, "line_id": row.line_id, "text": row.text, "verdict": row.verdict}
        for row in RefusedDraft.objects.of(shown.task, user)
        if (line := lines.get(row.line_id))
        and not same_label(row.text, row.verdict, line.text, line.verdict)
    ]
