"""What comes of a training: the candidate beside the active model, and the result to be written."""

from __future__ import annotations

import logging
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any, TypeVar

from recognition.crops import Image
from recognition.engines.paddle import PaddleEngine
from recognition.engines.store import ModelFiles, load
from training.as_served import recognise_items
from training.characters import Alphabet
from training.fitting import Fit, Point
from training.gate import Parity
from training.hunt import Contradiction
from training.job import Item, Job, Progress, read_crop
from training.lines import Ledger

log = logging.getLogger("training")

_CHUNK = 64  # crops held in memory at a time
_TIMED_LINES, _TIMED_ROUNDS = 24, 2

Made = TypeVar("Made")


def tell_point(progress: Progress, point: Point) -> None:
    """A point of the training curve, for the log and for the run's page."""
    seen = "" if point.validation_cer is None else f", validation {point.validation_cer:.2%}"
    log.info("step %d of %d, loss %.3f%s", point.step, point.of, point.loss, seen)
    progress.tell(
        "training",
        point.step,
        point.of,
        loss=point.loss,
        learning_rate=point.learning_rate,
        validation_cer=point.validation_cer,
    )


def about(job: Job, alphabet: Alphabet) -> dict[str, Any]:
    """What a model version tells of the training it comes from."""
    return {
        "name": job.name,
        "dataset_sha256": job.dataset_sha256(),
        "settings": job.settings.as_dict(),
        "new_characters": list(alphabet.new),
    }


def serving_engines(job: Job, candidate: ModelFiles) -> tuple[PaddleEngine, PaddleEngine]:
    """Active model and candidate in the engine that serves."""
    active, after = (
        PaddleEngine(files, threads=job.settings.threads)
        for files in (load(job.store, job.active_sha256), candidate)
    )
    return active, after


def beside_active(
    job: Job, candidate: ModelFiles, engines: Sequence[PaddleEngine], progress: Progress
) -> dict[str, Any]:
    """What the result holds of both models: their readings of the test lines, and a line's cost."""
    test = [item for item in job.items if item.split == "test"]
    rows = _evaluate(job, engines, test, progress)
    return {"test": rows, "cost": _cost_of(job, candidate, test or job.items)}


def _evaluate(
    job: Job, engines: Sequence[PaddleEngine], items: Sequence[Item], progress: Progress
) -> list[dict[str, Any]]:
    """What active model and candidate, in this order, read on the items."""
    rows: list[dict[str, Any]] = []
    # A head is compared on the backbone that both stand on, which then runs once for the two.
    alike = len({engine.backbone_sha256 for engine in engines}) == 1
    for start in range(0, len(items), _CHUNK):
        part = items[start : start + _CHUNK]
        progress.tell("evaluating", start, len(items))
        crops = [read_crop(job, item) for item in part]
        features = engines[0].features(crops) if alike else None
        active, after = (recognise_items(engine, part, crops, features) for engine in engines)
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


def _cost_of(job: Job, candidate: ModelFiles, items: Sequence[Item]) -> dict[str, float]:
    """Processor seconds a line of active model and candidate, on the first of the items.

    On one thread each: two that wait for each other beside other work take processor time for
    nothing, which once hid a head that was slower.
    """
    files = (load(job.store, job.active_sha256), candidate)
    engines = [PaddleEngine(each, threads=1) for each in files]
    lines = [(item.character_set, read_crop(job, item)) for item in items[:_TIMED_LINES]]
    return measure_cost(engines, lines)


def measure_cost(
    engines: Sequence[PaddleEngine], lines: Sequence[tuple[str, Image]], rounds: int = _TIMED_ROUNDS
) -> dict[str, float]:
    """Processor seconds a line of two engines: the median of the first, and that times the ratio.

    A line is its character set and its crop: what a type's set leaves out of the output layer
    costs nothing, so a head is held to what its document type pays now. Line by line in turns, and
    the ratio is the median of each line's own: a core whose clock changes or whose caches are
    shared is slower by a third for seconds, but not between the two readings of one line.
    """
    # What both stand on costs both the same: it is run once, and hides no difference by its noise.
    alike = len({engine.backbone_sha256 for engine in engines}) == 1
    first, ratios = [], []
    for chosen, crop in lines:
        readers = [engine.restricted_to(chosen) for engine in engines]
        features, shared = _timed(partial(engines[0].features, [crop])) if alike else (None, 0.0)
        for number in range(rounds):
            spent = [shared, shared]
            for at in (0, 1) if number % 2 == 0 else (1, 0):
                _, own = _timed(partial(readers[at].recognise_crops, [crop], features))
                spent[at] += own
            first.append(spent[0])
            ratios.append(spent[1] / spent[0])
    active = statistics.median(first)
    return {
        "active": round(active, 6),
        "candidate": round(active * statistics.median(ratios), 6),
    }


def _timed(work: Callable[[], Made]) -> tuple[Made, float]:
    """What it makes, and the processor seconds that took."""
    before = time.process_time()
    made = work()
    return made, time.process_time() - before


def report(
    job: Job,
    parent: ModelFiles,
    candidate: ModelFiles,
    *,
    trained: Alphabet,
    written: Alphabet,
    ledger: Ledger,
    contradictions: Sequence[Contradiction],
    fitted: Fit,
    parity: Parity,
    started: float,
) -> dict[str, Any]:
    """What a training that succeeded tells beside that, as `training.judge` reads both.

    `trained` are the characters learnt, `written` those of the candidate's output; `started` is by
    `time.monotonic`.
    """
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "status": "succeeded",
        "candidate_sha256": candidate.sha256,
        "base_sha256": parent.sha256,
        "active_sha256": job.active_sha256,
        "dataset_sha256": job.dataset_sha256(),
        "dictionary_sha256": candidate.dictionary_sha256,
        "trained_dictionary_sha256": written.sha256(),
        "new_characters": list(trained.new),
        "classes": len(trained.names),
        "ledger": dict(ledger.counts),
        "set_aside": ledger.aside,
        "contradictions": [asdict(one) for one in contradictions],
        "curve": [asdict(point) for point in fitted.curve],
        "steps": fitted.steps,
        "best_step": fitted.best_step,
        "stopped_early": fitted.stopped_early,
        "bad_steps": fitted.bad_steps,
        "seconds": round(time.monotonic() - started, 2),
        "processor_seconds": round(usage.ru_utime + usage.ru_stime, 2),
        "peak_memory_mb": round(usage.ru_maxrss / 1024, 1),
        "parity": asdict(parity),
    }
