"""What refreshing is worth to a reviewer: `python -m bench.effort --data DIR --lines 750`.

Replays a person who corrects pages of one document type, once with the base alone and once with
the product's refresh: after 50 new labels, then 100, 200 ... a head is trained on what was
corrected, split by page as the product splits by document, and put before the product's gate; one
that lacks nothing but evidence reads along on the next pages and goes into service when the
product's sequential test says so. Every page is read by what serves when it is opened.

A correction is a character inserted, deleted or replaced; a weak line one whose probability is
under the threshold. Minutes are estimated, not measured: a look at every weak line and the typing
of every correction (`--line-seconds`, `--character-seconds`).
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bench.report import goal, print_goals, report, table, write_json
from recognition.engines.store import ModelFiles, install_base
from review.value import Pace
from training.gate import Parity, Verdict, decide, may_be_tried
from training.paired import PairedLine
from training.replay import (
    HeadState,
    ReadBack,
    Reader,
    ReplayLine,
    base_state,
    learn,
    load_lines,
    settings_for,
    split_key,
)
from training.sequential import DocumentErrors, weigh
from training.settings import TrainSettings
from training.splits import split_of

GOAL = 0.6
PAGE_LINES = 10
FIRST = 50


@dataclass(slots=True)
class Effort:
    """What a person did so far."""

    lines: int = 0
    corrections: int = 0
    weak: int = 0
    by_page: list[int] = field(default_factory=list)

    def add(self, read: Sequence[ReadBack], threshold: float) -> None:
        self.lines += len(read)
        self.corrections += sum(one.wrong for one in read)
        self.weak += sum(one.confidence < threshold for one in read)
        self.by_page.append(sum(one.wrong for one in read))

    def minutes(self, options: argparse.Namespace) -> float:
        typed = self.corrections * options.character_seconds
        return float((self.weak * options.line_seconds + typed) / 60)


@dataclass(slots=True)
class Beside:
    """A candidate on trial; a page stands for a document, as it does where lines are split."""

    state: HeadState
    reader: Reader
    pages: list[DocumentErrors] = field(default_factory=list)


class Learner:
    """The product's loop on lines in memory."""

    def __init__(self, base: HeadState, files: ModelFiles, settings: TrainSettings) -> None:
        self.base, self.settings = base, settings
        self.serving, self.reader = base, Reader(base, exported=files.head)
        self.labelled: list[ReplayLine] = []
        self.seen = 0
        self.beside: Beside | None = None
        self.events: list[dict[str, Any]] = []

    def page(self, lines: Sequence[ReplayLine]) -> list[ReadBack]:
        """A person corrects a page: what was read, then what is learnt of it."""
        read = self.reader.read_all(lines)
        self.labelled += lines
        self._judge(lines, read)
        if len(self.labelled) - self.seen >= max(FIRST, self.seen):
            self._refresh()
        return read

    def _judge(self, lines: Sequence[ReplayLine], read: Sequence[ReadBack]) -> None:
        if self.beside is None:
            return
        also = self.beside.reader.read_all(lines)
        self.beside.pages.append(
            DocumentErrors(sum(one.wrong for one in read), sum(one.wrong for one in also))
        )
        winner = weigh(self.beside.pages).winner
        if winner is None:
            return
        pages = len(self.beside.pages)
        self._note("promoted" if winner == "beside" else "withdrawn", pages=pages)
        if winner == "beside":
            self.serving, self.reader = self.beside.state, self.beside.reader
        self.beside = None

    def _refresh(self) -> None:
        self.seen = len(self.labelled)
        split = {name: [] for name in ("train", "validation", "test")}  # type: ignore[var-annotated]
        for line in self.labelled:
            split[split_of(split_key(f"page {line.number // PAGE_LINES}"))].append(line)
        if not split["train"]:
            self._note("nothing to learn from")
            return
        known = [*split["train"], *split["validation"]]
        readings = [one.text for one in self.reader.read_all(known)]
        started = time.monotonic()
        state = learn(
            self.serving, self.base, split["train"], split["validation"], readings, self.settings
        )
        reader = Reader(state)
        verdict = _verdict(split["test"], self.reader, reader)
        seconds = round(time.monotonic() - started, 1)
        if verdict.accept:
            self.serving, self.reader, self.beside = state, reader, None
            self._note("accepted", seconds=seconds)
        elif may_be_tried(verdict):
            self.beside = Beside(state, reader)
            codes = [reason.code for reason in verdict.reasons]
            self._note("on trial", seconds=seconds, reasons=codes)
        else:
            codes = [reason.code for reason in verdict.reasons]
            self._note("refused", seconds=seconds, reasons=codes)

    def _note(self, what: str, **more: Any) -> None:
        self.events.append({"labels": len(self.labelled), "what": what, **more})
        print(f"  {len(self.labelled)} labels: {what} {more or ''}", flush=True)


