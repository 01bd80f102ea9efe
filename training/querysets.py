"""Named, chainable reads of training's tables."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils import timezone

from training.states import (
    ACTIVE_CHANGED,
    OPEN,
    AlertStatus,
    DisputeStatus,
    RereadingStatus,
    RunStatus,
    TrialStatus,
)

if TYPE_CHECKING:
    from training import models as m  # noqa: F401  named in a string below


class TrainingRunQuerySet(models.QuerySet["m.TrainingRun"]):
    def open(self) -> TrainingRunQuerySet:
        """Runs that wait or run."""
        return self.filter(status__in=OPEN)

    def ended(self) -> TrainingRunQuerySet:
        """Runs that neither wait nor run any more, however they ended."""
        return self.exclude(status__in=OPEN)

    def concluded(self) -> TrainingRunQuerySet:
        """Runs with a candidate and the gate's verdict on it."""
        return self.filter(status=RunStatus.SUCCEEDED)

    def fairly_compared(self) -> TrainingRunQuerySet:
        """But for those during which another model went into service: they settle nothing."""
        return self.exclude(verdict__contains={"reasons": [{"code": ACTIVE_CHANGED}]})

    def of_depth(self, depth: str) -> TrainingRunQuerySet:
        """Runs that train a head, or those that train the whole network."""
        return self.filter(depth=depth)

    def silent(self, patience: timedelta) -> TrainingRunQuerySet:
        """Running, but without a sign of life for longer than `patience`."""
        return self.filter(
            Q(heartbeat_at__lt=timezone.now() - patience) | Q(heartbeat_at__isnull=True),
            status=RunStatus.RUNNING,
        )

    def waiting(self) -> TrainingRunQuerySet:
        """Queued."""
        return self.filter(status=RunStatus.QUEUED)

    def waiting_since(self, patience: timedelta) -> TrainingRunQuerySet:
        """Queued longer than `patience` ago: the message may be lost."""
        return self.waiting().filter(queued_at__lt=timezone.now() - patience)


class TrialQuerySet(models.QuerySet["m.Trial"]):
    def running(self) -> TrialQuerySet:
        """Trials in which both models still read."""
        return self.filter(status=TrialStatus.RUNNING)

    def over(self) -> TrialQuerySet:
        """Trials that have ended."""
        return self.exclude(status=TrialStatus.RUNNING)


class RereadingQuerySet(models.QuerySet["m.Rereading"]):
    def running(self) -> RereadingQuerySet:
        """Those with pages still to be sent to the readers, or at them."""
        return self.filter(status=RereadingStatus.RUNNING)


class LabelDisputeQuerySet(models.QuerySet["m.LabelDispute"]):
    def open(self) -> LabelDisputeQuerySet:
        """Disputes of labels that still stand, and that nobody has looked at."""
        return self.filter(status=DisputeStatus.OPEN, label__superseded_at__isnull=True)

    def decided(self) -> LabelDisputeQuerySet:
        """Disputes that a person has settled one way or the other."""
        return self.filter(status__in=[DisputeStatus.UPHELD, DisputeStatus.CORRECTED])


class AccuracyAlertQuerySet(models.QuerySet["m.AccuracyAlert"]):
    def open(self) -> AccuracyAlertQuerySet:
        """Alerts that nobody has acknowledged."""
        return self.filter(status=AlertStatus.OPEN)

    def acknowledged(self) -> AccuracyAlertQuerySet:
        """Alerts that a person has said something of."""
        return self.filter(status=AlertStatus.ACKNOWLEDGED)
