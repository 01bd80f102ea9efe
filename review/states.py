"""States of a review task, verdicts on a line, and outcomes of routing."""

from collections.abc import Mapping

from django.db import models


class TaskStatus(models.TextChoices):
    WAITING = "waiting", "Waiting"
    HELD = "held", "Held"  # by a lease; one that has run out counts as waiting
    FLAGGED = "flagged", "Flagged"  # set aside for an admin, with a reason
    DONE = "done", "Done"
    WITHDRAWN = "withdrawn", "Withdrawn"  # a better model is sure of the page


class Hold(models.TextChoices):
    """In which way a held page is a reviewer's: one is worked on, one is ready as the next."""

    ACTIVE = "active", "Worked on"
    AHEAD = "ahead", "Ready as the next"
    PARKED = "parked", "Parked"  # put aside by its reviewer, for hours rather than minutes


class TaskKind(models.TextChoices):
    THRESHOLD = "threshold", "Unsure"
    AUDIT = "audit", "Audit"
    REOPENED = "reopened", "Reopened"
    SECOND = "second", "Second review"
    DECIDE = "decide", "Adjudication"  # two people differ, a third decides


class Arm(models.TextChoices):
    """By what a page that a model was unsure of takes its place in the queue."""

    VALUE = "value", "By value"
    RANDOM = "random", "Drawn at random"


class Verdict(models.TextChoices):
    CONFIRMED = "confirmed", "Confirmed"
    CORRECTED = "corrected", "Corrected"
    ILLEGIBLE = "illegible", "Illegible"
    NOT_TEXT = "not_text", "Not text"


class Outcome(models.TextChoices):
    ACCEPT = "accept", "Accepted"
    REVIEW = "review", "To review"
    AUDIT = "audit", "Drawn as an audit"


class PlantOutcome(models.TextChoices):
    OPEN = "open", "Not submitted yet"
    CAUGHT = "caught", "Caught"
    MISSED = "missed", "Missed"


OPEN = frozenset({TaskStatus.WAITING, TaskStatus.HELD, TaskStatus.FLAGGED})
WITHOUT_TEXT = frozenset({Verdict.ILLEGIBLE, Verdict.NOT_TEXT})

TASK_MOVES: Mapping[str, frozenset[str]] = {
    # From done: a submit that is taken back within minutes.
    TaskStatus.HELD: frozenset({TaskStatus.WAITING, TaskStatus.HELD, TaskStatus.DONE}),
    TaskStatus.WAITING: frozenset({TaskStatus.HELD, TaskStatus.FLAGGED}),
    TaskStatus.FLAGGED: frozenset({TaskStatus.HELD}),
    TaskStatus.DONE: frozenset({TaskStatus.HELD}),
    # From flagged: the page's document is filed under another type.
    TaskStatus.WITHDRAWN: frozenset({TaskStatus.WAITING, TaskStatus.FLAGGED}),
}
"""From target state to the states it may be reached from."""
