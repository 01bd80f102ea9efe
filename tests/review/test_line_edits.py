"""Lines added, deleted, reshaped, split, merged and moved: nothing is overwritten."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import InternalError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from recognition.line_order import standing
from recognition.line_reading import read_lines
from recognition.models import Line, Prediction
from review.drafts import DraftEntry, save_drafts
from review.edits import LineEdit, LineMark
from review.exceptions import InvalidChange, LeaseLost
from review.leases import claim_task
from review.models import Draft, Label, ReviewTask
from review.reshaping import Change, change_lines, unplanted
from review.services import LineEntry, reopen_page, submit_page
from review.text import MAX_TEXT
from review.turned import read_page_turned
from tests.doubles import ScriptedEngine, always
from tests.factories import make_admin, make_page, make_reviewer, make_task, submit_as_read
from tests.review.helpers import form_of

pytestmark = pytest.mark.django_db

BOX = ((10.0, 10.0), (200.0, 10.0), (200.0, 40.0), (10.0, 40.0))
Do = Callable[..., LineEdit]


@pytest.fixture
def do(held: ReviewTask, reviewer: User) -> Do:
    def change(kind: str, **fields: Any) -> LineEdit:
        token = held.lease_token
        assert token
        return change_lines(
            task_id=held.pk, token=token, user=reviewer, change=Change(kind, **fields)
        )

    return change


def test_a_reshaped_line_takes_the_place_of_the_one_before_which_is_kept(
    held: ReviewTask, do: Do
) -> None:
    first, second = standing(held.page)
    before = Line.objects.get(pk=first)
    edit = do("reshape", lines=(first,), polygon=BOX)
    new = Line.objects.get(pk=edit.added[0])
    assert standing(held.page) == [new.pk, second]
    assert new.polygon == [list(corner) for corner in BOX]
    assert len(new.crop_sha256) == 64
    assert new.crop_sha256 != before.crop_sha256
    kept = Line.objects.get(pk=first)
    assert kept.retired_at is not None
    assert kept.polygon == before.polygon
    with pytest.raises(InternalError, match="pgtrigger"), transaction.atomic():
        Line.objects.filter(pk=first).update(polygon=[[0, 0]] * 4)


def test_every_change_can_be_taken_back_and_done_again(held: ReviewTask, do: Do) -> None:
    first, second = start = standing(held.page)
    edits = [
        do("add", polygon=BOX, place=1),
        do("delete", lines=(second,)),
        do("split", lines=(first,), share=0.4, texts=("Total", "12.50")),
    ]
    after = standing(held.page)
    assert len(after) == 3
    undone = [do("revert", edit=edit.pk) for edit in reversed(edits)]
    assert standing(held.page) == start
    for edit in reversed(undone):
        do("revert", edit=edit.pk)
    assert standing(held.page) == after
    assert [line.position for line in held.page.lines.current()] == [0, 1, 2]


def test_a_change_that_is_not_the_last_is_not_taken_back(held: ReviewTask, do: Do) -> None:
    first, second = standing(held.page)
    edit = do("move", lines=(second,), place=0)
    assert standing(held.page) == [second, first]
    do("add", polygon=BOX, place=2)
    with pytest.raises(InvalidChange):
        do("revert", edit=edit.pk)


def test_what_was_typed_goes_along_to_the_new_lines(
    held: ReviewTask, reviewer: User, do: Do
) -> None:
    first, second = standing(held.page)
    save_drafts(task=held, user=reviewer, entries=[DraftEntry(first, "typed", "corrected", 0)])
    new = do("reshape", lines=(first,), polygon=BOX).added[0]
    drafts = dict(Draft.objects.of(held, reviewer).values_list("line_id", "text"))
    assert drafts == {first: "typed", new: "typed"}
    merged = do("merge", lines=(new, second), texts=("typed Thank you",)).added[0]
    assert Draft.objects.get(line=merged).text == "typed Thank you"


@pytest.mark.parametrize(
    ("kind", "texts"),
    [
        ("reshape", ("Tota",)),  # as the screen sends it: what was typed before it was called so
        ("reshape", ()),
        ("split", ("To", "ta")),
        ("split", ()),
        ("merge", ("Tota Thank you",)),
        ("merge", ()),
    ],
)
def test_what_nobody_can_read_stays_so_in_another_box(
    held: ReviewTask, reviewer: User, do: Do, kind: str, texts: tuple[str, ...]
) -> None:
    first, second = standing(held.page)
    entries = [DraftEntry(line, "Tota", "illegible", 0) for line in (first, second)]
    save_drafts(task=held, user=reviewer, entries=entries)
    lines = (first, second) if kind == "merge" else (first,)
    new = do(kind, lines=lines, polygon=BOX, texts=texts).added
    drafts = Draft.objects.of(held, reviewer).filter(line__in=new)
    assert {draft.verdict for draft in drafts} == {"illegible"}
    assert len(drafts) == (2 if kind == "split" else 1)
    if texts:
        assert [draft.text for draft in drafts.order_by("line")] == list(texts)


def test_what_was_submitted_as_not_text_stays_so_in_another_box(reviewer: User) -> None:
    done = submit_as_read(make_page(), reviewer)
    line = standing(done.page)[0]
    Label.objects.current().filter(line=line).update(superseded_at=timezone.now())
    Label.objects.create(line_id=line, task=done, reviewer=reviewer, verdict="not_text")
    opened = reopen_page(page=done.page, actor=make_admin(), reason="its box is wrong")
    task = claim_task(opened.pk, reviewer)
    assert task
    assert task.lease_token
    change = Change("reshape", lines=(line,), polygon=BOX, texts=("Total 12.50",))
    change_lines(task_id=task.pk, token=task.lease_token, user=reviewer, change=change)
    assert Draft.objects.of(task, reviewer).get().verdict == "not_text"


def test_lines_of_which_one_has_a_text_are_merged_as_text(
    held: ReviewTask, reviewer: User, do: Do
) -> None:
    first, second = standing(held.page)
    save_drafts(task=held, user=reviewer, entries=[DraftEntry(first, "", "illegible", 0)])
    new = do("merge", lines=(first, second), texts=("Thank you",)).added[0]
    assert Draft.objects.get(line=new).verdict == "corrected"


def test_new_lines_are_read_by_the_model_that_the_page_shows(held: ReviewTask, do: Do) -> None:
    new = do("add", polygon=BOX, place=0).added[0]
    engine = ScriptedEngine(("a new line", 0.7))
    assert read_lines([new], held.model_version_id, held.character_set, always(engine)) == "read"
    assert Prediction.objects.get(line=new).text == "a new line"
    assert (
        read_lines([new], held.model_version_id, held.character_set, always(engine))
        == "nothing to read"
    )
    assert engine.reads == 1


def test_an_added_line_is_labelled_and_a_deleted_one_is_not(
    held: ReviewTask, reviewer: User, do: Do
) -> None:
    first, second = standing(held.page)
    new = do("add", polygon=BOX, place=2).added[0]
    do("delete", lines=(first,))
    assert held.lease_token
    entries = {second: LineEntry("Thank you"), new: LineEntry("added by hand")}
    submit_page(
        task_id=held.pk, token=held.lease_token, user=reviewer, entries=entries, seconds=9.0
    )
    labels = {label.line_id: label for label in Label.objects.filter(task=held)}
    assert set(labels) == {second, new}
    assert labels[new].base_prediction is None


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("add", {"polygon": BOX[:3]}),
        ("add", {"polygon": (BOX[1], BOX[0], BOX[3], BOX[2])}),
        ("add", {"polygon": ((5, 5), (6, 5), (6, 6), (5, 6))}),
        ("delete", {"lines": (999_999,)}),
        ("delete", {}),
        ("merge", {}),
        ("revert", {"edit": 999_999}),
        ("explode", {}),
    ],
)
def test_what_makes_no_sense_changes_nothing(
    held: ReviewTask, do: Do, kind: str, fields: dict[str, Any]
) -> None:
    before = standing(held.page)
    with pytest.raises(InvalidChange):
        do(kind, **fields)
    assert standing(held.page) == before
    assert not LineEdit.objects.exists()


def test_lines_that_are_too_long_together_stay_two_and_nothing_is_cut(
    site: Client, held: ReviewTask
) -> None:
    before = standing(held.page)
    sent = {"kind": "merge", "lines": before, "texts": ["a" * (MAX_TEXT + 1)]}
    answer = site.post(
        reverse("review_lines", args=[held.pk]),
        json.dumps({"token": str(held.lease_token), **sent}),
        content_type="application/json",
    )
    assert answer.status_code == 422
    assert "at most 10,000 characters" in answer.json()["message"]
    assert standing(held.page) == before


def test_only_the_holder_changes_lines(held: ReviewTask) -> None:
    assert held.lease_token
    with pytest.raises(LeaseLost):
        change_lines(
            task_id=held.pk,
            token=held.lease_token,
            user=make_reviewer(),
            change=Change("delete", lines=tuple(standing(held.page))),
        )
    assert len(standing(held.page)) == 2


def test_a_page_turned_and_read_again_keeps_its_old_lines(
    held: ReviewTask, reviewer: User, do: Do
) -> None:
    before = standing(held.page)
    engine = ScriptedEngine(("turned", 0.9))
    asked: list[Any] = [held.pk, str(held.lease_token), reviewer.pk, 2, timezone.now().isoformat()]
    assert read_page_turned(*asked, engines=always(engine)) == "read again"
    (line,) = held.page.lines.current()
    assert line.predictions.get().text == "turned"
    # Its first corner is the text's top left: at the right foot of the stored page.
    assert line.polygon[0][0] > line.polygon[1][0]
    assert line.polygon[0][1] > line.polygon[3][1]
    do("revert", edit=LineEdit.objects.get().pk)
    assert standing(held.page) == before
    asked[1] = str(uuid4())
    assert read_page_turned(*asked, engines=always(engine)) == "not held any more"


def test_a_page_on_which_somebody_types_on_is_not_replaced(
    held: ReviewTask, reviewer: User
) -> None:
    before = standing(held.page)
    save_drafts(task=held, user=reviewer, entries=[DraftEntry(before[0], "one", "corrected", 0)])
    asked: list[Any] = [held.pk, str(held.lease_token), reviewer.pk, 2, timezone.now().isoformat()]
    save_drafts(task=held, user=reviewer, entries=[DraftEntry(before[1], "two", "corrected", 0)])
    engine = always(ScriptedEngine(("turned", 0.9)))
    assert read_page_turned(*asked, engines=engine) == "changed meanwhile"
    assert standing(held.page) == before
    asked[-1] = timezone.now().isoformat()
    assert read_page_turned(*asked, engines=engine) == "read again"


def test_the_pages_history_tells_changes_and_what_lines_said_that_are_gone(
    held: ReviewTask, reviewer: User, do: Do, site: Client
) -> None:
    first, second = standing(held.page)
    save_drafts(task=held, user=reviewer, entries=[DraftEntry(first, "typed here", "corrected", 0)])
    do("delete", lines=(first, second))
    html = site.get(reverse("page_detail", args=[held.page_id])).content.decode()
    assert "Lines deleted" in html
    assert "typed here" in html
    assert "Thank you" in html
    other = Client()
    other.force_login(make_reviewer())
    html = other.get(reverse("page_detail", args=[held.page_id])).content.decode()
    assert "typed here" not in html


@pytest.mark.parametrize(
    ("texts", "kept"),
    [
        (("Totai 12.50 Thank you",), ("Total 12.50 Thank you",)),
        (("Totai", "12.50"), ("Total", "12.50")),
        (("Total 12.58",), ("Total 12.58",)),
        ((None,), (None,)),
    ],
)
def test_a_planted_error_does_not_go_along_to_new_lines(
    texts: tuple[str | None, ...], kept: tuple[str | None, ...]
) -> None:
    assert unplanted(texts, [("Totai 12.50", "Total 12.50")]) == kept


def test_without_its_image_a_page_gets_no_new_lines(reviewer: User) -> None:
    # With a text of its own: pages decoded before are known by their content.
    task = make_task(image=False, lines=[("A page nobody has seen", 0.5)])
    held = claim_task(task.pk, reviewer)
    assert held
    assert held.lease_token
    with pytest.raises(InvalidChange, match="image is gone"):
        change_lines(
            task_id=task.pk,
            token=held.lease_token,
            user=reviewer,
            change=Change("add", polygon=BOX),
        )


def test_a_submit_that_does_not_know_of_a_deletion_loses_no_typing(
    held: ReviewTask, reviewer: User, do: Do, site: Client
) -> None:
    first, second = standing(held.page)
    form = form_of(held, line0="typed before I knew")
    new = do("reshape", lines=(first,), polygon=BOX).added[0]
    answer = site.post(reverse("review_submit", args=[held.pk]), form)
    assert answer.status_code == 422  # the new line is not in the form
    assert Draft.objects.get(line=first).text == "typed before I knew"
    assert f'id="f{new}"' in answer.content.decode()
    assert not Label.objects.exists()
    assert standing(held.page) == [new, second]


def post(site: Client, name: str, task: ReviewTask, **body: Any) -> Any:
    return site.post(
        reverse(name, args=[task.pk]),
        json.dumps({"token": str(task.lease_token), **body}),
        content_type="application/json",
    )


def test_the_screen_is_told_what_stands_on_the_page_now(site: Client, held: ReviewTask) -> None:
    first, second = standing(held.page)
    answer = post(
        site, "review_lines", held, kind="split", lines=[first], share=0.5, texts=["Total", "12.50"]
    )
    told = answer.json()
    assert told["order"] == [*told["reading"], second]
    assert [line["fields"][0] for line in told["lines"]] == told["reading"]
    assert 'value="12.50"' in told["lines"][1]["html"]
    asked = reverse("review_lines", args=[held.pk]) + f"?id={told['reading'][0]}&id=x"
    assert site.get(asked).json() == {"order": told["order"], "lines": []}
    engine = ScriptedEngine(("Total", 0.9))
    read_lines(told["reading"][:1], held.model_version_id, held.character_set, always(engine))
    (line,) = site.get(asked).json()["lines"]
    assert line["band"] == "weak"  # it is the least sure one of those that are read


def test_handwriting_is_marked_and_unmarked_on_the_record(site: Client, held: ReviewTask) -> None:
    line = standing(held.page)[0]
    for on in (True, False, True):
        assert post(site, "review_line_mark", held, line=line, on=on).json() == {
            "line": line,
            "on": on,
        }
    assert LineMark.objects.count() == 3
    shown = site.get(reverse("review_task", args=[held.pk]))
    assert 'class="line weak hand"' in shown.content.decode()


@pytest.mark.parametrize("name", ["review_lines", "review_line_mark", "review_read", "review_turn"])
def test_others_and_strangers_change_nothing(
    name: str, client: Client, site: Client, held: ReviewTask
) -> None:
    url = reverse(name, args=[held.pk])
    assert site.post(url, "no json", content_type="application/json").status_code == 422
    assert site.post(url, "{}", content_type="application/json").status_code in (409, 422)
    assert site.put(url).status_code == 405
    other = Client()
    other.force_login(make_reviewer())
    body = json.dumps(
        {"token": str(held.lease_token), "kind": "delete", "lines": standing(held.page),
         "line": 1, "quarters": 1}
    )  # fmt: skip
    assert other.post(url, body, content_type="application/json").status_code == 409
    assert Client().post(url).status_code == 302
    assert len(standing(held.page)) == 2
    assert not LineEdit.objects.exists()
