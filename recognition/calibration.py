"""From the recogniser's confidences to the probability that a whole line is exactly right.

The recogniser's own score is no probability: it stays above 0.9 on lines full of errors. A
logistic regression on five features of a line's character confidences makes one. It is fitted on
lines whose truth is known, is part of a model version, and needs nothing but arithmetic to apply.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FEATURES = ("surprise", "worst", "mean", "weak_share", "length")
DOUBTS = FEATURES[:4]
"""Features that grow with the doubt in any character: their weights are never positive."""

_SMALLEST = 1e-4  # doubt below this is not told apart
_RIDGE = 1.0  # pull towards zero, in pseudo-observations; keeps separable data finite
_STEPS = 50
_LOWEST, _HIGHEST = 0.001, 0.999  # nothing is certain


def line_features(confidences: Sequence[float]) -> tuple[float, ...]:
    """The features of one line, in the order of FEATURES.

    `confidences` are those of its characters, at least one. surprise: log of the summed -log
    confidences (small where all characters are sure); worst and mean: log of the doubt of the
    weakest and of the average character; weak_share: share of characters below 0.9; length: log
    of the number of characters. Raises ValueError for an empty line: no text, no confidence.
    """
    if not confidences:
        raise ValueError("A line without characters has no confidence.")
    doubts = [max(1.0 - value, 0.0) for value in confidences]
    surprise = -sum(math.log(max(value, _SMALLEST)) for value in confidences)
    return (
        math.log(surprise + _SMALLEST),
        math.log(max(doubts) + _SMALLEST),
        math.log(sum(doubts) / len(doubts) + _SMALLEST),
        sum(value < 0.9 for value in confidences) / len(confidences),
        math.log(len(confidences)),
    )


@dataclass(frozen=True, slots=True)
class Calibration:
    """A fitted logistic regression; `weights` in the order of FEATURES."""

    intercept: float
    weights: tuple[float, ...]
    fitted_on: int
    """How many lines it was fitted on."""

    def __post_init__(self) -> None:
        if len(self.weights) != len(FEATURES):
            raise ValueError(f"A calibration needs {len(FEATURES)} weights.")
        if not all(map(math.isfinite, (self.intercept, *self.weights))):
            raise ValueError("A calibration's coefficients must be finite.")

    @property
    def version(self) -> str:
        """Names these very coefficients: equal version, equal confidence."""
        return "logistic-" + hashlib.sha256(self._canonical().encode()).hexdigest()[:12]

    def probability(self, features: Sequence[float]) -> float:
        """Probability that a line with these features is exactly right."""
        logit = self.intercept + sum(
            weight * value for weight, value in zip(self.weights, features, strict=True)
        )
        return min(max(_logistic(logit), _LOWEST), _HIGHEST)

    def line_confidence(self, confidences: Sequence[float]) -> float | None:
        """The same for the confidences of a line's characters; None for a line without any."""
        return self.probability(line_features(confidences)) if confidences else None

    def to_json(self) -> str:
        """JSON with the version, for the model store."""
        coefficients = json.loads(self._canonical())
        return json.dumps({"version": self.version, **coefficients}, sort_keys=True)

    @classmethod
    def from_json(cls, text: str | bytes) -> Calibration:
        """Inverse of `to_json`. Raises ValueError for anything else."""
        try:
            data = json.loads(text)
            if tuple(data["features"]) != FEATURES:
                raise ValueError("The calibration uses features this version does not know.")
            found = cls(
                intercept=float(data["intercept"]),
                weights=tuple(float(weight) for weight in data["weights"]),
                fitted_on=int(data["fitted_on"]),
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"Not a calibration: {error}") from error
        if data.get("version") != found.version:
            raise ValueError("The calibration's version does not match its coefficients.")
        return found

    def _canonical(self) -> str:
        return json.dumps(
            {
                "features": FEATURES,
                "fitted_on": self.fitted_on,
                "intercept": self.intercept,
                "weights": self.weights,
            },
            sort_keys=True,
        )


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
    return Calibration(
        intercept=round(float(solution[0] - weights @ centre), 6),
        weights=tuple(round(float(weight), 6) for weight in weights),
        fitted_on=len(y),
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


def _logistic(value: float) -> float:
    if value >= 0:
        return 1 / (1 + math.exp(-value))
    return math.exp(value) / (1 + math.exp(value))


# Fitted on rendered lines in 16 fonts at all degrees of wear, half of them read exactly right, then
# lowered by one unit of logit: on real scans the plain fit promised more than was kept (of lines
# said to be right with 0.80 to 0.95, two thirds were), and too low costs a reviewer's look where
# too high costs an error. Corrections of a site's own lines give a better one.
SHIPPED = Calibration(
    intercept=-2.19485,
    weights=(-0.733921, 0.0, -0.475847, -1.957698, -0.335218),
    fitted_on=1436,
)
"""The calibration of the shipped base, until a site's own labels give one."""
