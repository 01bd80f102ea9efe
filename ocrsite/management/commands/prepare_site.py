"""Everything between an empty database and a site that can be started, in one process."""

import hashlib
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Migrate, collect static files, install the base model, make the first admin."

    def handle(self, *args: Any, **options: Any) -> None:
        """Progress goes to standard error; standard output has the first admin's password only.

        `migrate` runs the system checks. The admin comes last: nothing can fail after a password
        that is shown only once.
        """
        call_command(
            "migrate", interactive=False, verbosity=options["verbosity"] - 1, stdout=sys.stderr
        )
        _collect_static()
        call_command("install_base_model", stdout=sys.stderr)
        call_command("ensure_admin", stdout=self.stdout)


def _collect_static() -> None:
    """Collect static files where one has changed: hashing all of them takes seconds."""
    stamp = Path(settings.STATIC_ROOT) / ".collected"
    current = _static_fingerprint()
    if stamp.exists() and stamp.read_text() == current:
        return
    call_command("collectstatic", interactive=False, clear=True, verbosity=0, stdout=sys.stderr)
    stamp.write_text(current)


def _static_fingerprint() -> str:
    """A hash over name, size and time of change of every static file there is."""
    digest = hashlib.sha256(settings.STATIC_URL.encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            status = Path(storage.path(name)).stat()
            digest.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()
