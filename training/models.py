"""Datasets, training runs, and how candidates fared. Written once, kept for ever."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from recognition.models import APPEND_ONLY, Canary, DocumentType, ModelVersion, is_share
from review.models import Label
from training import querysets
from training.alert_record import AccuracyAlert as AccuracyAlert
from training.rereading_record import Rereading as Rereading
from training.states import (
    Depth,
    DisputeStatus,
    LeftOut,
    RunStatus,
    Split,
    Stage,
    TrialAim,
    TrialStatus,
)


class Dataset(models.Model):
    """A frozen, hashed list of labels with their split."""

    document_type = models.ForeignKey(
        DocumentType, null=True, blank=True, on_delete=models.PROTECT, related_name="datasets"
    )
    manifest_sha256 = models.CharField(max_length=64)
    label_count = models.PositiveIntegerField(help_text="Current labels looked at.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        triggers = [APPEND_ONLY]
        constraints = [
            models.UniqueConstraint(
                name="dataset_once_per_content",
                fields=["document_type", "manifest_sha256"],
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.document_type or 'all types'} {self.manifest_sha256[:12]}"


class DatasetItem(models.Model):
    """One label as it stood when the dataset was frozen: in a split, or left out and why."""

    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="items")
    label = models.ForeignKey(Label, on_delete=models.PROTECT, related_name="dataset_items")
    text = models.TextField(blank=True)
    crop_sha256 = models.CharField(max_length=64)
    document_sha256 = models.CharField(max_length=64)
    split = models.CharField(max_length=10, choices=Split.choices, blank=True)
    left_out = models.CharField(max_length=20, choices=LeftOut.choices, blank=True)

    class Meta:
        ordering = ["pk"]
        triggers = [APPEND_ONLY]
        constraints = [
            models.UniqueConstraint(name="label_once_in_dataset", fields=["dataset", "label"]),
            models.CheckConstraint(
                name="item_in_a_split_or_left_out",
                condition=Q(split__in=Split.values, left_out="")
                | Q(split="", left_out__in=LeftOut.values),
            ),
            models.UniqueConstraint(
                name="crop_once_in_dataset",
                fields=["dataset", "crop_sha256"],
                condition=Q(left_out=""),
            ),
        ]

    def __str__(self) -> str:
        return self.text


class TrainingRun(models.Model):
    """Dataset + base model version + settings -> candidate, with its curve, log and verdict."""

    class Trigger(models.TextChoices):
        MANUAL = "manual", "By hand"
        NIGHTLY = "nightly", "Nightly"
        REFRESH = "refresh", "Enough new corrections"
        NEW_BASE = "new_base", "A new base"

    AFRESH = (Trigger.NIGHTLY, Trigger.NEW_BASE)
    """Runs of a head that start from a base, not from the head in service."""

    document_type = models.ForeignKey(
        DocumentType, null=True, blank=True, on_delete=models.PROTECT, related_name="runs"
    )
    depth = models.CharField(
        max_length=7,
        choices=Depth.choices,
        default=Depth.HEAD,
        help_text="A head on a base, or the whole network, which gives a new base.",
    )
    trigger = models.CharField(max_length=8, choices=Trigger.choices)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    settings = models.JSONField(default=dict)
    labels_seen = models.PositiveIntegerField(
        default=0, help_text="Current labels with text there were when it was requested."
    )
    last_label = models.PositiveBigIntegerField(
        default=0, help_text="Number of the last label there was then."
    )
    dataset = models.ForeignKey(
        Dataset, null=True, blank=True, on_delete=models.PROTECT, related_name="runs"
    )
    base = models.ForeignKey(
        ModelVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="runs_from"
    )
    active = models.ForeignKey(
        ModelVersion,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="What served its scope when it began: the candidate is compared with it.",
    )
    candidate = models.ForeignKey(
        ModelVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="runs"
    )
    status = models.CharField(max_length=9, choices=RunStatus.choices, default=RunStatus.QUEUED)
    stage = models.CharField(max_length=10, choices=Stage.choices, default=Stage.WAITING)
    progress = models.FloatField(default=0, help_text="Of the stage, 0 to 1.")
    failure_code = models.CharField(max_length=40, blank=True)
    failure_message = models.CharField(
        max_length=1000, blank=True, help_text="Why it failed, was skipped or cancelled."
    )
    created_at = models.DateTimeField(default=timezone.now)
    queued_at = models.DateTimeField(default=timezone.now)
    resumed = models.PositiveSmallIntegerField(
        default=0, help_text="How often its process died and it went on from its checkpoint."
    )
    started_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    result = models.JSONField(
        default=dict, blank=True, help_text="What the trainer reported: ledger, seconds, parity."
    )
    verdict = models.JSONField(
        default=dict, blank=True, help_text="The gate's: accept, reasons, error rates, slices."
    )

    objects = querysets.TrainingRunQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                name="one_running_training_run_per_depth",
                fields=["depth"],
                condition=Q(status=RunStatus.RUNNING),
            ),
            models.UniqueConstraint(
                name="one_queued_run_per_scope",
                fields=["document_type", "depth"],
                condition=Q(status=RunStatus.QUEUED),
                nulls_distinct=False,
            ),
            models.CheckConstraint(name="run_depth_known", condition=Q(depth__in=Depth.values)),
            models.CheckConstraint(
                name="network_run_is_for_all_types",
                condition=~Q(depth=Depth.NETWORK) | Q(document_type__isnull=True),
            ),
            models.CheckConstraint(
                name="only_network_runs_resume", condition=Q(depth=Depth.NETWORK) | Q(resumed=0)
            ),
            models.CheckConstraint(
                name="run_status_known", condition=Q(status__in=RunStatus.values)
            ),
            models.CheckConstraint(
                name="run_failed_has_reason",
                condition=~Q(status__in=[RunStatus.FAILED, RunStatus.SKIPPED])
                | ~Q(failure_message=""),
            ),
            models.CheckConstraint(
                name="run_succeeded_has_candidate",
                condition=~Q(status=RunStatus.SUCCEEDED)
                | Q(candidate__isnull=False, dataset__isnull=False, base__isnull=False),
            ),
        ]
        triggers = [pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"run {self.pk} ({self.get_status_display()})"


class CurvePoint(models.Model):
    """One point of a run's learning curve. Append-only."""

    run = models.ForeignKey(TrainingRun, on_delete=models.PROTECT, related_name="curve")
    step = models.PositiveIntegerField()
    loss = models.FloatField(null=True, blank=True)
    validation_cer = models.FloatField(null=True, blank=True, help_text="Edits per character.")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["step"]
        triggers = [APPEND_ONLY]
        constraints = [
            models.UniqueConstraint(name="curve_point_once", fields=["run", "step"]),
        ]

    def __str__(self) -> str:
        return f"step {self.step}"


