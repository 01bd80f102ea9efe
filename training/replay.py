"""A reviewer replayed on lines whose truth is known: what learning would have been worth.

Features are computed once; reading, training and judging then run on them in this process with
the product's own trainer, splits and gate. Used by `manage.py simulate` and `bench.effort`.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np
import onnx
from PIL import Image as PillowImage

from recognition.calibrating import refit
from recognition.calibration import Calibration, line_features
from recognition.crops import Image, rectify
from recognition.ctc import decode
from recognition.direction import turn
from recognition.engines import graphs
from recognition.engines.halves import Backbone, ExportedHead, Features
from recognition.engines.store import ModelFiles
from recognition.metrics import edits
from recognition.preprocess import tensor_width, text_width
from training.augment import line_view
from training.characters import Alphabet, choose_alphabet, output_layer
from training.fitting import Sample, all_probabilities, fit, probabilities, sample_of
from training.network import build_head, read_weights
from training.settings import TrainSettings

READ_AT_ONCE = 16
"""Lines whose probabilities are held: of 18,710 characters they take 7 MB a line."""


@dataclass(frozen=True, slots=True)
class ReplayLine:
    """A line with its truth as it stands from left to right, and its views' features."""

    number: int
    text: str
    group: str
    views: tuple[Features, ...]
    fill: float

    @property
    def features(self) -> Features:
        """Of the line itself."""
        return self.views[0]


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What a head read on a line; `least` and `margin` are of its weakest character."""

    text: str
    confidence: float
    least: float
    margin: float
    wrong: int
    characters: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class HeadState:
    """A head in memory: its weights, its characters, and its calibration."""

    weights: tuple[Features, ...]
    alphabet: Alphabet
    calibration: Calibration

    @property
    def names(self) -> tuple[str, ...]:
        return self.alphabet.names


def load_lines(
    folder: Path,
    base: ModelFiles,
    *,
    limit: int | None = None,
    settings: TrainSettings | None = None,
    threads: int = 2,
    on_progress: Callable[[int], None] | None = None,
) -> list[ReplayLine]:
    """Lines of a ground truth folder in the order of the file, with their features.

    With a limit rows are taken evenly over the file. Of `settings` count the views of each line. A
    line's group is its book or page where the row names one, else its image. Raises OSError,
    KeyError or ValueError where the folder is not what `recognition.evaluation.truth` describes.
    """
    usual = settings or TrainSettings()
    crops: list[Image] = []
    texts: list[str] = []
    groups: list[str] = []
    rows = [json.loads(row) for row in (folder / "labels.jsonl").read_text().splitlines()]
    taken = min(limit or len(rows), len(rows))
    for row in (rows[at * len(rows) // taken] for at in range(taken)):
        if limit is not None and len(crops) >= limit:
            break
        # By its file, for Pillow shears turned TIFF pictures that it opens by their path.
        with (folder / row["image"]).open("rb") as file, PillowImage.open(file) as image:
            pixels = np.asarray(image.convert("RGB"), dtype=np.uint8)
        whole = [(pixels, row.get("text", ""))]
        lines = [(rectify(pixels, one["polygon"]), one["text"]) for one in row.get("lines", [])]
        for crop, raw in lines or whole:
            text = unicodedata.normalize("NFC", " ".join(raw.split()))
            if text:
                crops.append(crop)
                texts.append(turn(text))
                groups.append(str(row.get("book", row.get("page", row["image"]))))
    crops, texts, groups = crops[:limit], texts[:limit], groups[:limit]
    views = _views(Backbone(base.backbone, threads), crops, usual, on_progress)
    return [
        ReplayLine(number, text, group, found, text_width(crop) / tensor_width(crop))
        for number, (text, group, found, crop) in enumerate(
            zip(texts, groups, views, crops, strict=True)
        )
    ]


def _views(
    backbone: Backbone,
    crops: Sequence[Image],
    settings: TrainSettings,
    on_progress: Callable[[int], None] | None,
) -> list[tuple[Features, ...]]:
    """Features of all views, line by line; `on_progress` is told of lines done."""
    found: list[list[Features]] = [[] for _ in crops]
    for number in range(settings.views):
        views = (line_view(crop, number, settings.seed) for crop in crops)
        for at, features in enumerate(backbone.stream(views)):
            found[at].append(features)
            if on_progress is not None:
                on_progress((number * len(crops) + at + 1) // settings.views)
    return [tuple(several) for several in found]


def base_state(base: ModelFiles) -> HeadState:
    """The head as shipped."""
    return HeadState(
        tuple(graphs.head_weights(onnx.load(str(base.head)))),
        Alphabet(tuple(base.characters()), ()),
        Calibration.from_json(base.calibration.read_bytes()),
    )


class Reader:
    """Reads lines with a head in memory; base heads in the serving runtime, others in Paddle."""

    def __init__(self, state: HeadState, exported: Path | None = None) -> None:
        self._state = state
        self._probabilities: Callable[[Features], Features]
        self._head = None
        if exported is not None:
            self._probabilities = ExportedHead(exported).probabilities
        else:
            self._head = build_head(list(state.weights))
            self._head.eval()
            self._probabilities = partial(probabilities, self._head)

    def read(self, line: ReplayLine) -> ReadBack:
        return self._decoded(line, self._probabilities(line.features))

    def _decoded(self, line: ReplayLine, found: Features) -> ReadBack:
        decoded = decode(found, self._state.names, line.fill)
        said = [character.confidence for character in decoded.characters]
        margins = [
            character.confidence - max((a.probability for a in character.alternatives), default=0)
            for character in decoded.characters
        ]
        return ReadBack(
            text=decoded.text,
            confidence=self._state.calibration.line_confidence(said) or 0.0,
            least=min(said, default=0.0),
            margin=min(margins, default=0.0),
            wrong=edits(line.text, decoded.text),
            characters=tuple((one.text, one.confidence) for one in decoded.characters),
        )

    def read_all(self, lines: Sequence[ReplayLine]) -> list[ReadBack]:
        """Each line, in this order; with a head in memory some at once, which is faster."""
        if self._head is None:
            return [self.read(line) for line in lines]
        features = [line.features for line in lines]
        shares = chain.from_iterable(
            all_probabilities(self._head, features[start : start + READ_AT_ONCE])
            for start in range(0, len(features), READ_AT_ONCE)
        )
        return [self._decoded(line, found) for line, found in zip(lines, shares, strict=True)]


def learn(
    state: HeadState,
    base: HeadState,
    train: Sequence[ReplayLine],
    validation: Sequence[ReplayLine],
    readings: Sequence[str],
    settings: TrainSettings,
) -> HeadState:
    """The head after learning from these lines, from where `state` stands."""
    known = [*train, *validation]
    alphabet = choose_alphabet(
        state.alphabet.characters, (line.text for line in known), iter(readings)
    )
    spare = (base.names, base.weights[-2], base.weights[-1])
    weight, bias = output_layer(alphabet, state.names, state.weights[-2], state.weights[-1], spare)
    head = build_head([*state.weights[:-2], weight, bias], settings.dropout)
    fit(
        head,
        _samples(train, alphabet),
        _samples(validation, alphabet),
        alphabet.names,
        settings,
        lambda _: None,
    )
    said, right = [], []
    for line in validation:
        decoded = decode(probabilities(head, line.features), alphabet.names, line.fill)
        if decoded.characters:
            said.append(line_features([one.confidence for one in decoded.characters]))
            right.append(decoded.text == line.text)
    calibration = refit(state.calibration, said, right)
    return HeadState(tuple(read_weights(head)), alphabet, calibration)


def settings_for(seed: int, max_steps: int) -> TrainSettings:
    """The product's settings with another seed and at most so many steps."""
    usual = TrainSettings()
    return replace(usual, seed=seed, max_steps=max_steps, min_steps=min(usual.min_steps, max_steps))


def split_key(group: str) -> str:
    """A stand-in for a document's SHA-256, by which the product splits."""
    return hashlib.sha256(group.encode()).hexdigest()


def _samples(lines: Sequence[ReplayLine], alphabet: Alphabet) -> list[Sample]:
    found = []
    for line in lines:
        encoded = alphabet.encode(line.text)
        if encoded and (sample := sample_of(line.views, encoded, line.text)):
            found.append(sample)
    return found
