"""Falls in accuracy over the API: what the audits found, and the word that somebody has looked."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from recognition.api import RoleView
from recognition.permissions import IsAdmin
from training.alerts import acknowledge_alert
from training.models import AccuracyAlert
from training.states import AlertStatus


class AlertFilter(serializers.Serializer[Any]):
    """Which alerts to list."""

    document_type = serializers.IntegerField(required=False)
    status = serializers.ChoiceField(choices=AlertStatus.choices, required=False)


class NoteSerializer(serializers.Serializer[Any]):
    """What was found, in a few words."""

    note = serializers.CharField(max_length=500)


class AlertSerializer(serializers.ModelSerializer[AccuracyAlert]):
    """A document type's audited lines are right less often than in the weeks before.

    `accuracy` is their share in the weeks from `since` to `week`, each named by its Monday, `bound`
    what it may be at most with near certainty, and `reference` the median of the weeks before.
    `pages` are the audited pages with most wrong lines, the worst first.
    """

    acknowledged_by = serializers.CharField(
        source="acknowledged_by.username", default=None, read_only=True
    )

    class Meta:
        model = AccuracyAlert
        fields = (
            "id",
            "document_type",
            "week",
            "since",
            "accuracy",
            "bound",
            "reference",
            "lines",
            "pages",
            "status",
            "raised_at",
            "acknowledged_at",
            "acknowledged_by",
            "note",
        )
        read_only_fields = fields


class AlertViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, RoleView):
    """Falls in accuracy, the latest first."""

    serializer_class = AlertSerializer
    permission_classes = [IsAdmin]
    queryset = AccuracyAlert.objects.select_related("acknowledged_by")
    filter_serializer = AlertFilter

    @extend_schema(request=NoteSerializer, responses=AlertSerializer)
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, pk: str) -> Response:
        """Say what was found; a fall that goes on is told again next week."""
        form = NoteSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        alert: Any = self.get_object()
        acknowledge_alert(alert=alert, actor=self.person, **form.validated_data)
        return Response(self.get_serializer(self.get_object()).data)
