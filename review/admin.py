"""Review's tables in Django's admin: to look at; every change goes through a service."""

from django.contrib import admin

from recognition.admin_base import ReadOnlyAdmin
from review.models import (
    Draft,
    Label,
    PlantedError,
    Proposal,
    ProposalAnswer,
    ProposalSet,
    QueueFigures,
    RefusedDraft,
    ReviewTask,
    RoutingDecision,
    TaskSkip,
)


@admin.register(RoutingDecision)
class RoutingDecisionAdmin(ReadOnlyAdmin):
    list_display = ("page", "outcome", "rule", "probability", "threshold", "model_version", "at")
    list_filter = ("outcome", "rule", "page__document__document_type")
    list_select_related = ("page__document", "model_version")
    search_fields = ("=page__id",)
    raw_id_fields = ("page", "line", "model_version")


@admin.register(ReviewTask)
class ReviewTaskAdmin(ReadOnlyAdmin):
    list_display = ("page", "kind", "status", "reviewer", "lease_expires_at", "done_by", "done_at")
    list_filter = ("status", "kind", "arm", "page__document__document_type")
    list_select_related = ("page__document", "reviewer", "done_by")
    search_fields = ("=page__id", "reviewer__username", "done_by__username")
    raw_id_fields = ("page", "decision", "model_version")
    # A token is the right to submit; nobody needs to see another's.
    exclude = ("lease_token", "done_token")


@admin.register(TaskSkip)
class TaskSkipAdmin(ReadOnlyAdmin):
    list_display = ("task", "reviewer", "reason", "at")
    list_select_related = ("task__page__document", "reviewer")
    search_fields = ("reason", "reviewer__username")
    raw_id_fields = ("task",)


@admin.register(Draft)
class DraftAdmin(ReadOnlyAdmin):
    list_display = ("task", "reviewer", "text", "verdict", "saved_at")
    list_select_related = ("task__page__document", "reviewer")
    search_fields = ("=task__id", "reviewer__username")
    raw_id_fields = ("task", "line")


@admin.register(RefusedDraft)
class RefusedDraftAdmin(ReadOnlyAdmin):
    list_display = ("task", "reviewer", "text", "verdict", "at")
    list_select_related = ("task__page__document", "reviewer")
    search_fields = ("=task__id", "reviewer__username")
    raw_id_fields = ("task", "line")


@admin.register(Label)
class LabelAdmin(ReadOnlyAdmin):
    list_display = ("id", "text", "verdict", "reviewer", "created_at", "superseded_at")
    list_filter = ("verdict", "line__page__document__document_type")
    list_select_related = ("reviewer",)
    search_fields = ("=line__id", "=line__page__id", "reviewer__username")
    raw_id_fields = ("line", "task", "base_prediction")
    date_hierarchy = "created_at"


@admin.register(PlantedError)
class PlantedErrorAdmin(ReadOnlyAdmin):
    list_display = ("line", "reviewer", "model_text", "planted_text", "outcome", "at")
    list_filter = ("outcome", "task__document_type")
    list_select_related = ("line__page__document", "reviewer")
    search_fields = ("=task__id", "reviewer__username")
    raw_id_fields = ("task", "line")


@admin.register(QueueFigures)
class QueueFiguresAdmin(ReadOnlyAdmin):
    list_display = ("document_type", "line_seconds", "error_seconds", "wrong", "pages", "at")
    list_select_related = ("document_type",)


@admin.register(ProposalSet)
class ProposalSetAdmin(ReadOnlyAdmin):
    list_display = ("seen", "stands", "document_type", "source", "at")
    list_filter = ("document_type",)
    list_select_related = ("document_type", "source")
    search_fields = ("=seen", "=stands")
    raw_id_fields = ("source",)


@admin.register(Proposal)
class ProposalAdmin(ReadOnlyAdmin):
    list_display = ("line", "text", "likeness", "status", "set")
    list_filter = ("status",)
    list_select_related = ("line__page__document", "set")
    search_fields = ("=line__id", "=set__id")
    raw_id_fields = ("set", "line", "prediction")


@admin.register(ProposalAnswer)
class ProposalAnswerAdmin(ReadOnlyAdmin):
    list_display = ("proposal", "said", "round", "taken_back_at")
    list_filter = ("said",)
    list_select_related = ("proposal", "round__set", "round__reviewer")
    search_fields = ("=proposal__id", "round__reviewer__username")
    raw_id_fields = ("round", "proposal", "opened")
