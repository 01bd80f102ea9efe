"""How well paragraphs are found within a column: `python -m bench.paragraphs --json FILE`.

Draws the ends of lines only, no letters: words of random length are broken into columns of many
widths, justified or ragged, with an indent or without, at the scatter of a detector's boxes and
on pages that bend. `found` is the share of paragraph beginnings that were seen, `right` the share
of those seen that are some. Verse and quotations have none to be found, and every one is wrong.
"""

from __future__ import annotations

import argparse
import math
import random
from pathlib import Path

from bench.report import machine, table, write_json
from recognition.paragraphs import Extent, paragraph_starts

BOX = 1.15  # em: height of a detected line
SCATTER = 0.06  # em: of a detected line's ends
BEND = 0.8  # em: how far a column's edge strays over a page, at most

Drawn = tuple[list[Extent], set[int]]


def broken(
    rng: random.Random, width: float, words: int, indent: float
) -> list[tuple[float, float]]:
    """(start, end) in em of the lines of one paragraph, ragged."""
    lines: list[tuple[float, float]] = []
    start = at = indent
    for _ in range(words):
        word = 0.48 * min(1 + int(rng.expovariate(1 / 4.2)), 16)
        if at > start and at + 0.28 + word > width:
            lines.append((start, at))
            start, at = 0.0, word
        else:
            at += word + (0.28 if at > start else 0.0)
    return [*lines, (start, at)]


def drawn_column(rng: random.Random, *, justified: bool, indent: float, words: float) -> Drawn:
    """A column's lines, and which of them begin a paragraph."""
    width, lines, starts = rng.uniform(14, 45), [], set()
    while len(lines) < 45:
        count = max(int(rng.expovariate(1 / words)), 3)
        part = broken(rng, width, count, indent if lines else 0.0)
        if lines:
            starts.add(len(lines))
        if justified:
            part = [(start, width) for start, _ in part[:-1]] + part[-1:]
        lines += part
    return placed(rng, lines), starts


def drawn_verse(rng: random.Random) -> Drawn:
    """Lines of verse, every other one set in."""
    step = rng.choice([0.0, 1.0, 2.0])
    return placed(rng, [(step * (i % 2), rng.uniform(12, 18)) for i in range(36)]), set()


def placed(rng: random.Random, lines: list[tuple[float, float]]) -> list[Extent]:
    """Lines as a detector gives them, on a page that bends."""
    bend, turn = rng.uniform(0, BEND), rng.uniform(0, math.pi)
    made = []
    for i, (start, end) in enumerate(lines):
        stray = bend * math.sin(turn + math.pi * i / len(lines))
        left, right = (stray + x + rng.gauss(0, SCATTER) for x in (start, end))
        made.append(Extent(30 * left, 30 * right, 30 * BOX * rng.uniform(0.93, 1.07)))
    return made


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.paragraphs", description=__doc__)
    parser.add_argument("--columns", type=int, default=300, help="of each kind")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    runs = []
    for name, justified, indented, words in (
        ("justified, indented", True, True, 70.0),
        ("justified, no indent", True, False, 70.0),
        ("justified, speech", True, True, 14.0),
        ("ragged, indented", False, True, 70.0),
        ("ragged, no indent", False, False, 70.0),
        ("verse", False, False, 0.0),
    ):
        seen = right = all_starts = whole = 0
        for _ in range(options.columns):
            lines, starts = (
                drawn_column(
                    rng,
                    justified=justified,
                    indent=rng.uniform(0.9, 2.2) if indented else 0.0,
                    words=words,
                )
                if words
                else drawn_verse(rng)
            )
            found = set(paragraph_starts(lines))
            seen, right = seen + len(found), right + len(found & starts)
            all_starts += len(starts)
            whole += found == starts
        runs.append(
            {
                "kind": name,
                "columns": options.columns,
                "all right": whole / options.columns,
                "paragraphs": all_starts,
                "found": right / all_starts if all_starts else None,
                "right": right / seen if seen else None,
                "wrong": seen - right,
            }
        )
    names = list(runs[0])
    rows = [[f"{v:.1%}" if isinstance(v, float) else str(v) for v in run.values()] for run in runs]
    print(table([names, *rows]))
    write_json(options.json, {"goals": [], "runs": runs, "machine": machine()})


if __name__ == "__main__":
    main()
