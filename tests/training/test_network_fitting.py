"""Training the whole network, in small: few short lines, the last block and a small head."""

import random
from functools import partial

import numpy as np
import onnx
import pytest

from recognition.ctc import class_names
from recognition.engines import graphs
from recognition.engines.network import Network
from recognition.preprocess import line_tensor, tensor_width
from tests.training.rendered import draw_line
from training.characters import Alphabet, output_layer
from training.checkpoint import NAME, Checkpoint, kept_step, read_checkpoint, write_checkpoint
from training.fitting import TrainingDiverged
from training.looks import Look
from training.network_fitting import TextLine, _group, fit_network, rate_at
from training.recogniser import Recogniser
from training.settings import NetworkSettings, SettingsError, network_settings_from

TEXTS = ("ab 1", "du 2", "et 3")
QUICK = NetworkSettings(
    batch_lines=2, min_steps=4, max_steps=4, warm_up_steps=1, frozen_blocks=13, average=0.0
)


def fixed(crop):
    return crop


@pytest.fixture(scope="module")
def lines():
    generator = random.Random(5)
    alphabet = Alphabet(tuple("123abdetu"), ())
    crops = [draw_line(text, generator) for text in TEXTS]
    return [
        TextLine(partial(fixed, crop), tuple(alphabet.encode(text)), tensor_width(crop))
        for crop, text in zip(crops, TEXTS, strict=True)
    ]


@pytest.fixture
def recogniser(base):
    weights = graphs.head_weights(onnx.load(str(base.head)))
    alphabet = Alphabet(tuple("123abdetu"), ())
    layer = output_layer(alphabet, class_names(base.characters()), *weights[-2:])
    return Recogniser(base, [*weights[:-2], *layer], frozen_blocks=QUICK.frozen_blocks)


def train(recogniser, lines, settings=QUICK, **more):
    kept: list[Checkpoint] = []
    points = []
    done = fit_network(
        recogniser,
        lines,
        lines[:1],
        settings,
        look=more.pop("look", None),
        on_point=points.append,
        keep=kept.append,
        **more,
    )
    return done, kept, points


def test_a_network_learns_and_its_export_reads_as_it_does(recogniser, lines):
    settings = network_settings_from({**QUICK.as_dict(), "max_steps": 14, "min_steps": 14})
    before = {name: array.copy() for name, array in recogniser.learning.backbone.arrays().items()}
    done, _, points = train(recogniser, lines, settings)
    assert points[-1].loss < points[0].loss
    assert done.steps == done.best_step == 14
    moved = recogniser.learning.backbone.arrays()
    assert all(np.abs(moved[name] - before[name]).max() > 0 for name in before)
    backbone, head = recogniser.export()
    for line in lines:
        crop = line.crop()
        served = Network(head).run(Network(backbone).run(line_tensor(crop)[None]))[0]
        assert np.abs(served - recogniser.probabilities(crop)).max() < 1e-3


def test_going_on_from_a_checkpoint_ends_as_if_there_had_been_no_break(base, lines, tmp_path):
    def fresh():
        weights = graphs.head_weights(onnx.load(str(base.head)))
        alphabet = Alphabet(tuple("123abdetu"), ())
        layer = output_layer(alphabet, class_names(base.characters()), *weights[-2:])
        return Recogniser(base, [*weights[:-2], *layer], frozen_blocks=13, dropout=0.1)

    settings = network_settings_from({**QUICK.as_dict(), "average": 0.9, "checkpoint_seconds": 0})
    whole = fresh()
    _, kept, _ = train(whole, lines, settings)
    assert [state.step for state in kept] == [1, 2, 3, 4]
    write_checkpoint(tmp_path, "job", kept[1])
    again = fresh()
    done, _, _ = train(again, lines, settings, resume=read_checkpoint(tmp_path, "job"))
    assert done.steps == 4
    for one, other in zip(whole.places, again.places, strict=True):
        assert np.allclose(one.numpy(), other.numpy(), atol=1e-6)
    # A training that had ended is not trained on.
    ended, more, _ = train(fresh(), lines, settings, resume=kept[3])
    assert (ended.steps, more) == (4, [])


