"""Train one head: `python -m training.trainer JOB_DIR`, a process of its own.

Reads the folder that `training.job` describes; leaves result.json and, where training succeeded, a
new version in the model store. Exits 0 on success, 143 when stopped by SIGTERM, 1 on failure with
the reason as the last line of stderr. However it ends, no half-made version is in the store.
"""

from __future__ import annotations

import argparse
import logging
import resource
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import onnx

from recognition.calibrating import refit
from recognition.calibration import Calibration, line_features
from recognition.crops import Image
from recognition.ctc import class_names, decode
from recognition.direction import turn
from recognition.engines import graphs
from recognition.engines.blobs import sweep_temporary
from recognition.engines.halves import Backbone, ExportedHead, Features
from recognition.engines.paddle import PaddleEngine
from recognition.engines.store import ModelFiles, load, save_head
from recognition.exceptions import RecognitionError
from recognition.preprocess import tensor_width, text_width
from training.augment import line_views
from training.characters import Alphabet, choose_alphabet, output_layer, steps_needed
from training.export import compare, export_head
from training.fitting import Point, Sample, TrainingDiverged, fit, probabilities
from training.hunt import Contradiction, contradicts
from training.job import Item, Job, JobError, Progress, read_crop, read_job, write_result
from training.network import Head, build_head
from training.parallel import join_ranks

log = logging.getLogger("training")

Work = Callable[[Job, Progress], dict[str, Any]]
"""What a job's process does: the job done, and its result as it is to be written."""

CANCELLED_EXIT = 128 + signal.SIGTERM
_CHUNK = 64  # crops held in memory at a time
_MOST_DISPUTED = 0.1  # of the labels
_TIMED_LINES, _TIMED_ROUNDS = 24, 5


class Cancelled(Exception):
    """SIGTERM arrived."""


@dataclass(frozen=True, slots=True)
class Line:
    """A labelled line with its features; `fill` is the share of the steps the crop covers."""

    item: Item
    views: tuple[Features, ...]
    fill: float

    @property
    def visual(self) -> str:
        """The text as it stands on the line from left to right, which is what the head writes."""
        return turn(self.item.text)


@dataclass(frozen=True, slots=True)
class Ledger:
    """What became of a job's lines; `aside` names each that was set aside, with its split."""

    usable: list[tuple[Line, Sample]]
    counts: Counter[str]
    aside: list[dict[str, Any]] = field(default_factory=list)

    def set_aside(self, line: Line, reason: str) -> None:
        self.counts[reason] += 1
        self.aside.append(
            {"label_id": line.item.label_id, "split": line.item.split, "reason": reason}
        )

    def samples(self, split: str) -> list[Sample]:
        return [sample for line, sample in self.usable if line.item.split == split]


def run(job: Job, progress: Progress) -> dict[str, Any]:
    """Do the job; returns the result to be written. Raises what `main` names."""
    started = time.monotonic()
    join_ranks()
    parent = load(job.store, job.base_sha256)
    sweep_temporary(job.store)
    lines = compute_features(job, parent, progress)
    readings = read_lines(job, parent, [line for line in lines if line.item.split != "test"])
    found = find_contradictions(job, lines, readings)
    alphabet = choose_alphabet(
        parent.characters(),
        (line.visual for line in lines if line.item.split != "test"),
        (text for text, _ in readings.values()),
    )
    ledger = keep_ledger(lines, alphabet, {one.label_id for one in found})
    train, validation = ledger.samples("train"), ledger.samples("validation")
    if not train:
        raise JobError("There is no line to learn from: every training line was left out.")
    log.info("%d lines to learn from, %d to validate", len(train), len(validation))

    head = _start_head(job, parent, alphabet)

    def on_point(point: Point) -> None:
        log.info("step %d of %d, loss %.3f", point.step, point.of, point.loss)
        progress.tell(
            "training",
            point.step,
            point.of,
            loss=point.loss,
            learning_rate=point.learning_rate,
            validation_cer=point.validation_cer,
            validation_loss=point.validation_loss,
        )

    fitted = fit(head, train, validation, alphabet.names, job.head_settings, on_point)

    progress.tell("exporting", 0, 1)
    candidate = save_head(
        job.store,
        parent.sha256,
        export_head(head, parent.head),
        alphabet.characters,
        _calibration(head, parent, lines, alphabet),
        {
            "name": job.name,
            "dataset_sha256": job.dataset_sha256(),
            "settings": job.head_settings.as_dict(),
            "new_characters": list(alphabet.new),
        },
    )
    test = [line for line in lines if line.item.split == "test"]
    compared = [line.views[0] for line in test or lines]
    exported = ExportedHead(candidate.head)
    parity = compare(head, exported, compared, alphabet.names)
    progress.tell("exporting", 1, 1)

    evaluated, cost = evaluate(job, candidate, [line.item for line in test or lines], progress)
    seconds = time.monotonic() - started
    usage = resource.getrusage(resource.RUSAGE_SELF)
    progress.tell("done", 1, 1)
    return {
        "status": "succeeded",
        "candidate_sha256": candidate.sha256,
        "base_sha256": parent.sha256,
        "active_sha256": job.active_sha256,
        "dataset_sha256": job.dataset_sha256(),
        "dictionary_sha256": candidate.dictionary_sha256,
        "trained_dictionary_sha256": alphabet.sha256(),
        "new_characters": list(alphabet.new),
        "classes": len(alphabet.names),
        "ledger": dict(ledger.counts),
        "set_aside": ledger.aside,
        "contradictions": [asdict(one) for one in found],
        "curve": [asdict(point) for point in fitted.curve],
        "steps": fitted.steps,
        "best_step": fitted.best_step,
        "stopped_early": fitted.stopped_early,
        "bad_steps": fitted.bad_steps,
        "seconds": round(seconds, 2),
        "processor_seconds": round(usage.ru_utime + usage.ru_stime, 2),
        "peak_memory_mb": round(usage.ru_maxrss / 1024, 1),
        "parity": asdict(parity),
        "cost": cost,
        "test": evaluated if test else [],
    }


