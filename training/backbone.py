"""A recogniser's backbone as a Paddle network, built from the nodes of its ONNX graph.

Nothing is known here of any one architecture: the network is what the graph says, with its learnt
arrays as parameters of the same names and shapes, so export is the same graph with other numbers.
The norms are folded into the convolutions as they are in the shipped file, and stay so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import paddle
from onnx import ModelProto, NodeProto, helper, numpy_helper
from paddle import nn
from paddle.nn import functional

from recognition.engines.graphs import GraphError

Array = npt.NDArray[np.float32]
Operation = Callable[..., paddle.Tensor]
Attributes = Mapping[str, Any]

_GELU = ("Erf", "Add", "Mul", "Mul")
"""What follows a division by the root of two, where a graph spells a Gaussian error linear unit."""


@dataclass(frozen=True, slots=True)
class _Step:
    """One operation; `spent` are the values that no later step asks for."""

    operation: Operation
    sources: tuple[str, ...]
    result: str
    spent: tuple[str, ...]


class Backbone(nn.Layer):
    """A graph with one input and one output, every learnt array of which can be trained.

    `weights` are the parameters by the names of the graph's arrays. Raises GraphError for a node
    that it cannot run.
    """

    def __init__(self, model: ModelProto) -> None:
        super().__init__()
        self._held = {
            tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer
        }
        self.weights: dict[str, paddle.Tensor] = {}
        self._input, self._output = model.graph.input[0].name, model.graph.output[0].name
        self._steps = _with_spent(self._compile(list(model.graph.node)), self._output)

    def forward(self, value: paddle.Tensor) -> paddle.Tensor:
        values = {self._input: value}
        for step in self._steps:
            values[step.result] = step.operation(*(values[name] for name in step.sources))
            for name in step.spent:
                del values[name]
        return values[self._output]

    def arrays(self) -> dict[str, Array]:
        """The parameters as they stand, by the names of the graph's arrays."""
        return {
            name: np.array(weight.numpy(), dtype=np.float32)
            for name, weight in self.weights.items()
        }

    def _compile(self, nodes: Sequence[NodeProto]) -> list[tuple[Operation, tuple[str, ...], str]]:
        consumers: dict[str, list[NodeProto]] = {}
        for node in nodes:
            for name in node.input:
                consumers.setdefault(name, []).append(node)
        same: dict[str, str] = {}  # what an Identity gives, by what it is given
        skipped: set[str] = set()
        found: list[tuple[Operation, tuple[str, ...], str]] = []
        for node in nodes:
            result = node.output[0]
            if result in skipped:
                continue
            source = same.get(node.input[0], node.input[0])
            if node.op_type == "Identity":
                same[result] = source
                continue
            if node.op_type == "Div" and (chain := _chain(node, consumers)):
                skipped |= {each.output[0] for each in chain}
                found.append((functional.gelu, (source,), chain[-1].output[0]))
                continue
            sources = tuple(
                same.get(name, name) for name in node.input if name and name not in self._held
            )
            found.append((self._operation(node), sources, result))
        return [(each, names, same.get(result, result)) for each, names, result in found]

    def _operation(self, node: NodeProto) -> Operation:
        attributes = {item.name: helper.get_attribute_value(item) for item in node.attribute}
        weights = [name for name in node.input if name in self._held]
        if node.op_type == "Conv" and len(weights) == 1:
            return _convolution(self._weight(weights[0]), attributes)
        if node.op_type == "Add" and len(weights) == 1:
            return _bias(self._weight(weights[0]))
        if node.op_type == "Squeeze":
            axes = list(attributes.get("axes") or self._held[weights[0]].tolist())
            return lambda value: value.squeeze(axes)
        if not weights and node.op_type in _PLAIN:
            return _PLAIN[node.op_type](attributes)
        raise GraphError(
            f"The backbone's node {node.op_type} ({node.output[0]}) cannot be trained."
        )

    def _weight(self, name: str) -> paddle.Tensor:
        """The parameter of an array; one that two nodes share is one parameter."""
        if name not in self.weights:
            array = np.ascontiguousarray(self._held[name], dtype=np.float32)
            parameter = self.create_parameter(
                list(array.shape), default_initializer=nn.initializer.Assign(array)
            )
            self.add_parameter(f"weight_{len(self.weights)}", parameter)
            self.weights[name] = parameter
        return self.weights[name]


