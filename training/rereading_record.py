"""The record of pages read again after a model was taken back; `training.rereading` writes it."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from recognition.models import Canary, ModelVersion
from training import querysets
from training.states import RereadingStatus


class Rereading(models.Model):
    """Pages that a version read are read again by what serves now, a batch at a time."""

    model_version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="rereadings"
    )
    canary = models.OneToOneField(
        Canary,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="rereading",
        help_text="Whose withdrawal asked for it.",
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    requested_at = models.DateTimeField(default=timezone.now)
    pages = models.PositiveIntegerField(help_text="There were when it began.")
    status = models.CharField(
        max_length=7, choices=RereadingStatus.choices, default=RereadingStatus.RUNNING
    )
    sent_to = models.PositiveBigIntegerField(
        default=0, help_text="Key of the last page that was sent to the readers."
    )
    sent_at = models.DateTimeField(null=True, blank=True)
    rounds = models.PositiveSmallIntegerField(
        default=1, help_text="How often it has begun with the first page that is left."
    )
    left = models.PositiveIntegerField(
        default=0, help_text="Pages that could not be read again, once it is done."
    )
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = querysets.RereadingQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        triggers = [pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)]
        constraints = [
            models.UniqueConstraint(
                name="one_running_rereading_per_version",
                fields=["model_version"],
                condition=Q(status=RereadingStatus.RUNNING),
            ),
            models.CheckConstraint(  # of a known status, and with what belongs to it
                name="rereading_done_names_when",
                condition=Q(status=RereadingStatus.RUNNING, finished_at__isnull=True, left=0)
                | Q(status=RereadingStatus.DONE, finished_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pages} pages of {self.model_version}"
