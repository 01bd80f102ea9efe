"""Which split a document belongs to: by its hash, for ever, whatever else is in the set."""

from __future__ import annotations

import hashlib
from typing import Literal

Split = Literal["train", "validation", "test"]

TRAIN_PERCENT = 70
VALIDATION_PERCENT = 10
"""The rest, 20 of 100, is the test split."""

# Part of every hash. Changing it would move documents between splits, and with them test labels
# into training: it must stay as it is.
_SALT = "split-1:"


def split_of(document_sha256: str) -> Split:
    """The split of a document, from its SHA-256 (hex, either case) alone.

    A document's pages, lines and labels share it. The hash is hashed once more, so that a split
    says nothing else about the document's bytes.
    """
    digest = hashlib.sha256((_SALT + document_sha256.lower()).encode()).digest()
    place = int.from_bytes(digest[:8], "big") % 100
    if place < TRAIN_PERCENT:
        return "train"
    return "validation" if place < TRAIN_PERCENT + VALIDATION_PERCENT else "test"
