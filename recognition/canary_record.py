"""The record of canaries; `recognition.canaries` and `recognition.registry` write it."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from recognition import querysets
from recognition.canary_share import MOST, Part, part_of
from recognition.states import CanaryStatus
from recognition.tokens import new_token
from recognition.triggers import CANARY_IS_ANOTHER, NEVER_DELETED, NO_TEXT_LAYER


class Canary(models.Model):
    """A model version that reads a sticky share of a scope's documents, to show what it is worth.

    The scope is a document type, or all types that have no model of their own.
    """

    document_type = models.ForeignKey(
        "recognition.DocumentType",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="canaries",
    )
    model_version = models.ForeignKey(
        "recognition.ModelVersion", on_delete=models.PROTECT, related_name="canaries"
    )
    share = models.FloatField(help_text="Of the documents, above 0 and up to 0.5.")
    salt = models.UUIDField(
        default=new_token, help_text="So that the next canary is given other documents."
    )
    status = models.CharField(
        max_length=9, choices=CanaryStatus.choices, default=CanaryStatus.RUNNING
    )
    reason = models.CharField(max_length=500, blank=True, help_text="Why it ended.")
    started_at = models.DateTimeField(default=timezone.now)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Empty: the gate did it.",
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Empty: the evidence did it.",
    )

    objects = querysets.CanaryQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "canaries"
        triggers = [
            NEVER_DELETED,
            NO_TEXT_LAYER,
            CANARY_IS_ANOTHER,
            pgtrigger.ReadOnly(
                name="what_it_is_stays",
                fields=["document_type", "model_version", "salt", "started_at", "started_by"],
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                name="one_running_canary_per_scope",
                fields=["document_type"],
                condition=Q(status=CanaryStatus.RUNNING),
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="canary_share_up_to_a_half", condition=Q(share__gt=0.0, share__lte=MOST)
            ),
            models.CheckConstraint(  # of a known status, and with what belongs to it
                name="canary_ended_has_reason",
                condition=Q(
                    status=CanaryStatus.RUNNING,
                    reason="",
                    ended_at__isnull=True,
                    ended_by__isnull=True,
                )
                | (
                    Q(
                        status__in=[CanaryStatus.PROMOTED, CanaryStatus.WITHDRAWN],
                        ended_at__isnull=False,
                    )
                    & ~Q(reason="")
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model_version} for {self.document_type or 'all types'}"

    @property
    def running(self) -> bool:
        return self.status == CanaryStatus.RUNNING

    def part_of(self, document_sha256: str) -> Part:
        """What it has to do with a document of its scope, at its share of now."""
        return part_of(document_sha256, self.salt, self.share)
