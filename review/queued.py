"""What orders the queue: columns of a review task, and what a type's order rests on."""

from django.db import models
from django.db.models import F, Q

from recognition.models import DocumentType
from review.states import Arm, TaskKind, TaskStatus

MOST = 1e9
"""Above every value, expected number and time. NaN and infinity are above it in PostgreSQL."""

SCALE = 101
"""Quantiles kept of the values of a type's waiting pages: one for each per cent."""


def is_bounded(field: str) -> Q:
    """The condition 0 <= field <= MOST, which no NaN and no infinity meets."""
    return Q(**{f"{field}__gte": 0.0, f"{field}__lte": MOST})


def in_arm(arm: Arm) -> Q:
    """Pages that a model was unsure of, and that this arm places."""
    return Q(kind=TaskKind.THRESHOLD, arm=arm)


class Queued(models.Model):
    """The part of a review task that says when its turn comes.

    The queue is read in the order of one index: by priority, then what has waited longest, then
    `turn`. All of it is computed beforehand, when a page is routed and by `review.revaluing`.
    """

    value = models.FloatField(
        default=0.0, help_text="Errors that reviewing it is expected to remove, per second."
    )
    arm = models.CharField(max_length=6, choices=Arm.choices, default=Arm.RANDOM)
    draw = models.FloatField(
        default=0.0, help_text="The page's random number, which places what is not placed by value."
    )
    turn = models.FloatField(default=0.0, help_text="The higher, the sooner: the value, or chance.")
    late_since = models.DateTimeField(
        null=True, blank=True, help_text="Since when it waits, once that is longer than it should."
    )
    expected_errors = models.FloatField(null=True, blank=True)
    expected_seconds = models.FloatField(null=True, blank=True)
    valued_at = models.DateTimeField(null=True, blank=True)
    corrected = models.PositiveIntegerField(
        null=True, blank=True, help_text="Characters changed by the person who did it."
    )

    class Meta:
        abstract = True


QUEUED_CONSTRAINTS = [
    models.CheckConstraint(
        name="task_value_is_finite",
        condition=is_bounded("value")
        & is_bounded("turn")
        & (Q(expected_errors__isnull=True) | is_bounded("expected_errors"))
        & (Q(expected_seconds__isnull=True) | is_bounded("expected_seconds")),
    ),
    models.CheckConstraint(
        name="task_arm_known",
        condition=Q(arm__in=Arm.values) & Q(draw__gte=0.0, draw__lt=1.0),
    ),
    models.CheckConstraint(
        name="task_corrected_once_done",
        condition=Q(corrected__isnull=True) | Q(status=TaskStatus.DONE),
    ),
]

QUEUED_INDEXES = [
    models.Index(
        F("priority").desc(),
        F("late_since"),
        F("turn").desc(),
        F("id"),
        name="task_queue",
        condition=Q(status__in=[TaskStatus.WAITING, TaskStatus.HELD]),
    ),
    # What the periodic sweep looks for: pages that have become late, and the oldest values.
    models.Index(
        name="task_not_late_yet",
        fields=["document_type", "created_at"],
        condition=Q(status=TaskStatus.WAITING, late_since__isnull=True),
    ),
    models.Index(
        name="task_valued_at",
        fields=["document_type", "valued_at"],
        condition=Q(status=TaskStatus.WAITING),
    ),
    # What the two arms are compared by.
    models.Index(
        name="task_done_by_arm",
        fields=["document_type", "done_at"],
        condition=Q(status=TaskStatus.DONE, corrected__isnull=False),
    ),
]


class QueueFigures(models.Model):
    """What the order of one document type's pages rests on, as it was found last."""

    document_type = models.OneToOneField(
        DocumentType, on_delete=models.CASCADE, related_name="queue_figures"
    )
    line_seconds = models.FloatField(help_text="Of a reviewer, for a line.")
    error_seconds = models.FloatField(help_text="Of a reviewer, for a wrong character.")
    wrong = models.FloatField(help_text="Characters corrected for each that was expected.")
    pages = models.PositiveIntegerField(help_text="Done pages that were measured.")
    waiting = models.JSONField(default=dict, help_text="Doubt on waiting pages, by character.")
    labelled = models.JSONField(default=dict, help_text="Doubt that labels settled, likewise.")
    scale = models.JSONField(default=list, help_text="Quantiles of the waiting pages' values.")
    draws = models.JSONField(default=list, help_text="Quantiles of their random numbers.")
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "queue figures"
        constraints = [
            models.CheckConstraint(
                name="figures_are_positive_and_finite",
                condition=Q(
                    line_seconds__gt=0.0,
                    line_seconds__lte=MOST,
                    error_seconds__gt=0.0,
                    error_seconds__lte=MOST,
                    wrong__gt=0.0,
                    wrong__lte=MOST,
                ),
            )
        ]

    def __str__(self) -> str:
        return f"{self.document_type}: {self.line_seconds:.1f} s a line"
