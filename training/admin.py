"""Training's tables in Django's admin: to look at; every change goes through a service."""

from django.contrib import admin

from recognition.admin_base import ReadOnlyAdmin
from training.models import (
    AccuracyAlert,
    CurvePoint,
    Dataset,
    DatasetItem,
    EvaluatedLine,
    TrainingRun,
)


@admin.register(Dataset)
class DatasetAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "document_type", "label_count", "created_at")
    list_filter = ("document_type",)
    list_select_related = ("document_type",)
    search_fields = ("manifest_sha256",)


@admin.register(DatasetItem)
class DatasetItemAdmin(ReadOnlyAdmin):
    list_display = ("id", "dataset", "text", "split", "left_out")
    list_filter = ("split", "left_out")
    list_select_related = ("dataset__document_type",)
    search_fields = ("=dataset__id", "=label__id")
    raw_id_fields = ("dataset", "label")


@admin.register(TrainingRun)
class TrainingRunAdmin(ReadOnlyAdmin):
    list_display = (
        "id", "document_type", "depth", "trigger", "status", "stage", "candidate", "created_at",
    )  # fmt: skip
    list_filter = ("status", "depth", "trigger", "document_type")
    list_select_related = ("document_type", "candidate")
    search_fields = ("=id", "failure_message")
    date_hierarchy = "created_at"


@admin.register(CurvePoint)
class CurvePointAdmin(ReadOnlyAdmin):
    list_display = ("run", "step", "loss", "validation_cer", "at")
    list_select_related = ("run",)
    search_fields = ("=run__id",)
    raw_id_fields = ("run",)


@admin.register(EvaluatedLine)
class EvaluatedLineAdmin(ReadOnlyAdmin):
    list_display = ("id", "run", "active_edits", "candidate_edits", "characters")
    list_select_related = ("run",)
    search_fields = ("=run__id",)
    raw_id_fields = ("run", "item")


@admin.register(AccuracyAlert)
class AccuracyAlertAdmin(ReadOnlyAdmin):
    list_display = ("id", "document_type", "week", "reference", "accuracy", "status", "raised_at")
    list_filter = ("status", "document_type")
    list_select_related = ("document_type",)
    search_fields = ("note",)
