"""The gate: may this candidate replace the active model? A pure function of paired evidence.

Evidence is what both models read on the same frozen test lines through the serving code. The
candidate passes only if nothing speaks against it; every objection is a stable code and a sentence
for the run's page. The interval of the change in character error rate comes from a paired
percentile bootstrap (Efron and Tibshirani 1993, chapter 13) over documents, since lines of one
document err together; over lines where there are too few documents, which is then said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from training.paired import (
    ErrorCounts,
    General,
    Kept,
    PairedLine,
    bootstrap,
    calibration_kept,
    count_errors,
    slice_errors,
)


@dataclass(frozen=True, slots=True)
class GateSettings:
    """What the gate asks for. Rates are fractions, so 0.01 is one percentage point.

    min_lines, min_documents: least evidence. min_gain: the error rate must fall by more than this.
    confidence: of the interval, which must lie wholly on the better side. slice_margin: how much
    worse a slice may be; beyond it, and where its interval leaves no doubt that it is worse, the
    candidate is refused. Slices with fewer than min_slice_lines lines or min_slice_characters
    characters of truth are shown, but decide nothing. bootstrap_documents: with fewer documents
    the bootstrap is over lines. max_difference: between probabilities of the trained network and
    the exported model. calibration_margin: by how much surer than right it may become,
    judged from min_calibration_lines lines on. max_slowdown: the share by which a line may take
    longer. max_general_loss: by how much the error rate on the frozen general set may rise.
    """

    min_lines: int = 20
    min_documents: int = 2
    min_gain: float = 0.0
    confidence: float = 0.95
    slice_margin: float = 0.01
    min_slice_lines: int = 10
    min_slice_characters: int = 100
    bootstrap_documents: int = 5
    resamples: int = 2000
    max_difference: float = 1e-3
    calibration_margin: float = 0.1
    min_calibration_lines: int = 40
    max_slowdown: float = 0.1
    max_general_loss: float = 0.002
    seed: int = 20


@dataclass(frozen=True, slots=True)
class Parity:
    """Trained network against exported model: lines compared, read differently, and by how much.

    `max_difference` is the largest difference of any class's probability at any step.
    """

    lines: int
    mismatched: int
    max_difference: float


@dataclass(frozen=True, slots=True)
class Cost:
    """Processor seconds each model takes for a line, measured in turns on the same lines."""

    active: float
    candidate: float


@dataclass(frozen=True, slots=True)
class Reason:
    """An objection or a remark: a stable code and a sentence."""

    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class SliceResult:
    """Error rates of one slice; `decides` is False where it is too small to refuse for."""

    name: str
    lines: int
    characters: int
    before: float
    after: float
    interval: tuple[float, float]
    decides: bool
    worse: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision and its evidence. Rates are character error rates over all test lines.

    `change` is after minus before, negative is better; `interval` is its bootstrap interval.
    `reasons` are empty exactly where `accept` is True; `remarks` qualify the evidence.
    """

    accept: bool
    reasons: tuple[Reason, ...]
    remarks: tuple[Reason, ...]
    lines: int
    documents: int
    before: float | None
    after: float | None
    change: float | None
    interval: tuple[float, float] | None
    resampled: Literal["documents", "lines"] | None
    exact_before: float | None
    exact_after: float | None
    slices: tuple[SliceResult, ...]
    calibration: Kept | None = None
    cost: Cost | None = None
    general: General | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        found = asdict(self)
        if self.general is not None:
            found["general"] |= {"before": self.general.before, "after": self.general.after}
        return found


