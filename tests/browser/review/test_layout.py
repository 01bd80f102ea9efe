"""Nothing of the screen lies over or outside another part of it, at any width."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from recognition.models import DocumentType
from review.models import ReviewTask
from tests.browser.review.screen import field, ready
from tests.factories import make_document, make_page, make_type

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Open = Callable[..., ReviewTask]
WIDTHS = (640, 820, 900, 1024, 1180, 1226, 1280, 1366, 1440)
WORDS = ("", "saved 10:42", "saving …", "not saved", "two versions")
LINES = [(f"line {n}", 0.5 if n % 7 == 6 else 0.97) for n in range(30)]

# What of an element is inside the window, and whether it is what one sees there.
INSIDE = """each => {
    const box = each.getBoundingClientRect();
    return box.left >= 0 && box.top >= 0 && box.right <= innerWidth && box.bottom <= innerHeight;
}"""
SEEN = """each => {
    const { left, top, width, height } = each.getBoundingClientRect();
    const there = document.elementFromPoint(left + width / 2, top + height / 2);
    return there === each || each.contains(there);
}"""


def long_named() -> DocumentType:
    return make_type("Letters of the northern provinces")


def test_no_width_and_no_word_in_the_bar_pushes_anything_out(open_screen: Open, page: Tab) -> None:
    document = make_document(long_named(), filename="a-very-long-name-of-a-scanned-file-0001.pdf")
    make_page(document=document)
    open_screen(document=document)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 720})
        for word in WORDS:
            page.locator("#saved").evaluate("(each, word) => (each.textContent = word)", word)
            where = f"{width} wide, {word!r}"
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), where
            assert page.locator("#submit").evaluate(INSIDE), where
            assert page.locator("#viewer").evaluate(INSIDE), where
            assert page.locator(".bar-title .type").evaluate("each => each.offsetWidth > 0"), where
            overlong = ".bar > *, .bar-tools > *"
            outside = page.locator(overlong).evaluate_all(
                f"all => all.filter((each) => each.offsetWidth && !({INSIDE})(each)).length"
            )
            assert outside == 0, where


def test_the_type_is_read_in_full_at_1280(open_screen: Open, page: Tab) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    open_screen(document_type=make_type("Delivery note"))
    page.locator("#saved").evaluate("each => (each.textContent = 'not saved')")
    kind = page.locator(".bar-title .kind")
    expect(kind).to_contain_text("Delivery note")
    assert kind.evaluate("each => each.scrollWidth <= each.clientWidth")


def test_tools_without_room_are_in_a_menu_that_gives_the_field_back(
    open_screen: Open, page: Tab
) -> None:
    page.set_viewport_size({"width": 1024, "height": 720})
    open_screen()
    one_by_one = page.get_by_role("button", name="One by one")
    expect(one_by_one).to_be_hidden()
    page.get_by_text("More", exact=True).click()
    assert one_by_one.evaluate(INSIDE)
    expect(field(page, 2)).to_be_focused()
    page.get_by_role("button", name="Why here?").click()
    expect(page.locator("#why")).to_be_visible()
    page.keyboard.press("Escape")
    expect(field(page, 2)).to_be_focused()
    expect(one_by_one).to_be_hidden()
    page.set_viewport_size({"width": 640, "height": 360})
    page.get_by_text("More", exact=True).click()
    for name in ("One by one", "Park", "Leave"):
        button = page.get_by_role("button", name=name, exact=True)
        assert button.evaluate(INSIDE)
        assert button.evaluate(SEEN)
    page.set_viewport_size({"width": 1440, "height": 720})
    expect(page.get_by_text("More", exact=True)).to_be_hidden()
    expect(one_by_one).to_be_visible()


def test_without_a_script_the_menu_opens(
    live_server: Any, browser: Any, signed_in: Any, open_screen: Open, page: Tab
) -> None:
    open_screen()
    context = browser.new_context(
        java_script_enabled=False, storage_state=signed_in.storage_state()
    )
    tab = context.new_page()
    tab.set_viewport_size({"width": 640, "height": 720})
    tab.goto(page.url)
    tab.get_by_text("More", exact=True).click()
    assert tab.get_by_role("button", name="Park").is_visible()
    assert tab.get_by_role("link", name="Flag…").is_visible()
    context.close()


@pytest.mark.parametrize(("width", "height"), [(820, 1180), (640, 360)], ids=["tablet", "200 %"])
def test_one_below_the_other_the_line_and_what_it_needs_are_in_sight(
    open_screen: Open, page: Tab, width: int, height: int
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    open_screen(LINES)
    expect(field(page, 7)).to_be_focused()
    for number in (7, 14):
        expect(field(page, number)).to_be_focused()
        expect(page.locator("#alternatives")).to_be_visible()
        seen = [
            ".here .text",
            ".here canvas",
            "#alternatives",
            "#zoom",
            "#line-tools button >> nth=0",
        ]
        if height > 1000:
            seen += [f".lines > li:nth-child({number + by}) canvas" for by in (-1, 1)]
        for each in seen:
            expect(page.locator(each)).to_be_visible()
            assert page.locator(each).evaluate(INSIDE), each
            assert page.locator(each).evaluate(SEEN) or each == ".here .text", each
        page.keyboard.press("Enter")
    assert page.evaluate("document.scrollingElement.scrollTop") == 0


def test_the_last_line_of_the_image_comes_out_from_under_everything(
    open_screen: Open, page: Tab
) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    document = make_document()
    make_page(document=document)
    open_screen(LINES, document=document)
    expect(page.locator("#neighbours li")).to_have_count(2)
    page.locator("#viewer").evaluate("each => each.scrollTo(0, each.scrollHeight)")
    assert page.locator("#outlines polygon").last.evaluate(SEEN)
    page.locator("#outlines polygon").last.click()
    expect(field(page, 30)).to_be_focused()


def test_the_offer_to_take_back_covers_neither_lines_nor_tools(
    open_screen: Open, page: Tab
) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    open_screen(LINES)
    kept = '{"undo": "/x/", "submitted": "page 1 of a long file name.pdf", "at": %s}'
    page.evaluate(
        "kept => sessionStorage.setItem('ocr-review:submitted', kept)",
        kept % page.evaluate("Date.now()"),
    )
    page.reload()
    ready(page)
    offer = page.locator(".toasts").bounding_box()
    pane = page.locator("#viewer").bounding_box()
    assert offer
    assert pane
    assert offer["x"] >= pane["x"]
    assert offer["x"] + offer["width"] <= pane["x"] + pane["width"]
    assert offer["y"] > pane["y"] + pane["height"] / 2
    assert offer["y"] + offer["height"] <= pane["y"] + pane["height"]
