"""What is read for what: the confusions of a document type, and a text with one of them put in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from random import Random

from rapidfuzz.distance import Levenshtein

COMMON: Mapping[tuple[str, str], int] = {
    ("rn", "m"): 3, ("m", "rn"): 2, ("l", "1"): 3, ("1", "l"): 3, ("O", "0"): 3, ("0", "O"): 3,
    ("5", "S"): 2, ("S", "5"): 2, ("8", "B"): 2, ("B", "8"): 2, ("e", "c"): 3, ("c", "e"): 3,
    ("u", "n"): 2, ("n", "u"): 2, (",", "."): 2, (".", ","): 2, ("I", "l"): 2, ("i", "l"): 1,
    ("6", "8"): 2, ("3", "8"): 2, ("1", "7"): 2, ("7", "1"): 2, ("a", "o"): 1, ("h", "b"): 1,
    ("f", "t"): 1, ("t", "f"): 1,
}  # fmt: skip
"""(what stands there, what is read for it): how often, roughly, in print of any kind."""
LONGEST = 2
"""Characters on either side of a confusion; longer ones are another kind of fault."""


def count_confusions(pairs: Iterable[tuple[str, str]]) -> Counter[tuple[str, str]]:
    """How often each is read for each, from (what a person says, what was read) by line."""
    found: Counter[tuple[str, str]] = Counter()
    for truth, read in pairs:
        for step in Levenshtein.opcodes(truth, read):
            stands = truth[step.src_start : step.src_end]
            seen = read[step.dest_start : step.dest_end]
            short = 0 < len(stands) <= LONGEST and 0 < len(seen) <= LONGEST
            if step.tag == "replace" and short and stands.strip() and seen.strip():
                found[stands, seen] += 1
    return found


def confuse(text: str, table: Mapping[tuple[str, str], int], chance: Random) -> str | None:
    """The text with one confusion in it, drawn by weight; None where none of them fits."""
    places = [
        (start, stands, seen, weight)
        for (stands, seen), weight in sorted(table.items())
        for start in range(len(text))
        if text.startswith(stands, start)
    ]
    if not places:
        return None
    ((start, stands, seen, _),) = chance.choices(places, [weight for *_, weight in places])
    return text[:start] + seen + text[start + len(stands) :]
