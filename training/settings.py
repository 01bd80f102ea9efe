"""How a head or a network is trained.

Frozen, so that a wrong name fails loudly, and hashed with the run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

Depth = Literal["head", "network"]
"""What a run trains: a head on a base's features, or backbone and head together."""


class SettingsError(ValueError):
    """A training setting has an unknown name or a value that cannot be used."""


_POSITIVE = (
    "learning_rate",
    "batch_lines",
    "passes",
    "further_passes",
    "min_steps",
    "max_steps",
    "patience",
    "views",
    "threads",
)


_NETWORK_POSITIVE = (
    "learning_rate",
    "backbone_rate",
    "batch_lines",
    "passes",
    "min_steps",
    "max_steps",
    "warm_up_steps",
    "seconds",
    "patience",
    "threads",
    "rival",
    "frozen_lines",
    "fewest_general",
)


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """Settings of one training run; the defaults come from some trials, not from a search.

    learning_rate, weight_decay: of AdamW, the rate falls to a hundredth along a cosine. dropout:
    of the backbone's features. batch_lines: lines a step. passes: each line is seen this often,
    within min_steps and max_steps; further_passes instead by a head that has learnt from a good
    part of the lines before. patience: looks at the validation lines, one a pass, in a row
    that are clearly worse than the best, before it stops. min_validation_lines: with fewer, a best
    pass cannot be told, and the whole schedule is run. average: share of the running average of
    the weights kept each step (0 turns it off). views: variants of each line in the feature cache,
    the line itself being the first. dispute_confidence: calibrated probability from which a
    model's reading disputes a label that says something else (1 turns it off). seed: of everything
    random. threads: of what runs the backbone and reads; the learning itself has one.
    """

    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    dropout: float = 0.1
    batch_lines: int = 16
    passes: int = 20
    further_passes: int = 10
    min_steps: int = 80
    max_steps: int = 1500
    patience: int = 5
    min_validation_lines: int = 8
    average: float = 0.98
    views: int = 4
    dispute_confidence: float = 0.9
    seed: int = 20
    threads: int = 2

    def __post_init__(self) -> None:
        check_numbers(self, positive=_POSITIVE, shares=("dropout", "average"))
        if self.min_steps > self.max_steps:
            raise SettingsError("min_steps must not exceed max_steps.")

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """Settings of a run that trains the whole network, backbone and head.

    learning_rate: of AdamW for the head, the backbone's is backbone_rate times that; both rise over
    warm_up_steps and fall to a hundredth along a cosine. batch_lines: label lines a step, to which
    general_share times as many general lines are added. confident_share: as many lines as this
    share of the labels, that nobody labelled and the model is nearly sure of, take the place of
    rendered ones. fewest_general: different general lines there are at least, however few the
    labels: fewer are learnt by heart, and what they stand for is forgotten. passes: each label line
    is seen this often, within min_steps and max_steps, unless `seconds` of training are up first:
    the cosine follows whichever is used up sooner. frozen_blocks: the backbone before its depthwise
    convolution of this number stays as it is (0: all of it learns); on a processor its lower part
    costs most and gains least. head_steps: steps on cached features, before the backbone moves,
    that bring the head near (0: none). rival: characters that come nearer than this probability to
    being read on any line are trained against; the others' weights stay. average, patience,
    dropout, min_validation_lines, dispute_confidence, seed, threads: as in TrainSettings.
    checkpoint_seconds: between two checkpoints. frozen_lines: lines of the frozen general set on
    which the result is compared.
    """

    learning_rate: float = 3e-4
    backbone_rate: float = 0.3
    weight_decay: float = 0.01
    dropout: float = 0.1
    batch_lines: int = 8
    general_share: float = 1.0
    confident_share: float = 0.25
    fewest_general: int = 400
    passes: int = 20
    min_steps: int = 100
    max_steps: int = 50_000
    warm_up_steps: int = 20
    seconds: float = 3 * 3600.0
    patience: int = 5
    min_validation_lines: int = 8
    average: float = 0.99
    frozen_blocks: int = 4
    head_steps: int = 600
    rival: float = 1e-3
    checkpoint_seconds: float = 180.0
    frozen_lines: int = 400
    dispute_confidence: float = 0.9
    seed: int = 20
    threads: int = 2

    def __post_init__(self) -> None:
        check_numbers(self, positive=_NETWORK_POSITIVE, shares=("dropout", "average"))
        for name in (
            "general_share",
            "confident_share",
            "frozen_blocks",
            "head_steps",
            "checkpoint_seconds",
        ):
            if getattr(self, name) < 0:
                raise SettingsError(f"{name} must not be below zero, not {getattr(self, name)}.")
        if self.min_steps > self.max_steps:
            raise SettingsError("min_steps must not exceed max_steps.")

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def check_numbers(
    settings: TrainSettings | NetworkSettings, *, positive: Iterable[str], shares: Iterable[str]
) -> None:
    """Raises SettingsError where a value is no number, or out of its bounds."""
    for field in fields(settings):
        value = getattr(settings, field.name)
        wanted: tuple[type, ...] = (int, float) if field.type == "float" else (int,)
        if isinstance(value, bool) or not isinstance(value, wanted):
            raise SettingsError(f"{field.name} must be a number, not {value!r}.")
    for name in positive:
        if getattr(settings, name) <= 0:
            raise SettingsError(f"{name} must be above zero, not {getattr(settings, name)}.")
    for name in shares:
        if not 0 <= getattr(settings, name) < 1:
            raise SettingsError(f"{name} must lie in 0..1, not {getattr(settings, name)}.")
    if not 0.5 <= settings.dispute_confidence <= 1:
        raise SettingsError(
            f"dispute_confidence must lie in 0.5..1, not {settings.dispute_confidence}."
        )


def settings_from(values: Mapping[str, Any]) -> TrainSettings:
    """Settings from a mapping, defaults for what is absent. Raises SettingsError."""
    _refuse_unknown(TrainSettings, values)
    return TrainSettings(**values)


def network_settings_from(values: Mapping[str, Any]) -> NetworkSettings:
    """The same for a run that trains the whole network."""
    _refuse_unknown(NetworkSettings, values)
    return NetworkSettings(**values)


def settings_of(depth: str, values: Mapping[str, Any]) -> TrainSettings | NetworkSettings:
    """The settings of a run of this depth. Raises SettingsError."""
    return network_settings_from(values) if depth == "network" else settings_from(values)


def _refuse_unknown(kind: type[TrainSettings | NetworkSettings], values: Mapping[str, Any]) -> None:
    known = {field.name for field in fields(kind)}
    unknown = sorted(set(values) - known)
    if unknown:
        raise SettingsError(
            f"Unknown training setting: {', '.join(unknown)}. Known are {', '.join(sorted(known))}."
        )
