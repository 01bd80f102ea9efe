"""No choice of an adjudicator is altered, dropped or lost on the way to a decision."""

import json
from html.parser import HTMLParser
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from recognition.models import Line
from review.leases import claim_task, release_task
from review.models import Draft, Label, RefusedDraft, ReviewTask
from review.states import TaskKind, TaskStatus
from review.text import MAX_TEXT, TOO_LONG
from tests import factories
from tests.factories import make_reviewer, make_user

pytestmark = pytest.mark.django_db


class Fields(HTMLParser):
    """What a browser would send of a page's form."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.sent: dict[str, str] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        fields = dict(attrs)
        name = fields.get("name")
        picked = fields.get("type") != "radio" or "checked" in fields
        if tag == "input" and name and picked:
            self.sent[name] = fields.get("value") or ""


@pytest.fixture
def disputed(reviewer: User) -> ReviewTask:
    """A page of two lines, each of which two people read differently."""
    kind = factories.make_type(second_review_rate=1.0)
    page = factories.make_page(kind)
    factories.submit_as_read(page, reviewer, line0="Total 12.58", line1="Thank yuo")
    factories.submit_as_read(page, make_reviewer(), line0="Total 12.56", line1="<b>Thank</b> you")
    return ReviewTask.objects.get(page=page, kind=TaskKind.DECIDE)


@pytest.fixture
def ada(disputed: ReviewTask) -> User:
    """The adjudicator who holds it."""
    user = make_user("Adjudicator")
    assert claim_task(disputed.pk, user)
    disputed.refresh_from_db()
    return user


@pytest.fixture
def site(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    return client


@pytest.fixture
def lines(disputed: ReviewTask) -> list[Line]:
    return list(disputed.page.lines.current()[:2])


def address(task: ReviewTask) -> str:
    return reverse("adjudicate", args=[task.pk])


def fields(answer: Any) -> dict[str, str]:
    return Fields(answer.content.decode()).sent


def send(site: Client, task: ReviewTask, **changed: str) -> tuple[dict[str, str], HttpResponse]:
    """Open the screen, change its fields (a dash for an underscore), and press Decide."""
    form = fields(site.get(address(task)))
    form |= {name.replace("_", "-"): value for name, value in changed.items()}
    return form, site.post(address(task), form)


ALL = [
    ("first", None),
    ("second", None),
    ("other", "Total 12.59"),
    ("other", ""),
    ("illegible", None),
    ("not_text", None),
]


@pytest.mark.parametrize(("choice", "text"), ALL)
def test_a_refused_decision_comes_back_as_it_was_chosen_and_so_after_a_reload(
    site: Client, disputed: ReviewTask, lines: list[Line], choice: str, text: str | None
) -> None:
    changed = {f"line_{lines[0].pk}": choice}
    if text is not None:
        changed[f"line_{lines[0].pk}_text"] = text
    form, answer = send(site, disputed, **changed)
    assert answer.status_code == 422
    assert b"Not decided: " in answer.content
    again = fields(answer)
    own = f"line-{lines[0].pk}"
    for kept in (again, fields(site.get(address(disputed)))):
        assert {name: value for name, value in kept.items() if name.startswith(own)} == {
            name: value for name, value in form.items() if name.startswith(own)
        }
        assert f"line-{lines[1].pk}" not in kept  # left open, and so it stays
    if text == "":
        return
    done = site.post(address(disputed), again | {f"line-{lines[1].pk}": "second"})
    assert done.status_code == 302
    counts = Label.objects.current().get(line=lines[0])
    said = {
        "first": ("Total 12.58", "corrected"),
        "second": ("Total 12.56", "corrected"),
        "other": ("Total 12.59", "corrected"),
        "illegible": ("", "illegible"),
        "not_text": ("", "not_text"),
    }
    assert (counts.text, counts.verdict) == said[choice]


def test_text_without_a_button_counts(
    site: Client, disputed: ReviewTask, lines: list[Line]
) -> None:
    typed = {f"line_{lines[0].pk}_text": "Total 12.59", f"line_{lines[1].pk}": "first"}
    assert send(site, disputed, **typed)[1].status_code == 302
    assert Label.objects.current().get(line=lines[0]).text == "Total 12.59"


def test_text_that_is_too_long_is_a_fault_at_the_line_and_is_not_cut(
    site: Client, disputed: ReviewTask, lines: list[Line]
) -> None:
    text = "a" * (MAX_TEXT + 1)
    typed = {f"line_{lines[0].pk}_text": text, f"line_{lines[1].pk}": "first"}
    _, answer = send(site, disputed, **typed)
    assert answer.status_code == 422
    assert answer.content.decode().count(TOO_LONG) == 1
    assert fields(answer)[f"line-{lines[0].pk}-text"] == text
    assert f'value="{text}" maxlength="{MAX_TEXT}"' in answer.content.decode()
    assert not Label.objects.filter(task=disputed).exists()


@pytest.mark.parametrize("choice", ["first", "second", "illegible"])
def test_text_beside_another_choice_is_a_fault_at_the_line_and_both_are_kept(
    site: Client, disputed: ReviewTask, lines: list[Line], choice: str
) -> None:
    own = f"line_{lines[0].pk}"
    changed = {own: choice, f"{own}_text": "Total 12.59", f"line_{lines[1].pk}": "first"}
    _, answer = send(site, disputed, **changed)
    assert answer.status_code == 422
    assert "and typed something else: choose one." in answer.content.decode()
    back = fields(answer)
    assert back[f"line-{lines[0].pk}"] == choice
    assert back[f"line-{lines[0].pk}-text"] == "Total 12.59"
    reloaded = site.get(address(disputed))
    assert fields(reloaded)[f"line-{lines[0].pk}-text"] == "Total 12.59"
    if choice != "illegible":
        assert b"typed something else: choose one" in reloaded.content
    assert not Label.objects.filter(task=disputed).exists()
    emptied = back | {f"line-{lines[0].pk}-text": ""}
    assert site.post(address(disputed), emptied).status_code == 302


def test_a_late_decision_shows_both_versions_and_is_there_again_on_taking_the_page(
    site: Client, disputed: ReviewTask, ada: User, lines: list[Line]
) -> None:
    form = fields(site.get(address(disputed)))
    form |= {f"line-{lines[0].pk}": "second", f"line-{lines[1].pk}-text": "Thanks"}
    assert disputed.lease_token
    release_task(task_id=disputed.pk, token=disputed.lease_token)
    late = site.post(address(disputed), form)
    assert late.status_code == 409
    html = late.content.decode()
    for shown in ("Not decided", "Total 12.56", "Total 12.58", "Thanks", "Take the page again"):
        assert shown in html
    again = site.post(reverse("review_task", args=[disputed.pk]), follow=True)
    kept = fields(again)
    assert kept[f"line-{lines[0].pk}"] == "second"
    assert (kept[f"line-{lines[1].pk}"], kept[f"line-{lines[1].pk}-text"]) == ("other", "Thanks")


def test_a_decision_after_somebody_elses_tells_what_counts(
    site: Client, disputed: ReviewTask, ada: User, lines: list[Line]
) -> None:
    form = fields(site.get(address(disputed)))
    form |= {f"line-{lines[0].pk}": "illegible", f"line-{lines[1].pk}": "first"}
    assert disputed.lease_token
    release_task(task_id=disputed.pk, token=disputed.lease_token)
    other = make_user("Adjudicator")
    theirs = Client()
    theirs.force_login(other)
    assert claim_task(disputed.pk, other)
    send(theirs, disputed, **{f"line_{line.pk}": "second" for line in lines})
    assert ReviewTask.objects.get(pk=disputed.pk).status == TaskStatus.DONE
    html = site.post(address(disputed), form).content.decode()
    assert f"{other} has decided the page" in html
    assert "Illegible" in html
    assert "Total 12.56" in html
    assert Label.objects.current().get(line=lines[0]).text == "Total 12.56"
    assert Draft.objects.of(disputed, ada).count() == 2


def relabel(line: Line, text: str) -> None:
    """An admin's correction, which counts from now on."""
    counts = Label.objects.current().get(line=line)
    Label.objects.current().filter(line=line).update(superseded_at=counts.created_at)
    Label.objects.create(
        line=line, task=counts.task, reviewer=factories.make_admin(), verdict="corrected", text=text
    )


