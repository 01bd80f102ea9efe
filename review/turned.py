"""A whole page read anew, as a person has turned it: its lines are all replaced, and kept."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from celery import current_app
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerDown

from recognition.engine_pool import engine_for
from recognition.engines.base import Polygon, RecognisedLine
from recognition.line_order import arrange_lines, new_line, standing
from recognition.models import Line, ModelVersion
from recognition.page_pixels import page_pixels
from recognition.page_steps.frame import turned
from recognition.reading import EngineFor, store_readings
from recognition.registry import active_model
from review.edits import EditKind, LineEdit
from review.exceptions import InvalidChange, LeaseLost
from review.models import Draft, ReviewTask
from review.reshaping import changeable_task, check_changeable

READ_TURNED_TASK = "review.tasks.read_page_turned"

Found = Sequence[tuple[Polygon, int, RecognisedLine]]
"""Of each line: where it is on the stored page, its block, and what it reads."""


def request_turned_reading(
    *, task_id: int, token: UUID, user: AbstractBaseUser, quarters: int
) -> None:
    """Have a held page read again, turned counter-clockwise by quarters of a circle.

    Raises LeaseLost, and InvalidChange where its lines stay as they are or the readers cannot be
    reached.
    """
    check_changeable(task_id=task_id, token=token, user=user)
    asked_at = timezone.now().isoformat()
    args = [task_id, str(token), user.pk, quarters % 4, asked_at]
    try:
        current_app.send_task(READ_TURNED_TASK, args=args)
    except BrokerDown as error:
        raise InvalidChange("The readers cannot be reached now. Try again in a minute.") from error


def read_page_turned(
    task_id: int,
    token: str,
    user_id: int,
    quarters: int,
    asked_at: str,
    engines: EngineFor = engine_for,
) -> str:
    """Find and read the page's lines anew; returns the outcome's name.

    The slow work comes first and without a lock. What it found takes the page's place only where
    the person still holds the page and no line of it has been changed, nor typed on, meanwhile: who
    goes on typing has changed their mind, and nothing tells a worker so but that.
    """
    task = (
        ReviewTask.objects.select_related("page__document__document_type", "model_version")
        .filter(pk=task_id, lease_token=token, reviewer_id=user_id)
        .first()
    )
    if task is None:
        return "not held any more"
    before = standing(task.page)
    version, character_set = task.model_version, task.character_set
    if version.kind == ModelVersion.Kind.TEXT_LAYER:
        version = active_model(task.page.document.document_type)
        character_set = task.page.document.document_type.character_set
    image = page_pixels(task.page)
    upright, frame = turned(image, quarters)
    engine = engines(version).restricted_to(character_set)
    lines = engine.read(upright).lines
    quads = [frame.stored_quad(line.polygon) for line in lines]
    # Read once more from the stored page: so will training cut these lines, and a later reading.
    read = engine.recognise(image, quads) if quads else []
    found = [(quad, line.block, text) for quad, line, text in zip(quads, lines, read, strict=True)]
    return _replace(task, datetime.fromisoformat(asked_at), before, version, character_set, found)


@transaction.atomic
def _replace(
    task: ReviewTask,
    asked_at: datetime,
    before: list[int],
    version: ModelVersion,
    character_set: str,
    found: Found,
) -> str:
    holder = task.reviewer
    if holder is None or task.lease_token is None:
        return "not held any more"
    try:
        task = changeable_task(task.pk, task.lease_token, holder)
    except LeaseLost:
        return "not held any more"
    except InvalidChange:
        return "not to be changed"
    typed_since = Draft.objects.filter(task=task, saved_at__gt=asked_at).exists()
    if typed_since or standing(task.page) != before:
        return "changed meanwhile"
    new: list[tuple[Line, RecognisedLine]] = [
        (new_line(task.page, polygon, block=block), text) for polygon, block, text in found
    ]
    after = [line.pk for line, _ in new]
    arrange_lines(task.page, after)
    store_readings(new, version, character_set)
    LineEdit.objects.create(
        task=task, reviewer_id=holder.pk, kind=EditKind.REREAD, before=before, after=after
    )
    return "read again"
