"""Rendered documents with ground truth: for the demo, for tests, for trying a model.

Nothing here is a copy of anybody's document: layouts, names and sentences are the project's own.
"""

from recognition.synthesis.documents import render_document
from recognition.synthesis.types import (
    HEAVY,
    LIGHT,
    MODERATE,
    PRISTINE,
    WEARS,
    Kind,
    RenderedDocument,
    TruthLine,
    Wear,
)

__all__ = [
    "HEAVY",
    "LIGHT",
    "MODERATE",
    "PRISTINE",
    "WEARS",
    "Kind",
    "RenderedDocument",
    "TruthLine",
    "Wear",
    "render_document",
]
