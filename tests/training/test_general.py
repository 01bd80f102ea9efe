"""General lines: always the same ones to be compared on, and none of them to learn from."""

import hashlib
import subprocess
import sys

import pytest

from recognition.engines.paddle import PaddleEngine
from tests.workers import ROOT
from training.gate import Parity, decide
from training.general import compare_on_general, frozen_set, set_sha256, training_lines
from training.paired import General, PairedLine

COUNT = 40
TEXTS = "9e0f21b7c9afdf71bf855f8286f5ccc304a2a5db1ea8d445892dd99cd942b6be"
"""SHA-256 of the set's first texts. Where it changes, training.general.VERSION has to."""


def test_the_frozen_set_is_the_same_everywhere():
    texts = "\n".join(line.text for line in frozen_set(COUNT))
    assert hashlib.sha256(texts.encode()).hexdigest() == TEXTS
    code = (
        "from training.general import frozen_set, set_sha256;"
        f"print(set_sha256(frozen_set({COUNT})))"
    )
    other = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert other.stdout.strip() == set_sha256(frozen_set(COUNT))


def test_the_dictionary_has_every_character_of_general_lines(base):
    known = {" ", *base.characters()}
    assert known.issuperset("".join(line.text for line in frozen_set()))


def test_what_is_learnt_from_is_not_in_the_frozen_set():
    frozen = {line.text for line in frozen_set()}
    learnt = training_lines(300, seed=1)
    assert len(learnt) == 300
    assert frozen.isdisjoint(line.text for line in learnt)
    assert set_sha256(learnt[:50]) != set_sha256(training_lines(50, seed=2))


def test_the_shipped_model_reads_general_lines_well(base):
    engine = PaddleEngine(base)
    found = compare_on_general([engine, engine], frozen_set(COUNT))
    assert found.active_edits == found.candidate_edits
    assert found.lines == COUNT
    assert found.before < 0.03


@pytest.mark.parametrize(
    ("before", "after", "refused"), [(100, 120, False), (100, 121, True), (300, 100, False)]
)
def test_a_base_is_refused_beyond_two_tenths_of_a_point(before, after, refused):
    lines = [PairedLine(str(n // 4), "a line", "x line", "a line") for n in range(40)]
    verdict = decide(
        lines,
        parity=Parity(40, 0, 0.0),
        trained_dictionary_sha256="a",
        exported_dictionary_sha256="a",
        general=General("general-1", "0" * 64, 400, 10_000, before, after),
    )
    assert verdict.accept is not refused
    assert [reason.code for reason in verdict.reasons] == ["general_worse"] * refused
    assert verdict.as_dict()["general"]["after"] == after / 10_000
