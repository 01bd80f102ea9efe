"""Correct once, propose everywhere, in a real browser on documents that a real model misread."""

import hashlib
import io
from collections.abc import Iterable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect
from playwright.sync_api import Page as Tab

from recognition.files import store_path, work_directory
from recognition.models import DocumentType, Page
from recognition.reading import read_page
from recognition.synthesis import LIGHT, Kind, RenderedDocument, render_document
from review.leases import claim_task
from review.models import Label, Proposal, ProposalAnswer, ProposalSet, ReviewTask
from review.proposals.find import find_proposals
from tests import factories
from tests.browser.review.screen import field, ready, wait_until
from tests.browser.review.test_reach import faults
from tests.proposals import proposed
from tests.training.labelled import installed_base
from tests.truth import truth_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SEEDS = (301, 302, 303)
"""Old print: the base takes its "v" for "b" and its "y" for "h" again and again."""


def read_documents(kind: DocumentType) -> list[tuple[Page, RenderedDocument]]:
    """Rendered pages as the real engine reads them."""
    found = []
    for seed in SEEDS:
        rendered = render_document(Kind.OLD_PRINT, seed, LIGHT)
        file = io.BytesIO()
        rendered.image.save(file, "PNG")
        sha256 = hashlib.sha256(file.getvalue()).hexdigest()
        with work_directory() as folder:
            path = folder / "page.png"
            path.write_bytes(file.getvalue())
            name = store_path(path, folder="pages", sha256=sha256, suffix=".png")
        page = Page.objects.create(
            document=factories.make_document(kind, filename=f"folio-{seed}.png"),
            number=1, image=name, sha256=sha256,
            width=rendered.image.width, height=rendered.image.height,
        )  # fmt: skip
        assert read_page(page.pk) == "read"
        found.append((page, rendered))
    return found


def shown(pages: Iterable[Page], user: Any) -> dict[int, str]:
    """The text that each line's screen begins with."""
    from review.selectors import review_page, task_for

    tasks = task_for(user).filter(page__in=list(pages), status="waiting")
    return {line.id: line.text for task in tasks for line in review_page(task, user).lines}


def test_one_correction_puts_others_right_by_keyboard_and_is_taken_back(
    live_server: Any, signed_in: BrowserContext, page: Tab, reviewer: Any
) -> None:
    installed_base()
    kind = factories.make_type("Old print", threshold=0.9999)
    (first, truth), *others = read_documents(kind)
    rest = [each for each, _ in others]
    before = shown(rest, reviewer)
    task = ReviewTask.objects.get(page=first)
    assert claim_task(task.pk, reviewer)
    page.goto(f"{live_server.url}/review/{task.pk}/")
    ready(page)
    for place, line in enumerate(first.lines.current(), start=1):
        right = truth_of(line.polygon, truth.lines)
        if right and field(page, place).input_value() != right:
            field(page, place).fill(right)
    page.keyboard.press("Control+Enter")
    wait_until(lambda: ReviewTask.objects.get(pk=task.pk).status == "done")
    done = ReviewTask.objects.get(pk=task.pk)
    assert done.done_token is not None
    assert "proposed" in find_proposals(done.pk, done.done_token)
    made = ProposalSet.objects.get(seen="b", stands="v")
    ready(page)
    page.get_by_role("button", name="Leave").click()  # the next pages are in hand until then
    page.get_by_role("link", name="Look at them").click()
    expect(page.get_by_role("heading", name="Proposals")).to_be_visible()

    page.goto(f"{live_server.url}/proposals/{made.pk}/")
    ready(page)
    boxes = page.locator("[name=confirm]")
    number = boxes.count()
    assert number >= 2
    expect(boxes.first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(boxes.nth(1)).to_be_focused()
    page.keyboard.press("Space")
    expect(page.locator("#apply")).to_have_text(f"Confirm {number - 1}, refuse 1")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text(f"Confirmed {number - 1}, refused 1.")).to_be_visible()
    changed = {line: text for line, text in shown(rest, reviewer).items() if text != before[line]}
    confirmed = Proposal.objects.confirmed()
    assert set(changed) == set(confirmed.values_list("line", flat=True))
    truths = {
        line.pk: truth_of(line.polygon, rendered.lines)
        for each, rendered in others
        for line in each.lines.current()
    }
    assert all(changed[each.line_id].count("v") > before[each.line_id].count("v")
               for each in confirmed)  # fmt: skip
    better = [line for line, text in changed.items() if distance(text, truths[line]) <
              distance(before[line], truths[line])]  # fmt: skip
    assert len(better) * 2 > len(changed), "more of it is right than not, or nobody would look"
    assert not Label.objects.filter(line__page__in=rest).exists()

    page.get_by_role("button", name="Take back the answers").click()
    expect(page.get_by_text("Taken back:")).to_be_visible()
    assert shown(rest, reviewer) == before
    assert not ProposalAnswer.objects.counting().exists()


def distance(text: str, truth: str | None) -> int:
    from recognition.metrics import edits

    return edits(truth or "", text)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(
    live_server: Any, signed_in: BrowserContext, page: Tab, reviewer: Any, scheme: Any
) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    made = proposed(factories.make_type("Invoices"), reviewer)
    page.goto(f"{live_server.url}/proposals/")
    assert faults(page) == []
    page.get_by_role("link", name="0 → 8").click()
    ready(page)
    assert faults(page) == []
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert faults(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Confirmed 3, refused 0.")).to_be_visible()
    assert faults(page) == []
    task = ReviewTask.objects.open().filter(page__lines__in=made.proposals.values("line"))[0]
    assert claim_task(task.pk, reviewer)
    page.goto(f"{live_server.url}/review/{task.pk}/")
    ready(page)
    expect(page.locator(".proposed")).to_contain_text("confirmed by rosa")
    drafts = "Object.keys(localStorage).filter((key) => key.includes(':draft:'))"
    assert page.evaluate(drafts) == [], "nobody has typed it"
    assert faults(page) == []


def test_the_page_after_a_submit_tells_of_lines_that_look_the_same(
    open_screen: Any, page: Tab, reviewer: Any, live_server: Any
) -> None:
    made = proposed(factories.make_type("Invoices"), reviewer)
    page.goto(f"{live_server.url}/review/")
    expect(page.get_by_text("1 correction may hold on other lines too")).to_be_visible()
    expect(page.get_by_role("link", name="Proposals 1")).to_be_visible()
    open_screen()  # and one of the three pages is made ready as the next
    alike = f"/review/{made.source.task_id}/alike/"
    page.evaluate(
        """(alike) => sessionStorage.setItem("ocr-review:submitted", JSON.stringify(
            {undo: "/review/1/undo/", alike, submitted: "a page", at: Date.now()}))""",
        alike,
    )
    page.reload()
    ready(page)
    expect(page.get_by_text("2 other lines look like what you corrected.")).to_be_visible()
    link = page.get_by_role("link", name="Look at them")
    assert link.get_attribute("href") == f"/proposals/{made.pk}/"
