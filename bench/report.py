"""What every bench writes and prints: goals, runs and the machine they ran on."""

from __future__ import annotations

import json
import math
import os
import platform
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any, Literal


def goal(
    name: str, value: float | None, mark: float, unit: str, better: Literal["low", "high"]
) -> dict[str, Any]:
    """One goal: holds where `value` is at most (or at least) `mark`; a value of None misses."""
    within = value is not None and (value <= mark if better == "low" else value >= mark)
    return {"name": name, "value": value, "goal": mark, "unit": unit, "holds": within}


def machine() -> dict[str, Any]:
    """The machine, and how busy it is otherwise."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "usable_cores": len(os.sched_getaffinity(0)),
        "load": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
    }


def report(goals: Sequence[dict[str, Any]], runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Goals and runs in the form every bench writes."""
    return {"goals": list(goals), "runs": list(runs), "machine": machine()}


def spread(values: Sequence[float]) -> dict[str, float] | None:
    """Median and range; None without values."""
    if not values:
        return None
    return {"median": median(values), "least": min(values), "most": max(values)}


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of all values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)), 1) - 1]


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows of equal length as aligned text, the first as heading; the first column to the left."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def print_goals(goals: Sequence[dict[str, Any]]) -> None:
    for item in goals:
        state = "holds" if item["holds"] else "MISSED"
        print(f"{state}: {item['name']} {shown(item['value'], item['unit'])}, "
              f"goal {shown(item['goal'], item['unit'])}")  # fmt: skip


def shown(value: float | None, unit: str) -> str:
    if value is None:
        return "unknown"
    return f"{value:.2%}" if unit == "fraction" else f"{value:.3g} {unit}"


def write_json(path: Path | None, written: dict[str, Any]) -> None:
    if path:
        path.write_text(json.dumps(written, ensure_ascii=False, indent=1) + "\n")


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
