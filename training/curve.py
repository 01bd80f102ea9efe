"""What a plot of a run is drawn from; the drawing itself is in `training.plots`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a learning curve; the error rate is edits per character, or not measured."""

    step: int
    loss: float | None
    validation_cer: float | None
