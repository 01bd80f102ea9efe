"""Pages that others wrote, drawn whole under our content security policy."""

import os
from typing import Any

import pytest
from playwright.sync_api import ConsoleMessage, expect
from playwright.sync_api import Page as Tab

from tests.factories import PASSWORD, make_admin, make_page

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's loop is this test's own thread


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_api_page_and_djangos_admin_break_no_rule_of_the_policy(
    live_server: Any, page: Tab
) -> None:
    make_admin(username="ada", is_superuser=True)
    reviewed = make_page(status="reviewed")
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        """Breaches are errors; notes on focus and the like are none. Django's admin has no icon."""
        if message.type == "error" and not message.location["url"].endswith("/favicon.ico"):
            complaints.append(f"{page.url}: {message.text}")

    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))

    page.goto(f"{live_server.url}/login/?next=/api/docs/")
    page.locator("[name=username]").fill("ada")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[type=submit]").first.click()

    expect(page.locator(".opblock").first).to_be_visible(timeout=30_000)
    expect(page.locator(".opblock-summary-path", has_text="/batches/{id}/files/")).to_be_visible()
    page.locator("#operations-batches-batches_list .opblock-summary").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".live-responses-table tbody .response-col_status")).to_contain_text("200")

    for path in (
        "/admin/",
        "/admin/recognition/documenttype/",
        f"/admin/recognition/documenttype/{reviewed.document.document_type_id}/change/",
        "/admin/recognition/page/",
        "/admin/review/label/",
        "/admin/auth/user/add/",
        "/admin/django_celery_beat/periodictask/",
    ):
        page.goto(f"{live_server.url}{path}")
        expect(page.locator("#content")).to_be_visible()
    assert complaints == []
