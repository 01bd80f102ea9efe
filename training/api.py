"""Model versions and training runs over the API: the same services as the pages."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from recognition.api import RoleView
from recognition.models import Activation, ActiveModel, DocumentType, ModelVersion
from recognition.permissions import IsAdmin
from training.arms import arms_of
from training.models import TrainingRun, Trial
from training.requests import request_run
from training.rereading import request_rereading
from training.runs import cancel_run
from training.serializers import (
    ActivationSerializer,
    ActiveModelSerializer,
    ArmsSerializer,
    ModelVersionSerializer,
    RereadingSerializer,
    RunRequestSerializer,
    ScopeSerializer,
    TrainingRunSerializer,
    TrialSerializer,
)
from training.serving import put_in_service, take_back
from training.shadow import promote_beside, withdraw_beside


class ModelVersionViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, RoleView):
    """Model versions, and the pointers that put them in service."""

    serializer_class = ModelVersionSerializer
    permission_classes = [IsAdmin]
    queryset = ModelVersion.objects.all()

    @extend_schema(responses=ActiveModelSerializer(many=True), filters=False)
    @action(detail=False, pagination_class=None)
    def active(self, request: Request) -> Response:
        """Which version serves which document type."""
        pointers = ActiveModel.objects.select_related("model_version").order_by("pk")
        return Response(ActiveModelSerializer(pointers, many=True).data)

    @extend_schema(responses=ActivationSerializer(many=True))
    @action(detail=False)
    def activations(self, request: Request) -> Response:
        """Every move of a pointer, the latest first."""
        moves = self.paginate_queryset(Activation.objects.select_related("actor"))
        return self.get_paginated_response(ActivationSerializer(moves, many=True).data)

    @extend_schema(request=ScopeSerializer, responses=ActivationSerializer)
    @action(detail=True, methods=["post"])
    def activate(self, request: Request, pk: str) -> Response:
        """Put a version in service; pages read from now on name it."""
        version = self.get_object()
        form = ScopeSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        activation = put_in_service(version=version, actor=self.person, **form.validated_data)
        return Response(ActivationSerializer(activation).data)

    @extend_schema(request=None, responses={202: RereadingSerializer})
    @action(detail=True, methods=["post"])
    def reread(self, request: Request, pk: str) -> Response:
        """Have what a version read that serves no more, and nobody has seen, read again."""
        begun = request_rereading(version=self.get_object(), actor=self.person)
        return Response(RereadingSerializer(begun).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(request=ScopeSerializer, responses=ActivationSerializer)
    @action(detail=False, methods=["post"])
    def rollback(self, request: Request) -> Response:
        """Put back what served a scope before."""
        form = ScopeSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        activation = take_back(actor=self.person, **form.validated_data)
        return Response(ActivationSerializer(activation).data)


class TrainingRunViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, RoleView):
    """Training runs."""

    serializer_class = TrainingRunSerializer
    permission_classes = [IsAdmin]
    queryset = TrainingRun.objects.all()

    def get_queryset(self) -> QuerySet[TrainingRun]:
        return TrainingRun.objects.order_by("-pk")

    @extend_schema(request=RunRequestSerializer, responses={201: TrainingRunSerializer})
    def create(self, request: Request) -> Response:
        """Queue a run. A candidate goes into service only if it proves better."""
        form = RunRequestSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        run = request_run(
            trigger=TrainingRun.Trigger.MANUAL, actor=self.person, **form.validated_data
        )
        return Response(self.get_serializer(run).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=TrainingRunSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Stop a run: one that waits at once, one that runs within seconds."""
        run: Any = self.get_object()
        cancel_run(run=run, actor=self.person)
        run.refresh_from_db()
        return Response(self.get_serializer(run).data)


class TrialViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, RoleView):
    """Models that read new pages beside the one in service, and the two ways to end that."""

    serializer_class = TrialSerializer
    permission_classes = [IsAdmin]
    queryset = Trial.objects.all()

    @extend_schema(request=None, responses=TrialSerializer)
    @action(detail=True, methods=["post"])
    def promote(self, request: Request, pk: str) -> Response:
        """Put the model beside in service now; where it is what was replaced, roll back."""
        return self._after(promote_beside)

    @extend_schema(request=None, responses=TrialSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        """End the trial; the model in service stays."""
        return self._after(withdraw_beside)

    def _after(self, act: Callable[..., None]) -> Response:
        trial: Any = self.get_object()
        act(trial=trial, actor=self.person)
        trial.refresh_from_db()
        return Response(self.get_serializer(trial).data)


class QueueArmsViewSet(RoleView):
    """What the order of the queue is worth, by document type."""

    serializer_class = ArmsSerializer
    permission_classes = [IsAdmin]
    queryset = DocumentType.objects.all()

    @extend_schema(responses=ArmsSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """Pages chosen by value against pages drawn at random, of the last three months."""
        document_type: Any = self.get_object()
        found = arms_of(document_type)
        low, high = found.interval or (None, None)
        told = {
            "document_type": document_type.pk,
            "value": found.value,
            "random": found.random,
            "enough": found.enough,
            "gain": found.gain,
            "low": low,
            "high": high,
        }
        return Response(self.get_serializer(told).data)
