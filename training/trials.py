"""Trials: a model that reads beside the one in service, and what people's judgement makes of both.

Whose reading is shown to people is the one in service, or the canary on its own share. Pages reach
people because the model shown was unsure of them, which is no fair draw: lines it misread without a
doubt are seen only in audits. And people let pass what they are shown rather than what they are
not. A trial therefore follows the gate's technical checks and never replaces them; and a canary is
compared on two equal parts, one on which it is shown and one on which the model in service is, so
that both are favoured alike.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import asdict, dataclass

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from recognition.canary_share import Part
from recognition.engine_pool import engine_for
from recognition.events import record_event
from recognition.metrics import edits
from recognition.models import Canary, DocumentType, ModelVersion, Page, Prediction
from recognition.queue import PATIENCE
from recognition.reading import EngineFor, read_beside
from review.models import Label
from review.querysets import LabelQuerySet
from review.states import WITHOUT_TEXT
from training.models import DatasetItem, TrainingRun, Trial
from training.sequential import DocumentErrors, Evidence, TrialSettings, weigh
from training.states import Split, TrialAim, TrialStatus

DIFFERING_SHOWN = 100
CATCH_UP_WITHIN = 8 * PATIENCE
"""After the judgement. A page still without it by then is one that cannot be read along: asked for
without end, it would kill one worker after another if that is what it does."""


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
    canary: Canary | None = None,
) -> Trial:
    """Let `beside` read what `serving` reads from now on; a canary, its parts of the documents.

    A running trial of the scope with the same aim ends; a candidate may prove itself while what
    was replaced still keeps watch.
    """
    end_trials(document_type, f"{beside} is compared with {serving} instead.", aims=(aim,))
    trial = Trial.objects.create(
        document_type=document_type, aim=aim, serving=serving, beside=beside, canary=canary
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


def readers_along(page: Page) -> list[ModelVersion]:
    """The other model of each running trial in which this page, as it was read, is evidence."""
    running = (
        Trial.objects.running()
        .filter(Q(serving=page.model_version_id) | Q(beside=page.model_version_id))
        .filter(Q(document_type=None) | Q(document_type=page.document.document_type_id))
        .select_related("serving", "beside", "canary")
    )
    return [other for trial in running if (other := _reader_along(trial, page)) is not None]


def _reader_along(trial: Trial, page: Page) -> ModelVersion | None:
    canary = trial.canary
    if trial.beside_id == page.model_version_id:
        return trial.serving if canary is not None and page.canary_id == canary.pk else None
    if canary is None or canary.part_of(page.document.sha256) == Part.CONTROL:
        return trial.beside
    return None


def read_for_trials(page_id: int, engines: EngineFor = engine_for) -> str:
    """Let the other models of the trials that this page is evidence in read it too."""
    page = Page.objects.select_related("document").filter(pk=page_id).first()
    if page is None:
        return "not there"
    lines = sum(read_beside(page.pk, version, engines) for version in readers_along(page))
    return f"{lines} lines"


def unread_pages(trial: Trial) -> list[int]:
    """Pages judged lately, in the trial, of which the model reading along has not read every line.

    Of a canary only its own pages: by which control pages a lost message went astray is chance.
    Lines that are gone are read by nobody any more.
    """
    shown, along = trial.serving_id, trial.beside_id
    if trial.canary_id is not None:
        shown, along = along, shown
    return list(
        _judged(trial)
        .filter(base_prediction__model_version=shown, line__retired_at=None)
        .filter(created_at__gt=timezone.now() - CATCH_UP_WITHIN)
        .exclude(_read_by(along))
        .order_by("line__page_id")
        .values_list("line__page_id", flat=True)
        .distinct()
    )


def evidence_of(trial: Trial, asked: TrialSettings | None = None) -> Evidence:
    """Both models' errors on what people have judged since the trial began.

    A document is one piece of evidence, with all its judged pages, in the order in which the first
    of them was judged: its pages err together, so that many of them are no more than one.
    """
    documents: dict[str, list[_JudgedLine]] = defaultdict(list)
    for line in _judged_by_both(trial):
        documents[line.document].append(line)
    return weigh(
        [
            DocumentErrors(
                serving=sum(edits(line.truth, line.serving) for line in lines),
                beside=sum(edits(line.truth, line.beside) for line in lines),
                characters=sum(len(line.truth) for line in lines),
                pages=len({line.page_id for line in lines}),
            )
            for lines in documents.values()
        ],
        asked,
    )


def differing(trial: Trial) -> list[Differing]:
    """Judged lines that the two models read differently, the newest first, a hundred at most."""
    found = [line for line in _judged_by_both(trial) if line.serving != line.beside]
    return [
        Differing(
            line_id=line.line_id,
            truth=line.truth,
            serving=line.serving,
            beside=line.beside,
            serving_wrong=edits(line.truth, line.serving),
            beside_wrong=edits(line.truth, line.beside),
        )
        for line in found[: -DIFFERING_SHOWN - 1 : -1]
    ]


@dataclass(frozen=True, slots=True)
class _JudgedLine:
    document: str  # SHA-256: a file may be there for two types
    page_id: int
    line_id: int
    truth: str
    serving: str
    beside: str


def _judged_by_both(trial: Trial) -> list[_JudgedLine]:
    """Judged lines that both models have read, in the order of judgement."""
    rows = list(
        _judged(trial)
        .filter(_read_by(trial.serving_id), _read_by(trial.beside_id))
        .order_by("task__done_at", "line__page_id", "pk")
        .values_list(
            "line__page__document__sha256",
            "line__page_id",
            "line_id",
            "text",
            "base_prediction__character_set",
        )
    )
    read = {
        (line_id, character_set, version_id): text
        for line_id, character_set, version_id, text in Prediction.objects.filter(
            model_version__in=[trial.serving_id, trial.beside_id],
            line__in=[line_id for _, _, line_id, _, _ in rows],
        ).values_list("line_id", "character_set", "model_version_id", "text")
    }
    found = []
    for document, page_id, line_id, truth, character_set in rows:
        serving = read.get((line_id, character_set, trial.serving_id))
        beside = read.get((line_id, character_set, trial.beside_id))
        if serving is not None and beside is not None:
            found.append(_JudgedLine(document, page_id, line_id, truth, serving, beside))
    return found


def _read_by(version_id: int) -> Exists:
    return Exists(Prediction.objects.filter(line=OuterRef("line"), model_version=version_id))


def _learnt_from(trial: Trial) -> Exists:
    """Whether a label's document is in what either model was trained or looked at with.

    What their parents learnt from is among it, as far as its labels still stand.
    """
    runs = TrainingRun.objects.filter(candidate__in=[trial.serving_id, trial.beside_id])
    return Exists(
        DatasetItem.objects.filter(
            dataset__in=runs.values("dataset"),
            split__in=[Split.TRAIN, Split.VALIDATION],
            document_sha256=OuterRef("line__page__document__sha256"),
        )
    )


def _judged(trial: Trial) -> LabelQuerySet:
    """Labels with text of lines that the model shown read, given since the trial began.

    Not of documents that either model has learnt from. A canary's trial has pages of both.
    """
    shown = [trial.serving_id]
    if trial.canary_id is not None:
        shown.append(trial.beside_id)
    labels = (
        Label.objects.current()
        .filter(created_at__gte=trial.started_at, base_prediction__model_version__in=shown)
        .exclude(verdict__in=WITHOUT_TEXT)
        .exclude(_learnt_from(trial))
    )
    if trial.document_type_id is not None:
        labels = labels.filter(line__page__document__document_type=trial.document_type_id)
    return labels
