"""Rows as the services would build them: real image, constraints kept, routing applied."""

import hashlib
import io
import itertools
import uuid
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.utils import timezone
from PIL import Image, ImageDraw

from recognition.canary_share import Part
from recognition.crops import crop_sha256, rectify
from recognition.engines.blobs import canonical_json
from recognition.engines.store import BACKBONE, DETECTOR, DICTIONARY, HEAD, MODEL, save_version
from recognition.files import store_chunks, store_path, work_directory
from recognition.intake import create_batch
from recognition.models import (
    ActiveModel,
    Batch,
    Canary,
    Document,
    DocumentType,
    Line,
    ModelVersion,
    Page,
    Prediction,
)
from recognition.page_pixels import load_pixels
from recognition.preprocess import PREPROCESSING_VERSION
from recognition.querysets import ADMIN_GROUP, REVIEWER_GROUP
from recognition.registry import VersionFacts, activate, register_version
from recognition.states import DocumentStatus, PageStatus
from review.leases import claim_task
from review.models import ReviewTask
from review.route import route_page
from review.services import LineEntry, submit_page
from training.models import AccuracyAlert

PASSWORD = "correct horse battery"
WIDTH, LINE_HEIGHT, MARGIN = 640, 44, 30  # pixels of a made page
Lines = Sequence[tuple[str, float | None]]
LINES: Lines = (("Total 12.50", 0.42), ("Thank you", 0.99))
SURE_LINES: Lines = (("Total 12.50", 0.97), ("Thank you", 0.99))

_numbers = itertools.count(1)
MAX_BYTES = 50 * 2**20


def make_user(*groups: str, username: str = "", **fields: Any) -> User:
    """A user in the named groups ("Admin", "Reviewer", any other); password PASSWORD."""
    user = User.objects.create_user(
        username or f"user{next(_numbers)}", password=PASSWORD, **fields
    )
    user.groups.set(Group.objects.get_or_create(name=name)[0] for name in groups)
    return user


def make_admin(**fields: Any) -> User:
    """A user in the group Admin, who is no superuser."""
    return make_user(ADMIN_GROUP, **fields)


def make_reviewer(**fields: Any) -> User:
    """A user in the group Reviewer."""
    return make_user(REVIEWER_GROUP, **fields)


def make_type(name: str = "", groups: Sequence[str] = (), **fields: Any) -> DocumentType:
    """A document type, seen by everybody or by `groups`; audits are drawn only where asked."""
    document_type = DocumentType.objects.create(
        name=name or f"Type {next(_numbers)}", **{"audit_rate": 0.0, **fields}
    )
    document_type.groups.set(Group.objects.get_or_create(name=group)[0] for group in groups)
    return document_type


def make_batch(
    document_type: DocumentType | None = None, *, name: str = "", actor: User | None = None
) -> Batch:
    """An empty batch."""
    return create_batch(
        name=name or f"Batch {next(_numbers)}",
        document_type=document_type or make_type(),
        actor=actor or make_admin(),
    )


def make_model(
    *,
    active: bool = False,
    document_type: DocumentType | None = None,
    preprocessing_version: str = PREPROCESSING_VERSION,
    files: bool = False,
) -> ModelVersion:
    """A model version's row; `active` for `document_type`, or for all.

    With `files` the store has files of it, which are empty: what is put in service is asked for
    them.
    """
    name = f"model {next(_numbers)}"
    version = register_version(
        VersionFacts(
            sha256=_store_files(name) if files else hashlib.sha256(name.encode()).hexdigest(),
            name=name,
            kind=ModelVersion.Kind.BASE,
            dictionary_sha256=hashlib.sha256(b"dictionary").hexdigest(),
            preprocessing_version=preprocessing_version,
            calibration_version="test-1",
        ),
        document_type=document_type,
    )
    if active:
        activate(version=version, document_type=document_type, actor=None, reason="for a test")
    return version


def _store_files(name: str) -> str:
    about = {
        "kind": "base",
        "name": name,
        "parent": None,
        "base": None,
        "preprocessing_version": PREPROCESSING_VERSION,
        "calibration_version": "test-1",
    }
    empty = dict.fromkeys((DETECTOR, BACKBONE, HEAD, DICTIONARY), b"")
    return save_version(Path(settings.MODEL_STORE), {**empty, MODEL: canonical_json(about)})


