"""Losses and outputs over a plane, as contours or as surfaces."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd_core import Value
from nn import Module, Parameter
from nn.plots.axes import COLOURS, INK, Axes, Box, Panels, box_around, one_panel, pair_of, panels_of
from nn.training.prediction import predict

SOLID: Any = {"size": (4.6, 4.2), "projection": "3d"}


def surface(model: Module, low: Any = -6.0, high: Any = 6.0, steps: int = 41, ax: Any = None) -> Axes:
    """The output of a model over the plane of its two inputs, as a surface.

    >>> from nn import Neuron
    >>> surface(Neuron(2, "sigmoid", seed=0), steps=5).get_zlabel()
    'y'
    """
    box = box_around([], low, high)
    xs, ys = box.ticks(steps)
    outputs = np.array(predict(model, [[x, y] for y in ys for x in xs])).reshape(steps, steps)
    return _draw(panels_of(ax, 1, **SOLID)[0], box, outputs, "Output", ("x1", "x2", "y"))


def loss_surfaces(
    losses: Mapping[str, Callable[[], Any]], p1: Parameter, p2: Parameter, low: Any = -4.0, high: Any = 4.0, steps: int = 41, ax: Any = None
) -> Panels:  # fmt: skip
    """Losses over the same two parameters as surfaces beside each other; each function is called as in :func:`loss_surface`.

    >>> a, b = Parameter(1.0, "a"), Parameter(2.0, "b")
    >>> [panel.get_title() for panel in loss_surfaces({"bowl": lambda: a * a + b * b, "saddle": lambda: a * b}, a, b, steps=5)]
    ['bowl', 'saddle']
    """
    box, panels = box_around([], low, high), panels_of(ax, len(losses), **SOLID)
    for panel, (name, loss) in zip(panels, losses.items()):
        _draw(panel, box, _losses(loss, p1, p2, box, steps), name, (p1.name or "first", p2.name or "second", "loss"))
    return panels


def _draw(ax: Axes, box: Box, grid: Any, title: str, labels: tuple[str, str, str]) -> Axes:
    ax.plot_surface(*np.meshgrid(*box.ticks(len(grid))), grid, cmap="cividis", linewidth=0.2, edgecolor="#ffffff40")
    ax.set(title=title, xlabel=labels[0], ylabel=labels[1], zlabel=labels[2], facecolor="none")
    ax.set_box_aspect(None, zoom=0.8)  # else the label on the right is cut
    ax.zaxis.labelpad = 9
    return ax


def loss_surface(
    loss_function: Callable[[], Any], p1: Parameter, p2: Parameter, around: Sequence[float] | None = None,
    span: float | Sequence[float] | None = None, steps: int = 41, path: Sequence[Sequence[float]] | None = None,
    log: bool = False, ax: Any = None,
) -> Axes:  # fmt: skip
    """A loss over two parameters, as contours, and the ``path`` that descent took, a list of pairs of the two.

    ``loss_function()`` is called after the two parameters were given their values; both are put back, also on errors. The picture
    reaches ``span`` (a number, or one for each axis; 2) to all sides of the point ``around``, by default the parameters as they are;
    with a path and neither of the two, it shows the path. ``log=True`` has contours in even ratios, which show the bottom of a steep
    valley. Where the loss is not finite, the picture is white.

    >>> a, b = Parameter(1.0, "a"), Parameter(2.0, "b")
    >>> loss_surface(lambda: a * a + b * b, a, b, steps=5).get_xlabel(), a.data
    ('a', 1.0)
    """
    if path and around is None and span is None:
        box = box_around(path)
    else:
        centre, reach = around or (p1.data, p2.data), pair_of(2.0 if span is None else span, "span")
        box = box_around([], [c - r for c, r in zip(centre, reach)], [c + r for c, r in zip(centre, reach)])
    grid = _losses(loss_function, p1, p2, box, steps)
    options = _logarithmic(grid) if log else {"levels": 20}
    ax = one_panel(ax, "Loss over two parameters", p1.name or "first parameter", p2.name or "second parameter")
    filled = ax.contourf(*box.ticks(steps), grid, cmap="cividis", zorder=0, **options)
    lines = {"colors": "white", "linewidths": 0.5, "linestyles": "solid", "alpha": 0.6, "zorder": 1}
    ax.contour(*box.ticks(steps), grid, levels=filled.levels[2::2], **lines)
    ax.figure.colorbar(filled, ax=ax, label="loss", format="%.3g")
    if path:
        ax.plot(*zip(*path), "o-", color=COLOURS[1], markersize=4, linewidth=1.6, markeredgecolor=INK, markeredgewidth=0.5, label="descent")
        for point, marker, label, up in (path[0], "s", "start", 9), (path[-1], "*", "end", -17):
            ax.plot(*point, marker, color="white", markeredgecolor=INK, markersize=10, label=label)
            ax.annotate(label, point, (0, up), textcoords="offset points", ha="center", color="white", bbox={"fc": INK, "pad": 1}, size=8)
    box.show(ax)
    return ax


def _losses(loss_function: Callable[[], Any], p1: Parameter, p2: Parameter, box: Box, steps: int) -> Any:
    """The loss over a grid of values of ``p1`` (columns) and ``p2`` (rows), nan where it is not finite."""

    def loss_at(x: float, y: float) -> Any:
        p1.data, p2.data = x, y
        return loss.data if isinstance(loss := loss_function(), Value) else loss

    (xs, ys), before = box.ticks(steps), (p1.data, p2.data)
    try:
        grid = np.array([[loss_at(x, y) for x in xs] for y in ys], dtype=float)
    finally:
        p1.data, p2.data = before
    grid[~np.isfinite(grid)] = math.nan
    if np.isnan(grid).all():
        raise ValueError("the loss is finite nowhere in the picture: choose other values for around and span")
    return grid


def _logarithmic(grid: Any) -> dict[str, Any]:
    """Levels in even ratios up to the largest loss, from the smallest positive one or 10^4 times below; lower losses rise to it."""
    positive = grid[grid > 0.0]
    if not positive.size or positive.min() == positive.max():
        raise ValueError("log=True needs losses above 0 that differ: draw this loss with log=False")
    levels = np.geomspace(max(positive.min(), 1e-4 * positive.max()), positive.max(), 21)
    np.maximum(grid, levels[0], out=grid)
    return {"levels": levels, "norm": "log"}
