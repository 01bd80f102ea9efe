"""The engine of the product: PP-OCRv6, found, read and decoded line by line.

PaddleOCR gives one score a line and no alternatives: the backbone and the head run on their own
and CTC is decoded here. Only worker processes import this module, after their fork.
"""

from __future__ import annotations

import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from recognition import character_sets, ctc
from recognition.calibration import Calibration
from recognition.crops import crop_sha256, rectify
from recognition.direction import is_right_to_left, mirrored, turned_order
from recognition.engines.base import (
    Alternative,
    Character,
    DetectedLine,
    Image,
    Point,
    Reading,
    ReadLine,
    RecognisedLine,
)
from recognition.engines.detection import DetectionSettings, Detector, DetectorInvalid
from recognition.engines.halves import Backbone, ExportedHead, Features
from recognition.engines.network import NetworkInvalid, Precision
from recognition.engines.store import ModelCorrupt, ModelFiles, ModelMissing
from recognition.layout import reading_order
from recognition.page_steps.look import look_upright
from recognition.preprocess import PREPROCESSING_VERSION, tensor_width, text_width
from recognition.spaces import with_spaces

Loaded = TypeVar("Loaded")

Key = tuple[str, int, Precision]

_networks: weakref.WeakValueDictionary[Key, Any] = weakref.WeakValueDictionary()
_networks_lock = threading.Lock()


class PaddleEngine:
    """Reads with one model version. Implements `SeeingEngine`; not safe for threads.

    `threads` bounds the processor cores one call uses; `precision` is the detector's and the
    backbone's (the head computes in float32). `character_set` is one of
    `recognition.character_sets`: nothing else is read. Engines of versions that share a detector
    or a backbone share the loaded network. Raises ModelMissing or ModelCorrupt where the
    version's files cannot be used.
    """

    def __init__(
        self,
        model: ModelFiles,
        threads: int = 2,
        detection: DetectionSettings | None = None,
        precision: Precision = "native",
        *,
        character_set: str = character_sets.CharacterSet.FULL,
        siblings: dict[str, PaddleEngine] | None = None,
    ) -> None:
        if model.preprocessing_version != PREPROCESSING_VERSION:
            raise ModelCorrupt(
                f"Model version {model.sha256[:12]} was made for preprocessing "
                f"{model.preprocessing_version}, this release has {PREPROCESSING_VERSION}; "
                "install the base again and train from it."
            )
        self._model = model
        self._detection = detection or DetectionSettings()
        self._threads = threads
        self._precision: Precision = precision
        try:
            self._calibration = Calibration.from_json(model.calibration.read_bytes())
            self._names = ctc.class_names(model.characters())
        except FileNotFoundError as error:
            raise _missing(model, Path(error.filename)) from error
        except ValueError as error:
            raise _corrupt(model, str(error)) from error
        self._backbone: Backbone = _shared(
            (model.backbone_sha256, threads, precision),
            lambda: _loaded(model, model.backbone, lambda path: Backbone(path, threads, precision)),
        )
        classes = character_sets.classes_of(character_set, self._names)
        whole = len(classes) == len(self._names)
        self._head = _loaded(
            model, model.head, lambda path: ExportedHead(path, None if whole else classes)
        )
        self._names = tuple(self._names[index] for index in classes)
        if self._head.classes not in (None, len(self._names)):
            raise _corrupt(
                model, f"{self._head.classes} classes, but {len(self._names)} in the dictionary."
            )
        self._detector: Detector = _shared(
            (model.detector_sha256, threads, precision),
            lambda: _load_detector(model, threads, precision),
        )
        self._siblings = {} if siblings is None else siblings
        self._siblings[character_set] = self

    def restricted_to(self, character_set: str) -> PaddleEngine:
        """An engine of the same version that reads only what belongs to a set.

        It shares the backbone and the detector; its head computes the set's classes alone.
        """
        return self._siblings.get(character_set) or PaddleEngine(
            self._model,
            self._threads,
            self._detection,
            self._precision,
            character_set=character_set,
            siblings=self._siblings,
        )

    def read(self, image: Image) -> Reading:
        """Find, order and recognise every line; a page without text gives an empty Reading.

        Lines on which the recogniser sees no character at all are left out: they are not text.
        """
        _check_image(image)
        seen, steps = look_upright(image, self)
        kept = [line for line in seen if line.recognised.text.strip()]
        places = reading_order(
            [line.upright for line in kept],
            right_to_left=is_right_to_left(line.recognised.text for line in kept),
        )
        lines = []
        for position, place in enumerate(places):
            line = kept[place.line]
            lines.append(
                ReadLine(
                    polygon=line.polygon,
                    position=position,
                    block=place.block,
                    recognised=line.recognised,
                    crop_sha256=line.crop_sha256,
                )
            )
        return Reading(
            lines=tuple(lines),
            model_sha256=self._model.sha256,
            preprocessing_version=PREPROCESSING_VERSION,
            dictionary_sha256=self._model.dictionary_sha256,
            calibration_version=self._calibration.version,
            page_steps=steps,
        )

    def recognise(self, image: Image, polygons: Sequence[Sequence[Point]]) -> list[RecognisedLine]:
        """Recognise given lines of the page, in the order given."""
        _check_image(image)
        found = {index: line for index, line, _ in self.recognise_lines(image, polygons)}
        return [found[index] for index in range(len(polygons))]

    @property
    def backbone_sha256(self) -> str:
        """Engines in which it is the same make the same features."""
        return self._model.backbone_sha256

    def recognise_crops(
        self, crops: Sequence[Image], features: Sequence[Features] | None = None
    ) -> list[RecognisedLine]:
        """Recognise lines that `rectify` has cut already, in the order given.

        `features` are those of the crops where an engine with the same backbone has made them: the
        backbone is nearly all of a line's cost.
        """
        return [line for _, line in self._recognised(crops, features)]

    def features(self, crops: Sequence[Image]) -> list[Features]:
        """What the backbone makes of lines that `rectify` has cut, in the order given."""
        return self._backbone.features(crops)

    def detect(self, image: Image) -> list[DetectedLine]:
        """The detector's lines, in no particular order; see `Detector.look`."""
        return self._detector.look(image, self._detection)

    def recognise_lines(
        self, image: Image, polygons: Sequence[Sequence[Point]]
    ) -> Iterator[tuple[int, RecognisedLine, str]]:
        """(index, line, crop hash) in the order given; only a few crops are held at a time."""
        crops = (rectify(image, polygon) for polygon in polygons)
        for index, (crop, line) in enumerate(self._recognised(crops)):
            yield index, line, crop_sha256(crop)

    def _recognised(
        self, crops: Iterable[Image], features: Iterable[Features] | None = None
    ) -> Iterator[tuple[Image, RecognisedLine]]:
        """Each crop with what stands on it, in order; the networks work ahead meanwhile."""
        if features is not None:
            lattices = self._head.stream(features)
            for crop, lattice in zip(crops, lattices, strict=True):
                yield crop, self._read_off(lattice, crop)
            return
        ahead: deque[Image] = deque()

        def taken() -> Iterator[Image]:
            for crop in crops:
                ahead.append(crop)
                yield crop

        for lattice in self._head.stream(self._backbone.stream(taken())):
            crop = ahead.popleft()
            yield crop, self._read_off(lattice, crop)

    def _read_off(self, lattice: ctc.Array, crop: Image) -> RecognisedLine:
        fill = text_width(crop) / tensor_width(crop)
        return self._line(self._decode(lattice, crop, fill))

    def _decode(self, lattice: ctc.Array, crop: Image, fill: float) -> ctc.Decoded:
        decoded = ctc.decode(lattice, self._names, fill)
        return with_spaces(decoded, lattice, self._names, crop, fill)

    def _line(self, decoded: ctc.Decoded) -> RecognisedLine:
        if not decoded.characters:
            return RecognisedLine(text="", confidence=None, raw_score=None)
        characters = logical_characters(decoded.characters)
        return RecognisedLine(
            text="".join(character.text for character in characters),
            confidence=self._calibration.line_confidence(
                [character.confidence for character in characters]
            ),
            raw_score=decoded.raw_score,
            characters=characters,
        )


