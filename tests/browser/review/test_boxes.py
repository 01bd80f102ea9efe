"""Lines as boxes, by keyboard and by mouse, with undo over boxes and text, in a real browser."""

import json
from base64 import b64decode
from collections.abc import Callable
from typing import Any

import pytest
from celery import current_app
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from recognition.line_reading import read_lines
from recognition.models import Line
from review.edits import LineEdit, LineMark
from review.models import Label, ReviewTask
from review.turned import read_page_turned
from tests.browser.review.screen import draft_text, field, ready, selection, wait_until
from tests.doubles import ScriptedEngine, always

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Open = Callable[..., ReviewTask]


def texts(page: Tab) -> list[str]:
    found: list[str] = page.locator(".lines .text").evaluate_all("all => all.map(e => e.value)")
    return found


def unread() -> list[Line]:
    return list(Line.objects.filter(retired_at=None, predictions=None))


def read(task: ReviewTask, text: str, confidence: float = 0.97) -> None:
    """What the worker does with a line that has just been drawn."""
    wait_until(lambda: len(unread()) == 1)
    engine = ScriptedEngine((text, confidence))
    read_lines([unread()[0].pk], task.model_version_id, task.character_set, always(engine))


def test_a_line_is_reshaped_by_keys_and_read_again(open_screen: Open, page: Tab) -> None:
    task = open_screen()
    before = task.page.lines.current()[1]
    page.keyboard.press("Alt+g")
    expect(page.locator(".shape circle")).to_have_count(4)
    page.keyboard.press("2")
    for _ in range(3):
        page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("3")
    for _ in range(3):
        page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("Enter")
    read(task, "Total 12.58")
    expect(field(page, 2)).to_have_value("Total 12.58")
    expect(field(page, 2)).to_be_focused()
    after = task.page.lines.current()[1]
    assert after.pk != before.pk
    assert after.polygon[1][0] < before.polygon[1][0]
    assert after.polygon[0] == before.polygon[0]
    assert Line.objects.get(pk=before.pk).retired_at is not None


