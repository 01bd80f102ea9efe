"""What of all that was typed is there in the end, and what is there twice."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Typed:
    """What a person last typed on a line; `submitted` where the site said that it is a label."""

    user: int
    task: int
    line: int
    text: str
    submitted: bool = False


class Edits:
    """So many edits, for whoever makes the next one, until there are no more or time is up."""

    def __init__(self, number: int, minutes: float) -> None:
        self.number = number
        self.made = 0
        self._end = time.monotonic() + minutes * 60
        self._turn = threading.Lock()

    def left(self, made: int, least: int) -> bool:
        """Whether somebody who made `made` goes on; nobody stops before their `least`."""
        return (self.made < self.number or made < least) and time.monotonic() < self._end

    def count(self) -> int:
        """One more is made; its number."""
        with self._turn:
            self.made += 1
            return self.made


def watch_holds() -> None:
    """Let the database note each page that goes to somebody while another's lease runs.

    A row names one holder, so that two hold a page shows in the change from one to the other alone.
    """
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            """
            CREATE TABLE bench_held_twice (task bigint, was bigint, became bigint);
            CREATE FUNCTION bench_note_hold() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                INSERT INTO bench_held_twice VALUES (OLD.id, OLD.reviewer_id, NEW.reviewer_id);
                RETURN NULL;
            END $$;
            CREATE TRIGGER bench_holds AFTER UPDATE ON review_reviewtask FOR EACH ROW
            WHEN (
                OLD.status = 'held' AND NEW.status = 'held'
                AND OLD.reviewer_id <> NEW.reviewer_id AND OLD.lease_expires_at > clock_timestamp()
            ) EXECUTE FUNCTION bench_note_hold()
            """
        )


def verdict(
    typed: Iterable[Typed], kept: Collection[tuple[int, int, str]] = frozenset()
) -> dict[str, Any]:
    """Edits lost, pages held twice, submits done twice; `kept` is what browsers have, by task."""
    from django.db import connection
    from django.db.models import Count

    from recognition.models import Event
    from review.models import Draft, Label, RefusedDraft

    labels = _texts(Label.objects.all())
    drafts = _texts(Draft.objects.all()) | _texts(RefusedDraft.objects.all())
    lost, waiting = [], 0
    for each in typed:
        row = (each.user, each.task, each.line, each.text)
        if row in labels or (not each.submitted and row in drafts):
            continue
        if not each.submitted and (each.task, each.line, each.text) in kept:
            waiting += 1
        else:
            lost.append(row)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT task) FROM bench_held_twice")
        handed_over = cursor.fetchone()[0]
    by_task = Label.objects.values("task").annotate(people=Count("reviewer", distinct=True))
    by_line = Label.objects.values("task", "line").annotate(number=Count("pk"))
    submits = Event.objects.filter(verb="submit").values("subject_id").annotate(n=Count("pk"))
    return {
        "lost": len(lost),
        "lost_rows": lost[:20],
        "in_a_browser_only": waiting,
        "held_twice": handed_over + by_task.filter(people__gt=1).count(),
        "submitted_twice": max(
            by_line.filter(number__gt=1).values("task").distinct().count(),
            submits.filter(n__gt=1).count(),
        ),
        "pages_submitted": by_task.count(),
        "drafts_left": Draft.objects.count(),
        "refused_drafts": RefusedDraft.objects.count(),
    }


def _texts(rows: Any) -> set[tuple[int, int, int, str]]:
    return set(rows.values_list("reviewer", "task", "line", "text"))
