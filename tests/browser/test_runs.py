"""A run's page and the list of runs renew themselves, and leave alone what somebody is at."""

import os
from typing import Any

import pytest
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from tests.factories import PASSWORD, make_admin, make_model, make_type
from training.models import TrainingRun
from training.requests import request_run
from training.runs import job_directory

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's loop is this test's own thread

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def run() -> TrainingRun:
    """A run that waits: nothing works here."""
    make_model(active=True)
    return request_run(document_type=make_type("Letters"), trigger=TrainingRun.Trigger.MANUAL)


def write_log(run: TrainingRun, text: str) -> None:
    job_directory(run).mkdir(parents=True, exist_ok=True)
    (job_directory(run) / "log.txt").write_text(text)


def open_page(page: Tab, site: str, way: str) -> None:
    make_admin(username="ada")
    page.goto(f"{site}/login/?next={way}")
    page.locator("[name=username]").fill("ada")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[type=submit]").first.click()
    page.wait_for_url(f"**{way}")


def renewed(page: Tab, part: str) -> None:
    """Wait until the part that follows the site has been put in anew."""
    page.locator(part).evaluate("part => { part.dataset.before = 'yes'; }")
    expect(page.locator("[data-before]")).to_have_count(0)


def test_a_runs_page_keeps_the_focus_and_the_open_log(
    live_server: Any, page: Tab, run: TrainingRun
) -> None:
    write_log(run, "step 10")
    open_page(page, live_server.url, f"/runs/{run.pk}/")
    page.get_by_text("Log", exact=True).click()
    expect(page.get_by_text("step 10")).to_be_visible()
    stop = page.get_by_role("button", name="Stop")
    stop.focus()
    write_log(run, "step 10, step 20 <b>")
    renewed(page, "#run")
    expect(stop).to_be_focused()
    expect(page.get_by_text("step 20 <b>")).to_be_visible()


def test_the_list_of_runs_keeps_the_focus(live_server: Any, page: Tab, run: TrainingRun) -> None:
    open_page(page, live_server.url, "/runs/")
    link = page.get_by_role("link", name=f"Run {run.pk}")
    link.focus()
    renewed(page, "#runs")
    expect(link).to_be_focused()
