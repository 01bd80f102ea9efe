"""From a submit to a better head in service: `python -m bench.refresh --data DIR --labels 300`.

Starts a site of its own with all its processes, puts the lines of a ground truth folder on pages of
ten, and has a person correct them at a set pace. Half of the labels make a first head, all of them
a second; measured is what passes from the submit that crosses the mark to the gate's verdict on the
new head, which is in service then if it was proven better, and how long a person's page takes to
come meanwhile and otherwise.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from PIL import Image as PillowImage

from bench.report import goal, print_goals, report, spread, write_json
from bench.review_site import ROOT, database, web
from bench.train import Truth, read_truth

ON_A_PAGE = 10
WAITING = 4  # pages beyond the mark: a second one may lie behind twice the first
GAP, MARGIN = 40, 60  # pixels between lines and around them
READ_SECONDS, LEARN_SECONDS = 900.0, 900.0
GOAL_SECONDS = 90.0  # at 300 labels on two cores


@dataclass(frozen=True, slots=True)
class Written:
    """Where a line of the truth stands on its page: its vertical middle in pixels, and its text."""

    middle: float
    text: str


def draw_pages(truths: Sequence[Truth], folder: Path, pages: int) -> dict[str, list[Written]]:
    """Pages of ten lines below each other, by file name."""
    found = {}
    for number in range(pages):
        lines = truths[number * ON_A_PAGE : (number + 1) * ON_A_PAGE]
        width = max(line.crop.shape[1] for line in lines) + 2 * MARGIN
        height = sum(line.crop.shape[0] + GAP for line in lines) + 2 * MARGIN
        page = np.full((height, width, 3), 255, dtype=np.uint8)
        top, written = MARGIN, []
        for line in lines:
            tall, wide = line.crop.shape[:2]
            page[top : top + tall, MARGIN : MARGIN + wide] = line.crop
            written.append(Written(top + tall / 2, line.text))
            top += tall + GAP
        name = f"page-{number:03}.png"
        PillowImage.fromarray(page).save(folder / name)
        found[name] = written
    return found


@contextmanager
def workers(var: Path) -> Iterator[None]:
    """The site's processes beside the web, as `bin/up` starts them."""
    from ocrsite.programs import programs

    with ExitStack() as running:
        for program in programs(port=0, reading=1):
            if program.name in {"web", "train"}:
                continue
            log = running.enter_context((var / f"{program.name}.log").open("ab"))
            command = [sys.executable if part == "python" else part for part in program.command]
            started = subprocess.Popen(
                command, cwd=ROOT, stdout=log, stderr=log, start_new_session=True
            )
            running.callback(_stop, started)
        yield


