"""Batches out of the site, one module for each format."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from recognition.models import Batch
from review.exports import as_json, as_text


@dataclass(frozen=True, slots=True)
class Format:
    """How a batch leaves: its writer, in pieces, and what a browser calls the file."""

    write: Callable[[Batch], Iterator[str]]
    media_type: str
    suffix: str


FORMATS = {
    "json": Format(as_json.write, "application/json", "json"),
    "txt": Format(as_text.write, "text/plain; charset=utf-8", "txt"),
}
"""By the name in the address."""
