"""Two model versions side by side, on lines that both have read and a person has judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Q

from recognition.metrics import edits
from recognition.models import ModelVersion, Prediction
from review.models import Label
from review.states import WITHOUT_TEXT
from training.gate import SliceResult, judge_slices
from training.models import EvaluatedLine
from training.paired import PairedLine, count_errors
from training.states import Split

LOOKED_AT = 20_000
"""The newest readings of each model; more would only take longer."""
SHOWN = 100


class Kind(StrEnum):
    """How the second model stands to the first on a line that they read differently."""

    WORSE = "worse"  # the first was right
    BETTER = "better"  # the second is right
    BOTH_WRONG = "both_wrong"


@dataclass(frozen=True, slots=True)
class ComparedLine:
    """A line, what a person says of it, and what each model reads."""

    line_id: int
    document: str
    truth: str
    first: str
    second: str

    @property
    def first_wrong(self) -> int:
        """Characters to insert, delete or replace."""
        return edits(self.truth, self.first)

    @property
    def second_wrong(self) -> int:
        return edits(self.truth, self.second)

    @property
    def kind(self) -> Kind:
        """Of lines that the two read differently."""
        if self.second == self.truth:
            return Kind.BETTER
        return Kind.WORSE if self.first == self.truth else Kind.BOTH_WRONG


@dataclass(frozen=True, slots=True)
class Comparison:
    """Counts of lines by kind, both error rates, slices, and the lines on which the two differ.

    `before` and `after` are the character error rates of the first and the second model, None
    without lines. Of `differing` those where the second lost most come first.
    """

    lines: int
    same: int
    better: int
    worse: int
    both_wrong: int
    before: float | None
    after: float | None
    slices: tuple[SliceResult, ...]
    differing: tuple[ComparedLine, ...]

    @property
    def differ(self) -> int:
        return self.lines - self.same


def compare(lines: Sequence[ComparedLine]) -> Comparison:
    """What there is to say of these lines. Pure."""
    differing = [line for line in lines if line.first != line.second]
    kinds = Counter(line.kind for line in differing)
    pairs = [PairedLine(line.document, line.truth, line.first, line.second) for line in lines]
    counts = count_errors(pairs)
    known = bool(counts.characters.sum())
    return Comparison(
        lines=len(lines),
        same=len(lines) - len(differing),
        better=kinds[Kind.BETTER],
        worse=kinds[Kind.WORSE],
        both_wrong=kinds[Kind.BOTH_WRONG],
        before=counts.before if known else None,
        after=counts.after if known else None,
        slices=judge_slices(pairs) if known else (),
        differing=tuple(
            sorted(differing, key=lambda line: (line.first_wrong - line.second_wrong, line.line_id))
        ),
    )


def held_out_lines(first: ModelVersion, second: ModelVersion) -> list[ComparedLine]:
    """Frozen test lines that both have read, in whichever runs."""
    one, other = _evaluated(first), _evaluated(second)
    return _judged({line: (one[line], other[line]) for line in one.keys() & other.keys()})


def lines_read_by_both(first: ModelVersion, second: ModelVersion) -> list[ComparedLine]:
    """Lines that both have read with the same character set, in trials or one after the other.

    Only what was judged after both were made: neither can have learnt from it. Held-out lines that
    both were evaluated on are not among them.
    """
    # The younger one has read less.
    old, young = sorted((first, second), key=lambda version: version.created_at)
    newest = Prediction.objects.filter(model_version=young).order_by("-pk")
    read = {
        (line, characters): text
        for line, characters, text in newest.values_list("line_id", "character_set", "text")[
            :LOOKED_AT
        ]
    }
    both = {
        line: (text, read[line, characters])
        for line, characters, text in Prediction.objects.filter(
            model_version=old, line__in={line for line, _ in read}
        ).values_list("line_id", "character_set", "text")
        if (line, characters) in read
    }
    if old != first:
        both = {line: (one, other) for line, (other, one) in both.items()}
    for line in _evaluated(first).keys() & _evaluated(second).keys():
        both.pop(line, None)
    return _judged(both, made=young)


def _evaluated(version: ModelVersion) -> dict[int, str]:
    """What a version read on frozen test lines, by line; the newest evaluation counts."""
    found: dict[int, str] = {}
    rows = EvaluatedLine.objects.filter(item__split=Split.TEST).order_by("-pk")
    read_by = Q(run__active=version) | Q(run__active=None, run__base=version)  # None: older runs
    for its, field in ((Q(run__candidate=version), "candidate_text"), (read_by, "active_text")):
        for line, text in rows.filter(its).values_list("item__label__line", field)[:LOOKED_AT]:
            found.setdefault(line, text)
    return found


def _judged(
    both: dict[int, tuple[str, str]], made: ModelVersion | None = None
) -> list[ComparedLine]:
    """Those lines of which a person says a text now."""
    labels = (
        Label.objects.current()
        .filter(line__in=both, line__retired_at__isnull=True)
        .exclude(verdict__in=WITHOUT_TEXT)
        .order_by("line")
    )
    if made is not None:
        labels = labels.filter(created_at__gte=made.created_at)
    rows: Iterable[tuple[int, str, str]] = labels.values_list(
        "line_id", "line__page__document__sha256", "text"
    )
    return [ComparedLine(line, document, text, *both[line]) for line, document, text in rows]
