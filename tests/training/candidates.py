"""Candidates for the gate, good and deliberately bad, made from one real training.

Every one is a version in the store, read through the engine that serves; nothing is made up but
its weights, dictionary or calibration.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from recognition.calibration import Calibration
from recognition.crops import Image
from recognition.ctc import class_names
from recognition.engines import graphs
from recognition.engines.base import RecognisedLine
from recognition.engines.halves import Backbone, ExportedHead, Features
from recognition.engines.paddle import PaddleEngine
from recognition.engines.store import ModelFiles, load, save_head
from tests.training.conftest import Trained
from tests.training.rendered import draw_line
from training.characters import Alphabet, output_layer
from training.fitting import Sample, fit
from training.gate import Cost, Parity, Verdict, decide
from training.job import Item, read_crop, read_job
from training.network import build_head, read_weights
from training.outcome import measure_cost
from training.paired import PairedLine
from training.settings import TrainSettings

Weights = list[np.ndarray[Any, np.dtype[np.float32]]]
STAMP_LETTERS = "cfjpqvwxyz"
OUTPUT = slice(-2, None)
"""Weight and bias of the output layer, among a head's weights."""


@dataclass(frozen=True)
class TestLine:
    """A held-out line as the gate is to see it."""

    __test__ = False  # no test class, whatever its name

    document: str
    text: str
    crop: Image
    slices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Workshop:
    """A finished training, and the means to make other candidates of it."""

    folder: Path
    base: ModelFiles
    good: ModelFiles

    @cached_property
    def names(self) -> tuple[str, ...]:
        return class_names(self.good.characters())

    @cached_property
    def weights(self) -> Weights:
        return graphs.head_weights(onnx.load(str(self.good.head)))

    @cached_property
    def start(self) -> Weights:
        """The head that training started from: the base's, cut to the same characters."""
        weights = graphs.head_weights(onnx.load(str(self.base.head)))
        characters = self.good.characters()
        alphabet = Alphabet(tuple(characters), ())
        weight, bias = output_layer(
            alphabet, class_names(self.base.characters()), weights[-2], weights[-1]
        )
        # Through the network and back, so that its norms are folded as the trained head's are.
        return read_weights(build_head([*weights[:-2], weight, bias]))

    @cached_property
    def items(self) -> tuple[Item, ...]:
        return read_job(self.folder).items

    @cached_property
    def test(self) -> list[Item]:
        return [item for item in self.items if item.split == "test"]

    def features(self, items: Sequence[Item]) -> list[Features]:
        job = read_job(self.folder)
        return Backbone(self.base.backbone).features([read_crop(job, item) for item in items])

    @cached_property
    def test_lines(self) -> list[TestLine]:
        job = read_job(self.folder)
        return [TestLine(item.document, item.text, read_crop(job, item)) for item in self.test]

    @cached_property
    def stamps(self) -> list[TestLine]:
        """A second type of document: words of letters that the other's lines never hold."""
        generator = random.Random(4)
        texts = ["".join(generator.choices(STAMP_LETTERS, k=12)) for _ in range(16)]
        return [
            TestLine(f"stamp {number // 4}", text, draw_line(text, generator), ("type: stamps",))
            for number, text in enumerate(texts)
        ]

    @cached_property
    def shown(self) -> list[TestLine]:
        return [*self.test_lines, *self.stamps]

    @cached_property
    def shown_features(self) -> list[Features]:
        return Backbone(self.base.backbone).features([line.crop for line in self.shown])

    @cached_property
    def engines(self) -> dict[str, PaddleEngine]:
        """Engines of active models by their hash: filled by `engine`."""
        return {}

    def engine(self, active: ModelFiles) -> PaddleEngine:
        """That of an active model, kept: engines share the networks that are loaded already."""
        if active.sha256 not in self.engines:
            self.engines[active.sha256] = PaddleEngine(active, threads=1)
        return self.engines[active.sha256]

    @cached_property
    def shown_to_active(self) -> dict[str, list[RecognisedLine]]:
        """What an active model reads on the lines shown, by its hash: filled by `active_reads`."""
        return {}

    def active_reads(self, active: ModelFiles) -> list[RecognisedLine]:
        """What an active model reads on the lines shown: the same for every judge."""
        if active.sha256 not in self.shown_to_active:
            crops = [line.crop for line in self.shown]
            found = self.engine(active).recognise_crops(crops, self.shown_features)
            self.shown_to_active[active.sha256] = found
        return self.shown_to_active[active.sha256]

    def columns(self, belongs: Callable[[str], bool]) -> list[int]:
        """Classes of the characters that belong."""
        return [at for at, name in enumerate(self.names) if name and belongs(name)]

    def save(
        self,
        weights: Weights,
        characters: Sequence[str] | None = None,
        calibration: bytes | None = None,
    ) -> ModelFiles:
        graph = graphs.replace_head_weights(onnx.load(str(self.good.head)), weights)
        return save_head(
            self.base.store,
            self.base.sha256,
            graphs.serialise(graph),
            characters or self.good.characters(),
            calibration or self.good.calibration.read_bytes(),
            {"name": "for a test"},
        )

    def never(self, belongs: Callable[[str], bool]) -> Weights:
        """The good head, which now never writes what belongs."""
        bias = self.weights[-1].copy()
        bias[self.columns(belongs)] -= 60
        return [*self.weights[:-1], bias]

    def confuse(self, belongs: Callable[[str], bool]) -> Weights:
        """The good head, which now writes one for another of what belongs."""
        columns = self.columns(belongs)
        weight, bias = self.weights[-2].copy(), self.weights[-1].copy()
        turned = columns[1:] + columns[:1]
        weight[:, columns], bias[columns] = weight[:, turned], bias[turned]
        return [*self.weights[:-2], weight, bias]

    def between(self, share: float) -> Weights:
        """On the way from the start (0) to the good head (1)."""
        return [
            (one + share * (other - one)).astype(np.float32)
            for one, other in zip(self.start, self.weights, strict=True)
        ]

    def shaken(self, amount: float, seed: int) -> Weights:
        """The good head with noise of `amount` of each weight's own spread."""
        generator = np.random.default_rng(seed)
        return [
            (w + amount * w.std() * generator.standard_normal(w.shape)).astype(np.float32)
            for w in self.weights
        ]

    def quantised(self, bits: int) -> Weights:
        """The good head with every weight on one of 2 ** bits levels."""
        found = []
        for weight in self.weights:
            low, step = weight.min(), (weight.max() - weight.min()) / (2**bits - 1)
            level = np.round((weight - low) / step) if step else np.zeros_like(weight)
            found.append((low + level * step).astype(np.float32))
        return found

    def trained_on(self, pairs: Sequence[tuple[Item, str]], steps: int) -> Weights:
        """A head trained on these lines as if they said these texts."""
        alphabet = Alphabet(tuple(self.good.characters()), ())
        features = self.features([item for item, _ in pairs])
        samples = [
            Sample((line,), tuple(alphabet.encode(text) or ()), text)
            for line, (_, text) in zip(features, pairs, strict=True)
        ]
        head = build_head(self.start, 0.0)
        asked = TrainSettings(
            passes=1, min_steps=steps, max_steps=steps, learning_rate=2e-3, batch_lines=8
        )
        fit(head, samples, [], alphabet.names, asked, lambda _: None)
        return read_weights(head)


