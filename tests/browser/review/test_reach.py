"""The screen for everybody: axe, small and large views, without a mouse, without a script."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import Group, User
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from recognition.querysets import ADMIN_GROUP
from review.models import Draft, ReviewTask
from review.states import TaskStatus
from tests.browser.review.screen import FIVE, field
from tests.factories import PASSWORD, make_task

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Open = Callable[..., ReviewTask]


def faults(page: Tab) -> list[str]:
    """What axe finds, by rule and place."""
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {node['target']}" for each in found for node in each["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(open_screen: Open, page: Tab, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    open_screen()
    assert faults(page) == []
    page.keyboard.press("Alt+i")
    page.keyboard.press("Alt+h")
    expect(page.locator(".line.hand")).to_have_count(1)
    page.keyboard.press("Alt+i")
    assert faults(page) == []
    for key, dialog in (("F1", "keys"), ("Alt+f", "flag"), ("Alt+t", "turn"), ("Alt+v", "verify")):
        page.keyboard.press(key)
        expect(page.locator(f"#{dialog}")).to_be_visible()
        assert faults(page) == []
        page.keyboard.press("Escape")


def test_axe_finds_nothing_where_the_image_and_tables_scroll(
    open_screen: Open, page: Tab, live_server: Any, reviewer: User
) -> None:
    reviewer.groups.add(Group.objects.get_or_create(name=ADMIN_GROUP)[0])
    page.emulate_media(reduced_motion="reduce")
    task = open_screen([(f"line {n}", 0.5 if n % 7 == 6 else 0.97) for n in range(60)])
    viewer = page.locator("#viewer")
    assert viewer.evaluate("each => each.scrollHeight > each.clientHeight")
    assert faults(page) == []
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Submitted:")).to_be_visible()
    for address in (f"/pages/{task.page_id}/", "/review/reviewers/"):
        for width in (1280, 640):
            page.set_viewport_size({"width": width, "height": 720})
            page.goto(f"{live_server.url}{address}")
            tables = page.locator(".table-scroll:visible")
            expect(tables.first).to_be_visible()
            assert faults(page) == []
            if width == 1280:
                over = "all => all.filter((each) => each.scrollWidth > each.clientWidth).length"
                assert tables.evaluate_all(over) == 0


@pytest.mark.parametrize(
    ("width", "height"),
    [(1280, 720), (640, 360), (820, 1180)],
    ids=["small screen", "200 % zoom", "tablet"],
)
def test_nothing_is_cut_off(open_screen: Open, page: Tab, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    open_screen([(f"line {n}", 0.5 if n % 7 == 6 else 0.97) for n in range(30)])
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(field(page, 7)).to_be_focused()
    expect(field(page, 7)).to_be_in_viewport(ratio=1)
    expect(page.locator(".here canvas")).to_be_in_viewport()
    box = field(page, 7).bounding_box()
    assert box
    at = [box["x"] + 20, box["y"] + box["height"] / 2]  # where its text is
    on_top = page.evaluate("([x, y]) => document.elementFromPoint(x, y).className", at)
    assert on_top == "text"
    page.keyboard.press("Alt+1")
    page.keyboard.press("Enter")
    expect(field(page, 14)).to_be_focused()
    expect(field(page, 14)).to_be_in_viewport(ratio=1)
    expect(page.locator("#submit")).to_be_visible()


def test_every_control_has_a_name_and_is_reached_by_tab(open_screen: Open, page: Tab) -> None:
    open_screen()
    expect(page.get_by_role("textbox", name="Line 2 , probability 40 %")).to_be_focused()
    seen = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.textContent.trim().slice(0, 12)"))
    assert {"Submit", "Leave", "More", "Box…", "Split"} <= seen


@pytest.mark.parametrize("way", ["skip", "flag", "leave"])
def test_without_a_script_leaving_a_page_keeps_what_was_typed(
    live_server: Any, browser: Any, reviewer: User, way: str
) -> None:
    task = make_task(lines=FIVE)
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(f"{live_server.url}/login/?next=/review/")
    tab.locator("[name=username]").fill(reviewer.username)
    tab.locator("[name=password]").fill(PASSWORD)
    tab.get_by_role("button", name="Sign in").click()
    tab.get_by_role("button", name="Next page").click()
    field(tab, 2).fill("Total 12.58")
    if way == "leave":
        tab.get_by_role("button", name="Leave").click()
    else:
        tab.get_by_role("link", name=f"{way.title()}…").click()
        tab.locator(f"#{way}-reason").fill("too hard")
        tab.get_by_role("button", name=f"{way.title()} and go").click()
    expect(tab.locator(".message").first).to_be_visible()
    draft = Draft.objects.get(task=task)
    assert (draft.text, draft.line.position) == ("Total 12.58", 1)
    task.refresh_from_db()
    assert task.status == (TaskStatus.FLAGGED if way == "flag" else TaskStatus.WAITING)
    context.close()
