"""Pictures of the parts of a network and of what they compute: activations, weights, fitted functions, regions of lines."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import autograd_core as ac

from ..activations import ACTIVATIONS, OF_LAYERS, activation_function, activation_name
from ..arguments import spaced
from ..module import Module
from ..training.prediction import predict
from ..training.samples import check_lengths
from .axes import COLOURS, INK, Axes, Box, Panels, box_around, colour, legend, one_panel, panels_of, tint

Line = tuple[float, float, float]
"""``(w1, w2, b)``: the half-plane ``w1 x + w2 y + b >= 0``."""


def activations(
    names: Sequence[str | Callable[[Any], Any]] | None = None, low: float = -4.0, high: float = 4.0, ax: Any = None
) -> Panels:  # fmt: skip
    """Activations, each with its derivative, by default all; those of whole layers, softmax and log_softmax, of ``(x, 0)``.

    >>> [panel.get_title() for panel in activations(["relu", "tanh"])]
    ['relu', 'tanh']
    """
    names = [*ACTIVATIONS, *OF_LAYERS] if names is None else [names] if isinstance(names, str) else list(names)
    xs = spaced(low, high, 401)
    curves = [([float(f(x)) for x in xs], [ac.grad(f)(x) for x in xs]) for f in map(_of_one_number, names)]
    panels = panels_of(ax, len(names), size=(2.9, 2.3))
    for panel, name, (values, slopes) in zip(panels, names, curves):
        for line in panel.axhline, panel.axvline:
            line(0.0, color=INK, linewidth=0.6)
        panel.plot(xs, values, color=colour(0), linewidth=2.0, label="f(x)")
        panel.plot(xs, slopes, "--", color=colour(4), linewidth=1.6, label="f'(x)")
        panel.set(title=f"{name} of (x, 0)" if name in OF_LAYERS else activation_name(name), xlabel="x")
    words: Any = {"loc": "outside lower center", "ncols": 2, "frameon": False}
    panels[0].figure.legend(*panels[0].get_legend_handles_labels(), **words)
    return panels


def _of_one_number(name: Any) -> Callable[[Any], Any]:
    """An activation as a function of one number; that of a layer as one of ``(x, 0)``."""
    together = OF_LAYERS.get(name) if isinstance(name, str) else None
    return (lambda x: together([x, 0.0])[0]) if together else activation_function(name)


def weights_as_images(layer: Module, shape: tuple[int, int] = (8, 8), ax: Any = None) -> Panels:
    """The weights of each unit of a layer as an image of ``shape`` (rows, columns): what it looks for in its inputs. All have one
    scale: red is positive, blue negative, white 0.

    >>> from nn import Layer
    >>> len(weights_as_images(Layer(6, 3), shape=(2, 3)))
    3
    """
    weights = np.array([[w.data for w in unit.w] for unit in _units_of(layer)])
    if shape[0] * shape[1] != weights.shape[1]:
        raise ValueError(f"shape {shape} has {shape[0] * shape[1]} places, and a unit of {layer!r} {weights.shape[1]} weights")
    panels = panels_of(ax, len(weights), columns=8, size=(1.2, 1.35))
    most = abs(weights).max() or 1.0
    for i, (panel, own) in enumerate(zip(panels, weights)):
        image = panel.imshow(own.reshape(shape), cmap="RdBu_r", vmin=-most, vmax=most)
        panel.set_title(f"unit {i}", fontsize=9)
        panel.set(xticks=[], yticks=[])
    panels[0].figure.colorbar(image, ax=list(panels), label="weight", shrink=0.9)
    return panels


def _units_of(layer: Any) -> list[Any]:
    """The neurons of a layer, or the perceptrons; a neuron is a layer of one."""
    units = getattr(layer, "neurons", None) or ([layer] if hasattr(layer, "w") else None)
    if units is None:
        raise ValueError(f"{type(layer).__name__} has no weights of its own: give one layer, such as model.layers[0]")
    return list(units)


def function_fit(model: Module, X: Any, y: Any, ax: Any = None) -> Axes:
    """The function that a model of one input and one output has become, and the samples that it was to fit.

    >>> from nn import MLP
    >>> [line.get_label() for line in function_fit(MLP(1, [4, 1], seed=0), [[0.0], [1.0]], [1.0, 2.0]).lines]
    ['model']
    """
    rows = ac.as_rows(X)
    if len(rows[0]) != 1:
        raise ValueError(f"a function is drawn of one input, and X has {len(rows[0])} columns")
    targets = ac.as_numbers([t[0] if isinstance(t, list) and len(t) == 1 else t for t in ac.as_numbers(y, or_rows=True)])
    check_lengths(rows, targets)
    inputs = [row[0] for row in rows]
    margin = 0.05 * (max(inputs) - min(inputs)) or 1.0
    xs = spaced(min(inputs) - margin, max(inputs) + margin, 300)
    outputs = predict(model, [[x] for x in xs])
    if isinstance(outputs[0], list):
        raise ValueError(f"a function is drawn of one output, and the model has {len(outputs[0])}")
    ax = one_panel(ax, "Fitted function", "x", "y")
    ax.scatter(inputs, targets, s=26, color=colour(0), edgecolors="white", linewidths=0.6, label="samples", zorder=2)
    ax.plot(xs, outputs, color=colour(4), linewidth=2.0, label="model", zorder=3)
    legend(ax)
    return ax


# -- lines -----------------------------------------------------------------------------------------------------------
def regions(lines: Any, low: Any = -3.0, high: Any = 3.0, ax: Any = None) -> Axes:
    """The regions that lines, or a layer of perceptrons, make of the plane, each with its code: digit i is 1 on the side of line i
    to which its arrow points.

    ``lines`` are triples ``(w1, w2, b)``, for the half-planes ``w1 x + w2 y + b >= 0``. Three lines in general position make 7
    regions: one of the eight codes never occurs. With more than 8 regions, colours stand for the number of ones.

    >>> regions([(1, 0, 0.1), (0, 1, 0.1), (-1, -1, 1)]).get_title()
    '7 regions of 3 lines'
    """
    lines, box = lines_of(lines), box_around([], low, high)
    codes, numbers = codes_of(lines, box)
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


def codes_of(lines: Sequence[Line], box: Box, steps: int = 151) -> tuple[Any, Any]:
    """The codes that occur on a grid over ``box``, in order, and for each point of the grid the number of its code."""
    xs, ys = np.meshgrid(*box.ticks(steps))
    sides = np.stack([w1 * xs + w2 * ys + b >= 0.0 for w1, w2, b in lines], axis=-1)
    codes, numbers = np.unique(sides.reshape(-1, len(lines)), axis=0, return_inverse=True)
    return codes, numbers.reshape(xs.shape)


def lines_of(lines: Any) -> list[Any]:
    """Lines as ``(w1, w2, b)``: those of a list, of a perceptron, or of a layer of perceptrons on two inputs."""
    if isinstance(lines, Module):
        lines = [[*(w.data for w in unit.w), 0.0 if unit.b is None else unit.b.data] for unit in _units_of(lines)]
    found = [tuple(line) for line in ac.as_rows(lines, "lines")]
    for i, line in enumerate(found):
        if len(line) != 3 or line[:2] == (0.0, 0.0):
            raise ValueError(f"line {i} is (w1, w2, b) for w1 x + w2 y + b = 0, with w1 or w2 other than 0, not {line}")
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