@dataclass(frozen=True)
class Candidate:
    """What is put before the gate: the served version, and the weights that were trained."""

    served: ModelFiles
    trained: Weights
    active: ModelFiles
    trained_dictionary_sha256: str
    lines: int | None = None
    documents: int | None = None
    two_types: bool = False


def judge(shop: Workshop, candidate: Candidate) -> Verdict:
    """Both models read the test lines through the engine that serves; then the gate decides."""
    shown = list(range(len(shop.shown if candidate.two_types else shop.test_lines)))
    shown = shown[: candidate.lines]
    if candidate.documents:
        kept = sorted({shop.shown[at].document for at in shown})[: candidate.documents]
        shown = [at for at in shown if shop.shown[at].document in kept]
    crops = [shop.shown[at].crop for at in shown]
    features = [shop.shown_features[at] for at in shown]
    engines = [shop.engine(candidate.active), PaddleEngine(candidate.served, threads=1)]
    active = shop.active_reads(candidate.active)
    lines = [
        PairedLine(
            document=shop.shown[at].document,
            truth=shop.shown[at].text,
            active=active[at].text,
            candidate=now.text,
            slices=shop.shown[at].slices,
            active_confidence=active[at].confidence,
            candidate_confidence=now.confidence,
        )
        for at, now in zip(shown, engines[1].recognise_crops(crops, features), strict=True)
    ]
    return decide(
        lines,
        parity=_parity(shop, candidate, features),
        trained_dictionary_sha256=candidate.trained_dictionary_sha256,
        exported_dictionary_sha256=candidate.served.dictionary_sha256,
        cost=Cost(**measure_cost(engines, [("full", crop) for crop in crops[:8]])),
    )


