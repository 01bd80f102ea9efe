"""Tokens of leases."""

import uuid


def new_token() -> uuid.UUID:
    """A token nobody can guess, for a lease."""
    return uuid.uuid4()
