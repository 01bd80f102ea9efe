"""What can go wrong in review, each with a stable code and a sentence that says what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from review.drafts import DraftConflict


class ReviewError(Exception):
    """The root of this app's errors."""

    code = "review_error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class LeaseLost(ReviewError):
    """The task is not held under this token (any more): someone else has it, or it is done."""

    code = "lease_lost"


class InvalidSubmission(ReviewError):
    """Some lines cannot be taken as they stand; `lines` tells which and why.

    `said` is the newest label that these faults know of: who sends the page again has seen it.
    """

    code = "invalid_submission"

    def __init__(self, lines: Mapping[int, str], said: int = 0) -> None:
        super().__init__(
            f"{len(lines)} line{'s' if len(lines) != 1 else ''} cannot be submitted as they stand."
        )
        self.lines = dict(lines)
        self.said = said


class NewerDrafts(ReviewError):
    """Another window of the same person wrote lines that this submit would label over."""

    code = "draft_conflict"

    def __init__(self, conflicts: Sequence[DraftConflict]) -> None:
        super().__init__(
            "In another window you wrote something else on some lines. Choose, and submit again."
        )
        self.conflicts = tuple(conflicts)


class NotReopenable(ReviewError):
    """Only a page that is reviewed or accepted can be opened again."""

    code = "not_reopenable"


class NotForOcr(ReviewError):
    """Only a page taken from its text layer, on which nobody has worked, can be read instead."""

    code = "not_for_ocr"


class NotRefilable(ReviewError):
    """Only a document that nobody has reviewed can be filed under another type."""

    code = "not_refilable"


class NotFlagged(ReviewError):
    """Only a flagged task can be given back to the queue."""

    code = "not_flagged"


class ReasonMissing(ReviewError):
    """Skipping, flagging and reopening need a reason."""

    code = "reason_missing"


class MalformedDrafts(ReviewError):
    """What came as drafts is none."""

    code = "malformed_drafts"


class TooManyParked(ReviewError):
    """A reviewer has as many pages put aside as anybody may."""

    code = "too_many_parked"


class NotWaived(ReviewError):
    """A check that somebody has in hand, or has made, cannot be waived."""

    code = "not_waived"


class NotUndoable(ReviewError):
    """A submit that cannot be taken back (any more)."""

    code = "not_undoable"


class NotRestorable(ReviewError):
    """A line cannot be put back to that version, or has changed since it was looked at."""

    code = "not_restorable"


class InvalidChange(ReviewError):
    """The page's lines do not allow the change that was asked for."""

    code = "invalid_change"


class KeyClash(ReviewError):
    """Two actions cannot have one key, and some keys belong to the browser or the text."""

    code = "key_clash"


class NothingToAnswer(ReviewError):
    """None of the proposals can be answered (any more), or not now."""

    code = "nothing_to_answer"


class ProposalsNotUndoable(ReviewError):
    """Answers to proposals that cannot be taken back (any more)."""

    code = "proposals_not_undoable"
