"""The whole recogniser for training: a part that stays, and backbone and head that learn.

What stays of the backbone is run by the library that serves, in a fraction of Paddle's time; what
learns is a Paddle network. A line is given to either exactly as it is served, widened with the
same padding where it stands beside wider ones in a step.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import onnx
import paddle
from paddle import nn
from paddle.nn import functional

from recognition.crops import Image
from recognition.engines import graphs
from recognition.engines.network import Network
from recognition.engines.store import ModelFiles
from recognition.preprocess import HEIGHT, STRIDE, line_tensor
from training.backbone import Backbone
from training.network import Head, build_head, read_weights, weight_places

Array = npt.NDArray[np.float32]


class Learning(nn.Layer):
    """The layers that learn: a map of channels [N, C, H, W] and lengths [N] -> logits."""

    def __init__(self, backbone: Backbone, head: Head) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = head

    def forward(self, values: paddle.Tensor, lengths: paddle.Tensor) -> paddle.Tensor:
        return self.head(self.backbone(values), lengths)


class Recogniser:
    """A model version's network, of which all after `frozen_blocks` can learn.

    `head` are the weights to begin with, in the order of `graphs.head_weights`; their last ones
    may have other classes than the version's. Raises graphs.GraphError or ValueError for a network
    of another build.
    """

    def __init__(
        self,
        files: ModelFiles,
        head: Sequence[Array],
        *,
        frozen_blocks: int,
        dropout: float = 0.0,
        threads: int = 2,
    ) -> None:
        self._backbone = onnx.load(str(files.backbone))
        self._head = onnx.load(str(files.head))
        self._lower: Network | None = None
        upper = self._backbone
        if frozen_blocks:
            lower, upper = graphs.split_backbone(self._backbone, frozen_blocks)
            self._lower = Network(graphs.serialise(lower), threads=threads, streams=threads)
        self.learning = Learning(Backbone(upper), build_head(head, dropout))

    @property
    def backbone_places(self) -> list[paddle.Tensor]:
        return list(self.learning.backbone.weights.values())

    @property
    def head_places(self) -> list[paddle.Tensor]:
        return weight_places(self.learning.head)

    @property
    def places(self) -> list[paddle.Tensor]:
        """Every weight that learns, the backbone's first, always in the same order."""
        return [*self.backbone_places, *self.head_places]

    def prepare(self, crops: Sequence[Image]) -> tuple[paddle.Tensor, paddle.Tensor]:
        """What the learning layers take for some crops, and each one's number of steps."""
        tensors = [line_tensor(crop) for crop in crops]
        widest = max(tensor.shape[2] for tensor in tensors)
        lines = np.zeros((len(tensors), 3, HEIGHT, widest), dtype=np.float32)
        for row, tensor in zip(lines, tensors, strict=True):
            row[:, :, : tensor.shape[2]] = tensor
        values = lines
        if self._lower is not None:
            found = [np.array(value[0]) for value in self._lower.stream(row[None] for row in lines)]
            values = np.stack(found)
        steps = [tensor.shape[2] // STRIDE for tensor in tensors]
        return paddle.to_tensor(values), paddle.to_tensor(steps)

    def probabilities(self, crop: Image) -> Array:
        """The network's output for one line, float32 [steps, classes]; it must be in eval mode."""
        with paddle.no_grad():
            logits = self.learning(*self.prepare([crop]))
            return np.asarray(functional.softmax(logits, axis=-1).numpy()[0], dtype=np.float32)

    def export(self, head: Sequence[Array] | None = None) -> tuple[bytes, bytes]:
        """(backbone.onnx, head.onnx): the version's graphs with the numbers learnt since.

        `head` gives the head other weights than those learnt, where classes are to be put back.
        """
        backbone = graphs.replace_weights(self._backbone, self.learning.backbone.arrays())
        weights = read_weights(self.learning.head) if head is None else head
        return (
            graphs.serialise(backbone),
            graphs.serialise(graphs.replace_head_weights(self._head, weights)),
        )
