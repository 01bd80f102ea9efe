"""Planted errors: shown, judged, and never a label, an export or an item of a dataset."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import InternalError, transaction
from django.test import Client
from django.urls import reverse

from recognition.querysets import ADMIN_GROUP
from review.entries import LineEntry
from review.exports import as_json, as_text
from review.leases import claim_task
from review.models import Label, PlantedError, ReviewTask
from review.plants import plant_errors, planted_texts, unplanted_texts
from review.stale import conflict_page
from review.states import PlantOutcome, TaskKind
from review.undo import undo_submit
from tests import factories
from tests.review.helpers import entry, form_of, post_drafts
from training.dataset import freeze_dataset

pytestmark = pytest.mark.django_db
LINES: factories.Lines = (("Total 12.50", 0.42), ("Thank you for coming", 0.99))
MOST = 0.1
"""The highest rate; over this many lines some are drawn."""


@pytest.fixture
def task(monkeypatch: pytest.MonkeyPatch) -> ReviewTask:
    """A task of a type that plants errors, as often as it may, on every sure line."""
    monkeypatch.setattr("review.plants.Random.random", lambda _: 0.01)
    kind = factories.make_type(plant_rate=MOST)
    return factories.make_task(kind, lines=LINES)


@pytest.fixture
def planted(site: Client, held: ReviewTask) -> PlantedError:
    site.get(reverse("review_task", args=[held.pk]))
    return PlantedError.objects.get()


def submit(site: Client, task: ReviewTask, text: str) -> None:
    address = reverse("review_submit", args=[task.pk])
    assert site.post(address, form_of(task, line1=text)).status_code == 302


def everything(task: ReviewTask) -> str:
    """All that leaves the site of a page: exports, labels, datasets."""
    batch = task.page.document.batch
    items = freeze_dataset(document_type=task.document_type).items.values_list("text", flat=True)
    labels = Label.objects.values_list("text", flat=True)
    return "".join([*as_json.write(batch), *as_text.write(batch), *items, *labels])


def test_a_sure_line_is_shown_with_an_error_put_in(
    site: Client, held: ReviewTask, planted: PlantedError
) -> None:
    html = site.get(reverse("review_task", args=[held.pk])).content.decode()
    assert f'value="{planted.planted_text}"' in html
    assert planted.model_text == "Thank you for coming"
    assert planted.model_text not in html
    assert 'value="Total 12.50"' in html
    assert PlantedError.objects.count() == 1


def test_a_missed_error_is_counted_and_the_line_keeps_its_text(
    site: Client, held: ReviewTask, planted: PlantedError
) -> None:
    submit(site, held, planted.planted_text)
    submit(site, held, planted.planted_text)  # sent again
    planted.refresh_from_db()
    assert planted.outcome == PlantOutcome.MISSED
    label = Label.objects.get(line=planted.line)
    assert (label.text, label.verdict) == (planted.model_text, "confirmed")
    assert planted.planted_text not in everything(held)


def test_an_error_missed_on_a_line_changed_elsewhere_reaches_nothing(
    site: Client, held: ReviewTask, planted: PlantedError
) -> None:
    submit(site, held, f"{planted.planted_text} again.")
    planted.refresh_from_db()
    assert planted.outcome == PlantOutcome.MISSED
    label = Label.objects.get(line=planted.line)
    assert (label.text, label.verdict) == (f"{planted.model_text} again.", "corrected")
    assert planted.planted_text not in everything(held)


def test_what_was_typed_round_a_planted_error_is_told_to_others_without_it(
    site: Client, client: Client, held: ReviewTask, planted: PlantedError, reviewer: User
) -> None:
    typed = f"{planted.planted_text} again."
    post_drafts(site, held, reviewer, entry(planted.line_id, typed))
    (draft,) = held.drafts.all()
    told = f"{planted.model_text} again."
    assert unplanted_texts([draft]) == {draft: told}
    admin = factories.make_admin()
    client.force_login(admin)
    for address in (
        reverse("page_detail", args=[held.page_id]),
        reverse("batch_detail", args=[held.page.document.batch_id]),
    ):
        assert planted.planted_text not in client.get(address).content.decode()
    sent = {planted.line_id: LineEntry("Thank you, all")}
    (line,) = conflict_page(held, admin, sent, ()).lines
    assert line.theirs == told
    assert draft.text == typed  # kept as it was typed, for who typed it


def test_a_caught_error_is_counted(
    site: Client, held: ReviewTask, planted: PlantedError, reviewer: User
) -> None:
    submit(site, held, planted.model_text)
    planted.refresh_from_db()
    assert planted.outcome == PlantOutcome.CAUGHT
    undo_submit(task_id=held.pk, user=reviewer)
    html = site.get(reverse("review_task", args=[held.pk])).content.decode()
    assert planted.planted_text not in html


def test_a_planted_text_cannot_become_a_label(held: ReviewTask, planted: PlantedError) -> None:
    row: dict[str, Any] = {
        "line": planted.line,
        "task": held,
        "reviewer": planted.reviewer,
        "verdict": "corrected",
    }
    with pytest.raises(InternalError, match="planted text"), transaction.atomic():
        Label.objects.create(text=planted.planted_text, **row)
    Label.objects.create(text=planted.model_text, **row)


def test_a_late_submit_does_not_keep_the_planted_text_as_typed(
    site: Client, held: ReviewTask, planted: PlantedError
) -> None:
    form = form_of(held, line1=planted.planted_text) | {"token": ""}
    answer = site.post(reverse("review_submit", args=[held.pk]), form)
    assert answer.status_code == 409
    assert not held.drafts.exists()


@pytest.mark.parametrize("kind", [TaskKind.AUDIT, TaskKind.REOPENED])
def test_audits_and_pages_opened_again_get_none(
    task: ReviewTask, reviewer: User, kind: TaskKind
) -> None:
    ReviewTask.objects.filter(pk=task.pk).update(kind=kind)
    claimed = claim_task(task.pk, reviewer)
    assert claimed is not None
    plant_errors(claimed, reviewer)
    assert planted_texts(claimed, reviewer) == {}


def test_a_type_that_plants_none_shows_what_was_read(site: Client, reviewer: User) -> None:
    task = factories.make_task(lines=LINES)
    claim_task(task.pk, reviewer)
    site.get(reverse("review_task", args=[task.pk]))
    assert not PlantedError.objects.exists()


def test_the_draw_is_the_same_however_often_it_is_made(reviewer: User) -> None:
    kind = factories.make_type(plant_rate=MOST)
    lines = [*LINES[:1], *[("Thank you for coming", 0.99)] * 100]
    task = factories.make_task(kind, lines=lines, image=False)
    plant_errors(task, reviewer)
    first = planted_texts(task, reviewer)
    plant_errors(task, reviewer)
    assert planted_texts(task, reviewer) == first
    assert 0 < len(first) < 40


def test_a_reading_with_the_planted_word_is_not_restored_by_whom_it_was_shown(
    client: Client, reviewer: User, held: ReviewTask, site: Client, planted: PlantedError
) -> None:
    """An earlier model happened to read the very word that was planted since."""
    earlier = planted.line.predictions.get()
    earlier.pk, earlier.text = None, planted.planted_text
    earlier.model_version = factories.make_model()
    earlier.save()
    submit(site, held, planted.model_text)
    counts = Label.objects.current().get(line=planted.line)
    form = {"prediction": earlier.pk, "known": counts.pk}
    address = reverse("line_restore", args=[planted.line_id])
    reviewer.groups.add(Group.objects.get(name=ADMIN_GROUP))
    assert b"planted error" in site.post(address, form, follow=True).content
    assert Label.objects.current().get(line=planted.line) == counts
    client.force_login(factories.make_admin())
    client.post(address, form)
    assert Label.objects.current().get(line=planted.line).text == planted.planted_text


def test_a_plant_whose_reading_was_not_cleaned_is_no_database_error_on_restoring(
    reviewer: User, held: ReviewTask, site: Client
) -> None:
    """Kept before readings were cleaned: the database sees a word in it that the site does not."""
    line = held.page.lines.current()[1]
    PlantedError.objects.create(
        task=held,
        reviewer=reviewer,
        line=line,
        model_text="Tha\x07nk you",
        planted_text="Thank yau",
    )
    earlier = line.predictions.get()
    earlier.pk, earlier.text = None, "Thank them"
    earlier.model_version = factories.make_model()
    earlier.save()
    submit(site, held, "So long")
    counts = Label.objects.current().get(line=line)
    reviewer.groups.add(Group.objects.get_or_create(name=ADMIN_GROUP)[0])
    form = {"prediction": earlier.pk, "known": counts.pk}
    answer = site.post(reverse("line_restore", args=[line.pk]), form, follow=True)
    assert b"planted error" in answer.content
    assert Label.objects.current().get(line=line) == counts
