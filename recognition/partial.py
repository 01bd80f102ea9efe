"""A file that comes in parts: what has arrived is kept until the rest does."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q


class PartialUpload(models.Model):
    """A file on its way into a batch, in parts. How much of it is here, its file on disk tells."""

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        DONE = "done", "Done"

    token = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    batch = models.ForeignKey(
        "recognition.Batch", on_delete=models.CASCADE, related_name="partial_uploads"
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="partial_uploads"
    )
    filename = models.CharField(max_length=255)
    size_bytes = models.BigIntegerField(help_text="Of the whole file, as its sender says.")
    fingerprint = models.CharField(
        max_length=200,
        help_text="How its sender knows the file again: name, size and time of change.",
    )
    sha256 = models.CharField(
        max_length=64, blank=True, help_text="Of the whole file, where its sender said it."
    )
    status = models.CharField(max_length=4, choices=Status.choices, default=Status.OPEN)
    document = models.ForeignKey(
        "recognition.Document",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="partial_uploads",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    touched_at = models.DateTimeField(auto_now_add=True, help_text="When a part came last.")

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                name="partial_once_per_file",
                fields=["owner", "batch", "fingerprint"],
                condition=Q(status="open"),
            ),
            models.CheckConstraint(
                name="partial_done_names_its_document",
                condition=Q(status="open", document__isnull=True)
                | Q(status="done", document__isnull=False),
            ),
            models.CheckConstraint(name="partial_size_known", condition=Q(size_bytes__gte=1)),
        ]
        indexes = [models.Index(name="partial_by_age", fields=["status", "touched_at"])]

    def __str__(self) -> str:
        return self.filename
