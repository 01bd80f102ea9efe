"""The hunt for wrong labels: where a model is nearly sure of something else, somebody looks again.

After Northcutt, Jiang and Chuang, "Confident learning" (J. Artif. Intell. Res. 70, 2021): a label
is doubted by a model's own calibrated probability, not by its loss. The model that hunts is the
one in service, which has not learnt from the labels that are new since its own training.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A label, and what a model reads instead with which calibrated probability."""

    label_id: int | str
    text: str
    confidence: float


def contradicts(label: str, reading: str, confidence: float | None, least: float) -> bool:
    """Whether a reading disputes a label: surely enough, and not by spaces alone.

    A line that reads empty disputes nothing; spaces are what both people and models drop most.
    """
    if confidence is None or confidence < least or least >= 1:
        return False
    return bool(reading.strip()) and _without_spaces(label) != _without_spaces(reading)


def of_test_lines(
    rows: Iterable[Mapping[str, Any]], truths: Mapping[str, str], least: float
) -> list[Contradiction]:
    """Test labels that active and candidate contradict alike, both nearly sure.

    They stay in the test all the same until a person has corrected them.
    """
    found = []
    for row in rows:
        text, truth = str(row["candidate_text"]), truths[str(row["label_id"])]
        sure = min(row.get("active_confidence") or 0.0, row.get("candidate_confidence") or 0.0)
        if text == row["active_text"] and contradicts(truth, text, sure, least):
            found.append(Contradiction(row["label_id"], text, sure))
    return found


def of_result(
    result: Mapping[str, Any], truths: Mapping[str, str], least: float
) -> Sequence[Contradiction]:
    """All contradictions of a training: of what it would have learnt from, and of its test."""
    rows = [row for row in result.get("test", []) if str(row["label_id"]) in truths]
    return [
        *(Contradiction(**row) for row in result.get("contradictions", [])),
        *of_test_lines(rows, truths, least),
    ]


def _without_spaces(text: str) -> str:
    return "".join(text.split())
