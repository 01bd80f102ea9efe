"""Which part a document has in a canary's trial: pure, by hash, and the same for ever."""

import hashlib
from enum import StrEnum
from uuid import UUID

MOST = 0.5
"""The largest share. The canary's part and the part it is compared on are equally large."""


class Part(StrEnum):
    """What a canary has to do with a document."""

    CANARY = "canary"  # the canary reads it, the model in service reads along
    CONTROL = "control"  # the model in service reads it, the canary reads along
    NEITHER = "neither"


def place_of(document_sha256: str, salt: UUID) -> float:
    """Where a document stands, from 0 to below 1; evenly spread over documents, for each salt."""
    digest = hashlib.sha256(f"{salt} {document_sha256}".encode()).digest()
    return (int.from_bytes(digest[:8]) >> 11) / 2**53  # as many bits as a float holds


def part_of(document_sha256: str, salt: UUID, share: float) -> Part:
    """The part of a document at a share above 0 and up to a half.

    A larger share keeps every document in the part that a smaller one gave it.
    """
    place = place_of(document_sha256, salt)
    if place < share:
        return Part.CANARY
    return Part.CONTROL if place >= 1 - share else Part.NEITHER
