"""Reviewing while the site is killed around it: nothing typed may be missing in the end."""

from __future__ import annotations

import asyncio
import socket
import time
from collections import Counter
from pathlib import Path
from typing import Any

from bench.review_blows import Blows
from bench.review_clients import make_clients
from bench.review_programs import Program
from bench.review_site import queue_pages
from bench.review_verdict import Edits, Typed, verdict, watch_holds

LINES = 12  # of a page
PAGES_AN_EDIT = 0.2  # more than anybody gets through, pages reloaded and lost included


def chaos(var: Path, *, edits: int, windows: int, programs: int, minutes: float) -> dict[str, Any]:
    """Edits by people in Chromium and by programs while servers, connections and sessions end.

    Who is quick makes more of the `edits`, and everybody at least a page of them; after `minutes`
    nobody makes any. A window's edit is lost where neither the site nor the browser's own store has
    it in the end, a program's where it was acknowledged and the site has it not.
    """
    from django.db import connection

    from bench.review_windows import session_of, work_in_windows
    from review.models import ReviewTask
    from tests.factories import make_reviewer

    pages = int(edits * PAGES_AN_EDIT) + 4 * (windows + programs)
    kind = queue_pages(pages, with_lines=pages, lines=LINES)
    ReviewTask.objects.filter(document_type=kind).update(priority=1)  # before what other parts left
    watch_holds()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    address = f"http://127.0.0.1:{port}"
    shared = Edits(edits, minutes)
    people = [(each, session_of(each)) for each in (make_reviewer() for _ in range(windows))]
    clients = make_clients(address, programs)
    connection.close()  # it would be cut
    machines = [Program(client, shared, seed) for seed, client in enumerate(clients)]
    began = time.monotonic()
    with Blows(var, port) as blows:
        for program in machines:
            program.start()
        seen = asyncio.run(work_in_windows(address, people, shared, calm=blows.stop))
        for program in machines:
            program.join()
            if program.fault:
                raise program.fault
        blows.stop()
    typed: list[Typed] = [each for program in machines for each in program.typed()]
    happened: Counter[str] = Counter()
    kept: set[tuple[int, int, str]] = set()
    for window in seen:
        typed += window.typed()
        happened.update(window.happened)
        kept |= window.kept
    return {
        "part": "chaos",
        "windows": windows,
        "programs": programs,
        "edits": shared.made,
        "in_windows": sum(each.made for each in seen),
        "seconds": time.monotonic() - began,
        **blows.struck,
        **happened,
        **verdict(typed, kept),
    }
