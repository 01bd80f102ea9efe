"""How a network reads lines before, during and after its training: always as it would be served."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recognition.calibrating import refit
from recognition.calibration import Calibration, line_features
from recognition.ctc import class_names, greedy_text
from recognition.direction import turn
from recognition.engines.halves import Backbone, ExportedHead, Features
from recognition.engines.network import Network
from recognition.engines.store import ModelFiles
from recognition.metrics import edits
from recognition.preprocess import line_tensor, tensor_width, text_width
from training.as_served import decode_item
from training.characters import Alphabet
from training.fitting import Sample
from training.gate import Parity
from training.job import Item, Job, Progress, read_crop
from training.lines import Line
from training.looks import Look
from training.parallel import Ranks
from training.recogniser import Recogniser
from training.shares import Share, exchange

Array = npt.NDArray[np.float32]

_CHUNK = 64  # crops held in memory at a time
_HEAD_LINES = 4_000  # of which features are kept for the head's first steps; 80 kB each


@dataclass(frozen=True, slots=True)
class ReadLines:
    """The job's lines but for the test, with what the parent makes of them.

    `near` is the highest probability of each of the parent's classes on any step of any line.
    """

    lines: list[Line]
    readings: dict[int | str, tuple[str, float | None]]
    near: Array


def read_all(job: Job, parent: ModelFiles, progress: Progress, ranks: Ranks) -> ReadLines:
    """Read the lines that may be learnt from once with the parent, as it stands.

    Where several processes train together each reads its share, and the first one gets features.
    """
    items = [item for item in job.items if item.split != "test"]
    mine = ranks.share(range(len(items)))
    backbone = Backbone(parent.backbone, max(job.settings.threads // ranks.count, 1))
    head = ExportedHead(parent.head)
    names = class_names(parent.characters())
    calibration = Calibration.from_json(parent.calibration.read_bytes())
    found = Share([], [], np.zeros(len(names), dtype=np.float32))
    for start in range(0, len(mine), _CHUNK):
        progress.tell("features", start * ranks.count, len(items))
        places = mine[start : start + _CHUNK]
        crops = [read_crop(job, items[place]) for place in places]
        for place, crop, features in zip(places, crops, backbone.stream(crops), strict=True):
            lattice = head.probabilities(features)
            np.maximum(found.near, lattice.max(axis=0), out=found.near)
            fill = text_width(crop) / tensor_width(crop)
            decoded = decode_item(lattice, names, items[place], fill)
            confidence = calibration.line_confidence([one.confidence for one in decoded.characters])
            found.told.append((place, decoded.text, confidence, fill, features.shape))
            if place < _HEAD_LINES:
                found.features.append(features)
    shares = [found] if ranks.count == 1 else exchange(found, job.folder / "ranks", ranks)
    progress.tell("features", len(items), len(items))
    return _put_together(items, shares)


def _put_together(items: Sequence[Item], shares: Sequence[Share]) -> ReadLines:
    near = np.maximum.reduce([share.near for share in shares])
    found = ReadLines([], {}, near)
    read = sorted(
        (told, at, n) for at, share in enumerate(shares) for n, told in enumerate(share.told)
    )
    for (place, text, confidence, fill, shape), at, number in read:
        features = shares[at].features
        kept = features[number] if number < len(features) else _of_length(shape)
        found.readings[items[place].label_id] = (text, confidence)
        found.lines.append(Line(items[place], kept, fill))
    return found


def _of_length(shape: tuple[int, ...]) -> Features:
    """Features that take no memory: of these only the length counts."""
    return np.broadcast_to(np.float32(0), shape)


def look_at(
    recogniser: Recogniser,
    job: Job,
    validation: Sequence[tuple[Line, Sample]],
    alphabet: Alphabet,
) -> Look:
    """The validation lines as the library that serves reads them with the weights set now."""
    backbone, head = recogniser.export()
    features = Network(backbone, threads=job.settings.threads, streams=job.settings.threads)
    reader = Network(head, threads=1)
    crops = (line_tensor(read_crop(job, line.item))[None] for line, _ in validation)
    wrong = 0
    for (_, sample), found in zip(validation, features.stream(crops), strict=True):
        lattice = reader.run(np.array(found))
        wrong += edits(sample.text, greedy_text(lattice[0], alphabet.names))
    return Look(wrong, characters=sum(len(sample.text) for _, sample in validation))


def calibrate(
    backbone: bytes, head: bytes, parent: ModelFiles, job: Job, names: Sequence[str]
) -> bytes:
    """Fitted on what the exported network reads on validation lines, as a head's is."""
    features = Network(backbone, threads=job.settings.threads, streams=job.settings.threads)
    reader = Network(head, threads=1)
    found, correct = [], []
    items = [item for item in job.items if item.split == "validation"]
    for item in items:
        crop = read_crop(job, item)
        lattice = reader.run(features.run(line_tensor(crop)[None]))[0]
        fill = text_width(crop) / tensor_width(crop)
        decoded = decode_item(lattice, names, item, fill, crop)
        if decoded.characters:
            found.append(line_features([one.confidence for one in decoded.characters]))
            correct.append(decoded.text == turn(item.text))
    own = Calibration.from_json(parent.calibration.read_bytes())
    return refit(own, found, correct).to_json().encode()


def compare_with_files(
    recogniser: Recogniser,
    candidate: ModelFiles,
    job: Job,
    items: Sequence[Item],
    names: Sequence[str],
    progress: Progress,
) -> Parity:
    """Read every line with the trained network and with the stored files of the candidate."""
    recogniser.learning.eval()
    backbone = Backbone(candidate.backbone, job.settings.threads, precision="float32")
    head = ExportedHead(candidate.head)
    mismatched, furthest = 0, 0.0
    for at, item in enumerate(items):
        crop = read_crop(job, item)
        trained = recogniser.probabilities(crop)
        served = head.probabilities(backbone.features([crop])[0])
        mismatched += greedy_text(trained, names) != greedy_text(served, names)
        furthest = max(furthest, float(np.abs(trained - served).max()))
        if at % _CHUNK == 0:
            progress.tell("exporting", at, len(items))
    return Parity(lines=len(items), mismatched=mismatched, max_difference=furthest)
