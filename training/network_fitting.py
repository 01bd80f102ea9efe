"""Train backbone and head: AdamW on the CTC loss of label lines and general lines, step by step.

What is random in a step is drawn from the seed and the step's number, so that a training that goes
on from a checkpoint ends with the weights it would have had without the break.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial

import numpy as np
import numpy.typing as npt
import paddle

from recognition.crops import Image
from recognition.preprocess import STRIDE, tensor_width
from training.augment import line_view
from training.averaging import Average
from training.characters import steps_needed
from training.checkpoint import Checkpoint
from training.fitting import Fit, Point, TrainingDiverged, ctc_loss
from training.looks import Look, Looks
from training.parallel import Ranks
from training.recogniser import Recogniser
from training.settings import NetworkSettings

Array = npt.NDArray[np.float32]

_POOL_STEPS = 8  # lines are drawn at random, then sorted by width within so many steps' worth
_MAX_BAD_STEPS = 20
_GRADIENT_NORM = 5.0
_LAST_RATE = 0.01  # of the learning rate, where the cosine ends
_TELL_STEPS = 10
_VARIED = 0.7  # share of the lines of a step that are seen changed a little


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line to learn from; `crop` fetches its pixels, `width` is its input's in pixels."""

    crop: Callable[[], Image]
    encoded: tuple[int, ...]
    width: int


@dataclass(slots=True)
class _State:
    step: int = 0
    seconds: float = 0.0
    bad: int = 0
    looks: Looks = field(default_factory=Looks)
    best_step: int = 0
    done: bool = False
    stopped_early: bool = False
    losses: list[float] = field(default_factory=list)
    curve: list[Point] = field(default_factory=list)


