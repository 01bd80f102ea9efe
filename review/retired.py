"""How a page's lines were changed, and the lines that stand on it no longer, with their text."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser

from recognition.models import Line, Page, Prediction
from review.edits import LineEdit
from review.models import Draft, Label, RefusedDraft
from review.plants import unplanted_texts
from review.states import WITHOUT_TEXT, Verdict


@dataclass(frozen=True, slots=True)
class RetiredLine:
    """A line that was deleted or has another shape now, and what it said last."""

    line: Line
    text: str
    by: str


@dataclass(frozen=True, slots=True)
class LineChanges:
    """All that was done to a page's lines beside their text, newest first."""

    edits: tuple[LineEdit, ...]
    retired: tuple[RetiredLine, ...]


def line_changes(page: Page, user: AbstractBaseUser, *, admin: bool) -> LineChanges:
    """The changes, in a fixed number of queries.

    Of drafts a reviewer sees their own alone, of labels none that would spoil a blind reading.
    """
    edits = tuple(
        LineEdit.objects.filter(task__page=page).select_related("reviewer").order_by("-pk")
    )
    lines = list(page.lines.filter(retired_at__isnull=False).order_by("retired_at", "position"))
    if not lines:
        return LineChanges(edits, ())
    drafts = Draft.objects.filter(line__in=lines).select_related("reviewer").order_by("saved_at")
    labels = Label.objects.filter(line__in=lines).select_related("reviewer").order_by("pk")
    if not admin:
        drafts = drafts.filter(reviewer_id=user.pk)
        labels = labels.unspoilt_for(user)
    read = Prediction.objects.filter(line__in=lines).select_related("model_version").order_by("pk")
    said: Mapping[int, tuple[str, str]] = {
        **{row.line_id: (row.text, row.model_version.name) for row in read.defer("characters")},
        **{row.line_id: _said(row, row.text) for row in labels},
        **{row.line_id: _said(row, text) for row, text in unplanted_texts(drafts).items()},
    }
    nothing = ("", "")
    return LineChanges(
        edits, tuple(RetiredLine(line, *said.get(line.pk, nothing)) for line in lines)
    )


def _said(row: Label | Draft | RefusedDraft, text: str) -> tuple[str, str]:
    if row.verdict in WITHOUT_TEXT:
        text = f"({Verdict(row.verdict).label.lower()})"
    return text, row.reviewer.get_username()
