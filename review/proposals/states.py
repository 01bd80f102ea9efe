"""States of a proposal, and the only moves between them."""

from collections.abc import Mapping

from django.db import models


class ProposalStatus(models.TextChoices):
    OPEN = "open", "Open"
    CONFIRMED = "confirmed", "Confirmed"
    REFUSED = "refused", "Refused"
    EXPIRED = "expired", "Expired"  # the line was labelled or read again, or its source withdrawn


PROPOSAL_MOVES: Mapping[str, frozenset[str]] = {
    ProposalStatus.OPEN: frozenset({ProposalStatus.CONFIRMED, ProposalStatus.REFUSED}),
    ProposalStatus.CONFIRMED: frozenset({ProposalStatus.OPEN}),
    ProposalStatus.REFUSED: frozenset({ProposalStatus.OPEN}),
    ProposalStatus.EXPIRED: frozenset({ProposalStatus.OPEN}),
}
"""From target state to the states it may be reached from; to open again only by an undo."""
