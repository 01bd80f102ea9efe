"""Put a model version in service by hand: `manage.py promote 3fa94c --type Receipts`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from recognition.models import ModelVersion
from training.exceptions import NotActivatable
from training.management.commands._scope import add_scope, scope_of
from training.serving import put_in_service


class Command(BaseCommand):
    help = "Put a model version in service for a document type, or for all types."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("sha256", help="the version's hash, or its first digits")
        add_scope(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        scope = scope_of(options)
        found = list(ModelVersion.objects.filter(sha256__startswith=options["sha256"])[:2])
        if len(found) != 1:
            raise CommandError(
                "No model version has this hash."
                if not found
                else "More than one model version begins so; give more digits."
            )
        try:
            put_in_service(
                version=found[0], document_type=scope, actor=None, reason="manage.py promote"
            )
        except NotActivatable as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{found[0]} ({found[0].short_sha}) serves {scope or 'all types'}.")
