"""Strategies, their simulation, and the replayed reviewer, on drawn lines."""

import argparse
import json
import random
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as PillowImage

from bench.effort import Effort, measure, pages_of
from bench.label_errors import count, spoil
from recognition.metrics import edits
from review.value import LineDoubt
from tests.training.rendered import draw_line, draw_text
from training.replay import ReadBack, ReplayLine
from training.simulation import Outcome, points, reached
from training.strategies import STRATEGIES, Prospect

characters = st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 1)), max_size=9).map(tuple)
PROSPECTS = st.lists(
    st.builds(
        Prospect,
        number=st.integers(0, 1000),
        line=st.builds(LineDoubt, probability=st.floats(0, 1), characters=characters),
        margin=st.floats(-1, 1),
    ),
    unique_by=lambda one: one.number,
    max_size=30,
)


@given(PROSPECTS, st.sampled_from(sorted(STRATEGIES)), st.integers(0, 99))
def test_every_strategy_orders_every_line_once_and_the_same_way_again(prospects, name, seed):
    order = STRATEGIES[name](prospects, random.Random(seed), {"a": 3.0})
    assert sorted(order) == sorted(one.number for one in prospects)
    assert order == STRATEGIES[name](prospects, random.Random(seed), {"a": 3.0})


def prospect(number: int, probability: float, margin: float, text: str, sure: float) -> Prospect:
    doubt = LineDoubt(probability, tuple((character, sure) for character in text))
    return Prospect(number, doubt, margin)


@pytest.mark.parametrize(("name", "first"), [("least_confident", 2), ("margin", 3), ("value", 4)])
def test_a_strategy_puts_first_what_its_name_says(name, first):
    prospects = [
        prospect(1, 0.99, 0.9, "a line of some length", 0.99),
        prospect(2, 0.10, 0.8, "ab", 0.6),
        prospect(3, 0.80, 0.0, "abcd", 0.8),
        prospect(4, 0.20, 0.7, "a line of greater length", 0.7),
    ]
    assert STRATEGIES[name](prospects, random.Random(0), {})[0] == first


def test_a_batch_by_value_does_not_ask_for_the_same_thing_twice():
    first = [prospect(number, 0.1, 0.1, "aaaa", 0.5) for number in range(8)]
    second = [prospect(number, 0.1, 0.1, "bbb", 0.5) for number in range(8, 16)]
    both = [*first, *second]
    assert STRATEGIES["least_confident"](both, random.Random(0), {})[:2] == [0, 1]
    assert STRATEGIES["value"](both, random.Random(0), {})[:2] == [0, 8]
    known = STRATEGIES["value"](both, random.Random(0), {"a": 500.0})
    assert set(known[:5]) < set(range(8, 16))


def test_what_random_had_at_last_others_reach_with_a_share_of_its_labels():
    found = points(
        [Outcome("random", 0, labels, labels / 10, rate) for labels, rate in RANDOM]
        + [Outcome("value", 0, labels, labels / 5, rate) for labels, rate in VALUE]
        + [Outcome("margin", 0, labels, labels / 5, 0.5) for labels in (0, 20, 40)]
    )
    by_name = {one.strategy: one for one in reached(found)}
    assert (by_name["value"].labels, by_name["value"].of_labels) == (20, 40)
    assert (by_name["value"].share, by_name["value"].minutes) == (0.5, 4.0)
    assert by_name["margin"].share is None
    assert reached([point for point in found if point.strategy != "random"]) == []


RANDOM = [(0, 0.5), (20, 0.3), (40, 0.2)]
VALUE = [(0, 0.5), (20, 0.19), (40, 0.21)]


def test_points_hold_the_mean_of_the_seeds_and_an_interval_that_covers_it():
    found = points([Outcome("random", seed, 20, 1.0, rate) for seed, rate in enumerate([0.1, 0.2])])
    (point,) = found
    assert point.cer == pytest.approx(0.15)
    assert point.low < 0.15 < point.high
    assert point.seeds == 2


def test_a_correction_is_a_character_and_a_weak_line_one_under_the_threshold():
    effort = Effort()
    effort.add([ReadBack("a", 0.9, 0.9, 0.9, wrong=3), ReadBack("b", 0.5, 0.5, 0.5, wrong=0)], 0.8)
    options = argparse.Namespace(line_seconds=3.0, character_seconds=1.0)
    assert (effort.lines, effort.corrections, effort.weak) == (2, 3, 1)
    assert effort.minutes(options) == pytest.approx(0.1)


