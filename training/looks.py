"""Looks at the validation lines during a training: which weights to keep, and when to stop. Pure.

On some forty lines one error more or less is chance. So the latest look counts as the best whose
errors are within one standard error of the fewest (Breiman et al. 1984, section 3.4.3, whose rule
prefers the simpler of trees alike; the standard error of a count is its root): later weights have
had more of the falling learning rate.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Look:
    """What one look found: wrong characters (edits), of how many."""

    wrong: int
    characters: int

    @property
    def cer(self) -> float:
        return self.wrong / self.characters


@dataclass(slots=True)
class Looks:
    """The looks so far: the fewest wrong characters, and how many in a row were clearly worse."""

    fewest: int | None = None
    waited: int = 0

    def keeps(self, look: Look) -> bool:
        """Note a look; whether its weights are the ones to keep so far."""
        self.fewest = look.wrong if self.fewest is None else min(self.fewest, look.wrong)
        good = look.wrong <= self.fewest + max(math.sqrt(self.fewest), 1)
        self.waited = 0 if good else self.waited + 1
        return good
