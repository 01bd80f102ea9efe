"""The ledger: every current label has one fate, and the sums are the total."""

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from recognition.models import Line
from review.models import Label
from tests.factories import make_admin, make_model, make_type
from tests.training.labelled import reviewed_page
from training.dataset import SortedLabel, freeze_dataset
from training.ledger import counts_of, ledger_of, standing, standing_of, with_set_aside
from training.models import TrainingRun
from training.requests import request_run
from training.states import LeftOut, Split

ASIDE = [LeftOut.TOO_LONG.value, LeftOut.UNKNOWN_CHARACTER.value, LeftOut.DISPUTED.value]


def label(number: int, split: str = "", left_out: str = "", document: str = "") -> SortedLabel:
    return SortedLabel(number, "text", f"crop {number}", number, document or "d", split, left_out)


LABELS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(Split.values), st.just("")),
        st.tuples(st.just(""), st.sampled_from(LeftOut.values)),
    ),
    max_size=40,
).map(lambda rows: [label(number, *row) for number, row in enumerate(rows)])


@given(LABELS, st.data())
def test_the_sums_are_the_total_whatever_the_trainer_sets_aside(labels, data):
    found = standing(labels)
    left_out = sum(fate.labels for fate in found.left_out)
    assert found.lines + left_out == found.total == len(labels)

    counts = {row.code: row.lines for row in found.splits}
    counts |= {fate.code: fate.labels for fate in found.left_out}
    learnt = [row for row in labels if row.split in (Split.TRAIN, Split.VALIDATION)]
    aside = [
        {"label_id": row.label_id, "split": row.split, "reason": data.draw(st.sampled_from(ASIDE))}
        for row in learnt
        if data.draw(st.booleans())
    ]
    after = with_set_aside(counts, aside)
    assert sum(after.values()) == len(labels)
    assert all(number > 0 for number in after.values())


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ([], "Nothing has been reviewed yet"),
        ([label(1, "test")], "No reviewed document belongs to the training split"),
        ([label(1, "train")], "0 reviewed documents are held out as a test; 2 are needed"),
        ([label(1, "train"), label(2, "test")], "1 reviewed document is held out as a test"),
        ([label(1, "train"), label(2, "test")], "1 line is held out as a test; 20 are needed"),
        (
            [label(0, "train"), *(label(n, "test", document=str(n % 3)) for n in range(1, 30))],
            "3 documents only",
        ),
    ],
)
def test_what_is_missing_for_a_verdict_is_said_in_words(labels, words):
    assert any(words in sentence for sentence in standing(labels).missing)


def test_nothing_is_missing_where_there_is_enough():
    labels = [label(n, "test", document=str(n % 6)) for n in range(24)]
    assert standing([label(99, "train"), *labels]).missing == ()


@pytest.mark.django_db
def test_a_line_that_stands_on_its_page_no_more_is_withdrawn():
    letters = make_type()
    page = reviewed_page(letters, "train", "one", "two")
    Line.objects.filter(page=page, position=1).update(retired_at=timezone.now())
    assert counts_of(freeze_dataset(document_type=letters)) == {"train": 1, "withdrawn": 1}


@pytest.mark.django_db
def test_the_pages_of_a_run_and_of_its_type_account_for_every_label(client):
    make_model(active=True)
    letters = make_type("Letters")
    for split, count in (("train", 3), ("validation", 1), ("test", 2)):
        reviewed_page(letters, split, *(f"{split} {number}" for number in range(count)))
    reviewed_page(letters, "test", "train 0")
    run = request_run(document_type=letters, trigger=TrainingRun.Trigger.MANUAL)
    run.dataset = freeze_dataset(document_type=letters)
    aside = Label.objects.get(text="train 1")
    run.result = {"set_aside": [{"label_id": aside.pk, "split": "train", "reason": "too_long"}]}
    run.save()

    fates = {fate.code: fate.labels for fate in ledger_of(run)}
    assert fates == {"train": 2, "validation": 1, "test": 2, "duplicate": 1, "too_long": 1}
    assert sum(fates.values()) == Label.objects.current().count()
    assert standing_of(letters).total == Label.objects.current().count()

    client.force_login(make_admin())
    page = client.get(reverse("run_detail", args=[run.pk])).content.decode()
    assert "More characters than the crop has room for" in page
    assert "<strong>7</strong>" in page
    page = client.get(reverse("type_learning", args=[letters.pk])).content.decode()
    assert "The same crop is in the set already" in page
    assert "<strong>7</strong>" in page
    assert "2 lines are held out as a test; 20 are needed" in page
