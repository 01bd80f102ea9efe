"""The record of planted errors; `review.plants` writes it."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from recognition.models import Line
from review.states import PlantOutcome


class PlantedError(models.Model):
    """A line shown to one reviewer with an error put in, and whether they caught it."""

    task = models.ForeignKey(
        "review.ReviewTask", on_delete=models.PROTECT, related_name="planted_errors"
    )
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="planted_errors"
    )
    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="+")
    model_text = models.TextField(help_text="As it was read, and as it counts where it is missed.")
    planted_text = models.TextField(help_text="As it is shown. Never a label.")
    outcome = models.CharField(
        max_length=6, choices=PlantOutcome.choices, default=PlantOutcome.OPEN
    )
    at = models.DateTimeField(auto_now_add=True)
    judged_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        triggers = [
            pgtrigger.ReadOnly(name="what_was_planted_stays", exclude=["outcome", "judged_at"]),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="judged_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__judged_at__isnull=False),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                name="planted_once_per_line_and_reviewer", fields=["task", "reviewer", "line"]
            ),
            models.CheckConstraint(
                name="planted_is_wrong",
                condition=~Q(planted_text=F("model_text")) & ~Q(planted_text=""),
            ),
            models.CheckConstraint(
                name="planted_judged_with_outcome",
                condition=Q(outcome=PlantOutcome.OPEN, judged_at__isnull=True)
                | Q(
                    outcome__in=[PlantOutcome.CAUGHT, PlantOutcome.MISSED],
                    judged_at__isnull=False,
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.planted_text
