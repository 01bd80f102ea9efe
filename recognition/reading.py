"""Reading pages: each once by each model, however often its task is delivered."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from recognition.canaries import Choice, model_for_page
from recognition.character_sets import CharacterSet
from recognition.engine_pool import engine_for
from recognition.engines.base import Engine, RecognisedLine
from recognition.events import record_event
from recognition.exceptions import NotRetryable
from recognition.failures import Failure, failure_of
from recognition.models import Canary, Line, ModelVersion, Page, Prediction, new_token
from recognition.page_pixels import load_pixels
from recognition.queue import PATIENCE, SWEEP_LIMIT, TRANSIENT, enqueue
from recognition.registry import active_model, end_canary
from recognition.signals import page_recognised
from recognition.states import PAGE_MOVES, CanaryStatus, PageStatus, TextSource, move
from recognition.text_layers import distrust, producer_of, take_lines

logger = logging.getLogger(__name__)

READ_TASK = "recognition.tasks.read_page"
REREAD_TASK = "recognition.tasks.reread_page"

WITHDRAWN = "its canary was withdrawn"

REREADABLE = (PageStatus.REVIEW, PageStatus.ACCEPTED)
"""What a person has reviewed keeps the reading that the person saw."""

EngineFor = Callable[[ModelVersion], Engine]


def read_page(page_id: int, engines: EngineFor = engine_for, token: UUID | None = None) -> str:
    """Find and read a queued page's lines; returns the outcome's name.

    Idempotent: a page already read, or being read under another token, is left alone; what a
    worker that lost its lease brings is dropped whole. Whatever goes wrong ends as a failed page
    with a reason; only a database that is away is raised, for the task to be tried again.
    """
    page, token = _claim(page_id, token or new_token())
    if page is None:
        return "not waiting"
    try:
        choice = model_for_page(page)
        if choice.canary is not None:
            return _read_by_canary(page, token, choice, choice.canary, engines)
        return _read_by(page, token, choice, engines)
    except TRANSIENT:
        raise
    except Exception as error:
        failure = failure_of(error)
        if failure.unexpected:
            logger.exception("page %s", page_id)
        return fail_page(page.pk, token, failure.code, failure.message)


def give_attempt_back(token: UUID) -> bool:
    """Not count a reading that was broken off from outside: nothing has died over the page."""
    begun = Page.objects.filter(status=PageStatus.READING, reading_token=token, attempts__gt=0)
    return begun.update(attempts=F("attempts") - 1) == 1


def _read_by(page: Page, token: UUID, choice: Choice, engines: EngineFor) -> str:
    reader = _reader(page, choice, engines)
    return _finish(page, token, reader, *_read(page, token, reader))


def _read_by_canary(
    page: Page, token: UUID, choice: Choice, canary: Canary, engines: EngineFor
) -> str:
    """Read a page of the canary's share; what breaks the canary costs the canary, not the page.

    Where it was withdrawn meanwhile the model in service reads the page, too, and that counts.
    Where it breaks down the model in service reads the page. If that succeeds the fault was the
    canary's, and it is withdrawn at once; if not, the page fails as any page would. A worker that
    died once may have lost its machine: the last attempt that a page has tells.
    """
    failure = Failure("worker_died", f"{page.attempts} times its worker died over the page.")
    if page.attempts < settings.READ_MAX_ATTEMPTS - 1:
        try:
            outcome = _read_by(page, token, choice, engines)
            if outcome != WITHDRAWN:
                return outcome
        except TRANSIENT:
            raise
        except Exception as error:
            failure = failure_of(error)
            logger.exception("page %s, read by the canary", page.pk)
    outcome = _read_by(page, token, Choice(active_model(page.document.document_type)), engines)
    if outcome == "read":
        reason = (
            f"It failed on {page}, which the model in service read ({failure.code}: "
            f"{failure.message})"
        )
        end_canary(canary, CanaryStatus.WITHDRAWN, actor=None, reason=reason)
    return outcome


def reread_page(page_id: int, engines: EngineFor = engine_for) -> str:
    """Read a page's lines again with the model that is to read it now; labels and drafts stay.

    Predictions are added beside the earlier ones. Routing follows by the signal. What a canary read
    that was withdrawn meanwhile does not count; what serves then reads the page.
    """
    outcome = _reread(page_id, engines)
    while outcome == WITHDRAWN:
        outcome = _reread(page_id, engines)
    return outcome


def _reread(page_id: int, engines: EngineFor) -> str:
    page = Page.objects.select_related("document__document_type").filter(pk=page_id).first()
    if page is None or page.status not in REREADABLE:
        return "not waiting"
    if page.text_source == TextSource.TEXT_LAYER:
        return "taken from its text layer"
    reader = _reader(page, model_for_page(page), engines)
    if (page.model_version_id, page.character_set) == (reader.version.pk, reader.character_set):
        return "read by this model already"
    lines = list(page.lines.current())
    known = {
        prediction.line_id: prediction
        for prediction in Prediction.objects.filter(
            line__in=lines, model_version=reader.version, character_set=reader.character_set
        )
    }
    confidences = [prediction.confidence for prediction in known.values()]
    missing = [line for line in lines if line.pk not in known]
    found: list[tuple[Line, RecognisedLine]] = []
    if missing:
        polygons = [corners(line) for line in missing]
        recognised = reader.engine.recognise(load_pixels(page), polygons)
        found = list(zip(missing, recognised, strict=True))
        confidences += [line.confidence for line in recognised]
    with transaction.atomic():
        if _withdrawn(reader.canary):
            return WITHDRAWN
        store_readings(found, reader.version, reader.character_set)
        sure = [confidence for confidence in confidences if confidence is not None]
        Page.objects.filter(pk=page.pk, status__in=REREADABLE).update(
            model_version=reader.version,
            canary=reader.canary,
            character_set=reader.character_set,
            read_at=timezone.now(),
            lowest_confidence=min(sure, default=None),
        )
        transaction.on_commit(lambda: _announce(page.pk))
    return "read again"


@dataclass(frozen=True, slots=True)
class _Reader:
    """What reads a page: a model version with the character set of the page's type."""

    version: ModelVersion
    canary: Canary | None
    character_set: str
    engine: Engine


