"""Reading with fewer classes than the head has: what a page cannot contain is never read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recognition.ctc import BLANK, Array


@dataclass(frozen=True, slots=True)
class Restriction:
    """The classes that are left, in their order: blank first, space last, as decoding wants."""

    columns: npt.NDArray[np.intp]
    names: tuple[str, ...]

    def apply(self, lattice: Array) -> Array:
        """The lattice [steps, classes] of the classes that are left, each step a distribution.

        A step that holds nothing but forbidden classes becomes a blank.
        """
        left = lattice[:, self.columns]
        whole = left.sum(axis=1, keepdims=True)
        np.divide(left, whole, out=left, where=whole > 0)
        left[whole[:, 0] <= 0, BLANK] = 1.0
        return left


def restriction(names: Sequence[str], allows: Callable[[str], bool]) -> Restriction | None:
    """What is left of `names` (as from `ctc.class_names`); None where all of it is allowed."""
    columns = [
        index
        for index, name in enumerate(names)
        if index in (BLANK, len(names) - 1) or allows(name)
    ]
    if len(columns) == len(names):
        return None
    return Restriction(np.array(columns, dtype=np.intp), tuple(names[index] for index in columns))
