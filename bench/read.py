"""How fast and how well pages are read, beside other engines: `python -m bench.read PAGES_DIR`.

Every engine runs in a process of its own, bound to the same cores. The engines take turns page by
page and in changing order, so that what else the machine does hits all alike; each first reads one
page that does not count. Peers are given the file of the set, the product the page image that its
intake keeps of it; seconds hold decoding and reading. `--lines` shows the cost of a page against
its number of lines, `--soak N` a worker's memory over N pages.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from bench.engines import OURS, OURS_LATIN, PEERS, EngineProcess, NotInstalled, stored_pages
from bench.lines import read_dense_pages
from bench.report import goal, percentile, print_goals, report, spread, table, write_json
from bench.soak import read_long
from recognition.evaluation.scoring import PageScore, ReadText, pair_page, score_page
from recognition.evaluation.truth import Sample, SetKind, TruthInvalid, TruthSet, read_set

SPEED_GOAL = 2.5  # times a peer's pages per second
AGAINST = ("rapidocr", "paddleocr")  # the peers whose speed the goal names
PAGE_GOAL_SECONDS = 1.0  # 95th percentile


def read_pages(
    truth: TruthSet,
    samples: Sequence[Sample],
    engines: Sequence[EngineProcess],
    site: Path,
    rounds: int,
) -> list[dict[str, Any]]:
    """Read a set with all engines in turn; a row of figures for each."""
    kept = stored_pages(site, [sample.image for sample in samples])
    answers: dict[str, list[list[dict[str, Any]]]] = {engine.name: [] for engine in engines}
    turn = itertools.cycle(range(len(engines)))
    for engine in engines:
        engine.read(kept[0] if _is_ours(engine) else samples[0].image)
    for number in range(rounds * len(samples)):
        sample, page = samples[number % len(samples)], kept[number % len(samples)]
        first = next(turn)
        for engine in [*engines[first:], *engines[:first]]:
            answer = engine.read(page if _is_ours(engine) else sample.image)
            if number < len(samples):
                answers[engine.name].append([])
            answers[engine.name][number % len(samples)].append(answer)
    ours = [_seconds(page) for page in answers[OURS]]
    return [
        _figures(truth, samples, engine, answers[engine.name], ours, rounds) for engine in engines
    ]


def _figures(
    truth: TruthSet,
    samples: Sequence[Sample],
    engine: EngineProcess,
    answers: Sequence[Sequence[dict[str, Any]]],
    ours: Sequence[float],
    rounds: int,
) -> dict[str, Any]:
    exact, folded = PageScore(), PageScore()
    for sample, page in zip(samples, answers, strict=True):
        read = [ReadText(line["text"], _polygon(line["polygon"])) for line in page[0]["lines"]]
        pairs = pair_page(sample.lines, read)
        exact += score_page(pairs)
        folded += score_page(pairs, fold_case=True)
    shown = folded if truth.upper_case else exact
    seconds = [_seconds(page) for page in answers]
    every = [answer for page in answers for answer in page]
    return {
        "data": truth.name,
        "engine": engine.name,
        "pages": len(samples),
        "rounds": rounds,
        "pages_per_second": len(every) / sum(answer["seconds"] for answer in every),
        "p50_seconds": median(seconds),
        "p95_seconds": percentile(seconds, 0.95),
        "processor_seconds_per_page": sum(answer["processor_seconds"] for answer in every)
        / len(every),
        "peak_memory_mb": max(answer["peak_memory_mb"] for answer in every),
        "seconds_to_start": engine.seconds_to_start,
        "times_ours": sum(seconds) / sum(ours),
        "times_ours_by_page": spread(
            [theirs / own for theirs, own in zip(seconds, ours, strict=True)]
        ),
        "case": "folded" if truth.upper_case else "exact",
        "cer": shown.cer,
        "word_f1": shown.word_f1,
        "missed_lines": shown.missed,
        "spurious_characters": shown.spurious_characters / max(shown.characters, 1),
        "cer_exact": exact.cer,
        "cer_folded": folded.cer,
        "word_f1_exact": exact.word_f1,
        "word_f1_folded": folded.word_f1,
    }


def goals_of(runs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Speed and error rate against the peers, set by set."""
    goals = []
    for name in dict.fromkeys(run["data"] for run in runs):
        rows = {run["engine"]: run for run in runs if run["data"] == name}
        ours = rows.pop(OURS)
        rows.pop(OURS_LATIN, None)
        goals += [
            goal(
                f"{name}: pages per second, of {peer}'s",
                rows[peer]["times_ours"],
                SPEED_GOAL,
                "times",
                "high",
            )
            for peer in AGAINST
            if peer in rows
        ]
        rates = [row["cer"] for row in rows.values() if row["cer"] is not None]
        if rates:
            best = min(rates)
            title = f"{name}: character error rate, beside the best peer's"
            goals.append(goal(title, ours["cer"], best, "fraction", "low"))
    return goals