def _parity(shop: Workshop, candidate: Candidate, lines: Sequence[Features]) -> Parity:
    """The served head against one that has the trained weights."""
    if candidate.trained is shop.weights:
        reference = ExportedHead(shop.good.head)
    else:
        reference = ExportedHead(shop.save(candidate.trained).head)
    served = ExportedHead(candidate.served.head)
    mismatched, furthest = 0, 0.0
    for features in lines:
        one, other = reference.probabilities(features), served.probabilities(features)
        if one.shape != other.shape:
            mismatched, furthest = mismatched + 1, 1.0
            continue
        mismatched += not np.array_equal(one.argmax(-1), other.argmax(-1))
        furthest = max(furthest, float(np.abs(one - other).max()))
    return Parity(lines=len(lines), mismatched=mismatched, max_difference=furthest)


def good_candidates(shop: Workshop) -> dict[str, Callable[[], Candidate]]:
    """Twenty that read held-out lines better than the active model: nothing speaks against them."""
    plain = lambda weights: lambda: _plain(shop, weights())  # noqa: E731
    return {
        **{
            f"{share:.0%} of the way": plain(lambda share=share: shop.between(share))
            for share in (0.8, 0.85, 0.9, 0.95, 1.0, 1.05)
        },
        **{
            f"shaken a little, seed {seed}": plain(lambda seed=seed: shop.shaken(0.005, seed))
            for seed in range(4)
        },
        "trained on every second line": plain(lambda: shop.trained_on(_taught(shop)[::2], 60)),
        "trained on the other lines": plain(lambda: shop.trained_on(_taught(shop)[1::2], 60)),
        "the mean of two trainings": plain(lambda: _mean(shop)),
        "rounded to twelve bits": plain(lambda: shop.quantised(12)),
        "rounded to ten bits": plain(lambda: shop.quantised(10)),
        "characters in another order, and the dictionary with them": lambda: _reordered(shop),
        "with a few characters more": lambda: _with_private(shop, 20),
        "against one that is worse on one of two types": lambda: replace(
            _plain(shop, shop.weights),
            active=shop.save(shop.never(lambda c: c in STAMP_LETTERS)),
            two_types=True,
        ),
        "against an earlier state": lambda: replace(
            _plain(shop, shop.weights), active=shop.save(shop.between(0.4))
        ),
        "against one that mixes digits up": lambda: replace(
            _plain(shop, shop.weights), active=shop.save(shop.confuse(str.isdigit))
        ),
    }


def bad_candidates(shop: Workshop) -> dict[str, Callable[[], Candidate]]:
    """Twenty that must not go into service, each in its own way."""
    plain = lambda weights: lambda: _plain(shop, weights())  # noqa: E731
    return {
        "the active model, only cut": plain(lambda: shop.start),
        "digits mixed up": plain(lambda: shop.confuse(str.isdigit)),
        "worse on one type only": lambda: replace(
            _plain(shop, shop.never(lambda c: c in STAMP_LETTERS)), two_types=True
        ),
        "capitals mixed up": plain(lambda: shop.confuse(lambda c: c in "ABDEHKMNRT")),
        "punctuation never written": plain(lambda: shop.never(lambda c: c in ",;!")),
        "spaces never written": plain(lambda: shop.never(str.isspace)),
        "dictionary shuffled in the files": lambda: _misnamed(shop, own_hash=False),
        "dictionary shifted, and its hash with it": lambda: _misnamed(shop, own_hash=True),
        "quantised to two bits": lambda: _exported(shop, shop.quantised(2)),
        "quantised to four bits": lambda: _exported(shop, shop.quantised(4)),
        "an earlier state was exported": lambda: _exported(shop, shop.between(0.7)),
        "a norm was lost in the export": lambda: _exported(shop, _norm_lost(shop.weights)),
        "weights that are not numbers": lambda: _exported(shop, _not_numbers(shop.weights)),
        "weights full of noise": plain(lambda: shop.shaken(1.5, 7)),
        "overfitted to three lines": lambda: replace(
            _plain(shop, _overfitted(shop)), active=shop.good
        ),
        "trained on labels of other lines": lambda: replace(
            _plain(shop, _mislabelled(shop)), active=shop.good
        ),
        "sure of everything": lambda: _sure_of_everything(shop),
        "half as slow again": lambda: _slow(shop),
        "proven on eight lines only": lambda: replace(_plain(shop, shop.weights), lines=8),
        "proven on one document only": lambda: replace(_plain(shop, shop.weights), documents=1),
    }


