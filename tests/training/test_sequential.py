"""The sequential test: it decides for the better model, and seldom where there is none."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.sequential import DocumentErrors, TrialSettings, weigh

DOCUMENTS = st.lists(
    st.builds(DocumentErrors, serving=st.integers(0, 30), beside=st.integers(0, 30)), max_size=60
)


@pytest.mark.parametrize(
    ("documents", "winner"),
    [
        ([], None),
        ([DocumentErrors(9, 1)] * 4, None),
        ([DocumentErrors(9, 1)] * 20, "beside"),
        ([DocumentErrors(1, 9)] * 20, "serving"),
        ([DocumentErrors(5, 5)] * 300, None),
        ([DocumentErrors(0, 0)] * 300, None),
        ([DocumentErrors(6, 5), DocumentErrors(5, 6)] * 100, None),
        ([DocumentErrors(6, 3)] * 40, "beside"),
    ],
)
def test_the_better_model_wins_and_equals_do_not(documents, winner):
    assert weigh(documents).winner == winner


def test_what_comes_after_the_decision_does_not_undo_it():
    decided = [DocumentErrors(9, 1)] * 20
    assert weigh(decided + [DocumentErrors(1, 9)] * 50).winner == "beside"


@given(DOCUMENTS)
def test_wealth_never_runs_out_and_the_sides_mirror_each_other(documents):
    found = weigh(documents)
    turned = weigh([DocumentErrors(document.beside, document.serving) for document in documents])
    assert found.for_beside > 0
    assert found.for_serving > 0
    assert (turned.for_beside, turned.for_serving) == (found.for_serving, found.for_beside)


@settings(max_examples=30)
@given(st.floats(0.0, 0.8), st.integers(0, 2**32))
def test_the_average_wealth_of_a_hopeless_bet_does_not_grow(share, seed):
    """The defining inequality, over all outcomes of the next document: both signs alike."""
    generator = random.Random(seed)
    before = [DocumentErrors(*generator.choice([(3, 1), (1, 3), (2, 2)])) for _ in range(12)]
    size = round(10 * share)
    now = weigh(before).for_beside
    good = weigh([*before, DocumentErrors(10 + size, 10 - size)]).for_beside
    bad = weigh([*before, DocumentErrors(10 - size, 10 + size)]).for_beside
    assert (good + bad) / 2 == pytest.approx(now)


def test_equal_models_are_told_apart_in_no_more_trials_than_allowed():
    """400 trials of two like models, looked at after each of 200 documents; fixed seed."""
    generator = random.Random(20)
    asked = TrialSettings(alpha=0.05)
    alarms = 0
    for _ in range(400):
        documents = [
            DocumentErrors(*generator.sample([generator.randint(0, 9), generator.randint(0, 9)], 2))
            for _ in range(200)
        ]
        alarms += weigh(documents, asked).winner == "beside"
    assert alarms / 400 <= asked.alpha


def test_half_the_errors_are_noticed_within_thirty_pages():
    generator = random.Random(20)
    noticed = 0
    for _ in range(100):
        documents = [
            DocumentErrors(
                sum(generator.random() < 0.10 for _ in range(120)),
                sum(generator.random() < 0.05 for _ in range(120)),
            )
            for _ in range(30)
        ]
        noticed += weigh(documents).winner == "beside"
    assert noticed >= 95