def page_picture(texts: Sequence[str]) -> Image.Image:
    """A white page with the texts one below the other, where `line_polygon` says."""
    image = Image.new("RGB", (WIDTH, 2 * MARGIN + LINE_HEIGHT * max(1, len(texts))), "white")
    pen = ImageDraw.Draw(image)
    for position, text in enumerate(texts):
        top = MARGIN + position * LINE_HEIGHT
        pen.text((MARGIN + 4, top + 6), text, fill="black", font_size=24)
    return image


def line_polygon(position: int) -> list[list[float]]:
    """Where the line at `position` stands on a made page."""
    left, right = float(MARGIN), float(WIDTH - MARGIN)
    top = float(MARGIN + position * LINE_HEIGHT)
    bottom = top + LINE_HEIGHT - 6
    return [[left, top], [right, top], [right, bottom], [left, bottom]]


def picture_bytes(image: Image.Image, kind: str = "PNG") -> bytes:
    """The image as a file's bytes."""
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


def make_document(
    document_type: DocumentType | None = None,
    *,
    batch: Batch | None = None,
    filename: str = "",
    content: bytes = b"",
) -> Document:
    """A document that is split (its pages are for `make_page`), its bytes in the storage."""
    batch = batch or make_batch(document_type)
    number = next(_numbers)
    content = content or f"document {uuid.uuid4()}".encode()
    stored = store_chunks([content], folder="documents", max_bytes=MAX_BYTES)
    return Document.objects.create(
        batch=batch,
        document_type=batch.document_type,
        filename=filename or f"document-{number}.png",
        sha256=stored.sha256,
        size_bytes=stored.size,
        media_type="image/png",
        file=stored.name,
        status=DocumentStatus.SPLIT,
    )


def make_document_in(part: Part, canary: Canary, document_type: DocumentType) -> Document:
    """A document that the canary's hash puts in this part of its scope's documents."""
    while True:
        content = f"document {uuid.uuid4()}".encode()
        if canary.part_of(hashlib.sha256(content).hexdigest()) == part:
            return make_document(document_type, content=content)


def make_page(
    document_type: DocumentType | None = None,
    *,
    lines: Lines | None = None,
    status: str = "",
    document: Document | None = None,
    batch: Batch | None = None,
    image: bool = True,
    model: ModelVersion | None = None,
    reviewer: User | None = None,
    drawn: Lines | None = None,
    placed: bool = False,
) -> Page:
    """A page whose `lines` are (text, calibrated probability), as far as `status` says.

    Without a status the page is read and routed, so the probabilities decide: the default lines
    (LINES) end in review; ACCEPTED has SURE_LINES. QUEUED, READING and FAILED pages have no
    lines. A REVIEWED page is submitted, as read, by `reviewer`. Without `image` the storage lacks
    the file; `drawn` are lines that stand in the picture while `lines` are read. The model is the
    active one, or a new one made active for all types. Tasks come in the order in which they were
    made, unless `placed`: by value or chance, as routing has it.
    """
    if lines is None:
        lines = SURE_LINES if status == PageStatus.ACCEPTED else LINES
    document = document or make_document(document_type, batch=batch)
    unread = status in (PageStatus.QUEUED, PageStatus.READING, PageStatus.FAILED)
    page = _unread_page(document, [text for text, _ in drawn or lines], image=image)
    if unread:
        _leave_unread(page, status)
        return page
    _read(page, lines, model or _serving(document.document_type))
    if status == PageStatus.READ:
        return page
    route_page(page.pk, draw=lambda: 0.999)
    if not placed:
        ReviewTask.objects.filter(page=page).update(turn=0.0)
    if status == PageStatus.REVIEWED:
        submit_as_read(page, reviewer or make_reviewer())
    page.refresh_from_db()
    if status and page.status != status:
        raise ValueError(f"The page is {page.status}: its probabilities do not lead to {status}.")
    return page


def make_task(document_type: DocumentType | None = None, **options: Any) -> ReviewTask:
    """The open review task of a new page; options as for `make_page`."""
    page = make_page(document_type, **options)
    return ReviewTask.objects.open().get(page=page)


def submit_as_read(page: Page, reviewer: User, **texts: str) -> ReviewTask:
    """Claim the page's task for `reviewer` and submit it as it was read.

    `texts` replaces lines by position, as `line0="..."`.
    """
    waiting = ReviewTask.objects.open().get(page=page)
    task = claim_task(waiting.pk, reviewer)
    if task is None or task.lease_token is None:
        raise ValueError("The page is not to be had.")
    entries = {}
    for line in page.lines.current():
        read = line.predictions.of_reading(task).get()
        entries[line.pk] = LineEntry(texts.get(f"line{line.position}", read.text))
    return submit_page(
        task_id=task.pk, token=task.lease_token, user=reviewer, entries=entries, seconds=12.0
    )


