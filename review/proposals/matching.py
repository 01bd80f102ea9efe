"""Where in other readings the same may have been misread: by its word, or by its alternatives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from review.proposals.pieces import Piece, changed_pieces, places_of_word, word_around

SHORTEST_WORD = 4
"""Characters; shorter words are right in too many other places (docs/measurements/proposals.md)."""


@dataclass(frozen=True, slots=True)
class Correction:
    """A corrected line: what was read on it, and the one piece that was changed."""

    read: str
    piece: Piece

    @property
    def word(self) -> tuple[str, int]:
        """The misread word, and where in it the piece begins; ("", 0) where it is no word."""
        start, end = word_around(self.read, self.piece)
        word = self.read[start:end]
        return (word, self.piece.start - start) if len(word) >= SHORTEST_WORD else ("", 0)


@dataclass(frozen=True, slots=True)
class Confusion:
    """What is read for what, and the corrections that said so."""

    seen: str
    stands: str
    corrections: tuple[Correction, ...]
    right: frozenset[tuple[str, int]] = frozenset()

    @property
    def words(self) -> frozenset[tuple[str, int]]:
        """The misread words, each with where in it the piece begins."""
        return frozenset(each.word for each in self.corrections if each.word[0]) - self.right

    def but_not(self, right: Iterable[tuple[str, int]]) -> Confusion:
        """The same without words that stand so in other lines: there they were read right."""
        return replace(self, right=self.right | frozenset(right))


def confusions_in(pairs: Iterable[tuple[str, str]]) -> list[Confusion]:
    """The confusions among (what was read, what a person said), in the order of their finding.

    A space is no piece that a picture tells: what was only joined or parted is left out.
    """
    found: dict[tuple[str, str], list[Correction]] = {}
    for read, said in pairs:
        for piece in changed_pieces(read, said):
            if any(character.isspace() for character in piece.seen + piece.stands):
                continue
            found.setdefault((piece.seen, piece.stands), []).append(Correction(read, piece))
    return [Confusion(*key, tuple(corrections)) for key, corrections in found.items()]


def places(text: str, characters: Sequence[Sequence[Any]], confusion: Confusion) -> list[Piece]:
    """Where the reading may have the confusion: the same misread word, or a doubtful character.

    A doubtful character is one that was read the same, is weak, and has what stands there among
    its alternatives. `characters` are the prediction's.
    """
    found = {
        place + offset for word, offset in confusion.words for place in places_of_word(text, word)
    }
    index = 0
    for character, _, _, _, alternatives in characters:
        if character == confusion.seen and any(
            other == confusion.stands for other, _ in alternatives
        ):
            found.add(index)
        index += len(character)
    return [Piece(start, confusion.seen, confusion.stands) for start in sorted(found)]
