"""Proposals over the API: the same services as the pages."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from recognition.api import RoleView
from review.models import Proposal, ProposalRound, ProposalSet
from review.proposals.answer import answer_proposals, undo_round
from review.proposals.serializers import (
    AnsweredSerializer,
    AnswersSerializer,
    ProposalRoundSerializer,
    ProposalSetDetailSerializer,
    ProposalSetSerializer,
    TakenBackSerializer,
)


class ProposalSetViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, RoleView):
    """What a correction changed, and other lines on which the same may have been misread."""

    serializer_class = ProposalSetSerializer
    permission_classes = [IsAuthenticated]
    queryset = ProposalSet.objects.all()

    def get_queryset(self) -> QuerySet[ProposalSet]:
        rows = ProposalSet.objects.readable_by(self.request.user).with_open_lines()
        rows = rows.select_related("source__reviewer", "source__line").order_by("-pk")
        if self.action == "list":
            return rows.offered()
        lines = Proposal.objects.answerable().select_related("line", "prediction")
        return rows.prefetch_related(
            Prefetch("proposals", lines.defer("prediction__characters"), to_attr="answerable")
        )

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the sets that you can answer, the newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(responses=ProposalSetDetailSerializer)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One set with the lines that can be answered now, the most alike first."""
        found = ProposalSetDetailSerializer(
            self.get_object(), context=self.get_serializer_context()
        )
        return Response(found.data)

    @extend_schema(request=AnswersSerializer, responses=AnsweredSerializer)
    @action(detail=True, methods=["post"])
    def answer(self, request: Request, pk: str) -> Response:
        """Confirm some proposals of a set, and refuse others; those not named stay open.

        No label is made: what is confirmed is what a reviewer of the line begins with.
        """
        form = AnswersSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        done = answer_proposals(
            set_id=self.get_object().pk, user=self.person, **form.validated_data
        )
        return Response(AnsweredSerializer(done).data)


class ProposalRoundViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, RoleView):
    """Your own answers to sets of proposals; each round can be taken back for ten minutes."""

    serializer_class = ProposalRoundSerializer
    permission_classes = [IsAuthenticated]
    queryset = ProposalRound.objects.all()

    def get_queryset(self) -> QuerySet[ProposalRound]:
        sets = ProposalSet.objects.readable_by(self.request.user)
        rows = ProposalRound.objects.filter(set__in=sets.values("pk"), reviewer=self.person.pk)
        return rows.with_numbers().order_by("-pk")

    @extend_schema(request=None, responses=TakenBackSerializer)
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: str) -> Response:
        """Take all answers of a round back."""
        back = undo_round(round_id=self.get_object().pk, user=self.person)
        return Response(TakenBackSerializer(back).data)
