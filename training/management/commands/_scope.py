"""The option every training command shares: which document type."""

from argparse import ArgumentParser

from recognition.management.named import type_named
from recognition.models import DocumentType


def add_scope(parser: ArgumentParser) -> None:
    """`--type NAME`, or `--all-types`; one of them must be there."""
    group = parser.add_mutually_exclusive_group(required=True)
    group.add_argument("--type", metavar="NAME", help="the document type, by its name")
    group.add_argument("--all-types", action="store_true", help="the model for all types")


def scope_of(options: dict[str, object]) -> DocumentType | None:
    """The document type asked for, None for all types. Raises CommandError."""
    if options["all_types"]:
        return None
    return type_named(str(options["type"]))