def _serving(document_type: DocumentType) -> ModelVersion:
    own = ActiveModel.objects.filter(document_type=document_type).first()
    pointer = own or ActiveModel.objects.filter(document_type=None).first()
    return pointer.model_version if pointer else make_model(active=True)


def _unread_page(document: Document, texts: Sequence[str], *, image: bool) -> Page:
    picture = page_picture(texts)
    content = picture_bytes(picture)
    sha256 = hashlib.sha256(content).hexdigest()
    name = f"pages/{sha256[:2]}/{sha256}.png"
    if image:
        name = _store_page(content)
    return Page.objects.create(
        document=document,
        number=document.pages.count() + 1,
        image=name if image else f"pages/00/{uuid.uuid4().hex}.png",
        width=picture.width,
        height=picture.height,
        sha256=sha256,
    )


def _store_page(content: bytes) -> str:
    """Under its hash with a suffix, as splitting does."""
    with work_directory() as directory:
        path = directory / "page.png"
        path.write_bytes(content)
        sha256 = hashlib.sha256(content).hexdigest()
        return store_path(path, folder="pages", sha256=sha256, suffix=".png")


def _leave_unread(page: Page, status: str) -> None:
    if status == PageStatus.READING:
        page.reading_token = uuid.uuid4()
        page.reading_until = timezone.now() + timedelta(seconds=300)
        page.attempts = 1
    if status == PageStatus.FAILED:
        page.failure_code, page.failure_message = "engine_error", "The reader broke down."
    page.status = status
    page.save()


def read_again(page: Page, version: ModelVersion, lines: Lines) -> None:
    """Let another model have read the lines of a page, and route it anew."""
    _predict(list(page.lines.current()), version, lines)
    Page.objects.filter(pk=page.pk).update(model_version=version)
    route_page(page.pk, draw=lambda: 0.999)


def _read(page: Page, lines: Lines, version: ModelVersion) -> None:
    pixels = load_pixels(page) if page.sha256 in page.image else None
    made = []
    for position in range(len(lines)):
        polygon = line_polygon(position)
        crop = rectify(pixels, [(x, y) for x, y in polygon]) if pixels is not None else None
        made.append(
            Line(
                page=page,
                position=position,
                polygon=polygon,
                crop_sha256=crop_sha256(crop) if crop is not None else "0" * 64,
            )
        )
    _predict(Line.objects.bulk_create(made), version, lines)
    sure = [confidence for _, confidence in lines if confidence is not None]
    page.status = PageStatus.READ
    page.read_at = timezone.now()
    page.model_version = version
    page.character_set = page.document.document_type.character_set
    page.lowest_confidence = min(sure, default=None)
    page.save()


def _predict(made: Sequence[Line], version: ModelVersion, lines: Lines) -> None:
    Prediction.objects.bulk_create(
        Prediction(
            line=line,
            model_version=version,
            text=text,
            confidence=confidence,
            raw_score=confidence,
            characters=_characters(text, confidence),
            preprocessing_version=version.preprocessing_version,
            calibration_version=version.calibration_version,
            dictionary_sha256=version.dictionary_sha256,
            character_set=line.page.document.document_type.character_set,
        )
        for line, (text, confidence) in zip(made, lines, strict=True)
    )


def _characters(text: str, confidence: float | None) -> list[list[Any]]:
    """The characters evenly over the crop; in a weak line the last one has two alternatives."""
    sure = 0.99
    made: list[list[Any]] = []
    for index, character in enumerate(text):
        weak = confidence is not None and confidence < 0.9 and index == len(text) - 1
        made.append(
            [
                character,
                confidence if weak else sure,
                round(index / len(text), 4),
                round((index + 1) / len(text), 4),
                [["8", 0.2], ["", 0.1]] if weak else [],
            ]
        )
    return made


def make_alert(document_type: DocumentType | None = None, **fields: Any) -> AccuracyAlert:
    """A fall from 98 to 91 % of the lines right, of a type with one audited page."""
    document_type = document_type or make_type()
    week = date(2026, 2, 9)
    return AccuracyAlert.objects.create(
        **{
            "document_type": document_type,
            "week": week,
            "since": week,
            "accuracy": 0.91,
            "bound": 0.95,
            "reference": 0.98,
            "lines": 200,
            "pages": [make_page(document_type).pk],
            **fields,
        }
    )
