"""How a head is trained: frozen, so that a wrong name fails loudly, and hashed with the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any


class SettingsError(ValueError):
    """A training setting has an unknown name or a value that cannot be used."""


_POSITIVE = (
    "learning_rate",
    "batch_lines",
    "passes",
    "min_steps",
    "max_steps",
    "patience",
    "views",
    "threads",
)


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """Settings of one training run; the defaults come from a handful of trials, not from a search.

    learning_rate, weight_decay: of AdamW, the rate falls to a hundredth along a cosine. dropout:
    of the backbone's features. batch_lines: lines a step. passes: each line is seen this often,
    within min_steps and max_steps. patience: looks at the validation lines, one a pass, without a
    better result before it stops. min_validation_lines: with fewer, a best pass cannot be told, and
    the whole schedule is run. average: share of the running average of the weights kept each step
    (0 turns it off). views: variants of each line in the feature cache, the line itself being the
    first. dispute_confidence: calibrated probability from which a model's reading disputes a label
    that says something else (1 turns it off). seed: of everything random. threads: CPU threads.
    """

    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    dropout: float = 0.1
    batch_lines: int = 16
    passes: int = 10
    min_steps: int = 80
    max_steps: int = 1500
    patience: int = 5
    min_validation_lines: int = 8
    average: float = 0.98
    views: int = 1
    dispute_confidence: float = 0.95
    seed: int = 20
    threads: int = 2

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            wanted: tuple[type, ...] = (int, float) if field.type == "float" else (int,)
            if isinstance(value, bool) or not isinstance(value, wanted):
                raise SettingsError(f"{field.name} must be a number, not {value!r}.")
        for name in _POSITIVE:
            if getattr(self, name) <= 0:
                raise SettingsError(f"{name} must be above zero, not {getattr(self, name)}.")
        for name in ("dropout", "average"):
            if not 0 <= getattr(self, name) < 1:
                raise SettingsError(f"{name} must lie in 0..1, not {getattr(self, name)}.")
        if not 0.5 <= self.dispute_confidence <= 1:
            raise SettingsError(
                f"dispute_confidence must lie in 0.5..1, not {self.dispute_confidence}."
            )
        if self.min_steps > self.max_steps:
            raise SettingsError("min_steps must not exceed max_steps.")

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def settings_from(values: Mapping[str, Any]) -> TrainSettings:
    """Settings from a mapping, defaults for what is absent. Raises SettingsError."""
    known = {field.name for field in fields(TrainSettings)}
    unknown = sorted(set(values) - known)
    if unknown:
        raise SettingsError(
            f"Unknown training setting: {', '.join(unknown)}. Known are {', '.join(sorted(known))}."
        )
    return TrainSettings(**values)
