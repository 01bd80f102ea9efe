"""Plots of training as SVG: a picture where people would rather look than read."""

from collections.abc import Sequence

from matplotlib.ticker import PercentFormatter

from recognition.converters import Theme
from recognition.plotting import THEMES, plot, svg
from training.curve import Point
from training.reliability import Reliability


def learning_curve(points: Sequence[Point], theme: Theme) -> bytes:
    """Loss and validation error rate by step, as SVG bytes with a transparent background."""
    colours = THEMES[theme]
    figure, left = plot()
    losses = [(point.step, point.loss) for point in points if point.loss is not None]
    rates = [(p.step, p.validation_cer) for p in points if p.validation_cer is not None]
    left.plot([s for s, _ in losses], [v for _, v in losses], color=colours.second, linewidth=1.4)
    left.set_xlabel("Step", color=colours.ink)
    left.set_ylabel("Loss (CTC)", color=colours.second)
    left.set_ylim(bottom=0)
    if rates:
        right = left.twinx()
        right.plot(
            [s for s, _ in rates],
            [v for _, v in rates],
            color=colours.first,
            marker="o",
            markersize=3,
            linewidth=1.4,
        )
        right.set_ylabel("Validation error rate", color=colours.first)
        right.yaxis.set_major_formatter(PercentFormatter(1.0))
        right.set_ylim(bottom=0)
    return svg(figure, colours)


def reliability_diagram(found: Reliability, theme: Theme) -> bytes:
    """What was said against what was right, with 95 % intervals; on the diagonal both agree."""
    colours = THEMES[theme]
    figure, axes = plot(height=3.4)
    axes.plot([0, 1], [0, 1], color=colours.second, linewidth=1.0, linestyle="--")
    said = [part.said for part in found.bins]
    seen = [part.seen for part in found.bins]
    below = [part.seen - part.low for part in found.bins]
    above = [part.high - part.seen for part in found.bins]
    axes.errorbar(
        said,
        seen,
        yerr=[[max(0.0, value) for value in below], [max(0.0, value) for value in above]],
        color=colours.first,
        marker="o",
        markersize=4,
        linewidth=1.4,
        capsize=2,
    )
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_xlabel("Said to be right with", color=colours.ink)
    axes.set_ylabel("Were right", color=colours.ink)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    return svg(figure, colours)
