"""The next page is held and fetched while one is worked on; a submit can be taken back."""

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from recognition.states import move
from review.leases import FREE, LEFT_TIME
from review.models import Label, ReviewTask
from review.relabel import relabel_line
from review.services import reopen_page
from review.states import TASK_MOVES, Hold, TaskStatus
from tests.browser.review.screen import draft_text, field, ready, wait_until
from tests.factories import make_admin, make_page, make_reviewer, make_task, submit_as_read

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def held_ahead(task: ReviewTask) -> bool:
    return ReviewTask.objects.filter(pk=task.pk, hold=Hold.AHEAD).exists()


def test_the_next_page_is_fetched_and_a_submit_taken_back(
    open_screen: Callable[..., ReviewTask], page: Tab, reviewer: User
) -> None:
    following = make_task()
    image = f"/pages/{following.page_id}/image/"
    with page.expect_request(lambda request: image in request.url):
        first = open_screen()
    assert held_ahead(following)
    page.keyboard.press("End")
    page.keyboard.type(" net")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(f"/review/{following.pk}/"))
    ready(page)
    assert Label.objects.current().filter(text="Total 12.50 net").exists()
    page.get_by_role("button", name="Take back").click()
    page.wait_for_url(re.compile(f"/review/{first.pk}/"))
    ready(page)
    expect(field(page, 2)).to_have_value("Total 12.50 net")
    assert not Label.objects.current().exists()
    assert ReviewTask.objects.active_of(reviewer).get() == first


def test_the_next_page_is_shown_in_the_same_window_without_loading(
    open_screen: Callable[..., ReviewTask], page: Tab
) -> None:
    pages = [make_task(lines=[(f"page {number}", 0.5), ("sure", 0.99)]) for number in range(3)]
    open_screen()
    page.evaluate("window.stays = true")
    for task in pages:
        wait_until(lambda task=task: held_ahead(task))
        page.wait_for_timeout(300)  # it comes with the answer, and is parsed
        page.keyboard.press("Control+Enter")
        page.wait_for_url(re.compile(f"/review/{task.pk}/"))
        ready(page)
        assert page.evaluate("window.stays")
        assert page.evaluate("document.activeElement.value").startswith("page ")
        page.keyboard.press("End")
        page.keyboard.type("!")
        wait_until(lambda task=task: draft_text(task, 1) is not None)
        # Each key is heard once: what the pages before had listening is gone.
        assert (draft_text(task, 1) or "").count("!") == 1
        page.keyboard.press("Enter")
        expect(page.locator("#left")).to_have_text("All 2 lines checked")
        expect(page.locator("#page-image")).to_have_js_property("complete", True)
        assert page.locator(".lines canvas").count() == 2
    page.go_back()
    expect(page.get_by_text("You submitted it", exact=False)).to_be_visible()


def test_what_is_corrected_on_a_page_that_was_made_ready_is_not_labelled_over_unseen(
    open_screen: Callable[..., ReviewTask], page: Tab
) -> None:
    done = submit_as_read(make_page(), make_reviewer(), line0="said first")
    admin = make_admin()
    opened = reopen_page(page=done.page, actor=admin, reason="look again")
    open_screen()
    wait_until(lambda: held_ahead(opened))
    page.wait_for_timeout(300)  # it comes with the answer, and is parsed
    relabel_line(
        label=Label.objects.current().get(text="said first"),
        text="corrected",
        actor=admin,
        reason="a disputed label",
    )
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(f"/review/{opened.pk}/"))
    ready(page)
    expect(field(page, 1)).to_have_value("said first")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("“corrected” was put here")).to_be_visible()
    assert Label.objects.current().filter(text="corrected").exists()
    page.get_by_role("button", name="Submit again").click()
    wait_until(lambda: Label.objects.current().filter(text="said first").exists())


def test_a_page_ahead_that_was_given_back_and_taken_anew_comes_under_its_new_lease(
    open_screen: Callable[..., ReviewTask], page: Tab, reviewer: User
) -> None:
    following = make_task()
    open_screen()
    wait_until(lambda: held_ahead(following))
    page.wait_for_timeout(300)  # it comes with the answer, and is parsed
    # As when its lease has run out while the computer slept.
    assert move(ReviewTask.objects.ahead_of(reviewer), TaskStatus.WAITING, TASK_MOVES, **FREE)
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(f"/review/{following.pk}/"))
    ready(page)
    token = page.locator("#page-form [name=token]").input_value()
    assert token == str(ReviewTask.objects.get(pk=following.pk).lease_token)
    page.keyboard.press("Control+Enter")
    wait_until(lambda: ReviewTask.objects.filter(pk=following.pk, status=TaskStatus.DONE).exists())


def test_leaving_the_screen_ends_the_hold_on_the_page_ahead_in_a_minute(
    open_screen: Callable[..., ReviewTask], page: Tab
) -> None:
    following = make_task()
    open_screen()
    wait_until(lambda: held_ahead(following))
    page.goto("about:blank")
    held = ReviewTask.objects.filter(pk=following.pk, hold=Hold.AHEAD)
    wait_until(lambda: held.filter(lease_expires_at__lte=timezone.now() + LEFT_TIME).exists())


def test_a_page_is_parked_with_what_was_typed(
    open_screen: Callable[..., ReviewTask], page: Tab
) -> None:
    task = open_screen()
    page.keyboard.press("End")
    page.keyboard.type(" net")
    page.locator("#bar-more summary").click()
    page.get_by_role("button", name="Park").click()
    expect(page.get_by_text("Only what you have parked is left")).to_be_visible()
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url(re.compile(f"/review/{task.pk}/"))
    ready(page)
    expect(field(page, 2)).to_have_value("Total 12.50 net")