def _chain(division: NodeProto, consumers: Mapping[str, list[NodeProto]]) -> list[NodeProto] | None:
    """The nodes after a division that together are a Gaussian error linear unit, or None."""
    found: list[NodeProto] = []
    last = division
    for wanted in _GELU:
        after = consumers.get(last.output[0], [])
        if len(after) != 1 or after[0].op_type != wanted:
            return None
        last = after[0]
        found.append(last)
    return found if division.input[0] in found[2].input else None


def _with_spent(
    steps: Sequence[tuple[Operation, tuple[str, ...], str]], output: str
) -> tuple[_Step, ...]:
    """The steps with what each lets go of: activations of many lines are large."""
    last = {name: at for at, (_, sources, _) in enumerate(steps) for name in sources}
    return tuple(
        _Step(
            operation,
            sources,
            result,
            tuple({name for name in sources if last[name] == at and name != output}),
        )
        for at, (operation, sources, result) in enumerate(steps)
    )


def _convolution(weight: paddle.Tensor, attributes: Attributes) -> Operation:
    stride, group = list(attributes["strides"]), int(attributes["group"])
    dilation = list(attributes.get("dilations", [1, 1]))
    padding = "SAME" if _is_same(attributes) else _symmetric(attributes)
    return lambda value: functional.conv2d(
        value, weight, stride=stride, padding=padding, dilation=dilation, groups=group
    )


def _bias(bias: paddle.Tensor) -> Operation:
    """One number a channel. Spread over the lines first: Paddle adds that many times faster."""
    return lambda value: value + bias.expand([value.shape[0], *bias.shape[1:]])


def _max_pool(attributes: Attributes) -> Operation:
    size, stride = list(attributes["kernel_shape"]), list(attributes["strides"])
    if not _is_same(attributes):
        padding = _symmetric(attributes)
        return lambda value: functional.max_pool2d(value, size, stride, padding)
    low, right = size[0] - 1, size[1] - 1
    return lambda value: functional.max_pool2d(
        functional.pad(value, [0, right, 0, low], value=-np.inf), size, stride
    )


def _average_pool(attributes: Attributes) -> Operation:
    size, stride = list(attributes["kernel_shape"]), list(attributes["strides"])
    padding = _symmetric(attributes)
    return lambda value: functional.avg_pool2d(value, size, stride, padding)


def _mean(attributes: Attributes) -> Operation:
    if list(attributes["axes"]) != [2, 3] or not attributes.get("keepdims", 1):
        raise GraphError("The backbone takes a mean over other axes than height and width.")
    # Not Tensor.mean, whose gradient takes fifty times as long.
    return lambda value: functional.adaptive_avg_pool2d(value, 1)


def _hard_sigmoid(attributes: Attributes) -> Operation:
    slope, offset = float(attributes.get("alpha", 0.2)), float(attributes.get("beta", 0.5))
    return lambda value: functional.hardsigmoid(value, slope, offset)


def _concat(attributes: Attributes) -> Operation:
    axis = int(attributes["axis"])
    return lambda *values: paddle.concat(list(values), axis=axis)


def _transpose(attributes: Attributes) -> Operation:
    order = list(attributes["perm"])
    return lambda value: value.transpose(order)


_PLAIN: dict[str, Callable[[Attributes], Operation]] = {
    "Add": lambda _: paddle.add,
    "Mul": lambda _: paddle.multiply,
    "Relu": lambda _: functional.relu,
    "HardSigmoid": _hard_sigmoid,
    "ReduceMean": _mean,
    "MaxPool": _max_pool,
    "AveragePool": _average_pool,
    "Concat": _concat,
    "Transpose": _transpose,
}


def _is_same(attributes: Attributes) -> bool:
    return bytes(attributes.get("auto_pad", b"NOTSET")) == b"SAME_UPPER"


def _symmetric(attributes: Attributes) -> list[int]:
    top, left, bottom, right = attributes.get("pads", [0, 0, 0, 0])
    if (top, left) != (bottom, right):
        raise GraphError("The backbone pads one side more than the other.")
    return [top, left]
