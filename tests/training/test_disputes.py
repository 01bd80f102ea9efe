"""Labels that a model contradicts: set aside, looked at by a person, and never lost."""

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from recognition.models import Event
from review.exceptions import InvalidSubmission
from review.models import Label
from tests.factories import make_admin, make_model, make_page, make_type, submit_as_read
from tests.training.labelled import reviewed_page
from training.characters import Alphabet
from training.dataset import freeze_dataset
from training.disputes import correct_label, precision, raise_disputes, uphold_label
from training.exceptions import DisputeSettled, OwnLabel
from training.hunt import Contradiction, contradicts, of_result
from training.job import Item
from training.ledger import counts_of
from training.lines import Line, keep_ledger
from training.models import LabelDispute, TrainingRun
from training.requests import request_run


@pytest.mark.parametrize(
    ("label", "reading", "confidence", "disputed"),
    [
        ("Anno 1572", "Anno 1573", 0.97, True),
        ("Anno 1572", "Anno 1572", 0.97, False),
        ("Anno 1572", "Anno1572", 0.97, False),
        ("Anno 1572", "Anno 1573", 0.94, False),
        ("Anno 1572", "Anno 1573", None, False),
        ("Anno 1572", "", 0.99, False),
    ],
)
def test_only_a_reading_nearly_sure_of_other_characters_disputes(
    label, reading, confidence, disputed
):
    assert contradicts(label, reading, confidence, 0.95) == disputed


@given(st.text(), st.text(), st.floats(0, 1))
def test_with_the_hunt_turned_off_nothing_is_disputed(label, reading, confidence):
    assert not contradicts(label, reading, confidence, 1.0)


def test_a_test_label_is_disputed_only_where_both_models_agree_and_are_sure():
    def row(label_id, active, candidate, one=0.99, other=0.99):
        return {
            "label_id": label_id,
            "active_text": active,
            "candidate_text": candidate,
            "active_confidence": one,
            "candidate_confidence": other,
        }

    result = {
        "contradictions": [{"label_id": 9, "text": "learnt", "confidence": 0.96}],
        "test": [
            row(1, "said", "said"),
            row(2, "read", "read"),
            row(3, "read", "other"),
            row(4, "read", "read", other=0.5),
            row(5, "read", "read", one=None),
        ],
    }
    found = of_result(result, dict.fromkeys("12345", "said"), 0.95)
    assert [one.label_id for one in found] == [9, 2]


@pytest.fixture
def letters():
    make_model(active=True)
    found = make_type("Letters")
    reviewed_page(found, "train", "one", "two", "three")
    reviewed_page(found, "test", "held out")
    return found


def dispute(letters, text: str, *, reads: str = "other") -> LabelDispute:
    run = TrainingRun.objects.first() or request_run(
        document_type=letters, trigger=TrainingRun.Trigger.MANUAL
    )
    run.base = make_model()
    label = Label.objects.current().get(text=text)
    raise_disputes(run, [Contradiction(label.pk, reads, 0.97)])
    return LabelDispute.objects.get(label=label)


@pytest.mark.django_db
def test_a_disputed_label_is_left_out_until_somebody_has_looked(letters):
    found = dispute(letters, "one")
    assert counts_of(freeze_dataset(document_type=letters)) == {
        "train": 2,
        "test": 1,
        "disputed": 1,
    }
    uphold_label(dispute=found, actor=make_admin())
    assert counts_of(freeze_dataset(document_type=letters)) == {"train": 3, "test": 1}


@pytest.mark.django_db
def test_a_disputed_label_that_is_measured_on_stays_in_its_split(letters):
    reviewed_page(letters, "validation", "looked at")
    dispute(letters, "held out")
    dispute(letters, "looked at")
    counts = counts_of(freeze_dataset(document_type=letters))
    assert counts == {"train": 3, "validation": 1, "test": 1}


