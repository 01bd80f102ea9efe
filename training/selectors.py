"""Read models for the pages on models and runs, each in a fixed number of queries."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)

from recognition.models import Activation, ActiveModel, Canary, DocumentType, ModelVersion, Page
from recognition.registry import arrival
from review.models import Label
from training.checkpoint import kept_step
from training.curve import Point
from training.exceptions import NotActivatable
from training.ledger import Fate, Standing, ledger_of, standing_of_dataset
from training.models import CurvePoint, EvaluatedLine, TrainingRun, Trial
from training.requests import labels_with_text, new_labels
from training.runs import job_directory
from training.serving import check_reads
from training.states import OPEN, Depth, ModelStanding, TrialAim

LOG_TAIL_BYTES = 8_000


@dataclass(frozen=True, slots=True)
class Scope:
    """A document type (None: all types), what serves it, and whether there is a way back."""

    document_type: DocumentType | None
    version: ModelVersion
    own: bool
    labels: int
    can_roll_back: bool
    since: Activation | None


@dataclass(frozen=True, slots=True)
class NetworkOutlook:
    """What training the whole network would take: new and all labels, and seconds at most.

    `measured` is the last run that tells how fast this machine is, None before there is one;
    `due_at` the number of new labels from which a night trains it, 0 for never.
    """

    new: int
    labels: int
    seconds: float
    measured: TrainingRun | None
    due_at: int


@dataclass(frozen=True, slots=True)
class RunPage:
    """All that a run's page shows."""

    run: TrainingRun
    ledger: tuple[Fate, ...]
    ledger_total: int
    standing: Standing | None
    differing: tuple[EvaluatedLine, ...]
    last_step: int
    kept_step: int | None
    log: str


def scopes() -> list[Scope]:
    """What serves each document type now, the scope of all types first. Empty before a model."""
    pointers = {
        pointer.document_type_id: pointer.model_version
        for pointer in ActiveModel.objects.select_related("model_version")
    }
    if None not in pointers:
        return []
    latest: dict[int | None, Activation] = {}
    for activation in Activation.objects.select_related("actor").order_by("pk"):
        latest[activation.document_type_id] = activation
    labels_of = dict(
        Label.objects.current()
        .order_by()
        .values_list("line__page__document__document_type")
        .annotate(number=Count("pk"))
    )
    rows = []
    for document_type in DocumentType.objects.all():
        own = document_type.pk in pointers
        rows.append(
            Scope(
                document_type=document_type,
                version=pointers.get(document_type.pk, pointers[None]),
                own=own,
                labels=labels_of.get(document_type.pk, 0),
                can_roll_back=own,
                since=latest.get(document_type.pk) if own else None,
            )
        )
    everything = Scope(
        document_type=None,
        version=pointers[None],
        own=True,
        labels=sum(labels_of.values()),
        can_roll_back=_has_way_back(pointers[None]),
        since=latest.get(None),
    )
    return [everything, *rows]


def running_trials() -> QuerySet[Trial]:
    """Trials in which two models read the same pages now; a canary's is shown with the canary."""
    running = Trial.objects.running().exclude(aim=TrialAim.CANARY)
    return running.select_related("document_type", "serving", "beside")


STANDING = Case(
    When(
        Exists(ActiveModel.objects.filter(model_version=OuterRef("pk"))),
        then=Value(ModelStanding.ACTIVE),
    ),
    When(
        Exists(Canary.objects.running().filter(model_version=OuterRef("pk"))),
        then=Value(ModelStanding.CANARY),
    ),
    When(
        Exists(Trial.objects.running().filter(beside=OuterRef("pk"))),
        then=Value(ModelStanding.ON_TRIAL),
    ),
    When(
        Exists(Activation.objects.filter(model_version=OuterRef("pk")))
        | Exists(Canary.objects.withdrawn().filter(model_version=OuterRef("pk"))),
        then=Value(ModelStanding.WITHDRAWN),
    ),
    default=Value(ModelStanding.CANDIDATE),
    output_field=CharField(),
)
"""A version's state, told from pointers, canaries, trials and the record: no column can lie."""


