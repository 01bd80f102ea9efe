"""What the page of a set sends, checked before a service sees it."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import QueryDict

from review.proposals.alike import OFFERED


@dataclass(frozen=True, slots=True)
class AnswersSent:
    """Keys of the proposals that were shown and ticked, and of those that were only shown."""

    confirm: frozenset[int]
    refuse: frozenset[int]


def parse_answers(post: QueryDict) -> AnswersSent:
    """Read a sent set: what was shown and is not ticked is refused. What is no key is left out."""
    shown = _keys(post.getlist("shown"))
    ticked = _keys(post.getlist("confirm")) & shown
    return AnswersSent(confirm=ticked, refuse=shown - ticked)


def _keys(values: list[str]) -> frozenset[int]:
    known = (int(value) for value in values[:OFFERED] if value.isascii() and value.isdecimal())
    return frozenset(key for key in known if 0 < key < 2**63)
