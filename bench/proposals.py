"""How many proposals are right: `python -m bench.proposals --data DIR [DIR ...]`.

The first lines of each folder of ground truth are corrected as its truth says; what was changed is
looked for on the others with the product's own rules. A proposal is right where the line then has
fewer errors than before. Both witnesses of likeness are judged alone and together: by the area
under the ROC curve (Fawcett, "An introduction to ROC analysis", 2006), and by precision at the
limit that still offers four of five right proposals.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rapidfuzz.distance import Levenshtein

from bench.report import goal, print_goals, report, shown, table, write_json
from recognition.crops import Image, rectify
from recognition.engines.paddle import PaddleEngine
from recognition.engines.store import install_base
from recognition.evaluation.truth import read_image, read_set
from review.proposals.likeness import (
    EXAMPLES,
    LEAST_LIKE,
    Eyes,
    Features,
    Look,
    cosine,
    picture_likeness,
    take_look,
)
from review.proposals.matching import Confusion, confusions_in, places
from review.proposals.pieces import extent, places_of_word, with_pieces

CORRECTED = 0.3
"""Share of the lines that a reviewer has corrected when the others are looked through."""
GOAL = 0.8
"""Of proposals: with fewer right ones people stop looking."""
OFFERED = 0.8


@dataclass(frozen=True)
class ReadLine:
    """A line with its truth, and what was read on it in the form that predictions have."""

    truth: str
    text: str
    characters: Sequence[Sequence[Any]]
    crop: Image
    features: Features


@dataclass(frozen=True, slots=True)
class Offer:
    """What each witness says of a proposal, and whether it is right."""

    picture: float
    features: float
    right: bool

    @property
    def both(self) -> float:
        return (self.picture + self.features) / 2


def read_lines(folder: Path, engine: PaddleEngine, limit: int) -> tuple[list[ReadLine], Eyes]:
    """The first lines of a folder; case is folded where its truth has none."""
    truth = read_set(folder)
    fold = str.lower if truth.upper_case else str
    eyes = Eyes(lambda: engine)
    found: list[ReadLine] = []
    for sample in truth.samples:
        if len(found) >= limit:
            break
        image = read_image(sample.image)
        height, width = image.shape[:2]
        whole = ((0.0, 0.0), (width, 0.0), (width, height), (0.0, height))
        lines = [line for line in sample.lines if line.scored]
        crops = [rectify(image, line.polygon or whole) for line in lines]
        read = engine.recognise_crops(crops)
        for line, crop, one, features in zip(lines, crops, read, eyes.look(crops), strict=True):
            characters = [
                [
                    fold(each.text),
                    each.confidence,
                    each.start,
                    each.end,
                    [[fold(other.text), other.probability] for other in each.alternatives],
                ]
                for each in one.characters
            ]
            found.append(ReadLine(fold(line.text), fold(one.text), characters, crop, features))
    return found[:limit], eyes


def offers(lines: Sequence[ReadLine], mean: Features) -> tuple[list[Offer], int]:
    """All places that the rules name, and how many confusions were corrected."""
    cut = round(len(lines) * CORRECTED)
    known, others = lines[:cut], lines[cut:]
    by_text = {line.text: line for line in known}
    confusions = confusions_in((line.text, line.truth) for line in known)
    found = []
    for confusion in confusions:
        sought = confusion.but_not(
            word for word in confusion.words
            if any(places_of_word(line.truth, word[0]) for line in known)
        )  # fmt: skip
        examples = [
            _look(by_text[each.read], each.piece.start, each.piece.end)
            for each in confusion.corrections[:EXAMPLES]
        ]
        for line in others:
            found += _offers_on(line, sought, examples, mean)
    return found, len(confusions)


def _offers_on(
    line: ReadLine, confusion: Confusion, examples: Sequence[Look], mean: Features
) -> list[Offer]:
    before = Levenshtein.distance(line.text, line.truth)
    found = []
    for piece in places(line.text, line.characters, confusion):
        look = _look(line, piece.start, piece.end)
        said = [(picture_likeness(each.patch, look.patch), cosine(each, look, mean))
                for each in examples]  # fmt: skip
        after = Levenshtein.distance(with_pieces(line.text, [piece]), line.truth)
        found.append(Offer(*max(said, key=sum), right=after < before))
    return found


def _look(line: ReadLine, start: int, end: int) -> Look:
    left, right = extent(line.characters, start, end)
    return take_look(line.crop, line.features, left, right)


def area(scores: Sequence[float], right: Sequence[bool]) -> float | None:
    """The chance that a right proposal has a higher score than a wrong one; None without either."""
    good = [score for score, one in zip(scores, right, strict=True) if one]
    bad = [score for score, one in zip(scores, right, strict=True) if not one]
    if not good or not bad:
        return None
    ahead = np.subtract.outer(good, bad)
    return float((ahead > 0).mean() + (ahead == 0).mean() / 2)


def precision_at(scores: Sequence[float], right: Sequence[bool], share: float) -> float | None:
    """Of proposals with a score that still has `share` of the right ones, how many are right."""
    good = sorted((score for score, one in zip(scores, right, strict=True) if one), reverse=True)
    if not good:
        return None
    limit = good[max(round(len(good) * share), 1) - 1]
    offered = [one for score, one in zip(scores, right, strict=True) if score >= limit]
    return sum(offered) / len(offered)


def measure(name: str, found: Sequence[Offer], confusions: int, lines: int) -> dict[str, Any]:
    """One folder as a row of the report."""
    right = [each.right for each in found]
    witnesses = {
        "picture": [each.picture for each in found],
        "features": [each.features for each in found],
        "both": [each.both for each in found],
    }
    offered = [each.right for each in found if each.both >= LEAST_LIKE]
    return {
        "data": name,
        "lines": lines,
        "confusions": confusions,
        "places": len(found),
        "right": sum(right),
        "witnesses": {
            witness: {
                "area": area(scores, right),
                "precision": precision_at(scores, right, OFFERED),
            }
            for witness, scores in witnesses.items()
        },
        "offered": len(offered),
        "precision": sum(offered) / len(offered) if offered else None,
        "recall": sum(offered) / sum(right) if any(right) else None,
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.proposals", description=__doc__)
    parser.add_argument("--data", type=Path, nargs="+", required=True)
    parser.add_argument("--lines", type=int, default=350, help="lines of each folder")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--store", type=Path, help="model store; a temporary one by default")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    runs = []
    everything: list[Offer] = []
    with tempfile.TemporaryDirectory() as name:
        engine = PaddleEngine(install_base(options.store or Path(name)), threads=options.threads)
        for folder in options.data:
            lines, eyes = read_lines(folder, engine, options.lines)
            found, confusions = offers(lines, eyes.mean)
            everything += found
            runs.append(measure(folder.name, found, confusions, len(lines)))
    runs.append(measure("all", everything, sum(run["confusions"] for run in runs), 0))
    rows = [["set", "places", "right", "area: picture", "features", "both",
             f"precision at {OFFERED:.0%}: picture", "features", "both",
             "offered", "precision", "recall"]]  # fmt: skip
    for run in runs:
        each = run["witnesses"].values()
        rows.append([
            run["data"], str(run["places"]), str(run["right"]),
            *("-" if one["area"] is None else f"{one['area']:.2f}" for one in each),
            *(shown(one["precision"], "fraction") for one in each),
            str(run["offered"]), shown(run["precision"], "fraction"),
            shown(run["recall"], "fraction"),
        ])  # fmt: skip
    print(table(rows))
    goals = [goal("proposals that are right", runs[-1]["precision"], GOAL, "fraction", "high")]
    written = report(goals, runs)
    print_goals(written["goals"])
    write_json(options.json, written)


if __name__ == "__main__":
    main()
