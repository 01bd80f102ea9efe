"""Routing decisions, review tasks, drafts and labels.

What must never be false is a constraint or a trigger here, not a habit elsewhere.
"""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import MD5

from recognition.models import (
    APPEND_ONLY,
    DocumentType,
    Line,
    ModelVersion,
    Page,
    Prediction,
    character_set_field,
    character_set_known,
    is_share,
)
from review import querysets
from review.choice_record import ThresholdChoice as ThresholdChoice
from review.edits import LineEdit as LineEdit
from review.edits import LineMark as LineMark
from review.edits import ReviewerKeys as ReviewerKeys
from review.plant_record import PlantedError as PlantedError
from review.proposals.record import Proposal as Proposal
from review.proposals.record import ProposalAnswer as ProposalAnswer
from review.proposals.record import ProposalRound as ProposalRound
from review.proposals.record import ProposalSearch as ProposalSearch
from review.proposals.record import ProposalSet as ProposalSet
from review.queued import QUEUED_CONSTRAINTS, QUEUED_INDEXES, Queued
from review.queued import QueueFigures as QueueFigures
from review.states import (
    OPEN,
    WITHOUT_TEXT,
    Hold,
    Outcome,
    TaskKind,
    TaskStatus,
    Verdict,
)
from review.triggers import NAMES_WHOM_IT_CHECKS, NO_PLANTED_TEXT


class RoutingDecision(models.Model):
    """Why a page, as one model version read it, went to people or did not. Append-only."""

    page = models.ForeignKey(Page, on_delete=models.PROTECT, related_name="decisions")
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    character_set = character_set_field("With which the model read the page.")
    document_type = models.ForeignKey(
        DocumentType,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Whose policy decided: a document may be filed under another type later.",
    )
    outcome = models.CharField(max_length=6, choices=Outcome.choices)
    rule = models.CharField(max_length=40, help_text="Code of the rule that decided.")
    threshold = models.FloatField()
    line = models.ForeignKey(
        Line,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The weakest line.",
    )
    probability = models.FloatField(null=True, blank=True, help_text="Of the weakest line.")
    weak_lines = models.PositiveIntegerField(default=0)
    audit_rate = models.FloatField()
    draw = models.FloatField(
        null=True, blank=True, help_text="The random number the audit was drawn with."
    )
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        triggers = [APPEND_ONLY]
        constraints = [
            models.CheckConstraint(
                name="decision_threshold_is_share",
                condition=is_share("threshold") & is_share("audit_rate"),
            ),
            # An audit is drawn once for each reading, or chance could be tried again.
            models.UniqueConstraint(
                name="decision_once_per_page_model_and_set",
                fields=["page", "model_version", "character_set", "document_type"],
                nulls_distinct=False,
            ),
            character_set_known("decision_character_set_known"),
        ]

    def __str__(self) -> str:
        return f"{self.page}: {self.get_outcome_display()}"


