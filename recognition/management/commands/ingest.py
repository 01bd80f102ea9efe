"""A directory of files as a batch, from the server's own disk."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from recognition.exceptions import FileRefused
from recognition.files import file_chunks
from recognition.intake import add_file, create_batch
from recognition.management.named import type_named
from recognition.management.progress import Progress
from recognition.querysets import admins
from recognition.states import DocumentStatus


class Command(BaseCommand):
    help = "Add all files of a directory, and of those below it, as a new batch."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("directory", type=Path)
        parser.add_argument("--type", required=True, dest="type_name", help="document type's name")
        parser.add_argument("--name", help="the batch's name; the directory's, if not given")
        parser.add_argument("--user", help="whose batch it is; the first admin's, if not given")

    def handle(self, *args: Any, **options: Any) -> None:
        """Fails after all files are tried where any was refused or cannot be read as a document."""
        directory: Path = options["directory"]
        if not directory.is_dir():
            raise CommandError(f"{directory} is no directory.")
        paths = sorted(path for path in directory.rglob("*") if _is_wanted(path, directory))
        if not paths:
            raise CommandError(f"There are no files in {directory}.")
        batch = create_batch(
            name=(options["name"] or directory.resolve().name)[:200],
            document_type=type_named(options["type_name"]),
            actor=_user(options["user"]),
        )
        progress = Progress("files", len(paths))
        counts = {"stored": 0, "duplicate": 0}
        failures: list[str] = []
        for done, path in enumerate(paths):
            progress.show(done, path.name)
            try:
                document = add_file(
                    batch=batch,
                    filename=path.name,
                    folder=_folder(path, directory),
                    chunks=file_chunks(path),
                )
            except (FileRefused, OSError) as error:
                failures.append(f"{path}: {error}")
                continue
            if document.status == DocumentStatus.FAILED:
                failures.append(f"{path}: {document.failure_message}")
            else:
                counts[document.status] += 1
        progress.show(len(paths))
        self.stdout.write(
            f"Batch {batch.pk} ({batch}): {counts['stored']} files stored, "
            f"{counts['duplicate']} here already, {len(failures)} failed."
        )
        if failures:
            raise CommandError("\n".join(failures))


def _is_wanted(path: Path, directory: Path) -> bool:
    """Files, but for the hidden ones that systems leave behind."""
    parts = path.relative_to(directory).parts
    return path.is_file() and not any(part.startswith(".") for part in parts)


def _folder(path: Path, directory: Path) -> str:
    """The folders between the directory and the file, as they are shown."""
    return "/".join(path.relative_to(directory).parent.parts)


def _user(name: str | None) -> User:
    if name:
        found = User.objects.filter(is_active=True, username=name).first()
    else:
        found = admins().order_by("pk").first()
    if found is None:
        raise CommandError(
            f"There is no user {name}." if name else "Make an admin first: manage.py ensure_admin."
        )
    return found
