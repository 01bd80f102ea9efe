"""What an adjudicator chooses on one line, as the screen has it, as it counts, and as a draft."""

from dataclasses import dataclass
from typing import Self

from rapidfuzz.distance import Levenshtein

from review.states import WITHOUT_TEXT, Verdict
from review.text import clean_line, same_label

READINGS = ("first", "second")
OTHER = "other"
PICKS = frozenset({*READINGS, OTHER, *WITHOUT_TEXT})

OPEN = "Choose one of the two, or type what the line says."
BOTH = (
    "You chose {} and typed something else: choose one. "
    "To keep what you chose, put the text back or empty the field."
)
_NAMES = {
    "first": "the first reading",
    "second": "the second reading",
    Verdict.ILLEGIBLE: "“Illegible”",
    Verdict.NOT_TEXT: "“Not text”",
}

Said = tuple[str, str]
"""A text and a verdict, as a label has them."""
Parts = list[tuple[str, bool]]
"""A text in pieces, each with whether the other reading lacks it."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of the screen: which button is picked (or none), and what stands in the field.

    The field begins with the first reading's text.
    """

    picked: str
    text: str
    first: Said
    second: Said

    @property
    def typed(self) -> bool:
        """Whether the field holds something that a person put there."""
        return clean_line(self.text) not in ("", clean_line(self.first[0]))

    @property
    def both(self) -> bool:
        """Whether a button and the field say different things."""
        return self.typed and self.picked not in ("", OTHER)

    @property
    def fault(self) -> str:
        """What keeps this from counting; empty where nothing does."""
        if self.both:
            return BOTH.format(_NAMES[self.picked])
        return "" if self.said else OPEN

    @property
    def said(self) -> Said | None:
        """What counts if this is decided; None where nothing does."""
        if self.both:
            return None
        if self.picked in READINGS:
            return self.first if self.picked == "first" else self.second
        if self.picked in WITHOUT_TEXT:
            return "", self.picked
        if self.picked == OTHER or self.typed:
            return (self.text, Verdict.CORRECTED) if clean_line(self.text) else None
        return None

    @property
    def draft(self) -> Said | None:
        """This as a draft, from which `of_draft` makes it again; None where there is nothing.

        A field that contradicts the reading picked is kept with the verdict "confirmed", which no
        other choice has: it comes back with its fault, never as a choice that nobody made.
        """
        if self.picked in WITHOUT_TEXT:
            return (self.text if self.typed else ""), self.picked
        if self.both:
            return self.text, Verdict.CONFIRMED
        if self.picked in READINGS:
            text, verdict = self.first if self.picked == "first" else self.second
            return text, verdict if verdict in WITHOUT_TEXT else Verdict.CORRECTED
        if self.picked == OTHER or self.typed:
            return self.text, Verdict.CORRECTED
        return None

    @classmethod
    def of_draft(cls, text: str, verdict: str, first: Said, second: Said) -> Self:
        """What was chosen, from the draft kept of it."""
        if verdict == Verdict.CONFIRMED:
            return cls("", text, first, second)
        if verdict in WITHOUT_TEXT:
            if text:
                return cls(verdict, text, first, second)
            for name, reading in zip(READINGS, (first, second), strict=True):
                if reading[1] == verdict:
                    return cls(name, first[0], first, second)
            return cls(verdict, first[0], first, second)
        for name, reading in zip(READINGS, (first, second), strict=True):
            if same_label(text, verdict, *reading):
                return cls(name, first[0], first, second)
        return cls(OTHER, text, first, second)


def told_apart(first: str, second: str) -> tuple[Parts, Parts]:
    """Both texts in pieces, those marked that the other lacks."""
    here: Parts = []
    there: Parts = []
    for step in Levenshtein.opcodes(first, second):
        differs = step.tag != "equal"
        _add(here, first[step.src_start : step.src_end], differs)
        _add(there, second[step.dest_start : step.dest_end], differs)
    return here, there


def _add(parts: Parts, text: str, differs: bool) -> None:
    if text:
        parts.append((text, differs))
