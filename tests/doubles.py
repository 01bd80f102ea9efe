"""Engines that behave badly on purpose: real engines, injected where the service takes one."""

import os
import signal
from collections.abc import Callable, Sequence

from celery.exceptions import SoftTimeLimitExceeded

from recognition.crops import crop_sha256, rectify
from recognition.engines.base import (
    Alternative,
    Character,
    Engine,
    Image,
    Point,
    Polygon,
    Reading,
    ReadLine,
    RecognisedLine,
)
from recognition.models import ModelVersion


def recognised(text: str, confidence: float | None = 0.97) -> RecognisedLine:
    """A line with characters evenly spread; weak ones carry two alternatives."""
    weak = confidence is not None and confidence < 0.9
    alternatives = (Alternative("8", 0.2), Alternative("", 0.1)) if weak else ()
    return RecognisedLine(
        text=text,
        confidence=confidence,
        raw_score=confidence,
        characters=tuple(
            Character(
                character,
                confidence or 0.0,
                index / len(text),
                (index + 1) / len(text),
                alternatives,
            )
            for index, character in enumerate(text)
        ),
    )


class ScriptedEngine:
    """Reads the given lines on every page, one below the other."""

    def __init__(self, *lines: tuple[str, float | None]) -> None:
        self.lines = lines
        self.reads = 0
        self.character_set = "full"

    def restricted_to(self, character_set: str) -> "ScriptedEngine":
        self.character_set = character_set
        return self

    def read(self, image: Image) -> Reading:
        self.reads += 1
        found = []
        for position, (text, confidence) in enumerate(self.lines):
            top = 10.0 + 40 * position
            polygon: Polygon = ((10.0, top), (200.0, top), (200.0, top + 30), (10.0, top + 30))
            found.append(
                ReadLine(
                    polygon=polygon,
                    position=position,
                    block=0,
                    recognised=recognised(text, confidence),
                    crop_sha256=crop_sha256(rectify(image, polygon)),
                )
            )
        return Reading(tuple(found), "model", "test-1", "dictionary", "test-1")

    def recognise(self, image: Image, polygons: Sequence[Sequence[Point]]) -> list[RecognisedLine]:
        self.reads += 1
        return [
            recognised(text, confidence)
            for (text, confidence), _ in zip(self.lines, polygons, strict=True)
        ]


class EmptyPageEngine(ScriptedEngine):
    """Sees no text anywhere."""

    def __init__(self) -> None:
        super().__init__()


class RaisingEngine:
    """Breaks down with the given error on every page."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def restricted_to(self, character_set: str) -> "RaisingEngine":
        return self

    def read(self, image: Image) -> Reading:
        raise self.error

    def recognise(self, image: Image, polygons: Sequence[Sequence[Point]]) -> list[RecognisedLine]:
        raise self.error


def crashing_engine() -> RaisingEngine:
    """A fault nobody has thought of."""
    return RaisingEngine(RuntimeError("index out of range in a kernel"))


def out_of_memory_engine() -> RaisingEngine:
    """Memory runs out, as Python says it."""
    return RaisingEngine(MemoryError())


def out_of_native_memory_engine() -> RaisingEngine:
    """Memory runs out, as ONNX Runtime says it."""
    return RaisingEngine(
        RuntimeError("[ONNXRuntimeError] : 6 : Failed to allocate memory for requested buffer")
    )


def overtime_engine() -> RaisingEngine:
    """Celery's soft time limit ends the reading."""
    return RaisingEngine(SoftTimeLimitExceeded())


class SuicidalEngine(ScriptedEngine):
    """Kills its own process in the middle of a page, as the kernel does when memory runs out."""

    def read(self, image: Image) -> Reading:
        os.kill(os.getpid(), signal.SIGKILL)
        return super().read(image)


class MeanwhileEngine(ScriptedEngine):
    """Does something else while it reads: what another worker or a person would do."""

    def __init__(self, meanwhile: Callable[[], object], *lines: tuple[str, float | None]) -> None:
        super().__init__(*lines)
        self.meanwhile = meanwhile

    def read(self, image: Image) -> Reading:
        self.meanwhile()
        return super().read(image)


def always(
    engine: Engine,
) -> Callable[[ModelVersion], Engine]:
    """The engine for every model version."""
    return lambda _version: engine