class ReviewTask(Queued):
    """One page waiting for, or held by, a reviewer."""

    page = models.ForeignKey(Page, on_delete=models.PROTECT, related_name="tasks")
    document_type = models.ForeignKey(
        DocumentType,
        on_delete=models.PROTECT,
        related_name="tasks",
        help_text="The page's, for as long as the task is open: here for the queue's index.",
    )
    kind = models.CharField(max_length=9, choices=TaskKind.choices)
    decision = models.ForeignKey(
        RoutingDecision, null=True, blank=True, on_delete=models.PROTECT, related_name="tasks"
    )
    model_version = models.ForeignKey(
        ModelVersion,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Whose predictions the reviewer is shown.",
    )
    character_set = character_set_field("With which these predictions were read.")
    status = models.CharField(max_length=9, choices=TaskStatus.choices, default=TaskStatus.WAITING)
    priority = models.SmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="held_tasks",
    )
    lease_token = models.UUIDField(null=True, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    hold = models.CharField(
        max_length=6, blank=True, choices=Hold.choices, help_text="Empty: nobody holds it."
    )
    flag_reason = models.CharField(max_length=500, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="done_tasks",
    )
    done_at = models.DateTimeField(null=True, blank=True)
    done_token = models.UUIDField(
        null=True,
        blank=True,
        help_text="The lease it was submitted under, by which a resend is known.",
    )
    first = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="checked_by",
        help_text="The review that a second one checks.",
    )
    first_reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    second = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="decided_by",
        help_text="The second review that differs from the first.",
    )
    second_reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    seconds = models.FloatField(
        null=True, blank=True, help_text="Of a person's attention, as the screen measured it."
    )

    objects = querysets.ReviewTaskQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        triggers = [NAMES_WHOM_IT_CHECKS]
        constraints = [
            models.CheckConstraint(
                name="task_checks_what_its_kind_says",
                condition=Q(
                    kind=TaskKind.SECOND,
                    first__isnull=False,
                    first_reviewer__isnull=False,
                    second__isnull=True,
                    second_reviewer__isnull=True,
                )
                | Q(
                    kind=TaskKind.DECIDE,
                    first__isnull=False,
                    first_reviewer__isnull=False,
                    second__isnull=False,
                    second_reviewer__isnull=False,
                )
                | (
                    ~Q(kind__in=[TaskKind.SECOND, TaskKind.DECIDE])
                    & Q(
                        first__isnull=True,
                        first_reviewer__isnull=True,
                        second__isnull=True,
                        second_reviewer__isnull=True,
                    )
                ),
            ),
            models.CheckConstraint(
                name="task_nobody_checks_their_own_work",
                condition=~Q(reviewer=F("first_reviewer"))
                & ~Q(reviewer=F("second_reviewer"))
                & ~Q(done_by=F("first_reviewer"))
                & ~Q(done_by=F("second_reviewer"))
                & ~Q(first_reviewer=F("second_reviewer")),
            ),
            models.UniqueConstraint(
                name="one_open_task_per_page", fields=["page"], condition=Q(status__in=sorted(OPEN))
            ),
            character_set_known("task_character_set_known"),
            models.CheckConstraint(
                name="task_status_known", condition=Q(status__in=TaskStatus.values)
            ),
            models.CheckConstraint(
                name="task_lease_all_or_nothing",
                condition=Q(
                    status=TaskStatus.HELD,
                    reviewer__isnull=False,
                    lease_token__isnull=False,
                    lease_expires_at__isnull=False,
                    hold__in=Hold.values,
                )
                | (
                    ~Q(status=TaskStatus.HELD)
                    & Q(
                        reviewer__isnull=True,
                        lease_token__isnull=True,
                        lease_expires_at__isnull=True,
                        hold="",
                    )
                ),
            ),
            models.UniqueConstraint(
                name="one_active_task_per_reviewer",
                fields=["reviewer"],
                condition=Q(hold=Hold.ACTIVE),
            ),
            models.UniqueConstraint(
                name="one_task_ahead_per_reviewer",
                fields=["reviewer"],
                condition=Q(hold=Hold.AHEAD),
            ),
            models.CheckConstraint(
                name="task_done_names_who_and_when",
                condition=Q(
                    status=TaskStatus.DONE,
                    done_by__isnull=False,
                    done_at__isnull=False,
                    done_token__isnull=False,
                )
                | (
                    ~Q(status=TaskStatus.DONE)
                    & Q(done_by__isnull=True, done_at__isnull=True, done_token__isnull=True)
                ),
            ),
            models.CheckConstraint(
                name="task_flagged_has_reason",
                condition=~Q(status=TaskStatus.FLAGGED) | ~Q(flag_reason=""),
            ),
            *QUEUED_CONSTRAINTS,
        ]
        indexes = [
            *QUEUED_INDEXES,
            # What the queue's page counts: by type and status, what is held until when, and what
            # a person has done.
            models.Index(
                name="task_open_by_type",
                fields=["document_type", "status"],
                condition=Q(status__in=sorted(OPEN)),
            ),
            models.Index(
                name="task_held_until",
                fields=["lease_expires_at"],
                condition=Q(status=TaskStatus.HELD),
            ),
            models.Index(
                name="task_done_by",
                fields=["done_by", "done_at"],
                condition=Q(status=TaskStatus.DONE),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.page} ({self.get_status_display()})"


class TaskSkip(models.Model):
    """A reviewer passed a task on to others, and why. Append-only."""

    task = models.ForeignKey(ReviewTask, on_delete=models.PROTECT, related_name="skips")
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(max_length=500)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        triggers = [APPEND_ONLY]

    def __str__(self) -> str:
        return self.reason


class Draft(models.Model):
    """What a reviewer has typed on one line and not yet submitted. It outlives the lease."""

    task = models.ForeignKey(ReviewTask, on_delete=models.PROTECT, related_name="drafts")
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(blank=True)
    verdict = models.CharField(
        max_length=9, choices=Verdict.choices, help_text="What the reviewer would submit now."
    )
    revision = models.PositiveIntegerField(
        default=1, help_text="Counts the writes: one that knows an older number is a conflict."
    )
    saved_at = models.DateTimeField(auto_now=True)

    objects = querysets.DraftQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="draft_once_per_line_and_reviewer", fields=["task", "reviewer", "line"]
            )
        ]

    def __str__(self) -> str:
        return self.text


