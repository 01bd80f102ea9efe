"""Documents to look at on a new site, read for real."""

import sys
import time
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from recognition import demo
from recognition.management.progress import Progress
from recognition.models import Page
from recognition.querysets import admins
from recognition.states import PageStatus

LOOK_EVERY = 0.5  # seconds
SILENCE = 300.0  # seconds without any progress, after which something is wrong


class Command(BaseCommand):
    help = "Load the demo batches, once, and wait until they are read."

    def handle(self, *args: Any, **options: Any) -> None:
        """Progress goes to standard error, what there is to review to standard output."""
        actor = admins().order_by("pk").first()
        if actor is None:
            raise CommandError("Make an admin first: manage.py ensure_admin.")
        if not demo.is_loaded():
            _load(actor)
        _wait()
        counts = {status: Page.objects.filter(status=status).count() for status in PageStatus}
        read = counts[PageStatus.ACCEPTED] + counts[PageStatus.REVIEWED]
        self.stdout.write(
            f"The demo is loaded: {counts[PageStatus.REVIEW]} pages to review, {read} accepted or "
            f"reviewed, {counts[PageStatus.FAILED]} failed."
        )


def _load(actor: User) -> None:
    done = 0

    def loaded(name: str) -> None:
        nonlocal done
        done += 1
        sys.stderr.write(f"Rendered and uploaded {done}: {name}\n")

    demo.load_demo(actor, loaded)


def _wait() -> None:
    """Until everything is read; a worker that does not run must not be waited for for ever."""
    before = demo.unread()
    if not any(before):
        return
    progress = Progress("pages read", Page.objects.count())
    moved = time.monotonic()
    while any(now := demo.unread()):
        if now != before:
            before, moved = now, time.monotonic()
        if time.monotonic() - moved > SILENCE:
            raise CommandError(
                "Nothing was read for five minutes. Is an OCR worker running? See its log. What is "
                "queued is read as soon as one is there."
            )
        files, pages = now  # a file still to be split has one page at least
        progress.total = Page.objects.count() + files
        progress.show(progress.total - files - pages)
        time.sleep(LOOK_EVERY)
    progress.total = Page.objects.count()
    progress.show(progress.total)
