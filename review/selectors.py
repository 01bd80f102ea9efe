"""What the review screen shows, each page in a fixed number of queries."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.contrib.auth.models import AbstractBaseUser

from recognition.direction import is_right_to_left
from recognition.engines.base import WEAK
from recognition.models import Event, Line, Page, Prediction
from review.drafts import DraftConflict
from review.edits import handwritten
from review.models import Draft, Label, ReviewTask
from review.plants import planted_texts
from review.proposals.confirmed import (
    ConfirmedPiece,
    confirmed_pieces,
    provenance,
    text_with,
    that_fit,
)
from review.services import LineEntry
from review.states import WITHOUT_TEXT, TaskKind
from review.turns import came_by

UNSURE = 0.95
"""Between the threshold and this a line is drawn as less than sure; it colours, nothing more."""


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """A line as the screen shows it first.

    `text` and `verdict` are the reviewer's own draft, else the label of a page opened again, else
    what the model read, with what was confirmed there from a correction elsewhere: `proposed` tells
    of that. `probability` is None where the model gave none. `weak_characters` are
    [index, characters, confidence, start, end, [[text, probability], ...]] of `read`, with start
    and end as a share of the crop's width; `doubt` is [index, characters] of the least sure one.
    """

    id: int
    number: int
    polygon: Sequence[Sequence[float]]
    read: str
    probability: float | None
    weak: bool
    text: str
    verdict: str
    revision: int
    weak_characters: Sequence[Sequence[Any]]
    doubt: Sequence[int] = ()
    handwritten: bool = False
    proposed: str = ""
    error: str = ""
    other: DraftConflict | None = None

    @property
    def key(self) -> str:
        """The id as text: a template asks of each number how the reader's country writes it."""
        return str(self.id)

    @property
    def place(self) -> str:
        """The number as text, for the same reason."""
        return str(self.number)

    @property
    def points(self) -> str:
        """The polygon as SVG takes it."""
        return svg_points(self.polygon)

    @property
    def band(self) -> str:
        """How sure the model is, as a word for colour, stroke and sign."""
        return band(self.probability, weak=self.weak)

    @property
    def percent(self) -> str:
        """The probability in whole per cent; a dash where there is none."""
        return percent(self.probability)

    @property
    def without_text(self) -> bool:
        return self.verdict in WITHOUT_TEXT

    @property
    def classes(self) -> str:
        """All that the stylesheet tells lines apart by."""
        marks = {
            "rtl": self.right_to_left,
            "without-text": self.without_text,
            "hand": self.handwritten,
            "touched": self.revision > 0,
        }
        return " ".join([self.band, *(name for name, applies in marks.items() if applies)])

    @property
    def right_to_left(self) -> bool:
        return not self.text.isascii() and is_right_to_left(self.text)


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """A held page with all its lines, and why it is here."""

    task: ReviewTask
    page: Page
    pages_in_document: int
    lines: tuple[ReviewLine, ...]
    weakest: ReviewLine | None
    reopened_because: str
    faults: str = ""
    seconds: float = 0.0
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def came_by(self) -> str:
        """Why this page comes before others; nothing of one that was opened for a reason."""
        return came_by(self.task)

    @property
    def weak_lines(self) -> int:
        return sum(line.weak for line in self.lines)

    @property
    def revisions(self) -> str:
        """The drafts the screen knows, as `forms.parse_submission` reads them."""
        return " ".join(f"{line.id}:{line.revision}" for line in self.lines if line.revision)


def svg_points(polygon: Sequence[Sequence[float]]) -> str:
    """Corners as SVG takes them, to a tenth of a pixel."""
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in polygon)


def band(probability: float | None, *, weak: bool) -> str:
    """A word for how sure a model is of a line. Unknown is not weak."""
    if probability is None:
        return "unknown"
    if weak:
        return "weak"
    return "unsure" if probability < UNSURE else "sure"


def percent(probability: float | None) -> str:
    """Whole per cent, never rounded up to certainty; a dash where there is none."""
    return "–" if probability is None else f"{min(int(probability * 100 + 0.5), 99)} %"


def task_for(user: AbstractBaseUser) -> Any:
    """Tasks the user may see, with all that a page about one of them names."""
    return ReviewTask.objects.visible_to(user).select_related(
        "page__document__document_type", "page__document__batch", "model_version", "decision",
        "reviewer", "done_by",
    )  # fmt: skip


