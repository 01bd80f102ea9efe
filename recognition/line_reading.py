"""Reading single lines: what a person drew or moved is read at once, ahead of whole pages."""

import logging
from collections.abc import Sequence
from typing import Any

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError as BrokerDown

from recognition.engine_pool import engine_for
from recognition.models import Line, ModelVersion, Prediction
from recognition.page_pixels import page_pixels
from recognition.reading import EngineFor, corners, store_readings
from recognition.registry import active_model

logger = logging.getLogger(__name__)

READ_LINES_TASK = "recognition.tasks.read_lines"


def request_reading(lines: Sequence[Line], version: ModelVersion, character_set: str) -> None:
    """After commit, have these lines of one page read by `version` with a character set.

    A broker that is down costs the reading, no text: the person types the line, or asks again.
    """
    keys = [line.pk for line in lines]
    if keys:
        transaction.on_commit(lambda: _send([keys, version.pk, character_set]))


def read_lines(
    line_ids: Sequence[int], version_id: int, character_set: str, engines: EngineFor = engine_for
) -> str:
    """Read lines of one page; returns the outcome's name.

    Idempotent: what this model has read already stands. A text layer reads nothing, so in its
    place reads the model that serves the document type.
    """
    lines = list(
        Line.objects.filter(pk__in=line_ids)
        .exclude(
            predictions__in=Prediction.objects.filter(
                model_version=version_id, character_set=character_set
            )
        )
        .select_related("page__document__document_type")
    )
    version = ModelVersion.objects.filter(pk=version_id).first()
    if not lines or version is None:
        return "nothing to read"
    page = lines[0].page
    if version.kind == ModelVersion.Kind.TEXT_LAYER:
        version = active_model(page.document.document_type)
        character_set = page.document.document_type.character_set
    engine = engines(version).restricted_to(character_set)
    read = engine.recognise(page_pixels(page), [corners(line) for line in lines])
    with transaction.atomic():
        store_readings(list(zip(lines, read, strict=True)), version, character_set)
    return "read"


def _send(arguments: list[Any]) -> None:
    try:
        current_app.send_task(READ_LINES_TASK, args=arguments)
    except BrokerDown as error:
        logger.warning("The broker is down (%s): lines %s are not read.", error, arguments[0])
