"""Each line's crop stands upright above its field, letter over letter: measured in a browser."""

from collections.abc import Callable
from statistics import median
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from review.leases import claim_task
from review.models import ReviewTask
from tests.browser.review.drawn import Drawn, drawn_task, middles
from tests.browser.review.screen import field, ready

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Show = Callable[..., None]

LETTERS = """([number]) => {
    const input = document.querySelectorAll(".lines .text")[number];
    const style = getComputedStyle(input);
    const copy = document.createElement("span");
    copy.textContent = input.value;
    const alike = ["fontFamily", "fontSize", "fontWeight", "fontKerning", "fontVariantLigatures"];
    for (const name of [...alike, "letterSpacing"]) {
        copy.style[name] = style[name];
    }
    Object.assign(copy.style, { position: "absolute", whiteSpace: "pre", left: "0", top: "0" });
    document.body.append(copy);
    const range = document.createRange();
    const left = input.getBoundingClientRect().left + parseFloat(style.paddingLeft);
    const found = [...input.value].map((_, index) => {
        range.setStart(copy.firstChild, index);
        range.setEnd(copy.firstChild, index + 1);
        const box = range.getBoundingClientRect();
        return left + (box.left + box.right - (parseFloat(style.letterSpacing) || 0)) / 2;
    });
    copy.remove();
    return found;
}"""

INK = """([number]) => {
    const canvas = document.querySelectorAll(".lines .line")[number].querySelector("canvas");
    const { width, height } = canvas;
    const pixels = canvas.getContext("2d").getImageData(0, 0, width, height).data;
    const middle = (from, to) => {
        let sum = 0, count = 0;
        for (let y = 0; y < height * 0.92; y += 1) for (let x = from; x < to; x += 1) {
            const at = 4 * (Math.floor(y) * width + x);
            if (pixels[at + 3] > 0 && pixels[at] < 100) { sum += y; count += 1; }
        }
        return count ? sum / count / height : -1;
    };
    const third = Math.floor(width / 3);
    return [width / height, middle(0, third), middle(width - third, width)];
}"""


@pytest.fixture
def show(live_server: Any, signed_in: Any, page: Tab, reviewer: User) -> Show:
    def opened(task: ReviewTask) -> None:
        assert claim_task(task.pk, reviewer)
        page.goto(f"{live_server.url}/review/{task.pk}/")
        ready(page)
        expect(page.locator(".crop canvas").first).to_be_visible()

    return opened


@pytest.mark.parametrize("width", [1280, 1900])
def test_letters_stand_under_their_pictures(show: Show, page: Tab, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    lines = ["The quantity delivered was 26 crates", "Illiterate millers, WWMM", "landing 12.50"]
    show(drawn_task([Drawn(text, 450, 100 + 90 * row) for row, text in enumerate(lines)]))
    page.wait_for_function("document.querySelectorAll('.crop canvas').length === 3")
    for row, text in enumerate(lines):
        line = page.locator(".lines .line").nth(row)
        crop = line.locator("canvas").bounding_box()
        entry = line.locator(".text").bounding_box()
        assert crop
        assert entry
        assert crop["y"] + crop["height"] <= entry["y"] + 1  # directly above, nothing between
        assert entry["y"] - (crop["y"] + crop["height"]) < 6
        letters = page.evaluate(LETTERS, [row])
        pictures = [crop["x"] + share * crop["width"] for share in middles(text)]
        apart = [abs(x - y) for x, y in zip(letters, pictures, strict=True)]
        letter = crop["width"] / len(text)
        assert max(apart) < 1.2 * letter, (text, apart)
        assert median(apart) < 0.6 * letter, (text, apart)


@pytest.mark.parametrize("degrees", [8, -12, 90, 180])
def test_turned_lines_are_shown_upright(show: Show, page: Tab, degrees: float) -> None:
    text = "nnnnnnnn upright nnnnnnn"
    show(drawn_task([Drawn(text, 450, 450, degrees)]))
    ratio, left, right = page.evaluate(INK, [0])
    assert ratio > 5
    assert 0.3 < left < 0.75
    assert abs(left - right) < 0.1


def test_the_crop_of_a_line_from_right_to_left_ends_where_its_field_does(
    show: Show, page: Tab
) -> None:
    show(drawn_task([Drawn("שלום עולם", 450, 200)]))
    crop = page.locator(".crop canvas").bounding_box()
    entry = field(page, 1).bounding_box()
    assert crop
    assert entry
    right = entry["x"] + entry["width"]
    assert abs(right - (crop["x"] + crop["width"])) < 12


def test_the_line_before_and_the_line_after_are_always_in_sight(
    open_screen: Callable[..., ReviewTask], page: Tab
) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    weak = {5, 11, 12, 30}
    open_screen([(f"line {n}", 0.5 if n in weak else 0.97) for n in range(40)])
    for number in sorted(weak):
        expect(field(page, number + 1)).to_be_focused()
        for near in (number, number + 1, number + 2):
            expect(field(page, near)).to_be_in_viewport(ratio=1)
            expect(page.locator(".lines .crop").nth(near - 1)).to_be_in_viewport(ratio=0.9)
        page.keyboard.press("Enter")
