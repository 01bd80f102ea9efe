"""Learn at once where enough was corrected since the last time: `manage.py refresh`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from training.management.commands._carry import carry_through
from training.refresh import request_due_refreshes


class Command(BaseCommand):
    help = (
        "Train each document type with enough new corrections, as the site does by itself every "
        "few seconds; `retrain` trains a type however few there are."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--queue-only", action="store_true", help="leave the training to the worker"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        runs = request_due_refreshes()
        if not runs:
            self.stdout.write("No document type has enough new corrections.")
        failed = []
        for run in runs:
            self.stdout.write(f"{run.document_type}: {run.labels_seen} labels with text.")
            if options["queue_only"]:
                continue
            try:
                carry_through(run, self.stdout)
            except CommandError as error:
                self.stderr.write(str(error))
                failed.append(str(run.document_type))
        if failed:
            raise CommandError(f"Failed for {', '.join(failed)}.")