def _stop(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


class Reviewer:
    """A person who corrects page after page, each line in so many seconds."""

    def __init__(self, site: str, pages: dict[str, list[Written]], seconds_a_line: float) -> None:
        from django.test import Client

        from tests.factories import make_reviewer

        self._user = make_reviewer()
        client = Client()
        client.force_login(self._user)
        self._cookie = f"sessionid={client.cookies['sessionid'].value}"
        self._site, self._pages, self._pace = urlsplit(site).netloc, pages, seconds_a_line
        self.opened: list[tuple[bool, float]] = []
        """Of each page: whether a head was being trained, and seconds until it came."""

    def correct_page(self) -> int:
        """Correct the next page; returns of how many lines."""
        from review.entries import LineEntry
        from review.leases import claim_next
        from review.services import submit_page
        from review.states import Verdict
        from training.models import TrainingRun

        task = claim_next(self._user)
        if task is None or task.lease_token is None:
            raise SystemExit("No page is left to review.")
        learning = TrainingRun.objects.filter(status="running").exists()
        began = time.perf_counter()
        asked = HTTPConnection(self._site, timeout=60)
        asked.request("GET", f"/review/{task.pk}/", headers={"Cookie": self._cookie})
        answer = asked.getresponse()
        answer.read()
        asked.close()
        if answer.status != 200:
            raise SystemExit(f"The page could not be opened: {answer.status}.")
        self.opened.append((learning, time.perf_counter() - began))
        written = self._pages[task.page.document.filename]
        lines = list(task.page.lines.current())
        time.sleep(self._pace * len(lines))
        entries = {}
        for line in lines:
            middle = sum(y for _, y in line.polygon) / len(line.polygon)
            nearest = min(written, key=lambda each: abs(each.middle - middle))
            read = line.predictions.of_reading(task).get()
            verdict = Verdict.CONFIRMED if read.text == nearest.text else Verdict.CORRECTED
            entries[line.pk] = LineEntry(nearest.text, verdict)
        submit_page(
            task_id=task.pk,
            token=task.lease_token,
            user=self._user,
            entries=entries,
            seconds=self._pace * len(lines),
        )
        return len(lines)


def measure(var: Path, options: argparse.Namespace) -> dict[str, Any]:
    from django.core.management import call_command
    from django.utils import timezone

    from recognition.models import Page
    from recognition.states import PageStatus
    from tests.factories import make_admin, make_type
    from tests.training.labelled import installed_base
    from training.refresh import is_due

    installed_base()
    make_admin(username="ada")
    document_type = make_type("Early print", threshold=0.9999)
    truths = read_truth(options.data, "line")
    random.Random(options.seed).shuffle(truths)
    count = -(-options.labels // ON_A_PAGE) + WAITING
    folder = var / "pages"
    folder.mkdir()
    pages = draw_pages(truths, folder, count)
    with web(var) as site, workers(var):
        call_command("ingest", str(folder), type_name="Early print", user="ada")
        _until(READ_SECONDS, lambda: Page.objects.filter(status=PageStatus.REVIEW).count() == count)
        print(f"{count} pages are read", flush=True)
        person = Reviewer(site, pages, options.seconds_a_line)
        labels, crossed = 0, []
        while len(crossed) < 2:  # while the first head is learnt, people go on
            labels += person.correct_page()
            if len(crossed) == _runs_of(document_type).count() and is_due(document_type):
                crossed.append(timezone.now())
                print(f"{labels} labels", flush=True)
        _until(LEARN_SECONDS, lambda: _runs_of(document_type).ended().count() == 2)
        runs = [
            _about(run) | {"seconds": (run.finished_at - at).total_seconds()}
            for run, at in zip(_runs_of(document_type).order_by("pk"), crossed, strict=True)
        ]
    opened = {
        name: spread([took for learning, took in person.opened if learning == state])
        for name, state in (("learning", True), ("otherwise", False))
    }
    return {"data": options.data.name, "runs": runs, "page_seconds": opened}


def _runs_of(document_type: Any) -> Any:
    from training.models import TrainingRun

    return TrainingRun.objects.filter(document_type=document_type)


def _about(run: Any) -> dict[str, Any]:
    told = {name: run.result.get(name) for name in ("steps", "seconds", "ledger")}
    verdict = {name: run.verdict.get(name) for name in ("accept", "before", "after", "reasons")}
    return {"labels": run.labels_seen, "status": run.status, "trainer": told, **verdict}


def _until(seconds: float, what: Any) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := what():
            return found
        time.sleep(0.2)
    raise SystemExit("It took too long.")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.refresh", description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--labels", type=int, default=300)
    parser.add_argument("--seconds-a-line", type=float, default=1.5)
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    os.environ["REFRESH_MIN_NEW_LABELS"] = str(options.labels // 2)
    with tempfile.TemporaryDirectory(prefix="bench-refresh-") as name, database(Path(name)):
        run = measure(Path(name), options)
    last = run["runs"][-1]
    then = "in service" if last["accept"] else "judged, not in service"
    what = f"{last['labels']} labels: from the submit to the new head {then}"
    written = report([goal(what, last["seconds"], GOAL_SECONDS, "s", "low")], [run])
    print_goals(written["goals"])
    write_json(options.json, written)


if __name__ == "__main__":
    main()
