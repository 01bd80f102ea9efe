"""The learning page's figures: by run, by day, and what is taken for what."""

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from recognition.metrics import edits
from tests.factories import (
    make_admin,
    make_model,
    make_page,
    make_reviewer,
    make_type,
    submit_as_read,
)
from tests.training.labelled import reviewed_page
from training.dataset import freeze_dataset
from training.models import TrainingRun
from training.progress import days_of, judged_runs, misreadings, work_of
from training.requests import request_run
from training.states import RunStatus


def test_misreadings_name_what_was_lost_made_up_and_mistaken():
    found = misreadings([(1, "cat", "cut"), (2, "cat", "cut"), (3, "at", "ats"), (4, "at", "t")])
    assert [(one.truth, one.read, one.times) for one in found] == [
        ("a", "u", 2),
        ("", "s", 1),
        ("a", "", 1),
    ]
    assert found[0].lines == (1, 2)


@given(st.text(alphabet="abc ", max_size=8), st.text(alphabet="abc ", max_size=8))
def test_every_edit_is_one_misreading(truth, read):
    assert sum(one.times for one in misreadings([(1, truth, read)])) == edits(truth, read)


@pytest.fixture
def letters(db):
    make_model(active=True)
    found = make_type("Letters")
    reviewed_page(found, "train", "the cut sat", "on a mat", corrected="the cat sat")
    return found


def test_a_day_counts_what_people_corrected_of_what_they_were_shown(letters):
    (day,) = days_of(letters)
    assert (day.lines, day.exact, day.wrong, day.characters) == (2, 1, 1, 19)
    assert day.rate == pytest.approx(1 / 19)


def test_the_learning_page_draws_runs_days_and_misreadings(letters, client):
    run = request_run(document_type=letters, trigger=TrainingRun.Trigger.MANUAL)
    base = make_model()
    TrainingRun.objects.filter(pk=run.pk).update(
        status=RunStatus.SUCCEEDED,
        dataset=freeze_dataset(document_type=letters),
        base=base,
        candidate=base,
        verdict={"before": 0.2, "after": 0.1, "accept": True},
    )
    (judged,) = judged_runs(letters)
    assert (judged.labels, judged.before, judged.after) == (2, 0.2, 0.1)
    client.force_login(make_admin())
    page = client.get(reverse("type_learning", args=[letters.pk])).content.decode()
    assert f'href="{reverse("type_accuracy", args=[letters.pk])}"' in page
    assert "20.00 %" in page
    assert "Was read as" in page
    pictures = [
        client.get(reverse("type_learning_plot", args=[letters.pk, theme])).content
        for theme in ("light", "dark")
    ]
    assert all(picture.startswith(b"<?xml") for picture in pictures)
    assert pictures[0] != pictures[1]


def test_a_reviewer_sees_what_their_lines_did_and_nobody_elses(letters, client):
    me = make_reviewer(username="ida")
    page = make_page(letters, lines=[("a lime", 0.3), ("a line", 0.4)])
    submit_as_read(page, me, line0="a line")
    candidate = make_model(document_type=letters, active=True)
    run = request_run(document_type=letters, trigger=TrainingRun.Trigger.MANUAL)
    TrainingRun.objects.filter(pk=run.pk).update(
        status=RunStatus.SUCCEEDED,
        dataset=freeze_dataset(document_type=letters),
        base=candidate,
        candidate=candidate,
        verdict={"before": 0.2, "after": 0.1, "accept": True},
    )
    make_type("Hidden", groups=["Legal"])
    (share,) = work_of(me)
    assert (share.lines, share.before, share.after) == (2, 0.2, 0.1)
    assert share.taught + share.measured <= 2
    assert share.days[0].wrong == 1
    client.force_login(me)
    text = client.get(reverse("my_work")).content.decode()
    assert "Letters" in text
    assert "10.00 %" in text
    client.force_login(make_reviewer())
    assert "not reviewed a page yet" in client.get(reverse("my_work")).content.decode()


def test_my_work_asks_a_stranger_to_sign_in_and_takes_no_post(db, client):
    assert client.get(reverse("my_work")).status_code == 302
    client.force_login(make_reviewer())
    assert client.post(reverse("my_work")).status_code == 405
