"""Lines as the review screen draws them: no text of a page or a person becomes markup."""

from html.parser import HTMLParser

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from review.drafts import DraftConflict
from review.drawing import drawn_lines, drawn_outlines
from review.leases import claim_task
from review.selectors import ReviewLine
from tests import factories

HOSTILE = "\"'><script>alert(1)</script>{{ 7 * 7 }}{% if %} &amp; </li>"


class Elements(HTMLParser):
    """What a browser makes of markup: elements with their attributes, and the text in them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def values(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


def line(**fields: object) -> ReviewLine:
    return ReviewLine(
        **{
            "id": 1_234, "number": 1_001, "polygon": [[1.0, 2.0], [3.0, 2.0], [3.0, 4.0]],
            "read": "read", "probability": 0.5, "weak": True, "text": "text", "verdict": "",
            "revision": 0, "weak_characters": (), **fields,
        }
    )  # type: ignore[arg-type]  # fmt: skip


@pytest.mark.parametrize(
    "fields",
    [
        {"text": HOSTILE},
        {"error": HOSTILE},
        {"proposed": HOSTILE},
        {"other": DraftConflict(1_234, HOSTILE, "", 2, "mine", "")},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_a_text_stays_text_wherever_a_line_shows_it(fields: dict[str, object]) -> None:
    plain = Elements(drawn_lines([line(**{**fields, next(iter(fields)): _harmless(fields)})]))
    drawn = Elements(drawn_lines([line(**fields)]))
    assert [tag for tag, _ in drawn.found] == [tag for tag, _ in plain.found]
    assert [value.keys() for _, value in drawn.found] == [value.keys() for _, value in plain.found]
    assert HOSTILE in f"{drawn.text} {drawn.values('input')[0]['value']}"


def _harmless(fields: dict[str, object]) -> object:
    other = fields.get("other")
    return DraftConflict(1_234, "theirs", "", 2, "mine", "") if other else "harmless"


def test_a_line_has_its_number_state_and_outline() -> None:
    drawn = Elements(drawn_lines([line(verdict="illegible", handwritten=True, revision=3)]))
    item = drawn.values("li")[0]
    assert item["class"] == "line weak without-text hand touched"
    assert item["data-line"] == "1234"
    chosen = [value["value"] for value in drawn.values("option") if "selected" in value]
    assert chosen == ["illegible"]
    outline = Elements(drawn_outlines([line()])).values("polygon")[0]
    assert outline == {"id": "o1234", "class": "weak", "points": "1.0,2.0 3.0,2.0 3.0,4.0"}


def test_a_page_without_lines_says_so() -> None:
    assert "No lines" in drawn_lines([])


@pytest.mark.django_db
def test_what_was_read_stays_text_on_the_screen(site: Client, reviewer: User) -> None:
    task = factories.make_task(lines=[(HOSTILE, 0.5), ("second", 0.5)])
    claim_task(task.pk, reviewer)
    html = site.get(reverse("review_task", args=[task.pk])).content.decode()
    fields = [each for each in Elements(html).values("input") if each.get("class") == "text"]
    assert [each.get("value") for each in fields][:2] == [HOSTILE, "second"]
    assert "<script>alert" not in html
