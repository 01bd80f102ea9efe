"""A recogniser's two halves on their own, as training needs them: features, then probabilities.

A line's features depend on its crop alone: it is preprocessed by `line_tensor` and batched only
with lines of the same width, so what a head is trained on is what it will be given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime

from recognition.preprocess import Image, batches, line_tensor, tensor_width

Features = npt.NDArray[np.float32]


class Backbone:
    """A version's backbone.onnx in onnxruntime, on `threads` processor threads."""

    def __init__(self, path: Path, threads: int = 2) -> None:
        self._session = _session(path, threads)

    def features(
        self, crops: Sequence[Image], on_progress: Callable[[int], None] | None = None
    ) -> list[Features]:
        """Features of each crop, float32 [steps, 384] with steps = input width / 8.

        `on_progress` is called with the number of crops done after each batch.
        """
        found: list[Features | None] = [None] * len(crops)
        done = 0
        for group in batches([tensor_width(crop) for crop in crops]):
            x = np.stack([line_tensor(crops[position]) for position in group])
            (values,) = self._session.run(None, {"x": x})
            for position, value in zip(group, values, strict=True):
                found[position] = np.array(value, dtype=np.float32)
            done += len(group)
            if on_progress is not None:
                on_progress(done)
        return [value for value in found if value is not None]


class ExportedHead:
    """A version's head.onnx in onnxruntime, on `threads` processor threads."""

    def __init__(self, path: Path, threads: int = 2) -> None:
        self._session = _session(path, threads)

    def probabilities(self, features: Features) -> npt.NDArray[np.float32]:
        """Output for one line's features: float32 [steps, classes], each row a distribution."""
        (values,) = self._session.run(None, {"features": features[None]})
        return np.asarray(values[0], dtype=np.float32)


def _session(path: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Lines differ in width: the arena would keep the largest buffers of every width.
    options.enable_cpu_mem_arena = False
    # Idle threads must not spin: the training beside it, and other workers, need the cores.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
