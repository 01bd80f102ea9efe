"""Lines that nobody labelled, for the whole network to learn from: which they may be."""

import pytest

from recognition.models import Page, Prediction
from recognition.states import PageStatus
from tests.factories import make_document, make_model, make_page, make_type
from tests.training.labelled import content_in, reviewed_page
from training.confident import confident_lines, write_confident
from training.job import Job, read_crop
from training.settings import NetworkSettings

pytestmark = pytest.mark.django_db


def accepted(document_type, split: str, *lines: tuple[str, float]) -> Page:
    document = make_document(document_type, content=content_in(split))
    return make_page(document=document, lines=list(lines), status=PageStatus.ACCEPTED)


def texts() -> set[str]:
    return {found.text for found in confident_lines(100, seed=1)}


def test_only_sure_lines_of_accepted_pages_in_the_training_split_are_taken():
    make_model(active=True)
    letters = make_type()
    accepted(letters, "train", ("sure", 0.995), ("not so sure", 0.98))
    accepted(letters, "test", ("sure, but measured on", 0.999))
    accepted(letters, "validation", ("sure, but looked at", 0.999))
    reviewed_page(letters, "train", "labelled")
    assert texts() == {"sure"}
    assert len(confident_lines(0, seed=1)) == 0


def test_a_line_whose_crop_is_held_out_elsewhere_is_not_taken():
    make_model(active=True)
    reviewed_page(make_type(), "test", "sure")
    reviewed_page(make_type(), "train", "learnt from")
    accepted(make_type(), "train", ("sure", 0.999), ("learnt from", 0.999))
    assert texts() == {"learnt from"}


def test_what_an_earlier_model_read_and_lines_that_are_gone_do_not_count():
    make_model(active=True)
    page = accepted(make_type(), "train", ("sure", 0.999), ("gone", 0.999))
    page.lines.filter(predictions__text="gone").update(retired_at=page.read_at)
    assert texts() == {"sure"}
    Page.objects.filter(pk=page.pk).update(model_version=make_model())
    assert texts() == set()


def test_their_crops_are_those_of_their_pages(tmp_path):
    make_model(active=True)
    page = accepted(make_type(), "train", ("sure", 0.999))
    (item,) = write_confident(tmp_path, 5, seed=1)
    assert (item.text, item.split) == ("sure", "train")
    assert item.label_id == f"line {Prediction.objects.get(line__page=page).line_id}"
    job = Job(tmp_path, tmp_path, "", "", "", NetworkSettings(), (), "network", (item,))
    assert read_crop(job, item).shape[2] == 3
