"""Whether a reading worker's memory stays flat: `python -m bench.read PAGES_DIR --soak 500`."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from bench.engines import OURS, EngineProcess, stored_pages
from bench.report import goal, report, table

MEMORY_GOAL_MB = 700.0
GROWTH_GOAL_MB = 20.0  # between the second and the last quarter; what allocators sway by
SAMPLES = 10


def read_long(site: Path, images: Sequence[Path], pages: int, *, threads: int) -> dict[str, Any]:
    """Read `pages` pages, the images over and over, and watch the memory."""
    kept = stored_pages(site, images)
    memory: list[float] = []
    peak = 0.0
    with EngineProcess(OURS, threads=threads, site=site) as engine:
        for page in itertools.islice(itertools.cycle(kept), pages):
            answer = engine.read(page)
            memory.append(answer["memory_mb"])
            peak = answer["peak_memory_mb"]
    quarter = max(pages // 4, 1)
    growth = median(memory[-quarter:]) - median(memory[quarter : 2 * quarter] or memory)
    step = max(pages // SAMPLES, 1)
    seen = {count: memory[count - 1] for count in [1, *range(step, pages + 1, step)]}
    print(table([("pages", "MB"), *((f"{n:,}", f"{mb:.0f}") for n, mb in seen.items())]))
    run = {
        "pages": pages,
        "images": len(images),
        "memory_mb_by_pages": seen,
        "last_memory_mb": memory[-1],
        "peak_memory_mb": peak,
        "growth_mb": growth,
    }
    goals = [
        goal(f"memory after {pages} pages", memory[-1], MEMORY_GOAL_MB, "MB", "low"),
        goal(f"peak memory over {pages} pages", peak, MEMORY_GOAL_MB, "MB", "low"),
        goal("growth, second to last quarter", growth, GROWTH_GOAL_MB, "MB", "low"),
    ]
    return report(goals, [run])
