"""Read a set of ground truth with an engine, from whole images and from given lines."""

from __future__ import annotations

import base64
import heapq
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2

from recognition.crops import Image, rectify
from recognition.engines.base import Engine
from recognition.evaluation.scoring import PageScore, ReadText, pair_page, score_page
from recognition.evaluation.truth import (
    Polygon,
    Sample,
    SetKind,
    TruthInvalid,
    TruthLine,
    TruthSet,
    normal,
    read_image,
)
from recognition.metrics import Score, edits, score

WORST = 30
"""Crops kept of each set."""

_CROP_HEIGHT = 64  # pixels at most, in a report


@dataclass(frozen=True, slots=True)
class WorstLine:
    """A misread line: its truth, what was read, and the crop as a PNG in a data address."""

    image: str
    truth: str
    read: str
    edits: int
    crop: str

    @property
    def rate(self) -> float:
        return self.edits / max(len(self.truth), 1)


@dataclass(frozen=True, slots=True)
class Figures:
    """Errors as they are, and with capitals and small letters taken for the same."""

    pages: PageScore = field(default_factory=PageScore)
    pages_folded: PageScore = field(default_factory=PageScore)
    lines: Score = field(default_factory=Score)
    lines_folded: Score = field(default_factory=Score)

    def __add__(self, other: Figures) -> Figures:
        return Figures(
            self.pages + other.pages,
            self.pages_folded + other.pages_folded,
            self.lines + other.lines,
            self.lines_folded + other.lines_folded,
        )

    def as_dict(self) -> dict[str, Any]:
        """For JSON: None where nothing of the kind was read."""
        return {
            "pages": _page_figures(self.pages),
            "pages_case_folded": _page_figures(self.pages_folded),
            "lines": _line_figures(self.lines),
            "lines_case_folded": _line_figures(self.lines_folded),
        }


@dataclass(frozen=True, slots=True)
class SetResult:
    """What came of one set; `worst` lines come worst first."""

    name: str
    kind: SetKind
    samples: int
    figures: Figures
    worst: tuple[WorstLine, ...]


def evaluate_set(
    truth: TruthSet, engine: Engine, on_sample: Callable[[Sample], None] | None = None
) -> SetResult:
    """Read every image of a set; `on_sample` is called before each. Raises TruthInvalid."""
    total = Figures()
    worst: list[tuple[float, int, WorstLine]] = []
    order = itertools.count()
    for sample in truth.samples:
        if on_sample is not None:
            on_sample(sample)
        image = read_image(sample.image)
        if truth.kind is not SetKind.LINES:
            total += _whole(sample, image, engine)
        pairs, crops = _given_lines(truth.kind, sample, image, engine)
        folded = [(one.casefold(), other.casefold()) for one, other in pairs]
        total += Figures(lines=score(pairs), lines_folded=score(folded))
        for (text, read), crop in zip(pairs, crops, strict=True):
            wrong = edits(text, read)
            rate = wrong / max(len(text), 1)
            if not wrong or (len(worst) == WORST and rate <= worst[0][0]):
                continue
            line = WorstLine(sample.image.name, text, read, wrong, _png_address(crop))
            # The number settles ties: lines themselves have no order.
            heapq.heappush(worst, (rate, next(order), line))
            if len(worst) > WORST:
                heapq.heappop(worst)
    ordered = sorted((line for _, _, line in worst), key=lambda line: (-line.rate, line.image))
    return SetResult(truth.name, truth.kind, len(truth.samples), total, tuple(ordered))


def _whole(sample: Sample, image: Image, engine: Engine) -> Figures:
    """The page as it would be read in service, detection included."""
    read = [ReadText(line.recognised.text, line.polygon) for line in engine.read(image).lines]
    pairs = pair_page(sample.lines, read)
    return Figures(pages=score_page(pairs), pages_folded=score_page(pairs, fold_case=True))


def _given_lines(
    kind: SetKind, sample: Sample, image: Image, engine: Engine
) -> tuple[list[tuple[str, str]], list[Image]]:
    """(truth, read) of lines that need not be found, and their crops."""
    if kind is SetKind.PAGE_TEXTS:
        return [], []
    lines = [line for line in sample.lines if line.scored]
    polygons = [_polygon(line, image) for line in lines]
    try:
        crops = [rectify(image, polygon) for polygon in polygons]
    except ValueError as error:
        raise TruthInvalid(f"{sample.image}: {error}") from error
    read = engine.recognise(image, polygons)
    pairs = [(line.text, normal(found.text)) for line, found in zip(lines, read, strict=True)]
    return pairs, crops


def _polygon(line: TruthLine, image: Image) -> Polygon:
    """Where the line is; all of the image where that is its crop."""
    height, width = (float(side) for side in image.shape[:2])
    return line.polygon or ((0.0, 0.0), (width, 0.0), (width, height), (0.0, height))


def _png_address(crop: Image) -> str:
    height, width = crop.shape[:2]
    if height > _CROP_HEIGHT:
        size = (max(round(width * _CROP_HEIGHT / height), 1), _CROP_HEIGHT)
        crop = cv2.resize(crop, size, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    _, encoded = cv2.imencode(".png", cv2.cvtColor(crop, cv2.COLOR_RGB2BGR))
    return "data:image/png;base64," + base64.b64encode(encoded.tobytes()).decode()


def _page_figures(found: PageScore) -> dict[str, Any] | None:
    if not found.pages:
        return None
    return {
        "pages": found.pages,
        "lines": found.lines,
        "characters": found.characters,
        "cer": found.cer,
        "wer": found.wer,
        "word_f1": found.word_f1,
        "line_exact": found.line_exact,
        "page_exact": found.page_exact,
        "missed_lines": found.missed,
        "spurious_lines": found.spurious,
        "spurious_characters": found.spurious_characters,
    }


def _line_figures(found: Score) -> dict[str, Any] | None:
    if not found.lines:
        return None
    return {
        "lines": found.lines,
        "characters": found.characters,
        "cer": found.cer,
        "wer": found.wer,
        "line_exact": found.exact_share,
    }


def total_of(results: Sequence[SetResult]) -> Figures:
    """All sets as one."""
    return sum((result.figures for result in results), Figures())