def print_table(runs: Sequence[dict[str, Any]]) -> None:
    heading = (
        "set and engine", "pages/s", "p50 s", "p95 s", "CPU s/page", "peak MB", "CER", "word F1",
        "extra", "x ours", "by page: median (range)",
    )  # fmt: skip
    rows = [heading]
    for run in runs:
        times = run["times_ours_by_page"]
        rows.append(
            (
                f"{run['data']} {run['engine']}",
                f"{run['pages_per_second']:.2f}",
                f"{run['p50_seconds']:.2f}",
                f"{run['p95_seconds']:.2f}",
                f"{run['processor_seconds_per_page']:.2f}",
                f"{run['peak_memory_mb']:.0f}",
                _rate(run["cer"]) + ("*" if run["case"] == "folded" else ""),
                "" if run["word_f1"] is None else f"{run['word_f1']:.3f}",
                _rate(run["spurious_characters"]),
                f"{run['times_ours']:.2f}",
                f"{times['median']:.2f} ({times['least']:.2f}-{times['most']:.2f})",
            )
        )
    print(table(rows))
    print(
        "x ours: seconds an engine takes for what ours reads in one. "
        "extra: characters read where the truth knows no line, as a share of the truth's. "
        "*: without case, for the truth is in capitals."
    )


def _compare(options: argparse.Namespace, site: Path) -> dict[str, Any]:
    sets = [_pages(folder) for folder in options.pages]
    runs: list[dict[str, Any]] = []
    for truth in sets:
        # Fresh processes for every set, so that its peak memory is its own.
        with ExitStack() as running:
            engines = _start(running, options, site)
            samples = truth.samples[: options.limit]
            place = site / "media" / truth.name
            place.mkdir(parents=True, exist_ok=True)
            rows = read_pages(truth, samples, engines, site, options.rounds)
        print_table(rows)
        runs += rows
    return report(goals_of(runs), runs)


def _start(running: ExitStack, options: argparse.Namespace, site: Path) -> list[EngineProcess]:
    engines = []
    for name in [OURS, *options.peers]:
        try:
            engine = EngineProcess(name, threads=options.threads, site=site)
        except NotInstalled as error:
            print(f"Left out: {error}")
            continue
        engines.append(running.enter_context(engine))
    return engines


def _is_ours(engine: EngineProcess) -> bool:
    return engine.name in (OURS, OURS_LATIN)


def _pages(folder: Path) -> TruthSet:
    try:
        found = read_set(folder)
    except TruthInvalid as error:
        raise SystemExit(error.message) from error
    if found.kind is SetKind.LINES:
        raise SystemExit(f"{folder} holds crops of lines; name folders of pages.")
    return found


def _seconds(answers: Sequence[dict[str, Any]]) -> float:
    """Seconds of a page: the median over rounds."""
    return float(median(answer["seconds"] for answer in answers))


def _polygon(points: Sequence[Sequence[float]]) -> tuple[tuple[float, float], ...]:
    return tuple((float(x), float(y)) for x, y in points)


def _rate(value: float | None) -> str:
    return "" if value is None else f"{value:.2%}"


def _peers(text: str) -> list[str]:
    names = [name for name in text.split(",") if name]
    allowed = (OURS_LATIN, *PEERS)
    unknown = [name for name in names if name not in allowed]
    if unknown:
        raise argparse.ArgumentTypeError(f"{unknown[0]} is none of {', '.join(allowed)}")
    return names


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is no whole number above 0")
    return int(text)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.read", description=__doc__)
    parser.add_argument("pages", type=Path, nargs="*", metavar="PAGES_DIR")
    parser.add_argument("--peers", type=_peers, default=list(PEERS), help="by commas; '' for none")
    parser.add_argument("--threads", type=_positive, default=2, help="and cores (default: 2)")
    parser.add_argument("--limit", type=_positive, help="pages of each set (default: all)")
    parser.add_argument("--rounds", type=_positive, default=1, help="times each page is read")
    parser.add_argument("--lines", action="store_true", help="cost against lines of a page")
    parser.add_argument("--soak", type=_positive, metavar="N", help="memory over N pages, ours")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if not options.pages and not options.lines:
        parser.error("name at least one folder of pages")
    with tempfile.TemporaryDirectory() as name:
        site = Path(name)
        if options.lines:
            written = read_dense_pages(site, threads=options.threads, rounds=options.rounds)
        elif options.soak:
            sets = [_pages(folder) for folder in options.pages]
            images = [sample.image for truth in sets for sample in truth.samples[: options.limit]]
            written = read_long(site, images, options.soak, threads=options.threads)
        else:
            written = _compare(options, site)
    print_goals(written["goals"])
    write_json(options.json, written)


if __name__ == "__main__":
    main()