def decide(
    lines: Sequence[PairedLine],
    *,
    parity: Parity,
    trained_dictionary_sha256: str,
    exported_dictionary_sha256: str,
    cost: Cost | None = None,
    general: General | None = None,
    settings: GateSettings | None = None,
) -> Verdict:
    """Decide whether the candidate may go live.

    `lines` are all frozen test lines. The dictionary hashes are of what the network was trained
    with and of what the candidate's files hold. `cost` is None where it was not measured, `general`
    where the candidate is no base: a head serves one type and need not read anything else.
    """
    asked = settings or GateSettings()
    documents = sorted({line.document for line in lines})
    reasons = [
        *_technical_objections(
            len(lines), parity, trained_dictionary_sha256 == exported_dictionary_sha256, asked
        ),
        *_evidence_objections(len(lines), len(documents), asked),
        *_cost_objections(cost, asked),
        *_general_objections(general, asked),
    ]
    overall = count_errors(lines)
    if not overall.characters.sum():
        return _without_rates(reasons, len(lines), len(documents))

    remarks: list[Reason] = []
    groups, over_documents = _groups(lines, asked)
    if not over_documents:
        remarks.append(
            Reason(
                "bootstrap_over_lines",
                f"The test lines come from {_count(len(documents), 'document')} only; the interval "
                "is over lines and may be too narrow.",
            )
        )
    interval = bootstrap(overall, groups, asked.confidence, asked.resamples, asked.seed)
    if not interval[1] < -asked.min_gain:
        reasons.append(_not_better(overall.before, overall.after, interval, asked))
    slices = judge_slices(lines, asked)
    reasons += [_slice_worse(found, asked) for found in slices if found.worse]
    kept = calibration_kept(lines, groups, asked.confidence, asked.resamples // 4, asked.seed)
    if kept is not None and kept.lines < asked.min_calibration_lines:
        remarks.append(_calibration_unknown(kept, asked))
    elif kept is not None and _is_worse(kept, asked):
        reasons.append(_calibration_worse(kept, asked))
    return Verdict(
        accept=not reasons,
        reasons=tuple(reasons),
        remarks=tuple(remarks),
        lines=len(lines),
        documents=len(documents),
        before=overall.before,
        after=overall.after,
        change=overall.after - overall.before,
        interval=interval,
        resampled="documents" if over_documents else "lines",
        exact_before=sum(line.active == line.truth for line in lines) / len(lines),
        exact_after=sum(line.candidate == line.truth for line in lines) / len(lines),
        slices=slices,
        calibration=kept,
        cost=cost,
        general=general,
    )


def judge_slices(
    lines: Sequence[PairedLine], settings: GateSettings | None = None
) -> tuple[SliceResult, ...]:
    """Both models by slice: the character classes, then the lines' own groups."""
    asked = settings or GateSettings()
    groups, _ = _groups(lines, asked)
    return tuple(
        _judge_slice(name, counts, groups, asked) for name, counts in slice_errors(lines).items()
    )


LACKS_EVIDENCE = frozenset({"too_few_lines", "too_few_documents", "no_truth", "not_better"})
"""Objections that speak against no candidate, only for waiting."""


def may_be_tried(verdict: Verdict) -> bool:
    """Whether a refused candidate lacks nothing but evidence, which new pages can give."""
    surely_worse = verdict.interval is not None and verdict.interval[0] > 0
    codes = {reason.code for reason in verdict.reasons}
    return not verdict.accept and not surely_worse and codes <= LACKS_EVIDENCE


def lines_from_result(
    test: Iterable[Mapping[str, Any]],
    truths: Mapping[str, str],
    slices: Mapping[str, tuple[str, ...]] | None = None,
) -> list[PairedLine]:
    """Paired lines from a trainer's result ("test") and the dataset's texts by label id.

    `slices` names, by label id too, the groups that lines belong to.
    """
    return [
        PairedLine(
            document=str(row["document"]),
            truth=truths[str(row["label_id"])],
            active=str(row["active_text"]),
            candidate=str(row["candidate_text"]),
            slices=(slices or {}).get(str(row["label_id"]), ()),
            active_confidence=row.get("active_confidence"),
            candidate_confidence=row.get("candidate_confidence"),
        )
        for row in test
    ]


def _groups(lines: Sequence[PairedLine], asked: GateSettings) -> tuple[npt.NDArray[np.intp], bool]:
    """The group of each line for the bootstrap, and whether groups are documents."""
    documents = sorted({line.document for line in lines})
    if len(documents) < asked.bootstrap_documents:
        return np.arange(len(lines)), False
    return np.array([documents.index(line.document) for line in lines], dtype=np.intp), True


def _technical_objections(
    lines: int, parity: Parity, same_dictionary: bool, asked: GateSettings
) -> list[Reason]:
    found = []
    if not same_dictionary:
        found.append(
            Reason(
                "dictionary_mismatch",
                "The exported dictionary is not the one the network was trained with; its text "
                "would be garbage. Train again.",
            )
        )
    if (
        parity.mismatched
        or parity.lines < lines
        or not parity.max_difference < asked.max_difference
    ):
        found.append(
            Reason(
                "parity",
                f"The exported model is not the trained network: of {_count(lines, 'test line')}, "
                f"{parity.lines} compared and {parity.mismatched} read differently, probabilities "
                f"up to {parity.max_difference:.1g} apart. Train again; if it recurs, the export "
                "is at fault.",
            )
        )
    return found


def _evidence_objections(lines: int, documents: int, asked: GateSettings) -> list[Reason]:
    found = []
    if lines < asked.min_lines:
        found.append(
            Reason(
                "too_few_lines",
                f"There are {_count(lines, 'test line')}, {asked.min_lines} are needed to judge a "
                "model; review more documents.",
            )
        )
    if documents < asked.min_documents:
        found.append(
            Reason(
                "too_few_documents",
                f"The test lines come from {_count(documents, 'document')}, "
                f"{asked.min_documents} are needed; review more documents.",
            )
        )
    return found


def _cost_objections(cost: Cost | None, asked: GateSettings) -> list[Reason]:
    if cost is None or cost.candidate <= cost.active * (1 + asked.max_slowdown):
        return []
    return [
        Reason(
            "slower",
            f"A line takes {cost.candidate * 1000:.1f} ms of processor time, "
            f"{cost.active * 1000:.1f} ms before: more than {asked.max_slowdown:.0%} longer. "
            "A smaller alphabet is quicker; look for labels in scripts that do not belong here.",
        )
    ]


def _general_objections(general: General | None, asked: GateSettings) -> list[Reason]:
    if general is None or general.after - general.before <= asked.max_general_loss:
        return []
    return [
        Reason(
            "general_worse",
            f"It forgets what it could read: on {_count(general.lines, 'general line')} that no "
            f"training sees, {_percent(general.before)} of characters were wrong before, "
            f"{_percent(general.after)} now; at most {_points(asked.max_general_loss)} points are "
            "allowed. Train with a lower learning rate or more general lines.",
        )
    ]


def _is_worse(kept: Kept, asked: GateSettings) -> bool:
    return kept.after - kept.before > asked.calibration_margin and kept.interval[0] > 0


def _calibration_worse(kept: Kept, asked: GateSettings) -> Reason:
    return Reason(
        "calibration_worse",
        f"The candidate is surer than it is right: by {_percent(kept.after)}, where the active "
        f"model was by {_percent(kept.before)}, and not by chance; at most "
        f"{_points(asked.calibration_margin)} points more are allowed. More validation lines let "
        "a calibration of its own be fitted: review more documents.",
    )


def _calibration_unknown(kept: Kept, asked: GateSettings) -> Reason:
    return Reason(
        "calibration_not_judged",
        f"Whether probabilities keep their word cannot be told from {_count(kept.lines, 'line')}; "
        f"{asked.min_calibration_lines} are needed.",
    )


def _without_rates(reasons: list[Reason], lines: int, documents: int) -> Verdict:
    """The verdict without any truth to compare with: never acceptance."""
    nothing = Reason("no_truth", "No test line has any text, so nothing could be compared.")
    return Verdict(
        accept=False,
        reasons=(*reasons, nothing),
        remarks=(),
        lines=lines,
        documents=documents,
        before=None,
        after=None,
        change=None,
        interval=None,
        resampled=None,
        exact_before=None,
        exact_after=None,
        slices=(),
    )


def _not_better(
    before: float, after: float, interval: tuple[float, float], asked: GateSettings
) -> Reason:
    return Reason(
        "not_better",
        f"The candidate is not surely better: character error rate {_percent(before)} before, "
        f"{_percent(after)} now, a change between {_points(interval[0])} and "
        f"{_points(interval[1])} points at {asked.confidence:.0%} confidence.",
    )


def _judge_slice(
    name: str, counts: ErrorCounts, groups: npt.NDArray[np.intp], asked: GateSettings
) -> SliceResult:
    lines, characters = int((counts.characters > 0).sum()), int(counts.characters.sum())
    interval = bootstrap(counts, groups, asked.confidence, asked.resamples, asked.seed)
    decides = lines >= asked.min_slice_lines and characters >= asked.min_slice_characters
    beyond = counts.after - counts.before > asked.slice_margin
    return SliceResult(
        name=name,
        lines=lines,
        characters=characters,
        before=counts.before,
        after=counts.after,
        interval=interval,
        decides=decides,
        worse=decides and beyond and interval[0] > 0,
    )


def _slice_worse(found: SliceResult, asked: GateSettings) -> Reason:
    return Reason(
        "slice_worse",
        f"{found.name[:1].upper()}{found.name[1:]} got worse: {_percent(found.before)} of "
        f"{found.characters} characters wrong before, {_percent(found.after)} now, and not by "
        f"chance; at most {_points(asked.slice_margin)} points are allowed.",
    )


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _percent(rate: float) -> str:
    return f"{rate * 100:.2f} %"


def _points(change: float) -> str:
    return f"{change * 100:+.2f}"