def test_a_first_reading_that_changed_meanwhile_is_told_and_not_decided(
    site: Client, disputed: ReviewTask, lines: list[Line]
) -> None:
    form = fields(site.get(address(disputed)))
    form |= {f"line-{line.pk}": "first" for line in lines}
    relabel(lines[0], "Total 12.57")
    answer = site.post(address(disputed), form)
    assert answer.status_code == 422
    assert "has changed since you opened the page" in answer.content.decode()
    back = fields(answer)
    own = f"line-{lines[0].pk}"
    assert (back[own], back[f"{own}-text"]) == ("other", "Total 12.58")
    assert site.post(address(disputed), back).status_code == 302
    assert Label.objects.current().get(line=lines[0]).text == "Total 12.58"


def test_a_line_settled_meanwhile_is_told_with_what_was_chosen(
    site: Client, disputed: ReviewTask, lines: list[Line]
) -> None:
    form = fields(site.get(address(disputed)))
    form |= {f"line-{lines[0].pk}-text": "Total 12.59", f"line-{lines[1].pk}": "second"}
    relabel(lines[0], "Total 12.56")
    answer = site.post(address(disputed), form)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "agree here by now" in html
    assert "Total 12.59" in html
    assert site.post(address(disputed), fields(answer)).status_code == 302
    assert Label.objects.current().get(line=lines[0]).text == "Total 12.56"


