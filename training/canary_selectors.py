"""Read models for what the pages and the API tell of canaries, in a fixed number of queries."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q

from recognition.canaries import canaries_over
from recognition.models import Canary, DocumentType, ModelVersion, Page
from recognition.states import PageStatus
from training.models import Rereading, Trial
from training.rereading import pages_to_reread


@dataclass(frozen=True, slots=True)
class CanaryState:
    """A canary, its trial, and of the pages that stand as it read them how many were reviewed."""

    canary: Canary
    trial: Trial
    pages: int
    reviewed: int


@dataclass(frozen=True, slots=True)
class RereadingState:
    """Pages another model should read in a version's place, and how far the last rereading is.

    `done` counts pages that stand otherwise by now: read again, or taken up by a person.
    """

    to_reread: int
    last: Rereading | None

    @property
    def running(self) -> bool:
        return self.last is not None and self.last.finished_at is None

    @property
    def done(self) -> int:
        return max(0, self.last.pages - self.to_reread) if self.last else 0


def running_canaries() -> list[CanaryState]:
    """Those that read their share now, the newest first."""
    return states_of(Canary.objects.running())


def canaries_of(version: ModelVersion) -> list[CanaryState]:
    """Where a version is or was the canary, the newest first."""
    return states_of(Canary.objects.filter(model_version=version))


def canaries_reading(document_type: DocumentType) -> list[CanaryState]:
    """The canaries that documents of the type may fall to now."""
    return states_of(
        Canary.objects.filter(pk__in=[canary.pk for canary in canaries_over(document_type)])
    )


def states_of(canaries: Iterable[Canary]) -> list[CanaryState]:
    """Each of these canaries with what is to be told of it."""
    keys = [canary.pk for canary in canaries]
    counted = {
        key: (pages, reviewed)
        for key, pages, reviewed in Page.objects.filter(canary__in=keys)
        .order_by()
        .values("canary")
        .annotate(all=Count("pk"), reviewed=Count("pk", filter=Q(status=PageStatus.REVIEWED)))
        .values_list("canary", "all", "reviewed")
    }
    trials = (
        Trial.objects.filter(canary__in=keys)
        .select_related(
            "canary__model_version",
            "canary__document_type",
            "canary__ended_by",
            "serving",
            "beside",
        )
        .order_by("-canary_id")
    )
    return [
        CanaryState(trial.canary, trial, *counted.get(trial.canary.pk, (0, 0)))
        for trial in trials
        if trial.canary is not None
    ]


def rereading_of(version: ModelVersion) -> RereadingState:
    """What is left to read again of what a version read."""
    last = Rereading.objects.filter(model_version=version).select_related("requested_by").first()
    return RereadingState(pages_to_reread(version).count(), last)
