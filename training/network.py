"""The recogniser's head as a Paddle network: PP-OCRv6 small's SVTR encoder and CTC output layer.

Built so that each line of a step is treated exactly as when it is served alone: steps beyond a
line's end are zero for the convolution and invisible to the attention. The norms after the
convolutions keep their statistics, so they are folded into the convolutions, and those of width
one are matrix products: half the time of the layers they stand for. Weights come and go in the
order and shapes of the ONNX head (`recognition.engines.graphs.head_weights`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import paddle
from paddle import nn
from paddle.nn import functional

Array = npt.NDArray[np.float32]

# Paddle's views of turned arrays are slow to read on a processor, and attention turns its arrays a
# dozen times a step: with copies in their place a step takes half the time.
paddle.set_flags({"FLAGS_use_stride_kernel": False})

CHANNELS = 384
"""Width of the backbone's features."""
HIDDEN = 120
HEADS = 8
BLOCKS = 2
KERNEL = 7
# As in the shipped weights; the blocks' norms and the last one differ.
BLOCK_EPSILON = 1e-5
LAST_EPSILON = 1e-6
CONVOLUTION_EPSILON = 1e-5

_PER_CONVOLUTION = 5  # weight, and scale, bias, mean and variance of its norm
_CONVOLUTIONS = 3
_HIDDEN_KEY = -1e4  # added to the score of a step beyond the end; its share is exactly 0


class Attention(nn.Layer):
    """Multi-head self-attention over a line.

    `marks` is (ones, penalties), each [N, heads, T, 1]: appended to queries and keys they add a
    key's penalty to its scores within the matrix product, which hides the padding at no cost.
    """

    def __init__(self) -> None:
        super().__init__()
        self.qkv = nn.Linear(HIDDEN, 3 * HIDDEN)
        self.projection = nn.Linear(HIDDEN, HIDDEN)

    def forward(
        self, value: paddle.Tensor, marks: tuple[paddle.Tensor, paddle.Tensor]
    ) -> paddle.Tensor:
        lines, steps = value.shape[0], value.shape[1]
        width = HIDDEN // HEADS
        query, key, content = (
            part.reshape([lines, steps, HEADS, width]).transpose([0, 2, 1, 3])
            for part in self.qkv(value).split(3, axis=-1)
        )
        ones, penalties = marks
        query = paddle.concat([query * width**-0.5, ones], axis=-1)
        key = paddle.concat([key, penalties], axis=-1)
        shares = functional.softmax(paddle.matmul(query, key, transpose_y=True), axis=-1)
        seen = paddle.matmul(shares, content).transpose([0, 2, 1, 3])
        return self.projection(seen.reshape([lines, steps, HIDDEN]))


class Block(nn.Layer):
    """A transformer block with the norms before attention and MLP."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(HIDDEN, epsilon=BLOCK_EPSILON)
        self.attention = Attention()
        self.norm2 = nn.LayerNorm(HIDDEN, epsilon=BLOCK_EPSILON)
        self.inner = nn.Linear(HIDDEN, 2 * HIDDEN)
        self.outer = nn.Linear(2 * HIDDEN, HIDDEN)

    def forward(
        self, value: paddle.Tensor, marks: tuple[paddle.Tensor, paddle.Tensor]
    ) -> paddle.Tensor:
        value = value + self.attention(self.norm1(value), marks)
        return value + self.outer(functional.silu(self.inner(self.norm2(value))))


class Head(nn.Layer):
    """Features [N, T, 384] and lengths [N] -> logits [N, T, classes], before the softmax."""

    def __init__(self, classes: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.shortcut = nn.Linear(CHANNELS, HIDDEN)
        self.reduce = nn.Linear(CHANNELS, HIDDEN)
        self.mix = nn.Conv1D(
            HIDDEN, HIDDEN, KERNEL, padding=KERNEL // 2, groups=HIDDEN, data_format="NLC"
        )
        self.blocks = nn.LayerList([Block() for _ in range(BLOCKS)])
        self.norm = nn.LayerNorm(HIDDEN, epsilon=LAST_EPSILON)
        self.output = nn.Linear(HIDDEN, classes)

    def forward(self, features: paddle.Tensor, lengths: paddle.Tensor) -> paddle.Tensor:
        lines, steps = features.shape[0], features.shape[1]
        inside = (paddle.arange(steps).unsqueeze(0) < lengths.unsqueeze(1)).astype("float32")
        ones = paddle.ones([lines, HEADS, steps, 1])
        penalties = ((1 - inside) * _HIDDEN_KEY).unsqueeze([1, 3]) * ones
        features = self.dropout(features)
        shortcut = functional.silu(self.shortcut(features))
        value = functional.silu(self.reduce(features)) * inside.unsqueeze(2)
        value = value + functional.silu(self.mix(value))
        for block in self.blocks:
            value = block(value, (ones, penalties))
        return self.output(self.norm(value) + shortcut)


def build_head(weights: Sequence[Array], dropout: float = 0.0) -> Head:
    """A head with these weights of an ONNX head; the last one gives its number of classes.

    Raises ValueError where count or shapes are not those of a PP-OCRv6 small head.
    """
    head = Head(classes=int(weights[-1].shape[0]), dropout=dropout)
    convolutions = _CONVOLUTIONS * _PER_CONVOLUTION
    folded: list[Array] = []
    for start in range(0, convolutions, _PER_CONVOLUTION):
        folded += _fold(*weights[start : start + _PER_CONVOLUTION])
    arrays = [*folded, *weights[convolutions:]]
    places = weight_places(head)
    if len(places) != len(arrays):
        raise ValueError(f"A head has {len(places)} weights, {len(arrays)} were given.")
    for place, array in zip(places, arrays, strict=True):
        if list(place.shape) != list(array.shape):
            raise ValueError(f"Expected a weight of shape {place.shape}, got {array.shape}.")
        place.set_value(np.ascontiguousarray(array, dtype=np.float32))
    return head


def read_weights(head: Head) -> list[Array]:
    """The head's weights as arrays, in the order and shapes of the ONNX head."""
    arrays = [np.asarray(place.numpy(), dtype=np.float32) for place in weight_places(head)]
    found: list[Array] = []
    for weight, bias in zip(arrays[0:6:2], arrays[1:6:2], strict=True):
        kernel = weight.T[:, :, None, None] if weight.ndim == 2 else weight[:, :, None, :]
        variance = np.full_like(bias, 1 - CONVOLUTION_EPSILON)  # so that the norm divides by 1
        found += [kernel, np.ones_like(bias), bias, np.zeros_like(bias), variance]
    return [*found, *arrays[6:]]


def weight_places(head: Head) -> list[paddle.Tensor]:
    """Every weight tensor, in graph order: always weight and bias of one layer after another."""
    layers: list[nn.Layer] = [head.shortcut, head.reduce, head.mix]
    for block in head.blocks:
        attention = block.attention
        layers += [block.norm1, attention.qkv, attention.projection]
        layers += [block.norm2, block.inner, block.outer]
    layers += [head.norm, head.output]
    return [tensor for layer in layers for tensor in (layer.weight, layer.bias)]


def _fold(
    kernel: Array, scale: Array, shift: Array, mean: Array, variance: Array
) -> tuple[Array, Array]:
    """One weight and bias for a convolution [out, in, 1, K] and the norm after it."""
    factor = scale / np.sqrt(variance + CONVOLUTION_EPSILON)
    weight = kernel[:, :, 0, :] * factor[:, None, None]
    pointwise = weight.shape[2] == 1
    return (weight[:, :, 0].T if pointwise else weight), shift - mean * factor
