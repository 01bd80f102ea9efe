"""The bench of reviewing at its smallest: it runs, its figures are whole, nothing is lost."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bench.review_verdict import Typed, verdict, watch_holds
from recognition.events import record_event
from review.drafts import DraftEntry, save_drafts
from review.leases import claim_task
from review.models import ReviewTask
from tests.factories import make_reviewer, make_task

ROOT = Path(__file__).parent.parent
SMALL = "--queued 200 --clients 2 --calls 3 --reviewers 8 --claims 80 --pause 0.1"
CHAOS = "--edits 32 --windows 2 --programs 1"


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
    assert runs["chaos"]["edits"] >= 32
    assert runs["chaos"]["in_windows"] >= 20
    assert told["machine"]["cores"]


@pytest.mark.django_db
def test_the_verdict_on_chaos_sees_what_is_lost_and_what_is_twice() -> None:
    watch_holds()
    rosa, omar = make_reviewer(), make_reviewer()
    task = make_task()
    held = claim_task(task.pk, rosa)
    assert held is not None
    line, other = task.page.lines.current()
    entry = DraftEntry(line.pk, "typed", "corrected", 0)
    save_drafts(task=held, user=rosa, entries=[entry])
    there = Typed(rosa.pk, task.pk, line.pk, "typed")
    missing = Typed(rosa.pk, task.pk, other.pk, "typed, too")
    found = verdict([there, missing])
    assert (found["lost"], found["held_twice"], found["submitted_twice"]) == (1, 0, 0)
    kept = verdict([there, missing], {(task.pk, other.pk, "typed, too")})
    assert (kept["lost"], kept["in_a_browser_only"]) == (0, 1)
    assert verdict([replace(there, submitted=True)])["lost"] == 1
    ReviewTask.objects.filter(pk=task.pk).update(reviewer=omar)
    record_event(verb="submit", subject=task, actor=rosa)
    record_event(verb="submit", subject=task, actor=omar)
    found = verdict([])
    assert (found["held_twice"], found["submitted_twice"]) == (1, 1)
