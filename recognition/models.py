"""Documents, pages, lines, what models read on them, and the models themselves.

What must never be false is a constraint or a trigger here, not a habit elsewhere.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from recognition import querysets
from recognition.canary_record import Canary as Canary
from recognition.partial import PartialUpload as PartialUpload
from recognition.policy import DocumentType as DocumentType
from recognition.set_fields import character_set_field as character_set_field
from recognition.set_fields import character_set_known as character_set_known
from recognition.shares import is_share as is_share
from recognition.states import DocumentStatus, PageStatus, TextSource
from recognition.tokens import new_token as new_token
from recognition.trail import Event as Event
from recognition.triggers import APPEND_ONLY as APPEND_ONLY
from recognition.triggers import CANARY_ENDS_FIRST, NEVER_DELETED, NO_TEXT_LAYER, SHAPE_STAYS


class Batch(models.Model):
    """What an admin uploads in one go; of one document type."""

    name = models.CharField(max_length=200)
    document_type = models.ForeignKey(
        DocumentType, on_delete=models.PROTECT, related_name="batches"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="batches"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = querysets.BatchQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name_plural = "batches"

    def __str__(self) -> str:
        return self.name


class Document(models.Model):
    """One uploaded file, known in its document type by the SHA-256 of its bytes."""

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="documents")
    document_type = models.ForeignKey(
        DocumentType, on_delete=models.PROTECT, related_name="documents"
    )
    filename = models.CharField(max_length=255, help_text="As the uploader's machine named it.")
    sha256 = models.CharField(max_length=64)
    size_bytes = models.BigIntegerField()
    media_type = models.CharField(max_length=100, blank=True, help_text="By content, not by name.")
    file = models.CharField(max_length=200, help_text="Name in the file storage.")
    status = models.CharField(
        max_length=12, choices=DocumentStatus.choices, default=DocumentStatus.STORED
    )
    duplicate_of = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="duplicates"
    )
    archive = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="members",
        help_text="The ZIP archive it came in.",
    )
    archive_position = models.PositiveIntegerField(
        null=True, blank=True, help_text="Among the archive's files, from 0."
    )
    failure_code = models.CharField(max_length=40, blank=True)
    failure_message = models.CharField(max_length=500, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_token = models.UUIDField(null=True, blank=True)
    queued_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = querysets.DocumentQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                name="document_once_in_type",
                fields=["document_type", "sha256"],
                condition=~Q(status__in=[DocumentStatus.FAILED, DocumentStatus.DUPLICATE]),
            ),
            # An archive unpacked again, after its worker was killed, adds no file twice.
            models.UniqueConstraint(
                name="document_once_from_archive", fields=["archive", "archive_position"]
            ),
            models.CheckConstraint(
                name="document_archive_with_position",
                condition=Q(archive__isnull=True, archive_position__isnull=True)
                | Q(archive__isnull=False, archive_position__isnull=False),
            ),
            models.CheckConstraint(
                name="document_status_known", condition=Q(status__in=DocumentStatus.values)
            ),
            models.CheckConstraint(
                name="document_failed_has_reason",
                condition=(Q(status=DocumentStatus.FAILED) & ~Q(failure_code=""))
                | (~Q(status=DocumentStatus.FAILED) & Q(failure_code="")),
            ),
            models.CheckConstraint(
                name="document_duplicate_names_first",
                condition=Q(status=DocumentStatus.DUPLICATE, duplicate_of__isnull=False)
                | (~Q(status=DocumentStatus.DUPLICATE) & Q(duplicate_of__isnull=True)),
            ),
            models.CheckConstraint(
                name="document_lease_while_splitting",
                condition=Q(
                    status=DocumentStatus.SPLITTING,
                    lease_until__isnull=False,
                    lease_token__isnull=False,
                )
                | (
                    ~Q(status=DocumentStatus.SPLITTING)
                    & Q(lease_until__isnull=True, lease_token__isnull=True)
                ),
            ),
        ]
        indexes = [
            models.Index(
                name="document_unfinished",
                fields=["queued_at"],
                condition=Q(status__in=[DocumentStatus.STORED, DocumentStatus.SPLITTING]),
            )
        ]

    def __str__(self) -> str:
        return self.filename


class ModelVersion(models.Model):
    """Base + head + dictionary + calibration, known by the hash of its content. Write-once."""

    class Kind(models.TextChoices):
        BASE = "base", "Base"
        HEAD = "head", "Head"
        TEXT_LAYER = "text", "Text layer"  # no model: what takes a PDF's own text

    sha256 = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=4, choices=Kind.choices)
    document_type = models.ForeignKey(
        DocumentType,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="model_versions",
        help_text="The type it was trained for; empty for one that serves all.",
    )
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    dictionary_sha256 = models.CharField(max_length=64)
    preprocessing_version = models.CharField(max_length=40)
    calibration_version = models.CharField(max_length=80)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return self.name

    @property
    def short_sha(self) -> str:
        return self.sha256[:12]


class ActiveModel(models.Model):
    """The one pointer of a scope (a document type, or all types) to the model that reads."""

    document_type = models.ForeignKey(
        DocumentType, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")

    class Meta:
        triggers = [NO_TEXT_LAYER, CANARY_ENDS_FIRST]
        constraints = [
            models.UniqueConstraint(
                name="one_active_model_per_scope", fields=["document_type"], nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.document_type or 'all types'}: {self.model_version}"


class Activation(models.Model):
    """A move of a scope's pointer: the way forward and the way back. Append-only."""

    class Kind(models.TextChoices):
        ACTIVATE = "activate", "Activated"
        ROLLBACK = "rollback", "Rolled back"

    document_type = models.ForeignKey(
        DocumentType, null=True, blank=True, on_delete=models.PROTECT, related_name="activations"
    )
    kind = models.CharField(max_length=8, choices=Kind.choices)
    model_version = models.ForeignKey(
        ModelVersion,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="activations",
        help_text="Empty: the type is served by the model for all types again.",
    )
    previous = models.ForeignKey(
        ModelVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Empty: the gate did it.",
    )
    reason = models.CharField(max_length=500)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.model_version or 'the model for all types'}"


