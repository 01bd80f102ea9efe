"""From the recogniser's confidences to the probability that a whole line is exactly right.

The recogniser's own score is no probability: it stays above 0.9 on lines full of errors. A
logistic regression on five features of a line's character confidences, bent by a monotone map to
what was really right, makes one. It is fitted on lines whose truth is known, is part of a model
version, and needs nothing but arithmetic to apply.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

FEATURES = ("surprise", "worst", "mean", "weak_share", "length")
DOUBTS = FEATURES[:4]
"""Features that grow with the doubt in any character: their weights are never positive."""

_SMALLEST = 1e-4  # doubt below this is not told apart
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
    """A fitted logistic regression; `weights` in the order of FEATURES.

    `knots` are (what the regression says, what was right) pairs, both rising: its answer is bent
    along them. Without knots it stands.
    """

    intercept: float
    weights: tuple[float, ...]
    fitted_on: int
    """How many lines it was fitted on."""
    knots: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        if len(self.weights) != len(FEATURES):
            raise ValueError(f"A calibration needs {len(FEATURES)} weights.")
        if not all(map(math.isfinite, (self.intercept, *self.weights))):
            raise ValueError("A calibration's coefficients must be finite.")
        for axis in zip(*self.knots, strict=True):
            if not all(0 <= value <= 1 for value in axis) or list(axis) != sorted(set(axis)):
                raise ValueError("A calibration's knots must be shares that rise.")

    @property
    def version(self) -> str:
        """Names these very coefficients: equal version, equal confidence."""
        return "logistic-" + hashlib.sha256(self._canonical().encode()).hexdigest()[:12]

    def probability(self, features: Sequence[float]) -> float:
        """Probability that a line with these features is exactly right."""
        logit = self.intercept + sum(
            weight * value for weight, value in zip(self.weights, features, strict=True)
        )
        return min(max(_bent(_logistic(logit), self.knots), _LOWEST), _HIGHEST)

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
                knots=tuple((float(said), float(seen)) for said, seen in data["knots"]),
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
                "knots": self.knots,
                "weights": self.weights,
            },
            sort_keys=True,
        )


def _bent(said: float, knots: Sequence[tuple[float, float]]) -> float:
    """Along straight lines between the knots, from (0, 0), and on to half of what is left to 1."""
    if not knots:
        return said
    top = (1.0, (1 + knots[-1][1]) / 2)
    for (left, low), (right, high) in pairwise([(0.0, 0.0), *knots, top]):
        if said <= right:
            return low + (high - low) * (said - left) / max(right - left, 1e-9)
    return top[1]


def _logistic(value: float) -> float:
    if value >= 0:
        return 1 / (1 + math.exp(-value))
    return math.exp(value) / (1 + math.exp(value))


# Fitted on rendered lines in 16 fonts at all degrees of wear, half of them read exactly right, and
# bent to what was right on 5,400 lines of nine kinds of real documents: rendered ones promise more
# than real ones keep. docs/measurements/calibration.md has how well it holds on kinds not seen.
SHIPPED = Calibration(
    intercept=-2.19485,
    weights=(-0.733921, 0.0, -0.475847, -1.957698, -0.335218),
    fitted_on=1436,
    knots=(
        (0.02, 0.02),
        (0.08, 0.07),
        (0.16, 0.20),
        (0.32, 0.36),
        (0.50, 0.52),
        (0.73, 0.65),
        (0.88, 0.77),
        (0.95, 0.86),
        (0.98, 0.89),
        (0.997, 0.94),
    ),
)
"""The calibration of the shipped base, until a site's own labels give one."""
