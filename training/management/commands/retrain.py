"""Train by hand what the nightly job trains: `manage.py retrain --type Receipts`.

The whole network: `manage.py retrain --all-types --depth network`.
"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from training.exceptions import ForAllTypes, RunWaiting
from training.management.commands._carry import carry_through
from training.management.commands._scope import add_scope, scope_of
from training.models import TrainingRun
from training.requests import request_run
from training.states import Depth


class Command(BaseCommand):
    help = "Learn from the labels of a document type now; a better model goes into service."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_scope(parser)
        parser.add_argument(
            "--depth",
            choices=Depth.values,
            default=Depth.HEAD,
            help="a head, in minutes; or the whole network from all types' labels, in hours",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        scope = scope_of(options)
        try:
            run = request_run(
                document_type=scope,
                depth=Depth(options["depth"]),
                trigger=TrainingRun.Trigger.MANUAL,
            )
        except (RunWaiting, ForAllTypes) as error:
            raise CommandError(error.message) from error
        carry_through(run, self.stdout)