def test_a_corner_is_dragged_by_the_mouse(open_screen: Open, page: Tab) -> None:
    task = open_screen()
    before = task.page.lines.current()[1]
    page.keyboard.press("Alt+g")
    corner = page.locator(".shape circle").nth(2).bounding_box()
    assert corner
    x, y = corner["x"] + corner["width"] / 2, corner["y"] + corner["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 60, y + 5, steps=4)
    page.mouse.up()
    page.keyboard.press("Enter")
    wait_until(lambda: LineEdit.objects.filter(kind="reshape").exists())
    after = task.page.lines.current()[1]
    assert after.polygon[2][0] < before.polygon[2][0] - 20
    assert after.polygon[0] == before.polygon[0]


def test_a_line_is_added_drawn_by_mouse_read_and_submitted(open_screen: Open, page: Tab) -> None:
    task = open_screen()
    page.keyboard.press("Alt+a")
    image = page.locator("#page-image").bounding_box()
    assert image
    page.mouse.move(image["x"] + 40, image["y"] + 200)
    page.mouse.down()
    page.mouse.move(image["x"] + 240, image["y"] + 225, steps=4)
    page.mouse.up()
    page.keyboard.press("Enter")
    expect(page.locator(".lines .text")).to_have_count(6)
    read(task, "a line that was missed")
    expect(field(page, 3)).to_have_value("a line that was missed")
    expect(page.locator(".lines .num").nth(5)).to_have_text("6")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Submitted:")).to_be_visible()
    said = list(Label.objects.order_by("line__position").values_list("text", flat=True))
    assert said[2] == "a line that was missed"
    assert len(said) == 6


def test_escape_leaves_a_box_as_it_was(open_screen: Open, page: Tab) -> None:
    open_screen()
    page.keyboard.press("Alt+g")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Escape")
    expect(page.locator(".shape")).to_have_count(0)
    expect(field(page, 2)).to_be_focused()
    assert not LineEdit.objects.exists()


def test_a_box_is_left_by_going_to_a_field_by_way_of_an_empty_place(
    open_screen: Open, page: Tab
) -> None:
    open_screen()
    page.keyboard.press("Alt+g")
    expect(page.locator(".shape")).to_have_count(1)
    page.locator(".bar h1").click()
    field(page, 4).click()
    expect(page.locator(".shape")).to_have_count(0)
    page.keyboard.press("Enter")  # has its meaning again
    expect(page.locator("#left")).to_have_text("1 of 5 lines to check")
    expect(field(page, 2)).to_be_focused()
    assert not LineEdit.objects.exists()


def test_a_line_is_deleted_and_undo_brings_it_back_with_its_text(
    open_screen: Open, page: Tab
) -> None:
    task = open_screen()
    page.keyboard.press("End")
    page.keyboard.type(" EUR")
    page.keyboard.press("Alt+Delete")
    expect(page.locator(".lines .text")).to_have_count(4)
    expect(field(page, 2)).to_be_focused()
    expect(field(page, 2)).to_have_value("Thank you")
    page.keyboard.press("Control+z")
    expect(page.locator(".lines .text")).to_have_count(5)
    expect(field(page, 2)).to_have_value("Total 12.50 EUR")
    page.keyboard.press("Control+z")
    expect(field(page, 2)).to_have_value("Total 12.50")
    page.keyboard.press("Control+Shift+z")
    expect(field(page, 2)).to_have_value("Total 12.50 EUR")
    page.keyboard.press("Control+Shift+z")
    expect(page.locator(".lines .text")).to_have_count(4)
    assert task.page.lines.current().count() == 4
    assert [edit.kind for edit in LineEdit.objects.all()] == ["delete", "revert", "revert"]


def test_a_line_is_split_at_the_cursor_and_merged_again(open_screen: Open, page: Tab) -> None:
    task = open_screen()
    page.keyboard.press("Home")
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Alt+b")
    expect(page.locator(".lines .text")).to_have_count(6)
    assert texts(page)[1:3] == ["Total", "12.50"]
    expect(field(page, 2)).to_be_focused()
    wait_until(lambda: draft_text(task, 3) == "12.50")
    page.keyboard.press("Alt+m")
    expect(page.locator(".lines .text")).to_have_count(5)
    assert texts(page)[1] == "Total 12.50"
    page.keyboard.press("Control+z")
    expect(page.locator(".lines .text")).to_have_count(6)
    page.keyboard.press("Control+z")
    expect(page.locator(".lines .text")).to_have_count(5)
    assert task.page.lines.current()[1].retired_at is None
    assert texts(page)[1] == "Total 12.50"


def test_lines_change_places_by_key(open_screen: Open, page: Tab) -> None:
    task = open_screen()
    page.keyboard.press("Alt+Shift+ArrowDown")
    wait_until(lambda: LineEdit.objects.filter(kind="move").exists())
    expect(field(page, 3)).to_have_value("Total 12.50")
    expect(field(page, 3)).to_be_focused()
    page.keyboard.press("Alt+Shift+ArrowUp")
    expect(field(page, 2)).to_have_value("Total 12.50")
    wait_until(lambda: LineEdit.objects.filter(kind="move").count() == 2)
    assert task.page.lines.current()[1].predictions.get().text == "Total 12.50"


def test_handwriting_is_marked_by_key(open_screen: Open, page: Tab) -> None:
    open_screen()
    page.keyboard.press("Alt+h")
    expect(page.locator(".line.hand")).to_have_count(1)
    assert LineMark.objects.get().on
    page.keyboard.press("Alt+h")
    expect(page.locator(".line.hand")).to_have_count(0)


def test_undo_goes_over_lines_and_verdicts(open_screen: Open, page: Tab) -> None:
    open_screen()
    page.keyboard.press("Alt+1")
    page.keyboard.press("Enter")
    page.keyboard.press("Alt+i")
    expect(page.locator(".here .verdict")).to_have_value("illegible")
    page.keyboard.press("Control+z")
    expect(page.locator(".here .verdict")).to_have_value("corrected")
    page.keyboard.press("Control+z")  # the confirmation
    expect(field(page, 2)).to_be_focused()
    expect(field(page, 2)).to_have_value("Total 12.58")
    page.keyboard.press("Control+z")
    expect(field(page, 2)).to_have_value("Total 12.50")
    assert selection(page) == [10, 11]
    page.keyboard.press("Control+Shift+z")
    expect(field(page, 2)).to_have_value("Total 12.58")


def test_lines_changed_in_another_window_are_said_and_nothing_is_lost(
    open_screen: Open, page: Tab, context: Any
) -> None:
    task = open_screen()
    second = context.new_page()
    second.goto(page.url)
    expect(second.locator("html[data-ready]")).to_be_attached()
    second.keyboard.press("Alt+b")
    expect(second.locator(".lines .text")).to_have_count(6)
    page.bring_to_front()
    page.keyboard.press("End")
    page.keyboard.type(" here")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("changed in another window")).to_be_visible()
    assert not Label.objects.exists()
    wait_until(lambda: task.drafts.filter(text="Total 12.50 here").exists())