def test_a_training_sets_aside_only_disputed_lines_that_it_would_learn_from():
    lines = [
        Line(Item("x.png", "one", split, "d", "c", split), np.zeros((8, 4), np.float32), 1.0)
        for split in ("train", "validation", "test")
    ]
    ledger = keep_ledger(lines, Alphabet(("e", "n", "o"), ()), {"train", "validation", "test"})
    assert ledger.aside == [{"label_id": "train", "split": "train", "reason": "disputed"}]
    assert {code: n for code, n in ledger.counts.items() if n} == {
        "disputed": 1,
        "validation": 1,
        "test": 1,
    }


@pytest.mark.django_db
def test_a_wrong_label_gets_a_successor_and_stays_in_the_history(letters):
    found = dispute(letters, "one", reads="won")
    admin = make_admin()
    correct_label(dispute=found, text="  won ", actor=admin)
    old, new = Label.objects.filter(line=found.label.line).order_by("pk")
    assert (old.text, old.superseded_at is not None) == ("one", True)
    assert (new.text, new.reviewer, new.superseded_at) == ("won", admin, None)
    assert Event.objects.filter(verb="relabel", actor=admin).count() == 1
    assert counts_of(freeze_dataset(document_type=letters)) == {"train": 3, "test": 1}


@pytest.mark.django_db
def test_an_empty_correction_changes_nothing(letters):
    found = dispute(letters, "one")
    with pytest.raises(InvalidSubmission):
        correct_label(dispute=found, text="  ", actor=make_admin())
    assert LabelDispute.objects.open().get() == found
    assert Label.objects.current().filter(text="one").exists()


@pytest.mark.django_db
def test_a_label_is_disputed_once_for_ever_and_settled_once(letters):
    found = dispute(letters, "one")
    admin = make_admin()
    uphold_label(dispute=found, actor=admin)
    assert dispute(letters, "one") == found
    assert not LabelDispute.objects.open().exists()
    with pytest.raises(DisputeSettled):
        correct_label(dispute=found, text="won", actor=admin)
    assert Label.objects.current().filter(text="one").exists()


@pytest.fixture
def maker(letters):
    """An admin whose own label "mine" is disputed."""
    found = make_admin()
    submit_as_read(make_page(letters, lines=[("mine", 0.4)]), found)
    dispute(letters, "mine")
    return found


@pytest.mark.django_db
def test_a_label_is_upheld_by_another_than_its_maker_where_there_is_one(maker):
    make_admin()
    own = LabelDispute.objects.get()
    with pytest.raises(OwnLabel):
        uphold_label(dispute=own, actor=maker)
    assert LabelDispute.objects.open().exists()
    User.objects.exclude(pk=maker.pk).update(is_active=False)
    uphold_label(dispute=own, actor=maker)
    assert not LabelDispute.objects.open().exists()


@pytest.mark.django_db
def test_the_page_asks_another_admin_about_ones_own_label(maker, client):
    other, own = make_admin(), LabelDispute.objects.get()
    client.force_login(maker)
    assert "another admin has to say" in client.get(reverse("dispute_list")).content.decode()
    sent = client.post(reverse("dispute_uphold", args=[own.pk]), follow=True).content.decode()
    assert "This label is your own" in sent
    client.force_login(other)
    assert "The label is right" in client.get(reverse("dispute_list")).content.decode()
    client.post(reverse("dispute_uphold", args=[own.pk]))
    assert not LabelDispute.objects.open().exists()


@pytest.mark.django_db
def test_the_page_lists_disputes_and_says_how_often_they_were_right(letters, client):
    admin = make_admin()
    client.force_login(admin)
    assert "Nothing is disputed" in client.get(reverse("dispute_list")).content.decode()
    first, second = dispute(letters, "one", reads="won"), dispute(letters, "two")
    assert "won" in client.get(reverse("dispute_list")).content.decode()
    client.post(reverse("dispute_correct", args=[first.pk]), {"text": "won"})
    page = client.post(reverse("dispute_uphold", args=[second.pk]), follow=True).content.decode()
    assert "1 was wrong" in page
    assert (precision().wrong, precision().settled) == (1, 2)
    page = client.post(reverse("dispute_uphold", args=[first.pk]), follow=True).content.decode()
    assert "settled this already" in page
