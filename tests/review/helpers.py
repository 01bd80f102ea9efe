"""What tests of the reviewer's pages share: the forms that the screen sends."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from review.models import ReviewTask


def form_of(task: ReviewTask, **texts: str) -> dict[str, Any]:
    """The form as the screen sends it, with `line0="..."` for lines that were typed on."""
    form: dict[str, Any] = {"token": str(task.lease_token), "seconds": "12.5"}
    for line in task.page.lines.current():
        read = line.predictions.of_reading(task).get()
        form[f"line-{line.pk}-text"] = texts.get(f"line{line.position}", read.text)
        form[f"line-{line.pk}-verdict"] = "corrected"
    return form


def first_line(task: ReviewTask) -> int:
    """The key of the page's first line."""
    return task.page.lines.current()[0].pk


def entry(line_id: int, text: str, revision: int = 0, verdict: str = "corrected") -> dict[str, Any]:
    """One line of posted drafts."""
    return {"line_id": line_id, "text": text, "verdict": verdict, "revision": revision}


def post_drafts(site: Client, task: ReviewTask, user: User, *entries: dict[str, Any]) -> Any:
    """Keep `entries`, as the screen does."""
    return site.post(
        reverse("review_drafts", args=[task.pk]),
        json.dumps({"user": user.pk, "entries": entries}),
        content_type="application/json",
    )


def expire(task: ReviewTask) -> None:
    """Let the task's lease run out."""
    ReviewTask.objects.filter(pk=task.pk).update(
        lease_expires_at=timezone.now() - timedelta(seconds=1)
    )


def in_a_thread(work: Callable[[], Any]) -> Any:
    """What `work` returns; for a thread of its own, whose connection is closed after it."""
    try:
        return work()
    finally:
        connection.close()
