"""The whole network in Paddle is the network that serves."""

import random

import numpy as np
import onnx
import pytest
from onnx import helper

from recognition.engines import graphs
from recognition.engines.halves import Backbone as ServingBackbone
from recognition.engines.halves import ExportedHead
from recognition.engines.network import Network
from tests.training.rendered import draw_line, draw_text
from training.backbone import Backbone
from training.recogniser import Recogniser

TOLERANCE = 1e-3


@pytest.fixture(scope="module")
def graph(base):
    return onnx.load(str(base.backbone))


@pytest.fixture(scope="module")
def lines():
    generator = random.Random(3)
    return [draw_line(draw_text(generator)[:length], generator) for length in (4, 14)]


def head_of(base):
    return graphs.head_weights(onnx.load(str(base.head)))


def test_the_backbone_agrees_with_the_one_that_serves(base, graph):
    import paddle

    network = Backbone(graph)
    network.eval()
    served = Network(base.backbone)
    generator = np.random.default_rng(7)
    for width in (160, 416):
        value = generator.uniform(-1, 1, size=(1, 3, 48, width)).astype(np.float32)
        with paddle.no_grad():
            actual = network(paddle.to_tensor(value)).numpy()
        assert np.abs(actual - served.run(value)).max() < TOLERANCE


@pytest.mark.parametrize("frozen_blocks", [0, 4, 13])
def test_the_whole_network_reads_a_line_as_it_is_served(base, lines, frozen_blocks):
    recogniser = Recogniser(base, head_of(base), frozen_blocks=frozen_blocks)
    recogniser.learning.eval()
    backbone = ServingBackbone(base.backbone, precision="float32")
    head = ExportedHead(base.head)
    for line, features in zip(lines, backbone.features(lines), strict=True):
        expected, actual = head.probabilities(features), recogniser.probabilities(line)
        assert np.abs(actual - expected).max() < TOLERANCE
        assert (actual.argmax(-1) == expected.argmax(-1)).all()


def test_what_was_not_trained_is_exported_as_it_was(base, graph):
    backbone, _ = Recogniser(base, head_of(base), frozen_blocks=4).export()
    assert backbone == graphs.serialise(graph)


def test_a_backbone_cannot_be_cut_where_it_has_no_block(graph):
    with pytest.raises(graphs.GraphError, match="13 depthwise"):
        graphs.split_backbone(graph, 14)


def test_numbers_that_do_not_fit_are_refused(graph):
    name = graph.graph.initializer[0].name
    with pytest.raises(graphs.GraphError, match="no array"):
        graphs.replace_weights(graph, {"nothing": np.zeros(1, dtype=np.float32)})
    with pytest.raises(graphs.GraphError, match="shape"):
        graphs.replace_weights(graph, {name: np.zeros(1, dtype=np.float32)})


def test_a_node_that_cannot_be_trained_is_named():
    value = helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["N", 3, 48, "W"])
    result = helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, ["N", 3, 48, "W"])
    graph = helper.make_graph([helper.make_node("Sin", ["x"], ["y"])], "g", [value], [result])
    with pytest.raises(graphs.GraphError, match="Sin"):
        Backbone(helper.make_model(graph))
