"""Train a head on cached features: AdamW on the CTC loss, early stopping, averaged weights."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Protocol

import numpy as np
import numpy.typing as npt
import paddle
from paddle.nn import functional

from recognition.ctc import greedy_text
from recognition.metrics import edits
from training.averaging import Average
from training.characters import steps_needed
from training.looks import Look, Looks
from training.network import Head, weight_places
from training.settings import TrainSettings

Array = npt.NDArray[np.float32]

# Lines are drawn at random, then sorted by length within this many steps' worth of them, so that
# a step's lines are of like length and little of it is padding.
_POOL_STEPS = 8
_MAX_BAD_STEPS = 20
_GRADIENT_NORM = 5.0
_WARM_UP_STEPS = 20
# A line's next view joins those it is learnt from after so many passes, whether it is waited for or
# not: what is learnt depends on no clock, and views can be made while others are learnt from.
_PASSES_A_VIEW = 4


class TrainingDiverged(RuntimeError):
    """The loss was not a finite number too often; nothing usable was learnt."""


class Views(Protocol):
    """A line's views' features by number, each [steps, 384]; the first are the line's own."""

    def __len__(self) -> int: ...

    def __getitem__(self, number: int, /) -> Array: ...


@dataclass(frozen=True, slots=True)
class Sample:
    """One line to learn from, and its text."""

    views: Views
    encoded: tuple[int, ...]
    text: str

    def view(self, number: int) -> Array:
        """The features of this view, or of the line itself where the view is too short."""
        found = self.views[number]
        return found if len(found) >= steps_needed(self.encoded) else self.views[0]


def sample_of(views: Views, encoded: Sequence[int], text: str) -> Sample | None:
    """A sample, or None where the line itself is too short for its text."""
    fits = len(views[0]) >= steps_needed(encoded)
    return Sample(views, tuple(encoded), text) if fits else None


@dataclass(frozen=True, slots=True)
class Point:
    """One pass of the training curve. Losses are nats a character, rates fractions."""

    step: int
    of: int
    loss: float
    learning_rate: float
    validation_cer: float | None


@dataclass(frozen=True, slots=True)
class Fit:
    """What came of a training: the head's weights are set to those of step `best_step`."""

    curve: tuple[Point, ...]
    steps: int
    best_step: int
    stopped_early: bool
    bad_steps: int


