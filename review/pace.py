"""How fast a type is worked on, fitted to pages that are done. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from review.value import Pace

USUAL = Pace()
PRIOR_PAGES = 4.0
"""What is usual speaks as loudly as so many pages."""
PRIOR_ERRORS = 20.0
"""Likewise, in wrong characters."""
ODD = 5.0
"""A page that took so many times as long as usual, or as short, counts as that: its reviewer was
called away, or somebody else had typed it."""
SECONDS = (0.05, 120.0)
"""Between these lie the seconds of a line and of a character, whatever a few odd pages say."""
WRONG = (0.1, 10.0)


@dataclass(frozen=True, slots=True)
class DonePage:
    """A reviewed page: its lines, the characters corrected on it, and the reviewer's seconds."""

    lines: int
    corrected: int
    seconds: float


def fit_pace(pages: Sequence[DonePage], *, expected: float, corrected: float) -> Pace:
    """Seconds a line and a wrong character by least squares, drawn towards what is usual.

    Errors are relative, so that a long page speaks no louder than a short one: ridge regression
    (Hoerl and Kennard 1970) on seconds = line x lines + error x corrected. `expected` and
    `corrected` are summed over labelled lines: what the confidences said, and what proved wrong.
    """
    aa = bb = ay = by = PRIOR_PAGES
    ab = 0.0
    for page in pages:
        usual = USUAL.line * page.lines + USUAL.error * page.corrected
        if usual <= 0:
            continue
        # In units of what is usual, so that the prior is (1, 1) whatever the two numbers are.
        a = USUAL.line * page.lines / usual
        b = USUAL.error * page.corrected / usual
        y = min(max(page.seconds / usual, 1 / ODD), ODD)
        aa, bb, ab = aa + a * a, bb + b * b, ab + a * b
        ay, by = ay + a * y, by + b * y
    over = aa * bb - ab * ab  # positive: the prior alone makes it so
    line = USUAL.line * (ay * bb - by * ab) / over
    error = USUAL.error * (by * aa - ay * ab) / over
    wrong = (corrected + PRIOR_ERRORS) / (expected + PRIOR_ERRORS)
    return Pace(
        line=min(max(line, SECONDS[0]), SECONDS[1]),
        error=min(max(error, SECONDS[0]), SECONDS[1]),
        wrong=min(max(wrong, WRONG[0]), WRONG[1]),
    )