def _reader(page: Page, choice: Choice, engines: EngineFor) -> _Reader:
    chosen = page.document.document_type.character_set
    engine = engines(choice.version).restricted_to(chosen)
    return _Reader(choice.version, choice.canary, chosen, engine)


def read_beside(page_id: int, version: ModelVersion, engines: EngineFor = engine_for) -> int:
    """Let a model that does not serve read a page's lines as well; returns how many it read.

    Its predictions stand beside the others. Nothing else changes: not the page's model, not its
    routing, not what a reviewer sees. Lines the model has read already are left alone.
    """
    page = (
        Page.objects.select_related("document__document_type")
        .filter(pk=page_id, text_source=TextSource.IMAGE)
        .first()
    )
    if page is None:
        return 0
    chosen = page.document.document_type.character_set
    known = Prediction.objects.filter(line__page=page, model_version=version, character_set=chosen)
    lines = list(page.lines.current().exclude(pk__in=known.values("line_id")))
    if not lines:
        return 0
    engine = engines(version).restricted_to(chosen)
    read = engine.recognise(load_pixels(page), [corners(line) for line in lines])
    store_readings(list(zip(lines, read, strict=True)), version, chosen)
    return len(lines)


def _finish(
    page: Page,
    token: UUID,
    reader: _Reader,
    version: ModelVersion,
    character_set: str,
    found: Sequence[tuple[Line, RecognisedLine]],
    steps: Sequence[str] = (),
) -> str:
    """Store a reading, unless the lease was lost meanwhile; `steps` go into the audit trail.

    Nor is it stored where the canary that read was withdrawn meanwhile.
    """
    canary = reader.canary if version == reader.version else None
    with transaction.atomic():
        if _withdrawn(canary):
            return WITHDRAWN
        if not move(
            Page.objects.filter(pk=page.pk, reading_token=token),
            PageStatus.READ,
            PAGE_MOVES,
            reading_token=None,
            reading_until=None,
            read_at=timezone.now(),
            model_version=version,
            canary=canary,
            character_set=character_set,
            lowest_confidence=_lowest([line for _, line in found]),
        ):
            return "lost the lease"
        if steps:
            record_event(verb="set upright", subject=page, steps=list(steps))
        store_readings(found, version, character_set)
        transaction.on_commit(lambda: _announce(page.pk))
    return "read"


def _withdrawn(canary: Canary | None) -> bool:
    """Whether the canary that has read a page was taken back meanwhile.

    One that was not stays so until the transaction ends: whoever withdraws it then finds the page
    among those that it read.
    """
    if canary is None:
        return False
    locked = Canary.objects.select_for_update(no_key=True).get(pk=canary.pk)
    return locked.status == CanaryStatus.WITHDRAWN


def fail_page(page_id: int, token: UUID, code: str, message: str) -> str:
    """Mark a page that this token is reading as failed, with the reason."""
    move(
        Page.objects.filter(pk=page_id, reading_token=token),
        PageStatus.FAILED,
        PAGE_MOVES,
        reading_token=None,
        reading_until=None,
        failure_code=code,
        failure_message=message[:500],
    )
    return f"failed: {code}"


@transaction.atomic
def retry_pages(*, pages: Sequence[Page], actor: AbstractBaseUser | None) -> int:
    """Queue failed pages again; returns how many. Raises NotRetryable where none is failed."""
    again = []
    for page in pages:
        if move(
            Page.objects.filter(pk=page.pk, status=PageStatus.FAILED),
            PageStatus.QUEUED,
            PAGE_MOVES,
            failure_code="",
            failure_message="",
            attempts=0,
            queued_at=timezone.now(),
        ):
            record_event(verb="retry", subject=page, actor=actor)
            again.append(page)
    if not again:
        raise NotRetryable("Only a failed page can be tried again.")
    enqueue(READ_TASK, again)
    return len(again)


