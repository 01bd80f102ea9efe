"""From an accuracy target to a threshold: pure arithmetic on what people found on reviewed pages.

A page is accepted when its weakest line's probability is at least the threshold. The target is a
bound on the share of accepted lines that are wrong. A threshold is proven when the upper 95 % bound
of that share is within the target; thresholds are tried from the strictest down and the first that
fails ends it, so that trying many proves no more than trying one (fixed-sequence testing, as in
Angelopoulos et al. 2021, "Learn then Test").
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

SURENESS = 0.95  # of the bound, one-sided
STEPS = 40  # thresholds tried, at equal shares of the pages


@dataclass(frozen=True, slots=True)
class ReviewedPage:
    """What people found on one page.

    `lowest`: probability of its weakest line; `lines` that were judged and how many were `wrong`
    as read; `audit`: accepted, and drawn at random to stand for the others that were accepted.
    """

    lowest: float
    lines: int
    wrong: int
    audit: bool


@dataclass(frozen=True, slots=True)
class AcceptedPage:
    """A page that nobody looked at: its weakest line's probability and its number of lines."""

    lowest: float
    lines: int


@dataclass(frozen=True, slots=True)
class Step:
    """One threshold: the share of pages people would read, and the error rate among the rest.

    `error` is the estimate, `bound` its one-sided upper 95 % bound; both in shares of lines.
    `judged` counts the lines the two rest on.
    """

    threshold: float
    reviewed: float
    error: float
    bound: float
    judged: int

    @property
    def known(self) -> bool:
        """Whether anything was seen of every kind of page that this lets through."""
        return self.bound < 1


@dataclass(frozen=True, slots=True)
class Finding:
    """The lowest proven threshold, or None: then everything is to be reviewed. And its curve."""

    threshold: float | None
    curve: tuple[Step, ...]


def upper_bound(wrong: int, judged: int, *, sureness: float = SURENESS) -> float:
    """One-sided upper bound of a share after Clopper and Pearson (1934); 1 without evidence."""
    if judged <= 0 or wrong >= judged:
        return 1.0
    from scipy.special import betaincinv  # here: every process would pay for it at its start

    return float(betaincinv(wrong + 1, judged - wrong, sureness))


def lines_needed(target: float) -> int:
    """Lines without a single error that would just prove `target`, the share of right lines."""
    return math.ceil(math.log(1 - SURENESS) / math.log(target))


def find_threshold(
    reviewed: Sequence[ReviewedPage], accepted: Sequence[AcceptedPage], target: float
) -> Finding:
    """The lowest threshold at which `target` of the accepted lines are right, if that is proven.

    `target` lies strictly between 0 and 1, else ValueError. Steps with fewer than `lines_needed`
    judged lines are passed over: by their number alone, they cannot prove anything.
    """
    if not 0 < target < 1:
        raise ValueError("An accuracy target lies between 0 and 1.")
    curve = trade_off(reviewed, accepted)
    found, needed = None, lines_needed(target)
    for step in curve:
        if step.judged < needed:
            continue
        if step.bound > 1 - target:
            break
        found = step.threshold
    return Finding(threshold=found, curve=curve)


def trade_off(
    reviewed: Sequence[ReviewedPage], accepted: Sequence[AcceptedPage]
) -> tuple[Step, ...]:
    """What each threshold would cost and let through, from the strictest to the loosest."""
    every = sorted(
        [page.lowest for page in reviewed if not page.audit]
        + [page.lowest for page in accepted]
        + [page.lowest for page in reviewed if page.audit],
        reverse=True,
    )
    if not every:
        return ()
    ranks = {math.ceil(len(every) * step / STEPS) for step in range(1, STEPS + 1)}
    thresholds = sorted({every[rank - 1] for rank in ranks}, reverse=True)
    return tuple(_step(value, reviewed, accepted, len(every)) for value in thresholds)


def _step(
    threshold: float,
    reviewed: Sequence[ReviewedPage],
    accepted: Sequence[AcceptedPage],
    pages: int,
) -> Step:
    """Audits stand for all accepted lines above the threshold, the other reviews for themselves."""
    unseen = [page.lines for page in accepted if page.lowest >= threshold]
    audits = [page for page in reviewed if page.audit and page.lowest >= threshold]
    others = [page for page in reviewed if not page.audit and page.lowest >= threshold]
    strata = []
    if audits or unseen:
        strata.append((sum(unseen) + sum(page.lines for page in audits), audits))
    if others:
        strata.append((sum(page.lines for page in others), others))
    whole = sum(weight for weight, _ in strata)
    # Two bounds that hold together with 95 % hold with 97.5 % each.
    sureness = 1 - (1 - SURENESS) / max(len(strata), 1)
    error = bound = 0.0 if whole else 1.0
    for weight, seen in strata:
        judged, wrong = sum(page.lines for page in seen), sum(page.wrong for page in seen)
        share = weight / whole if whole else 1.0
        error += share * (wrong / judged if judged else 1.0)
        bound += share * upper_bound_of_pages(seen, sureness=sureness)
    kept = len(unseen) + len(audits) + len(others)
    return Step(
        threshold=threshold,
        reviewed=1 - kept / pages,
        error=min(error, 1.0),
        bound=min(bound, 1.0),
        judged=sum(page.lines for page in (*audits, *others)),
    )


def upper_bound_of_pages(pages: Sequence[ReviewedPage], *, sureness: float = SURENESS) -> float:
    """Upper bound of the share of wrong lines where errors come in pages full of them.

    Lines of a page are no independent witnesses: their number is divided by the design effect
    (Kish 1965), the variance between pages over the one that independent lines would have.
    """
    judged = sum(page.lines for page in pages)
    wrong = sum(page.wrong for page in pages)
    effect = _design_effect(pages, judged, wrong)
    return upper_bound(math.ceil(wrong / effect), math.floor(judged / effect), sureness=sureness)


def _design_effect(pages: Sequence[ReviewedPage], judged: int, wrong: int) -> float:
    if len(pages) < 2 or not 0 < wrong < judged:
        return 1.0
    share = wrong / judged
    between = sum((page.wrong - share * page.lines) ** 2 for page in pages)
    between *= len(pages) / (len(pages) - 1)
    return max(between / (judged * share * (1 - share)), 1.0)