def compute_features(job: Job, parent: ModelFiles, progress: Progress) -> list[Line]:
    """Run the backbone once over every line, and over the views of those to learn from."""
    settings = job.head_settings
    backbone = Backbone(parent.backbone, settings.threads)
    lines: list[Line] = []
    for start in range(0, len(job.items), _CHUNK):
        part = job.items[start : start + _CHUNK]
        progress.tell("features", start, len(job.items))
        crops = [read_crop(job, item) for item in part]
        views = [
            line_views(crop, settings.views if item.split == "train" else 1, settings.seed)
            for item, crop in zip(part, crops, strict=True)
        ]
        features = iter(backbone.features([view for several in views for view in several]))
        lines += [
            Line(
                item, tuple(next(features) for _ in several), text_width(crop) / tensor_width(crop)
            )
            for item, crop, several in zip(part, crops, views, strict=True)
        ]
    progress.tell("features", len(job.items), len(job.items))
    return lines


def read_lines(
    job: Job, parent: ModelFiles, lines: Sequence[Line]
) -> dict[int | str, tuple[str, float | None]]:
    """What the head training starts from reads on lines, as it stands, and how sure it is."""
    reader = ExportedHead(parent.head)
    names = class_names(parent.characters())
    calibration = Calibration.from_json(parent.calibration.read_bytes())
    found: dict[int | str, tuple[str, float | None]] = {}
    for line in lines:
        decoded = decode(reader.probabilities(line.views[0]), names, line.fill)
        found[line.item.label_id] = (
            decoded.text,
            calibration.line_confidence([one.confidence for one in decoded.characters]),
        )
    return found


def find_contradictions(
    job: Job, lines: Sequence[Line], readings: Mapping[int | str, tuple[str, float | None]]
) -> list[Contradiction]:
    """Labels that the model contradicts; never more than a tenth, for then it is the model."""
    least = job.settings.dispute_confidence
    found = []
    for line in lines:
        text, confidence = readings.get(line.item.label_id, ("", None))
        if not line.item.settled and contradicts(line.visual, text, confidence, least):
            found.append(Contradiction(line.item.label_id, turn(text), confidence or 0.0))
    if len(found) > len(readings) * _MOST_DISPUTED:
        log.info("%d labels contradicted: too many to be the labels' fault", len(found))
        return []
    return found


def keep_ledger(
    lines: Sequence[Line], alphabet: Alphabet, disputed: Collection[int | str] = ()
) -> Ledger:
    """Lines that can be learnt from with their samples, and what became of every line.

    The counts add up to the number of lines. A test line is never left out: what the model
    cannot write is an error it makes.
    """
    found = Ledger([], Counter(trained=0, validation=0, test=0, too_long=0, unknown_character=0))
    for line in lines:
        if line.item.split == "test":
            found.counts["test"] += 1
            continue
        encoded = alphabet.encode(line.visual)
        if line.item.label_id in disputed:
            found.set_aside(line, "disputed")
        elif not encoded:
            found.set_aside(line, "unknown_character")
        elif steps_needed(encoded) > min(len(view) for view in line.views):
            found.set_aside(line, "too_long")
        else:
            found.counts["trained" if line.item.split == "train" else "validation"] += 1
            found.usable.append((line, Sample(line.views, tuple(encoded), line.visual)))
    return found


