"""`python -m recognition.synthesis OUT --kind old_print --count 8 --seed 1`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from recognition.synthesis.faces import FontsMissing
from recognition.synthesis.output import write_set
from recognition.synthesis.types import WEARS, Kind


def main(arguments: Sequence[str] | None = None) -> int:
    """Write a set of pages with ground truth; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m recognition.synthesis",
        description="Render documents with ground truth: images/ and labels.jsonl.",
    )
    parser.add_argument("out", type=Path, help="folder to write to, made where it is not there")
    parser.add_argument("--kind", type=Kind, choices=list(Kind), default=Kind.RECEIPT)
    parser.add_argument("--count", type=int, default=8, help="pages (default: 8)")
    parser.add_argument("--seed", type=int, default=1, help="of the first page; others follow it")
    parser.add_argument("--wear", choices=list(WEARS), default="moderate")
    options = parser.parse_args(arguments)
    if options.count < 1 or options.seed < 0:
        parser.error("--count must be at least 1 and --seed not negative.")
    try:
        pages = write_set(
            options.out, options.kind, options.count, options.seed, wear=WEARS[options.wear]
        )
    except (FontsMissing, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    lines = sum(len(page.lines) for page in pages)
    print(f"{len(pages)} pages with {lines} lines in {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
