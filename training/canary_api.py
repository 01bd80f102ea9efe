"""Canaries and the reading again of a withdrawn model's pages over the API."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from recognition.api import RoleView
from recognition.canaries import change_share
from recognition.canary_share import MOST
from recognition.models import Canary, DocumentType, ModelVersion
from recognition.permissions import IsAdmin
from recognition.states import CanaryStatus
from training.canary import DEFAULT_SHARE, start_canary
from training.canary_selectors import CanaryState, states_of
from training.shadow import promote_canary, withdraw_canary

SMALLEST_SHARE = 0.001


class ShareSerializer(serializers.Serializer[Any]):
    """A share of the documents, of 1."""

    share = serializers.FloatField(min_value=SMALLEST_SHARE, max_value=MOST, default=DEFAULT_SHARE)


class CanaryRequestSerializer(ShareSerializer):
    """Which version reads a share of which scope: a document type, or all types where none is."""

    model_version = serializers.PrimaryKeyRelatedField(queryset=ModelVersion.objects.all())
    document_type = serializers.PrimaryKeyRelatedField(
        queryset=DocumentType.objects.all(), allow_null=True, default=None
    )
    reason = serializers.CharField(max_length=500)


class WithdrawalSerializer(serializers.Serializer[Any]):
    """Why, in a few words."""

    reason = serializers.CharField(max_length=400, allow_blank=True, default="")


class CanarySerializer(serializers.Serializer[CanaryState]):
    """A version that reads a share of the documents, and how it fares.

    `pages` stand as it read them, `reviewed` of these; `evidence` is what people's judgement makes
    of both models on the same lines, with both error rates, as in the trial.
    """

    id = serializers.IntegerField(source="canary.pk")
    document_type = serializers.IntegerField(source="canary.document_type_id", allow_null=True)
    model_version = serializers.IntegerField(source="canary.model_version_id")
    share = serializers.FloatField(source="canary.share")
    status = serializers.ChoiceField(choices=CanaryStatus.choices, source="canary.status")
    reason = serializers.CharField(source="canary.reason")
    started_at = serializers.DateTimeField(source="canary.started_at")
    ended_at = serializers.DateTimeField(source="canary.ended_at", allow_null=True)
    trial = serializers.IntegerField(source="trial.pk")
    evidence = serializers.JSONField(source="trial.evidence")
    pages = serializers.IntegerField()
    reviewed = serializers.IntegerField()


class CanaryViewSet(RoleView):
    """Versions that read a share of the documents, and the ways on from there."""

    serializer_class = CanarySerializer
    permission_classes = [IsAdmin]
    queryset = Canary.objects.select_related("model_version", "document_type")

    @extend_schema(responses=CanarySerializer(many=True))
    def list(self, request: Request) -> Response:
        """All canaries, the newest first."""
        shown = states_of(self.paginate_queryset(self.get_queryset()) or ())
        return self.get_paginated_response(self.get_serializer(shown, many=True).data)

    @extend_schema(responses=CanarySerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """One canary."""
        return self._shown(self.get_object())

    @extend_schema(request=CanaryRequestSerializer, responses={201: CanarySerializer})
    def create(self, request: Request) -> Response:
        """Let a version read a share of the documents; an earlier canary makes way for it."""
        form = CanaryRequestSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        asked = form.validated_data
        made = start_canary(
            version=asked["model_version"],
            document_type=asked["document_type"],
            share=asked["share"],
            reason=asked["reason"],
            actor=self.person,
        )
        return self._shown(made, status.HTTP_201_CREATED)

    @extend_schema(request=ShareSerializer, responses=CanarySerializer)
    @action(detail=True, methods=["post"])
    def share(self, request: Request, pk: str) -> Response:
        """Let it read another share from now on; documents begun stay with their model."""
        canary: Any = self.get_object()
        form = ShareSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        change_share(canary=canary, share=form.validated_data["share"], actor=self.person)
        return self._shown(canary)

    @extend_schema(request=None, responses=CanarySerializer)
    @action(detail=True, methods=["post"])
    def promote(self, request: Request, pk: str) -> Response:
        """Put it in service for its whole scope."""
        canary: Any = self.get_object()
        promote_canary(canary=canary, actor=self.person)
        return self._shown(canary)

    @extend_schema(request=WithdrawalSerializer, responses=CanarySerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        """Take it back; what nobody has seen of its pages is read again by what serves."""
        canary: Any = self.get_object()
        form = WithdrawalSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        withdraw_canary(canary=canary, actor=self.person, reason=form.validated_data["reason"])
        return self._shown(canary)

    def _shown(self, canary: Canary, code: int = status.HTTP_200_OK) -> Response:
        return Response(self.get_serializer(states_of([canary])[0]).data, status=code)
