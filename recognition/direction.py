"""Between the order in which characters stand on a line and the order in which they are read.

The recogniser sees a line from left to right. Text is stored in logical order, the order of
reading and typing, so a line of Hebrew or Arabic is turned round after recognition, and before
training. The rules are those that a single line needs: where most letters are right-to-left the
line runs to the left as a whole, with its left-to-right stretches (Latin, numbers) kept; elsewhere
right-to-left stretches are turned in place.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

_RIGHT_TO_LEFT = frozenset({"R", "AL"})
_LEFT_TO_RIGHT = frozenset({"L", "EN", "AN"})
_OPENING, _CLOSING = "([{<\u00ab\u2039", ")]}>\u00bb\u203a"
_MIRROR = str.maketrans(_OPENING + _CLOSING, _CLOSING + _OPENING)


def is_right_to_left(texts: Iterable[str]) -> bool:
    """Whether most letters of the texts belong to a right-to-left script."""
    balance = 0
    for text in texts:
        for character in text:
            kind = unicodedata.bidirectional(character)
            balance += (kind in _RIGHT_TO_LEFT) - (kind == "L")
    return balance > 0


def turned_order(texts: Sequence[str]) -> list[tuple[int, bool]]:
    """The characters of a line in the other order: from visual to logical, or back.

    Gives for each place the position it comes from, and whether it stands in a right-to-left
    stretch, where brackets are drawn mirrored. A line without right-to-left letters stays as it
    is. Applied twice, it gives the first order again.
    """
    kinds = [_kind(text) for text in texts]
    if "R" not in kinds:
        return [(position, False) for position in range(len(kinds))]
    main = "R" if is_right_to_left(texts) else "L"
    runs = _runs(kinds, main)
    if main == "R":
        runs.reverse()
    return [
        (position, kind == "R")
        for kind, run in runs
        for position in (reversed(run) if kind == "R" else run)
    ]


def mirrored(text: str) -> str:
    """The text with each bracket replaced by the one drawn for it in a right-to-left stretch."""
    return text.translate(_MIRROR)


def turn(text: str) -> str:
    """A whole line from logical to visual order, or back, brackets mirrored where they must be."""
    return "".join(
        mirrored(text[position]) if turned else text[position]
        for position, turned in turned_order(text)
    )


def _kind(text: str) -> str:
    """R, L or N (neutral) for the text of one output class of the recogniser."""
    kinds = {unicodedata.bidirectional(character) for character in text}
    if kinds & _RIGHT_TO_LEFT:
        return "R"
    return "L" if kinds & _LEFT_TO_RIGHT else "N"


def _runs(kinds: Sequence[str], main: str) -> list[tuple[str, list[int]]]:
    """Stretches of one direction; neutrals between equals join them, others follow `main`."""
    resolved = list(kinds)
    position = 0
    while position < len(resolved):
        if resolved[position] != "N":
            position += 1
            continue
        end = position
        while end < len(resolved) and resolved[end] == "N":
            end += 1
        before = resolved[position - 1] if position else main
        after = resolved[end] if end < len(resolved) else main
        resolved[position:end] = [before if before == after else main] * (end - position)
        position = end
    runs: list[tuple[str, list[int]]] = []
    for index, kind in enumerate(resolved):
        if runs and runs[-1][0] == kind:
            runs[-1][1].append(index)
        else:
            runs.append((kind, [index]))
    return runs
