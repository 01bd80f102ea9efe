"""Training's objects as the API shows and takes them."""

from typing import Any

from rest_framework import serializers

from recognition.models import Activation, ActiveModel, DocumentType, ModelVersion
from training.models import Rereading, TrainingRun, Trial
from training.states import Depth


class ModelVersionSerializer(serializers.ModelSerializer[ModelVersion]):
    """Base, head, dictionary and calibration, known by the hash of their content."""

    class Meta:
        model = ModelVersion
        fields = (
            "id",
            "sha256",
            "name",
            "kind",
            "document_type",
            "parent",
            "dictionary_sha256",
            "preprocessing_version",
            "calibration_version",
            "created_at",
        )
        read_only_fields = fields


class ActiveModelSerializer(serializers.ModelSerializer[ActiveModel]):
    """Which version serves a document type; no type: those without a version of their own."""

    model_sha256 = serializers.CharField(source="model_version.sha256", read_only=True)
    model_name = serializers.CharField(source="model_version.name", read_only=True)

    class Meta:
        model = ActiveModel
        fields = ("document_type", "model_version", "model_sha256", "model_name")
        read_only_fields = fields


class ActivationSerializer(serializers.ModelSerializer[Activation]):
    """A move of a pointer. No `model_version`: the type is served by the model for all again."""

    actor = serializers.SlugRelatedField[Any](slug_field="username", read_only=True)

    class Meta:
        model = Activation
        fields = (
            "id",
            "kind",
            "document_type",
            "model_version",
            "previous",
            "actor",
            "reason",
            "at",
        )
        read_only_fields = fields


class ScopeSerializer(serializers.Serializer[Any]):
    """A document type, or all types where none is named; and why."""

    document_type = serializers.PrimaryKeyRelatedField(
        queryset=DocumentType.objects.all(), allow_null=True, default=None
    )
    reason = serializers.CharField(max_length=500)


class TrainingRunSerializer(serializers.ModelSerializer[TrainingRun]):
    """Dataset, base and settings; the candidate they gave; and what the gate said of it."""

    class Meta:
        model = TrainingRun
        fields = (
            "id",
            "document_type",
            "depth",
            "trigger",
            "status",
            "stage",
            "progress",
            "dataset",
            "base",
            "active",
            "candidate",
            "resumed",
            "failure_code",
            "failure_message",
            "created_at",
            "started_at",
            "finished_at",
            "settings",
            "result",
            "verdict",
        )
        read_only_fields = fields


class RunRequestSerializer(serializers.Serializer[Any]):
    """What to train for: a document type, or all where none is named."""

    document_type = serializers.PrimaryKeyRelatedField(
        queryset=DocumentType.objects.all(), allow_null=True, default=None
    )
    depth = serializers.ChoiceField(
        choices=Depth.choices,
        default=Depth.HEAD,
        help_text="The whole network is trained for all types only.",
    )

    def validate_depth(self, value: str) -> Depth:
        """As the service takes it."""
        return Depth(value)


class RereadingSerializer(serializers.ModelSerializer[Rereading]):
    """Pages that are read again in the background; once it is done, `left` could not be."""

    class Meta:
        model = Rereading
        fields = ("id", "model_version", "pages", "status", "requested_at", "finished_at", "left")
        read_only_fields = fields


class TrialSerializer(serializers.ModelSerializer[Trial]):
    """Two models on the same new pages, and what people's judgement makes of both.

    `evidence` holds the documents and pages judged, both models' wrong characters, and the wealth
    of the bets, one a document, for either side; a side has won at `needed`.
    """

    class Meta:
        model = Trial
        fields = (
            "id",
            "document_type",
            "aim",
            "serving",
            "beside",
            "canary",
            "status",
            "evidence",
            "reason",
            "started_at",
            "ended_at",
        )
        read_only_fields = fields


class ArmSerializer(serializers.Serializer[Any]):
    """The pages of one arm; `per_minute` and its 95 % interval are corrected characters."""

    pages = serializers.IntegerField()
    corrected = serializers.IntegerField()
    minutes = serializers.FloatField()
    per_minute = serializers.FloatField(source="rate", allow_null=True)
    low = serializers.FloatField()
    high = serializers.FloatField()


class ArmsSerializer(serializers.Serializer[Any]):
    """What the order by value is worth against pages drawn at random.

    `gain` is how many times as much a minute corrects, with its 95 % interval; null while there is
    not enough evidence.
    """

    document_type = serializers.IntegerField()
    value = ArmSerializer()
    random = ArmSerializer()
    enough = serializers.BooleanField()
    gain = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
