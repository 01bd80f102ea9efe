"""The bench of reviewing at its smallest: it runs, its figures are whole, nothing is lost."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
SMALL = "--queued 200 --clients 2 --calls 3 --reviewers 8 --claims 80 --pause 0.1"
CHAOS = "--edits 48 --windows 2 --programs 2"


def test_the_bench_of_reviewing_tells_all_its_goals_and_loses_nothing(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    parts = ["--parts", "queries", "api", "claims", "chaos", *SMALL.split(), *CHAOS.split()]
    unset = ("DATABASE_URL", "CELERY_BROKER_URL", "VAR_DIR")
    done = subprocess.run(
        [sys.executable, "-m", "bench.review", *parts, "--json", str(figures)],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name not in unset},
        capture_output=True,
        text=True,
        check=False,
    )
    assert figures.exists(), done.stdout + done.stderr
    told = json.loads(figures.read_text())
    goals = {goal["name"]: goal for goal in told["goals"]}
    assert {"next p50", "next p95", "submit p50", "submit p95"} == {
        name.split(",")[0] for name in goals if name.startswith(("next", "submit"))
    }
    never = [goal for goal in told["goals"] if goal["goal"] == 0]
    assert len(never) == 5
    assert all(goal["holds"] for goal in never), never
    runs = {run["part"]: run for run in told["runs"]}
    assert sum(run["claims"] for run in told["runs"] if run["part"] == "claims") == 80
    assert runs["chaos"]["edits"] >= 48
    assert runs["chaos"]["in_windows"] >= 20
    assert told["machine"]["cores"]
