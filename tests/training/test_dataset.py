"""Freezing labels: what is copied in, what is left out, and that it never changes."""

import pytest
from django.db import InternalError, transaction

from recognition.files import local_copy
from review.services import LineEntry, reopen_page, submit_page
from review.states import Verdict
from tests.factories import make_page, make_reviewer, make_task, make_type, submit_as_read
from tests.training.labelled import reviewed_page
from training.dataset import freeze_dataset, write_crops
from training.exceptions import CropChanged
from training.ledger import counts_of
from training.models import DatasetItem

pytestmark = pytest.mark.django_db


def test_every_label_is_in_a_split_or_left_out_and_the_sum_is_all():
    letters = make_type()
    reviewed_page(letters, "train", "one", "two")
    reviewed_page(letters, "validation", "three")
    reviewed_page(letters, "test", "four")
    task = make_task(letters, lines=[("blot", 0.1), ("line", 0.1)])
    _submit(task, {0: LineEntry("", Verdict.ILLEGIBLE), 1: LineEntry("", Verdict.NOT_TEXT)})

    dataset = freeze_dataset(document_type=letters)

    assert counts_of(dataset) == {
        "train": 2,
        "validation": 1,
        "test": 1,
        "illegible": 1,
        "not_text": 1,
    }
    assert sum(counts_of(dataset).values()) == dataset.label_count == 6


def test_the_same_crop_in_two_documents_is_in_one_split_only():
    letters = make_type()
    first = reviewed_page(letters, "train", "the same line")
    reviewed_page(letters, "test", "the same line")

    dataset = freeze_dataset(document_type=letters)

    kept = dataset.items.get(left_out="")
    assert kept.split == "train"
    assert kept.crop_sha256 == first.lines.get().crop_sha256
    assert counts_of(dataset) == {"train": 1, "duplicate": 1}


def _relabel(page):
    reopen_page(page=page, actor=make_reviewer(), reason="a second look")
    submit_as_read(page, make_reviewer())


def _withdraw(page):
    page.lines.update(retired_at=page.read_at)


@pytest.mark.parametrize("change", [_relabel, _withdraw])
def test_a_crop_that_was_learnt_from_is_never_tested_on(change):
    letters = make_type()
    first = reviewed_page(letters, "train", "the same line")
    reviewed_page(letters, "test", "the same line")
    change(first)

    kept = freeze_dataset(document_type=letters).items.get(left_out="")

    assert kept.split == "train"


def test_a_crop_held_out_for_one_type_is_held_out_for_all():
    forms = make_type()
    reviewed_page(make_type(), "test", "the same line")
    reviewed_page(forms, "train", "the same line")
    assert freeze_dataset(document_type=forms).items.get().split == "test"
    assert freeze_dataset(document_type=None).items.get(left_out="").split == "test"


def test_the_same_labels_give_the_same_dataset_and_a_correction_gives_another():
    letters = make_type()
    page = reviewed_page(letters, "train", "one")
    first = freeze_dataset(document_type=letters)
    assert freeze_dataset(document_type=letters) == first

    admin = make_reviewer()
    reopen_page(page=page, actor=admin, reason="a second look")
    submit_as_read(page, admin, line0="won")
    second = freeze_dataset(document_type=letters)

    assert second != first
    assert first.items.get().text == "one"
    assert second.items.get().text == "won"


def test_labels_of_other_types_stay_out_and_all_types_take_them_in():
    letters, forms = make_type(), make_type()
    reviewed_page(letters, "train", "a letter")
    reviewed_page(forms, "train", "a form")
    assert freeze_dataset(document_type=letters).label_count == 1
    assert freeze_dataset(document_type=None).label_count == 2


def test_a_frozen_item_cannot_be_changed():
    reviewed_page(letters := make_type(), "train", "one")
    item = freeze_dataset(document_type=letters).items.get()
    with pytest.raises(InternalError, match="append_only"), transaction.atomic():
        DatasetItem.objects.filter(pk=item.pk).update(text="two")


def test_crops_are_cut_as_they_were_when_labelled(tmp_path):
    reviewed_page(letters := make_type(), "train", "one", "two")
    written = list(write_crops(freeze_dataset(document_type=letters), tmp_path / "crops"))
    assert len(written) == 2
    assert all(path.name == f"{item.crop_sha256}.png" for item, path in written)


def test_a_page_image_that_changed_is_noticed(tmp_path):
    page = reviewed_page(letters := make_type(), "train", "one")
    other = make_page(letters, lines=[("quite different", 0.3)])
    dataset = freeze_dataset(document_type=letters)
    with local_copy(page.image) as target, local_copy(other.image) as source:
        target.chmod(0o644)
        target.write_bytes(source.read_bytes())
    with pytest.raises(CropChanged, match="Restore the image"):
        list(write_crops(dataset, tmp_path / "crops"))


def _submit(task, by_position):
    from review.leases import claim_task

    user = make_reviewer()
    held = claim_task(task.pk, user)
    lines = {line.position: line.pk for line in task.page.lines.current()}
    submit_page(
        task_id=task.pk,
        token=held.lease_token,
        user=user,
        entries={lines[position]: entry for position, entry in by_position.items()},
        seconds=5,
    )
