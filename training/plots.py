"""Plots of training as SVG: a picture where people would rather look than read."""

import itertools
from collections.abc import Sequence
from datetime import date
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from recognition.converters import Theme
from recognition.plotting import THEMES, plot, svg
from training.arms import Arms
from training.curve import Point
from training.detector import BoxWeek
from training.drift import Week
from training.progress import Day, Judged
from training.reliability import Reliability

DAYS_NAMED = 6
"""Under the axis; more would overlap."""


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


def learning(runs: Sequence[Judged], days: Sequence[Day], theme: Theme) -> bytes:
    """Two pictures side by side as SVG bytes: what each run brought, and what people corrected."""
    colours = THEMES[theme]
    figure = Figure(figsize=(7.2, 3.0), layout="constrained")
    left, right = figure.subplots(1, 2)
    at = [run.labels for run in runs]
    left.plot(at, [run.before for run in runs], color=colours.second, linewidth=1.2, marker="o",
              markersize=3, label="in service before")  # fmt: skip
    left.plot(at, [run.after for run in runs], color=colours.first, linewidth=1.4, marker="o",
              markersize=3, label="the run's candidate")  # fmt: skip
    left.set_xlabel("Labels", color=colours.ink)
    left.set_title("On held-out lines", color=colours.ink, fontsize=9)
    places = range(len(days))
    right.plot(places, [day.rate for day in days], color=colours.first, linewidth=1.4, marker="o",
               markersize=3)  # fmt: skip
    every = max(1, -(-len(days) // DAYS_NAMED))
    right.set_xticks(places[::every], [f"{day.day:%-d %b}" for day in days[::every]])
    right.set_title("Corrected by people, by day", color=colours.ink, fontsize=9)
    left.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    right.grid(color=colours.grid, linewidth=0.6)
    for axes in (left, right):
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
        axes.set_ylim(bottom=0)
    left.set_ylabel("Character error rate", color=colours.ink)
    if runs:
        left.legend(frameon=False, fontsize=8, labelcolor=colours.ink)
    else:
        left.set_xticks([])
        left.set_yticks([])
        left.text(0.5, 0.5, "no run has been judged yet", color=colours.ink, fontsize=8,
                  ha="center", va="center", transform=left.transAxes)  # fmt: skip
    return svg(figure, colours)


def accuracy(weeks: Sequence[Week], theme: Theme) -> bytes:
    """What audits found, with 95 % intervals, and what probabilities promised, by week; as SVG."""
    colours = THEMES[theme]
    figure, axes = plot(2.6)
    shown = [
        (place, week.share, ends)
        for place, week in enumerate(weeks)
        if week.share is not None and (ends := week.interval) is not None
    ]
    axes.errorbar(
        [place for place, _, _ in shown],
        [share for _, share, _ in shown],
        yerr=[
            [max(0.0, share - low) for _, share, (low, _) in shown],
            [max(0.0, high - share) for _, share, (_, high) in shown],
        ],
        color=colours.first, marker="o", markersize=4, linewidth=1.4, capsize=2,
        label="audited, exactly right",
    )  # fmt: skip
    promised = [(place, week.expected) for place, week in enumerate(weeks) if week.expected]
    axes.plot(
        [place for place, _ in promised], [value for _, value in promised], color=colours.second,
        marker="s", markersize=3, linewidth=1.2, linestyle="--", label="expected of all lines read",
    )  # fmt: skip
    _name_weeks(axes, [week.monday for week in weeks])
    lows = [low for _, _, (low, _) in shown] + [value for _, value in promised]
    axes.set_ylim(max(0.0, min(lows, default=0.0) - 0.03), 1.005)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.set_ylabel("Lines", color=colours.ink)
    axes.legend(frameon=False, fontsize=8, labelcolor=colours.ink)
    return svg(figure, colours)


def boxes(weeks: Sequence[BoxWeek], theme: Theme) -> bytes:
    """Of the boxes a model found, how many of a hundred people corrected, by kind and week."""
    colours = THEMES[theme]
    figure, axes = plot(2.2)
    places = [place for place, week in enumerate(weeks) if week.found]
    for name, shade, style, marker in (
        ("missed", colours.first, "-", "o"),
        ("spurious", colours.second, "--", "s"),
        ("reshaped", colours.ink, ":", "^"),
    ):
        axes.plot(
            places, [getattr(weeks[place], name) / weeks[place].found for place in places],
            color=shade, linestyle=style, marker=marker, markersize=3, linewidth=1.3, label=name,
        )  # fmt: skip
    _name_weeks(axes, [week.monday for week in weeks])
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.set_ylabel("Of the boxes found", color=colours.ink)
    axes.legend(frameon=False, fontsize=8, labelcolor=colours.ink)
    return svg(figure, colours)


def _name_weeks(axes: Axes, mondays: Sequence[date]) -> None:
    places = range(len(mondays))
    every = max(1, -(-len(mondays) // DAYS_NAMED))
    axes.set_xticks(places[::every], [f"{monday:%-d %b}" for monday in mondays[::every]])
    axes.set_xlim(-0.5, len(mondays) - 0.5)


def strategies(points: Sequence[Any], theme: Theme) -> bytes:
    """Error rate by labels and by minutes of a person, a line and a 95 % interval a strategy."""
    colours = THEMES[theme]
    figure = Figure(figsize=(7.2, 3.2), layout="constrained")
    by_labels, by_minutes = figure.subplots(1, 2, sharey=True)
    styles = itertools.cycle(["-", "--", "-.", ":"])
    shades = itertools.cycle([colours.first, colours.second, colours.ink])
    for name, of_one in itertools.groupby(points, key=lambda point: str(point.strategy)):
        rows = list(of_one)
        shade, style = next(shades), next(styles)
        low, high = [row.low for row in rows], [row.high for row in rows]
        for axes, at in (
            (by_labels, [row.labels for row in rows]),
            (by_minutes, [row.minutes for row in rows]),
        ):
            axes.plot(
                at, [row.cer for row in rows], color=shade, linestyle=style, linewidth=1.4,
                marker="o", markersize=2.5, label=name.replace("_", " "),
            )  # fmt: skip
            axes.fill_between(at, low, high, color=shade, alpha=0.12)
    by_labels.set_xlabel("Labels", color=colours.ink)
    by_minutes.set_xlabel("Estimated minutes of a reviewer", color=colours.ink)
    by_labels.set_ylabel("Error rate on held-out lines", color=colours.ink)
    by_labels.yaxis.set_major_formatter(PercentFormatter(1.0))
    by_labels.set_ylim(bottom=0)
    by_minutes.grid(color=colours.grid, linewidth=0.6)
    by_labels.legend(frameon=False, fontsize=8, labelcolor=colours.ink)
    return svg(figure, colours)


def arms(found: Arms, theme: Theme) -> bytes:
    """Characters corrected in a minute of reviewing, in both arms, with 95 % intervals, as SVG."""
    colours = THEMES[theme]
    figure, axes = plot(1.7)
    rows = (
        ("drawn at random", found.random, colours.second),
        ("by value", found.value, colours.first),
    )
    for place, (_, arm, shade) in enumerate(rows):
        axes.errorbar(
            [arm.rate or 0.0], [place],
            xerr=[[(arm.rate or 0.0) - arm.low], [arm.high - (arm.rate or 0.0)]],
            color=shade, marker="o", markersize=5, linewidth=1.6, capsize=3,
        )  # fmt: skip
    axes.set_yticks([0, 1], [name for name, _, _ in rows])
    axes.set_ylim(-0.6, 1.6)
    axes.set_xlim(left=0)
    axes.set_xlabel("Characters corrected in a minute of reviewing", color=colours.ink)
    return svg(figure, colours)
