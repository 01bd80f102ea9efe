"""The running average of a network's weights: it generalises better than the last step's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import paddle

Array = npt.NDArray[np.float32]


class Average:
    """Running average of every weight; with a share of 0 it is the weights themselves."""

    def __init__(self, places: Sequence[paddle.Tensor], share: float) -> None:
        self._places = list(places)
        self._share = share
        self._updates = 0
        self._held = self._read()

    def update(self) -> None:
        self._updates += 1
        # Early on the average would hang on the start: its memory grows with the steps taken.
        share = min(self._share, self._updates / (self._updates + 10)) if self._share else 0.0
        for held, now in zip(self._held, self._read(), strict=True):
            held *= share
            held += (1 - share) * now

    @property
    def updates(self) -> int:
        """How many steps it has followed."""
        return self._updates

    def restore(self, held: Sequence[Array], updates: int) -> None:
        """Go on from an average that was kept."""
        self._held, self._updates = [array.copy() for array in held], updates

    def copy(self) -> list[Array]:
        return [held.copy() for held in self._held]

    def set(self, weights: Sequence[Array]) -> list[Array]:
        """Put weights into the network; returns those that were there."""
        before = self._read()
        for place, array in zip(self._places, weights, strict=True):
            place.set_value(array)
        return before

    def _read(self) -> list[Array]:
        return [np.array(place.numpy(), dtype=np.float32) for place in self._places]
