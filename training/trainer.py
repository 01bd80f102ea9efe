"""Train one head: `python -m training.trainer JOB_DIR`, a process of its own.

Reads the folder that `training.job` describes; leaves result.json and, where training succeeded, a
new version in the model store. Exits 0 on success, 143 when stopped by SIGTERM, 1 on failure with
the reason as the last line of stderr. However it ends, no half-made version is in the store.
"""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import onnx

from recognition.calibrating import refit
from recognition.calibration import Calibration, line_features
from recognition.ctc import class_names
from recognition.engines import graphs
from recognition.engines.blobs import sweep_temporary
from recognition.engines.halves import ExportedHead
from recognition.engines.store import ModelFiles, load, save_head
from recognition.exceptions import RecognitionError
from recognition.preprocess import tensor_width, text_width
from training.as_served import decode_item
from training.characters import Alphabet, choose_alphabet, output_layer
from training.export import compare, export_head
from training.features import FeatureReader, View
from training.fitting import Fit, TrainingDiverged, fit, probabilities
from training.job import Job, JobError, Progress, read_crop, read_job, write_result
from training.line_views import line_views
from training.lines import Ledger, Line, find_contradictions, keep_ledger
from training.network import Head, build_head
from training.outcome import about, beside_active, report, serving_engines, tell_point
from training.parallel import join_ranks, own_folder
from training.settings import TrainSettings

log = logging.getLogger("training")

Work = Callable[[Job, Progress], dict[str, Any]]
"""What a job's process does: the job done, and its result as it is to be written."""

CANCELLED_EXIT = 128 + signal.SIGTERM
_CHUNK = 64  # crops held in memory at a time
# Of the lines, from which on a head that has learnt from them takes fewer passes. It doubles its
# labels from one refresh to the next; half were known where the passes were measured.
_KNOWN_SHARE = 1 / 3


class Cancelled(Exception):
    """SIGTERM arrived."""


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
    if not ledger.samples("train"):
        raise JobError("There is no line to learn from: every training line was left out.")

    head = _start_head(job, parent, alphabet)
    fitted = _learn(job, parent, head, ledger, alphabet, progress)

    progress.tell("exporting", 0, 1)
    candidate = save_head(
        job.store,
        parent.sha256,
        export_head(head, parent.head),
        alphabet.characters,
        _calibration(job, head, parent, lines, alphabet),
        about(job, alphabet),
    )
    test = [line for line in lines if line.item.split == "test"]
    features = [line.features for line in test or lines]
    parity = compare(head, ExportedHead(candidate.head), features, alphabet.names)
    progress.tell("exporting", 1, 1)

    compared = beside_active(job, candidate, serving_engines(job, candidate), progress)
    progress.tell("done", 1, 1)
    told = report(
        job,
        parent,
        candidate,
        trained=alphabet,
        written=alphabet,
        ledger=ledger,
        contradictions=found,
        fitted=fitted,
        parity=parity,
        started=started,
    )
    return told | compared


def compute_features(job: Job, parent: ModelFiles, progress: Progress) -> list[Line]:
    """Every line with the features of the line itself."""
    reader = _reader(job, parent, job.settings.threads)
    lines: list[Line] = []
    for start in range(0, len(job.items), _CHUNK):
        part = job.items[start : start + _CHUNK]
        progress.tell("features", start, len(job.items))
        crops = [read_crop(job, item) for item in part]
        own = [
            View(item.crop_sha256, partial(np.asarray, crop))
            for item, crop in zip(part, crops, strict=True)
        ]
        lines += [
            Line(item, found, text_width(crop) / tensor_width(crop))
            for item, crop, found in zip(part, crops, reader.stream(own), strict=True)
        ]
    progress.tell("features", len(job.items), len(job.items))
    return lines


def _reader(job: Job, parent: ModelFiles, threads: int) -> FeatureReader:
    return FeatureReader(
        parent.backbone, seed=job.settings.seed, threads=threads, folder=job.features
    )


def read_lines(
    job: Job, parent: ModelFiles, lines: Sequence[Line]
) -> dict[int | str, tuple[str, float | None]]:
    """What the head training starts from reads on lines, as it stands, and how sure it is."""
    reader = ExportedHead(parent.head)
    names = class_names(parent.characters())
    calibration = Calibration.from_json(parent.calibration.read_bytes())
    found: dict[int | str, tuple[str, float | None]] = {}
    lattices = reader.stream(line.features for line in lines)
    for line, lattice in zip(lines, lattices, strict=True):
        decoded = decode_item(lattice, names, line.item, line.fill)
        found[line.item.label_id] = (
            decoded.text,
            calibration.line_confidence([one.confidence for one in decoded.characters]),
        )
    return found


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


def settings_here(job: Job) -> TrainSettings:
    """The job's settings, with fewer passes where its head has learnt from enough of the lines."""
    settings = job.head_settings
    lines = sum(item.split == "train" for item in job.items)
    if job.known < _KNOWN_SHARE * lines:
        return settings
    return replace(settings, passes=settings.further_passes)


def _learn(
    job: Job,
    parent: ModelFiles,
    head: Head,
    ledger: Ledger,
    alphabet: Alphabet,
    progress: Progress,
) -> Fit:
    """Train the head in place on the ledger's lines, their views made meanwhile."""
    settings = settings_here(job)
    train = [(line, sample) for line, sample in ledger.usable if line.item.split == "train"]
    validation = ledger.samples("validation")
    log.info("%d lines to learn from, %d to validate", len(train), len(validation))

    with line_views(
        [sample for _, sample in train],
        [View(line.item.crop_sha256, partial(read_crop, job, line.item)) for line, _ in train],
        _reader(job, parent, 1),  # the other core is the learning's
        count=settings.views,
    ) as samples:
        return fit(
            head, samples, validation, alphabet.names, settings, partial(tell_point, progress)
        )


def _calibration(
    job: Job, head: Head, parent: ModelFiles, lines: Sequence[Line], alphabet: Alphabet
) -> bytes:
    """Fitted on the validation lines where there are enough; with fewer the parent's, shifted."""
    features, correct = [], []
    for line in lines:
        if line.item.split == "validation":
            lattice, crop = probabilities(head, line.features), read_crop(job, line.item)
            decoded = decode_item(lattice, alphabet.names, line.item, line.fill, crop)
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
        result = work(job, Progress(own_folder(folder)))
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
    write_result(own_folder(folder), result)
    return status


if __name__ == "__main__":
    sys.exit(main())
