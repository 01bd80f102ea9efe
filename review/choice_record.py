"""The record of thresholds found for accuracy targets; `review.thresholds` writes it."""

from django.db import models
from django.db.models import F, Q

from recognition.models import APPEND_ONLY, DocumentType, is_share


class ThresholdChoice(models.Model):
    """The threshold that was found for a document type's accuracy target. Append-only."""

    document_type = models.ForeignKey(
        DocumentType, on_delete=models.PROTECT, related_name="threshold_choices"
    )
    target = models.FloatField(help_text="Share of accepted lines that is to be right.")
    threshold = models.FloatField(
        null=True, blank=True, help_text="Empty: not enough evidence, everything is reviewed."
    )
    bound = models.FloatField(
        null=True, blank=True, help_text="Upper 95 % bound of the share of wrong lines at it."
    )
    judged_lines = models.PositiveIntegerField(help_text="Lines that people had judged by then.")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        triggers = [APPEND_ONLY]
        constraints = [
            models.CheckConstraint(
                name="choice_shares",
                condition=is_share("target")
                & (
                    Q(threshold__isnull=True, bound__isnull=True)
                    | (
                        Q(threshold__isnull=False, bound__isnull=False)
                        & is_share("threshold")
                        & is_share("bound")
                    )
                ),
            ),
        ]
        indexes = [models.Index("document_type", F("id").desc(), name="choice_latest")]

    def __str__(self) -> str:
        return f"{self.document_type}: {self.target} at {self.threshold}"
