"""The record of proposals: what was looked for, what was offered, and what people made of it.

Who confirmed or refused what stays; an answer can be taken back, which is on the record too.
"""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from recognition.models import APPEND_ONLY, DocumentType, Line, Prediction, is_share
from review.proposals import querysets
from review.proposals.states import ProposalStatus
from review.proposals.triggers import NO_PLANTED_LINE, NO_PLANTED_SOURCE


class ProposalSearch(models.Model):
    """A submit whose corrections have been looked for elsewhere. Append-only."""

    task = models.ForeignKey(
        "review.ReviewTask", on_delete=models.PROTECT, related_name="proposal_searches"
    )
    token = models.UUIDField(help_text="The lease that the task was submitted under.")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "proposal searches"
        triggers = [APPEND_ONLY]
        constraints = [models.UniqueConstraint(name="searched_once_a_submit", fields=["token"])]

    def __str__(self) -> str:
        return str(self.task)


class ProposalSet(models.Model):
    """One correction's change, and the other lines on which it is proposed. Append-only."""

    source = models.ForeignKey(
        "review.Label",
        on_delete=models.PROTECT,
        related_name="proposal_sets",
        help_text="The correction; the set is offered while it counts.",
    )
    document_type = models.ForeignKey(
        DocumentType, on_delete=models.PROTECT, related_name="proposal_sets"
    )
    seen = models.CharField(max_length=8, help_text="What was read.")
    stands = models.CharField(max_length=8, blank=True, help_text="What the correction put there.")
    at = models.DateTimeField(auto_now_add=True)

    objects = querysets.ProposalSetQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        triggers = [APPEND_ONLY, NO_PLANTED_SOURCE]
        constraints = [
            models.UniqueConstraint(
                name="proposed_once_a_correction", fields=["source", "seen", "stands"]
            ),
            models.CheckConstraint(
                name="proposal_set_changes_something", condition=~Q(seen="") & ~Q(seen=F("stands"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seen} → {self.stands or 'nothing'}"


class Proposal(models.Model):
    """A place on a line where what a correction changed was read too, and looks the same."""

    set = models.ForeignKey(ProposalSet, on_delete=models.PROTECT, related_name="proposals")
    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="+")
    prediction = models.ForeignKey(Prediction, on_delete=models.PROTECT, related_name="+")
    start = models.PositiveIntegerField(help_text="Of what was read, in code points.")
    text = models.TextField(help_text="The reading with this place put right.")
    left = models.FloatField(help_text="Where the place begins, as a share of the crop's width.")
    right = models.FloatField(help_text="Where it ends.")
    likeness = models.FloatField(help_text="To the corrected place, from -1 to 1.")
    status = models.CharField(
        max_length=9, choices=ProposalStatus.choices, default=ProposalStatus.OPEN
    )

    objects = querysets.ProposalQuerySet.as_manager()

    class Meta:
        ordering = ["-likeness", "pk"]
        triggers = [
            NO_PLANTED_LINE,
            pgtrigger.ReadOnly(name="what_was_proposed_stays", exclude=["status"]),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="expired_for_good",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__status=ProposalStatus.EXPIRED.value),
            ),
        ]
        constraints = [
            # Refused or confirmed, it is not offered again; a set is never filled twice.
            models.UniqueConstraint(
                name="proposed_once_on_a_reading",
                fields=["prediction", "text"],
                condition=~Q(status="expired"),
            ),
            models.CheckConstraint(
                name="proposal_status_known", condition=Q(status__in=ProposalStatus.values)
            ),
            models.CheckConstraint(
                name="proposal_likeness_in_range", condition=Q(likeness__gte=-1, likeness__lte=1)
            ),
            models.CheckConstraint(
                name="proposal_place_on_the_line",
                condition=is_share("left") & is_share("right") & Q(left__lte=F("right")),
            ),
        ]
        indexes = [
            models.Index(name="proposal_open", fields=["set", "line"], condition=Q(status="open")),
            models.Index(
                name="proposal_confirmed", fields=["line"], condition=Q(status="confirmed")
            ),
        ]

    def __str__(self) -> str:
        return self.text


class ProposalRound(models.Model):
    """One person's answers to a set, given at one time, which are taken back as one."""

    set = models.ForeignKey(ProposalSet, on_delete=models.PROTECT, related_name="rounds")
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(auto_now_add=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    objects = querysets.ProposalRoundQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        triggers = [
            pgtrigger.ReadOnly(name="what_was_answered_stays", exclude=["undone_at"]),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="undone_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__undone_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.set}, {self.reviewer}"


class ProposalAnswer(models.Model):
    """What a person said of one proposal: confirmed, or refused. The one not taken back counts."""

    class Said(models.TextChoices):
        CONFIRMED = "confirmed", "Confirmed"
        REFUSED = "refused", "Refused"

    round = models.ForeignKey(ProposalRound, on_delete=models.PROTECT, related_name="answers")
    proposal = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="answers")
    said = models.CharField(max_length=9, choices=Said.choices)
    opened = models.ForeignKey(
        "review.ReviewTask",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The review of an accepted page that this answer asked for.",
    )
    taken_back_at = models.DateTimeField(null=True, blank=True)

    objects = querysets.ProposalAnswerQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        triggers = [
            pgtrigger.ReadOnly(name="what_was_answered_stays", exclude=["taken_back_at"]),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="taken_back_for_good",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__taken_back_at__isnull=False),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                name="one_standing_answer_a_proposal",
                fields=["proposal"],
                condition=Q(taken_back_at__isnull=True),
            ),
            models.CheckConstraint(
                name="proposal_answer_known", condition=Q(said__in=["confirmed", "refused"])
            ),
            models.CheckConstraint(
                name="proposal_answer_opens_when_confirmed",
                condition=Q(opened__isnull=True) | Q(said="confirmed"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.proposal}: {self.get_said_display()}"
