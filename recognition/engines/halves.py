"""A recogniser's two halves, for reading and for learning: features, then probabilities.

A line's features depend on its crop alone, which is preprocessed by `line_tensor` and never
batched with others, so what a head is trained on is what it will be given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from recognition.engines.network import Network, NetworkInvalid, Precision
from recognition.preprocess import Image, line_tensor

Features = npt.NDArray[np.float32]
Probabilities = npt.NDArray[np.float32]


class Backbone:
    """A version's backbone.onnx, on `threads` processor threads. Raises NetworkInvalid."""

    def __init__(self, path: Path, threads: int = 2, precision: Precision = "native") -> None:
        self._network = Network(path, threads=threads, streams=threads, precision=precision)

    def stream(self, crops: Iterable[Image]) -> Iterator[Features]:
        """Features of each crop in order, float32 [steps, 384] with steps = input width / 8."""
        for found in self._network.stream(line_tensor(crop)[None] for crop in crops):
            yield np.array(found[0])

    def features(
        self, crops: Sequence[Image], on_progress: Callable[[int], None] | None = None
    ) -> list[Features]:
        """Features of all crops; `on_progress` is called with the number of crops done."""
        found = []
        for done, features in enumerate(self.stream(crops), start=1):
            found.append(features)
            if on_progress is not None:
                on_progress(done)
        return found


class ExportedHead:
    """A version's head.onnx, on one processor thread. Raises NetworkInvalid.

    It takes a third of the backbone's time, so it keeps up with that on two or three. Always in
    float32: its probabilities are what calibration and the gate work with.
    """

    def __init__(self, path: Path, classes: Sequence[int] | None = None) -> None:
        """`classes`: those to compute, in this order; None for all."""
        self._network = Network(
            path if classes is None else _cut(path.read_bytes(), classes), threads=1
        )

    @property
    def classes(self) -> int | None:
        """Width of the output layer, None where the file does not say."""
        return self._network.classes

    def stream(self, features: Iterable[Features]) -> Iterator[Probabilities]:
        """For each line's features float32 [steps, classes], each row a distribution.

        The array is overwritten once the next is asked for.
        """
        for found in self._network.stream(value[None] for value in features):
            yield found[0]

    def probabilities(self, features: Features) -> Probabilities:
        """The output for one line's features, to keep."""
        found: Probabilities = self._network.run(features[None])[0]
        return found


def _cut(head: bytes, classes: Sequence[int]) -> bytes:
    # onnx is needed only for this, not wherever lines are read.
    from recognition.engines import graphs

    try:
        return graphs.serialise(graphs.cut_classes(graphs.parse(head), classes))
    except graphs.GraphError as error:
        raise NetworkInvalid(str(error)) from error