def _verdict(test: Sequence[ReplayLine], active: Reader, candidate: Reader) -> Verdict:
    """The gate's; nothing is exported here, so its technical questions have no bearing."""
    lines = []
    for line in test:
        before, after = active.read(line), candidate.read(line)
        lines.append(
            PairedLine(
                document=str(line.number // PAGE_LINES),
                truth=line.text,
                active=before.text,
                candidate=after.text,
                active_confidence=before.confidence,
                candidate_confidence=after.confidence,
            )
        )
    parity = Parity(lines=len(lines), mismatched=0, max_difference=0.0)
    return decide(lines, parity=parity, trained_dictionary_sha256="", exported_dictionary_sha256="")


def pages_of(lines: Sequence[ReplayLine], seed: int) -> Iterator[list[ReplayLine]]:
    """Lines of a book ten to a page, the pages of all books in random order, numbered anew."""
    groups: dict[str, list[ReplayLine]] = {}
    for line in lines:
        groups.setdefault(line.group, []).append(line)
    pages = [
        of_group[at : at + PAGE_LINES]
        for of_group in groups.values()
        for at in range(0, len(of_group), PAGE_LINES)
    ]
    random.Random(seed).shuffle(pages)
    for number, page in enumerate(pages):
        yield [replace(line, number=number * PAGE_LINES + at) for at, line in enumerate(page)]


def measure(folder: Path, store: Path, options: argparse.Namespace) -> dict[str, Any]:
    """One batch, with and without refresh, as a row of the report."""
    files = install_base(store)
    started = time.monotonic()
    settings = settings_for(options.seed, options.max_steps)
    lines = load_lines(folder, files, settings=settings)
    random.Random(options.seed).shuffle(lines)
    lines = sorted(lines[: options.lines], key=lambda line: line.number)
    print(f"{folder.name}: {len(lines)} lines, features {time.monotonic() - started:.0f} s")
    base = base_state(files)
    learner, plain = Learner(base, files, settings), Reader(base, exported=files.head)
    without, within = Effort(), Effort()
    for page in pages_of(lines, options.seed):
        without.add(plain.read_all(page), options.threshold)
        within.add(learner.page(page), options.threshold)
    saved = 1 - within.corrections / without.corrections if without.corrections else None
    return {
        "data": folder.name,
        "lines": without.lines,
        "pages": len(without.by_page),
        "seed": options.seed,
        "corrections_without": without.corrections,
        "corrections_with": within.corrections,
        "saved": saved,
        "weak_without": without.weak,
        "weak_with": within.weak,
        "minutes_without": round(without.minutes(options), 1),
        "minutes_with": round(within.minutes(options), 1),
        "by_page_without": without.by_page,
        "by_page_with": within.by_page,
        "events": learner.events,
        "seconds": round(time.monotonic() - started, 1),
        "settings": settings.as_dict(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.effort", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, action="append")
    parser.add_argument("--lines", type=int, default=1500)
    parser.add_argument("--threshold", type=float, default=0.8)
    parser.add_argument("--line-seconds", type=float, default=Pace().line)
    parser.add_argument("--character-seconds", type=float, default=Pace().error)
    parser.add_argument("--max-steps", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--store", type=Path, help="model store; a temporary one by default")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        runs = [measure(folder, options.store or Path(name), options) for folder in options.data]
    goals = [
        goal(f"{run['data']}: fewer corrections", run["saved"], GOAL, "fraction", "high")
        for run in runs
    ]
    rows = [["set", "lines", "corrections", "weak lines", "minutes (estimate)", "fewer"]]
    rows += [
        [
            run["data"],
            str(run["lines"]),
            f"{run['corrections_without']} -> {run['corrections_with']}",
            f"{run['weak_without']} -> {run['weak_with']}",
            f"{run['minutes_without']} -> {run['minutes_with']}",
            f"{run['saved']:.0%}" if run["saved"] is not None else "-",
        ]
        for run in runs
    ]
    print(table(rows))
    written = report(goals, runs)
    print_goals(written["goals"])
    write_json(options.json, written)


if __name__ == "__main__":
    main()
