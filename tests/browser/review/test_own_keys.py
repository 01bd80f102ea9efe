"""Jumping, special characters, own keys and reviewing line by line, in a real browser."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from recognition.states import PageStatus
from review.keys import choose_key, keys_of
from review.models import Label, RefusedDraft, ReviewTask
from tests.browser.review.screen import draft_text, field, ready, selection, wait_until
from tests.factories import make_page, make_type

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Open = Callable[..., ReviewTask]


def forty(*weak: int) -> list[tuple[str, float]]:
    return [(f"xine {n:02}", 0.5 if n in weak else 0.97) for n in range(1, 41)]


def test_five_weak_characters_among_forty_lines_take_ten_keys(open_screen: Open, page: Tab) -> None:
    weak = (3, 9, 17, 28, 40)
    open_screen(forty(*weak))
    for number in weak:
        expect(field(page, number)).to_be_focused()
        page.keyboard.press("Alt+1")
        if number != weak[-1]:
            page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Submitted:")).to_be_visible()
    said = dict(Label.objects.values_list("line__position", "text"))
    assert [said[number - 1][-1] for number in weak] == ["8"] * 5


@pytest.mark.parametrize("number", [2, 23, 39])
def test_a_wrong_line_that_is_not_weak_takes_four_keys(
    open_screen: Open, page: Tab, number: int
) -> None:
    open_screen(forty(3, 9, 17, 28, 40))
    page.keyboard.press("Alt+j")
    letter = page.locator(".lines .line").nth(number - 1).locator(".jump")
    code = letter.text_content() or ""
    assert len(code) == 1
    page.keyboard.press(code)
    expect(field(page, number)).to_be_focused()
    assert selection(page) == [0, 1]  # the character that the model was least sure of
    page.keyboard.press("l")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Submitted:")).to_be_visible()
    assert Label.objects.get(line__position=number - 1).text == f"line {number:02}"


def test_every_line_of_a_dense_page_has_a_letter_or_two(open_screen: Open, page: Tab) -> None:
    open_screen([(f"l{n}", 0.97 if n else 0.5) for n in range(300)], image=False)
    page.keyboard.press("Alt+j")
    tags = page.locator("#sheet .jump").all_text_contents()
    assert len(set(tags)) == 300
    assert {len(tag) for tag in tags} == {1, 2}
    for letter in tags[250]:
        page.keyboard.press(letter)
    expect(field(page, 251)).to_be_focused()
    page.keyboard.press("Alt+j")
    page.keyboard.press("Escape")
    expect(field(page, 251)).to_be_focused()
    expect(page.locator(".jump")).to_have_count(0)


def test_tab_puts_the_cursor_on_one_character_and_never_selects_a_whole_text(
    open_screen: Open, page: Tab
) -> None:
    open_screen()
    page.keyboard.press("Tab")
    expect(field(page, 3)).to_be_focused()
    assert selection(page) == [0, 1]
    page.keyboard.press("Tab")
    assert selection(page) == [5, 6]


def test_special_characters_of_the_type_are_inserted_by_key(open_screen: Open, page: Tab) -> None:
    fraktur = make_type()
    make_page(fraktur, lines=(("daſ iſt für Fiſche", 0.4),), status=PageStatus.REVIEWED)
    open_screen(document_type=fraktur)
    page.keyboard.press("End")
    page.keyboard.press("Alt+p")
    expect(page.locator("#palette button b")).to_have_text(["ſ", "ü"])
    page.keyboard.press("s")
    expect(field(page, 2)).to_have_value("Total 12.50ü")
    page.keyboard.press("Alt+p")
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    page.keyboard.press("Alt+p")
    page.locator("#palette button").first.click()
    expect(field(page, 2)).to_have_value("Total 12.50üſ")
    page.keyboard.press("Control+z")  # keys in quick succession are one step
    expect(field(page, 2)).to_have_value("Total 12.50")


def test_a_key_is_changed_kept_and_refused_where_it_clashes(
    open_screen: Open, page: Tab, reviewer: User
) -> None:
    open_screen()
    page.keyboard.press("F1")
    page.get_by_role("button", name="Illegible, and back").click()
    page.keyboard.press("Alt+k")
    expect(page.locator("[data-action=illegible] kbd").last).to_have_text("K")
    assert keys_of(reviewer)["illegible"] == "Alt+K"
    expect(page.locator("[data-do=split]")).to_have_attribute("title", re.compile(r"\(Alt\+B\)$"))
    page.get_by_role("button", name="Not text, and back").click()
    page.keyboard.press("Alt+k")
    expect(page.locator("#key-fault")).to_contain_text("Alt+K is taken")
    assert keys_of(reviewer)["not_text"] == "Alt+N"
    page.keyboard.press("Escape")
    page.keyboard.press("Alt+i")
    expect(page.locator(".here .verdict")).to_have_value("corrected")
    page.keyboard.press("Alt+k")
    expect(page.locator(".here .verdict")).to_have_value("illegible")
    page.reload()
    ready(page)
    page.keyboard.press("Alt+k")
    expect(page.locator(".here .verdict")).to_have_value("illegible")


def test_enter_in_a_line_does_not_send_the_page_where_no_action_has_that_key(
    open_screen: Open, page: Tab, reviewer: User
) -> None:
    choose_key(user=reviewer, action="confirm", key="Alt+K")
    open_screen()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    page.keyboard.press("Enter")
    expect(field(page, 2)).to_be_focused()
    page.keyboard.press("Alt+k")
    expect(field(page, 4)).to_be_focused()
    assert not any(url.endswith("/submit/") for url in sent)


def test_a_question_mark_is_typed_in_a_field_and_lists_the_keys_outside_or_with_alt(
    open_screen: Open, page: Tab
) -> None:
    open_screen()
    page.keyboard.press("End")
    page.keyboard.press("?")
    expect(field(page, 2)).to_have_value("Total 12.50?")
    page.keyboard.press("Alt+Shift+?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator("#submit").focus()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()


def test_lines_are_judged_one_by_one_with_single_keys(open_screen: Open, page: Tab) -> None:
    task = open_screen()
    page.keyboard.press("Alt+v")
    expect(page.locator("#verify-text")).to_have_text("surely right")
    expect(page.locator("#verify-crop canvas")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#verify-text")).to_have_text("Total 12.50")
    page.keyboard.press("w")
    expect(page.locator("#verify-field")).to_be_focused()
    assert selection(page) == [10, 11]
    page.keyboard.press("w")
    wait_until(lambda: draft_text(task, 2) == "Total 12.5w")
    page.keyboard.press("Backspace")
    page.keyboard.press("8")
    page.keyboard.press("Enter")
    page.keyboard.press("i")
    page.keyboard.press("n")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#verify-text")).to_have_text("(not text)")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator("#verify-left")).to_contain_text("all done")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Submitted:")).to_be_visible()
    labels = {label.line.position: label for label in Label.objects.select_related("line")}
    assert labels[1].text == "Total 12.58"
    assert [labels[n].verdict for n in (0, 2, 3, 4)] == [
        "confirmed", "illegible", "not_text", "confirmed"
    ]  # fmt: skip


def test_what_another_window_typed_is_offered_to_its_writer(
    open_screen: Open, page: Tab, reviewer: User
) -> None:
    task = open_screen()
    lines = list(task.page.lines.current())
    for line, text in ((lines[2], "Thank you both"), (lines[4], "Goodbye, all")):
        RefusedDraft.objects.create(
            task=task, reviewer=reviewer, line=line, text=text, verdict="corrected"
        )
    page.reload()
    ready(page)
    offer = page.locator(".refused").first
    expect(offer).to_contain_text("Thank you both")
    offer.get_by_role("button", name="Take it").click()
    expect(field(page, 3)).to_have_value("Thank you both")
    wait_until(lambda: draft_text(task, 3) == "Thank you both")
    page.locator(".refused").get_by_role("button", name="Leave it").click()
    expect(page.locator(".refused")).to_have_count(0)
    page.reload()
    ready(page)
    expect(page.locator(".refused")).to_have_count(0)


def test_the_view_is_rotated_and_its_contrast_kept_over_pages(open_screen: Open, page: Tab) -> None:
    open_screen()
    lying = page.locator("#page-image").bounding_box()
    page.keyboard.press("Alt+o")
    page.keyboard.press("Alt+c")
    standing = page.locator("#page-image").bounding_box()
    assert lying
    assert standing
    assert lying["width"] > lying["height"]
    assert standing["width"] < standing["height"]
    expect(page.locator("body")).to_have_attribute("data-contrast", "more")
    expect(page.locator("#outlines .here")).to_be_in_viewport()
    page.reload()
    ready(page)
    expect(page.locator("body")).to_have_attribute("data-contrast", "more")
    again = page.locator("#page-image").bounding_box()
    assert again
    assert abs(again["width"] - standing["width"]) < 20


def test_neighbouring_pages_of_the_document_are_shown_small(
    open_screen: Open, page: Tab, live_server: Any
) -> None:
    first = make_page(lines=(("first page", 0.97),))
    open_screen(document=first.document)
    expect(page.locator("#neighbours li")).to_have_count(2)
    picture = page.locator("#neighbours img").first
    wait_until(lambda: bool(picture.evaluate("each => each.naturalWidth")))
    assert picture.evaluate("each => Math.max(each.naturalWidth, each.naturalHeight)") == 240
