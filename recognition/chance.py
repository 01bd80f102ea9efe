"""Chance that is the same for ever: what a hash says of a name."""

import hashlib


def chance(salt: object, name: object) -> float:
    """A number in [0, 1) that looks drawn at random, evenly spread over names for each salt.

    52 bits of the SHA-256 of "salt:name", which migration 0012 of review computes in SQL.
    """
    digest = hashlib.sha256(f"{salt}:{name}".encode()).hexdigest()
    return int(digest[:13], 16) / 16**13
