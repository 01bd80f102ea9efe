"""What all plots share: the page's colours, transparent ground, SVG out. Drawn on the server.

Import it inside the view that draws: the drawing library would cost each start a second.
"""

import io
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from recognition.converters import Theme


@dataclass(frozen=True, slots=True)
class Colours:
    """What a plot is drawn in, chosen for 4.5:1 contrast on the page's own background."""

    ink: str
    grid: str
    second: str
    first: str


THEMES: dict[Theme, Colours] = {
    "light": Colours(ink="#3b4252", grid="#d9dde5", second="#8a6d1d", first="#1f5fbf"),
    "dark": Colours(ink="#c9d1dc", grid="#3a4250", second="#e0bd5c", first="#7fb2ff"),
}


def plot(height: float = 2.8) -> tuple[Figure, Axes]:
    """A figure of 7.2 by `height` inches with one pair of axes."""
    figure = Figure(figsize=(7.2, height), layout="constrained")
    return figure, figure.add_subplot()


def svg(figure: Figure, colours: Colours) -> bytes:
    """The figure as SVG bytes, its axes in the page's colours, without a ground of its own."""
    figure.patch.set_alpha(0)
    for axis in figure.axes:
        axis.patch.set_alpha(0)
        axis.tick_params(colors=colours.ink, labelsize=8)
        for spine in axis.spines.values():
            spine.set_color(colours.grid)
    figure.axes[0].grid(color=colours.grid, linewidth=0.6)
    out = io.BytesIO()
    figure.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()
