"""Reading lines of a job as the document type they belong to has them read.

What a candidate is compared on and calibrated with has to be what it will be asked for: within
the type's character set, and with the spaces that its network drops put back.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from recognition import ctc
from recognition.character_sets import classes_of
from recognition.crops import Image
from recognition.engines.base import RecognisedLine
from recognition.engines.halves import Features
from recognition.engines.paddle import PaddleEngine
from recognition.spaces import with_spaces
from training.job import Item

_classes = lru_cache(maxsize=8)(classes_of)  # a look at each of 18,710 names


def decode_item(
    lattice: ctc.Array,
    names: Sequence[str],
    item: Item,
    fill: float,
    crop: Image | None = None,
) -> ctc.Decoded:
    """A line decoded within its type's character set, with spaces put back where the crop is given.

    `lattice` are probabilities [steps, classes] with the classes' `names`. What the classes left
    out had goes to the others in proportion: what a softmax without them gives.
    """
    classes = _classes(item.character_set, tuple(names))
    if len(classes) < len(names):
        lattice = lattice[:, classes]
        left = lattice.sum(axis=1, keepdims=True)
        # Where another script was as good as certain nothing at all may be left: then it is blank.
        lattice = lattice / np.maximum(left, np.finfo(lattice.dtype).tiny)
        names = tuple(names[at] for at in classes)
    decoded = ctc.decode(lattice, names, fill)
    return decoded if crop is None else with_spaces(decoded, lattice, names, crop, fill)


def recognise_items(
    engine: PaddleEngine,
    items: Sequence[Item],
    crops: Sequence[Image],
    features: Sequence[Features] | None = None,
) -> list[RecognisedLine]:
    """Each item's crop, in order, as its type reads it with the engine that serves.

    `features` are the crops', where they are there already; see `PaddleEngine.recognise_crops`.
    """
    found: dict[int, RecognisedLine] = {}
    for chosen in {item.character_set for item in items}:
        places = [at for at, item in enumerate(items) if item.character_set == chosen]
        made = None if features is None else [features[at] for at in places]
        read = engine.restricted_to(chosen).recognise_crops([crops[at] for at in places], made)
        found |= zip(places, read, strict=True)
    return [found[at] for at in range(len(items))]
