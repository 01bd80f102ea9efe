"""Has a document type's accuracy fallen? A pure decision on what audits found, week by week."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from math import ceil, floor
from statistics import median

from review.targets import upper_bound
from training.intervals import wilson

FALL = 0.02
"""A fall of so many points is told: the mark the field sets its alerts at. Smaller ones are within
what weeks of one and the same kind of documents differ by."""
FEWEST_LINES, FEWEST_PAGES = 100, 5
"""Below which audits decide nothing: a point would be less than a line, or one bad page would be
all there is. Weeks with fewer are taken together until they have as many."""
FEWEST_WEEKS = 3
"""Weeks before it that a reference needs: of two, the median is as good as its worse half."""
REFERENCE_WEEKS = 8
"""Weeks before it that a reference is taken from at most: what was two seasons ago is no measure.
A level that stays low becomes the reference after half as many, and is told of until then."""
CERTAINTY = 0.999
"""Of the bound that a fall must be beyond. A week is looked at many times while it grows, and a
site has many types: with 0.95 each would raise an alert or more in a year of honest weeks."""


@dataclass(frozen=True, slots=True)
class PageAudit:
    """What an audit found on one page.

    `lines` are those that were read and those that were not but should have been (`missed`);
    `right` were exactly right as read. `wrong` counts characters to insert, delete or replace,
    `characters` those of the truth. `read_by` names the model.
    """

    page_id: int
    lines: int
    right: int
    characters: int
    wrong: int
    missed: int = 0
    read_by: str = ""

    @property
    def wrong_lines(self) -> int:
        return self.lines - self.right


@dataclass(frozen=True, slots=True)
class Week:
    """One ISO week, known by its Monday: the audits of pages read in it.

    `expected` is the mean calibrated probability of `read` lines, a sample of all that were read
    in it, audited or not; None where there were none.
    """

    monday: date
    audits: tuple[PageAudit, ...] = ()
    expected: float | None = None
    read: int = 0

    @property
    def lines(self) -> int:
        return sum(page.lines for page in self.audits)

    @property
    def right(self) -> int:
        return sum(page.right for page in self.audits)

    @property
    def missed(self) -> int:
        return sum(page.missed for page in self.audits)

    @property
    def read_by(self) -> list[str]:
        """The models that read the audited pages."""
        return sorted({page.read_by for page in self.audits if page.read_by})

    @property
    def share(self) -> float | None:
        """Of the audited lines, those exactly right."""
        return self.right / self.lines if self.lines else None

    @property
    def cer(self) -> float | None:
        """Wrong characters by characters of the truth."""
        characters = sum(page.characters for page in self.audits)
        return sum(page.wrong for page in self.audits) / characters if characters else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The share's 95 % interval."""
        return interval(self.audits)

    @property
    def enough(self) -> bool:
        """Whether it can decide anything."""
        return self.lines >= FEWEST_LINES and len(self.audits) >= FEWEST_PAGES

    @property
    def name(self) -> str:
        """As ISO 8601 writes it, such as 2026-W07."""
        year, week, _ = self.monday.isocalendar()
        return f"{year}-W{week:02}"


class Drift(StrEnum):
    """What the weeks say."""

    UNKNOWN = "unknown"  # too little evidence
    STEADY = "steady"
    FALLEN = "fallen"


@dataclass(frozen=True, slots=True)
class DriftVerdict:
    """The newest week with enough audits against the weeks before it.

    `week` may be several, from `since` on, that have enough together. `reference` is the median
    share of those before, `bound` what the week's share may be at most, with CERTAINTY. All are
    None where nothing can be judged. `expected_fall` is by how much the probabilities of the newest
    week promise less than those of the weeks before did, where that is FALL or more: no proof, but
    earlier to be had than audits.
    """

    outcome: Drift
    week: Week | None = None
    since: date | None = None
    reference: float | None = None
    bound: float | None = None
    expected_fall: float | None = None

    @property
    def fall(self) -> float | None:
        """By how much the week is below its reference."""
        if self.reference is None or self.week is None or self.week.share is None:
            return None
        return self.reference - self.week.share


