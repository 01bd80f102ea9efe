"""The review screen's keys, in a real browser."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from review.models import Label, ReviewTask
from review.states import TaskStatus
from tests.browser.review.screen import field, selection

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_cursor_starts_on_the_first_weak_character(
    open_screen: Callable[..., ReviewTask], page: Tab
) -> None:
    open_screen()
    expect(field(page, 2)).to_be_focused()
    assert selection(page) == [10, 11]
    expect(page.locator("#alternatives")).to_be_visible()
    expect(page.locator("#alternatives")).to_contain_text("8")
    expect(page.locator(".here .under mark")).to_have_text("0")
    expect(page.locator("#outlines .here")).to_have_count(1)
    expect(page.locator(".here canvas")).to_be_visible()


def test_two_keys_correct_a_weak_character_and_submit(
    open_screen: Callable[..., ReviewTask], page: Tab
) -> None:
    task = open_screen()
    page.keyboard.press("Alt+1")
    expect(field(page, 2)).to_have_value("Total 12.58")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Submitted:")).to_be_visible()
    assert Label.objects.get(line__position=1).text == "Total 12.58"
    task.refresh_from_db()
    assert task.status == TaskStatus.DONE


def test_five_weak_lines_take_ten_keys(open_screen: Callable[..., ReviewTask], page: Tab) -> None:
    open_screen([(f"amount {n}0", 0.5) for n in range(5)])
    for number in range(5):
        page.keyboard.press("Alt+1")
        if number < 4:
            page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Submitted:")).to_be_visible()
    said = list(Label.objects.order_by("line__position").values_list("text", flat=True))
    assert said == [f"amount {n}8" for n in range(5)]


def test_enter_goes_from_weak_line_to_weak_line_and_then_to_submit(
    open_screen: Callable[..., ReviewTask], page: Tab
) -> None:
    open_screen()
    page.keyboard.press("Enter")
    expect(field(page, 4)).to_be_focused()
    page.keyboard.press("Shift+Enter")
    expect(field(page, 2)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#left")).to_have_text("1 of 5 lines to check")
    page.keyboard.press("Enter")
    expect(page.locator("#submit")).to_be_focused()
    expect(page.locator("#left")).to_have_text("All 5 lines checked")
    page.keyboard.press("Shift+Enter")
    expect(field(page, 4)).to_be_focused()


def test_tab_goes_through_all_lines_and_arrows_stay_in_the_text(
    open_screen: Callable[..., ReviewTask], page: Tab
) -> None:
    open_screen()
    page.keyboard.press("Tab")
    expect(field(page, 3)).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    expect(field(page, 1)).to_be_focused()
    for key in ("ArrowDown", "ArrowUp", "ArrowLeft", "?", "+", "s", "f"):
        page.keyboard.press(key)
    expect(field(page, 1)).to_be_focused()
    expect(page.locator("dialog[open]")).to_have_count(0)


def test_undo_takes_back_an_alternative_and_reset_the_whole_line(
    open_screen: Callable[..., ReviewTask], page: Tab
) -> None:
    open_screen()
    page.keyboard.press("Alt+1")
    page.keyboard.press("Control+z")
    expect(field(page, 2)).to_have_value("Total 12.50")
    page.keyboard.press("End")
    page.keyboard.type(" EUR")
    page.keyboard.press("Alt+r")
    expect(field(page, 2)).to_have_value("Total 12.50")


def test_undo_takes_back_a_confirmation(open_screen: Callable[..., ReviewTask], page: Tab) -> None:
    open_screen()
    page.keyboard.press("Enter")
    expect(field(page, 4)).to_be_focused()
    expect(page.locator("#left")).to_have_text("1 of 5 lines to check")
    page.keyboard.press("Control+z")
    expect(field(page, 2)).to_be_focused()
    expect(page.locator("#left")).to_have_text("2 of 5 lines to check")
    page.keyboard.press("Control+Shift+Z")
    expect(page.locator("#left")).to_have_text("1 of 5 lines to check")


def test_what_was_typed_and_then_confirmed_is_taken_back_in_two_steps(
    open_screen: Callable[..., ReviewTask], page: Tab
) -> None:
    open_screen()
    page.keyboard.press("End")
    page.keyboard.type(" EUR")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+z")
    expect(field(page, 2)).to_have_value("Total 12.50 EUR")
    expect(page.locator("#left")).to_have_text("2 of 5 lines to check")
    page.keyboard.press("Control+z")
    expect(field(page, 2)).to_have_value("Total 12.50")


@pytest.mark.parametrize(("key", "text"), [("Alt+2", "Total 12.5"), ("Alt+3", "Total 12.50")])
def test_the_second_alternative_is_taken_and_a_third_only_where_there_is_one(
    open_screen: Callable[..., ReviewTask], page: Tab, key: str, text: str
) -> None:
    open_screen()
    expect(page.locator("#alternatives button")).to_have_count(2)
    page.keyboard.press(key)
    expect(field(page, 2)).to_have_value(text)
    expect(field(page, 2)).to_be_focused()


def test_the_image_goes_to_the_line_by_a_key(
    open_screen: Callable[..., ReviewTask], page: Tab
) -> None:
    open_screen()
    before = page.locator("#zoom-value").text_content()
    page.keyboard.press("Alt+z")
    expect(page.locator("#zoom-value")).not_to_have_text(before or "")
    expect(field(page, 2)).to_be_focused()
    expect(page.locator("#outlines .here")).to_be_in_viewport()


DEAD_KEY = """([code, keyCode, isComposing]) => document.activeElement.dispatchEvent(
    new KeyboardEvent("keydown", {
        key: "Dead", code, keyCode, isComposing, altKey: true, bubbles: true, cancelable: true,
    })
)"""


def test_a_key_that_alt_makes_dead_is_known_by_its_place(
    open_screen: Callable[..., ReviewTask], page: Tab
) -> None:
    open_screen()
    assert page.evaluate(DEAD_KEY, ["KeyI", 229, True])  # somebody is composing: not taken
    expect(page.locator(".here .verdict")).to_have_value("corrected")
    assert not page.evaluate(DEAD_KEY, ["KeyI", 229, False])
    expect(page.locator(".here .verdict")).to_have_value("illegible")
    assert not page.evaluate(DEAD_KEY, ["KeyN", 78, False])
    expect(page.locator(".here .verdict")).to_have_value("not_text")
    assert page.evaluate(DEAD_KEY, ["Backquote", 192, False])  # no key of ours


def test_illegible_and_not_text_are_toggled(
    open_screen: Callable[..., ReviewTask], page: Tab
) -> None:
    task = open_screen()
    page.keyboard.press("Alt+i")
    expect(page.locator(".here .verdict")).to_have_value("illegible")
    page.keyboard.press("Alt+n")
    expect(page.locator(".here .verdict")).to_have_value("not_text")
    page.keyboard.press("Alt+n")
    expect(page.locator(".here .verdict")).to_have_value("corrected")
    page.keyboard.press("Alt+i")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Submitted:")).to_be_visible()
    label = Label.objects.get(task=task, line__position=1)
    assert (label.verdict, label.text) == ("illegible", "")


def test_skip_flag_and_the_list_of_keys_are_dialogs(
    open_screen: Callable[..., ReviewTask], page: Tab
) -> None:
    task = open_screen()
    page.keyboard.press("F1")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(field(page, 2)).to_be_focused()
    assert selection(page) == [10, 11]
    page.keyboard.press("Alt+f")
    expect(page.locator("#flag")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Alt+s")
    page.keyboard.type("not my language")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Passed on to others")).to_be_visible()
    task.refresh_from_db()
    assert task.status == TaskStatus.WAITING
    assert task.skips.get().reason == "not my language"


def test_an_empty_line_is_said_to_be_empty_and_nothing_goes_off(
    open_screen: Callable[..., ReviewTask], page: Tab
) -> None:
    open_screen()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".here .fault")).to_be_visible()
    expect(field(page, 2)).to_be_focused()
    assert not Label.objects.exists()
