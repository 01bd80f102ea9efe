"""The engine of the product: PP-OCRv6 through PaddleOCR's detector and our own recogniser.

Detection is PaddleOCR's as it comes. Recognition runs the backbone and the head in ONNX Runtime
and decodes CTC itself, because PaddleOCR gives one score a line and no alternatives. Only worker
processes import this module, after their fork.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Before the import: else PaddleX looks for model hosts that nothing here needs.
os.environ.setdefault("PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK", "True")

import cv2
import numpy as np
import onnxruntime
import yaml
from paddleocr import TextDetection

from recognition import ctc
from recognition.calibration import Calibration
from recognition.crops import crop_sha256, crop_size, rectify
from recognition.direction import is_right_to_left, mirrored, turned_order
from recognition.engines.base import (
    Alternative,
    Character,
    DetectedLine,
    Image,
    Point,
    Polygon,
    Reading,
    ReadLine,
    RecognisedLine,
)
from recognition.engines.store import ModelCorrupt, ModelFiles, ModelMissing
from recognition.layout import reading_order
from recognition.page_steps.look import look_upright
from recognition.preprocess import (
    PREPROCESSING_VERSION,
    batches,
    line_tensor,
    tensor_width,
    text_width,
    width_for,
)
from recognition.spaces import with_spaces

_COORDINATE_LIMIT = 32_000
"""PaddleOCR keeps polygons in 16 bits; a page with a longer side is shrunk for detection."""

_sessions: weakref.WeakValueDictionary[tuple[str, int], Any] = weakref.WeakValueDictionary()
_sessions_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class DetectionSettings:
    """How lines are looked for. None leaves the model's own value."""

    side_limit: int = 1_600
    """Longest side in pixels of the image the detector sees; larger pages are scaled down."""
    dense_side_limit: int = 2_560
    """The same for a second look at a page whose lines came out too small."""
    small_line: float = 14.0
    """Median line height, in pixels of the first look, below which there is a second."""
    pixel_threshold: float | None = None
    box_threshold: float | None = None
    unclip_ratio: float | None = None


