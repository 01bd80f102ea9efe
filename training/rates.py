"""An error rate from documents of lines, with an interval that knows that they err together.

The ratio estimator of cluster sampling with its linearised variance (Cochran, "Sampling
Techniques", 3rd ed. 1977, section 6.3), at least that of as many independent characters, for a few
documents may be alike by chance; and Student's t for the documents there are. Without any error the
variance says nothing; then the upper limit is that of Clopper and Pearson (1934).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

SURENESS = 0.95


@dataclass(frozen=True, slots=True)
class Rate:
    """Wrong characters per character of truth; `low` and `high` hold it with 95 %."""

    value: float
    low: float
    high: float


def error_rate(errors: Sequence[int], characters: Sequence[int]) -> Rate | None:
    """The rate over documents, one number of errors and of characters each; None without any.

    Of a single document nothing is known of how they differ: its interval is all there is.
    """
    from scipy.special import stdtrit  # here: every process would pay for it at its start

    documents, whole = len(errors), sum(characters)
    if not whole:
        return None
    value = sum(errors) / whole
    if not sum(errors):
        return Rate(0.0, 0.0, 1 - ((1 - SURENESS) / 2) ** (1 / whole))
    if documents < 2:
        return Rate(value, 0.0, max(1.0, value))
    squares = sum(
        (wrong - value * size) ** 2 for wrong, size in zip(errors, characters, strict=True)
    )
    between = documents / (documents - 1) * squares / whole**2
    within = value * max(0.0, 1 - value) / whole
    deviation = float(max(between, within)) ** 0.5
    reach = float(stdtrit(documents - 1, (1 + SURENESS) / 2)) * deviation
    return Rate(value, max(0.0, value - reach), value + reach)
