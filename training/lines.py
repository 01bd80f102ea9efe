"""A job's labelled lines, and what becomes of each: learnt from, held out, or set aside and why."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from recognition.direction import turn
from recognition.engines.halves import Features
from training.characters import Alphabet
from training.fitting import Sample, sample_of
from training.hunt import Contradiction, contradicts
from training.job import Item, Job

log = logging.getLogger("training")

_MOST_DISPUTED = 0.1  # of the labels


@dataclass(frozen=True, slots=True)
class Line:
    """A labelled line with its features; `fill` is the share of the steps the crop covers."""

    item: Item
    features: Features
    fill: float

    @property
    def visual(self) -> str:
        """The text as it stands on the line from left to right, which is what the head writes."""
        return turn(self.item.text)


@dataclass(frozen=True, slots=True)
class Ledger:
    """What became of a job's lines; `aside` names each that was set aside, with its split."""

    usable: list[tuple[Line, Sample]]
    counts: Counter[str]
    aside: list[dict[str, Any]] = field(default_factory=list)

    def set_aside(self, line: Line, reason: str) -> None:
        self.counts[reason] += 1
        self.aside.append(
            {"label_id": line.item.label_id, "split": line.item.split, "reason": reason}
        )

    def samples(self, split: str) -> list[Sample]:
        return [sample for line, sample in self.usable if line.item.split == split]


def find_contradictions(
    job: Job, lines: Sequence[Line], readings: Mapping[int | str, tuple[str, float | None]]
) -> list[Contradiction]:
    """Labels that the model contradicts; never more than a tenth, for then it is the model."""
    least = job.settings.dispute_confidence
    found = []
    for line in lines:
        text, confidence = readings.get(line.item.label_id, ("", None))
        if not line.item.settled and contradicts(line.visual, text, confidence, least):
            found.append(Contradiction(line.item.label_id, turn(text), confidence or 0.0))
    if len(found) > len(readings) * _MOST_DISPUTED:
        log.info("%d labels contradicted: too many to be the labels' fault", len(found))
        return []
    return found


def keep_ledger(
    lines: Sequence[Line], alphabet: Alphabet, disputed: Collection[int | str] = ()
) -> Ledger:
    """Lines that can be learnt from with their samples, and what became of every line.

    The counts add up to the number of lines. A test line is never left out: what the model
    cannot write is an error it makes. A disputed line is not learnt from, but it is looked at: a
    model is not to look better for what it surely contradicts.
    """
    found = Ledger([], Counter(trained=0, validation=0, test=0, too_long=0, unknown_character=0))
    for line in lines:
        if line.item.split == "test":
            found.counts["test"] += 1
            continue
        encoded = alphabet.encode(line.visual)
        if line.item.split == "train" and line.item.label_id in disputed:
            found.set_aside(line, "disputed")
        elif not encoded:
            found.set_aside(line, "unknown_character")
        elif (sample := sample_of((line.features,), encoded, line.visual)) is None:
            found.set_aside(line, "too_long")
        else:
            found.counts["trained" if line.item.split == "train" else "validation"] += 1
            found.usable.append((line, sample))
    return found