class PaddleEngine:
    """Reads with one model version. Implements `Engine`; not safe for threads.

    `threads` bounds the processor cores one call uses. Engines of versions that share a detector
    or a backbone share the loaded network. Raises ModelMissing or ModelCorrupt where the
    version's files cannot be used.
    """

    def __init__(
        self,
        model: ModelFiles,
        threads: int = 2,
        detection: DetectionSettings | None = None,
    ) -> None:
        if model.preprocessing_version != PREPROCESSING_VERSION:
            raise ModelCorrupt(
                f"Model version {model.sha256[:12]} was made for preprocessing "
                f"{model.preprocessing_version}, this release has {PREPROCESSING_VERSION}; "
                "install the base again and train from it."
            )
        self._model = model
        self._detection = detection or DetectionSettings()
        try:
            self._calibration = Calibration.from_json(model.calibration.read_bytes())
            self._names = ctc.class_names(model.characters())
        except FileNotFoundError as error:
            raise _missing(model, Path(error.filename)) from error
        except ValueError as error:
            raise _corrupt(model, str(error)) from error
        self._backbone = _shared(
            (model.backbone_sha256, threads), lambda: _session(model, model.backbone, threads)
        )
        self._head = _session(model, model.head, threads)
        classes = self._head.get_outputs()[0].shape[-1]
        if isinstance(classes, int) and classes != len(self._names):
            raise _corrupt(model, f"{classes} classes, but {len(self._names)} in the dictionary.")
        self._detector = _shared(
            (model.detector_sha256, threads), lambda: _load_detector(model, threads)
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

    def recognise_crops(self, crops: Sequence[Image]) -> list[RecognisedLine]:
        """Recognise lines that `rectify` has cut already, in the order given."""
        widths = [tensor_width(crop) for crop in crops]
        found = {
            index: line
            for group in batches(widths)
            for index, line in zip(
                group, self._recognise_batch([crops[index] for index in group]), strict=True
            )
        }
        return [found[index] for index in range(len(crops))]

    def detect(self, image: Image) -> list[DetectedLine]:
        """The detector's lines, in no particular order.

        Polygons are rounded to a tenth of a pixel, so that what is stored cuts the same crop. A
        tall line's (see `crops.TALL`) first point is the top left of the page, not of its text.
        """
        settings = self._detection
        lines, scale = self._look(image, settings.side_limit)
        if scale < 1.0 and lines:
            heights = [min(crop_size(line.polygon)) * scale for line in lines]
            if float(np.median(heights)) < settings.small_line:
                lines, _ = self._look(image, settings.dense_side_limit)
        return lines

    def _look(self, image: Image, side_limit: int) -> tuple[list[DetectedLine], float]:
        """One run of the detector, and by how much it saw the page reduced."""
        longest = max(image.shape[:2])
        shrink = min(1.0, _COORDINATE_LIMIT / longest)
        if shrink < 1.0:
            size = [max(round(side * shrink), 1) for side in image.shape[1::-1]]
            image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
        (found,) = self._detector.predict(
            np.ascontiguousarray(image[:, :, ::-1]),
            limit_side_len=side_limit,
            limit_type="max",
            thresh=self._detection.pixel_threshold,
            box_thresh=self._detection.box_threshold,
            unclip_ratio=self._detection.unclip_ratio,
        )
        lines = [
            DetectedLine(polygon=_level_quad(points, shrink), score=float(score))
            for points, score in zip(found["dt_polys"], found["dt_scores"], strict=True)
        ]
        return lines, min(1.0, side_limit / longest)

    def recognise_lines(
        self, image: Image, polygons: Sequence[Sequence[Point]]
    ) -> Iterator[tuple[int, RecognisedLine, str]]:
        """(index, line, crop hash) in order of width; only one batch of crops is held at a time."""
        widths = [width_for(*crop_size(polygon)) for polygon in polygons]
        for group in batches(widths):
            crops = [rectify(image, polygons[index]) for index in group]
            for index, crop, line in zip(group, crops, self._recognise_batch(crops), strict=True):
                yield index, line, crop_sha256(crop)

    def _recognise_batch(self, crops: Sequence[Image]) -> list[RecognisedLine]:
        """Recognise crops whose inputs are equally wide."""
        inputs = np.stack([line_tensor(crop) for crop in crops])
        (features,) = self._backbone.run(None, {"x": inputs})
        (probabilities,) = self._head.run(None, {"features": features})
        lines = []
        for crop, lattice in zip(crops, probabilities, strict=True):
            filled = text_width(crop) / inputs.shape[-1]
            lines.append(self._line(self._decode(lattice, crop, filled)))
        return lines

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


def _level_quad(points: Any, shrink: float) -> Polygon:
    """The least rectangle around detected points, clockwise from its top left."""
    corners = sorted(
        cv2.boxPoints(cv2.minAreaRect(np.asarray(points, dtype=np.int32))).tolist(),
        key=lambda corner: float(corner[0]),
    )
    top_left, bottom_left = sorted(corners[:2], key=lambda corner: float(corner[1]))
    top_right, bottom_right = sorted(corners[2:], key=lambda corner: float(corner[1]))

    def rounded(corner: Sequence[float]) -> Point:
        return round(corner[0] / shrink, 1), round(corner[1] / shrink, 1)

    return rounded(top_left), rounded(top_right), rounded(bottom_right), rounded(bottom_left)


def _check_image(image: Image) -> None:
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or image.size == 0:
        raise ValueError("A page image must be uint8 [height, width, 3] and not empty.")


def _shared(key: tuple[str, int], load: Callable[[], Any]) -> Any:
    with _sessions_lock:
        found = _sessions.get(key)
        if found is None:
            found = load()
            _sessions[key] = found
        return found


def _session(model: ModelFiles, path: Path, threads: int) -> onnxruntime.InferenceSession:
    if not path.is_file():
        raise _missing(model, path)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Every line has another width: the arena would keep the largest buffers of all of them.
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    # Idle threads must not spin: other workers need the cores.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(
            str(path), sess_options=options, providers=["CPUExecutionProvider"]
        )
    except _LOAD_ERRORS as error:
        raise _corrupt(model, f"{path.name} cannot be loaded ({error})") from error


def _load_detector(model: ModelFiles, threads: int) -> TextDetection:
    for name in ("inference.onnx", "inference.yml"):
        if not (model.detector_dir / name).is_file():
            raise _missing(model, model.detector_dir / name)
    try:
        config = yaml.safe_load((model.detector_dir / "inference.yml").read_bytes())
        return TextDetection(
            model_name=config["Global"]["model_name"],
            model_dir=str(model.detector_dir),
            engine="onnxruntime",
            device="cpu",
            engine_config={
                "intra_op_num_threads": threads,
                "inter_op_num_threads": 1,
                "enable_cpu_mem_arena": False,
                "enable_mem_pattern": False,
            },
        )
    except _DETECTOR_ERRORS as error:
        raise _corrupt(model, f"the detector cannot be loaded ({error})") from error


_STATE = onnxruntime.capi.onnxruntime_pybind11_state
_LOAD_ERRORS: tuple[type[Exception], ...] = (
    _STATE.Fail,
    _STATE.InvalidArgument,
    _STATE.InvalidGraph,
    _STATE.InvalidProtobuf,
    _STATE.NotImplemented,
    _STATE.RuntimeException,
)
_DETECTOR_ERRORS: tuple[type[Exception], ...] = (
    *_LOAD_ERRORS,
    ValueError,
    KeyError,
    TypeError,
    yaml.YAMLError,
)


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