def review_page(
    task: ReviewTask,
    user: AbstractBaseUser,
    *,
    typed: Mapping[int, LineEntry] | None = None,
    errors: Mapping[int, str] | None = None,
    others: Iterable[DraftConflict] = (),
    faults: str = "",
    seconds: float = 0.0,
) -> ReviewPage:
    """The screen of a task; `typed`, `errors` and `others` come back from a refused submit."""
    page = task.page
    lines = list(page.lines.current())
    predictions = {
        row.line_id: row
        for row in Prediction.objects.of_reading(task)
        .filter(line__page=page, line__retired_at=None)
        .only("line_id", "text", "confidence", "characters")
    }
    planted = planted_texts(task, user)
    if missing := [line.pk for line in lines if line.pk not in predictions]:
        # Drawn by a person on a page whose text came with its file: another model read it.
        others_read = Prediction.objects.filter(line__in=missing).order_by("pk")
        for row in others_read.only("line_id", "text", "confidence", "characters"):
            predictions[row.line_id] = row
    drafts = {row.line_id: row for row in Draft.objects.of(task, user)}
    blind = task.kind == TaskKind.SECOND and page.document.document_type.second_review_blind
    labels = {
        row.line_id: row for row in Label.objects.current().filter(line__page=page) if not blind
    }  # of a page opened again, or reviewed a second time
    confirmed = confirmed_pieces(task)
    hands = handwritten(line.pk for line in lines)
    threshold = page.document.document_type.threshold
    weakest_id = _weakest(lines, predictions)
    other_of = {other.line_id: other for other in others}
    shown = []
    for line in lines:
        prediction = predictions.get(line.pk)
        made = _line(
            line, prediction, drafts.get(line.pk), labels.get(line.pk), planted.get(line.pk)
        )
        if made.text == made.read and line.pk in confirmed and line.pk not in labels:
            made = _with_confirmed(made, confirmed[line.pk], user)
        weak = line.pk == weakest_id or made.probability is None or made.probability < threshold
        made = replace(
            made,
            weak=weak,
            handwritten=line.pk in hands,
            error=(errors or {}).get(line.pk, ""),
            other=other_of.get(line.pk),
        )
        if made.other is not None:
            made = replace(made, revision=made.other.revision)
        if typed is not None and (entry := typed.get(line.pk)):
            made = replace(made, text=entry.text, verdict=entry.verdict)
        shown.append(made)
    found = ReviewPage(
        task=task,
        page=page,
        pages_in_document=page.document.pages.count(),
        lines=tuple(shown),
        weakest=next((line for line in shown if line.id == weakest_id), None),
        reopened_because=_reopened_because(task),
        faults=faults,
        seconds=seconds,
    )
    found.data.update(_data(found, user))
    return found


def _line(
    line: Line,
    prediction: Prediction | None,
    draft: Draft | None,
    label: Label | None,
    planted: str | None,
) -> ReviewLine:
    read = planted or (prediction.text if prediction else "")
    text, verdict, revision = read, "", 0
    if draft is not None:
        text, verdict, revision = draft.text, draft.verdict, draft.revision
    elif label is not None:
        text = label.text or read
        verdict = label.verdict if label.verdict in WITHOUT_TEXT else ""
    return ReviewLine(
        id=line.pk,
        number=line.position + 1,
        polygon=line.polygon,
        read=read,
        probability=prediction.confidence if prediction else None,
        weak=False,
        text=text,
        verdict=verdict,
        revision=revision,
        weak_characters=(
            _weak_characters(prediction.characters) if prediction and not planted else ()
        ),
        # Of what was read, also where an error is planted: nothing may tell such a line apart.
        doubt=_doubt(prediction.characters if prediction else ()),
    )


def _with_confirmed(
    line: ReviewLine, pieces: Sequence[ConfirmedPiece], user: AbstractBaseUser
) -> ReviewLine:
    """The line with what a person confirmed on it put in; drafts and planted errors come first."""
    fitting = that_fit(line.read, pieces)
    if not fitting or line.revision:
        return line
    return replace(line, text=text_with(line.read, fitting), proposed=provenance(fitting, user))


def _doubt(characters: Sequence[Sequence[Any]]) -> list[int]:
    """Index and length in code points of the least sure character, however sure it is."""
    least, found, index = 2.0, [], 0
    for text, confidence, *_ in characters:
        if text.strip() and confidence < least:
            least, found = confidence, [index, len(text)]
        index += len(text)
    return found


def _weak_characters(characters: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """Index in code points, so that the browser finds the character whatever its plane."""
    found = []
    index = 0
    for text, confidence, start, end, alternatives in characters:
        if confidence < WEAK and alternatives:
            found.append(
                [
                    index,
                    len(text),
                    round(confidence, 3),
                    round(start, 4),
                    round(end, 4),
                    [[other, round(share, 3)] for other, share in alternatives[:3]],
                ]
            )
        index += len(text)
    return found


def _weakest(lines: Sequence[Line], predictions: Mapping[int, Prediction]) -> int | None:
    """The line of the lowest probability; one without any where no line has one."""
    known = [
        (prediction.confidence, line.position, line.pk)
        for line in lines
        if (prediction := predictions.get(line.pk)) and prediction.confidence is not None
    ]
    if known:
        return min(known)[2]
    return lines[0].pk if lines else None


def _reopened_because(task: ReviewTask) -> str:
    if task.kind != TaskKind.REOPENED:
        return ""
    event = Event.objects.filter(
        subject_type="review.reviewtask", subject_id=str(task.pk), verb="reopen"
    ).first()
    return str(event.data.get("reason", "")) if event else ""


def line_data(line: ReviewLine) -> list[Any]:
    """A line as the screen's script reads it; the model's text only where another is shown."""
    return [
        line.id,
        int(line.weak),
        line.revision,
        line.verdict,
        line.weak_characters,
        line.doubt,
        *([line.read] if line.read != line.text else []),
    ]


def _data(page: ReviewPage, user: AbstractBaseUser) -> dict[str, Any]:
    """What the screen's script needs beyond the form itself."""
    return {
        "task": page.task.pk,
        "user": user.pk,
        "width": page.page.width,
        "height": page.page.height,
        "lines": [line_data(line) for line in page.lines],
        "conflicts": [
            {
                "line_id": line.other.line_id,
                "text": line.other.text,
                "verdict": line.other.verdict,
                "revision": line.other.revision,
            }
            for line in page.lines
            if line.other
        ],
    }
