from dataclasses import dataclass

import numpy as np
import onnx
import onnxruntime
import pytest

from recognition.ctc import greedy_text
from recognition.engines import graphs
from training.characters import choose_alphabet, output_layer, steps_needed
from training.fitting import (
    Point,
    Sample,
    TrainingDiverged,
    all_probabilities,
    fit,
    probabilities,
)
from training.network import build_head, read_weights
from training.settings import SettingsError, TrainSettings, settings_from


@pytest.fixture(scope="module")
def graph(base):
    return onnx.load(str(base.head))


def features(*lengths: int) -> list[np.ndarray]:
    generator = np.random.default_rng(7)
    return [generator.normal(size=(length, 384)).astype(np.float32) for length in lengths]


def test_the_network_agrees_with_the_shipped_head(base, graph):
    head = build_head(graphs.head_weights(graph))
    head.eval()
    session = onnxruntime.InferenceSession(str(base.head))
    for line in features(40, 77):
        (expected,) = session.run(None, {"features": line[None]})
        actual = probabilities(head, line)
        assert np.abs(actual - expected[0]).max() < 1e-4
        assert (actual.argmax(-1) == expected[0].argmax(-1)).all()


def test_a_line_among_others_is_read_as_if_alone(graph):
    head = build_head(graphs.head_weights(graph))
    head.eval()
    lines = features(60, 20, 41)
    for line, read in zip(lines, all_probabilities(head, lines, at_once=2), strict=True):
        assert np.abs(read - probabilities(head, line)).max() < 1e-5


def test_weights_come_back_as_they_went(base, graph):
    weights = graphs.head_weights(graph)
    again = read_weights(build_head(weights))
    assert [array.shape for array in again] == [array.shape for array in weights]
    changed = graphs.serialise(graphs.replace_head_weights(graph, again))
    first = onnxruntime.InferenceSession(str(base.head))
    second = onnxruntime.InferenceSession(changed)
    (line,) = features(50)
    (a,), (b,) = (session.run(None, {"features": line[None]}) for session in (first, second))
    assert np.abs(a - b).max() < 1e-4


def test_weights_of_another_network_are_refused(graph):
    weights = graphs.head_weights(graph)
    with pytest.raises(ValueError, match="weights"):
        build_head(weights[:-2])
    with pytest.raises(ValueError, match="shape"):
        build_head([*weights[:15], weights[15][:60], *weights[16:]])


def test_a_cut_head_reads_the_same_where_no_cut_character_was_best(base, graph):
    weights = graphs.head_weights(graph)
    names = ("", *base.characters(), " ")
    alphabet = choose_alphabet(base.characters(), ["Straße"])
    weight, bias = output_layer(alphabet, names, weights[-2], weights[-1])
    assert len(alphabet.names) == weight.shape[1] == len(bias) < 2000
    index = {name: at for at, name in enumerate(names)}
    for at, name in enumerate(alphabet.names):
        assert np.array_equal(weight[:, at], weights[-2][:, index[name]])


def test_an_alphabet_keeps_the_scripts_it_saw_and_adds_what_is_new(base):
    latin = choose_alphabet(base.characters(), ["abc"])
    assert {"é", "ſ"} <= set(latin.characters)
    assert "中" not in latin.characters
    assert not latin.new
    mixed = choose_alphabet(base.characters(), ["漢ꝛ \u0303\t"])
    assert "中" in mixed.characters, "a name never seen must still be readable"
    assert mixed.new == ("\u0303", "ꝛ")
    assert mixed.encode("a\tb") is None
    assert len(set(mixed.characters)) == len(mixed.characters)


def test_a_misread_ideograph_does_not_bring_its_script_back(base):
    alphabet = choose_alphabet(base.characters(), ["abc"], ["a中c"])
    assert "中" in alphabet.characters
    assert "文" not in alphabet.characters


def test_equal_neighbours_need_a_step_between_them():
    assert steps_needed([]) == 0
    assert steps_needed([1, 2, 1]) == 3
    assert steps_needed([1, 1, 1]) == 5


def test_features_that_are_no_numbers_fail_the_training_not_the_weights(graph):
    weights = graphs.head_weights(graph)
    weights[-2:] = [weights[-2][:, :50], weights[-1][:50]]
    head = build_head(weights)
    seen: list[Point] = []
    broken = Sample((np.full((40, 384), np.nan, dtype=np.float32),), (1, 2), "ab")
    names = tuple(map(chr, range(0x41, 0x41 + 50)))
    with pytest.raises(TrainingDiverged):
        fit(head, [broken], [], names, TrainSettings(), seen.append)
    assert all(np.isfinite(array).all() for array in read_weights(head))


def test_training_with_a_seed_gives_the_same_head_twice(graph):
    weights = graphs.head_weights(graph)
    weights[-2:] = [weights[-2][:, :50], weights[-1][:50]]
    names = ("", *map(chr, range(0x41, 0x41 + 49)))
    samples = [Sample((line,), (3, 4, 5), "CDE") for line in features(20, 22, 24, 20)]
    settings = TrainSettings(min_steps=4, max_steps=4, batch_lines=2)
    seen: list[Point] = []
    results = []
    for _ in range(2):
        head = build_head(weights, settings.dropout)
        fit(head, samples, samples[:1], names, settings, seen.append)
        results.append(probabilities(head, samples[0].views[0]))
    assert np.allclose(results[0], results[1], atol=1e-5)
    assert greedy_text(results[0], names) == greedy_text(results[1], names)


@dataclass
class AskedViews:
    """Three views of a line, and which were asked for since `asked` was emptied."""

    features: np.ndarray
    asked: set[int]

    def __len__(self) -> int:
        return 3

    def __getitem__(self, number: int, /) -> np.ndarray:
        self.asked.add(number)
        return self.features


def test_a_further_view_joins_at_a_set_pass(graph):
    """However fast views are made: what a head learns must not depend on the machine."""
    weights = graphs.head_weights(graph)
    weights[-2:] = [weights[-2][:, :50], weights[-1][:50]]
    names = ("", *map(chr, range(0x41, 0x41 + 49)))
    asked: set[int] = set()
    by_pass: list[set[int]] = []

    def end_of_pass(point: Point) -> None:
        by_pass.append(set(asked))
        asked.clear()

    samples = [Sample(AskedViews(line, asked), (3, 4), "CD") for line in features(20, 22, 24, 20)]
    settings = TrainSettings(passes=12, min_steps=1, batch_lines=len(samples))
    fit(build_head(weights), samples, [], names, settings, end_of_pass)
    assert [set.union(*by_pass[at : at + 4]) for at in (0, 4, 8)] == [{0}, {0, 1}, {0, 1, 2}]


@pytest.mark.parametrize(
    "values",
    [{"learning_rat": 1e-3}, {"passes": 0}, {"dropout": 1.0}, {"views": 1.5}, {"seed": "20"}],
)
def test_a_setting_that_is_wrong_fails_loudly(values):
    with pytest.raises(SettingsError):
        settings_from(values)
