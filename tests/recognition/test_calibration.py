"""Calibration: fitted logistic, its file, and whether the shipped one means what it says."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognition.calibrating import expected_error, fit, monotone_map, ranking
from recognition.calibration import FEATURES, SHIPPED, Calibration, line_features
from tests.recognition.engine_kit import shared_engine, text_line, worn

TEXTS = [
    "Total amount due 148.20",
    "Yours faithfully, H. Brennan",
    "12/03/1987 14:22 No. 20417",
    "the quick brown fox jumps over",
    "Invoice to Messrs. Gill & Lock",
    "CASH SALES NOT REFUNDABLE",
    "a small garden behind the mill",
    "3 x Clover honey 2.75",
    "Registered office: Hill Road 5",
    "which we received on the 4th inst.",
]

confidences = st.lists(st.floats(0, 1), min_size=1, max_size=60)


def made_up(count: int) -> tuple[list[tuple[float, ...]], list[bool]]:
    """Lines whose characters are right exactly as often as their confidence says."""
    rng = np.random.default_rng(5)
    features, correct = [], []
    for _ in range(count):
        sure = 1 - rng.beta(0.4, 8, size=int(rng.integers(3, 40))) * rng.random()
        features.append(line_features(sure.tolist()))
        correct.append(bool((rng.random(len(sure)) < sure).all()))
    return features, correct


def test_a_fit_says_what_is_seen_on_lines_it_has_not_seen() -> None:
    features, correct = made_up(3000)
    calibration = fit(features[:2000], correct[:2000])
    said = [calibration.probability(line) for line in features[2000:]]
    assert expected_error(said, correct[2000:]) < 0.04
    area = ranking(said, correct[2000:])
    assert area is not None
    assert area > 0.75
    assert calibration.fitted_on == 2000


def test_a_map_bends_what_is_said_to_what_is_seen_and_keeps_the_order() -> None:
    """Lines that are said to be right with p, and are with p squared."""
    rng = np.random.default_rng(3)
    said = rng.random(8000)
    knots = monotone_map(said[:4000].tolist(), (rng.random(4000) < said[:4000] ** 2).tolist())
    bent = Calibration(intercept=0.0, weights=(1.0, 0, 0, 0, 0), fitted_on=4000, knots=knots)
    logits = np.log(said[4000:] / (1 - said[4000:]))
    now = [bent.probability((float(logit), 0, 0, 0, 0)) for logit in logits]
    correct = (rng.random(4000) < said[4000:] ** 2).tolist()
    assert expected_error(said[4000:].tolist(), correct) > 0.1
    assert expected_error(now, correct) < 0.03
    assert np.all(np.diff(np.asarray(now)[np.argsort(said[4000:])]) >= 0)
    assert monotone_map(said[:399].tolist(), [True] * 399) == ()


@pytest.mark.parametrize("verdict", [True, False])
def test_one_sided_examples_give_no_certainty(verdict: bool) -> None:
    features, _ = made_up(20)
    calibration = fit(features, [verdict] * 20)
    said = [calibration.probability(line) for line in features]
    assert all(0.01 < value < 0.99 for value in said)
    assert (float(np.mean(said)) > 0.5) is verdict


def test_nothing_to_fit_on_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        fit([], [])


def test_json_brings_the_same_calibration_back() -> None:
    features, correct = made_up(200)
    calibration = fit(features, correct)
    assert Calibration.from_json(calibration.to_json()) == calibration
    assert Calibration.from_json(SHIPPED.to_json()) == SHIPPED
    assert json.loads(calibration.to_json())["version"] == calibration.version
    assert calibration.version != SHIPPED.version


@pytest.mark.parametrize(
    "change",
    [
        {"weights": [0.0] * len(FEATURES)},
        {"weights": [1.0]},
        {"features": ["x"]},
        {"version": "1"},
        {"knots": [[0.5, 0.6], [0.7, 0.6]]},
        {"knots": [[0.5, 1.6]]},
        {"knots": []},
    ],
)
def test_a_changed_file_is_refused(change: dict[str, object]) -> None:
    data = {**json.loads(SHIPPED.to_json()), **change}
    with pytest.raises(ValueError, match="calibration"):
        Calibration.from_json(json.dumps(data))


@pytest.mark.parametrize("text", ["[]", "{}", "null", '{"features": 3}', "x"])
def test_what_is_no_calibration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Calibration.from_json(text)


def test_no_characters_no_confidence() -> None:
    assert SHIPPED.line_confidence([]) is None


@given(confidences)
def test_probabilities_are_never_certain(values: list[float]) -> None:
    said = SHIPPED.line_confidence(values)
    assert said is not None
    assert math.isfinite(said)
    assert 0 < said < 1


@given(confidences, st.data())
def test_a_weaker_character_never_makes_a_line_surer(
    values: list[float], data: st.DataObject
) -> None:
    position = data.draw(st.integers(0, len(values) - 1))
    weaker = [*values]
    weaker[position] *= data.draw(st.floats(0, 1))
    before, after = SHIPPED.line_confidence(values), SHIPPED.line_confidence(weaker)
    assert before is not None
    assert after is not None
    assert after <= before + 1e-9


def test_ranking_counts_ties_half() -> None:
    assert ranking([0.9, 0.8, 0.1], [True, True, False]) == 1.0
    assert ranking([0.5, 0.5], [True, False]) == 0.5
    assert ranking([0.5], [True]) is None


def test_the_shipped_calibration_tells_right_lines_from_wrong_ones() -> None:
    truth = [text for text in TEXTS for _ in range(5)]
    crops = [
        worn(text_line(text, 20), seed, wear)
        for seed, text in enumerate(TEXTS)
        for wear in (0.0, 0.5, 0.7, 0.8, 0.9)
    ]
    lines = shared_engine().recognise_crops(crops)
    read = [
        (line.confidence, line.text == text)
        for line, text in zip(lines, truth, strict=True)
        if line.confidence is not None
    ]
    said, correct = [value for value, _ in read], [right for _, right in read]
    area = ranking(said, correct)
    assert area is not None
    assert area > 0.85
    assert expected_error(said, correct, bins=4) < 0.2
