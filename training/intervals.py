"""Intervals of shares, without a statistics library: the web process draws them too."""

from math import sqrt

_Z = 1.96  # of a two-sided 95 % interval


def wilson(hits: float, number: float) -> tuple[float, float]:
    """Wilson's 95 % interval (1927) of a share of which `hits` of `number` were seen.

    Neither need be whole: what errs together counts for fewer.
    """
    seen = hits / number
    middle = (seen + _Z**2 / (2 * number)) / (1 + _Z**2 / number)
    half = _Z * sqrt(seen * (1 - seen) / number + (_Z / (2 * number)) ** 2) / (1 + _Z**2 / number)
    return max(0.0, middle - half), min(1.0, middle + half)