def judge(weeks: Sequence[Week]) -> DriftVerdict:
    """Whether accuracy has fallen. `weeks` in their order, each once; gaps do no harm.

    Weeks are compared whichever model read them: a new model that reads worse is a fall too, and
    the one before it is the measure. The fall must be FALL or more, and the reference above the
    week's bound, so that chance raises no alert.
    """
    expected_fall = _expected_fall(weeks)
    judged = _with_enough(weeks)
    if len(judged) <= FEWEST_WEEKS:
        return DriftVerdict(Drift.UNKNOWN, expected_fall=expected_fall)
    since, week = judged[-1]
    before = [each for _, each in judged[-1 - REFERENCE_WEEKS : -1]]
    reference = median(_share(each.audits) for each in before)
    bound = _upper_bound(week, before)
    fallen = reference - _share(week.audits) >= FALL and reference > bound
    return DriftVerdict(
        Drift.FALLEN if fallen else Drift.STEADY, week, since, reference, bound, expected_fall
    )


def interval(audits: Sequence[PageAudit]) -> tuple[float, float] | None:
    """Wilson's 95 % interval of the share of right lines; None without lines.

    Lines of a page are no independent witnesses: their number is divided by the design effect
    (Kish 1965), the variance between pages over the one that independent lines would have.
    """
    lines, right = _count(audits)
    if not lines:
        return None
    effect = _design_effect([audits])
    return wilson(right / effect, lines / effect)


def worst_pages(week: Week) -> list[PageAudit]:
    """The audited pages with any wrong line, those with most of them first."""
    wrong = [page for page in week.audits if page.right < page.lines]
    return sorted(wrong, key=lambda page: (page.right - page.lines, -page.wrong, page.page_id))


def _with_enough(weeks: Sequence[Week]) -> list[tuple[date, Week]]:
    """Weeks with enough audits, those with too few put together with the next, each with its start.

    The last ones, where they are still too few, are left out.
    """
    found: list[tuple[date, Week]] = []
    since: date | None = None
    audits: tuple[PageAudit, ...] = ()
    for week in weeks:
        since = since or week.monday
        audits = (*audits, *week.audits)
        if (together := Week(week.monday, audits)).enough:
            found.append((since, together))
            since, audits = None, ()
    return found


def _upper_bound(week: Week, before: Sequence[Week]) -> float:
    """What the share of right lines may be at most, exactly, for lines that err together.

    A single week has too few pages to tell how much theirs do, so those before are asked too.
    """
    lines, right = _count(week.audits)
    groups = [each.audits for each in before]
    effect = max(_design_effect([week.audits]), _design_effect([*groups, week.audits]))
    return upper_bound(ceil(right / effect), max(floor(lines / effect), 1), sureness=CERTAINTY)


def _design_effect(groups: Sequence[Sequence[PageAudit]]) -> float:
    """How many lines say as much as one independent one; 1 where they are independent.

    The variance between pages is taken within each group, so that a fall from one to the next
    passes for no disorder.
    """
    pages = [page for audits in groups for page in audits]
    lines, right = _count(pages)
    free = len(pages) - len(groups)
    if free < 1 or not 0 < right < lines:
        return 1.0
    between = 0.0
    for audits in groups:
        share = _share(audits)
        between += sum((page.right - share * page.lines) ** 2 for page in audits)
    share = right / lines
    return max(between * len(pages) / free / (lines * share * (1 - share)), 1.0)


def _expected_fall(weeks: Sequence[Week]) -> float | None:
    known = [
        week.expected for week in weeks if week.expected is not None and week.read >= FEWEST_LINES
    ]
    if len(known) <= FEWEST_WEEKS:
        return None
    fall = median(known[-1 - REFERENCE_WEEKS : -1]) - known[-1]
    return fall if fall >= FALL else None


def _count(audits: Sequence[PageAudit]) -> tuple[int, int]:
    return sum(page.lines for page in audits), sum(page.right for page in audits)


def _share(audits: Sequence[PageAudit]) -> float:
    lines, right = _count(audits)
    return right / lines if lines else 0.0
