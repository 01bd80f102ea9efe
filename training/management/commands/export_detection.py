"""Boxes of reviewed pages for training a detector: `manage.py export_detection --type Receipts`."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from recognition.management.named import type_named
from recognition.management.progress import Progress
from training.detection_export import FILES, export_detection, pages_to_export
from training.exceptions import NotExportable


class Command(BaseCommand):
    help = "Write a type's reviewed pages and their boxes as PaddleOCR's detection labels."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--type", required=True, metavar="NAME", help="the document type")
        parser.add_argument(
            "--out", type=Path, required=True, metavar="DIR", help="a new or an empty folder"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        document_type = type_named(options["type"])
        progress = Progress("pages", pages_to_export(document_type))
        try:
            found = export_detection(
                document_type=document_type, out=options["out"], on_page=progress.show
            )
        except NotExportable as error:
            raise CommandError(error.message) from error
        for split, name in FILES.items():
            pages, boxes = found.pages.get(split, 0), found.boxes.get(split, 0)
            note = ", never to be trained on" if split == "test" else ""
            self.stdout.write(f"{name}: {pages} pages, {boxes} boxes ({split}{note})")
        if found.masked:
            self.stdout.write(f"{found.masked} of the boxes are illegible, and masked.")
        for reason, pages in found.left_out.items():
            self.stdout.write(f"Left out: {pages} pages, {reason}.")