class RefusedDraft(models.Model):
    """What a reviewer typed on a line whose draft another window of theirs had written since.

    It stands beside that draft, so that both versions can be shown. Append-only.
    """

    task = models.ForeignKey(ReviewTask, on_delete=models.PROTECT, related_name="refused_drafts")
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(blank=True)
    verdict = models.CharField(
        max_length=9, choices=Verdict.choices, help_text="What the reviewer would have submitted."
    )
    at = models.DateTimeField(auto_now_add=True)

    objects = querysets.DraftQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        triggers = [APPEND_ONLY]
        constraints = [
            # A submit sent again adds nothing. By hash: a long text fits no index.
            models.UniqueConstraint(
                MD5("text"), "task", "reviewer", "line", "verdict", name="refused_draft_kept_once"
            )
        ]

    def __str__(self) -> str:
        return self.text


class Label(models.Model):
    """What a person says a line reads. Append-only; the one not superseded is current."""

    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="labels")
    task = models.ForeignKey(ReviewTask, on_delete=models.PROTECT, related_name="labels")
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="labels"
    )
    verdict = models.CharField(max_length=9, choices=Verdict.choices)
    text = models.TextField(blank=True)
    base_prediction = models.ForeignKey(
        Prediction,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="labels",
        help_text="What the reviewer was shown; empty for a line that a person added.",
    )
    seconds = models.FloatField(
        default=0, help_text="The line's share of the reviewer's time on the page."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    superseded_at = models.DateTimeField(null=True, blank=True)

    objects = querysets.LabelQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        triggers = [
            pgtrigger.ReadOnly(name="what_was_said_stays", exclude=["superseded_at"]),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="superseded_for_good",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__superseded_at__isnull=False),
            ),
            NO_PLANTED_TEXT,
        ]
        constraints = [
            models.UniqueConstraint(
                name="one_current_label_per_line",
                fields=["line"],
                condition=Q(superseded_at__isnull=True),
            ),
            models.CheckConstraint(
                name="label_verdict_known", condition=Q(verdict__in=Verdict.values)
            ),
            models.CheckConstraint(
                name="label_empty_only_without_text",
                condition=(Q(verdict__in=sorted(WITHOUT_TEXT)) & Q(text=""))
                | (~Q(verdict__in=sorted(WITHOUT_TEXT)) & ~Q(text="")),
            ),
            models.CheckConstraint(name="label_seconds_not_negative", condition=Q(seconds__gte=0)),
        ]

    def __str__(self) -> str:
        return self.text or self.get_verdict_display()
