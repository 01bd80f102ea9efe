"""From a kind, a seed and an amount of wear to a finished document."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from recognition.synthesis.forms import draw_form
from recognition.synthesis.letters import draw_letter
from recognition.synthesis.old_print import draw_old_print
from recognition.synthesis.receipts import draw_receipt
from recognition.synthesis.sheet import Draft
from recognition.synthesis.types import Kind, RenderedDocument, Wear
from recognition.synthesis.wear import age

_DRAWERS: dict[Kind, Callable[[np.random.Generator], Draft]] = {
    Kind.RECEIPT: draw_receipt,
    Kind.LETTER: draw_letter,
    Kind.FORM: draw_form,
    Kind.OLD_PRINT: draw_old_print,
}


def render_document(kind: Kind, seed: int, wear: Wear) -> RenderedDocument:
    """Render one page of a kind: the same arguments give the same pixels and the same truth.

    The text depends on `kind` and `seed` alone, so that one page can be seen at several amounts
    of wear. `seed` is not negative. Raises FontsMissing where Matplotlib's fonts are not there.
    """
    position = list(Kind).index(kind)
    draft = _DRAWERS[kind](np.random.default_rng([seed, position, 0]))
    return age(draft, wear, np.random.default_rng([seed, position, 1]))
