"""Which part a document has in a canary's trial: pure, by hash, and the same for ever."""

from enum import StrEnum
from uuid import UUID

from recognition.chance import chance

MOST = 0.5
"""The largest share. The canary's part and the part it is compared on are equally large."""


class Part(StrEnum):
    """What a canary has to do with a document."""

    CANARY = "canary"  # the canary reads it, the model in service reads along
    CONTROL = "control"  # the model in service reads it, the canary reads along
    NEITHER = "neither"


def part_of(document_sha256: str, salt: UUID, share: float) -> Part:
    """The part of a document at a share above 0 and up to a half.

    A larger share keeps every document in the part that a smaller one gave it.
    """
    place = chance(salt, document_sha256)
    if place < share:
        return Part.CANARY
    return Part.CONTROL if place >= 1 - share else Part.NEITHER
