"""Plots of review as SVG: a picture where people would rather look than read."""

from collections.abc import Sequence
from datetime import date

from matplotlib.ticker import MaxNLocator, PercentFormatter

from recognition.converters import Theme
from recognition.plotting import THEMES, plot, svg
from review.targets import Step


def price_of_accuracy(curve: Sequence[Step], target: float | None, theme: Theme) -> bytes:
    """Wrong lines among the accepted against the share of pages that people read, as SVG bytes.

    The line is the estimate, the dashed one its upper 95 % bound; the level one is the target.
    Steps of which nothing is known are left out.
    """
    colours = THEMES[theme]
    figure, axes = plot()
    steps = sorted((step for step in curve if step.known), key=lambda step: step.reviewed)
    shares = [step.reviewed for step in steps]
    axes.plot(shares, [step.error for step in steps], color=colours.first, linewidth=1.6)
    bounds = [step.bound for step in steps]
    axes.plot(shares, bounds, color=colours.first, linewidth=1.2, linestyle="--")
    if target is not None:
        axes.axhline(1 - target, color=colours.second, linewidth=1.2)
        axes.annotate(
            "target",
            (0.005, 1 - target),
            color=colours.second,
            fontsize=8,
            xytext=(0, 3),
            textcoords="offset points",
        )
    highest = max([step.error for step in steps] + [1 - (target or 1.0), 0.01])
    axes.set_ylim(0, min(1.0, 2 * highest))
    axes.set_xlim(0, 1)
    axes.set_xlabel("Pages that people read", color=colours.ink)
    axes.set_ylabel("Wrong lines among the accepted", color=colours.ink)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    return svg(figure, colours)


def pages_a_day(days: Sequence[tuple[date, int]], theme: Theme) -> bytes:
    """Bars of how many pages were done each day, as SVG bytes."""
    colours = THEMES[theme]
    figure, axes = plot(2.2)
    places = list(range(len(days)))
    axes.bar(places, [count for _, count in days], color=colours.first)
    axes.set_ylim(0, max([count for _, count in days] + [1]))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylabel("Pages", color=colours.ink)
    weekly = places[::-7][::-1]
    axes.set_xticks(weekly, [f"{days[place][0]:%-d %b}" for place in weekly])
    return svg(figure, colours)