def evaluate(
    job: Job, candidate: ModelFiles, items: Sequence[Item], progress: Progress
) -> tuple[list[dict[str, Any]], dict[str, float]]:
    """What active and candidate read on the items, through the engine that serves.

    And the processor seconds a line takes each.
    """
    engines = [
        PaddleEngine(load(job.store, sha256), threads=job.settings.threads)
        for sha256 in (job.active_sha256, candidate.sha256)
    ]
    rows: list[dict[str, Any]] = []
    for start in range(0, len(items), _CHUNK):
        part = items[start : start + _CHUNK]
        progress.tell("evaluating", start, len(items))
        crops = [read_crop(job, item) for item in part]
        active, after = (engine.recognise_crops(crops) for engine in engines)
        rows += [
            {
                "label_id": item.label_id,
                "document": item.document,
                "active_text": before.text,
                "candidate_text": now.text,
                "active_confidence": before.confidence,
                "candidate_confidence": now.confidence,
            }
            for item, before, now in zip(part, active, after, strict=True)
        ]
    progress.tell("evaluating", len(items), len(items))
    sample = [read_crop(job, item) for item in items[:_TIMED_LINES]]
    return rows, measure_cost(engines, sample)


def measure_cost(
    engines: Sequence[PaddleEngine], crops: Sequence[Image], rounds: int = _TIMED_ROUNDS
) -> dict[str, float]:
    """Least processor seconds a line of active and candidate, in turns so that both meet one load.

    The least of several is what the work takes; the rest is the machine's other business.
    """
    spent: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for engine, seconds in zip(engines, spent, strict=True):
            before = time.process_time()
            engine.recognise_crops(crops)
            seconds.append((time.process_time() - before) / len(crops))
    return {"active": round(min(spent[0]), 6), "candidate": round(min(spent[1]), 6)}


def _start_head(job: Job, parent: ModelFiles, alphabet: Alphabet) -> Head:
    weights = graphs.head_weights(onnx.load(str(parent.head)))
    spare = None
    if parent.base != parent.sha256:
        origin = load(job.store, parent.base)
        first = graphs.head_weights(onnx.load(str(origin.head)))
        spare = (class_names(origin.characters()), first[-2], first[-1])
    weight, bias = output_layer(
        alphabet, class_names(parent.characters()), weights[-2], weights[-1], spare
    )
    return build_head([*weights[:-2], weight, bias], job.head_settings.dropout)


def _calibration(
    head: Head, parent: ModelFiles, lines: Sequence[Line], alphabet: Alphabet
) -> bytes:
    """Fitted on the validation lines where there are enough; with fewer the parent's, shifted."""
    features, correct = [], []
    for line in lines:
        if line.item.split == "validation":
            decoded = decode(probabilities(head, line.views[0]), alphabet.names, line.fill)
            if decoded.characters:
                features.append(line_features([c.confidence for c in decoded.characters]))
                correct.append(decoded.text == line.visual)
    own = Calibration.from_json(parent.calibration.read_bytes())
    return refit(own, features, correct).to_json().encode()


def _on_sigterm(number: int, frame: FrameType | None) -> None:
    raise Cancelled


def main(arguments: Sequence[str] | None = None, work: Work = run) -> int:
    """Run the job in the given folder; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, metavar="JOB_DIR")
    folder: Path = parser.parse_args(arguments).folder
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(message)s")
    signal.signal(signal.SIGTERM, _on_sigterm)
    status, failure = 1, None
    try:
        job = read_job(folder)
        result = work(job, Progress(folder))
        status = 0
    except Cancelled:
        status, failure = CANCELLED_EXIT, ("cancelled", "The training was stopped.")
    except (JobError, RecognitionError) as error:
        failure = (error.code, str(error))
    except TrainingDiverged as error:
        failure = ("diverged", str(error))
    except MemoryError:
        failure = ("out_of_memory", "The training needs more memory than the machine has.")
    except OSError as error:
        failure = ("io", f"A file could not be read or written: {error}.")
    except Exception as error:  # noqa: BLE001 - the process's boundary; the run's page must say it
        traceback.print_exc(file=sys.stdout)
        failure = ("unexpected", f"{type(error).__name__}: {error}")
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if failure is not None:
        kind = "cancelled" if status == CANCELLED_EXIT else "failed"
        result = {"status": kind, "code": failure[0], "message": failure[1]}
        print(failure[1], file=sys.stderr)
    write_result(folder, result)
    return status


if __name__ == "__main__":
    sys.exit(main())
