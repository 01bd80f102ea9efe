"""Plots as SVG, drawn on the server: a picture where people would rather look than read."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from training.curve import Point, Theme


@dataclass(frozen=True, slots=True)
class Colours:
    """What a plot is drawn in, chosen for 4.5:1 contrast on the page's own background."""

    ink: str
    grid: str
    loss: str
    error: str


THEMES: dict[Theme, Colours] = {
    "light": Colours(ink="#3b4252", grid="#d9dde5", loss="#8a6d1d", error="#1f5fbf"),
    "dark": Colours(ink="#c9d1dc", grid="#3a4250", loss="#e0bd5c", error="#7fb2ff"),
}


def learning_curve(points: Sequence[Point], theme: Theme) -> bytes:
    """Loss and validation error rate by step, as SVG bytes with a transparent background."""
    colours = THEMES[theme]
    figure = Figure(figsize=(7.2, 2.8), layout="constrained")
    figure.patch.set_alpha(0)
    left = figure.add_subplot()
    losses = [(point.step, point.loss) for point in points if point.loss is not None]
    rates = [(p.step, p.validation_cer) for p in points if p.validation_cer is not None]
    left.plot([s for s, _ in losses], [v for _, v in losses], color=colours.loss, linewidth=1.4)
    left.set_xlabel("Step", color=colours.ink)
    left.set_ylabel("Loss (CTC)", color=colours.loss)
    axes = [left]
    if rates:
        right = left.twinx()
        right.plot(
            [s for s, _ in rates],
            [v for _, v in rates],
            color=colours.error,
            marker="o",
            markersize=3,
            linewidth=1.4,
        )
        right.set_ylabel("Validation error rate", color=colours.error)
        right.yaxis.set_major_formatter(PercentFormatter(1.0))
        right.set_ylim(bottom=0)
        axes.append(right)
    for axis in axes:
        axis.patch.set_alpha(0)
        axis.tick_params(colors=colours.ink, labelsize=8)
        for spine in axis.spines.values():
            spine.set_color(colours.grid)
    left.grid(color=colours.grid, linewidth=0.6)
    left.set_ylim(bottom=0)
    out = io.BytesIO()
    figure.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()