def logical_characters(characters: Sequence[Character]) -> tuple[Character, ...]:
    """Characters as they stand on the line, from left to right, in the order of reading."""
    return tuple(
        _turned(characters[position]) if turned else characters[position]
        for position, turned in turned_order([character.text for character in characters])
    )


def _turned(character: Character) -> Character:
    return Character(
        text=mirrored(character.text),
        confidence=character.confidence,
        start=character.start,
        end=character.end,
        alternatives=tuple(
            Alternative(mirrored(alternative.text[::-1]), alternative.probability)
            for alternative in character.alternatives
        ),
    )


def _check_image(image: Image) -> None:
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or image.size == 0:
        raise ValueError("A page image must be uint8 [height, width, 3] and not empty.")


def _shared(key: Key, load: Callable[[], Any]) -> Any:
    with _networks_lock:
        found = _networks.get(key)
        if found is None:
            found = load()
            _networks[key] = found
        return found


def _loaded(model: ModelFiles, path: Path, load: Callable[[Path], Loaded]) -> Loaded:
    if not path.is_file():
        raise _missing(model, path)
    try:
        return load(path)
    except NetworkInvalid as error:
        raise _corrupt(model, f"{path.name} cannot be loaded ({error})") from error


def _load_detector(model: ModelFiles, threads: int, precision: Precision) -> Detector:
    for name in ("inference.onnx", "inference.yml"):
        if not (model.detector_dir / name).is_file():
            raise _missing(model, model.detector_dir / name)
    try:
        return Detector(model.detector_dir, threads, precision)
    except (DetectorInvalid, NetworkInvalid) as error:
        raise _corrupt(model, str(error)) from error


def _missing(model: ModelFiles, path: Path) -> ModelMissing:
    return ModelMissing(
        f"Model version {model.sha256[:12]} lacks {path.name}; restore the model store from "
        "backup or install the version again."
    )


def _corrupt(model: ModelFiles, reason: str) -> ModelCorrupt:
    return ModelCorrupt(
        f"Model version {model.sha256[:12]} cannot be used: {reason}. Restore the model store "
        "from backup or install the version again."
    )
