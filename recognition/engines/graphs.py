"""ONNX graph surgery on a PP-OCRv6 recogniser: split, join, read and replace head weights.

A recogniser is a convolutional backbone and a small head. The seam is the backbone's last average
pool; both halves are ordinary ONNX files and together give the outputs of the whole. Imports only
`onnx` and numpy; nothing here runs a network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import onnx
from google.protobuf.message import DecodeError
from onnx import ModelProto, NodeProto, TensorProto, compose, helper, numpy_helper, utils

Array = npt.NDArray[np.float32]

INPUT = "x"
FEATURES = "features"
PROBABILITIES = "probabilities"

_AXES_ARE_INPUT = 13  # version of ONNX's operators
_WEIGHTED = frozenset({"Conv", "BatchNormalization", "MatMul", "Mul", "Add"})


class GraphError(ValueError):
    """A graph is not shaped like a PP-OCRv6 recogniser, or weights do not fit it."""


def split_recogniser(recogniser: ModelProto) -> tuple[ModelProto, ModelProto]:
    """Cut a whole recogniser at its average pool into (backbone, head).

    Backbone: "x" float32 [N, 3, 48, W] -> "features" float32 [N, W/8, 384]. Head: "features" ->
    "probabilities" float32 [N, W/8, classes]; class 0 is the CTC blank, the last one the space.
    Raises GraphError where there is no pool to cut at.
    """
    if any("seam.flat" in node.output for node in recogniser.graph.node):
        # Joined from halves once: what that called its nodes must not meet what this does.
        recogniser = compose.add_prefix(recogniser, "joined/")
    seam = next(
        (
            node.output[0]
            for node in reversed(recogniser.graph.node)
            if node.op_type == "AveragePool"
        ),
        None,
    )
    if seam is None:
        raise GraphError("The recogniser has no average pool to split at; is it a PP-OCRv6 model?")
    source, result = recogniser.graph.input[0].name, recogniser.graph.output[0].name
    # Paddle's exporter leaves no shape at the seam, and the extractor needs one.
    described = onnx.shape_inference.infer_shapes(recogniser)
    if all(info.name != seam for info in described.graph.value_info):
        described.graph.value_info.append(
            helper.make_tensor_value_info(seam, TensorProto.FLOAT, [None, None, 1, None])
        )
    extractor = utils.Extractor(described)
    backbone = extractor.extract_model([source], [seam])
    head = extractor.extract_model([seam], [result])
    opening_layer = next(node for node in head.graph.node if node.op_type == "Conv")
    depth = _initializers(head)[opening_layer.input[1]].dims[1] * _group(opening_layer)

    backbone.graph.node.extend(
        [
            _flattening(backbone, "Squeeze", seam, "seam.flat"),
            helper.make_node(
                "Transpose", ["seam.flat"], [FEATURES], perm=[0, 2, 1], name="seam.transpose"
            ),
        ]
    )
    _rename(backbone, source, INPUT)
    _set_io(backbone, (INPUT, ["N", 3, 48, "W"]), (FEATURES, ["N", "T", depth]))

    opening = [
        helper.make_node(
            "Transpose", [FEATURES], ["seam.flat"], perm=[0, 2, 1], name="seam.transpose"
        ),
        _flattening(head, "Unsqueeze", "seam.flat", seam),
    ]
    nodes = [*opening, *head.graph.node]
    del head.graph.node[:]
    head.graph.node.extend(nodes)
    _rename(head, result, PROBABILITIES)
    _set_io(head, (FEATURES, ["N", "T", depth]), (PROBABILITIES, ["N", "T", _classes(head)]))
    for model in (backbone, head):
        del model.graph.value_info[:]
        onnx.checker.check_model(model)
    return backbone, head


def join_recogniser(backbone: ModelProto, head: ModelProto) -> ModelProto:
    """Put a backbone and a head back into one recogniser, "x" -> "probabilities"."""
    prefix = "head/"
    whole = compose.merge_models(
        backbone, compose.add_prefix(head, prefix), io_map=[(FEATURES, prefix + FEATURES)]
    )
    _rename(whole, prefix + PROBABILITIES, PROBABILITIES)
    _set_io(whole, (INPUT, ["N", 3, 48, "W"]), (PROBABILITIES, ["N", "T", _classes(head)]))
    onnx.checker.check_model(whole)
    return whole


def head_weights(head: ModelProto) -> list[Array]:
    """Every learnt array of a head in graph order, batch-norm statistics included.

    The order is the order of the layers: three convolutions each with scale, bias, mean and
    variance of their norm; per block norm, attention, norm, MLP; the last norm; the output layer.
    """
    held = _initializers(head)
    return [
        np.asarray(numpy_helper.to_array(held[name]), dtype=np.float32)
        for name in _weight_names(head)
    ]


def replace_head_weights(head: ModelProto, weights: Sequence[Array]) -> ModelProto:
    """Return a copy of the head with other weights, in the order of `head_weights`.

    Only the output layer may change its width. Raises GraphError where count or shape is wrong.
    """
    names = _weight_names(head)
    if len(names) != len(weights):
        raise GraphError(f"The head has {len(names)} weights, {len(weights)} were given.")
    copy = ModelProto()
    copy.CopyFrom(head)
    held = _initializers(copy)
    for position, (name, array) in enumerate(zip(names, weights, strict=True)):
        output_layer = position >= len(names) - 2
        wanted, given = tuple(held[name].dims), array.shape
        if (wanted[:-1] != given[:-1]) if output_layer else (wanted != given):
            raise GraphError(f"Weight {name} has shape {wanted}, {given} was given.")
        held[name].CopyFrom(
            numpy_helper.from_array(np.ascontiguousarray(array, dtype=np.float32), name)
        )
    depth = copy.graph.input[0].type.tensor_type.shape.dim[2].dim_value
    _set_io(copy, (FEATURES, ["N", "T", depth]), (PROBABILITIES, ["N", "T", _classes(copy)]))
    onnx.checker.check_model(copy)
    return copy


def split_backbone(backbone: ModelProto, block: int) -> tuple[ModelProto, ModelProto]:
    """Cut a backbone before its `block`-th depthwise convolution, 1 being the first.

    (lower, upper): the upper part takes what the lower one gives, "x" -> a map of channels ->
    "features". Every path leads through such a convolution's input. Raises GraphError where there
    are fewer.
    """
    held = _initializers(backbone)
    depthwise = [
        node
        for node in backbone.graph.node
        if node.op_type == "Conv"
        and _group(node) == held[node.input[1]].dims[0] > 1
        and held[node.input[1]].dims[2] > 1
    ]
    if not 1 <= block <= len(depthwise):
        raise GraphError(
            f"The backbone has {len(depthwise)} depthwise convolutions; it cannot be cut before "
            f"number {block}."
        )
    cut = depthwise[block - 1].input[0]
    depth = held[depthwise[block - 1].input[1]].dims[0]
    described = onnx.shape_inference.infer_shapes(backbone)
    if all(info.name != cut for info in described.graph.value_info):
        described.graph.value_info.append(
            helper.make_tensor_value_info(cut, TensorProto.FLOAT, ["N", depth, None, None])
        )
    extractor = utils.Extractor(described)
    lower = extractor.extract_model([backbone.graph.input[0].name], [cut])
    upper = extractor.extract_model([cut], [backbone.graph.output[0].name])
    for part in (lower, upper):
        del part.graph.value_info[:]
        onnx.checker.check_model(part)
    return lower, upper


def replace_weights(model: ModelProto, weights: Mapping[str, Array]) -> ModelProto:
    """Return a copy of a model with other numbers in some of its arrays, by name.

    Raises GraphError where a name is unknown or a shape is wrong.
    """
    copy = ModelProto()
    copy.CopyFrom(model)
    held = _initializers(copy)
    for name, array in weights.items():
        if name not in held:
            raise GraphError(f"The model has no array {name}.")
        wanted = tuple(held[name].dims)
        if wanted != array.shape:
            raise GraphError(f"Weight {name} has shape {wanted}, {array.shape} was given.")
        held[name].CopyFrom(
            numpy_helper.from_array(np.ascontiguousarray(array, dtype=np.float32), name)
        )
    onnx.checker.check_model(copy)
    return copy


def cut_classes(head: ModelProto, classes: Sequence[int]) -> ModelProto:
    """Return a copy of the head whose output layer has only these classes, in this order.

    Its probabilities are what the whole head's are once the others are struck out and each step's
    rest is scaled to a distribution again; it computes only what is left. Raises GraphError unless
    the last class, the space, is the head's last: else they are another dictionary's.
    """
    if not classes or classes[-1] != head_classes(head) - 1:
        raise GraphError(f"The head has {head_classes(head)} classes, its dictionary has others.")
    *inner, weight, bias = head_weights(head)
    kept = list(classes)
    return replace_head_weights(head, [*inner, weight[:, kept], bias[kept]])


def head_classes(head: ModelProto) -> int:
    """Width of the output layer: blank + dictionary + space."""
    return _classes(head)


def parse(content: bytes) -> ModelProto:
    """The model in an ONNX file's bytes. Raises GraphError where there is none."""
    try:
        return onnx.load_from_string(content)
    except DecodeError as error:
        raise GraphError(f"This is no ONNX model ({error}).") from error


