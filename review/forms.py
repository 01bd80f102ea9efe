"""What the review screen sends, checked before a service sees it."""

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms

from recognition.forms import accuracy_field
from review.choices import PICKS, Choice
from review.drafts import DraftEntry
from review.exceptions import MalformedDrafts
from review.models import Label
from review.second import Difference
from review.services import LineEntry, as_drafts
from review.states import Verdict
from review.text import MAX_TEXT, TOO_LONG

VERDICTS = frozenset(Verdict.values)


class TokenForm(forms.Form):
    """The lease under which something is asked for."""

    token = forms.UUIDField()


class HeartbeatForm(TokenForm):
    """Somebody is there: under which lease, and whom the screen was made for, if it says so."""

    user = forms.IntegerField(required=False)


class LeaveForm(TokenForm):
    """A window is closed: the lease, and its end as that window knows it."""

    end = forms.DateTimeField()


class ReasonForm(TokenForm):
    """Skipping or flagging a page: the lease, and why."""

    reason = forms.CharField(max_length=500)


class ReopenForm(forms.Form):
    """Opening a page again: why."""

    reason = forms.CharField(
        max_length=500, label="Why", widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


class RestoreForm(forms.Form):
    """Which version of a line is to count again, and which one the person saw counting."""

    known = forms.IntegerField(min_value=1)
    label = forms.IntegerField(min_value=1, required=False)
    prediction = forms.IntegerField(min_value=1, required=False)


class TargetForm(forms.Form):
    """An accuracy target, or none: the type's own threshold decides."""

    target = accuracy_field(label="Accuracy target, in per cent", help_text="")


@dataclass(frozen=True, slots=True)
class Submission:
    """A submitted page. `revisions` holds, by line, the draft that the screen last knew.

    `user_id` is whom the screen was made for, and `said` the newest label that it knew; None where
    the form does not say.
    """

    user_id: int | None
    token: UUID | None
    seconds: float
    entries: Mapping[int, LineEntry]
    revisions: Mapping[int, int]
    said: int | None

    def drafts(self) -> list[DraftEntry]:
        """The same lines as drafts."""
        return as_drafts(self.entries, self.revisions)


@dataclass(frozen=True, slots=True)
class DraftsSent:
    """Drafts as a browser sent them, and the user it believes to be.

    `refused` are lines that cannot be kept as they stand, and why: they are not among `entries`.
    """

    user_id: int
    entries: tuple[DraftEntry, ...]
    refused: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class ChoicesSent:
    """A screen of an adjudicator's choices; `shown` are the labels they saw counting, by line."""

    token: UUID
    choices: Mapping[int, Choice]
    shown: Mapping[int, int]
    revisions: Mapping[int, int]

    def drafts(self) -> list[DraftEntry]:
        """The same as drafts; lines on which nothing is chosen are left out."""
        return [
            DraftEntry(line, *each.draft, self.revisions.get(line, 0))
            for line, each in self.choices.items()
            if each.draft is not None
        ]


def parse_submission(post: Mapping[str, str], line_ids: Iterable[int]) -> Submission:
    """Read a submitted form; a line it does not carry is left out, a bad token is None."""
    entries = {}
    for line_id in line_ids:
        text = post.get(f"line-{line_id}-text")
        if text is None:
            continue
        text = text.replace("\x00", "")  # a character that no database takes
        verdict = post.get(f"line-{line_id}-verdict", "")
        entries[line_id] = LineEntry(text, verdict if verdict in VERDICTS else Verdict.CORRECTED)
    return Submission(
        user_id=_number(post.get("user", "")),
        token=_token(post.get("token", "")),
        seconds=_seconds(post.get("seconds", "")),
        entries=entries,
        revisions=_revisions(post.get("revisions", "")),
        said=_number(post.get("said", "")),
    )


def parse_choices(
    post: Mapping[str, str], lines: Iterable[Difference], seen: Mapping[int, Label]
) -> ChoicesSent:
    """Read what an adjudicator chose on each line that the form carries.

    `seen` are the labels that counted when the screen was made, by key: a choice of "the first
    reading" means the one that was shown.
    """
    choices, shown = {}, {}
    for each in lines:
        name = f"line-{each.line.pk}"
        text, picked = post.get(f"{name}-text"), post.get(name, "")
        if text is None and not picked:
            continue
        first = seen.get(_key(post.get(f"{name}-seen", "")), each.first)
        if first.line_id != each.line.pk:
            first = each.first
        shown[each.line.pk] = first.pk
        choices[each.line.pk] = Choice(
            picked if picked in PICKS else "",
            first.text if text is None else text.replace("\x00", ""),
            (first.text, first.verdict),
            (each.second.text, each.second.verdict),
        )
    token = _token(post.get("token", "")) or UUID(int=0)
    return ChoicesSent(token, choices, shown, _revisions(post.get("revisions", "")))


def labels_seen(post: Mapping[str, str]) -> list[int]:
    """The keys of the labels that counted when the screen was made."""
    named = [value for name, value in post.items() if re.fullmatch(r"line-[0-9]{1,10}-seen", name)]
    return [key for key in map(_key, named) if key]


def parse_drafts(body: bytes) -> DraftsSent:
    """Read posted drafts; a line that is too long keeps no other from being stored.

    Raises MalformedDrafts.
    """
    try:
        sent = json.loads(body)
        user, entries = _whole(sent["user"]), [_draft(entry) for entry in sent["entries"]]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise MalformedDrafts("The drafts could not be understood; nothing was stored.") from error
    refused = {each.line_id: TOO_LONG for each in entries if len(each.text) > MAX_TEXT}
    return DraftsSent(user, tuple(each for each in entries if len(each.text) <= MAX_TEXT), refused)


def _draft(entry: Any) -> DraftEntry:
    text, verdict = entry["text"], entry["verdict"]
    if not isinstance(text, str) or "\x00" in text:
        raise ValueError("text")
    text.encode()  # a lone surrogate, which no database takes, is an error here
    return DraftEntry(
        _whole(entry["line_id"]), text, Verdict(verdict).value, _whole(entry["revision"])
    )


def _whole(value: Any) -> int:
    """A whole number that fits the database's keys."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**31:
        raise ValueError("not a number")
    return value


def _key(text: str) -> int:
    """A key as a form carries it; 0, which none is, where it is not one."""
    return _number(text) or 0


def _number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,10}", text) else None


def _token(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        return 0.0
    return seconds if math.isfinite(seconds) else 0.0


def _revisions(text: str) -> dict[int, int]:
    """From `12:3 15:1` (line and revision); parts that are none are passed over."""
    found = re.findall(r"(?<!\S)([0-9]{1,10}):([0-9]{1,10})(?!\S)", text)
    return {int(line): int(revision) for line, revision in found}
