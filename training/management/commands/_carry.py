"""Carrying a run through on the terminal: its stages as they come, and how it ended."""

import time
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, OutputWrapper

from training.models import TrainingRun
from training.runner import Ended, run_trainer
from training.runs import execute_run
from training.states import OPEN, RunStatus, Stage

POLL_SECONDS = 1.0


def carry_through(run: TrainingRun, out: OutputWrapper) -> None:
    """Execute a queued run here, or follow it where a worker was quicker; then tell its outcome.

    Raises CommandError where it failed or was stopped. A run that was skipped, or whose candidate
    the gate refused, has done what it should: that is no failure.
    """
    out.write(f"Run {run.pk} started.")
    if execute_run(run.pk, trainer=_Telling(out)) == "not waiting":
        _follow(run, out)
    run.refresh_from_db()
    _tell(run, out)


class _Telling:
    """The trainer, which also says each stage and each tenth of it."""

    def __init__(self, out: OutputWrapper) -> None:
        self._out = out
        self._told = ""

    def __call__(self, job: Path, **rest: Any) -> Ended:
        note = rest.pop("on_progress")

        def on_progress(lines: list[dict[str, Any]]) -> None:
            for line in lines:
                self._say(line)
            note(lines)

        return run_trainer(job, on_progress=on_progress, **rest)

    def _say(self, line: dict[str, Any]) -> None:
        stage = str(line["stage"])
        name = Stage(stage).label if stage in Stage.values else stage
        share = int(10 * line.get("step", 0) / max(line.get("of") or 1, 1)) * 10
        if (now := f"{name}: {share} %") != self._told:
            self._out.write(now)
            self._told = now


def _follow(run: TrainingRun, out: OutputWrapper) -> None:
    told = ""
    run.refresh_from_db()
    while run.status in OPEN:
        now = f"{run.get_status_display()}: {run.get_stage_display()} {run.progress:.0%}"
        if now != told:
            out.write(now)
            told = now
        time.sleep(POLL_SECONDS)
        run.refresh_from_db()


def _tell(run: TrainingRun, out: OutputWrapper) -> None:
    if run.status == RunStatus.SKIPPED:
        out.write(f"Skipped: {run.failure_message}")
        return
    if run.status != RunStatus.SUCCEEDED:
        raise CommandError(f"{run.get_status_display()}: {run.failure_message}")
    verdict = run.verdict
    if verdict["before"] is not None:
        out.write(
            f"Character error rate on {verdict['lines']} held-out lines: "
            f"{verdict['before']:.2%} before, {verdict['after']:.2%} now."
        )
    for reason in [*verdict["reasons"], *verdict["remarks"]]:
        out.write(f"- {reason['sentence']}")
    word = "was refused by the gate"
    if verdict.get("as_canary"):
        word = "reads a share of the documents as the canary"
    elif verdict["accept"]:
        word = "is in service"
    elif verdict.get("on_trial"):
        word = "is not proven yet; it reads new pages beside the model in service"
    out.write(f"{run.candidate} {word}.")
