"""Where texts, crops and offered alternatives stand to each other: measured in a browser."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.contrib.auth.models import User
from PIL import Image, ImageDraw
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from review.leases import claim_task
from review.models import ReviewTask
from tests.browser.review import drawn
from tests.browser.review.drawn import Drawn, drawn_task
from tests.browser.review.screen import field, ready, selection

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Show = Callable[[ReviewTask], None]

OVERLAPS = """() => {
    const box = document.getElementById("alternatives").getBoundingClientRect();
    const here = document.querySelector(".lines .here");
    const next = here.nextElementSibling?.querySelector(".crop");
    const over = (other) => {
        const high = Math.min(box.bottom, other.bottom) - Math.max(box.top, other.top);
        const wide = Math.min(box.right, other.right) - Math.max(box.left, other.left);
        return high > 0 && wide > 0 ? high : 0;
    };
    const entry = here.querySelector(".entry").getBoundingClientRect();
    return [over(entry), next ? over(next.getBoundingClientRect()) : 0];
}"""

SELECTED = """() => {
    const input = document.activeElement;
    const mark = input.parentElement.querySelector(".under mark").getBoundingClientRect();
    const box = input.getBoundingClientRect();
    const crop = input.closest(".line").querySelector(".crop");
    const canvas = crop.querySelector("canvas").getBoundingClientRect();
    return {
        mark: (mark.left + mark.right) / 2, left: box.left, right: box.right,
        crop: canvas.left, wide: canvas.width, high: canvas.height,
    };
}"""

EXTENT = """() => {
    const input = document.querySelector(".lines .text");
    const copy = document.createElement("span");
    copy.textContent = input.value;
    const style = getComputedStyle(input);
    for (const name of ["fontFamily", "fontSize", "fontKerning", "letterSpacing"])
        copy.style[name] = style[name];
    Object.assign(copy.style, { position: "absolute", whiteSpace: "pre" });
    document.body.append(copy);
    const spread = parseFloat(style.letterSpacing) || 0;
    const text = copy.getBoundingClientRect().width - spread;
    copy.remove();
    const crop = input.closest(".line").querySelector("canvas").getBoundingClientRect();
    return [text, crop.width];
}"""

# For each of so many parts of the crop: the mean height of its ink, as a share of the crop's.
PARTS = """(count) => {
    const canvas = document.querySelector(".lines canvas");
    const { width, height } = canvas;
    const pixels = canvas.getContext("2d").getImageData(0, 0, width, height).data;
    const found = [];
    for (let part = 0; part < count; part += 1) {
        let sum = 0, ink = 0, left = width, right = 0;
        for (let y = 0; y < height * 0.92; y += 1)
            for (let x = Math.ceil(part * width / count); x < (part + 1) * width / count; x += 1) {
                const at = 4 * (Math.floor(y) * width + x);
                if (pixels[at + 3] > 0 && pixels[at] < 100) {
                    sum += y; ink += 1; left = Math.min(left, x); right = Math.max(right, x);
                }
            }
        found.push([ink ? sum / ink / height : -1, (right - left) * count / width]);
    }
    return found;
}"""


@pytest.fixture
def show(live_server: Any, signed_in: Any, page: Tab, reviewer: User) -> Show:
    def opened(task: ReviewTask) -> None:
        assert claim_task(task.pk, reviewer)
        page.goto(f"{live_server.url}/review/{task.pk}/")
        ready(page)
        expect(page.locator(".here .crop canvas")).to_be_visible()

    return opened


@pytest.fixture
def bars(monkeypatch: pytest.MonkeyPatch) -> Sequence[str]:
    """Characters are drawn as a bar near the head of their cell: no font need know them."""

    def draw(image: Image.Image, line: Drawn) -> list[tuple[float, float]]:
        cell, count = 44, len(line.text)
        stacked = line.degrees == 0
        wide, tall = (cell, cell * count) if stacked else (cell * count, cell)
        left, top = line.x - wide / 2, line.y - tall / 2
        pen = ImageDraw.Draw(image)
        for index in range(count):
            x = left + (0 if stacked else index * cell)
            y = top + (index * cell if stacked else 0)
            pen.rectangle((x + 4, y + 5, x + cell - 4, y + 14), fill="black")
        return [(left, top), (left + wide, top), (left + wide, top + tall), (left, top + tall)]

    monkeypatch.setattr(drawn, "_draw", draw)
    return ("東京都千代田区丸", "東京都")


def test_what_is_offered_covers_neither_the_text_nor_the_next_crop(show: Show, page: Tab) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    texts = [
        "The quantity delivered was 26 crates",
        "שלום עולם וברכה",
        "Total 12.50",
        "one more",
        "x",
    ]
    show(drawn_task([Drawn(text, 450, 60 + 60 * row) for row, text in enumerate(texts)]))
    for number in range(1, len(texts) + 1):
        expect(field(page, number)).to_be_focused()
        expect(page.locator("#alternatives")).to_be_visible()
        assert page.evaluate(OVERLAPS) == [0, 0], number
        page.keyboard.press("Enter")


def test_nothing_moves_when_alternatives_come_and_go(show: Show, page: Tab) -> None:
    show(drawn_task([Drawn("The quantity", 450, 100), Drawn("delivered", 450, 200)]))
    below = page.locator(".lines .line").nth(1)
    before = below.bounding_box()
    page.keyboard.press("Home")
    expect(page.locator("#alternatives")).to_be_hidden()
    assert below.bounding_box() == before


def test_a_clicked_line_stays_under_the_pointer(show: Show, page: Tab) -> None:
    show(drawn_task([Drawn(f"line number {row}", 450, 60 + 60 * row) for row in range(9)]))
    before = field(page, 4).bounding_box()
    field(page, 4).click()
    expect(page.locator(".here .no")).to_contain_text("4")
    after = field(page, 4).bounding_box()
    assert before
    assert after
    # At the top there may be less to scroll than the row that has gone above.
    assert abs(before["y"] - after["y"]) <= 41


@pytest.mark.parametrize("after", ["", " tail of text"])
def test_a_long_line_shows_its_weak_character_and_that_part_of_its_crop(
    show: Show, page: Tab, after: str
) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    text = ("quantities of salt and barrels on account " * 6)[: 190 - len(after)].rstrip() + after
    show(drawn_task([Drawn(text, 1750, 100)], width=3500))
    assert selection(page) == [len(text) - 1, len(text)]
    page.wait_for_function("document.activeElement.scrollLeft > 0")
    seen = page.evaluate(SELECTED)
    assert seen["left"] < seen["mark"] < seen["right"]
    assert seen["high"] >= 20
    place = seen["crop"] + seen["wide"] * drawn.middles(text)[-1]
    assert seen["left"] < place < seen["right"]
    assert abs(place - seen["mark"]) < 30
    page.keyboard.press("Home")
    page.wait_for_function("document.activeElement.scrollLeft === 0")
    canvas = page.locator(".here .crop canvas").bounding_box()
    entry = field(page, 1).bounding_box()
    assert canvas
    assert entry
    assert abs(canvas["x"] - entry["x"]) < 12


def test_characters_of_cjk_are_spaced_as_wide_as_their_crop(
    show: Show, page: Tab, bars: Sequence[str]
) -> None:
    show(drawn_task([Drawn(bars[0], 450, 100, 1)]))
    text, crop = page.evaluate(EXTENT)
    assert abs(text - crop) < 0.06 * crop


@pytest.mark.parametrize("which", [0, 1])
def test_a_line_from_top_to_bottom_shows_its_characters_upright_in_a_row(
    show: Show, page: Tab, bars: Sequence[str], which: int
) -> None:
    text = bars[which]
    show(drawn_task([Drawn(text, 450, 450, 0)]))
    parts = page.evaluate(PARTS, len(text))
    for height, width in parts:
        assert 0.1 < height < 0.4  # the bar is at the head of each character, and lies level
        assert 0.7 < width < 0.95
    wide, crop = page.evaluate(EXTENT)
    assert abs(wide - crop) < 0.12 * crop


def test_one_by_one_keeps_letters_under_their_pictures_and_buttons_in_place(
    show: Show, page: Tab
) -> None:
    texts = ["The quantity delivered", "Total 12.50 for all of it and more than that", "x"]
    show(drawn_task([Drawn(text, 450, 100 + 90 * row) for row, text in enumerate(texts)]))
    page.keyboard.press("Alt+v")
    button = page.locator("[data-verify=right]")
    place = button.bounding_box()
    for text in texts:
        expect(page.locator("#verify-text")).to_have_text(text)
        assert button.bounding_box() == place
        crop = page.locator("#verify-crop canvas").bounding_box()
        wide = page.evaluate(
            """() => { const range = document.createRange();
            range.selectNodeContents(document.getElementById("verify-text"));
            return range.getBoundingClientRect().width; }"""
        )
        assert crop
        if len(text) > 1:
            assert abs(wide - crop["width"]) < 0.1 * crop["width"]
        if text != "x":
            page.keyboard.press("Enter")
    expect(page.locator("#verify-before")).to_contain_text(texts[1])
    expect(page.locator("#verify-before canvas")).to_be_visible()
    expect(page.locator("#verify-after")).to_be_empty()


def test_one_by_one_returns_to_where_it_was_opened_unless_something_was_judged(
    show: Show, page: Tab
) -> None:
    show(drawn_task([Drawn(f"line number {row}", 450, 60 + 60 * row) for row in range(4)]))
    field(page, 3).click()
    page.keyboard.press("Alt+v")
    expect(page.locator("#verify-number")).to_have_text("1 of 4")
    page.keyboard.press("Escape")
    expect(field(page, 3)).to_be_focused()
    page.keyboard.press("Alt+v")
    page.keyboard.press("Enter")
    expect(page.locator("#verify-number")).to_have_text("2 of 4")
    page.keyboard.press("Escape")
    expect(field(page, 2)).to_be_focused()


OFF_ITS_LETTER = """() => {
    const box = document.getElementById("alternatives").getBoundingClientRect();
    const here = document.querySelector(".lines .here");
    const letter = here.querySelector(".under mark").getBoundingClientRect();
    const entry = here.querySelector(".entry").getBoundingClientRect();
    return [Math.abs(box.left - (letter.left - 12)), Math.abs(box.top - (entry.bottom + 3))];
}"""


def test_alternatives_stay_at_their_letter_when_the_window_is_resized(
    show: Show, page: Tab
) -> None:
    show(drawn_task([Drawn("first", 300, 100 * n) for n in range(1, 5)]))
    for _ in range(3):
        page.keyboard.press("Enter")
    expect(page.locator("#alternatives")).to_be_visible()
    for width in (1440, 1024, 820, 1280):
        page.set_viewport_size({"width": width, "height": 720})
        page.wait_for_timeout(400)  # crops are drawn anew after a moment
        off = page.evaluate(OFF_ITS_LETTER)
        assert max(off) < 2, (width, off)
