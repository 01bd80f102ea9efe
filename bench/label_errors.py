"""How often a disputed label is really wrong: `python -m bench.label_errors --data DIR`.

A head learns from some lines of a folder of ground truth. Then it hunts through the others, of
whose labels a share was made wrong by one character, as a slip of the hand would: one replaced,
dropped or doubled. Reported by confidence: labels disputed, how many of them were wrong
(precision, with Wilson's 95 % interval), and how many of the wrong ones were found.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.report import goal, print_goals, report, shown, table, write_json
from recognition.engines.store import install_base
from training.hunt import contradicts
from training.intervals import wilson
from training.replay import ReadBack, Reader, base_state, learn, load_lines, settings_for
from training.settings import TrainSettings

LEVELS = (0.8, 0.9, 0.95, 0.98)
GOAL = 0.5
"""A person who looks again should find at least every second label wrong."""
_VALIDATION_SHARE = 0.125


@dataclass(frozen=True, slots=True)
class Found:
    """What a level of confidence disputes."""

    level: float
    disputed: int
    wrong: int
    precision: float | None
    low: float | None
    high: float | None
    recall: float | None


def spoil(text: str, generator: random.Random, letters: Sequence[str]) -> str:
    """The text with one character replaced, dropped or doubled, and surely another text."""
    places = [at for at, character in enumerate(text) if not character.isspace()]
    at = generator.choice(places)
    kind = generator.choice(["replace", "drop", "double"]) if len(places) > 1 else "replace"
    if kind == "drop":
        return text[:at] + text[at + 1 :]
    if kind == "double":
        return text[: at + 1] + text[at:]
    other = generator.choice([letter for letter in letters if letter != text[at]])
    return text[:at] + other + text[at + 1 :]


def count(
    rows: Sequence[tuple[str, bool, ReadBack]], levels: Sequence[float] = LEVELS
) -> list[Found]:
    """By level, of (label, whether it was made wrong, what was read)."""
    found = []
    wrong_ones = sum(spoilt for _, spoilt, _ in rows)
    for level in levels:
        disputed = [
            spoilt
            for label, spoilt, read in rows
            if contradicts(label, read.text, read.confidence, level)
        ]
        hits = sum(disputed)
        low, high = wilson(hits, len(disputed)) if disputed else (None, None)
        found.append(
            Found(
                level=level,
                disputed=len(disputed),
                wrong=hits,
                precision=hits / len(disputed) if disputed else None,
                low=low,
                high=high,
                recall=hits / wrong_ones if wrong_ones else None,
            )
        )
    return found


def measure(folder: Path, store: Path, options: argparse.Namespace) -> dict[str, Any]:
    """One folder as a row of the report."""
    started = time.monotonic()
    files = install_base(store)
    generator = random.Random(options.seed)
    settings = settings_for(options.seed, options.max_steps)
    lines = load_lines(folder, files, settings=settings)
    generator.shuffle(lines)
    lines = lines[: options.lines]
    known, rest = lines[: options.labels], lines[options.labels :]
    held = round(len(known) * _VALIDATION_SHARE)
    base = base_state(files)
    state = learn(base, base, known[held:], known[:held], [], settings)
    letters = sorted({character for line in lines for character in line.text if character.strip()})
    rows = []
    for line, read in zip(rest, Reader(state).read_all(rest), strict=True):
        spoilt = generator.random() < options.errors
        label = spoil(line.text, generator, letters) if spoilt else line.text
        rows.append((label, spoilt, read))
    return {
        "data": folder.name,
        "labels": len(known),
        "hunted": len(rest),
        "made_wrong": sum(spoilt for _, spoilt, _ in rows),
        "exact": sum(read.wrong == 0 for _, _, read in rows) / len(rows),
        "levels": [asdict(one) for one in count(rows)],
        "seconds": round(time.monotonic() - started, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.label_errors", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, action="append")
    parser.add_argument("--labels", type=int, default=300, help="lines learnt from")
    parser.add_argument("--lines", type=int, default=1000, help="lines used in all")
    parser.add_argument("--errors", type=float, default=0.05, help="share of labels made wrong")
    parser.add_argument("--max-steps", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--store", type=Path, help="model store; a temporary one by default")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        runs = [measure(folder, options.store or Path(name), options) for folder in options.data]
    default = TrainSettings().dispute_confidence
    goals = []
    rows = [["set", "sure", "disputed", "wrong", "precision", "95 %", "found"]]
    for run in runs:
        for one in run["levels"]:
            interval = "-" if one["low"] is None else f"{one['low']:.0%} to {one['high']:.0%}"
            rows.append(
                [
                    run["data"],
                    f"{one['level']:.2f}",
                    str(one["disputed"]),
                    str(one["wrong"]),
                    shown(one["precision"], "fraction"),
                    interval,
                    shown(one["recall"], "fraction"),
                ]
            )
            if one["level"] == default:
                name = f"{run['data']}: disputed labels that are wrong"
                goals.append(goal(name, one["precision"], GOAL, "fraction", "high"))
    print(table(rows))
    written = report(goals, runs)
    print_goals(written["goals"])
    write_json(options.json, written)


if __name__ == "__main__":
    main()
