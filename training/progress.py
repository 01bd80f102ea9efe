"""How a document type fares: error rates by labels and by day, and what is taken for what."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.contrib.auth.models import User
from django.utils import timezone
from rapidfuzz.distance import Levenshtein

from recognition.models import ActiveModel, DocumentType
from review.models import Label
from review.querysets import LabelQuerySet
from review.states import WITHOUT_TEXT
from training.models import DatasetItem, TrainingRun
from training.states import Split

NEWEST = 20_000
"""Labels looked at; more would only take longer."""
MISREADINGS_SHOWN = 12
SAMPLES = 3


@dataclass(frozen=True, slots=True)
class Judged:
    """A run's verdict: both error rates on the same held-out lines, by what it learnt from."""

    run_id: int
    labels: int
    before: float
    after: float
    accepted: bool


@dataclass(frozen=True, slots=True)
class Day:
    """One day of people's work: lines they judged, and of the characters the share corrected."""

    day: date
    lines: int
    exact: int
    characters: int
    wrong: int

    @property
    def rate(self) -> float:
        return self.wrong / self.characters if self.characters else 0.0

    @property
    def exact_share(self) -> float:
        return self.exact / self.lines if self.lines else 0.0


@dataclass(frozen=True, slots=True)
class Misreading:
    """A character taken for another, lost (`read` empty) or made up (`truth` empty)."""

    truth: str
    read: str
    times: int
    lines: tuple[int, ...]


def judged_runs(document_type: DocumentType) -> list[Judged]:
    """A type's runs with a verdict, the oldest first."""
    runs = (
        TrainingRun.objects.concluded()
        .filter(document_type=document_type)
        .select_related("dataset")
        .order_by("pk")
    )
    return [
        Judged(
            run_id=run.pk,
            labels=run.dataset.label_count,
            before=run.verdict["before"],
            after=run.verdict["after"],
            accepted=bool(run.verdict["accept"]),
        )
        for run in runs
        if run.dataset is not None and run.verdict.get("before") is not None
    ]


def days_of(document_type: DocumentType, reviewer: User | None = None) -> list[Day]:
    """What people corrected of what they were shown, by local day, the oldest first.

    Of one reviewer where asked. Pages come to people because some line is unsure: this shows what
    is left to do, not how accurate the site's output is.
    """
    labels = _shown(document_type)
    if reviewer is not None:
        labels = labels.filter(reviewer=reviewer)
    found: dict[date, list[tuple[int, int]]] = defaultdict(list)
    for at, text, read in labels.values_list("created_at", "text", "base_prediction__text")[
        :NEWEST
    ]:
        wrong = Levenshtein.distance(text, read or "")
        found[timezone.localdate(at)].append((len(text), wrong))
    return [
        Day(
            day=day,
            lines=len(rows),
            exact=sum(wrong == 0 for _, wrong in rows),
            characters=sum(characters for characters, _ in rows),
            wrong=sum(wrong for _, wrong in rows),
        )
        for day, rows in sorted(found.items())
    ]


def misreadings_of(document_type: DocumentType) -> list[Misreading]:
    """What is taken for what most often, with lines to look at."""
    rows = _shown(document_type).values_list("line_id", "text", "base_prediction__text")[:NEWEST]
    return misreadings((line_id, text, read or "") for line_id, text, read in rows)


def misreadings(rows: Iterable[tuple[int, str, str]]) -> list[Misreading]:
    """The same of (line, truth, reading) at hand: one entry for each edit of an alignment."""
    times: Counter[tuple[str, str]] = Counter()
    lines: dict[tuple[str, str], list[int]] = defaultdict(list)
    for line_id, truth, read in rows:
        for edit in Levenshtein.editops(truth, read):
            pair = (
                "" if edit.tag == "insert" else truth[edit.src_pos],
                "" if edit.tag == "delete" else read[edit.dest_pos],
            )
            times[pair] += 1
            if len(lines[pair]) < SAMPLES and line_id not in lines[pair]:
                lines[pair].append(line_id)
    return [
        Misreading(truth, read, number, tuple(lines[truth, read]))
        for (truth, read), number in sorted(times.items(), key=lambda item: (-item[1], item[0]))[
            :MISREADINGS_SHOWN
        ]
    ]


def _shown(document_type: DocumentType) -> LabelQuerySet:
    """Current labels with text of lines that a model had read, the newest first."""
    return (
        Label.objects.current()
        .filter(line__page__document__document_type=document_type, base_prediction__isnull=False)
        .exclude(verdict__in=WITHOUT_TEXT)
        .order_by("-pk")
    )


@dataclass(frozen=True, slots=True)
class Share:
    """What one person's labels did for a document type.

    `taught` are those that the model in service was trained on, `measured` those it was held to;
    the error rates are of the run it came from, None where it was not trained here.
    """

    document_type: DocumentType
    lines: int
    taught: int
    measured: int
    before: float | None
    after: float | None
    days: tuple[Day, ...]


def work_of(reviewer: User) -> list[Share]:
    """What a person's current labels did, for each document type they may see and worked on."""
    mine = Label.objects.current().filter(reviewer=reviewer)
    types = (
        DocumentType.objects.visible_to(reviewer)
        .filter(pk__in=mine.values("line__page__document__document_type"))
        .order_by("name")
    )
    return [_share(document_type, reviewer) for document_type in types]


def _share(document_type: DocumentType, reviewer: User) -> Share:
    mine = Label.objects.current().filter(
        reviewer=reviewer, line__page__document__document_type=document_type
    )
    run = None
    if (pointer := ActiveModel.objects.filter(document_type=document_type).first()) is not None:
        run = TrainingRun.objects.concluded().filter(candidate=pointer.model_version_id).first()
    items = DatasetItem.objects.filter(dataset=run.dataset_id if run else None, label__in=mine)
    return Share(
        document_type=document_type,
        lines=mine.count(),
        taught=items.filter(split=Split.TRAIN).count(),
        measured=items.filter(split=Split.TEST).count(),
        before=run.verdict.get("before") if run else None,
        after=run.verdict.get("after") if run else None,
        days=tuple(days_of(document_type, reviewer)),
    )
