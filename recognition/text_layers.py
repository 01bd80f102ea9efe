"""Pages whose text is taken from their PDF's own text layer, under a producer of its own name.

Splitting decides by the file alone whether a layer can be trusted. Here, where the reader is at
hand, a few of its lines are held against the page before all of them are taken: a font with a
wrong encoding draws the right glyphs and says other characters.
"""

import hashlib
from collections.abc import Sequence
from statistics import fmean
from typing import Any
from uuid import UUID

from rapidfuzz.distance import Indel

from recognition.crops import crop_sha256, rectify
from recognition.engines.base import Engine, RecognisedLine
from recognition.ingest.base import LayerFault, TextLayer
from recognition.models import Line, ModelVersion, Page
from recognition.page_pixels import Pixels
from recognition.registry import VersionFacts, register_version
from recognition.states import TextSource

PROBES = 5
"""Lines read to hold the layer against the page: a tenth of a second in all."""

AGREEMENT = 0.5
"""Mean likeness (0 to 1) of layer and reading below which the layer is wrong.

Small or strange print is still read right by half; a wrong encoding shares hardly a character.
"""

COMPARABLE = 0.8
"""Share of ASCII characters in a line that any model in use can be expected to read."""

FORMAT = "text-layer-1"


def as_fields(layer: TextLayer) -> dict[str, Any]:
    """The fields of a new page that say where its text comes from."""
    if not layer.lines:
        return {"text_layer_fault": layer.fault or ""}
    lines = [[line.text, line.block, line.polygon] for line in layer.lines]
    return {
        "text_source": TextSource.TEXT_LAYER,
        "text_layer": {"producer": layer.producer, "lines": lines},
    }


def take_lines(
    page: Page, pixels: Pixels, engine: Engine
) -> list[tuple[Line, RecognisedLine]] | None:
    """The page's lines as its text layer has them; None where the page shows something else.

    No line has a probability: nothing measured one.
    """
    layer: dict[str, Any] = page.text_layer or {}
    found = []
    for position, (text, block, polygon) in enumerate(layer.get("lines", ())):
        crop = rectify(pixels, [(x, y) for x, y in polygon])
        line = Line(
            page=page,
            position=position,
            block=block,
            polygon=polygon,
            crop_sha256=crop_sha256(crop),
        )
        found.append((line, RecognisedLine(text, None, None)))
    return found if _agrees(found, pixels, engine) else None


def distrust(page: Page, token: UUID) -> None:
    """Have the page read as any picture is, and say why."""
    changes = {
        "text_source": TextSource.IMAGE,
        "text_layer": None,
        "text_layer_fault": LayerFault.DISAGREES.value,
    }
    Page.objects.filter(pk=page.pk, reading_token=token).update(**changes)
    for name, value in changes.items():
        setattr(page, name, value)


def producer_of(page: Page) -> ModelVersion:
    """What stands as the producer beside each line taken from a text layer."""
    layer: dict[str, Any] = page.text_layer or {}
    name = str(layer.get("producer", ""))
    return register_version(
        VersionFacts(
            sha256=hashlib.sha256(f"{FORMAT} {name}".encode()).hexdigest(),
            name=name,
            kind=ModelVersion.Kind.TEXT_LAYER,
            dictionary_sha256="",
            preprocessing_version=FORMAT,
            calibration_version="none",
        )
    )


def _agrees(found: Sequence[tuple[Line, RecognisedLine]], pixels: Pixels, engine: Engine) -> bool:
    """Whether a few lines, as the reader sees them, are like what the layer says.

    A layer in a script that the reader may not know cannot be held against it, and stands.
    """
    known = [(line, taken.text) for line, taken in found if _is_comparable(taken.text)]
    known.sort(key=lambda pair: -len(pair[1]))
    probes = known[: PROBES * 4 : 4] if len(known) > PROBES * 4 else known[:PROBES]
    if not probes:
        return True
    polygons = [[(float(x), float(y)) for x, y in line.polygon] for line, _ in probes]
    read = engine.recognise(pixels, polygons)
    return (
        fmean(
            Indel.normalized_similarity(_folded(text), _folded(seen.text))
            for (_, text), seen in zip(probes, read, strict=True)
        )
        >= AGREEMENT
    )


def _is_comparable(text: str) -> bool:
    return sum(character.isascii() for character in text) >= COMPARABLE * len(text)


def _folded(text: str) -> str:
    return "".join(text.casefold().split())
