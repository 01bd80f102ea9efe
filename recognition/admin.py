"""Recognition's tables in Django's admin: policy to edit, everything else to look at."""

from django.contrib import admin

from recognition.admin_base import ManagedAdmin, ReadOnlyAdmin
from recognition.models import (
    Activation,
    ActiveModel,
    Batch,
    Canary,
    Document,
    DocumentType,
    Event,
    Line,
    ModelVersion,
    Page,
    Prediction,
)


@admin.register(DocumentType)
class DocumentTypeAdmin(ManagedAdmin):
    list_display = ("name", "threshold", "audit_rate", "priority")
    list_filter = ("groups",)
    search_fields = ("name", "description")
    filter_horizontal = ("groups",)


@admin.register(Batch)
class BatchAdmin(ReadOnlyAdmin):
    list_display = ("name", "document_type", "created_by", "created_at")
    list_filter = ("document_type",)
    list_select_related = ("document_type", "created_by")
    search_fields = ("name",)
    date_hierarchy = "created_at"


@admin.register(Document)
class DocumentAdmin(ReadOnlyAdmin):
    list_display = ("filename", "batch", "document_type", "status", "failure_code", "created_at")
    list_filter = ("status", "document_type", "failure_code")
    list_select_related = ("batch", "document_type")
    search_fields = ("filename", "sha256")
    raw_id_fields = ("batch", "duplicate_of")


@admin.register(Page)
class PageAdmin(ReadOnlyAdmin):
    list_display = (
        "document",
        "number",
        "status",
        "lowest_confidence",
        "model_version",
        "failure_code",
        "read_at",
    )
    list_filter = ("status", "document__document_type", "failure_code")
    list_select_related = ("document", "model_version")
    search_fields = ("document__filename", "=sha256")
    raw_id_fields = ("document", "model_version")


@admin.register(Line)
class LineAdmin(ReadOnlyAdmin):
    list_display = ("id", "page", "position", "block", "retired_at")
    list_select_related = ("page__document",)
    search_fields = ("=crop_sha256", "=page__id")
    raw_id_fields = ("page",)


@admin.register(Prediction)
class PredictionAdmin(ReadOnlyAdmin):
    list_display = ("id", "text", "confidence", "model_version", "at")
    list_filter = ("model_version",)
    list_select_related = ("model_version",)
    search_fields = ("=line__id", "=line__page__id")
    raw_id_fields = ("line", "model_version")


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadOnlyAdmin):
    list_display = ("name", "kind", "document_type", "parent", "sha256", "created_at")
    list_filter = ("kind", "document_type")
    list_select_related = ("document_type", "parent")
    search_fields = ("name", "sha256")


@admin.register(ActiveModel)
class ActiveModelAdmin(ReadOnlyAdmin):
    """To look at: the pointer is moved on the models' pages, where the move is recorded."""

    list_display = ("__str__", "document_type", "model_version")
    list_select_related = ("document_type", "model_version")


@admin.register(Activation)
class ActivationAdmin(ReadOnlyAdmin):
    list_display = ("at", "kind", "document_type", "model_version", "previous", "actor", "reason")
    list_filter = ("kind", "document_type")
    list_select_related = ("document_type", "model_version", "previous", "actor")
    search_fields = ("reason",)


@admin.register(Canary)
class CanaryAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "share", "status", "started_at", "ended_at", "reason")
    list_filter = ("status", "document_type")
    list_select_related = ("document_type", "model_version")
    search_fields = ("reason",)


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """The audit trail."""

    list_display = ("at", "actor", "verb", "subject_type", "subject_id")
    list_filter = ("verb", "subject_type")
    list_select_related = ("actor",)
    search_fields = ("=subject_id", "actor__username")
    date_hierarchy = "at"
