"""What a page costs against its number of lines: `python -m bench.read --lines`.

The pages are drawn by the project's own synthesis. Those of the series are A4 at 300 dots to the
inch, in ten columns of small type from the left; size of page and of type stay the same, so that
only the number of lines differs. An ordinary page of 40 long lines stands beside them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from bench.engines import OURS, EngineProcess, stored_pages
from bench.report import goal, percentile, report, table
from recognition.synthesis import faces, prose
from recognition.synthesis.faces import Face
from recognition.synthesis.sheet import Sheet
from recognition.synthesis.words import Language, Rng

COUNTS = (10, 20, 40, 100, 250, 500, 1_000, 1_500)
COLUMNS, ROWS = 10, 150
A4_AT_300 = (2_480, 3_508)
A4_AT_200 = (1_654, 2_339)
ORDINARY_LINES = 40
ORDINARY_PAGES = 10
ORDINARY_GOAL_SECONDS = 1.0  # 95th percentile
LINEAR_GOAL = 1.25
"""Times a line may cost between the last two counts what it costs between the middle ones."""
MIDDLE = (100, 500)
FEWEST_ROUNDS = 3


def read_dense_pages(site: Path, *, threads: int, rounds: int) -> dict[str, Any]:
    """Read pages of more and more lines, round by round, and say what a line costs."""
    folder = site / "drawn"
    folder.mkdir()
    sheets = [_dense(count, seed=count) for count in COUNTS]
    sheets += [_ordinary(seed) for seed in range(ORDINARY_PAGES)]
    drawn = []
    for number, sheet in enumerate(sheets):
        drawn.append(folder / f"{number}.png")
        sheet.image.save(drawn[-1])
    kept = stored_pages(site, drawn)
    answers: list[list[dict[str, Any]]] = [[] for _ in kept]
    with EngineProcess(OURS, threads=threads, site=site) as engine:
        engine.read(kept[0])
        for _ in range(max(rounds, FEWEST_ROUNDS)):
            for page, found in zip(kept, answers, strict=True):
                found.append(engine.read(page))
    runs = [_run(count, found) for count, found in zip(COUNTS, answers, strict=False)]
    ordinary = [answer for found in answers[len(COUNTS) :] for answer in found]
    seconds = [answer["seconds"] for answer in ordinary]
    runs.append({**_run(ORDINARY_LINES, ordinary), "page": "ordinary"})
    heading = ("page", "lines", "lines read", "s", "CPU s", "ms a line", "peak MB")
    rows = [
        (
            run["page"],
            f"{run['lines']:,}",
            f"{run['lines_read']:,}",
            f"{run['seconds']:.2f}",
            f"{run['processor_seconds']:.2f}",
            f"{run['seconds'] * 1000 / run['lines']:.1f}",
            f"{run['peak_memory_mb']:.0f}",
        )
        for run in runs
    ]
    print(table([heading, *rows]))
    by_count = {run["lines"]: run["processor_seconds"] for run in runs if run["page"] == "dense"}
    middle, end = _slope(by_count, *MIDDLE), _slope(by_count, COUNTS[-2], COUNTS[-1])
    goals = [
        goal(
            f"processor time of a line from {COUNTS[-2]:,} to {COUNTS[-1]:,} lines, of that from "
            f"{MIDDLE[0]} to {MIDDLE[1]}",
            # More lines for less time is noise: it shows nothing, and no goal holds by it.
            end / middle if end > 0 < middle else None,
            LINEAR_GOAL,
            "times",
            "low",
        ),
        goal(
            f"95th percentile of an A4 page of {ORDINARY_LINES} lines",
            percentile(seconds, 0.95),
            ORDINARY_GOAL_SECONDS,
            "s",
            "low",
        ),
    ]
    return report(goals, runs)


def _run(count: int, answers: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "page": "dense",
        "lines": count,
        "lines_read": round(median(len(answer["lines"]) for answer in answers)),
        "rounds": len(answers),
        "seconds": median(answer["seconds"] for answer in answers),
        "seconds_least": min(answer["seconds"] for answer in answers),
        "seconds_most": max(answer["seconds"] for answer in answers),
        "processor_seconds": median(answer["processor_seconds"] for answer in answers),
        "peak_memory_mb": max(answer["peak_memory_mb"] for answer in answers),
    }


def _slope(seconds: dict[int, float], start: int, end: int) -> float:
    """Seconds a line between two counts."""
    return (seconds[end] - seconds[start]) / (end - start)


def _dense(count: int, seed: int) -> Sheet:
    """`count` short lines, column by column."""
    sheet = Sheet(*A4_AT_300)
    column, row = A4_AT_300[0] // COLUMNS, A4_AT_300[1] // (ROWS + 2)
    rng = np.random.default_rng(seed)
    # Columns as even as can be: a page half full is half full in every part of it.
    texts = _lines(rng, Face.SERIF, 19, column - 28)
    for index in range(count):
        x = (index % COLUMNS) * column + 14
        y = (index // COLUMNS + 1.7) * row
        sheet.write(x, y, next(texts), Face.SERIF, 19)
    return sheet


def _ordinary(seed: int) -> Sheet:
    """A page of 40 long lines, as letters have them."""
    sheet = Sheet(*A4_AT_200)
    texts = _lines(np.random.default_rng(seed), Face.SERIF, 32, A4_AT_200[0] - 300)
    for row in range(ORDINARY_LINES):
        sheet.write(150, 190 + row * 50, next(texts), Face.SERIF, 32)
    return sheet


def _lines(rng: Rng, face: Face, size: float, width: float) -> Iterator[str]:
    """Prose without end, in lines as full as they get."""
    line = ""
    while True:
        for sentence in prose.sentences(rng, Language.ENGLISH):
            for word in sentence.replace("{", "").replace("}", "").split():
                longer = f"{line} {word}".strip()
                if line and faces.measure(longer, face, size).advance > width:
                    yield line
                    line = word
                else:
                    line = longer
