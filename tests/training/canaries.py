"""Canaries for tests: begun, and reading their pages as workers would."""

from recognition.models import Canary, ModelVersion, Page
from recognition.reading import read_page
from recognition.states import PageStatus
from review.route import route_page
from tests.doubles import ScriptedEngine
from tests.factories import (
    make_document_in,
    make_model,
    make_page,
)
from training.canary import start_canary
from training.trials import read_for_trials

TRUTH, WRONG = "Anno 1572", "Amo 157Z"


def begin(version=None, document_type=None) -> Canary:
    return start_canary(
        version=version or make_model(files=True),
        document_type=document_type,
        share=0.5,
        actor=None,
        reason="for a test",
    )


def engines_of(canary: Canary, *, canary_reads: str, serving_reads: str, probability=0.3):
    """What both read on every line."""

    def engine(version: ModelVersion) -> ScriptedEngine:
        text = canary_reads if version == canary.model_version else serving_reads
        return ScriptedEngine((text, probability))

    return engine


def read(canary, letters, part, engine) -> Page:
    """A page of a new document in that part, read as a worker would, and read along."""
    page = make_page(document=make_document_in(part, canary, letters), status=PageStatus.QUEUED)
    assert read_page(page.pk, engine) == "read"
    route_page(page.pk)
    read_for_trials(page.pk, engine)
    page.refresh_from_db()
    return page
