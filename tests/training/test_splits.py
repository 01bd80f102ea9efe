from hypothesis import given
from hypothesis import strategies as st

from training.splits import split_of

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
