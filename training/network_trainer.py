"""Train the whole network: `python -m training.network_trainer JOB_DIR`, a process of its own.

The folder and the exit status are those of `training.trainer`. It leaves a new base: backbone and
head learn together from all labels, mixed with general lines. A job whose process died goes on
from the folder's checkpoint when it is started again.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx

from recognition.crops import Image
from recognition.ctc import class_names
from recognition.direction import turn
from recognition.engines import graphs
from recognition.engines.blobs import canonical_json, sha256_of, sweep_temporary
from recognition.engines.halves import Backbone
from recognition.engines.store import ModelFiles, load, save_base
from recognition.preprocess import STRIDE, tensor_width
from training.characters import Alphabet, choose_alphabet, output_layer, steps_needed
from training.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from training.fitting import Fit, Sample, fit
from training.general import GeneralLine, compare_on_general, frozen_set, training_lines
from training.job import Job, JobError, Progress, read_crop
from training.lines import Ledger, Line, find_contradictions, keep_ledger
from training.network import build_head, read_weights
from training.network_fitting import TextLine, fit_network
from training.network_reading import ReadLines, calibrate, compare_with_files, look_at, read_all
from training.outcome import about, beside_active, report, serving_engines, tell_point
from training.parallel import Ranks, join_ranks
from training.recogniser import Recogniser
from training.settings import NetworkSettings, TrainSettings
from training.shares import from_first
from training.trainer import main

log = logging.getLogger("training")

Array = npt.NDArray[np.float32]

_MOST_GENERAL = 4_000
_LOOKED_AT = 400  # validation lines read at a look


def run(job: Job, progress: Progress) -> dict[str, Any]:
    """Do the job; returns the result to be written. Raises what `training.trainer.main` names."""
    started = time.monotonic()
    settings = job.network_settings
    ranks = join_ranks()
    parent = load(job.store, job.base_sha256)
    if ranks.is_first:
        sweep_temporary(job.store)
    read = read_all(job, parent, progress, ranks)
    general = _general_lines(job, parent)
    found = find_contradictions(job, read.lines, read.readings)
    alphabet = _alphabet(parent, read, general, settings)
    ledger = keep_ledger(read.lines, alphabet, {one.label_id for one in found})
    for item in job.items:
        ledger.counts["test"] += item.split == "test"
    if not ledger.samples("train"):
        raise JobError("There is no line to learn from: every training line was left out.")
    log.info(
        "%d lines to learn from, %d general lines beside them, %d to validate, %d classes",
        len(ledger.samples("train")),
        len(general),
        len(ledger.samples("validation")),
        len(alphabet.names),
    )
    recogniser, fitted, resumed = _train(job, parent, ledger, general, alphabet, progress, ranks)
    if not ranks.is_first:
        sys.exit(0)  # one process judges what all have trained, and one writes a result

    progress.tell("exporting", 0, 1)
    whole = _with_all_classes(job, recogniser, parent, alphabet)
    backbone, head = recogniser.export(whole.weights)
    names = class_names(whole.characters)
    candidate = save_base(
        job.store,
        parent.sha256,
        backbone,
        head,
        whole.characters,
        calibrate(backbone, head, parent, job, names),
        about(job, alphabet),
    )
    test = [item for item in job.items if item.split == "test"]
    recogniser.learning.head = build_head(whole.weights)
    parity = compare_with_files(recogniser, candidate, job, test or job.items, names, progress)
    progress.tell("exporting", 1, 1)

    engines = serving_engines(job, candidate)
    compared = beside_active(job, candidate, engines, progress)
    on_general = compare_on_general(engines, frozen_set(settings.frozen_lines))
    progress.tell("done", 1, 1)
    told = report(
        job,
        parent,
        candidate,
        trained=alphabet,
        written=Alphabet(whole.characters, alphabet.new),
        ledger=ledger,
        contradictions=found,
        fitted=fitted,
        parity=parity,
        started=started,
    )
    return told | {
        **compared,
        "resumed_at": resumed,
        "general_lines": len(general),
        "general": asdict(on_general),
    }


def _general_lines(job: Job, parent: ModelFiles) -> list[GeneralLine]:
    settings = job.network_settings
    if not settings.general_share:
        return []
    labels = sum(item.split == "train" for item in job.items)
    share = round(labels * settings.general_share)
    wanted = min(max(share, settings.fewest_general), _MOST_GENERAL)
    # A character that no label has is none to be added for rendered text's sake.
    known = {" ", *parent.characters()}
    found = [GeneralLine(read_crop(job, item), item.text) for item in job.beside]
    found += training_lines(max(wanted - len(found), 0), settings.seed)
    return [line for line in found if known.issuperset(line.text)]


def _alphabet(
    parent: ModelFiles, read: ReadLines, general: Sequence[GeneralLine], settings: NetworkSettings
) -> Alphabet:
    """The characters that are trained: those of the lines, their scripts, and near rivals."""
    names = class_names(parent.characters())
    rivals = "".join(names[at] for at in np.flatnonzero(read.near >= settings.rival))
    texts = [*(text for text, _ in read.readings.values()), rivals]
    written = [*(line.visual for line in read.lines), *(turn(line.text) for line in general)]
    return choose_alphabet(parent.characters(), written, texts)


def _train(
    job: Job,
    parent: ModelFiles,
    ledger: Ledger,
    general: Sequence[GeneralLine],
    alphabet: Alphabet,
    progress: Progress,
    ranks: Ranks,
) -> tuple[Recogniser, Fit, int | None]:
    """The trained recogniser, its training, and the step at which it was taken up again."""
    settings = job.network_settings
    learnt_from = {
        "base": parent.sha256,
        "dataset": job.dataset_sha256(),
        "beside": sorted(item.crop_sha256 for item in job.beside),
        "alphabet": alphabet.sha256(),
        "settings": settings.as_dict(),
    }
    identity = sha256_of(canonical_json(learnt_from))
    kept = read_checkpoint(job.folder, identity)
    weights = graphs.head_weights(onnx.load(str(parent.head)))
    weight, bias = output_layer(
        alphabet,
        class_names(parent.characters()),
        weights[-2],
        weights[-1],
        _spare_classes(job, parent),
    )
    start = [*weights[:-2], weight, bias]
    beside = [
        (line, tuple(encoded))
        for line in general
        if (encoded := alphabet.encode(turn(line.text)))
        and steps_needed(encoded) <= tensor_width(line.crop) // STRIDE
    ]
    if kept is None and settings.head_steps:
        near = partial(_bring_head_near, job, parent, start, ledger, beside, alphabet, progress)
        start = from_first(near, job.folder / "ranks", ranks)
    recogniser = Recogniser(
        parent,
        start,
        frozen_blocks=settings.frozen_blocks,
        dropout=settings.dropout,
        threads=max(settings.threads // ranks.count, 1),
    )
    if kept is not None:
        log.info("going on after step %d", kept.step)

    def keep(state: Checkpoint) -> None:
        if ranks.is_first:
            write_checkpoint(job.folder, identity, state)
            log.info("checkpoint after step %d", state.step)

    validation = [(line, sample) for line, sample in ledger.usable if _is_validation(line)]
    judged = len(validation) >= settings.min_validation_lines
    looked_at = ranks.share(validation[:_LOOKED_AT])
    look = partial(look_at, recogniser, job, looked_at, alphabet)
    fitted = fit_network(
        recogniser,
        [_text_line(job, line, sample) for line, sample in ledger.usable if _is_train(line)],
        [TextLine(partial(_crop_of, line), text, tensor_width(line.crop)) for line, text in beside],
        settings,
        look=look if judged else None,
        on_point=partial(tell_point, progress),
        keep=keep,
        resume=kept,
        ranks=ranks,
    )
    return recogniser, fitted, kept.step if kept else None


def _is_train(line: Line) -> bool:
    return line.item.split == "train"


def _is_validation(line: Line) -> bool:
    return line.item.split == "validation"


def _crop_of(line: GeneralLine) -> Image:
    return line.crop


def _text_line(job: Job, line: Line, sample: Sample) -> TextLine:
    width = len(line.features)  # in steps: as good for telling like from like
    return TextLine(partial(read_crop, job, line.item), sample.encoded, width)


def _bring_head_near(
    job: Job,
    parent: ModelFiles,
    start: list[Array],
    ledger: Ledger,
    general: Sequence[tuple[GeneralLine, tuple[int, ...]]],
    alphabet: Alphabet,
    progress: Progress,
) -> list[Array]:
    """The head after some steps on features: a hundredth of the price of moving all of it."""
    settings = job.network_settings
    usable = [
        (line, sample) for line, sample in ledger.usable if any(sample.views[0].strides)
    ]  # with features that were kept
    backbone = Backbone(parent.backbone, settings.threads)
    chosen = general[: len(usable)]
    features = backbone.features([line.crop for line, _ in chosen])
    samples = [sample for line, sample in usable if _is_train(line)] + [
        Sample((found,), encoded, line.text)
        for (line, encoded), found in zip(chosen, features, strict=True)
    ]
    validation = [sample for line, sample in usable if _is_validation(line)][:_LOOKED_AT]
    head = build_head(start, settings.dropout)
    steps = settings.head_steps
    fit(
        head,
        samples,
        validation,
        alphabet.names,
        TrainSettings(
            learning_rate=settings.learning_rate,
            dropout=settings.dropout,
            min_steps=steps,
            max_steps=steps,
            seed=settings.seed,
            threads=settings.threads,
        ),
        lambda point: progress.tell("warm_up", point.step, point.of),
    )
    return read_weights(head)


@dataclass(frozen=True, slots=True)
class _Whole:
    """A head's weights with all of a base's classes, and its dictionary."""

    weights: list[Array]
    characters: tuple[str, ...]


def _spare_classes(job: Job, parent: ModelFiles) -> tuple[Sequence[str], Array, Array]:
    """Names, weight and bias of the classes of the base that the parent stands on.

    Where the parent is a head for all types, its own dictionary is only a part of that.
    """
    base = load(job.store, parent.base)
    weights = graphs.head_weights(onnx.load(str(base.head)))
    return class_names(base.characters()), weights[-2], weights[-1]


def _with_all_classes(
    job: Job, recogniser: Recogniser, parent: ModelFiles, alphabet: Alphabet
) -> _Whole:
    """What was learnt, and the base's weights for characters that nothing was near to.

    A base reads every document type: it may not lose the characters of those yet to come.
    """
    *inner, weight, bias = read_weights(recogniser.learning.head)
    spare = _spare_classes(job, parent)
    known = spare[0][1:-1]
    have = set(known)
    characters = (*known, *(one for one in alphabet.characters if one not in have))
    whole_weight, whole_bias = output_layer(
        Alphabet(characters, alphabet.new), alphabet.names, weight, bias, spare
    )
    return _Whole([*inner, whole_weight, whole_bias], characters)


if __name__ == "__main__":
    sys.exit(main(work=run))
