"""The regions that lines, or a layer of perceptrons, make of a plane, and the cube on whose corners three of them put it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations, product
from typing import Any

import numpy as np

from autograd_core import as_rows
from nn import Module, Sequential
from nn.plots.axes import COLOURS, GREY, INK, Axes, Box, box_around, colour, one_panel, panels_of, tint
from nn.plots.parts import units_of
from nn.training.prediction import predict_classes

from .gates import Line
from .surfaces import SOLID


def regions(lines: Any, low: Any = -3.0, high: Any = 3.0, ax: Any = None) -> Axes:
    """The regions that lines, or a layer of perceptrons, make of the plane, each with its code: digit i is 1 on the side of line i
    to which its arrow points.

    ``lines`` are triples ``(w1, w2, b)``, for the half-planes ``w1 x + w2 y + b >= 0``. Three lines in general position make 7
    regions: one of the eight codes never occurs. With more than 8 regions, colours stand for the number of ones.

    >>> regions([(1, 0, 0.1), (0, 1, 0.1), (-1, -1, 1)]).get_title()
    '7 regions of 3 lines'
    """
    lines, box = _lines_of(lines), box_around([], low, high)
    codes, numbers = _codes_of(lines, box)
    ax = one_panel(ax, f"{len(codes)} regions of {len(lines)} line{'s' * (len(lines) > 1)}", "x1", "x2", (5.4, 4.6))
    tints = np.array([tint(k if len(codes) <= len(COLOURS) else sum(code)) for k, code in enumerate(codes)])
    ax.imshow(tints[numbers], extent=(*box.x, *box.y), origin="lower", aspect="auto")
    xs, ys = np.meshgrid(*box.ticks(len(numbers)))
    for k, code in enumerate(codes):
        inside, digits = numbers == k, "".join(str(int(digit)) for digit in code)
        if len(code) <= 4 or inside.mean() > 0.004 * len(code):  # else there is no room for it
            style: Any = {"ha": "center", "va": "center", "color": INK, "family": "monospace", "fontsize": 10 if len(code) <= 4 else 8}
            ax.text(xs[inside].mean(), ys[inside].mean(), digits, **style)  # regions are convex, so this lies inside
    box.show(ax, round_circles=True)
    for i, line in enumerate(lines, start=1):
        _draw_line(ax, box, line, str(i))
    return ax


def _codes_of(lines: Sequence[Line], box: Box, steps: int = 151) -> tuple[Any, Any]:
    """The codes that occur on a grid over ``box``, in order, and for each point of the grid the number of its code."""
    xs, ys = np.meshgrid(*box.ticks(steps))
    sides = np.stack([w1 * xs + w2 * ys + b >= 0.0 for w1, w2, b in lines], axis=-1)
    codes, numbers = np.unique(sides.reshape(-1, len(lines)), axis=0, return_inverse=True)
    return codes, numbers.reshape(xs.shape)


def _lines_of(lines: Any) -> list[Any]:
    """Lines as ``(w1, w2, b)``: those of a list, of a perceptron, or of a layer of perceptrons on two inputs."""
    if isinstance(lines, Module):
        lines = [[*(w.data for w in unit.w), 0.0 if unit.b is None else unit.b.data] for unit in units_of(lines)]
    found = [tuple(line) for line in as_rows(lines, "lines")]
    for i, line in enumerate(found):
        if len(line) != 3 or line[:2] == (0.0, 0.0):
            raise ValueError(f"lines[{i}] is (w1, w2, b) for w1 x + w2 y + b = 0, with w1 or w2 other than 0, not {line}")
    return found


def _draw_line(ax: Axes, box: Box, line: Line, name: str) -> None:
    """A line, with its name and an arrow to its positive side near one end; nothing if it passes by the box."""
    w1, w2, b = line
    ends = [(x, -(w1 * x + b) / w2) for x in box.x if w2] + [(-(w2 * y + b) / w1, y) for y in box.y if w1]
    inside = sorted({(x, y) for x, y in ends if box.x[0] <= x <= box.x[1] and box.y[0] <= y <= box.y[1]})
    if len(inside) < 2:
        return
    (x1, y1), (x2, y2) = inside[0], inside[-1]
    ax.plot([x1, x2], [y1, y2], color=INK, linewidth=1.4)
    x, y, reach = x1 + 0.07 * (x2 - x1), y1 + 0.07 * (y2 - y1), 24.0 / math.hypot(w1, w2)
    style: Any = {"arrowstyle": "<|-", "color": INK, "shrinkA": 0}
    ax.annotate("", (x, y), (reach * w1, reach * w2), textcoords="offset points", arrowprops=style)
    ax.text(x, y, name, ha="center", va="center", fontsize=8, color="white", bbox={"boxstyle": "circle,pad=0.2", "color": INK})


def cube(model: Any, low: Any = -3.0, high: Any = 3.0, ax: Any = None) -> Axes:
    """The corners of {0, 1}³ on which three lines or perceptrons put the points of the plane; those that no point falls on are hollow.

    ``model`` is three lines ``(w1, w2, b)``, or a layer of three perceptrons, whose corners have the colours of :func:`regions`;
    or a network behind such a layer, which gives the corners its classes.

    >>> cube([(1, 0, 0.1), (0, 1, 0.1), (-1, -1, 1)]).get_title()
    '7 of 8 corners (h1 h2 h3)'
    """
    layers: list[Any] = model.layers if isinstance(model, Sequential) else [model]
    lines = _lines_of(layers[0])
    if len(lines) != 3:
        raise ValueError(f"a cube has three axes, one for each of three lines, not {len(lines)}")
    corners = [tuple(map(int, code)) for code in _codes_of(lines, box_around([], low, high))[0]]
    numbers: Any = range(8)
    if layers[1:]:
        zero = -1.0 if str(layers[0].activation).startswith("sign") else 0.0
        found = predict_classes(Sequential(*layers[1:]), [[x or zero for x in corner] for corner in corners])
        numbers = [max(number, 0) for number in found]  # the classes -1 and 1 have the colours of 0 and 1
    colours, ax = dict(zip(corners, numbers)), panels_of(ax, 1, **SOLID)[0]
    for one, other in combinations(product((0, 1), repeat=3), 2):
        if sum(a != b for a, b in zip(one, other)) == 1:
            ax.plot(*zip(one, other), color=GREY, linewidth=0.8)
    for corner in product((0, 1), repeat=3):
        style = {"color": colour(colours[corner])} if corner in colours else {"facecolors": "white", "edgecolors": GREY, "linestyle": "--"}
        ax.scatter(*corner, s=160, depthshade=False, **style)
        ax.text(corner[0], corner[1], corner[2] + 0.12, "".join(map(str, corner)), ha="center", family="monospace")
    ax.set(title=f"{len(corners)} of 8 corners (h1 h2 h3)", xlim=(0, 1), ylim=(0, 1), zlim=(0, 1), facecolor="none")
    ax.set_axis_off()
    ax.view_init(18, -62)
    return ax
