"""The ledger: every current label is in a split or left out for a stated reason, and sums agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from recognition.models import DocumentType
from training.dataset import SortedLabel, sort_labels
from training.gate import GateSettings
from training.models import Dataset, TrainingRun
from training.splits import TRAIN_PERCENT, VALIDATION_PERCENT
from training.states import LeftOut, Split

NAMES: dict[str, str] = {
    **{code: str(name) for code, name in Split.choices},
    **{code: str(name) for code, name in LeftOut.choices},
}
"""What each fate is called, in the order in which it is shown."""

TEST_PERCENT = 100 - TRAIN_PERCENT - VALIDATION_PERCENT


@dataclass(frozen=True, slots=True)
class Fate:
    """How many labels met one fate."""

    code: str
    name: str
    labels: int


@dataclass(frozen=True, slots=True)
class SplitCount:
    """How much of a document type is in one split."""

    code: str
    name: str
    documents: int
    pages: int
    lines: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a document type's labels stand; `missing` says in words what a verdict still lacks."""

    splits: tuple[SplitCount, ...]
    left_out: tuple[Fate, ...]
    total: int
    missing: tuple[str, ...]

    @property
    def lines(self) -> int:
        return sum(row.lines for row in self.splits)


def counts_of(dataset: Dataset) -> dict[str, int]:
    """How many labels of a dataset met each fate when it was frozen; sums to all of them."""
    return {
        row["split"] or row["left_out"]: row["number"]
        for row in dataset.items.values("split", "left_out").annotate(number=Count("pk"))
    }


def with_set_aside(
    counts: Mapping[str, int], set_aside: Iterable[Mapping[str, Any]]
) -> dict[str, int]:
    """The counts after the trainer set lines aside: each leaves its split for a reason."""
    after = Counter(counts)
    for line in set_aside:
        after[line["split"]] -= 1
        after[line["reason"]] += 1
    return {code: number for code, number in after.items() if number}


def ledger_of(run: TrainingRun) -> tuple[Fate, ...]:
    """Every label the run looked at, by fate; none before its dataset is frozen."""
    if run.dataset is None:
        return ()
    return fates(with_set_aside(counts_of(run.dataset), run.result.get("set_aside", [])))


def fates(counts: Mapping[str, int]) -> tuple[Fate, ...]:
    """The counts by name, in the order of NAMES."""
    return tuple(Fate(code, NAMES[code], counts[code]) for code in NAMES if counts.get(code))


def standing_of(document_type: DocumentType) -> Standing:
    """How a type's labels would be split if they were frozen now, and what is missing."""
    return standing(sort_labels(document_type))


def standing_of_dataset(dataset: Dataset) -> Standing:
    """How the labels of a frozen dataset were split, and what was missing."""
    rows = dataset.items.values_list(
        "label_id",
        "text",
        "crop_sha256",
        "label__line__page_id",
        "document_sha256",
        "split",
        "left_out",
    )
    return standing([SortedLabel(*row) for row in rows])


def standing(labels: Sequence[SortedLabel], asked: GateSettings | None = None) -> Standing:
    """The same of labels at hand."""
    splits = tuple(_count(split, labels) for split in Split)
    return Standing(
        splits=splits,
        left_out=fates(Counter(label.left_out for label in labels if label.left_out)),
        total=len(labels),
        missing=tuple(_missing({row.code: row for row in splits}, asked or GateSettings())),
    )


def _count(split: Split, labels: Sequence[SortedLabel]) -> SplitCount:
    inside = [label for label in labels if label.split == split]
    return SplitCount(
        code=split.value,
        name=str(split.label),
        documents=len({label.document_sha256 for label in inside}),
        pages=len({label.page_id for label in inside}),
        lines=len(inside),
    )


def _missing(splits: Mapping[str, SplitCount], asked: GateSettings) -> list[str]:
    """What stands between these labels and a verdict, each as a sentence."""
    train, test = splits[Split.TRAIN], splits[Split.TEST]
    if not any(row.lines for row in splits.values()):
        return ["Nothing has been reviewed yet, so there is nothing to learn from."]
    found = []
    if not train.lines:
        found.append(
            "No reviewed document belongs to the training split yet. Which split a document is in "
            f"is drawn by its content, {TRAIN_PERCENT} of 100 for training: review more documents."
        )
    if test.documents < asked.min_documents:
        more = asked.min_documents - test.documents
        found.append(
            f"{_say(test.documents, 'reviewed document')} held out as a test; "
            f"{asked.min_documents} are needed before a model can be judged. {TEST_PERCENT} of 100 "
            f"documents are, so it takes about {round(100 / TEST_PERCENT * more)} more."
        )
    if test.lines < asked.min_lines:
        found.append(
            f"{_say(test.lines, 'line')} held out as a test; {asked.min_lines} are needed before "
            "a model can be judged."
        )
    elif asked.min_documents <= test.documents < asked.bootstrap_documents:
        found.append(
            f"The test lines come from {test.documents} documents only. A model can be judged, "
            f"with less certainty than from {asked.bootstrap_documents} or more."
        )
    return found


def _say(number: int, word: str) -> str:
    return f"{number} {word} is" if number == 1 else f"{number} {word}s are"
