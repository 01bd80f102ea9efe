"""Named, chainable reads of training's tables."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils import timezone

from training.states import OPEN, RunStatus

if TYPE_CHECKING:
    from training import models as m  # noqa: F401  named in a string below


class TrainingRunQuerySet(models.QuerySet["m.TrainingRun"]):
    def open(self) -> TrainingRunQuerySet:
        """Runs that wait or run."""
        return self.filter(status__in=OPEN)

    def silent(self, patience: timedelta) -> TrainingRunQuerySet:
        """Running, but without a sign of life for longer than `patience`."""
        return self.filter(
            Q(heartbeat_at__lt=timezone.now() - patience) | Q(heartbeat_at__isnull=True),
            status=RunStatus.RUNNING,
        )

    def waiting_since(self, patience: timedelta) -> TrainingRunQuerySet:
        """Queued longer than `patience` ago: the message may be lost."""
        return self.filter(status=RunStatus.QUEUED, queued_at__lt=timezone.now() - patience)
