"""What training brings: `python -m bench.train --data DIR --labels 50,300`, or with `--full`.

A refresh trains the head alone; `--full` the whole network, within `--minutes` of training, and
says what it loses on the frozen general set.

Takes a folder of ground truth, gives the trainer N labels of it and measures base and trained head
on held-out lines, through the trainer's own process, export and serving code: error rate before
and after, seconds and memory. A folder of lines is split by `book` or `page` where its rows name
one; `--test-by line` holds out other lines of the same books instead. A folder of pages is split
by page.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import tempfile
import time
import unicodedata
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as PillowImage

from bench.report import goal, print_goals, report, write_json
from recognition.crops import Image, crop_sha256, rectify
from recognition.engines.store import install_base
from recognition.metrics import Score, score
from training.features import FeatureReader, View
from training.gate import Parity, decide, lines_from_result
from training.job import Item, Job, read_crop, read_job, write_job
from training.paired import General
from training.runner import most_processes, run_trainer
from training.settings import settings_of

# Character error rates to be at or below, by folder and number of labels.
GOALS = {
    ("early_print_lines", 50): 0.055,
    ("early_print_lines", 300): 0.022,
    ("fraktur_lines", 300): 0.003,
    ("receipts", 500): 0.018,
    ("forms", 500): 0.045,
    ("typewriter", 500): 0.025,
    ("handwriting_lines", 1000): 0.36,
}
FULL_GOALS = {("handwriting_lines", 1000): 0.28}
"""The same where the whole network is trained, for half an hour on two cores."""
GENERAL_GOAL = 0.002  # of characters that may be lost on the general set
_VALIDATION_SHARE = 0.125  # as the product splits: 70 to 10
_MAX_TEST_LINES = 200
_LONGEST = 24 * 3600.0  # seconds a run may take


@dataclass(frozen=True, slots=True)
class Truth:
    """A line of ground truth: its crop, its text, and the group it may be held out with."""

    crop: Image
    text: str
    group: str


def read_truth(folder: Path, test_by: str | None) -> list[Truth]:
    """Every line of a ground truth folder, texts in NFC with single spaces."""
    found: list[Truth] = []
    for row in map(json.loads, (folder / "labels.jsonl").read_text().splitlines()):
        # By its file, for Pillow shears turned TIFF pictures that it opens by their path.
        with (folder / row["image"]).open("rb") as file, PillowImage.open(file) as image:
            pixels = np.asarray(image.convert("RGB"), dtype=np.uint8)
        if "lines" in row:
            lines = [(rectify(pixels, line["polygon"]), line["text"]) for line in row["lines"]]
        else:
            lines = [(pixels, row["text"])]
        group = (
            row["image"] if test_by == "line" else row.get("book", row.get("page", row["image"]))
        )
        for crop, raw in lines:
            text = unicodedata.normalize("NFC", " ".join(raw.split()))
            if text:
                found.append(Truth(crop, text, str(group)))
    return found


def choose(
    truths: Sequence[Truth], labels: int, seed: int, most_test: int = _MAX_TEST_LINES
) -> tuple[list[Truth], list[Truth], list[Truth]]:
    """(train, validation, test): whole groups are held out, about a third of the lines.

    A group with over a quarter of all lines is learnt from: alone in the test it would say nothing
    of others.
    """
    generator = random.Random(seed)
    groups: dict[str, list[Truth]] = defaultdict(list)
    for truth in truths:
        groups[truth.group].append(truth)
    order = sorted(groups)
    generator.shuffle(order)
    test: list[Truth] = []
    order.sort(key=lambda name: len(groups[name]) <= len(truths) / 4)
    while order and len(test) < min(len(truths) / 3, len(truths) - labels):
        test += groups[order.pop()]
    pool = [truth for name in order for truth in groups[name]]
    generator.shuffle(pool)
    generator.shuffle(test)
    if len(pool) < labels:
        raise SystemExit(f"Only {len(pool)} lines are left to learn from; ask for fewer labels.")
    chosen = pool[:labels]
    held = round(labels * _VALIDATION_SHARE)
    return chosen[held:], chosen[:held], test[:most_test]


def measure(
    folder: Path, labels: int, truths: Sequence[Truth], store: Path, options: argparse.Namespace
) -> dict[str, Any]:
    """One run of the trainer, as a row of the report.

    With `--from-labels` a head learns from the first of the labels before, unmeasured, and the run
    starts from that one, as a refresh of the site does.
    """
    base = install_base(store)
    train, validation, test = choose(truths, labels, options.seed, options.test_lines)
    asked = options.settings
    if options.full:
        asked = {"seconds": options.minutes * 60.0, **asked}
    settings = settings_of("network" if options.full else "head", asked)
    with tempfile.TemporaryDirectory() as name:
        folders = Path(name) / "before", Path(name) / "job"
        kept = Path(name) / "features" if options.ahead else None
        start = base.sha256
        known = round(len(train) * options.from_labels / labels)
        common = {"store": store, "settings": settings, "features": kept}
        if known:
            held = round(len(validation) * options.from_labels / labels)
            parts = {"train": train[:known], "validation": validation[:held], "test": test[:1]}
            _write(folders[0], parts, base_sha256=start, **common)
            start = _trained(folders[0], options)["candidate_sha256"]
        parts = {"train": train, "validation": validation, "test": test}
        items = _write(folders[1], parts, base_sha256=start, known=known, **common)
        if kept is not None:
            make_ahead(read_job(folders[1]), base.backbone)
        started = time.monotonic()
        result = _trained(folders[1], options)
        seconds = time.monotonic() - started
        stages = map(json.loads, (folders[1] / "progress.jsonl").read_text().splitlines())
        by_stage = _stage_seconds(list(stages))
    texts = {str(item.label_id): item.text for item in items}
    verdict = decide(
        lines_from_result(result["test"], texts),
        parity=Parity(**result["parity"]),
        trained_dictionary_sha256=result["trained_dictionary_sha256"],
        exported_dictionary_sha256=result["dictionary_sha256"],
        general=General(**result["general"]) if options.full else None,
    )
    before, after = (
        _score(result["test"], texts, key, options.fold_case)
        for key in ("active_text", "candidate_text")
    )
    return {
        "data": folder.name,
        "labels": labels,
        "depth": "network" if options.full else "head",
        "general": verdict.as_dict()["general"],
        "curve": result["curve"],
        "load": os.getloadavg(),
        "test_lines": len(test),
        "test_groups": len({truth.group for truth in test}),
        "cer_before": before.cer,
        "cer_after": after.cer,
        "exact_before": before.exact_share,
        "exact_after": after.exact_share,
        "interval": verdict.interval,
        "accepted": verdict.accept,
        "reasons": [reason.sentence for reason in verdict.reasons],
        "steps": result["steps"],
        "best_step": result["best_step"],
        "classes": result["classes"],
        "new_characters": "".join(result["new_characters"]),
        "ledger": result["ledger"],
        "parity": result["parity"],
        "seconds": round(seconds, 1),
        "processor_seconds": result["processor_seconds"],
        "seconds_by_stage": by_stage,
        "peak_memory_mb": result["peak_memory_mb"],
        "ahead": options.ahead,
        "from_labels": options.from_labels,
        "settings": settings.as_dict(),
    }


def _write(folder: Path, parts: dict[str, Sequence[Truth]], **job: Any) -> list[Item]:
    """A job's folder with these lines; returns them as they stand in it."""
    items: list[Item] = []
    (folder / "crops").mkdir(parents=True)
    for split, lines in parts.items():
        for truth in lines:
            sha256 = crop_sha256(truth.crop)
            path = f"crops/{sha256}.png"
            PillowImage.fromarray(truth.crop).save(folder / path)
            document = hashlib.sha256(truth.group.encode()).hexdigest()
            items.append(Item(path, truth.text, split, document, sha256, len(items)))  # type: ignore[arg-type]
    write_job(folder, items=items, **job)
    return items


