"""What a correction changed, piece by piece, and texts with such pieces put in."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rapidfuzz.distance import Levenshtein

from review.confusions import LONGEST


@dataclass(frozen=True, slots=True)
class Piece:
    """`seen` stands in the read text from `start` (in code points), and `stands` should.

    `seen` is never empty: where a character was dropped, one beside it belongs to both.
    """

    start: int
    seen: str
    stands: str

    @property
    def end(self) -> int:
        return self.start + len(self.seen)


def changed_pieces(read: str, said: str) -> list[Piece]:
    """The short changes that lead from what was read to what a person said, from the left.

    Changes that touch are one. Longer ones than a confusion has are another kind of fault, and
    left out.
    """
    found: list[Piece] = []
    for start, end, new_start, new_end in _changes(read, said):
        seen, stands = read[start:end], said[new_start:new_end]
        if len(seen) > LONGEST or len(stands) > LONGEST:
            continue
        if not seen:
            beside = _beside(read, start)
            if beside is None:
                continue
            start, seen = beside, read[beside]
            stands = seen + stands if beside < end else stands + seen
        found.append(Piece(start, seen, stands))
    return found


def with_pieces(text: str, pieces: Iterable[Piece]) -> str:
    """The text with every piece put right; one that does not fit, or overlaps, is passed over."""
    done, parts = 0, []
    for piece in sorted(pieces, key=lambda each: (each.start, each.seen)):
        if piece.start >= done and text[piece.start : piece.end] == piece.seen:
            parts += [text[done : piece.start], piece.stands]
            done = piece.end
    return "".join([*parts, text[done:]])


def word_around(text: str, piece: Piece) -> tuple[int, int]:
    """From where to where the word goes that the piece stands in, without punctuation around it."""
    start, end = piece.start, piece.end
    while start > 0 and _of_word(text[start - 1]):
        start -= 1
    while end < len(text) and _of_word(text[end]):
        end += 1
    return start, end


def places_of_word(text: str, word: str) -> list[int]:
    """Where the word stands in the text and is not a part of a longer one."""
    found = []
    place = text.find(word)
    while place >= 0:
        before, after = text[place - 1 : place], text[place + len(word) : place + len(word) + 1]
        if not (_of_word(before) or _of_word(after)):
            found.append(place)
        place = text.find(word, place + 1)
    return found


def extent(characters: Sequence[Sequence[Any]], start: int, end: int) -> tuple[float, float]:
    """Where the characters from `start` to `end` stand, as a share of the crop's width.

    `characters` are a prediction's. A recogniser fires in the middle of a character, so each
    reaches half way to its neighbours. (0, 0) where the line has no such characters.
    """
    index, inside, before, after = 0, [], 0.0, 1.0
    for text, _, left, right, *_ in characters:
        reach = index + len(text)
        if reach <= start:
            before = max(before, right)
        elif index < end:
            inside += [left, right]
        else:
            after = min(after, left)
        index = reach
    if not inside:
        return 0.0, 0.0
    left, right = min(inside), max(inside)
    if before > left or after < right:  # text that runs the other way
        return left, right
    return (before + left) / 2, (right + after) / 2


def _changes(read: str, said: str) -> list[tuple[int, int, int, int]]:
    """Where the two differ: start and end in the one, start and end in the other."""
    found: list[tuple[int, int, int, int]] = []
    for step in Levenshtein.opcodes(read, said):
        if step.tag == "equal":
            continue
        place = (step.src_start, step.src_end, step.dest_start, step.dest_end)
        if found and found[-1][1] == place[0] and found[-1][3] == place[2]:
            place = (found[-1][0], place[1], found[-1][2], place[3])
            found.pop()
        found.append(place)
    return found


def _of_word(character: str) -> bool:
    """Letters, digits, and the marks upon them; never for no character."""
    return character.isalnum() or (character != "" and unicodedata.category(character)[0] == "M")


def _beside(text: str, place: int) -> int | None:
    """A character beside a gap: that before it, or after it where a word begins there."""
    if place > 0 and not text[place - 1].isspace():
        return place - 1
    if place < len(text) and not text[place].isspace():
        return place
    return None
