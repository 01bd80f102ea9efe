"""Fitting a calibration to lines whose truth is known, and measuring how well one holds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.optimize import isotonic_regression

from recognition.calibration import DOUBTS, FEATURES, Calibration

_RIDGE = 1.0  # pull towards zero, in pseudo-observations; keeps separable data finite
_STEPS = 50
_BINS = 20  # of the monotone map, equally filled
_SHIFT_PRIOR = 2.0
_MIN_FIT_LINES, _MIN_SHIFT_LINES = 40, 8  # below which lines say too little for it
_MAPPED = 400  # lines below which there is too little to bend anything by


def fit(features: Sequence[Sequence[float]], correct: Sequence[bool]) -> Calibration:
    """Fit a calibration by Newton's method on the ridge-penalised likelihood.

    `features` are those of lines as from `line_features`, `correct` whether each was exactly
    right. Targets are softened after Platt (1999), so that few or one-sided examples give no
    certainty. Raises ValueError for no lines or unequal lengths.
    """
    x = np.asarray(features, dtype=np.float64)
    y = np.asarray(correct, dtype=bool)
    if x.ndim != 2 or x.shape != (len(y), len(FEATURES)):
        raise ValueError("A calibration is fitted on at least one line, with a verdict for each.")
    centre, scale = x.mean(axis=0), x.std(axis=0)
    scale[scale < 1e-9] = 1.0
    design = np.column_stack([np.ones(len(y)), (x - centre) / scale])
    right, wrong = int(y.sum()), int((~y).sum())
    target = np.where(y, (right + 1) / (right + 2), 1 / (wrong + 2))
    used = list(range(design.shape[1]))
    while True:
        solution = np.zeros(design.shape[1])
        solution[used] = _newton(design[:, used], target)
        # More doubt may never give more confidence: a feature that would say so is left out.
        wrong_way = {1 + i for i, name in enumerate(FEATURES) if name in DOUBTS} & {
            int(index) for index in np.flatnonzero(solution > 0)
        }
        if not wrong_way:
            break
        used = [index for index in used if index not in wrong_way]
    weights = solution[1:] / scale
    straight = Calibration(
        intercept=round(float(solution[0] - weights @ centre), 6),
        weights=tuple(round(float(weight), 6) for weight in weights),
        fitted_on=len(y),
    )
    said = [straight.probability(row) for row in features]
    return replace(straight, knots=monotone_map(said, correct))


def refit(
    parent: Calibration, features: Sequence[Sequence[float]], correct: Sequence[bool]
) -> Calibration:
    """The calibration of a new head: fitted on enough lines, else its parent's, shifted or kept."""
    if len(features) < _MIN_SHIFT_LINES:
        return parent
    if len(features) < _MIN_FIT_LINES:
        return shift(parent, features, correct)
    return fit(features, correct)


def shift(
    parent: Calibration, features: Sequence[Sequence[float]], correct: Sequence[bool]
) -> Calibration:
    """The parent made surer or less sure on the whole, by a handful of lines; its shape stays.

    The intercept moves to where these lines are likeliest, held back by a normal prior about the
    parent's own (standard deviation _SHIFT_PRIOR, in logits): few lines move it little.
    """

    def loss(by: float) -> float:
        moved = replace(parent, intercept=round(parent.intercept + by, 6))
        said = [moved.probability(row) for row in features]
        surprise = -sum(
            math.log(p if right else 1 - p) for p, right in zip(said, correct, strict=True)
        )
        return surprise + by**2 / (2 * _SHIFT_PRIOR**2)

    best = min((step / 10 for step in range(-60, 61)), key=loss)
    return replace(parent, intercept=round(parent.intercept + best, 6), fitted_on=len(correct))


def monotone_map(said: Sequence[float], correct: Sequence[bool]) -> tuple[tuple[float, float], ...]:
    """Knots that bend probabilities to what was right, by isotonic regression on equal bins.

    After Zadrozny and Elkan (2002). Bins of equal outcome are one knot, so that the order of
    lines is kept; a bin's share is softened after Platt. Without knots below 400 lines.
    """
    if len(said) < _MAPPED:
        return ()
    order = np.argsort(np.asarray(said), kind="stable")
    x, y = np.asarray(said, dtype=np.float64)[order], np.asarray(correct, dtype=np.float64)[order]
    bins = np.array_split(np.arange(len(x)), _BINS)
    shares = [(y[part].sum() + 0.5) / (len(part) + 1) for part in bins]
    result = isotonic_regression(shares, weights=[len(part) for part in bins])
    knots = []
    for first, last in pairwise(result.blocks.tolist()):
        inside = np.concatenate(bins[first:last])
        knots.append((round(float(x[inside].mean()), 4), round(float(result.x[first]), 4)))
    return tuple(
        knot
        for index, knot in enumerate(knots)
        if not index or (knot[0] > knots[index - 1][0] and knot[1] > knots[index - 1][1])
    )


def expected_error(
    probabilities: Sequence[float], correct: Sequence[bool], bins: int = 10
) -> float:
    """Expected calibration error: mean |said - seen| over equally filled bins, by their size."""
    order = np.argsort(np.asarray(probabilities), kind="stable")
    said = np.asarray(probabilities, dtype=np.float64)[order]
    seen = np.asarray(correct, dtype=np.float64)[order]
    parts = np.array_split(np.arange(len(said)), min(bins, max(len(said), 1)))
    return float(
        sum(abs(said[p].mean() - seen[p].mean()) * len(p) for p in parts if len(p))
        / max(len(said), 1)
    )


def ranking(scores: Sequence[float], correct: Sequence[bool]) -> float | None:
    """Area under the ROC curve: chance that a right line scores above a wrong one; ties half.

    None where all lines are right, or none is.
    """
    values, verdicts = np.asarray(scores, dtype=np.float64), np.asarray(correct, dtype=bool)
    right, wrong = int(verdicts.sum()), int((~verdicts).sum())
    if not right or not wrong:
        return None
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return float((ranks[verdicts].sum() - right * (right + 1) / 2) / (right * wrong))


def _newton(
    design: npt.NDArray[np.float64], target: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    ridge = np.full(design.shape[1], _RIDGE)
    ridge[0] = 1e-6
    solution = np.zeros(design.shape[1])
    for _ in range(_STEPS):
        said = 1 / (1 + np.exp(-np.clip(design @ solution, -30, 30)))
        gradient = design.T @ (target - said) - ridge * solution
        curvature = (design * (said * (1 - said))[:, None]).T @ design + np.diag(ridge)
        step = np.linalg.solve(curvature, gradient)
        solution = solution + np.clip(step, -2.0, 2.0)
        if float(np.abs(step).max()) < 1e-8:
            break
    return solution
