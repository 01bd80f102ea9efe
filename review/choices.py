"""What somebody who decides between two readings has chosen, line by line, and how it is kept."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser

from review.drafts import DraftEntry, save_drafts
from review.models import Draft, ReviewTask
from review.second import Difference
from review.states import WITHOUT_TEXT, Verdict
from review.text import clean_line, same_label

OTHER = "other"
MAX_TEXT = 10_000


@dataclass(frozen=True, slots=True)
class Choice:
    """One line's choice: "first", "second", "other" with `typed`, a verdict without text, or ""."""

    picked: str
    typed: str

    def meant(self, line: Difference) -> tuple[str, str]:
        """Text and verdict that it stands for; both empty where nothing is chosen."""
        if self.picked in ("first", "second"):
            label = line.first if self.picked == "first" else line.second
            return label.text, label.verdict
        if self.picked in WITHOUT_TEXT:
            return "", self.picked
        return (self.typed, "") if self.picked == OTHER else ("", "")

    def contradicts_itself(self, line: Difference) -> bool:
        """Whether something was typed while another reading was picked: neither may be dropped."""
        own = clean_line(self.typed)
        return self.picked not in ("", OTHER) and own not in ("", clean_line(line.first.text))


def read_choices(post: Mapping[str, str], lines: Iterable[Difference]) -> dict[int, Choice]:
    """The choices of a posted form; what is typed and nothing picked is meant as typed."""
    found = {}
    for line in lines:
        typed = post.get(f"line-{line.line.pk}-text", "").replace("\x00", "")[:MAX_TEXT]
        picked = post.get(f"line-{line.line.pk}", "")
        if picked not in ("first", "second", OTHER, *WITHOUT_TEXT):
            picked = ""
        if not picked and clean_line(typed) not in ("", clean_line(line.first.text)):
            picked = OTHER
        found[line.line.pk] = Choice(picked, typed)
    return found


def keep_choices(
    task: ReviewTask,
    user: AbstractBaseUser,
    lines: Iterable[Difference],
    choices: Mapping[int, Choice],
) -> None:
    """Keep what was chosen as the user's drafts, so that no refusal and no lost lease drops it."""
    known = dict(Draft.objects.of(task, user).values_list("line_id", "revision"))
    entries = []
    for line in lines:
        choice = choices.get(line.line.pk, Choice("", ""))
        text, verdict = choice.meant(line)
        if choice.contradicts_itself(line):
            text, verdict = choice.typed, ""
        if text or verdict:
            kept = verdict or Verdict.CORRECTED.value
            entries.append(DraftEntry(line.line.pk, text, kept, known.get(line.line.pk, 0)))
    save_drafts(task=task, user=user, entries=entries)


def kept_choices(
    task: ReviewTask, user: AbstractBaseUser, lines: Iterable[Difference]
) -> dict[int, Choice]:
    """What the user had chosen before, from their drafts."""
    drafts = {draft.line_id: draft for draft in Draft.objects.of(task, user)}
    found = {}
    for line in lines:
        draft = drafts.get(line.line.pk)
        if draft is None:
            continue
        for picked, label in (("first", line.first), ("second", line.second)):
            if same_label(draft.text, draft.verdict, label.text, label.verdict):
                found[line.line.pk] = Choice(picked, "")
                break
        else:
            without = draft.verdict in WITHOUT_TEXT
            found[line.line.pk] = Choice(draft.verdict if without else OTHER, draft.text)
    return found