def versions() -> QuerySet[ModelVersion]:
    """All model versions, newest first, each with its state and how many pages it read."""
    return (
        ModelVersion.objects.exclude(kind=ModelVersion.Kind.TEXT_LAYER)
        .select_related("document_type", "parent")
        .annotate(pages_read=Count("pages"), standing=STANDING)
        .order_by("-pk")
    )


def version_page(version: ModelVersion) -> dict[str, Any]:
    """A model version with its lineage, run and data, activations, and where it serves."""
    run = version.runs.select_related("document_type", "dataset").order_by("pk").first()
    lineage = []
    parent = version.parent
    while parent is not None:
        lineage.append(parent)
        parent = parent.parent
    return {
        "version": version,
        "standing": ModelVersion.objects.annotate(standing=STANDING)
        .values_list("standing", flat=True)
        .get(pk=version.pk),
        "lineage": lineage,
        "children": version.children.order_by("-pk"),
        "run": run,
        "ledger": ledger_of(run) if run else (),
        "activations": Activation.objects.filter(
            Q(model_version=version) | Q(previous=version)
        ).select_related("document_type", "actor", "model_version", "previous"),
        "serves": [
            pointer.document_type.name if pointer.document_type else "all types"
            for pointer in ActiveModel.objects.filter(model_version=version).select_related(
                "document_type"
            )
        ],
        "pages_read": Page.objects.filter(model_version=version).count(),
    }


def run_page(run: TrainingRun) -> RunPage:
    """A run with its ledger, the test lines on which the two models differ, and its log's end."""
    fates = ledger_of(run)
    # While it goes on the page asks every two seconds, and the split looks at every label.
    ended = run.status not in OPEN
    return RunPage(
        run=run,
        ledger=fates,
        ledger_total=sum(fate.labels for fate in fates),
        standing=standing_of_dataset(run.dataset) if ended and run.dataset else None,
        differing=tuple(
            EvaluatedLine.objects.filter(run=run)
            .exclude(active_text=F("candidate_text"))
            .select_related("item__label__line")
            .order_by(F("candidate_edits") - F("active_edits"), "pk")[:100]
        ),
        last_step=CurvePoint.objects.filter(run=run).aggregate(last=Max("step"))["last"] or 0,
        kept_step=kept_step(job_directory(run)) if run.depth == Depth.NETWORK else None,
        log=_log_tail(run),
    )


def network_outlook() -> NetworkOutlook:
    """How long the whole network would learn now, by the last run and the limit that is set."""
    limit = float(settings.NETWORK_TRAIN_SECONDS)
    labels = labels_with_text(None).count()
    last = (
        TrainingRun.objects.concluded()
        .of_depth(Depth.NETWORK)
        .select_related("dataset")
        .order_by("-pk")
        .first()
    )
    seconds = limit
    if last is not None and last.dataset is not None and last.result.get("seconds"):
        seconds = last.result["seconds"] * max(labels, 1) / max(last.dataset.label_count, 1)
    return NetworkOutlook(
        new=new_labels(None, Depth.NETWORK),
        labels=labels,
        seconds=min(seconds, limit),
        measured=last,
        due_at=settings.NETWORK_MIN_NEW_LABELS,
    )


def curve(run: TrainingRun) -> list[Point]:
    """The points of a run's learning curve, by step."""
    rows = CurvePoint.objects.filter(run=run).order_by("step")
    return [Point(row.step, row.loss, row.validation_cer) for row in rows]


def _has_way_back(active: ModelVersion) -> bool:
    came = arrival(None, active)
    if came is None or came.previous is None:
        return False
    try:
        check_reads(came.previous)
    except NotActivatable:
        return False
    return True


def _log_tail(run: TrainingRun) -> str:
    path = job_directory(run) / "log.txt"
    try:
        with path.open("rb") as handle:
            handle.seek(max(0, path.stat().st_size - LOG_TAIL_BYTES))
            return handle.read().decode(errors="replace")
    except FileNotFoundError:
        return ""
