"""Pictures in three dimensions: outputs and losses as surfaces, and the cube on whose corners three perceptrons put the plane."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations, product
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

from ..layers import Sequential
from ..module import Module
from ..training.model import Parameter
from ..training.prediction import predict, predict_classes
from .axes import INK, Axes, box_around, colour, panels_of, ticks
from .parts import codes_of, lines_of
from .training import loss_grid


def surface(model: Module, low: Any = -6.0, high: Any = 6.0, steps: int = 41, ax: Any = None) -> Axes:
    """The output of a model over the plane of its two inputs, as a surface.

    >>> from nn import Neuron
    >>> surface(Neuron(2, "sigmoid", seed=0), steps=5).get_zlabel()
    'y'
    """
    box = box_around([], low, high)
    xs, ys = ticks(*box.x, steps), ticks(*box.y, steps)
    outputs = np.array(predict(model, [[x, y] for y in ys for x in xs])).reshape(steps, steps)
    return _draw(_solid(ax, 1)[0], xs, ys, outputs, "Output", ("x1", "x2", "y"))


def loss_surfaces(
    losses: Mapping[str, Callable[[], Any]], p1: Parameter, p2: Parameter, low: Any = -4.0, high: Any = 4.0, steps: int = 41, ax: Any = None
) -> list[Axes]:  # fmt: skip
    """Losses over the same two parameters as surfaces beside each other; each function is called as in :func:`loss_surface`.

    >>> a, b = Parameter(1.0, "a"), Parameter(2.0, "b")
    >>> [panel.get_title() for panel in loss_surfaces({"bowl": lambda: a * a + b * b, "saddle": lambda: a * b}, a, b, steps=5)]
    ['bowl', 'saddle']
    """
    box, panels = box_around([], low, high), _solid(ax, len(losses))
    xs, ys = ticks(*box.x, steps), ticks(*box.y, steps)
    for panel, (name, loss) in zip(panels, losses.items()):
        _draw(panel, xs, ys, loss_grid(loss, p1, p2, xs, ys), name, (p1.name or "first", p2.name or "second", "loss"))
    return panels


def cube(model: Any, low: Any = -3.0, high: Any = 3.0, ax: Any = None) -> Axes:
    """The corners of {0, 1}³ on which three lines or perceptrons put the points of the plane; those that no point falls on are hollow.

    ``model`` is three lines ``(w1, w2, b)``, or a layer of three perceptrons, whose corners have the colours of :func:`regions`;
    or a network behind such a layer, which gives the corners its classes.

    >>> ax = cube([(1, 0, 0.1), (0, 1, 0.1), (-1, -1, 1)])
    >>> ax.get_title()
    '7 of 8 corners (h1 h2 h3)'
    """
    layers: list[Any] = model.layers if isinstance(model, Sequential) else [model]
    lines = lines_of(layers[0])
    if len(lines) != 3:
        raise ValueError(f"a cube has three axes, one for each of three lines, not {len(lines)}")
    corners = [tuple(map(int, code)) for code in codes_of(lines, box_around([], low, high))[0]]
    numbers: Any = range(8)
    if layers[1:]:
        zero = -1.0 if str(layers[0].activation).startswith("sign") else 0.0
        numbers = predict_classes(Sequential(*layers[1:]), [[x or zero for x in corner] for corner in corners])
    colours, ax = dict(zip(corners, numbers)), _solid(ax, 1)[0]
    for one, other in combinations(product((0, 1), repeat=3), 2):
        if sum(a != b for a, b in zip(one, other)) == 1:
            ax.plot(*zip(one, other), color=INK, linewidth=0.8)
    for corner in product((0, 1), repeat=3):
        style = {"color": colour(colours[corner])} if corner in colours else {"facecolors": "white", "edgecolors": INK, "linestyle": "--"}
        ax.scatter(*corner, s=160, depthshade=False, **style)
        ax.text(corner[0], corner[1], corner[2] + 0.12, "".join(map(str, corner)), ha="center", family="monospace")
    ax.set(title=f"{len(corners)} of 8 corners (h1 h2 h3)", xlim=(0, 1), ylim=(0, 1), zlim=(0, 1))
    ax.set_axis_off()
    ax.view_init(18, -62)
    return ax


def _solid(ax: Any, count: int) -> list[Axes]:
    """The axes that were given, or new ones of three dimensions."""
    if ax is not None:
        return panels_of(ax, count)
    _, grid = plt.subplots(1, count, figsize=(4.6 * count, 4.2), squeeze=False, layout="constrained", subplot_kw={"projection": "3d"})
    return list(grid.flat)


def _draw(ax: Axes, xs: Sequence[float], ys: Sequence[float], grid: Any, title: str, labels: tuple[str, str, str]) -> Axes:
    ax.plot_surface(*np.meshgrid(xs, ys), grid, cmap="cividis", linewidth=0.2, edgecolor="#ffffff40")
    ax.set(title=title, xlabel=labels[0], ylabel=labels[1], zlabel=labels[2])
    ax.set_box_aspect(None, zoom=0.8)  # else the label on the right is cut
    ax.zaxis.labelpad = 9
    return ax
