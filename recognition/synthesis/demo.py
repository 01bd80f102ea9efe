"""The batches a first look at the product begins with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from recognition.synthesis.documents import render_document
from recognition.synthesis.output import Format, encode_document
from recognition.synthesis.types import HEAVY, LIGHT, MODERATE, Kind, RenderedDocument, Wear

OLD_PRINT_WEAR = replace(MODERATE, fading=0.5, spread=0.6, texture=0.7, blur_pixels=0.9)
"""What a careful scan of an old book looks like."""

FOLIOS = (3, 2, 4, 21, 5, 0, 6, 7, 30, 8, 1, 9)
"""Seeds of the old book's pages: so that the first five are enough to learn from and to judge by.

A document's hash decides whether it is learnt from, and by chance all twelve could be.
"""


@dataclass(frozen=True, slots=True)
class DemoFile:
    """One file to upload, with the truth about its pages."""

    batch: str
    """Name of the batch the file belongs to; files of one batch follow each other."""
    document_type: str
    """Name of the document type the batch is uploaded as."""
    name: str
    content: bytes
    pages: tuple[RenderedDocument, ...]


def demo_documents(seed: int = 1) -> Iterator[DemoFile]:
    """The demo's files, batch by batch, rendered as they are asked for.

    Twenty-five documents with twenty-eight pages: receipts, forms, letters in several formats, and
    enough pages of one old book that a few corrected ones are worth learning from. The same seed
    gives the same files.
    """
    for number, wear in enumerate((MODERATE, LIGHT, LIGHT, HEAVY, LIGHT, MODERATE)):
        yield _file("Receipts", "Receipt", f"receipt-{number + 1:02d}", Format.JPEG,
                    [(Kind.RECEIPT, wear)], seed * 1000 + number)  # fmt: skip
    letter = [(Kind.LETTER, LIGHT)]
    for number, (kind, pages) in enumerate(
        [
            (Format.PDF, [*letter, *letter, (Kind.LETTER, MODERATE)]),
            (Format.TIFF, [*letter, (Kind.LETTER, MODERATE)]),
            (Format.PNG, letter),
            (Format.PNG, [(Kind.LETTER, MODERATE)]),
        ]
    ):
        yield _file("Letters", "Letter", f"letter-{number + 1:02d}", kind, pages,
                    seed * 1000 + 10 * number)  # fmt: skip
    for number in range(3):
        wear = HEAVY if number == 2 else MODERATE
        yield _file("Forms", "Form", f"form-{number + 1:02d}", Format.JPEG, [(Kind.FORM, wear)],
                    seed * 1000 + number)  # fmt: skip
    for number, folio in enumerate(FOLIOS):
        yield _file("Old print", "Old print", f"chronicle-{number + 1:02d}", Format.JPEG,
                    [(Kind.OLD_PRINT, OLD_PRINT_WEAR)], seed * 1000 + folio)  # fmt: skip


def _file(
    batch: str,
    document_type: str,
    stem: str,
    kind: Format,
    contents: list[tuple[Kind, Wear]],
    seed: int,
) -> DemoFile:
    pages = tuple(
        render_document(what, seed + index, wear) for index, (what, wear) in enumerate(contents)
    )
    return DemoFile(
        batch, document_type, f"{stem}{kind.value}", encode_document(pages, kind), pages
    )
