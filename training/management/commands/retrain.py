"""Train by hand what the nightly job trains: `manage.py retrain --type Receipts`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from training.exceptions import RunWaiting
from training.management.commands._carry import carry_through
from training.management.commands._scope import add_scope, scope_of
from training.models import TrainingRun
from training.runs import request_run


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
        carry_through(run, self.stdout)
