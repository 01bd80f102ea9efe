"""Review's objects as the API shows and takes them."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from recognition.models import DocumentType, Line
from recognition.serializers import PredictionSerializer
from review.models import Draft, Label, ReviewTask
from review.queue_state import QueueState
from review.states import TaskStatus, Verdict
from review.text import MAX_TEXT


class LabelSerializer(serializers.ModelSerializer[Label]):
    """What a person said a line reads. The one without `superseded_at` is current."""

    reviewer = serializers.SlugRelatedField[Any](slug_field="username", read_only=True)
    page = serializers.IntegerField(source="line.page_id", read_only=True)
    base_text = serializers.CharField(
        source="base_prediction.text",
        read_only=True,
        default=None,
        allow_null=True,
        help_text="What the reviewer was shown.",
    )
    base_model_version = serializers.IntegerField(
        source="base_prediction.model_version_id", read_only=True, default=None, allow_null=True
    )

    class Meta:
        model = Label
        fields = (
            "id",
            "page",
            "line",
            "task",
            "reviewer",
            "verdict",
            "text",
            "base_prediction",
            "base_text",
            "base_model_version",
            "seconds",
            "created_at",
            "superseded_at",
        )
        read_only_fields = fields


class LineSerializer(serializers.ModelSerializer[Line]):
    """A line with what the page's model read on it and what a person said of it."""

    polygon = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField(), min_length=2, max_length=2),
        min_length=4,
        max_length=4,
        help_text="Four [x, y] in pixels of the stored image, clockwise from the text's top left.",
    )
    prediction = serializers.SerializerMethodField()
    label = serializers.SerializerMethodField()  # type: ignore[assignment]  # hides Field.label

    class Meta:
        model = Line
        fields = ("id", "position", "block", "polygon", "crop_sha256", "prediction", "label")
        read_only_fields = fields

    @extend_schema_field(PredictionSerializer(allow_null=True))
    def get_prediction(self, line: Line) -> Mapping[str, Any] | None:
        """Null where the model gave none for this line."""
        found = self.context["predictions"].get(line.pk)
        return self._predictions.to_representation(found) if found else None

    @extend_schema_field(LabelSerializer(allow_null=True))
    def get_label(self, line: Line) -> Mapping[str, Any] | None:
        """The current label; null where no person has said anything yet."""
        found = self.context["labels"].get(line.pk)
        return self._labels.to_representation(found) if found else None

    # One for all lines of a page: to make a serializer takes longer than to use it.

    @cached_property
    def _predictions(self) -> PredictionSerializer:
        return PredictionSerializer()

    @cached_property
    def _labels(self) -> LabelSerializer:
        return LabelSerializer()


class ReviewTaskSerializer(serializers.ModelSerializer[ReviewTask]):
    """A page that waits for, or is held by, a reviewer.

    `kind`, `rule` and `done_by` are shown to admins and null for others: a reviewer is not to know
    an audit from any other task.
    """

    batch = serializers.IntegerField(source="batch_id", read_only=True)
    document_type = serializers.IntegerField(source="document_type_id", read_only=True)
    held_by_me = serializers.SerializerMethodField()
    kind = serializers.SerializerMethodField()
    rule = serializers.SerializerMethodField()
    reviewer = serializers.SerializerMethodField()
    done_by = serializers.SerializerMethodField()

    class Meta:
        model = ReviewTask
        fields = (
            "id",
            "page",
            "batch",
            "document_type",
            "model_version",
            "status",
            "priority",
            "created_at",
            "held_by_me",
            "hold",
            "lease_expires_at",
            "flag_reason",
            "kind",
            "rule",
            "reviewer",
            "done_by",
            "done_at",
        )
        read_only_fields = fields

    def get_held_by_me(self, task: ReviewTask) -> bool:
        user = self.context["request"].user
        return task.status == TaskStatus.HELD and task.reviewer_id == user.pk

    def get_kind(self, task: ReviewTask) -> str | None:
        return task.kind if self.context["admin"] else None

    def get_rule(self, task: ReviewTask) -> str | None:
        return task.decision.rule if self.context["admin"] and task.decision else None

    def get_reviewer(self, task: ReviewTask) -> str | None:
        return self._name(task, "reviewer")

    def get_done_by(self, task: ReviewTask) -> str | None:
        return self._name(task, "done_by")

    def _name(self, task: ReviewTask, role: str) -> str | None:
        person = getattr(task, role) if self.context["admin"] else None
        return person.get_username() if person else None


class DraftSerializer(serializers.ModelSerializer[Draft]):
    """What you have typed on a line and not submitted."""

    class Meta:
        model = Draft
        fields = ("line", "text", "verdict", "revision", "saved_at")
        read_only_fields = fields


class HeldTaskSerializer(ReviewTaskSerializer):
    """A task that is yours: with the lease's token, which every later call has to bring."""

    token = serializers.UUIDField(source="lease_token", read_only=True)
    drafts = serializers.SerializerMethodField()

    class Meta(ReviewTaskSerializer.Meta):
        fields = (*ReviewTaskSerializer.Meta.fields, "token", "drafts")  # type: ignore[assignment]
        read_only_fields = fields  # type: ignore[assignment]

    @extend_schema_field(DraftSerializer(many=True))
    def get_drafts(self, task: ReviewTask) -> Any:
        """What you have typed on it already."""
        drafts = Draft.objects.of(task, self.context["request"].user)
        return DraftSerializer(drafts, many=True).data


