"""Train by hand what the nightly job trains: `manage.py retrain --type Receipts`."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from training.exceptions import RunWaiting
from training.management.commands._scope import add_scope, scope_of
from training.models import TrainingRun
from training.runs import execute_run, request_run
from training.states import OPEN, RunStatus

POLL_SECONDS = 1.0


class Command(BaseCommand):
    help = "Learn from the labels of a document type now; a better model goes into service."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_scope(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        scope = scope_of(options)
        try:
            run = request_run(document_type=scope, trigger=TrainingRun.Trigger.MANUAL)
        except RunWaiting as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"Run {run.pk} started.")
        if execute_run(run.pk) == "not waiting":
            self._follow(run)  # a worker was quicker, or another run is under way
        run.refresh_from_db()
        self._tell(run)

    def _follow(self, run: TrainingRun) -> None:
        told = ""
        while run.status in OPEN:
            now = f"{run.get_status_display()}: {run.get_stage_display()} {run.progress:.0%}"
            if now != told:
                self.stdout.write(now)
                told = now
            time.sleep(POLL_SECONDS)
            run.refresh_from_db()

    def _tell(self, run: TrainingRun) -> None:
        if run.status == RunStatus.SKIPPED:
            self.stdout.write(f"Skipped: {run.failure_message}")
            return
        if run.status != RunStatus.SUCCEEDED:
            raise CommandError(f"{run.get_status_display()}: {run.failure_message}")
        verdict = run.verdict
        if verdict["before"] is not None:
            self.stdout.write(
                f"Character error rate on {verdict['lines']} held-out lines: "
                f"{verdict['before']:.2%} before, {verdict['after']:.2%} now."
            )
        for reason in [*verdict["reasons"], *verdict["remarks"]]:
            self.stdout.write(f"- {reason['sentence']}")
        word = "is in service" if verdict["accept"] else "was refused by the gate"
        self.stdout.write(f"{run.candidate} {word}.")