def fit_network(
    recogniser: Recogniser,
    labels: Sequence[TextLine],
    general: Sequence[TextLine],
    settings: NetworkSettings,
    *,
    look: Callable[[], Look] | None,
    on_point: Callable[[Point], None],
    keep: Callable[[Checkpoint], None],
    resume: Checkpoint | None = None,
    ranks: Ranks | None = None,
) -> Fit:
    """Train the recogniser in place and leave it with its best weights, in evaluation mode.

    `look` reads this rank's validation lines with the weights set when it is called; the weights
    of the latest good look (`training.looks`), one a pass, are kept, and training stops when
    settings.patience looks in a row were worse. Without it the last weights are kept. `keep` is
    given a state every settings.checkpoint_seconds and at the end. Raises TrainingDiverged.
    """
    ranks = ranks or Ranks()
    places = recogniser.places
    optimizer = _optimizer(recogniser, settings)
    average = Average(places, settings.average)
    best_weights = average.copy()
    state = _State()
    if resume is not None:
        best_weights = [array.copy() for array in resume.best]
        state = _resumed(resume, average, places, optimizer)
    ranks.start_alike(places)
    run = partial(_step, recogniser, settings, ranks)
    per_pass = math.ceil(len(labels) / settings.batch_lines)
    total = min(max(settings.passes * per_pass, settings.min_steps), settings.max_steps)
    look_every = max(per_pass, settings.min_steps // 10)
    beside = round(settings.batch_lines * settings.general_share) if general else 0
    began, kept_at = time.monotonic() - state.seconds, time.monotonic()
    recogniser.learning.train()
    while not state.done:
        done = max(state.step / total, state.seconds / settings.seconds)
        optimizer.set_lr(rate_at(state.step, done, settings))
        groups = [_group(labels, settings.batch_lines, state.step, settings.seed)]
        if beside:
            groups.append(_group(general, beside, state.step, settings.seed + 1))
        loss = run(groups, state.step)
        if math.isfinite(loss):
            optimizer.step()
            state.losses.append(loss)
        else:
            state.bad += 1
            if state.bad > _MAX_BAD_STEPS:
                raise TrainingDiverged(
                    f"The loss was not a finite number in {state.bad} of {state.step + 1} steps."
                )
        optimizer.clear_grad()
        average.update()
        state.step += 1
        state.seconds = ranks.agreed(time.monotonic() - began)
        ended = state.step >= total or state.seconds >= settings.seconds
        looking = ended or state.step % look_every == 0
        if looking or state.step % _TELL_STEPS == 0:
            expected = max(round(state.step / max(state.step / total, done, 1e-9)), state.step)
            found = _looked(recogniser, average, look, ranks) if looking and look else None
            point = Point(
                step=state.step,
                of=state.step if ended else min(expected, total),
                loss=float(np.mean(state.losses)) if state.losses else math.nan,
                learning_rate=float(optimizer.get_lr()),
                validation_cer=found.cer if found else None,
            )
            state.losses.clear()
            state.curve.append(point)
            on_point(point)
            if looking and _judge(state, found, settings):
                best_weights = average.copy()
            state.done = ranks.agreed(float(ended or state.stopped_early)) > 0
        if state.done or time.monotonic() - kept_at >= settings.checkpoint_seconds:
            keep(_checkpoint(state, places, average, best_weights, optimizer))
            kept_at = time.monotonic()
    average.set(best_weights)
    recogniser.learning.eval()
    if not all(np.isfinite(weights).all() for weights in best_weights):
        raise TrainingDiverged("The weights are not finite numbers.")
    return Fit(tuple(state.curve), state.step, state.best_step, state.stopped_early, state.bad)


def rate_at(step: int, done: float, settings: NetworkSettings) -> float:
    """The head's learning rate: a straight rise, then a cosine along `done`, 0 to 1."""
    rise = min((step + 1) / settings.warm_up_steps, 1.0)
    fall = _LAST_RATE + (1 - _LAST_RATE) * (1 + math.cos(math.pi * min(done, 1.0))) / 2
    return settings.learning_rate * rise * fall


def _optimizer(recogniser: Recogniser, settings: NetworkSettings) -> paddle.optimizer.Optimizer:
    """A group's learning rate is a factor of the optimizer's."""
    return paddle.optimizer.AdamW(
        settings.learning_rate,
        parameters=[
            {"params": recogniser.backbone_places, "learning_rate": settings.backbone_rate},
            {"params": recogniser.head_places, "learning_rate": 1.0},
        ],
        weight_decay=settings.weight_decay,
        grad_clip=paddle.nn.ClipGradByGlobalNorm(_GRADIENT_NORM),
    )


def _step(
    recogniser: Recogniser,
    settings: NetworkSettings,
    ranks: Ranks,
    groups: Sequence[Sequence[TextLine]],
    step: int,
) -> float:
    """Gradients of all groups' losses, each weighed by its lines; returns the mean loss.

    It is not a number where the loss of a group or a gradient is none, on whichever rank.
    """
    paddle.seed(settings.seed + step)
    own = [] if ranks.is_first else [ranks.rank]
    generator = np.random.default_rng([settings.seed, step, *own])
    lines = sum(len(group) for group in groups)
    loss = 0.0
    for group in groups:
        mine = ranks.share(group)
        if not mine:
            continue
        crops = [_view(line, generator) for line in mine]
        values, lengths = recogniser.prepare(crops)
        with ranks.mixed_precision():
            logits = recogniser.learning(values, lengths)
        value = ctc_loss(logits.astype("float32"), lengths, [line.encoded for line in mine])
        value = value * (len(mine) / lines)
        loss += float(value)
        if not math.isfinite(loss):
            break
        value.backward()
    loss = ranks.add_gradients(recogniser.places, loss)
    if not math.isfinite(loss):
        return math.nan
    # A gradient that is no number would make every weight none; the loss shows it a step too late.
    squares = [
        float((place.grad * place.grad).sum())
        for place in recogniser.places
        if place.grad is not None
    ]
    return loss if all(map(math.isfinite, squares)) else math.nan


def _view(line: TextLine, generator: np.random.Generator) -> Image:
    """The line as it is or a little changed, unless its text would no longer fit."""
    crop = line.crop()
    seed = int(generator.integers(2**31))
    if generator.random() >= _VARIED:
        return crop
    varied = line_view(crop, 1, seed)
    return varied if steps_needed(line.encoded) <= tensor_width(varied) // STRIDE else crop


def _group(lines: Sequence[TextLine], size: int, step: int, seed: int) -> list[TextLine]:
    """The lines of a step: every line once a pass, those of a step of like width."""
    per_pass = math.ceil(len(lines) / size)
    number, place = divmod(step, per_pass)
    generator = np.random.default_rng([seed, number])
    order = generator.permutation(len(lines))
    pool = size * _POOL_STEPS
    groups: list[list[int]] = []
    for start in range(0, len(order), pool):
        part = sorted(order[start : start + pool], key=lambda at: lines[at].width)
        groups += [part[at : at + size] for at in range(0, len(part), size)]
    chosen = groups[int(generator.permutation(len(groups))[place])]
    return [lines[at] for at in chosen]


def _looked(
    recogniser: Recogniser, average: Average, look: Callable[[], Look], ranks: Ranks
) -> Look:
    """A look at the validation lines with the averaged weights, each rank at its share of them."""
    current = average.set(average.copy())
    recogniser.learning.eval()
    found = look()
    recogniser.learning.train()
    average.set(current)
    wrong, characters = ranks.added(found.wrong, found.characters)
    return Look(round(wrong), round(characters))


def _judge(state: _State, found: Look | None, settings: NetworkSettings) -> bool:
    """Whether these are the weights to keep so far; without a look the last ones always are."""
    if found is None:
        state.best_step = state.step
        return True
    if state.looks.keeps(found):
        state.best_step = state.step
        return True
    state.stopped_early = (
        state.looks.waited >= settings.patience and state.step >= settings.min_steps
    )
    return False


def _checkpoint(
    state: _State,
    places: Sequence[paddle.Tensor],
    average: Average,
    best: Sequence[Array],
    optimizer: paddle.optimizer.Optimizer,
) -> Checkpoint:
    return Checkpoint(
        step=state.step,
        weights=[np.array(place.numpy(), dtype=np.float32) for place in places],
        average=average.copy(),
        best=best,
        optimizer=_moments(optimizer, places),
        facts={**asdict(state), "average_updates": average.updates},
    )


def _resumed(
    kept: Checkpoint,
    average: Average,
    places: Sequence[paddle.Tensor],
    optimizer: paddle.optimizer.Optimizer,
) -> _State:
    """Set everything to what was kept, and return where the training was."""
    for place, array in zip(places, kept.weights, strict=True):
        place.set_value(array)
    facts = dict(kept.facts)
    average.restore(kept.average, facts.pop("average_updates"))
    optimizer.set_state_dict(
        {
            f"{places[int(at)].name}_{moment}": paddle.to_tensor(array)
            for name, array in kept.optimizer.items()
            for at, moment in [name.split("/", 1)]
        }
    )
    curve = [Point(**point) for point in facts.pop("curve")]
    looks = Looks(**facts.pop("looks"))
    return _State(**facts, curve=curve, looks=looks)


def _moments(
    optimizer: paddle.optimizer.Optimizer, places: Sequence[paddle.Tensor]
) -> dict[str, Array]:
    """The optimizer's state by each weight's number: its names change from process to process."""
    held = optimizer.state_dict()
    found: dict[str, Array] = {}
    for at, place in enumerate(places):
        prefix = f"{place.name}_"
        for key, value in held.items():
            if key.startswith(prefix):
                found[f"{at:04d}/{key.removeprefix(prefix)}"] = np.array(value.numpy())
    return found
