"""The record of falls in accuracy; `training.alerts` writes it."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from recognition.models import DocumentType, is_share
from training import querysets
from training.states import AlertStatus


class AccuracyAlert(models.Model):
    """The audited accuracy of a document type has fallen; a person is to look, and to say so."""

    document_type = models.ForeignKey(
        DocumentType, on_delete=models.PROTECT, related_name="accuracy_alerts"
    )
    week = models.DateField(help_text="Monday of the last week whose audits show it.")
    since = models.DateField(help_text="Monday of the first of these weeks.")
    accuracy = models.FloatField(help_text="Share of audited lines exactly right.")
    bound = models.FloatField(help_text="What it may be at most, with near certainty.")
    reference = models.FloatField(help_text="Median of the weeks before.")
    lines = models.PositiveIntegerField(help_text="Audited lines of these weeks.")
    pages = models.JSONField(
        default=list, help_text="Keys of the audited pages with most wrong lines, worst first."
    )
    status = models.CharField(max_length=12, choices=AlertStatus.choices, default=AlertStatus.OPEN)
    raised_at = models.DateTimeField(default=timezone.now)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    note = models.CharField(max_length=500, blank=True, help_text="What the person says of it.")

    objects = querysets.AccuracyAlertQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        triggers = [
            pgtrigger.ReadOnly(
                name="what_was_seen_stays",
                exclude=["status", "acknowledged_at", "acknowledged_by", "note"],
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]
        constraints = [
            models.UniqueConstraint(
                name="one_open_alert_per_type",
                fields=["document_type"],
                condition=Q(status=AlertStatus.OPEN),
            ),
            models.UniqueConstraint(
                name="alert_once_per_type_and_week", fields=["document_type", "week"]
            ),
            models.CheckConstraint(  # of a known status, and with what belongs to it
                name="alert_acknowledged_names_who_when_and_why",
                condition=Q(
                    status=AlertStatus.OPEN,
                    acknowledged_at__isnull=True,
                    acknowledged_by__isnull=True,
                    note="",
                )
                | (
                    Q(
                        status=AlertStatus.ACKNOWLEDGED,
                        acknowledged_at__isnull=False,
                        acknowledged_by__isnull=False,
                    )
                    & ~Q(note="")
                ),
            ),
            models.CheckConstraint(
                name="alert_shares_are_shares",
                condition=is_share("accuracy") & is_share("bound") & is_share("reference"),
            ),
            models.CheckConstraint(
                name="alert_is_of_a_fall",
                condition=Q(reference__gt=models.F("accuracy"), week__gte=models.F("since")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document_type}: {self.reference:.1%} to {self.accuracy:.1%}"

    @property
    def fall(self) -> float:
        """By how much, as a share of 1."""
        return self.reference - self.accuracy
