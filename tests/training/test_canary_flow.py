"""A canary from its start to its end with the engine that serves: nothing stands in for it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from django.conf import settings

from recognition.canary_share import Part
from recognition.ctc import class_names
from recognition.engines import graphs
from recognition.engines.store import ModelFiles, load, save_head
from recognition.models import Canary, ModelVersion, Page, Prediction
from recognition.reading import read_page, reread_page
from recognition.registry import VersionFacts, active_model, register_version
from recognition.states import CanaryStatus, PageStatus
from review.models import Label
from review.route import route_page
from tests.factories import (
    make_document_in,
    make_page,
    make_reviewer,
    make_type,
    submit_as_read,
)
from tests.training.labelled import installed_base
from training.canary import start_canary
from training.models import Trial
from training.rereading import continue_rereadings
from training.shadow import judge_trials, promote_canary
from training.states import TrialStatus
from training.trials import read_for_trials

pytestmark = pytest.mark.django_db
TRUTH = "Invoice 4711"


def without(base: ModelFiles, name: str, *, never: Callable[[str], bool]) -> ModelVersion:
    """A real candidate: the base, but for some characters that it never writes."""
    head = onnx.load(str(base.head))
    weights = graphs.head_weights(head)
    bias = weights[-1].copy()
    names = class_names(base.characters())
    bias[[at for at, character in enumerate(names) if character and never(character)]] -= 60
    files = save_head(
        base.store,
        base.sha256,
        graphs.serialise(graphs.replace_head_weights(head, [*weights[:-1], np.asarray(bias)])),
        base.characters(),
        base.calibration.read_bytes(),
        {"name": name},
    )
    return register_version(
        VersionFacts(
            sha256=files.sha256,
            name=files.name,
            kind=files.kind,
            dictionary_sha256=files.dictionary_sha256,
            preprocessing_version=files.preprocessing_version,
            calibration_version=files.calibration_version,
        )
    )


def begin(version: ModelVersion) -> Canary:
    return start_canary(
        version=version, document_type=None, share=0.1, actor=None, reason="a new base"
    )


def read(part: Part, canary: Canary, letters) -> Page:
    """As a worker does: the page is read, routed, and read along for the trial."""
    document = make_document_in(part, canary, letters)
    page = make_page(document=document, lines=[(TRUTH, 1.0)], status=PageStatus.QUEUED)
    assert read_page(page.pk) == "read"
    route_page(page.pk)
    read_for_trials(page.pk)
    page.refresh_from_db()
    return page


def text_of(page: Page) -> str:
    return str(Prediction.objects.of_reading(page).get(line__page=page).text)


def test_a_real_canary_is_withdrawn_by_what_people_correct_and_another_promoted():
    base = installed_base()
    letters = make_type("Letters", threshold=1.0)  # so that every page comes to a person
    files = load(Path(settings.MODEL_STORE), base.sha256)
    canary = begin(without(files, "without digits", never=str.isdigit))

    kept = read(Part.NEITHER, canary, letters)
    assert (text_of(kept), kept.model_version) == (TRUTH, base)
    shown = [read(Part.CANARY, canary, letters) for _ in range(3)]
    assert not any(character in "4711" for page in shown for character in text_of(page))
    assert {page.canary for page in shown} == {canary}
    unseen = shown[:1]
    reviewed = [*shown[1:], *(read(Part.CANARY, canary, letters) for _ in range(3))]
    for page in [*reviewed, *(read(Part.CONTROL, canary, letters) for _ in range(2))]:
        submit_as_read(page, make_reviewer(), line0=TRUTH)
    labels = set(Label.objects.values_list("pk", "text", "superseded_at"))

    assert judge_trials() == 1
    canary.refresh_from_db()
    assert canary.status == CanaryStatus.WITHDRAWN
    assert f"{base} makes fewer errors" in canary.reason
    assert " against 0 on the same" in canary.reason
    assert canary.rereading.pages == 1
    for page in Page.objects.all():
        reread_page(page.pk)
        route_page(page.pk)
    continue_rereadings()
    for page in [*unseen, *reviewed]:
        page.refresh_from_db()
    assert [(text_of(page), page.model_version) for page in unseen] == [(TRUTH, base)]
    assert {page.model_version for page in reviewed} == {canary.model_version}
    assert set(Label.objects.values_list("pk", "text", "superseded_at")) == labels
    assert canary.rereading.left == 0

    second = begin(without(files, "without tildes", never="~".__eq__))
    assert text_of(read(Part.CANARY, second, letters)) == TRUTH
    promote_canary(canary=second, actor=None)
    assert active_model(letters) == second.model_version
    assert Trial.objects.get(canary=second).status == TrialStatus.BESIDE
    after = read(Part.NEITHER, second, letters)
    assert (after.model_version, after.canary) == (second.model_version, None)
