"""How far a text is from the truth: characters, words, lines."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein


def edits(truth: str, text: str) -> int:
    """Least number of characters to insert, delete or replace to get from one to the other."""
    return Levenshtein.distance(truth, text)


def word_edits(truth: str, text: str) -> int:
    """The same, counted in words; words are what white space separates."""
    return Levenshtein.distance(truth.split(), text.split())


@dataclass(frozen=True, slots=True)
class Score:
    """Summed errors over lines. Rates are None where there is nothing to divide by.

    A rate may exceed 1: insertions count as errors, but not as truth.
    """

    lines: int = 0
    exact: int = 0
    characters: int = 0
    character_edits: int = 0
    words: int = 0
    word_edits: int = 0

    @property
    def cer(self) -> float | None:
        """Character error rate: edits per character of truth."""
        return self.character_edits / self.characters if self.characters else None

    @property
    def wer(self) -> float | None:
        """Word error rate: word edits per word of truth."""
        return self.word_edits / self.words if self.words else None

    @property
    def exact_share(self) -> float | None:
        """Share of lines without any error."""
        return self.exact / self.lines if self.lines else None

    def __add__(self, other: Score) -> Score:
        return Score(
            lines=self.lines + other.lines,
            exact=self.exact + other.exact,
            characters=self.characters + other.characters,
            character_edits=self.character_edits + other.character_edits,
            words=self.words + other.words,
            word_edits=self.word_edits + other.word_edits,
        )


def score(pairs: Iterable[tuple[str, str]]) -> Score:
    """Score (truth, text) pairs, one for each line, exactly as they are: no case, no folding."""
    total = Score()
    for truth, text in pairs:
        total += Score(
            lines=1,
            exact=int(truth == text),
            characters=len(truth),
            character_edits=edits(truth, text),
            words=len(truth.split()),
            word_edits=word_edits(truth, text),
        )
    return total


def cer(pairs: Iterable[tuple[str, str]]) -> float | None:
    """Character error rate of (truth, text) pairs; None without any truth."""
    return score(pairs).cer


def wer(pairs: Iterable[tuple[str, str]]) -> float | None:
    """Word error rate of (truth, text) pairs; None without any truth."""
    return score(pairs).wer