def test_a_whole_page_is_turned_and_read_again(open_screen: Open, page: Tab) -> None:
    open_screen()
    arguments = ask_for_a_turn(page)
    assert arguments[3] == 2
    read_page_turned(*arguments, engines=always(ScriptedEngine(("turned", 0.6))))
    expect(page.locator(".lines .text")).to_have_count(1)
    expect(field(page, 1)).to_have_value("turned")
    ready(page)
    page.keyboard.press("Control+z")
    expect(page.locator(".lines .text")).to_have_count(5)
    expect(field(page, 2)).to_have_value("Total 12.50")


def test_a_turn_that_is_cancelled_leaves_who_goes_on_typing_in_peace(
    open_screen: Open, page: Tab
) -> None:
    task = open_screen()
    before = [line.pk for line in task.page.lines.current()]
    turned = always(ScriptedEngine(("turned", 0.6)))
    late = ask_for_a_turn(page)
    page.keyboard.press("Escape")
    expect(field(page, 2)).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.type(" net")
    wait_until(lambda: draft_text(task, 2) == "Total 12.50 net")
    assert read_page_turned(*late, engines=turned) == "changed meanwhile"
    assert [line.pk for line in task.page.lines.current()] == before
    page.reload()
    expect(page.locator("html[data-ready]")).to_be_attached()
    soon = ask_for_a_turn(page)
    page.keyboard.press("Escape")
    assert read_page_turned(*soon, engines=turned) == "read again"
    expect(page.get_by_text("before you cancelled that")).to_be_visible()
    expect(field(page, 2)).to_have_value("Total 12.50 net")
    page.get_by_role("button", name="Load it").click()
    expect(page.locator(".lines .text")).to_have_count(1)
    expect(field(page, 1)).to_have_value("turned")


def ask_for_a_turn(page: Tab) -> list[Any]:
    """Ask for the page upside down; returns what the worker is told of that."""
    with current_app.connection() as connection:
        connection.default_channel.client.delete("line")
    page.keyboard.press("Alt+t")
    page.get_by_role("button", name="Upside down").click()
    expect(page.locator("#turn-state")).to_have_text("The page is being read …")
    name, arguments = taken_from_the_queue()
    assert name == "review.tasks.read_page_turned"
    return list(arguments)


def taken_from_the_queue() -> list[Any]:
    """Name and arguments of the newest message for the line workers, taken from the real broker."""
    found: list[Any] = []

    def take() -> bool:
        with current_app.connection() as connection:
            raw = connection.default_channel.client.lpop("line")
        if raw:
            message = json.loads(raw)
            found.append([message["headers"]["task"], json.loads(b64decode(message["body"]))[0]])
        return bool(found)

    wait_until(take)
    return list(found[-1])


def test_a_box_is_drawn_and_taken_by_finger(open_screen: Open, page: Tab) -> None:
    """On a tablet: no key is pressed, and what was touched does not close the box."""
    task = open_screen()
    before = task.page.lines.current()[1]
    bar = page.locator("#shape-bar")
    page.locator("#line-tools [data-do=shape]").click()
    expect(bar).to_be_visible()
    bar.get_by_role("button", name="Leave it").click()
    expect(bar).to_be_hidden()
    expect(page.locator(".shape")).to_have_count(0)
    expect(field(page, 2)).to_be_focused()
    page.locator("#line-tools [data-do=shape]").click()
    corner = page.locator(".shape circle").nth(1).bounding_box()
    assert corner
    touch = page.context.new_cdp_session(page)
    x, y = corner["x"] + corner["width"] / 2, corner["y"] + corner["height"] / 2
    for kind, points in (
        ("touchStart", [{"x": x, "y": y}]),
        ("touchMove", [{"x": x - 30, "y": y}]),
        ("touchMove", [{"x": x - 60, "y": y}]),
        ("touchEnd", []),
    ):
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    bar.get_by_role("button", name="Take the box").click()
    read(task, "Total 12.58")
    expect(field(page, 2)).to_have_value("Total 12.58")
    after = task.page.lines.current()[1]
    assert after.polygon[1][0] < before.polygon[1][0]
    assert after.polygon[0] == before.polygon[0]


def test_a_line_goes_back_to_what_was_read_by_its_button(open_screen: Open, page: Tab) -> None:
    open_screen()
    was = field(page, 2).input_value()
    field(page, 2).fill("something else")
    page.locator("#line-tools [data-do=reset]").click()
    expect(field(page, 2)).to_have_value(was)