def fit(
    head: Head,
    train: Sequence[Sample],
    validation: Sequence[Sample],
    names: Sequence[str],
    settings: TrainSettings,
    on_point: Callable[[Point], None],
) -> Fit:
    """Train the head in place and leave it with its best weights, in evaluation mode.

    With settings.min_validation_lines validation lines or more, the weights of the latest good look
    (`training.looks`), one a pass, are kept, and training stops when settings.patience looks in a
    row were worse. With fewer lines, the whole schedule is run and its last weights are kept.
    `names` is the text of each class. Raises TrainingDiverged.
    """
    generator = np.random.default_rng(settings.seed)
    paddle.seed(settings.seed)
    per_pass = math.ceil(len(train) / settings.batch_lines)
    total = min(max(settings.passes * per_pass, settings.min_steps), settings.max_steps)
    schedule = paddle.optimizer.lr.LinearWarmup(
        paddle.optimizer.lr.CosineAnnealingDecay(
            settings.learning_rate, total, eta_min=settings.learning_rate / 100
        ),
        warmup_steps=max(min(_WARM_UP_STEPS, total // 5), 1),
        start_lr=settings.learning_rate / 20,
        end_lr=settings.learning_rate,
    )
    optimizer = paddle.optimizer.AdamW(
        schedule,
        parameters=head.parameters(),
        weight_decay=settings.weight_decay,
        grad_clip=paddle.nn.ClipGradByGlobalNorm(_GRADIENT_NORM),
    )
    judged = len(validation) >= settings.min_validation_lines
    average = Average(weight_places(head), settings.average)
    looks = Looks()
    best_weights, best_step = average.copy(), 0
    curve: list[Point] = []
    losses: list[float] = []
    step = bad = 0
    stopped = False
    # A pass over few lines is too short to judge: at least this many steps lie between two looks.
    look_every = max(per_pass, settings.min_steps // 10)
    head.train()
    for done, group in _endless_steps(train, settings.batch_lines, generator):
        loss = _loss(head, group, generator, 1 + done // _PASSES_A_VIEW)
        value = float(loss)
        if math.isfinite(value):
            loss.backward()
            optimizer.step()
            losses.append(value)
        else:
            bad += 1
            if bad > _MAX_BAD_STEPS:
                raise TrainingDiverged(
                    f"The loss was not a finite number in {bad} of {step + 1} steps."
                )
        optimizer.clear_grad()
        schedule.step()
        average.update()
        step += 1
        if step % look_every and step < total:
            continue
        look = _look(head, average, validation, names) if validation else None
        point = Point(
            step=step,
            of=total,
            loss=float(np.mean(losses)) if losses else math.nan,
            learning_rate=float(optimizer.get_lr()),
            validation_cer=look.cer if look else None,
        )
        losses.clear()
        curve.append(point)
        on_point(point)
        if not judged or look is None or looks.keeps(look):
            best_weights, best_step = average.copy(), step
        stopped = looks.waited >= settings.patience and step >= settings.min_steps
        if stopped or step >= total:
            break
    average.set(best_weights)
    head.eval()
    if not all(np.isfinite(weights).all() for weights in best_weights):
        raise TrainingDiverged("The weights are not finite numbers.")
    return Fit(tuple(curve), step, best_step, stopped, bad)


def ctc_loss(
    logits: paddle.Tensor, steps: paddle.Tensor, texts: Sequence[Sequence[int]]
) -> paddle.Tensor:
    """Mean over lines of the CTC loss a character, of logits [N, T, classes] with `steps` [N].

    `texts` are class numbers. A text that needs more steps than its line has makes it infinite.
    """
    sizes = [len(text) for text in texts]
    targets = np.zeros((len(texts), max(sizes)), dtype=np.int32)
    for target, text in zip(targets, texts, strict=True):
        target[: len(text)] = text
    return functional.ctc_loss(
        logits.transpose([1, 0, 2]),
        paddle.to_tensor(targets),
        steps,
        paddle.to_tensor(sizes),
        blank=0,
        reduction="mean",
    )


def probabilities(head: Head, features: Array) -> Array:
    """The head's output for one line, float32 [steps, classes]; the head must be in eval mode."""
    with paddle.no_grad():
        logits = head(paddle.to_tensor(features[None]), paddle.to_tensor([len(features)]))
        return np.asarray(functional.softmax(logits, axis=-1).numpy()[0], dtype=np.float32)


def all_probabilities(head: Head, lines: Sequence[Array], at_once: int = 16) -> list[Array]:
    """The same for many lines, those of like length together: several times as fast."""
    found: dict[int, Array] = {}
    order = sorted(range(len(lines)), key=lambda at: len(lines[at]))
    for start in range(0, len(order), at_once):
        group = order[start : start + at_once]
        lengths = [len(lines[at]) for at in group]
        padded = np.zeros((len(group), lengths[-1], lines[0].shape[1]), dtype=np.float32)
        for row, at in zip(padded, group, strict=True):
            row[: len(lines[at])] = lines[at]
        with paddle.no_grad():
            logits = head(paddle.to_tensor(padded), paddle.to_tensor(lengths))
            shares = functional.softmax(logits, axis=-1).numpy()
        for at, length, of_line in zip(group, lengths, shares, strict=True):
            found[at] = np.asarray(of_line[:length], dtype=np.float32)
    return [found[at] for at in range(len(lines))]


def _endless_steps(
    samples: Sequence[Sample], lines: int, generator: np.random.Generator
) -> Iterator[tuple[int, list[Sample]]]:
    """Every sample once a pass, in steps of `lines` lines of like length, in random order.

    With each step's samples comes the number of passes done before.
    """
    for done in count():
        order = generator.permutation(len(samples))
        pool = lines * _POOL_STEPS
        groups: list[npt.NDArray[np.intp]] = []
        for start in range(0, len(order), pool):
            part = sorted(order[start : start + pool], key=lambda at: len(samples[at].views[0]))
            groups += [np.array(part[at : at + lines]) for at in range(0, len(part), lines)]
        for position in generator.permutation(len(groups)):
            yield done, [samples[at] for at in groups[position]]


def _loss(
    head: Head, group: Sequence[Sample], generator: np.random.Generator, most: int
) -> paddle.Tensor:
    """Mean over lines of the CTC loss a character; of each a random one of its first views."""
    views = [sample.view(int(generator.integers(min(most, len(sample.views))))) for sample in group]
    lengths = [len(view) for view in views]
    features = np.zeros((len(views), max(lengths), views[0].shape[1]), dtype=np.float32)
    for row, view in zip(features, views, strict=True):
        row[: len(view)] = view
    steps = paddle.to_tensor(lengths)
    return ctc_loss(
        head(paddle.to_tensor(features), steps), steps, [sample.encoded for sample in group]
    )


def _look(head: Head, average: Average, validation: Sequence[Sample], names: Sequence[str]) -> Look:
    """How the averaged weights read the validation lines."""
    current = average.set(average.copy())
    head.eval()
    read = all_probabilities(head, [sample.views[0] for sample in validation])
    head.train()
    average.set(current)
    return Look(
        wrong=sum(
            edits(sample.text, greedy_text(found, names))
            for sample, found in zip(validation, read, strict=True)
        ),
        characters=sum(len(sample.text) for sample in validation),
    )
