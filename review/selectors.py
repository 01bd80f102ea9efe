"""What the review screen shows, each page in a fixed number of queries."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet

from recognition.direction import is_right_to_left
from recognition.engines.base import WEAK
from recognition.models import Event, Page, Prediction
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
from review.reshaping import why_lines_stay
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
    """A held page with all its lines, and why it is here.

    `said` is the newest label that it shows: its submit is held against those made since.
    """

    task: ReviewTask
    page: Page
    pages_in_document: int
    lines: tuple[ReviewLine, ...]
    weakest: ReviewLine | None
    reopened_because: str
    said: int | None
    faults: str = ""
    seconds: float = 0.0
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def came_by(self) -> str:
        """Why this page comes before others; nothing of one that was opened for a reason."""
        return came_by(self.task)

    @property
    def lines_stay(self) -> str:
        """Why boxes cannot be changed, nor the page turned, here; empty where they can."""
        return why_lines_stay(self.task)

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
    """Tasks the user may see, with what every page about one of them names.

    Who holds it or did it, and why it was opened, few pages tell, and ask for: with four more rows
    joined it took longer to plan this query than to draw a short page's lines.
    """
    return ReviewTask.objects.visible_to(user).select_related(
        "page__document__document_type", "model_version"
    )


def review_page(
    task: ReviewTask,
    user: AbstractBaseUser,
    *,
    typed: Mapping[int, LineEntry] | None = None,
    errors: Mapping[int, str] | None = None,
    others: Iterable[DraftConflict] = (),
    faults: str = "",
    seconds: float = 0.0,
    said: int | None = None,
) -> ReviewPage:
    """The screen of a task; `typed`, `errors`, `others` and `said` come from a refused submit.

    Its newer labels are not shown then, for what was typed is, and so `said` stays what it knew.
    """
    page = task.page
    rows = page.lines.current().values_list("pk", "position", "polygon")
    lines = [_Place(*row) for row in rows]
    of_page = {"line__page": page, "line__retired_at": None}
    predictions = _readings(Prediction.objects.of_reading(task).filter(**of_page))
    planted = planted_texts(task, user)
    if missing := [line.pk for line in lines if line.pk not in predictions]:
        # Drawn by a person on a page whose text came with its file: another model read it.
        predictions |= _readings(Prediction.objects.filter(line__in=missing).order_by("pk"))
    drafts = {row.line_id: row for row in Draft.objects.of(task, user)}
    standing = Label.objects.current().unspoilt_for(user).filter(line__page=page)
    labels = {row.line_id: row for row in standing}  # of a page opened again, or read a second time
    confirmed = confirmed_pieces(task)
    hands = handwritten(line.pk for line in lines)
    threshold = page.document.document_type.threshold
    weakest_id = _weakest(lines, predictions)
    other_of = {other.line_id: other for other in others}
    shown = []
    for line in lines:
        prediction = predictions.get(line.pk)
        probability = prediction.confidence if prediction else None
        made = _line(
            line,
            prediction,
            drafts.get(line.pk),
            labels.get(line.pk),
            planted.get(line.pk),
            weak=line.pk == weakest_id or probability is None or probability < threshold,
            handwritten=line.pk in hands,
            error=(errors or {}).get(line.pk, ""),
            other=other_of.get(line.pk),
        )
        if made.text == made.read and line.pk in confirmed and line.pk not in labels:
            made = _with_confirmed(made, confirmed[line.pk], user)
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
        said=said if typed is not None else max((row.pk for row in labels.values()), default=0),
        faults=faults,
        seconds=seconds,
    )
    found.data.update(_data(found, user))
    return found


class _Place(NamedTuple):
    """A line without what the screen does not need of it; a page has hundreds."""

    pk: int
    position: int
    polygon: Sequence[Sequence[float]]


class _Reading(NamedTuple):
    """A prediction, likewise."""

    text: str
    confidence: float | None
    characters: Sequence[Sequence[Any]]


def _readings(rows: QuerySet[Prediction]) -> dict[int, _Reading]:
    """By line; the last of each where there are several."""
    found = rows.values_list("line_id", "text", "confidence", "characters")
    return {line: _Reading(*said) for line, *said in found}


def _line(
    line: _Place,
    prediction: _Reading | None,
    draft: Draft | None,
    label: Label | None,
    planted: str | None,
    **facts: Any,
) -> ReviewLine:
    read = planted or (prediction.text if prediction else "")
    text, verdict, revision = read, "", 0
    if draft is not None:
        text, verdict, revision = draft.text, draft.verdict, draft.revision
    elif label is not None:
        text = label.text or read
        verdict = label.verdict if label.verdict in WITHOUT_TEXT else ""
    weak_characters, doubt = _unsure(prediction.characters if prediction else ())
    return ReviewLine(
        id=line.pk,
        number=line.position + 1,
        polygon=line.polygon,
        read=read,
        probability=prediction.confidence if prediction else None,
        text=text,
        verdict=verdict,
        revision=revision,
        weak_characters=() if planted else weak_characters,
        # Of what was read, also where an error is planted: nothing may tell such a line apart.
        doubt=doubt,
        **facts,
    )


def _with_confirmed(
    line: ReviewLine, pieces: Sequence[ConfirmedPiece], user: AbstractBaseUser
) -> ReviewLine:
    """The line with what a person confirmed on it put in; drafts and planted errors come first."""
    fitting = that_fit(line.read, pieces)
    if not fitting or line.revision:
        return line
    return replace(line, text=text_with(line.read, fitting), proposed=provenance(fitting, user))


def _unsure(characters: Sequence[Sequence[Any]]) -> tuple[list[list[Any]], list[int]]:
    """The weak characters with what they may be, and the least sure one, however sure it is.

    Indexes and lengths are in code points, so that the browser finds characters of any plane.
    """
    weak: list[list[Any]] = []
    least, doubt, index = 2.0, [], 0
    for text, confidence, start, end, alternatives in characters:
        if confidence < least and text.strip():
            least, doubt = confidence, [index, len(text)]
        if confidence < WEAK and alternatives:
            weak.append(
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
    return weak, doubt


def _weakest(lines: Sequence[_Place], predictions: Mapping[int, _Reading]) -> int | None:
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