def _plain(shop: Workshop, weights: Weights) -> Candidate:
    served = shop.save(weights)
    return Candidate(served, weights, shop.base, served.dictionary_sha256)


def _exported(shop: Workshop, weights: Weights) -> Candidate:
    """Trained well, exported wrong."""
    served = shop.save(weights)
    return Candidate(served, shop.weights, shop.base, served.dictionary_sha256)


def _misnamed(shop: Workshop, *, own_hash: bool) -> Candidate:
    characters = list(shop.good.characters())
    if own_hash:
        characters = characters[1:] + characters[:1]
    else:
        np.random.default_rng(3).shuffle(characters)
    served = shop.save(shop.weights, characters)
    said = served if own_hash else shop.good
    return Candidate(served, shop.weights, shop.base, said.dictionary_sha256)


def _sure_of_everything(shop: Workshop) -> Candidate:
    """A head that is right on some lines, and says so of all."""
    own = Calibration.from_json(shop.good.calibration.read_bytes())
    sure = replace(own, intercept=30.0, weights=(0.0,) * len(own.weights), knots=())
    weights = shop.between(0.4)
    served = shop.save(weights, calibration=sure.to_json().encode())
    return Candidate(served, weights, shop.base, served.dictionary_sha256)


def _slow(shop: Workshop) -> Candidate:
    """Reads the same as the good one, with all private characters."""
    return _with_private(shop, 2 * 0xFFFE)


def _with_private(shop: Workshop, more: int) -> Candidate:
    """Reads the same as the good one, with so many private characters, which it never writes."""
    every = [chr(at) for plane in (0xF0000, 0x100000) for at in range(plane, plane + 0xFFFE)]
    private = every[:more]
    weight, bias = shop.weights[OUTPUT]
    idle = np.zeros((len(weight), more), dtype=np.float32)
    weights = [
        *shop.weights[:-2],
        np.concatenate([weight[:, :-1], idle, weight[:, -1:]], axis=1),
        np.concatenate([bias[:-1], np.full(more, -90, dtype=np.float32), bias[-1:]]),
    ]
    served = shop.save(weights, [*shop.good.characters(), *private])
    return Candidate(served, weights, shop.base, served.dictionary_sha256)


def _reordered(shop: Workshop) -> Candidate:
    """The good head with its classes in another order: it reads exactly what that one reads."""
    characters = shop.good.characters()
    order = np.random.default_rng(3).permutation(len(characters))
    # The blank stays first, and the space, which no dictionary lists, last.
    columns = [0, *(1 + order), *range(1 + len(characters), len(shop.names))]
    weights = [*shop.weights[:-2], shop.weights[-2][:, columns], shop.weights[-1][columns]]
    served = shop.save(weights, [characters[at] for at in order])
    return Candidate(served, weights, shop.base, served.dictionary_sha256)


def _taught(shop: Workshop) -> list[tuple[Item, str]]:
    """The lines to learn from, and what they say."""
    return [
        (item, item.text)
        for item in shop.items
        if item.split == "train" and set(item.text) <= set(shop.names)
    ]


def _mean(shop: Workshop) -> Weights:
    """Between the good head and one that was trained apart from it."""
    other = shop.trained_on(_taught(shop), 60)
    return [
        ((one + another) / 2).astype(np.float32)
        for one, another in zip(shop.weights, other, strict=True)
    ]


def _norm_lost(weights: Weights) -> Weights:
    return [*weights[:1], np.ones_like(weights[1]), np.zeros_like(weights[2]), *weights[3:]]


def _not_numbers(weights: Weights) -> Weights:
    return [*weights[:-1], np.full_like(weights[-1], np.nan)]


def _overfitted(shop: Workshop) -> Weights:
    few = [item for item in shop.items if item.split == "train"][:3]
    return shop.trained_on([(item, item.text) for item in few], steps=40)


def _mislabelled(shop: Workshop) -> Weights:
    some = [item for item in shop.items if item.split == "train"][:16]
    texts = [item.text for item in some]
    return shop.trained_on(list(zip(some, texts[5:] + texts[:5], strict=True)), steps=20)


def workshop(trained: Trained) -> Workshop:
    """Of the session's one training."""
    folder, result, _, base = trained
    return Workshop(folder, base, load(base.store, result["candidate_sha256"]))
