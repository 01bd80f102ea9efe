import hashlib

from hypothesis import given
from hypothesis import strategies as st

from recognition.synthesis.demo import demo_documents
from training.splits import split_of
from training.states import Split

NAMES = {"t": "train", "v": "validation", "e": "test"}
EXPECTED = [NAMES[letter] for letter in "ttttvetvtettttvt"]
HASHES = st.text("0123456789abcdef", min_size=64, max_size=64)


def test_splits_never_change():
    # Were one of these to move, test documents of sites in use would be trained on.
    assert [split_of(character * 64) for character in "0123456789abcdef"] == EXPECTED


@given(HASHES)
def test_a_document_has_one_split_however_its_hash_is_spelt(sha256):
    assert split_of(sha256) == split_of(sha256.upper())


def test_shares_are_seventy_ten_twenty():
    splits = [split_of(f"{number:064x}") for number in range(20_000)]
    for name, share in (("train", 0.7), ("validation", 0.1), ("test", 0.2)):
        assert abs(splits.count(name) / len(splits) - share) < 0.01


def test_the_demo_can_be_learnt_from_and_judged_by_after_five_pages_of_its_book():
    book = [file for file in demo_documents() if file.document_type == "Old print"]
    splits = [split_of(hashlib.sha256(file.content).hexdigest()) for file in book]
    assert splits[:5].count(Split.TEST) == 2
    assert splits[:5].count(Split.TRAIN) == 3
    assert set(splits) == {Split.TRAIN, Split.VALIDATION, Split.TEST}
