"""The gate before real candidates: twenty bad ones are refused, twenty good ones accepted."""

import pytest

from tests.training.candidates import (
    Workshop,
    bad_candidates,
    good_candidates,
    judge,
    workshop,
)


@pytest.fixture(scope="module")
def shop(trained) -> Workshop:
    return workshop(trained)


REASONS = {
    "the active model, only cut": "not_better",
    "digits mixed up": "slice_worse",
    "worse on one type only": "slice_worse",
    "capitals mixed up": "slice_worse",
    "punctuation never written": "slice_worse",
    "spaces never written": "slice_worse",
    "dictionary shuffled in the files": "dictionary_mismatch",
    "dictionary shifted, and its hash with it": "not_better",
    "quantised to two bits": "parity",
    "quantised to four bits": "parity",
    "an earlier state was exported": "parity",
    "a norm was lost in the export": "parity",
    "weights that are not numbers": "parity",
    "weights full of noise": "not_better",
    "overfitted to three lines": "not_better",
    "trained on labels of other lines": "not_better",
    "sure of everything": "calibration_worse",
    "half as slow again": "slower",
    "proven on eight lines only": "too_few_lines",
    "proven on one document only": "too_few_documents",
}


@pytest.mark.parametrize("name", REASONS)
def test_a_bad_candidate_is_refused_for_what_is_wrong_with_it(shop, name):
    verdict = judge(shop, bad_candidates(shop)[name]())
    assert not verdict.accept
    assert REASONS[name] in [reason.code for reason in verdict.reasons]


def test_no_bad_candidate_is_left_out(shop):
    assert set(bad_candidates(shop)) == set(REASONS)
    assert len(REASONS) == 20


def test_twenty_good_candidates_are_accepted(shop):
    found = {name: judge(shop, make()) for name, make in good_candidates(shop).items()}
    assert len(found) == 20
    refused = {name: verdict.reasons for name, verdict in found.items() if not verdict.accept}
    assert not refused, sorted(refused)
