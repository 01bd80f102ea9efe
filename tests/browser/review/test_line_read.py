"""A line that a person draws is read at once, by the real recogniser in a real worker."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import BrowserContext, expect
from playwright.sync_api import Page as Tab

from recognition.models import Prediction
from review.edits import LineEdit
from review.leases import claim_task
from tests.browser.review.drawn import Drawn, drawn_task
from tests.browser.review.screen import field, ready, wait_until
from tests.training.labelled import installed_base
from tests.workers import celery_worker

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

READ_SECONDS = 120  # the worker starts and loads its model within this, on a busy machine


def test_a_box_that_is_moved_is_read_and_a_smaller_one_reads_less(
    live_server: Any,
    signed_in: BrowserContext,
    page: Tab,
    reviewer: User,
    tmp_path: Path,
) -> None:
    version = installed_base()
    task = drawn_task([Drawn("Thirty barrels of salt", 450, 200)], version=version)
    assert claim_task(task.pk, reviewer)
    with celery_worker("line,ocr", tmp_path / "worker.log"):
        page.goto(f"{live_server.url}/review/{task.pk}/")
        ready(page)
        page.keyboard.press("Alt+g")
        page.keyboard.press("Shift+ArrowUp")
        page.keyboard.press("Shift+ArrowDown")
        page.keyboard.press("Enter")
        wait_until(lambda: read(1), READ_SECONDS)
        expect(field(page, 1)).to_have_value("Thirty barrels of salt")
        expect(page.locator(".reading")).to_have_count(0)
        line = task.page.lines.current().get()
        assert line.predictions.get().model_version == version
        # Half of the box: the reading follows what is in it, not what stood there before.
        page.keyboard.press("Alt+g")
        for corner in "23":
            page.keyboard.press(corner)
            for _ in range(8):
                page.keyboard.press("Shift+ArrowLeft")
        page.keyboard.press("Enter")
        wait_until(lambda: read(2), READ_SECONDS)
        expect(field(page, 1)).to_have_value(re.compile("^Thirty bar"))
        assert "salt" not in field(page, 1).input_value()


def read(edits: int) -> bool:
    """Whether so many changes were made and the line that stands now has been read."""
    done = LineEdit.objects.count() == edits
    return done and Prediction.objects.filter(line__retired_at=None).exists()