class Page(models.Model):
    """One image: the unit of OCR work and of a review task."""

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="pages")
    number = models.PositiveIntegerField(help_text="From 1.")
    image = models.CharField(max_length=200, help_text="Name in the file storage.")
    width = models.PositiveIntegerField(help_text="Pixels of the stored image.")
    height = models.PositiveIntegerField(help_text="Pixels of the stored image.")
    sha256 = models.CharField(max_length=64, help_text="Of the stored image's bytes.")
    text_source = models.CharField(
        max_length=10, choices=TextSource.choices, default=TextSource.IMAGE
    )
    text_layer = models.JSONField(
        null=True,
        blank=True,
        help_text='{"producer", "lines": [[text, block, polygon], ...]} in reading order.',
    )
    text_layer_fault = models.CharField(
        max_length=12, blank=True, help_text="Why the PDF's text layer is not used."
    )
    status = models.CharField(max_length=8, choices=PageStatus.choices, default=PageStatus.QUEUED)
    failure_code = models.CharField(max_length=40, blank=True)
    failure_message = models.CharField(max_length=500, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    reading_token = models.UUIDField(null=True, blank=True)
    reading_until = models.DateTimeField(null=True, blank=True)
    queued_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)
    model_version = models.ForeignKey(
        ModelVersion,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="pages",
        help_text="Read the page last.",
    )
    canary = models.ForeignKey(
        Canary,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="pages",
        db_index=False,
        help_text="As which the model version read the page last.",
    )
    character_set = character_set_field("With which it was read last.")
    lowest_confidence = models.FloatField(
        null=True, blank=True, help_text="Of its weakest line; empty where there is no line."
    )

    objects = querysets.PageQuerySet.as_manager()

    class Meta:
        ordering = ["document_id", "number"]
        constraints = [
            models.UniqueConstraint(
                name="page_number_once_in_document", fields=["document", "number"]
            ),
            models.CheckConstraint(
                name="page_number_from_one", condition=Q(number__gte=1, width__gte=1, height__gte=1)
            ),
            models.CheckConstraint(
                name="page_status_known", condition=Q(status__in=PageStatus.values)
            ),
            models.CheckConstraint(
                name="page_failed_has_reason",
                condition=(Q(status=PageStatus.FAILED) & ~Q(failure_code=""))
                | (~Q(status=PageStatus.FAILED) & Q(failure_code="")),
            ),
            models.CheckConstraint(
                name="page_text_layer_where_it_is_the_source",
                condition=Q(
                    text_source=TextSource.TEXT_LAYER,
                    text_layer__isnull=False,
                    text_layer_fault="",
                )
                | Q(text_source=TextSource.IMAGE, text_layer__isnull=True),
            ),
            # Nothing measures how sure a text layer is: missing is not zero, nor one.
            models.CheckConstraint(
                name="page_text_layer_has_no_confidence",
                condition=Q(text_source=TextSource.IMAGE) | Q(lowest_confidence__isnull=True),
            ),
            models.CheckConstraint(
                name="page_lease_while_reading",
                condition=Q(
                    status=PageStatus.READING,
                    reading_token__isnull=False,
                    reading_until__isnull=False,
                )
                | (
                    ~Q(status=PageStatus.READING)
                    & Q(reading_token__isnull=True, reading_until__isnull=True)
                ),
            ),
            models.CheckConstraint(
                name="page_read_names_its_model",
                condition=Q(status__in=[PageStatus.QUEUED, PageStatus.READING, PageStatus.FAILED])
                | Q(model_version__isnull=False, read_at__isnull=False),
            ),
            models.CheckConstraint(
                name="page_of_a_canary_names_its_model",
                condition=Q(canary__isnull=True) | Q(model_version__isnull=False),
            ),
            character_set_known("page_character_set_known"),
            models.CheckConstraint(
                name="page_confidence_is_share",
                condition=Q(lowest_confidence__isnull=True) | is_share("lowest_confidence"),
            ),
        ]
        indexes = [
            models.Index(fields=["status", "queued_at"], name="page_by_status"),
            models.Index(
                fields=["canary"], name="page_by_canary", condition=Q(canary__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document} · {self.number}"


class Line(models.Model):
    """One text line on a page: the unit of confidence, label and training."""

    page = models.ForeignKey(Page, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveIntegerField(help_text="In reading order, from 0.")
    block = models.PositiveIntegerField(default=0, help_text="Column or paragraph, from 0.")
    polygon = models.JSONField(
        help_text="Four [x, y] in pixels of the stored page image, clockwise from the text's "
        "top left."
    )
    crop_sha256 = models.CharField(max_length=64, help_text="Of the rectified crop's pixels.")
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = querysets.LineQuerySet.as_manager()

    class Meta:
        ordering = ["page_id", "position"]
        triggers = [SHAPE_STAYS, NEVER_DELETED]
        constraints = [
            models.UniqueConstraint(
                name="line_position_once_on_page",
                fields=["page", "position"],
                condition=Q(retired_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.page} · line {self.position + 1}"


class Prediction(models.Model):
    """What one model version read on one line, with one character set. Append-only."""

    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="predictions")
    model_version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="predictions"
    )
    text = models.TextField(blank=True)
    confidence = models.FloatField(
        null=True, blank=True, help_text="Calibrated probability that the line is exactly right."
    )
    raw_score = models.FloatField(
        null=True, blank=True, help_text="Mean of the characters' scores, as PaddleOCR gives."
    )
    characters = models.JSONField(
        help_text="For each character [text, confidence, start, end, [[text, probability], ...]]; "
        "start and end as a share of the crop's width."
    )
    preprocessing_version = models.CharField(max_length=40)
    calibration_version = models.CharField(max_length=80)
    dictionary_sha256 = models.CharField(max_length=64)
    character_set = character_set_field("What could be read; the model knows more.")
    at = models.DateTimeField(auto_now_add=True)

    objects = querysets.PredictionQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        triggers = [APPEND_ONLY]
        constraints = [
            models.UniqueConstraint(
                name="prediction_once_per_line_model_and_set",
                fields=["line", "model_version", "character_set"],
            ),
            character_set_known("prediction_character_set_known"),
            models.CheckConstraint(
                name="prediction_confidence_is_share",
                condition=Q(confidence__isnull=True) | is_share("confidence"),
            ),
        ]

    def __str__(self) -> str:
        return self.text