def test_what_another_window_chose_is_not_decided_over_in_silence(
    site: Client, disputed: ReviewTask, ada: User, lines: list[Line]
) -> None:
    form = fields(site.get(address(disputed)))
    form |= {f"line-{line.pk}": "first" for line in lines}
    entry = {"line_id": lines[0].pk, "text": "Total 99", "verdict": "corrected", "revision": 0}
    site.post(
        reverse("review_drafts", args=[disputed.pk]),
        json.dumps({"user": ada.pk, "entries": [entry]}),
        content_type="application/json",
    )
    answer = site.post(address(disputed), form)
    assert answer.status_code == 422
    assert "In another window you chose “Total 99”" in answer.content.decode()
    assert fields(answer)[f"line-{lines[0].pk}"] == "first"
    assert RefusedDraft.objects.get().text == "Total 12.58"
    assert site.post(address(disputed), fields(answer)).status_code == 302
    assert Label.objects.current().get(line=lines[0]).text == "Total 12.58"


def test_giving_the_page_back_keeps_the_choices(
    site: Client, disputed: ReviewTask, ada: User, lines: list[Line]
) -> None:
    changed = {f"line_{lines[0].pk}": "not_text", "give_back": "1"}
    assert send(site, disputed, **changed)[1]["Location"] == reverse("disagreement_list")
    assert ReviewTask.objects.get(pk=disputed.pk).status == TaskStatus.WAITING
    draft = Draft.objects.of(disputed, ada).get()
    assert (draft.line, draft.text, draft.verdict) == (lines[0], "", "not_text")


def test_nothing_is_kept_of_lines_on_which_nothing_was_chosen(
    site: Client, disputed: ReviewTask
) -> None:
    assert send(site, disputed)[1].status_code == 422
    assert not Draft.objects.exists()


def test_what_only_one_reading_has_is_marked_and_markup_is_shown_as_text(
    site: Client, disputed: ReviewTask
) -> None:
    html = site.get(address(disputed)).content.decode()
    assert "Total 12.5<mark>8</mark>" in html
    assert "Total 12.5<mark>6</mark>" in html
    assert "<b>Thank" not in html
    assert "&lt;b&gt;" in html
