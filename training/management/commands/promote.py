"""Put a model version in service by hand: `manage.py promote 3fa94c --type Receipts`.

With `--canary` it reads a share of the documents first.
"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from recognition.canary_share import MOST
from recognition.exceptions import NoModel
from recognition.models import ModelVersion
from training.canary import DEFAULT_SHARE, start_canary
from training.exceptions import NotActivatable
from training.management.commands._scope import add_scope, scope_of
from training.serving import put_in_service


class Command(BaseCommand):
    help = "Put a model version in service for a document type, or for all types."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("sha256", help="the version's hash, or its first digits")
        add_scope(parser)
        parser.add_argument(
            "--canary",
            action="store_true",
            help="let it read a share of the documents, as the canary; it goes into service or is "
            "withdrawn once reviewed documents prove which model is better",
        )
        parser.add_argument(
            "--share",
            type=float,
            metavar="PERCENT",
            help=f"of the documents, for a canary: above 0 and up to {MOST:.0%} "
            f"(default {DEFAULT_SHARE:.0%})".replace("%", "%%"),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        scope = scope_of(options)
        percent = options["share"]
        if percent is not None and not options["canary"]:
            raise CommandError("--share is of a canary; add --canary.")
        share = DEFAULT_SHARE if percent is None else percent / 100
        if not 0 < share <= MOST:
            raise CommandError("Give the share in per cent, above 0 and up to 50.")
        found = list(ModelVersion.objects.filter(sha256__startswith=options["sha256"])[:2])
        if len(found) != 1:
            raise CommandError(
                "No model version has this hash."
                if not found
                else "More than one model version begins so; give more digits."
            )
        version, reason = found[0], "manage.py promote"
        about = f"{version} ({version.short_sha})"
        try:
            if options["canary"]:
                start_canary(
                    version=version, document_type=scope, share=share, actor=None, reason=reason
                )
                said = f"{about} reads {100 * share:g} % of the documents of"
            else:
                put_in_service(version=version, document_type=scope, actor=None, reason=reason)
                said = f"{about} serves"
        except (NotActivatable, NoModel) as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{said} {scope or 'all types'}.")