def _trained(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """The trainer's result."""
    ended = run_trainer(
        folder,
        max_seconds=_LONGEST,
        on_progress=lambda _: None,
        wants_stop=lambda: False,
        processes=(options.processes or most_processes()) if options.full else 1,
    )
    if not ended.succeeded:
        raise SystemExit(f"The trainer failed: {ended.message}")
    return ended.result


def make_ahead(job: Job, backbone: Path) -> None:
    """Keep the features of all lines, as the site does while labels come in."""
    usual = job.head_settings
    reader = FeatureReader(backbone, seed=usual.seed, threads=usual.threads, folder=job.features)
    views = (
        View(item.crop_sha256, partial(read_crop, job, item), number)
        for item in job.items
        for number in range(usual.views if item.split == "train" else 1)
    )
    deque(reader.stream(views), maxlen=0)


def goals_of(runs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The goals that the runs touch."""
    found = []
    for run in runs:
        full = run["depth"] == "network"
        name = f"{run['data']}, {run['labels']} labels"
        wanted = (FULL_GOALS if full else GOALS).get((run["data"], run["labels"]))
        if wanted is not None:
            what = f"{name}: character error rate"
            found.append(goal(what, run["cer_after"], wanted, "fraction", "low"))
        if full:
            lost = run["general"]["after"] - run["general"]["before"]
            what = f"{name}: lost on the general set"
            found.append(goal(what, lost, GENERAL_GOAL, "fraction", "low"))
    return found


def print_table(written: dict[str, Any]) -> None:
    print(f"{'data':22}{'labels':>7}{'CER before':>12}{'after':>9}{'exact':>14}{'s':>7}{'MB':>7}")
    for run in written["runs"]:
        print(
            f"{run['data']:22}{run['labels']:7}{run['cer_before']:12.2%}{run['cer_after']:9.2%}"
            f"{run['exact_before']:7.0%}{run['exact_after']:7.0%}{run['seconds']:7.0f}"
            f"{run['peak_memory_mb']:7.0f}"
        )
    print_goals(written["goals"])


def _score(
    rows: Sequence[dict[str, Any]], texts: dict[str, str], key: str, fold_case: bool
) -> Score:
    pairs = [(texts[str(row["label_id"])], str(row[key])) for row in rows]
    return score((a.casefold(), b.casefold()) if fold_case else (a, b) for a, b in pairs)


def _stage_seconds(stages: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Seconds from each stage's first line of progress to the next stage's."""
    first: dict[str, float] = {}
    for row in stages:
        at = time.mktime(time.strptime(row["at"][:19], "%Y-%m-%dT%H:%M:%S"))
        first.setdefault(row["stage"], at + float("0." + row["at"][20:23]))
    names = list(first)
    return {name: round(first[after] - first[name], 1) for name, after in pairwise(names)}


def _settings(text: str) -> dict[str, float | int]:
    """ "passes=12,views=3" as a mapping."""
    pairs = [pair.split("=", 1) for pair in text.split(",") if pair]
    return {name: json.loads(value) for name, value in pairs}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.train", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, action="append")
    parser.add_argument("--labels", default="50,300", help="numbers of labels, by commas")
    parser.add_argument("--full", action="store_true", help="train the whole network")
    parser.add_argument("--minutes", type=float, default=25, help="of training, with --full")
    parser.add_argument("--processes", type=int, default=0, help="with --full; 0: one a core")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--store", type=Path, help="model store; a temporary one by default")
    parser.add_argument("--test-by", choices=("group", "line"), default="group")
    parser.add_argument("--test-lines", type=int, default=_MAX_TEST_LINES, help="at most")
    parser.add_argument("--from-labels", type=int, default=0, help="start from a head of so many")
    parser.add_argument("--ahead", action="store_true", help="features are made before, unmeasured")
    parser.add_argument("--fold-case", action="store_true", help="score without case")
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--settings", type=_settings, default={}, help="such as passes=12,views=3")
    options = parser.parse_args()
    runs = []
    with tempfile.TemporaryDirectory() as name:
        for folder in options.data:
            truths = read_truth(folder, options.test_by)
            for labels in map(int, options.labels.split(",")):
                runs.append(measure(folder, labels, truths, options.store or Path(name), options))
                print_table({"runs": runs[-1:], "goals": []})
    written = report(goals_of(runs), runs)
    print_table(written)
    write_json(options.json, written)


if __name__ == "__main__":
    main()