def serialise(model: ModelProto) -> bytes:
    """Bytes of a model, the same for the same model on every machine."""
    return bytes(model.SerializeToString(deterministic=True))


def _flattening(model: ModelProto, operator: str, source: str, result: str) -> NodeProto:
    """A node that takes the third axis away, or puts it back; its axes are an input since 13."""
    name = f"seam.{operator.lower()}"
    version = next(each.version for each in model.opset_import if each.domain in ("", "ai.onnx"))
    if version < _AXES_ARE_INPUT:
        return helper.make_node(operator, [source], [result], axes=[2], name=name)
    model.graph.initializer.append(numpy_helper.from_array(np.array([2]), "seam.axes"))
    return helper.make_node(operator, [source, "seam.axes"], [result], name=name)


def _group(node: NodeProto) -> int:
    """Groups of a convolution's channels; as many as channels make it depthwise."""
    return next((int(item.i) for item in node.attribute if item.name == "group"), 1)


def _initializers(model: ModelProto) -> dict[str, TensorProto]:
    return {tensor.name: tensor for tensor in model.graph.initializer}


def _weight_names(head: ModelProto) -> list[str]:
    """Initializers that carry learnt values: not the scalar constants between them."""
    held = _initializers(head)
    return [
        name
        for node in head.graph.node
        if node.op_type in _WEIGHTED
        for name in node.input
        if name in held and len(held[name].dims) > 0 and int(np.prod(held[name].dims)) > 1
    ]


def _classes(head: ModelProto) -> int:
    return int(_initializers(head)[_weight_names(head)[-1]].dims[0])


def _rename(model: ModelProto, old: str, new: str) -> None:
    for node in model.graph.node:
        for names in (node.input, node.output):
            for position, name in enumerate(names):
                if name == old:
                    names[position] = new


def _set_io(
    model: ModelProto,
    source: tuple[str, list[str | int]],
    result: tuple[str, list[str | int]],
) -> None:
    for values, (name, shape) in ((model.graph.input, source), (model.graph.output, result)):
        del values[:]
        values.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
