"""What reviewing costs in seconds: `python -m bench.review`.

Starts a site of its own on a fresh database. `--parts` chooses among screen (headless Chromium),
api (clients at once), claims, queries and chaos; `--queued` says how many pages wait meanwhile.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.report import goal, print_goals, report, table, write_json
from bench.review_site import database, queue_pages, web

PARTS = ("screen", "api", "claims", "queries", "chaos")
OPEN_GOALS = {40: 0.25, 120: 0.3, 400: 0.4, 1_500: 1.0}  # seconds until a page can be typed on
NEXT_GOAL = 0.15  # seconds from submit to the next page
NEXT_SIZES = (40, 120, 400)
CACHED_KB, UNCACHED_KB, REQUESTS = 40.0, 350.0, 3.0  # a page
CALLS = {"next": (15.0, 40.0), "submit": (25.0, 60.0)}  # milliseconds, median and 95th percentile
CLAIM_P95, QUERY = 25.0, 10.0  # milliseconds
PACED_SHARE = 10  # one claim in so many is made at people's pace, the others without a pause
PACED_PAGES = 4  # so many times fewer pages by a client that pauses


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print a table, write the JSON; returns 1 where a goal is missed."""
    parser = argparse.ArgumentParser(prog="bench.review", description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--sizes", nargs="+", type=int, default=[40, 120, 400, 1_500])
    parser.add_argument("--pages", type=int, default=6, help="worked through of each size")
    parser.add_argument("--queued", type=int, default=10_000, help="pages waiting")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--calls", type=int, default=40, help="pages of each client")
    parser.add_argument("--reviewers", type=int, default=200, help="claiming at once")
    parser.add_argument("--claims", type=int, default=100_000, help="a tenth of them paced")
    parser.add_argument("--pause", type=float, default=4.0, help="seconds between one's pages")
    parser.add_argument("--edits", type=int, default=10_000, help="under chaos")
    parser.add_argument("--windows", type=int, default=8, help="people in Chromium under chaos")
    parser.add_argument("--programs", type=int, default=0, help="programs under chaos")
    parser.add_argument("--minutes", type=float, default=60.0, help="after which chaos ends")
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="bench-review-", ignore_cleanup_errors=True) as var:
        runs = measure(Path(var), options)
    goals = goals_of(runs)
    print(table([("part", "figure", "value"), *_rows(runs)]))
    print_goals(goals)
    write_json(options.json, report(goals, runs))
    return 0 if all(item["holds"] for item in goals) else 1


def measure(var: Path, options: argparse.Namespace) -> list[dict[str, Any]]:
    """The runs of the parts asked for, each beside the same queue."""
    runs: list[dict[str, Any]] = []
    with database(var):
        from bench import review_browser, review_chaos, review_clients

        if "screen" in options.parts:
            with web(var) as address:
                runs += review_browser.screens(address, options.sizes, pages=options.pages)
        if {"api", "claims", "queries"} & set(options.parts):
            pages = {0.0: options.calls, options.pause: max(options.calls // PACED_PAGES, 1)}
            queue_pages(options.queued, with_lines=(sum(pages.values()) + 4) * options.clients)
        if "queries" in options.parts:
            runs.append(review_clients.queries() | {"queued": options.queued})
        if "api" in options.parts:
            with web(var) as address:
                for pause, number in pages.items():
                    found = review_clients.api(
                        address, clients=options.clients, pages=number, pause=pause
                    )
                    runs.append(found | {"queued": options.queued})
        if "claims" in options.parts:
            paced = options.claims // PACED_SHARE
            for number, pause in ((options.claims - paced, 0.0), (paced, options.pause)):
                found = review_clients.claims(
                    reviewers=options.reviewers, number=number, pause=pause
                )
                runs.append(found | {"queued": options.queued})
        if "chaos" in options.parts:
            runs.append(
                review_chaos.chaos(
                    var,
                    edits=options.edits,
                    windows=options.windows,
                    programs=options.programs,
                    minutes=options.minutes,
                )
            )
    return runs


def goals_of(runs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The marks that the runs are held against."""
    goals = []
    for run in runs:
        if run["part"] == "screen":
            goals += _screen_goals(run)
        elif run["part"] == "api":
            for name, marks in CALLS.items():
                for share, mark in zip(("p50", "p95"), marks, strict=True):
                    told = f"{name} {share}, {run['clients']} clients {_pace(run)}"
                    goals.append(goal(told, run[f"{name}_{share}_ms"], mark, "ms", "low"))
        elif run["part"] == "claims":
            told = f"{run['claims']:,} claims {_pace(run)}"
            goals.append(goal(f"p95 of {told}", run["p95_ms"], CLAIM_P95, "ms", "low"))
            goals.append(goal(f"held twice in {told}", run["held_twice"], 0, "pages", "low"))
        elif run["part"] == "queries":
            for who in ("reviewer", "admin"):
                told = f"queue of {run['queued']:,} for a {who}"
                goals.append(goal(told, run[f"queue_{who}_ms"], QUERY, "ms", "low"))
        else:
            for name in ("lost", "held_twice", "submitted_twice"):
                goals.append(goal(f"chaos: {name}", run[name], 0, "", "low"))
    return goals


def _pace(run: dict[str, Any]) -> str:
    pace = f"every {run['pause_s']:g} s each" if run["pause_s"] else "without a pause"
    return f"{pace}, {run['queued']:,} queued"


def _screen_goals(run: dict[str, Any]) -> list[dict[str, Any]]:
    lines = run["lines"]
    found = []
    if lines in OPEN_GOALS:
        told = f"open to usable, {lines} lines"
        found.append(goal(told, run["open_s"], OPEN_GOALS[lines], "s", "low"))
    if lines in NEXT_SIZES:
        told = f"submit to next usable, {lines} lines"
        found.append(goal(told, run["submit_to_next_s"], NEXT_GOAL, "s", "low"))
    if lines == NEXT_SIZES[0]:
        found += [
            goal("sent for a page, cached", run["page_kb"], CACHED_KB, "kB", "low"),
            goal("sent for the first page", run["uncached_kb"], UNCACHED_KB, "kB", "low"),
            goal("requests for a page", run["page_requests"], REQUESTS, "requests", "low"),
        ]
    return found


def _rows(runs: Sequence[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [
        (str(run["part"]), name, f"{value:.4g}" if isinstance(value, float) else str(value))
        for run in runs
        for name, value in run.items()
        if name not in ("part", "claim_plan")
    ]


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # its site ends too
    sys.exit(main())