def test_pages_hold_lines_of_one_book_and_every_line_once():
    lines = [ReplayLine(at, "x", str(at % 3), None, 1.0) for at in range(35)]  # type: ignore[arg-type]
    pages = list(pages_of(lines, 4))
    assert all(len({line.group for line in page}) == 1 for page in pages)
    assert sum(len(page) for page in pages) == 35
    numbers = [line.number for page in pages for line in page]
    assert len(set(numbers)) == 35


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Drawn lines as a folder of ground truth."""
    generator = random.Random(5)
    found = tmp_path / "drawn"
    (found / "images").mkdir(parents=True)
    rows = []
    for number in range(60):
        text = draw_text(generator)
        name = f"images/{number}.png"
        PillowImage.fromarray(draw_line(text, generator)).save(found / name)
        rows.append(json.dumps({"image": name, "text": text}))
    (found / "labels.jsonl").write_text("\n".join(rows))
    return found


def test_simulate_writes_figures_and_a_plot(folder, tmp_path, capsys):
    figures, plot = tmp_path / "found.json", tmp_path / "found.svg"
    call_command(
        "simulate",
        data=folder,
        strategies="random,value",
        rounds=2,
        batch=8,
        seeds=1,
        max_steps=4,
        json=figures,
        svg=plot,
    )
    found = json.loads(figures.read_text())
    assert {(one["strategy"], one["labels"]) for one in found["points"]} == {
        (name, labels) for name in ("random", "value") for labels in (0, 8, 16)
    }
    assert all(0 <= one["low"] <= one["cer"] <= one["high"] for one in found["points"])
    starts = {one["cer"] for one in found["outcomes"] if one["labels"] == 0}
    assert len(starts) == 1  # all begin with the same readings
    assert [goal["goal"] for goal in found["goals"]] == [0.5]
    assert plot.read_bytes().startswith(b"<?xml")
    told = capsys.readouterr().out
    assert "16 labels" in told
    assert "value: random's last" in told


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"strategies": "random,guess"}, "Unknown strategy: guess"),
        ({"rounds": 0}, "--rounds must be at least 1"),
        ({"rounds": 50}, "too few to label"),
        ({"json": Path("/nowhere/at/all.json")}, "There is no folder"),
        ({"data": Path("/nowhere")}, "cannot be used"),
    ],
)
def test_simulate_fails_with_a_reason(folder, options, why):
    with pytest.raises(CommandError, match=why):
        call_command("simulate", **{"data": folder, "limit": 12, **options})


def test_a_replayed_reviewer_corrects_everything_and_the_head_is_refreshed(folder, base):
    options = argparse.Namespace(
        seed=1, lines=60, max_steps=4, threshold=0.8, line_seconds=3.0, character_seconds=0.7
    )
    found = measure(folder, base.store, options)
    assert found["lines"] == 60
    assert len(found["by_page_with"]) == found["pages"]
    assert sum(found["by_page_with"]) == found["corrections_with"]
    assert found["events"][0]["labels"] >= 50
    assert found["saved"] == 1 - found["corrections_with"] / found["corrections_without"]


@given(st.text(alphabet="abc ", min_size=1, max_size=12).filter(str.strip), st.integers(0, 99))
def test_a_spoilt_label_is_another_text_one_edit_away(text, seed):
    assert edits(text, spoil(text, random.Random(seed), "abcd")) == 1


def test_disputes_are_counted_by_how_sure_the_model_was():
    def read(text, confidence):
        return ReadBack(text, confidence, confidence, confidence, wrong=0)

    rows = [
        ("cat", False, read("cat", 0.99)),
        ("cot", True, read("cat", 0.99)),
        ("cut", True, read("cat", 0.85)),
        ("dog", False, read("dig", 0.96)),
    ]
    found = {one.level: one for one in count(rows)}
    assert (found[0.8].disputed, found[0.8].wrong, found[0.8].recall) == (3, 2, 1.0)
    assert (found[0.95].disputed, found[0.95].precision, found[0.95].recall) == (2, 0.5, 0.5)
    assert (found[0.98].disputed, found[0.98].precision) == (1, 1.0)
