"""Proposals as the API shows and takes them."""

from typing import Any

from rest_framework import serializers

from review.models import Proposal, ProposalRound, ProposalSet
from review.proposals.alike import OFFERED


class ProposalSerializer(serializers.ModelSerializer[Proposal]):
    """A line with what was read on it, and the reading with one piece put right."""

    page = serializers.IntegerField(source="line.page_id", read_only=True)
    read = serializers.CharField(source="prediction.text", read_only=True)

    class Meta:
        model = Proposal
        fields = (
            "id", "page", "line", "prediction", "read", "text", "start", "left", "right",
            "likeness", "status",
        )  # fmt: skip
        read_only_fields = fields


class ProposalSetSerializer(serializers.ModelSerializer[ProposalSet]):
    """`seen` was read where `stands` stands, said the correction `source`, a label."""

    page = serializers.IntegerField(source="source.line.page_id", read_only=True)
    line = serializers.IntegerField(source="source.line_id", read_only=True)
    reviewer = serializers.CharField(source="source.reviewer.username", read_only=True)
    open_lines = serializers.SerializerMethodField(help_text="Lines that can be answered now.")

    class Meta:
        model = ProposalSet
        fields = (
            "id", "document_type", "seen", "stands", "source", "page", "line", "reviewer", "at",
            "open_lines",
        )  # fmt: skip
        read_only_fields = fields

    def get_open_lines(self, chosen: Any) -> int:
        """0 where every line was answered, has expired, or is in somebody's hands."""
        return int(chosen.open_lines or 0)


class ProposalSetDetailSerializer(ProposalSetSerializer):
    """A set with its lines."""

    proposals = ProposalSerializer(source="answerable", many=True, read_only=True)

    class Meta:
        model = ProposalSet
        fields = (*ProposalSetSerializer.Meta.fields, "proposals")
        read_only_fields = fields


class AnswersSerializer(serializers.Serializer[Any]):
    """Keys of proposals to confirm and to refuse."""

    confirm = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        max_length=OFFERED, default=list,
    )  # fmt: skip
    refuse = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        max_length=OFFERED, default=list,
    )  # fmt: skip

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if set(attrs["confirm"]) & set(attrs["refuse"]):
            raise serializers.ValidationError("A proposal is confirmed or refused, not both.")
        return attrs


class ProposalRoundSerializer(serializers.ModelSerializer[ProposalRound]):
    """One person's answers to a set, given at one time."""

    confirmed = serializers.IntegerField(read_only=True)
    refused = serializers.IntegerField(read_only=True)

    class Meta:
        model = ProposalRound
        fields = ("id", "set", "at", "undone_at", "confirmed", "refused")
        read_only_fields = fields


class AnsweredSerializer(serializers.Serializer[Any]):
    """What became of a round of answers."""

    round = serializers.IntegerField(source="round.pk")
    confirmed = serializers.IntegerField()
    refused = serializers.IntegerField()
    dropped = serializers.IntegerField(help_text="Answered, labelled or read again meanwhile.")
    in_hand = serializers.IntegerField(help_text="On pages that somebody holds; they stay open.")
    opened = serializers.IntegerField(help_text="Accepted pages that go to review for it.")


class TakenBackSerializer(serializers.Serializer[Any]):
    """What became of an undo."""

    set = serializers.IntegerField(source="set.pk")
    undone = serializers.IntegerField()
    kept = serializers.IntegerField(help_text="On pages that people took in hand since.")
