"""Go back to the model that served before: `manage.py rollback --type Receipts`.

With `--canary` the canary is withdrawn, and the model in service stays.
"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from recognition.exceptions import CanaryOver, NothingToRollBack
from recognition.models import Canary, DocumentType
from training.exceptions import NotActivatable, TrainingError
from training.management.commands._scope import add_scope, scope_of
from training.rereading import request_rereading
from training.serving import take_back
from training.shadow import withdraw_canary


class Command(BaseCommand):
    help = "Take a scope's active model out of service; what served before serves again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_scope(parser)
        parser.add_argument(
            "--canary",
            action="store_true",
            help="withdraw the canary instead; what nobody has seen of its pages is read again",
        )
        parser.add_argument(
            "--reread",
            action="store_true",
            help="have pages that the withdrawn version read, and nobody has seen, read again in "
            "the background",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        scope = scope_of(options)
        if options["canary"]:
            self._withdraw_canary(scope)
            return
        try:
            activation = take_back(document_type=scope, actor=None, reason="manage.py rollback")
        except (NothingToRollBack, NotActivatable) as error:
            raise CommandError(error.message) from error
        serving = activation.model_version or "the model for all types"
        self.stdout.write(f"{serving} serves {scope or 'all types'} again.")
        if not options["reread"] or activation.previous is None:
            return
        try:
            begun = request_rereading(version=activation.previous, actor=None)
        except TrainingError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{begun.pages} pages are read again in the background.")

    def _withdraw_canary(self, scope: DocumentType | None) -> None:
        canary = (
            Canary.objects.running()
            .filter(document_type=scope)
            .select_related("model_version")
            .first()
        )
        if canary is None:
            raise CommandError(f"No canary reads documents of {scope or 'all types'}.")
        try:
            withdraw_canary(canary=canary, actor=None)
        except (CanaryOver, TrainingError) as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{canary.model_version} is withdrawn; its pages are read again.")