class QueueSerializer(serializers.Serializer[Any]):
    """Why there is, or is not, a next page: empty is not the same as held by others."""

    state = serializers.ChoiceField(choices=[(state.value, state.value) for state in QueueState])
    waiting = serializers.IntegerField(help_text="That you may see.")
    held = serializers.IntegerField(help_text="By others, under leases that have not run out.")
    next_free_at = serializers.DateTimeField(
        allow_null=True, help_text="When the first of these leases runs out."
    )


class NextTaskSerializer(serializers.Serializer[Any]):
    """The page that is yours now; null where there is none for you."""

    task = HeldTaskSerializer(allow_null=True)
    queue = QueueSerializer()


class LeaseSerializer(serializers.Serializer[Any]):
    """The right to work on a task."""

    token = serializers.UUIDField()


class ReasonedSerializer(LeaseSerializer):
    """A lease, and why it is given up."""

    reason = serializers.CharField(max_length=500, allow_blank=True)


class ReasonSerializer(serializers.Serializer[Any]):
    """Why."""

    reason = serializers.CharField(max_length=500, allow_blank=True)


class RefileSerializer(serializers.Serializer[Any]):
    """The document type that is right."""

    document_type = serializers.PrimaryKeyRelatedField(queryset=DocumentType.objects.all())


class LeaseRenewedSerializer(serializers.Serializer[Any]):
    """When the lease ends if nothing more is heard."""

    lease_expires_at = serializers.DateTimeField()


class EntrySerializer(serializers.Serializer[Any]):
    """What you say of one line."""

    line = serializers.IntegerField()
    text = serializers.CharField(allow_blank=True, trim_whitespace=False, max_length=MAX_TEXT)
    verdict = serializers.ChoiceField(choices=Verdict.choices, default=Verdict.CORRECTED)
    revision = serializers.IntegerField(
        min_value=0, default=0, help_text="Of your draft of this line that you know; 0 for none."
    )


class DraftsSerializer(serializers.Serializer[Any]):
    """Lines to keep as drafts; no lease is needed."""

    lines = EntrySerializer(many=True)


class SubmissionSerializer(LeaseSerializer):
    """Every line of the page, and the seconds of your attention that it took."""

    seconds = serializers.FloatField(min_value=0)
    said = serializers.IntegerField(
        required=False,
        min_value=0,
        help_text="The highest id of a label that the page's lines had when you read them; 0 for "
        "none. A line that somebody has labelled since is then not labelled over unseen.",
    )
    lines = EntrySerializer(many=True)


class DraftConflictSerializer(serializers.Serializer[Any]):
    """A line that another tab of yours has written since: both versions."""

    line = serializers.IntegerField(source="line_id")
    stored = serializers.CharField(source="text", allow_blank=True)
    stored_verdict = serializers.ChoiceField(choices=Verdict.choices, source="verdict")
    revision = serializers.IntegerField(help_text="Of what is stored.")
    yours = serializers.CharField(source="refused_text", allow_blank=True)


class SavedSerializer(serializers.Serializer[Any]):
    """The revision of each line that is kept now, by its id."""

    revisions = serializers.DictField(child=serializers.IntegerField())


class DraftsRefusedSerializer(SavedSerializer):
    """409: what you sent for the lines in `conflicts` is kept beside your newer drafts."""

    code = serializers.CharField()
    message = serializers.CharField()
    conflicts = DraftConflictSerializer(many=True)


class StaleLineSerializer(serializers.Serializer[Any]):
    """A line as you sent it and as it stands; `theirs` is null where nobody has labelled it."""

    line = serializers.IntegerField()
    yours = serializers.CharField(allow_blank=True)
    theirs = serializers.CharField(allow_blank=True, allow_null=True)
    their_verdict = serializers.ChoiceField(choices=Verdict.choices, allow_null=True)


class SubmitRefusedSerializer(DraftsRefusedSerializer):
    """409: what you typed is kept: as drafts, or beside newer ones where `conflicts` names them.

    `lines`, both versions of each, are there where the page is not yours any more.
    """

    lines = StaleLineSerializer(many=True, required=False)


class LabelFilter(serializers.Serializer[Any]):
    """Which labels to list. `current=true` leaves out those that were superseded."""

    batch = serializers.IntegerField(required=False, source="line__page__document__batch")
    document_type = serializers.IntegerField(
        required=False, source="line__page__document__document_type"
    )
    document = serializers.IntegerField(required=False, source="line__page__document")
    page = serializers.IntegerField(required=False, source="line__page")
    line = serializers.IntegerField(required=False)
    verdict = serializers.ChoiceField(choices=Verdict.choices, required=False)
    current = serializers.BooleanField(required=False, allow_null=True, default=None)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """As lookups: `current` asks whether nothing has superseded the label."""
        current = attrs.pop("current")
        return attrs if current is None else {**attrs, "superseded_at__isnull": current}


class TaskFilter(serializers.Serializer[Any]):
    """Which tasks to list."""

    status = serializers.ChoiceField(choices=TaskStatus.choices, required=False)
    page = serializers.IntegerField(required=False)
    batch = serializers.IntegerField(required=False, source="page__document__batch")