def queue_rereading(pages: Sequence[Page]) -> int:
    """Queue pages to be read again by the model that is active now; returns how many."""
    enqueue(REREAD_TASK, pages)
    return len(pages)


def sweep_pages() -> int:
    """Queue again what lost its message or its worker; returns how many."""
    stuck = list(Page.objects.stuck(PATIENCE)[:SWEEP_LIMIT])
    Page.objects.filter(pk__in=[page.pk for page in stuck]).update(queued_at=timezone.now())
    enqueue(READ_TASK, stuck)
    return len(stuck)


def _claim(page_id: int, token: UUID) -> tuple[Page | None, UUID]:
    """Take a page for reading under a lease; None where it is not to be had.

    A lease under the same token is taken over: its worker died, and its message came back.
    """
    with transaction.atomic():
        page = (
            Page.objects.select_for_update(of=("self",))
            .select_related("document__document_type")
            .filter(pk=page_id)
            .first()
        )
        if page is None:
            return None, token
        now = timezone.now()
        dead = page.status == PageStatus.READING and (
            page.reading_until is None or page.reading_until < now or page.reading_token == token
        )
        if page.status != PageStatus.QUEUED and not dead:
            return None, token
        rows = Page.objects.filter(pk=page.pk)
        if page.attempts >= settings.READ_MAX_ATTEMPTS:
            move(
                rows,
                PageStatus.FAILED,
                PAGE_MOVES,
                reading_token=None,
                reading_until=None,
                failure_code="worker_died",
                failure_message=f"The worker died {page.attempts} times over this page. "
                "Look at the image; retry once the cause is gone.",
            )
            return None, token
        move(
            rows,
            PageStatus.READING,
            PAGE_MOVES,
            attempts=page.attempts + 1,
            reading_token=token,
            reading_until=now + timedelta(seconds=settings.READ_LEASE_SECONDS),
        )
    return page, token


def _read(
    page: Page, token: UUID, reader: _Reader
) -> tuple[ModelVersion, str, list[tuple[Line, RecognisedLine]], tuple[str, ...]]:
    """What the text is from, its character set, the lines with it, and the page steps.

    Lines that exist are kept.
    """
    pixels = load_pixels(page)
    engine, version, chosen = reader.engine, reader.version, reader.character_set
    if page.text_source == TextSource.TEXT_LAYER:
        # Whether a layer tells the truth is asked of all that the model knows.
        taken = take_lines(page, pixels, engine.restricted_to(CharacterSet.FULL))
        if taken is not None:
            return producer_of(page), CharacterSet.FULL, taken, ()
        distrust(page, token)
    lines = list(page.lines.current())
    if lines:
        read = engine.recognise(pixels, [corners(line) for line in lines])
        return version, chosen, list(zip(lines, read, strict=True)), ()
    reading = engine.read(pixels)
    found = [
        (
            Line(
                page=page,
                position=line.position,
                block=line.block,
                polygon=[[x, y] for x, y in line.polygon],  # exact: the crop's hash hangs on it
                crop_sha256=line.crop_sha256,
            ),
            line.recognised,
        )
        for line in reading.lines
    ]
    return version, chosen, found, reading.page_steps


def corners(line: Line) -> list[tuple[float, float]]:
    """The line's polygon as an engine takes it."""
    return [(float(x), float(y)) for x, y in line.polygon]


def store_readings(
    found: Sequence[tuple[Line, RecognisedLine]], version: ModelVersion, character_set: str
) -> None:
    """Store new lines, and what `version` read on each; what is stored already stands."""
    Line.objects.bulk_create([line for line, _ in found if line.pk is None])
    Prediction.objects.bulk_create(
        [
            Prediction(
                line=line,
                model_version=version,
                text=read.text,
                confidence=read.confidence,
                raw_score=read.raw_score,
                characters=[
                    [
                        character.text,
                        round(character.confidence, 4),
                        round(character.start, 4),
                        round(character.end, 4),
                        [[a.text, round(a.probability, 4)] for a in character.alternatives],
                    ]
                    for character in read.characters
                ],
                preprocessing_version=version.preprocessing_version,
                calibration_version=version.calibration_version,
                dictionary_sha256=version.dictionary_sha256,
                character_set=character_set,
            )
            for line, read in found
        ],
        ignore_conflicts=True,  # the same model and set read a line the same: the first row stands
    )


def _lowest(lines: Sequence[RecognisedLine]) -> float | None:
    return min((line.confidence for line in lines if line.confidence is not None), default=None)


def _announce(page_id: int) -> None:
    """Tell who listens; one that fails is logged, and the sweep makes up for it."""
    for receiver, outcome in page_recognised.send_robust(sender=Page, page_id=page_id):
        if isinstance(outcome, Exception):
            logger.error("%s failed for page %s", receiver, page_id, exc_info=outcome)
