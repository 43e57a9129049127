"""What every picture needs: a look for light and dark pages, panels, colours and markers, and the part of a plane that it shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import matplotlib
import matplotlib.pyplot as plt
from matplotlib.colors import to_rgb

from ..arguments import named, spaced

Axes = Any
"""matplotlib's ``Axes``."""

# M. Okabe and K. Ito, "Color Universal Design", 2008: told apart with every kind of colour vision. The markers tell them apart in grey.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#7F7F7F", "#F0E442")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "*")
INK = "#222222"  # on a panel, which is white
GREY = "#767676"  # beside it, on the page: 4.5 of contrast on white and on black; on the #111111 of JupyterLab 4.2; none has 4.5 on all
SETTINGS: Any = matplotlib.rcParams
_WORDS = ("text.color", "axes.labelcolor", "axes.titlecolor", "axes.edgecolor", "xtick.color", "ytick.color")
THEMES: dict[str, dict[str, Any]] = {
    "any": {"figure.frameon": False, **dict.fromkeys(_WORDS, GREY)},
    "dark": {"figure.frameon": False, **dict.fromkeys(_WORDS, "#BBBBBB")},
    "light": {key: value for key, value in matplotlib.rcParamsDefault.items() if key in ("figure.frameon", *_WORDS)},
}


def theme(name: str = "any") -> None:
    """The look of pictures from now on: ``"any"``, for light and dark pages alike, has white panels on no background, and grey words
    around them, also in figures of your own. It holds from the import of ``nn.plots`` on, unless a style was chosen before.
    ``"light"`` is matplotlib's own: black words on white; ``"dark"`` has light words, for a notebook whose page is dark.

    >>> theme("light")
    >>> theme("any")
    """
    SETTINGS.update(named(name, THEMES, "a theme", or_else=""))


if all(SETTINGS[key] == value for key, value in THEMES["light"].items()):
    theme()


def colour(number: int) -> str:
    """The colour of a class or a curve; after the last it begins again."""
    return COLOURS[number % len(COLOURS)]


def tint(number: int, strength: float = 0.3) -> tuple[float, ...]:
    """The colour of a class mixed with white."""
    return tuple(1.0 - strength * (1.0 - part) for part in to_rgb(colour(number)))


class Panels(list[Axes]):
    """Axes of a picture. As the last line of a cell they leave no text behind: the notebook shows the figure by itself."""

    def _ipython_display_(self) -> None:
        pass


def panels_of(ax: Any, count: int, columns: int = 4, size: tuple[float, float] = (4.2, 3.4), **kind: Any) -> Panels:
    """The axes that were given, or ``count`` new ones in rows of ``columns``, of a ``kind`` such as ``projection="3d"``."""
    if ax is None:
        columns = min(columns, count)
        rows = -(-count // columns)
        figure = plt.figure(figsize=(size[0] * columns, size[1] * rows), layout="constrained")
        panels = Panels(figure.add_subplot(rows, columns, i + 1, **kind) for i in range(count))
    else:
        panels = Panels(ax.flat if hasattr(ax, "flat") else ax if isinstance(ax, list | tuple) else [ax])
    if len(panels) != count:
        raise ValueError(f"this picture has {count} panel(s): ax is that many axes, not {len(panels)}; without ax they are made")
    for panel in panels:
        if not SETTINGS["figure.frameon"]:
            panel.figure.set_frameon(False)  # behind a figure of no colour JupyterLab would put white
        panel._ipython_display_ = Panels()._ipython_display_
    return panels


def one_panel(ax: Any, title: str, x: str, y: str, size: tuple[float, float] = (5.6, 4.0)) -> Axes:
    """The axes that were given, or new ones, with title and labels."""
    (panel,) = panels_of(ax, 1, size=size)
    panel.set(title=title, xlabel=x, ylabel=y)
    return panel


def legend(ax: Axes, **options: Any) -> None:
    """The legend, beside the picture."""
    ax.legend(**{"loc": "upper left", "bbox_to_anchor": (1.01, 1.0), "borderaxespad": 0.0, "frameon": False} | options)


class Box(NamedTuple):
    """The part of a plane that a picture shows."""

    x: tuple[float, float]
    y: tuple[float, float]

    def show(self, ax: Axes, round_circles: bool = False) -> None:
        """Let the axes end where the box does; if asked, with one scale, unless the box is more than twice as long as wide."""
        ax.set(xlim=self.x, ylim=self.y)
        if round_circles and 0.45 < (self.x[1] - self.x[0]) / (self.y[1] - self.y[0]) < 2.2:
            ax.set_aspect("equal")

    def ticks(self, steps: int) -> tuple[list[float], list[float]]:
        """The coordinates of a grid of ``steps`` by ``steps`` points."""
        return spaced(*self.x, steps), spaced(*self.y, steps)


def box_around(points: Sequence[Sequence[float]], low: Any = None, high: Any = None) -> Box:
    """The box from ``low`` to ``high``, each a number or one for each axis; what is ``None`` is fitted to the points, with a margin."""
    if (low is None or high is None) and not points:
        raise ValueError("without points to fit it to, the box needs low and high")
    sides: list[Any] = []
    for axis, (least, most) in enumerate(zip(pair_of(low, "low"), pair_of(high, "high"))):
        column = [point[axis] for point in points] or [0.0]
        margin = 0.15 * (max(column) - min(column)) or 1.0
        ends = min(column) - margin if least is None else least, max(column) + margin if most is None else most
        sides.append(tuple(spaced(*ends, 2)))  # which refuses an empty side
    return Box(*sides)


def pair_of(limit: Any, name: str) -> tuple[Any, Any]:
    """A number, or ``None``, for both axes; or the pair that was given, one for each."""
    if not hasattr(limit, "__len__"):
        return limit, limit
    if len(limit) != 2:
        raise ValueError(f"{name} is a number, or a pair with one for each axis, not {limit!r}")
    return float(limit[0]), float(limit[1])
