"""What the screen shows on which an adjudicator decides between two readings."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser

from recognition.models import Line
from review.choices import Choice, Parts, told_apart
from review.models import Draft, Label, RefusedDraft, ReviewTask
from review.second import Difference, both_readings
from review.states import WITHOUT_TEXT, Verdict
from review.text import MAX_TEXT, same_label


@dataclass(frozen=True, slots=True)
class DecideLine:
    """A line with both readings, what is chosen on it so far, and what is wrong with that.

    `beside` are other versions of the same person's, from another window.
    """

    line: Line
    first: Label
    second: Label
    first_parts: Parts
    second_parts: Parts
    choice: Choice
    fault: str
    revision: int
    beside: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SettledLine:
    """A line that needs no decision any more, on which something else was chosen than counts."""

    line: Line
    counts: Label
    chosen: str
    fault: str


@dataclass(frozen=True, slots=True)
class DecidePage:
    """A held adjudication with all its lines."""

    task: ReviewTask
    lines: tuple[DecideLine, ...]
    settled: tuple[SettledLine, ...]
    max_text: int = MAX_TEXT

    @property
    def faults(self) -> int:
        return sum(1 for each in self.lines if each.fault) + len(self.settled)

    @property
    def revisions(self) -> str:
        """The drafts the screen knows, as `forms.parse_choices` reads them."""
        return " ".join(f"{each.line.pk}:{each.revision}" for each in self.lines if each.revision)


def decide_page(
    task: ReviewTask,
    user: AbstractBaseUser,
    sent: Mapping[int, Choice] | None = None,
    faults: Mapping[int, str] | None = None,
) -> DecidePage:
    """The screen as it was sent, with its faults; else as the user's draft has it."""
    task.refresh_from_db()
    drafts = {draft.line_id: draft for draft in Draft.objects.of(task, user)}
    beside: dict[int, list[tuple[str, str]]] = {}
    for row in RefusedDraft.objects.of(task, user).order_by("pk"):
        beside.setdefault(row.line_id, []).append((row.text, row.verdict))
    lines, settled = [], []
    for each in both_readings(task):
        line = each.line.pk
        fault = (faults or {}).get(line, "")
        said = (each.first.text, each.first.verdict)
        theirs = (each.second.text, each.second.verdict)
        if same_label(*said, *theirs):
            if fault and sent and line in sent:
                chosen = sent[line].draft or ("", "")
                settled.append(SettledLine(each.line, each.first, _shown(*chosen), fault))
            continue
        draft = drafts.get(line)
        if sent is not None and line in sent:
            choice = _on(sent[line], said, theirs)
        elif draft is not None:
            choice = Choice.of_draft(draft.text, draft.verdict, said, theirs)
            if draft.verdict == Verdict.CONFIRMED:
                fault = fault or "You chose one of the two and typed something else: choose one."
        else:
            choice = Choice("", each.first.text, said, theirs)
        here = choice.draft
        others = [
            _shown(text, verdict)
            for text, verdict in (
                *beside.get(line, ()),
                *([(draft.text, draft.verdict)] if draft is not None else ()),
            )
            if here is None or not same_label(text, verdict, *here)
        ]
        lines.append(_line(each, choice, fault, draft.revision if draft else 0, others))
    return DecidePage(task, tuple(lines), tuple(settled))


def _line(
    each: Difference, choice: Choice, fault: str, revision: int, others: list[str]
) -> DecideLine:
    parts = told_apart(each.first.text, each.second.text)
    return DecideLine(
        each.line, each.first, each.second, *parts, choice, fault, revision,
        tuple(dict.fromkeys(others)),
    )  # fmt: skip


def _on(choice: Choice, first: tuple[str, str], second: tuple[str, str]) -> Choice:
    """The choice over what counts now: a first reading that counts no more is one's own words."""
    if choice.first == first or choice.both or choice.draft is None:
        return Choice(choice.picked, choice.text, first, second)
    return Choice.of_draft(*choice.draft, first, second)


def _shown(text: str, verdict: str) -> str:
    return str(Verdict(verdict).label) if verdict in WITHOUT_TEXT else text
