"""An admin starts a canary, follows it and takes it back, and the pages it read are read again."""

import os
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from recognition.canary_share import Part
from recognition.models import Canary, ModelVersion, Page
from recognition.reading import read_page, reread_page
from recognition.registry import active_model
from recognition.states import PageStatus
from review.models import ReviewTask
from review.states import TaskStatus
from tests.doubles import ScriptedEngine
from tests.factories import (
    PASSWORD,
    make_admin,
    make_document_in,
    make_model,
    make_page,
    make_reviewer,
    make_type,
    submit_as_read,
)
from training.shadow import judge_trials
from training.trials import read_for_trials

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's loop is this test's own thread

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TRUTH = "Anno 1572"


def faults(page: Tab) -> list[str]:
    """What axe finds in both themes, by rule and place."""
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        violations = Axe().run(page).response["violations"]
        found += [
            f"{each['id']}: {node['target']}" for each in violations for node in each["nodes"]
        ]
    return found


def read(canary: Canary, document_type: Any, probability: float) -> Page:
    """A page of the canary's share, read as the workers would."""
    document = make_document_in(Part.CANARY, canary, document_type)
    made = make_page(document=document, status=PageStatus.QUEUED)

    def engine(version: ModelVersion) -> ScriptedEngine:
        text = "Amo 157Z" if version == canary.model_version else TRUTH
        return ScriptedEngine((text, probability))

    read_page(made.pk, engine)
    read_for_trials(made.pk, engine)
    return made


def test_a_canary_from_start_to_its_pages_read_again(live_server: Any, page: Tab) -> None:
    serving, version = make_model(active=True), make_model(files=True)
    letters = make_type("Letters")
    make_admin(username="ada")
    page.goto(f"{live_server.url}/login/?next=/models/{version.pk}/")
    page.locator("[name=username]").fill("ada")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[type=submit]").first.click()

    page.get_by_text("Let it read a share of the documents first").click()
    expect(page.get_by_label("Share of the documents, in %")).to_have_value("10")
    assert faults(page) == []
    page.get_by_role("button", name="Start as the canary").click()
    expect(page.get_by_role("heading", name="The canary for all types")).to_be_visible()
    canary = Canary.objects.running().get()
    assert (canary.model_version, canary.share) == (version, 0.1)

    reviewed = [read(canary, letters, 0.3) for _ in range(2)]
    unseen = [read(canary, letters, 0.98) for _ in range(2)]
    for each in reviewed:
        submit_as_read(each, make_reviewer(), line0=TRUTH)
    judge_trials()
    page.goto(f"{live_server.url}/models/")
    expect(page.locator(".figures dd").first).to_have_text("4")
    for way in ("Put it in service…", "Withdraw it…", "Change its share…"):
        page.get_by_text(way).click()
    assert faults(page) == []
    page.get_by_label("Share of the documents, in %").fill("25")
    page.get_by_role("button", name="Change the share").click()
    expect(page.get_by_text("reads 25% from now on")).to_be_visible()

    page.get_by_text("Withdraw it…").click()
    page.get_by_role("button", name=f"Withdraw {version}").click()
    progress = page.locator("#rereading")
    expect(progress).to_contain_text("0 of 2 pages that nobody had seen")
    assert faults(page) == []
    for each in unseen:
        reread_page(each.pk, lambda _: ScriptedEngine((TRUTH, 0.98)))
    judge_trials()
    expect(progress).to_contain_text("2 of its pages were read again")  # without a click
    assert active_model(letters) == serving
    stood = dict(Page.objects.values_list("pk", "model_version"))
    assert stood == {
        **{each.pk: version.pk for each in reviewed},
        **{each.pk: serving.pk for each in unseen},
    }
    assert not ReviewTask.objects.exclude(status=TaskStatus.DONE).exists()
