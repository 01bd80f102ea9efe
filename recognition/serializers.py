"""Recognition's objects as the API shows and takes them."""

from typing import Any

from django.contrib.auth.models import Group
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from recognition.models import Batch, Document, DocumentType, Page, Prediction
from recognition.retries import Retried
from recognition.states import DocumentStatus, PageStatus


class DocumentTypeSerializer(serializers.ModelSerializer[DocumentType]):
    """A kind of document. Its policy and `groups` are shown to admins only."""

    FOR_ADMINS = (
        "threshold",
        "accuracy_target",
        "audit_rate",
        "random_share",
        "longest_wait_days",
        "groups",
    )

    groups = serializers.SlugRelatedField(
        slug_field="name",
        many=True,
        required=False,
        queryset=Group.objects.all(),
        help_text="Names of the groups that may see this type; empty: everyone.",
    )

    class Meta:
        model = DocumentType
        fields = (
            "id",
            "name",
            "description",
            "threshold",
            "accuracy_target",
            "audit_rate",
            "priority",
            "random_share",
            "longest_wait_days",
            "character_set",
            "groups",
            "created_at",
        )

    def to_representation(self, instance: DocumentType) -> dict[str, Any]:
        """Who knew threshold and audit rate could tell audits from other tasks."""
        shown: dict[str, Any] = super().to_representation(instance)
        if not self.context["admin"]:
            for name in self.FOR_ADMINS:
                del shown[name]
        return shown


class PageCountsSerializer(serializers.Serializer[Batch]):
    """How many pages of a batch are in each state."""

    queued = serializers.IntegerField(source="pages_queued")
    reading = serializers.IntegerField(source="pages_reading")
    read = serializers.IntegerField(source="pages_read")
    accepted = serializers.IntegerField(source="pages_accepted")
    review = serializers.IntegerField(source="pages_review")
    reviewed = serializers.IntegerField(source="pages_reviewed")
    failed = serializers.IntegerField(source="pages_failed")
    all = serializers.IntegerField(source="pages_all")


class BatchSerializer(serializers.ModelSerializer[Batch]):
    """A batch and how far it is."""

    created_by = serializers.SlugRelatedField[Any](slug_field="username", read_only=True)
    documents = serializers.IntegerField(source="documents_all", read_only=True)
    documents_failed = serializers.IntegerField(read_only=True)
    pages = PageCountsSerializer(source="*", read_only=True)

    class Meta:
        model = Batch
        fields = (
            "id",
            "name",
            "document_type",
            "created_by",
            "created_at",
            "documents",
            "documents_failed",
            "pages",
        )


class DocumentSerializer(serializers.ModelSerializer[Document]):
    """An uploaded file and what became of it."""

    class Meta:
        model = Document
        fields = (
            "id",
            "batch",
            "document_type",
            "filename",
            "sha256",
            "size_bytes",
            "media_type",
            "status",
            "duplicate_of",
            "archive",
            "failure_code",
            "failure_message",
            "created_at",
        )
        read_only_fields = fields


class UploadSerializer(serializers.Serializer[Any]):
    """Files of any number, each under the name `files`."""

    files = serializers.ListField(child=serializers.FileField(allow_empty_file=True), min_length=1)


class RefusedFileSerializer(serializers.Serializer[Any]):
    """A file of which nothing was kept."""

    filename = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField()


class UploadedSerializer(serializers.Serializer[Any]):
    """What became of each uploaded file; a failed or duplicate document says so in its status."""

    documents = DocumentSerializer(many=True)
    refused = RefusedFileSerializer(many=True)


class RetriedSerializer(serializers.Serializer[Retried]):
    """How much was queued again, and of how many documents nothing is kept: upload them again."""

    documents = serializers.IntegerField()
    pages = serializers.IntegerField()
    lost = serializers.IntegerField()


class PageSerializer(serializers.ModelSerializer[Page]):
    """One image of a document. Pixels are those of the stored image, at `image`."""

    batch = serializers.IntegerField(source="document.batch_id", read_only=True)
    document_type = serializers.IntegerField(source="document.document_type_id", read_only=True)
    image = serializers.SerializerMethodField()

    class Meta:
        model = Page
        fields = (
            "id",
            "batch",
            "document",
            "document_type",
            "number",
            "width",
            "height",
            "sha256",
            "status",
            "failure_code",
            "failure_message",
            "queued_at",
            "read_at",
            "model_version",
            "canary",
            "character_set",
            "lowest_confidence",
            "text_source",
            "text_layer_fault",
            "image",
        )
        read_only_fields = fields

    def get_image(self, page: Page) -> str:
        """Where the image's bytes are, for the same credentials."""
        return reverse("api-page-image", args=[page.pk], request=self.context.get("request"))


class AlternativeSerializer(serializers.Serializer[Any]):
    """What a weak character may be instead; no text means that it may not be there at all."""

    text = serializers.CharField(allow_blank=True)
    probability = serializers.FloatField(min_value=0, max_value=1)


class CharacterSerializer(serializers.Serializer[Any]):
    """One character; `start` and `end` are shares of the line's width."""

    text = serializers.CharField()
    confidence = serializers.FloatField(min_value=0, max_value=1)
    start = serializers.FloatField(min_value=0, max_value=1)
    end = serializers.FloatField(min_value=0, max_value=1)
    alternatives = AlternativeSerializer(many=True)


class PredictionSerializer(serializers.ModelSerializer[Prediction]):
    """What a model read on a line, and everything that made the reading."""

    characters = serializers.SerializerMethodField()
    model_sha256 = serializers.CharField(source="model_version.sha256")

    class Meta:
        model = Prediction
        fields = (
            "id",
            "text",
            "confidence",
            "raw_score",
            "characters",
            "model_version",
            "model_sha256",
            "preprocessing_version",
            "calibration_version",
            "dictionary_sha256",
            "character_set",
            "at",
        )
        read_only_fields = fields

    @extend_schema_field(CharacterSerializer(many=True))
    def get_characters(self, prediction: Prediction) -> list[dict[str, Any]]:
        # All at once: a page has thousands of characters.
        return [
            {
                "text": text,
                "confidence": confidence,
                "start": start,
                "end": end,
                "alternatives": [
                    {"text": other, "probability": chance} for other, chance in alternatives
                ],
            }
            for text, confidence, start, end, alternatives in prediction.characters
        ]


class DocumentFilter(serializers.Serializer[Any]):
    """Which documents to list."""

    batch = serializers.IntegerField(required=False)
    document_type = serializers.IntegerField(required=False)
    sha256 = serializers.CharField(required=False, max_length=64)
    status = serializers.ChoiceField(choices=DocumentStatus.choices, required=False)


class PageFilter(serializers.Serializer[Any]):
    """Which pages to list."""

    batch = serializers.IntegerField(required=False, source="document__batch")
    document = serializers.IntegerField(required=False)
    document_type = serializers.IntegerField(required=False, source="document__document_type")
    status = serializers.ChoiceField(choices=PageStatus.choices, required=False)


class BatchFilter(serializers.Serializer[Any]):
    """Which batches to list."""

    document_type = serializers.IntegerField(required=False)
