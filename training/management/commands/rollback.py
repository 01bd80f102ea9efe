"""Go back to the model that served before: `manage.py rollback --type Receipts`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from recognition.exceptions import NothingToRollBack
from training.management.commands._scope import add_scope, scope_of
from training.serving import take_back


class Command(BaseCommand):
    help = "Take a scope's active model out of service; what served before serves again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_scope(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        scope = scope_of(options)
        try:
            activation = take_back(document_type=scope, actor=None, reason="manage.py rollback")
        except NothingToRollBack as error:
            raise CommandError(error.message) from error
        serving = activation.model_version or "the model for all types"
        self.stdout.write(f"{serving} serves {scope or 'all types'} again.")