class EvaluatedLine(models.Model):
    """What the active and the candidate model read on one frozen test line. Append-only."""

    run = models.ForeignKey(TrainingRun, on_delete=models.PROTECT, related_name="evaluated")
    item = models.ForeignKey(DatasetItem, on_delete=models.PROTECT, related_name="evaluated")
    active_text = models.TextField(blank=True)
    candidate_text = models.TextField(blank=True)
    active_edits = models.PositiveIntegerField(help_text="Levenshtein distance to the label.")
    candidate_edits = models.PositiveIntegerField(help_text="Levenshtein distance to the label.")
    characters = models.PositiveIntegerField(help_text="Of the label.")

    class Meta:
        ordering = ["pk"]
        triggers = [APPEND_ONLY]
        constraints = [
            models.UniqueConstraint(name="item_evaluated_once_per_run", fields=["run", "item"])
        ]

    def __str__(self) -> str:
        return self.candidate_text


class Trial(models.Model):
    """Two models read the same new lines: the one in service, and one beside it.

    What people say of those lines scores both: so a candidate proves itself, and what a new model
    replaced keeps watch over it. No reviewer is shown what either reads; a canary's reading they
    are shown, and on its pages it is the model in service that reads along.
    """

    document_type = models.ForeignKey(
        DocumentType, null=True, blank=True, on_delete=models.PROTECT, related_name="trials"
    )
    aim = models.CharField(max_length=6, choices=TrialAim.choices)
    canary = models.OneToOneField(
        Canary, null=True, blank=True, on_delete=models.PROTECT, related_name="trial"
    )
    serving = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    beside = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="trials")
    status = models.CharField(
        max_length=7, choices=TrialStatus.choices, default=TrialStatus.RUNNING
    )
    evidence = models.JSONField(
        default=dict, blank=True, help_text="Documents judged, wrong characters of both, wealth."
    )
    reason = models.CharField(max_length=500, blank=True, help_text="Why it ended.")
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Empty: the evidence did it.",
    )

    objects = querysets.TrialQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        triggers = [pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)]
        constraints = [
            models.UniqueConstraint(
                name="one_running_trial_per_scope_and_aim",
                fields=["document_type", "aim"],
                condition=Q(status=TrialStatus.RUNNING),
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="trial_status_known", condition=Q(status__in=TrialStatus.values)
            ),
            models.CheckConstraint(
                name="trial_ended_has_reason",
                condition=Q(status=TrialStatus.RUNNING, ended_at__isnull=True, reason="")
                | (~Q(status=TrialStatus.RUNNING) & Q(ended_at__isnull=False) & ~Q(reason="")),
            ),
            models.CheckConstraint(
                name="trial_of_two_models", condition=~Q(serving=models.F("beside"))
            ),
            models.CheckConstraint(
                name="trial_of_a_canary_names_it",
                condition=Q(aim=TrialAim.CANARY, canary__isnull=False)
                | (~Q(aim=TrialAim.CANARY) & Q(canary__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.beside} beside {self.serving}"


class LabelDispute(models.Model):
    """A label that a model contradicts while it is nearly sure of itself: somebody looks again."""

    label = models.OneToOneField(Label, on_delete=models.PROTECT, related_name="dispute")
    run = models.ForeignKey(TrainingRun, on_delete=models.PROTECT, related_name="disputes")
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(help_text="What the model reads.")
    confidence = models.FloatField(help_text="Calibrated probability that it is exactly right.")
    status = models.CharField(
        max_length=9, choices=DisputeStatus.choices, default=DisputeStatus.OPEN
    )
    raised_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = querysets.LabelDisputeQuerySet.as_manager()

    class Meta:
        ordering = ["-confidence", "pk"]
        triggers = [pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)]
        constraints = [
            models.CheckConstraint(
                name="dispute_status_known", condition=Q(status__in=DisputeStatus.values)
            ),
            models.CheckConstraint(
                name="dispute_settled_names_when",
                condition=Q(status=DisputeStatus.OPEN, settled_at__isnull=True)
                | (~Q(status=DisputeStatus.OPEN) & Q(settled_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="dispute_confidence_is_share", condition=is_share("confidence")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label}: {self.text}?"