def test_the_best_look_is_kept_and_looking_in_vain_ends_it(recogniser, lines):
    settings = network_settings_from(
        {**QUICK.as_dict(), "max_steps": 40, "passes": 40, "patience": 2}
    )
    looks = iter([Look(50, 100), Look(20, 100), *[Look(40, 100)] * 40])
    seen = []

    def look():
        seen.append(recogniser.places[-1].numpy().copy())
        return next(looks)

    done, _, _ = train(recogniser, lines, settings, look=look)
    assert (done.steps, done.best_step, done.stopped_early) == (8, 4, True)
    assert np.array_equal(recogniser.places[-1].numpy(), seen[1])


def test_the_time_that_is_given_ends_it(recogniser, lines):
    settings = network_settings_from({**QUICK.as_dict(), "max_steps": 1000, "seconds": 1e-6})
    done, kept, _ = train(recogniser, lines, settings)
    assert done.steps == 1
    assert kept[-1].facts["done"]


def test_pictures_that_are_no_numbers_fail_the_training(base, recogniser, lines):
    broken = [TextLine(line.crop, (1, 2), line.width) for line in lines]
    recogniser.head_places[-1].set_value(
        np.full(recogniser.head_places[-1].shape, np.nan, dtype=np.float32)
    )
    with pytest.raises(TrainingDiverged):
        train(recogniser, broken, network_settings_from({**QUICK.as_dict(), "max_steps": 99,
              "passes": 99}))  # fmt: skip


def test_a_gradient_that_is_no_number_costs_its_step_and_no_more(recogniser, lines):
    seen = []

    def spoil(gradient):
        seen.append(gradient)
        return gradient * float("nan") if len(seen) == 2 else gradient

    recogniser.places[0].register_hook(spoil)
    done, _, _ = train(recogniser, lines)
    assert (done.steps, done.bad_steps) == (4, 1)
    assert all(np.isfinite(place.numpy()).all() for place in recogniser.places)


def test_every_line_is_seen_once_a_pass(lines):
    many = [TextLine(lines[0].crop, (1,), width) for width in range(160, 160 + 32 * 11, 32)]
    for number in (0, 1):
        steps = [_group(many, 4, number * 3 + place, seed=1) for place in range(3)]
        assert sorted(line.width for step in steps for line in step) == [
            line.width for line in many
        ]
        assert all(step[-1].width - step[0].width <= 96 for step in steps), "of like width"


@pytest.mark.parametrize(
    ("step", "done", "share"), [(0, 0.0, 1 / 20), (19, 0.0, 1.0), (99, 0.5, 0.505), (99, 1.0, 0.01)]
)
def test_the_rate_rises_and_then_falls_along_a_cosine(step, done, share):
    settings = NetworkSettings(learning_rate=2e-3, warm_up_steps=20)
    assert rate_at(step, done, settings) == pytest.approx(2e-3 * share)


def test_a_checkpoint_of_another_job_or_a_damaged_one_is_none(tmp_path):
    array = [np.ones(3, dtype=np.float32)]
    write_checkpoint(tmp_path, "job", Checkpoint(7, array, array, array, {"0/m": array[0]}, {}))
    found = read_checkpoint(tmp_path, "job")
    assert found is not None
    assert (found.step, kept_step(tmp_path)) == (7, 7)
    assert np.array_equal(found.optimizer["0/m"], array[0])
    assert read_checkpoint(tmp_path, "another") is None
    content = (tmp_path / NAME).read_bytes()
    (tmp_path / NAME).write_bytes(content[: len(content) // 2])
    assert read_checkpoint(tmp_path, "job") is None
    assert read_checkpoint(tmp_path / "nowhere", "job") is None


@pytest.mark.parametrize(
    "values", [{"batch_line": 2}, {"seconds": 0}, {"general_share": -1.0}, {"average": 1.0}]
)
def test_a_network_setting_that_is_wrong_fails_loudly(values):
    with pytest.raises(SettingsError):
        network_settings_from(values)
