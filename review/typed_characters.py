"""Characters that reviewers type and the model that reads their type cannot write, or has learnt.

Counted in the database over current labels; nothing is kept beside them.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from recognition.character_sets import block_of, contains
from recognition.models import DocumentType, Line, ModelVersion
from recognition.registry import active_model
from recognition.type_sets import dictionary_of
from review.models import Label

_INVISIBLE = ("Cf", "Zs", "Zl", "Zp")


@dataclass(frozen=True, slots=True)
class TypedCharacter:
    """One character of the labels: how often, when, and the line it was typed on last.

    `forbidden`: the type's character set leaves it out, so that it is never read, learnt or not.
    """

    character: str
    times: int
    lines: int
    first: datetime
    last: datetime
    example: Line | None
    forbidden: bool

    @property
    def shown(self) -> str:
        """The character, on a dotted circle where it combines; nothing where it is invisible."""
        category = unicodedata.category(self.character)
        if category in _INVISIBLE:
            return ""
        return f"\u25cc{self.character}" if category[0] == "M" else self.character

    @property
    def code_point(self) -> str:
        return f"U+{ord(self.character):04X}"

    @property
    def name(self) -> str:
        """As Unicode calls it; its block where it has no name."""
        return unicodedata.name(self.character, "") or f"({block_of(self.character)})"


@dataclass(frozen=True, slots=True)
class TypedCharacters:
    """What was typed beyond the model: `unknown` to it still, `learnt` since it was the base."""

    version: ModelVersion
    readable: bool
    unknown: tuple[TypedCharacter, ...]
    learnt: tuple[TypedCharacter, ...]


def typed_characters(document_type: DocumentType) -> TypedCharacters:
    """The type's typed characters against the model that reads it; the most frequent first.

    Not `readable` where the model's files are not on this machine. Raises NoModel.
    """
    version = active_model(document_type)
    known, first = set(dictionary_of(version)), set(dictionary_of(_base_of(version)))
    if not known:
        return TypedCharacters(version, readable=False, unknown=(), learnt=())
    found = [row for row in _counted(document_type) if row[0] not in known & first]
    examples = Line.objects.select_related("page").in_bulk([row[5] for row in found])
    typed = [
        TypedCharacter(
            *row[:5], examples.get(row[5]), not contains(document_type.character_set, row[0])
        )
        for row in found
    ]
    return TypedCharacters(
        version,
        readable=True,
        unknown=tuple(each for each in typed if each.character not in known),
        learnt=tuple(each for each in typed if each.character in known),
    )


def _counted(
    document_type: DocumentType,
) -> Iterator[tuple[str, int, int, datetime, datetime, int]]:
    """(character, times, lines, first, last, newest line) over the type's current labels."""
    labels = Label.objects.current().filter(line__page__document__document_type=document_type)
    sql, params = labels.values("line_id", "text", "created_at").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT letter, count(*), count(DISTINCT line_id), min(created_at), max(created_at),
                   (array_agg(line_id ORDER BY created_at DESC, line_id DESC))[1]
            FROM ({sql}) AS label, string_to_table(label.text, NULL) AS letter
            GROUP BY letter ORDER BY count(*) DESC, letter
            """,  # noqa: S608  the inner query is Django's own, its values are parameters
            params,
        )
        rows: Iterable[tuple[str, int, int, datetime, datetime, int]] = cursor.fetchall()
    # What training leaves out as well: the space, which every model has, and control characters.
    return (row for row in rows if row[0] != " " and unicodedata.category(row[0]) != "Cc")


def _base_of(version: ModelVersion) -> ModelVersion:
    while version.parent is not None:
        version = version.parent
    return version
