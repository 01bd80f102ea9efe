"""Trials: a model that reads beside the one in service, and what people's judgement makes of both.

No reviewer is shown what the model beside reads. Pages reach people because the serving model was
unsure of them, which is no fair draw: lines it misread without a doubt are seen only in audits. A
trial therefore follows the gate's technical checks and never replaces them.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import asdict, dataclass

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from recognition.engine_pool import engine_for
from recognition.events import record_event
from recognition.metrics import edits
from recognition.models import DocumentType, ModelVersion, Page, Prediction
from recognition.reading import EngineFor, read_beside
from review.models import Label
from review.querysets import LabelQuerySet
from review.states import WITHOUT_TEXT
from training.models import Trial
from training.sequential import Evidence, PageErrors, weigh
from training.states import TrialAim, TrialStatus

DIFFERING_SHOWN, LOOKED_THROUGH = 100, 20
CATCH_UP = 50
"""Judged pages without the second reading that are queued at a time."""


@dataclass(frozen=True, slots=True)
class Differing:
    """A judged line that two models read differently, with each one's wrong characters."""

    line_id: int
    truth: str
    serving: str
    beside: str
    serving_wrong: int
    beside_wrong: int


@transaction.atomic
def start_trial(
    *,
    document_type: DocumentType | None,
    aim: TrialAim,
    serving: ModelVersion,
    beside: ModelVersion,
) -> Trial:
    """Let `beside` read what `serving` reads from now on.

    A running trial of the scope with the same aim ends; a candidate may prove itself while what
    was replaced still keeps watch.
    """
    end_trials(document_type, f"{beside} is compared with {serving} instead.", aims=(aim,))
    trial = Trial.objects.create(
        document_type=document_type, aim=aim, serving=serving, beside=beside
    )
    record_event(verb="start trial", subject=trial, aim=aim)
    return trial


def end_trials(
    document_type: DocumentType | None, reason: str, aims: Collection[TrialAim] = tuple(TrialAim)
) -> None:
    """End the scope's running trials with these aims, without a winner."""
    for trial in Trial.objects.running().filter(document_type=document_type, aim__in=aims):
        end_trial(trial, TrialStatus.ENDED, reason)


def end_trial(
    trial: Trial,
    status: TrialStatus,
    reason: str,
    *,
    evidence: Evidence | None = None,
    actor: AbstractBaseUser | None = None,
) -> bool:
    """End a running trial; False where it has ended already."""
    found = {"evidence": asdict(evidence)} if evidence else {}
    changed = (
        Trial.objects.running()
        .filter(pk=trial.pk)
        .update(
            status=status,
            reason=reason[:500],
            ended_at=timezone.now(),
            ended_by_id=actor.pk if actor else None,
            **found,
        )
    )
    if changed:
        record_event(verb="end trial", subject=trial, actor=actor, outcome=status, reason=reason)
    return bool(changed)


def trials_reading(page: Page) -> list[Trial]:
    """Running trials whose serving model has read this page."""
    return [
        trial
        for trial in Trial.objects.running()
        .filter(serving_id=page.model_version_id)
        .select_related("beside")
        if trial.document_type_id in (None, page.document.document_type_id)
    ]


def read_for_trials(page_id: int, engines: EngineFor = engine_for) -> str:
    """Let the models beside the one that has read this page read it too."""
    page = Page.objects.select_related("document").filter(pk=page_id).first()
    if page is None:
        return "not there"
    lines = sum(read_beside(page.pk, trial.beside, engines) for trial in trials_reading(page))
    return f"{lines} lines"


def unread_pages(trial: Trial) -> list[int]:
    """Pages judged since the trial began of which the model beside has not read every line."""
    return list(
        _judged(trial)
        .exclude(line__predictions__model_version=trial.beside)
        .order_by("line__page_id")
        .values_list("line__page_id", flat=True)
        .distinct()[:CATCH_UP]
    )


def evidence_of(trial: Trial) -> Evidence:
    """Both models' errors on the pages that people have judged since the trial began.

    A page is one piece of evidence, in the order of judgement: its lines err together.
    """
    labels = list(
        _judged(trial)
        .order_by("task__done_at", "line__page_id", "pk")
        .values_list(
            "line__page_id",
            "line_id",
            "text",
            "base_prediction__text",
            "base_prediction__character_set",
        )
    )
    beside = {
        (line_id, character_set): text
        for line_id, character_set, text in Prediction.objects.filter(
            model_version=trial.beside, line__in=[row[1] for row in labels]
        ).values_list("line_id", "character_set", "text")
    }
    pages: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for page_id, line_id, text, shown, character_set in labels:
        also = beside.get((line_id, character_set or ""))
        if also is not None:
            pages[page_id].append((edits(text, shown or ""), edits(text, also)))
    return weigh(
        [
            PageErrors(serving=sum(one for one, _ in rows), beside=sum(other for _, other in rows))
            for rows in pages.values()
        ]
    )


def differing(trial: Trial) -> list[Differing]:
    """Judged lines that the two models read differently, the newest first, a hundred at most."""
    labels = (
        _judged(trial)
        .select_related("base_prediction", "line")
        .order_by("-pk")[: DIFFERING_SHOWN * LOOKED_THROUGH]
    )
    beside = {
        (row.line_id, row.character_set): row.text
        for row in Prediction.objects.filter(
            model_version=trial.beside, line__in=[label.line_id for label in labels]
        )
    }
    found = []
    for label in labels:
        shown = label.base_prediction
        also = beside.get((label.line_id, shown.character_set)) if shown else None
        if shown is not None and also is not None and also != shown.text:
            found.append(
                Differing(
                    line_id=label.line_id,
                    truth=label.text,
                    serving=shown.text,
                    beside=also,
                    serving_wrong=edits(label.text, shown.text),
                    beside_wrong=edits(label.text, also),
                )
            )
    return found[:DIFFERING_SHOWN]


def _judged(trial: Trial) -> LabelQuerySet:
    """Labels with text of lines that the serving model read, given since the trial began."""
    labels = (
        Label.objects.current()
        .filter(created_at__gte=trial.started_at, base_prediction__model_version=trial.serving)
        .exclude(verdict__in=WITHOUT_TEXT)
    )
    if trial.document_type_id is not None:
        labels = labels.filter(line__page__document__document_type=trial.document_type_id)
    return labels
