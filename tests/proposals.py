"""Pages on which the same is misread, and an engine that sees no more than ink."""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from django.contrib.auth.models import User

from recognition.crops import Image
from recognition.engines.base import Describer
from recognition.models import DocumentType, ModelVersion, Page
from recognition.preprocess import HEIGHT, STRIDE, tensor_width
from review.models import ProposalSet, ReviewTask
from review.proposals.find import find_proposals
from tests import factories

READ = "The sum of all the bills for a whole year is now $12.50"
"""As long as a made line is wide, so that its characters stand about where they are said to."""
RIGHT = "The sum of all the bills for a whole year is now $12.58"
OTHER = "No one has paid for anything so far, it is said"


class InkEngine:
    """Describes a crop by the grey of its columns."""

    def features(self, crops: Sequence[Image]) -> list[Any]:
        found = []
        for crop in crops:
            size = (tensor_width(crop) // STRIDE, HEIGHT)
            grey = cv2.resize(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), size)
            found.append(255 - grey.T.astype(np.float32))
        return found


def ink(version: ModelVersion) -> Describer:
    """The engine of any version."""
    return InkEngine()


def alike_page(document_type: DocumentType, text: str = READ, **options: Any) -> Page:
    """A page that waits, whose first line is `text`, with its last character in doubt."""
    return factories.make_page(document_type, lines=[(text, 0.42), (OTHER, 0.97)], **options)


def corrected(document_type: DocumentType, reviewer: User, said: str = RIGHT) -> ReviewTask:
    """A page like those, submitted with its first line corrected."""
    return factories.submit_as_read(alike_page(document_type), reviewer, line0=said)


def search(task: ReviewTask) -> str:
    """What the worker does after the submit."""
    assert task.done_token is not None
    return find_proposals(task.pk, task.done_token, engines=ink)


def proposed(document_type: DocumentType, reviewer: User, pages: int = 3) -> ProposalSet:
    """An open set: one page is corrected, and so many others look the same."""
    for _ in range(pages):
        alike_page(document_type)
    assert search(corrected(document_type, reviewer)) == f"{pages} proposed"
    return ProposalSet.objects.get()
