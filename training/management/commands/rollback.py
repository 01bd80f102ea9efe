"""Go back to the model that served before: `manage.py rollback --type Receipts`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from recognition.exceptions import NothingToRollBack
from training.exceptions import NotActivatable
from training.management.commands._scope import add_scope, scope_of
from training.serving import reread_accepted_pages, take_back


class Command(BaseCommand):
    help = "Take a scope's active model out of service; what served before serves again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_scope(parser)
        parser.add_argument(
            "--reread",
            action="store_true",
            help="have accepted pages that the withdrawn version read, and nobody looked at, read "
            "again in the background",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        scope = scope_of(options)
        try:
            activation = take_back(document_type=scope, actor=None, reason="manage.py rollback")
        except NothingToRollBack as error:
            raise CommandError(error.message) from error
        serving = activation.model_version or "the model for all types"
        self.stdout.write(f"{serving} serves {scope or 'all types'} again.")
        if not options["reread"] or activation.previous is None:
            return
        try:
            pages = reread_accepted_pages(version=activation.previous, actor=None)
        except NotActivatable as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{pages} pages are queued to be read again.")
