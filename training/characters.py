"""Which characters a head can write: chosen from what was seen, never from the test split.

A head keeps the characters that occur in its labels and in the active model's readings, and the
whole script of each character in the labels, so that a name never seen can still be read. Latin
with its historic letters, digits and common signs are always kept. Characters no dictionary has
yet are added. Look-alikes of other scripts go, and with them their share of the time: a reading
keeps its character but not that character's script, for one ideograph misread in a Latin line
would bring back sixteen thousand.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from recognition.engines.blobs import sha256_of
from recognition.engines.dictionary import dictionary_bytes

Array = npt.NDArray[np.float32]

SPACE = " "
# Signs of any script's print: punctuation, currency, arrows of forms, ligatures. Ranges inclusive.
_ALWAYS = ((0x20, 0x24F), (0x1E00, 0x1EFF), (0x2010, 0x205E), (0x20A0, 0x20BF), (0x2100, 0x214F))
_EVERYWHERE = frozenset({"DIGIT", "LATIN"})
# A new character starts at a third of a look-alike's odds: it is learnt, yet steals no reading.
_NEW_BIAS = -1.1


@dataclass(frozen=True, slots=True)
class Alphabet:
    """The classes of a head: blank, `characters`, space; `new` lists what no parent class had."""

    characters: tuple[str, ...]
    new: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Text of every class, as `recognition.ctc.class_names` orders them."""
        return ("", *self.characters, SPACE)

    def sha256(self) -> str:
        """Hash of the dictionary file the network is trained with."""
        return sha256_of(dictionary_bytes(self.characters))

    def encode(self, text: str) -> list[int] | None:
        """Class numbers of a text, or None where it holds a character outside the alphabet."""
        index = _positions(self.names)
        found = [index.get(character) for character in text]
        return None if None in found else [number for number in found if number is not None]


def choose_alphabet(
    parent: Sequence[str], labels: Iterable[str], readings: Iterable[str] = ()
) -> Alphabet:
    """The alphabet of a head that starts from the dictionary `parent`.

    `labels` are what people say lines read, `readings` what the active model reads on them.

    Kept characters stay in the parent's order and new ones follow in code point order, so the same
    texts give the same dictionary. Spaces and control characters are never entries.
    """
    written = _characters(labels)
    seen = written | _characters(readings)
    scripts = _EVERYWHERE | {_script(character) for character in written}
    kept = [
        character
        for character in parent
        if character in seen or _is_common(character) or _script(character) in scripts
    ]
    new = sorted(seen - set(kept))
    return Alphabet(characters=(*kept, *new), new=tuple(new))


def output_layer(
    alphabet: Alphabet,
    parent: Sequence[str],
    weight: Array,
    bias: Array,
    spare: tuple[Sequence[str], Array, Array] | None = None,
) -> tuple[Array, Array]:
    """Weight [hidden, classes] and bias [classes] of the alphabet's output layer.

    `parent`, `weight`, `bias` are the names of all classes of the head training starts from, and
    its output layer. `spare` is the same of its base, for characters an earlier cut dropped. A
    character new to both starts as its base letter where it has one, else as the average letter,
    and less likely than either.
    """
    have = _positions(tuple(parent))
    reserve, reserve_weight, reserve_bias = spare or ((), weight, bias)
    others = _positions(tuple(reserve))
    columns: list[Array] = []
    biases: list[float] = []
    average = weight[:, 1:].mean(axis=1)
    for name in alphabet.names:
        letter = unicodedata.normalize("NFKD", name)[:1] if name else name
        if name in have:
            columns.append(weight[:, have[name]])
            biases.append(float(bias[have[name]]))
        elif name in others:
            columns.append(reserve_weight[:, others[name]])
            biases.append(float(reserve_bias[others[name]]))
        elif letter in have:
            columns.append(weight[:, have[letter]])
            biases.append(float(bias[have[letter]]) + _NEW_BIAS)
        else:
            columns.append(average)
            biases.append(float(bias[1:].mean()) + _NEW_BIAS)
    return np.stack(columns, axis=1).astype(np.float32), np.array(biases, dtype=np.float32)


def steps_needed(encoded: Sequence[int]) -> int:
    """Least number of CTC steps for a text: a blank must part equal neighbours."""
    repeats = sum(left == right for left, right in pairwise(encoded))
    return len(encoded) + repeats


def script_of(text: str) -> str:
    """The script most letters of a text are in, such as "Latin"; "none" without any letter."""
    counts = Counter(_script(character) for character in text if character.isalpha())
    return counts.most_common(1)[0][0].capitalize() if counts else "none"


def _characters(texts: Iterable[str]) -> set[str]:
    return {
        character
        for text in texts
        for character in text
        if character != SPACE and unicodedata.category(character) not in ("Cc", "Cs")
    }


@lru_cache(maxsize=8)
def _positions(names: tuple[str, ...]) -> dict[str, int]:
    return {name: position for position, name in enumerate(names)}


def _script(character: str) -> str:
    """First word of the Unicode name: LATIN, GREEK, CJK ... A stand-in for the script property."""
    return unicodedata.name(character[0], character).split(" ")[0]


def _is_common(character: str) -> bool:
    return any(first <= ord(character[0]) <= last for first, last in _ALWAYS)
