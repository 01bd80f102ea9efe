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
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import onnx
import paddle

from recognition.calibrating import fit as fit_calibration
from recognition.calibration import line_features
from recognition.ctc import class_names, decode, greedy_text
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
from training.job import Item, Job, JobError, Progress, read_crop, read_job, write_result
from training.network import Head, build_head

log = logging.getLogger("training")

CANCELLED_EXIT = 128 + signal.SIGTERM
# Fewer validation lines than this say too little about calibration; the parent's is kept.
_MIN_CALIBRATION_LINES = 40
_CHUNK = 64  # crops held in memory at a time


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


def run(job: Job, progress: Progress) -> dict[str, Any]:
    """Do the job; returns the result to be written. Raises what `main` names."""
    started = time.monotonic()
    parent = load(job.store, job.base_sha256)
    sweep_temporary(job.store)
    lines = compute_features(job, parent, progress)
    alphabet = _alphabet(job, parent, lines)
    usable, ledger = keep_ledger(lines, alphabet)
    train = [sample for line, sample in usable if line.item.split == "train"]
    validation = [sample for line, sample in usable if line.item.split == "validation"]
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

    fitted = fit(head, train, validation, alphabet.names, job.settings, on_point)

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
            "settings": job.settings.as_dict(),
            "new_characters": list(alphabet.new),
        },
    )
    test = [line for line in lines if line.item.split == "test"]
    compared = [line.views[0] for line in test or lines]
    exported = ExportedHead(candidate.head)
    parity = compare(head, exported, compared, alphabet.names)
    progress.tell("exporting", 1, 1)

    evaluated = evaluate(job, candidate, [line.item for line in test], progress)
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
        "ledger": ledger,
        "curve": [asdict(point) for point in fitted.curve],
        "steps": fitted.steps,
        "best_step": fitted.best_step,
        "stopped_early": fitted.stopped_early,
        "bad_steps": fitted.bad_steps,
        "seconds": round(seconds, 2),
        "processor_seconds": round(usage.ru_utime + usage.ru_stime, 2),
        "peak_memory_mb": round(usage.ru_maxrss / 1024, 1),
        "parity": asdict(parity),
        "test": evaluated,
    }


def compute_features(job: Job, parent: ModelFiles, progress: Progress) -> list[Line]:
    """Run the backbone once over every line, and over the views of those to learn from."""
    backbone = Backbone(parent.backbone, job.settings.threads)
    lines: list[Line] = []
    for start in range(0, len(job.items), _CHUNK):
        part = job.items[start : start + _CHUNK]
        progress.tell("features", start, len(job.items))
        crops = [read_crop(job, item) for item in part]
        views = [
            line_views(crop, job.settings.views if item.split == "train" else 1, job.settings.seed)
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


def keep_ledger(
    lines: Sequence[Line], alphabet: Alphabet
) -> tuple[list[tuple[Line, Sample]], dict[str, int]]:
    """Lines that can be learnt from with their samples, and what became of every line.

    The ledger's counts add up to the number of lines. A test line is never left out: what the
    model cannot write is an error it makes.
    """
    usable: list[tuple[Line, Sample]] = []
    ledger = Counter(trained=0, validation=0, test=0, too_long=0, unknown_character=0, empty=0)
    for line in lines:
        if line.item.split == "test":
            ledger["test"] += 1
            continue
        encoded = alphabet.encode(line.visual)
        if encoded is None:
            ledger["unknown_character"] += 1
        elif not encoded:
            ledger["empty"] += 1
        elif steps_needed(encoded) > min(len(view) for view in line.views):
            ledger["too_long"] += 1
        else:
            ledger["trained" if line.item.split == "train" else "validation"] += 1
            usable.append((line, Sample(line.views, tuple(encoded), line.visual)))
    return usable, dict(ledger)


def evaluate(
    job: Job, candidate: ModelFiles, items: Sequence[Item], progress: Progress
) -> list[dict[str, Any]]:
    """What active and candidate read on the items, through the engine that serves."""
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
    return rows


def _alphabet(job: Job, parent: ModelFiles, lines: Sequence[Line]) -> Alphabet:
    """Characters of labels and present readings; of the test split neither is looked at."""
    reader = ExportedHead(parent.head)
    names = class_names(parent.characters())
    known = [line for line in lines if line.item.split != "test"]
    readings = [greedy_text(reader.probabilities(line.views[0]), names) for line in known]
    return choose_alphabet(parent.characters(), (line.visual for line in known), readings)


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
    return build_head([*weights[:-2], weight, bias], job.settings.dropout)


def _calibration(
    head: Head, parent: ModelFiles, lines: Sequence[Line], alphabet: Alphabet
) -> bytes:
    """Fitted on the validation lines where there are enough, else the parent's."""
    features, correct = [], []
    for line in lines:
        if line.item.split == "validation":
            decoded = decode(probabilities(head, line.views[0]), alphabet.names, line.fill)
            if decoded.characters:
                features.append(line_features([c.confidence for c in decoded.characters]))
                correct.append(decoded.text == line.visual)
    if len(features) < _MIN_CALIBRATION_LINES:
        return parent.calibration.read_bytes()
    return fit_calibration(features, correct).to_json().encode()


def _on_sigterm(number: int, frame: FrameType | None) -> None:
    raise Cancelled


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job in the given folder; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m training.trainer", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="JOB_DIR")
    folder: Path = parser.parse_args(arguments).folder
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(message)s")
    signal.signal(signal.SIGTERM, _on_sigterm)
    status, failure = 1, None
    try:
        job = read_job(folder)
        paddle.set_device("cpu" if not paddle.is_compiled_with_cuda() else "gpu")
        result = run(job, Progress(folder))
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
