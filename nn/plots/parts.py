"""Pictures of the parts of a network and of what they compute: weights, fitted functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_core import as_numbers, as_rows

from ..arguments import spaced
from ..module import Module
from ..training.prediction import predict
from ..training.samples import check_lengths
from .axes import Axes, Panels, colour, legend, one_panel, panels_of


def weights_as_images(layer: Module, shape: tuple[int, int] = (8, 8), ax: Any = None) -> Panels:
    """The weights of each unit of a layer as an image of ``shape`` (rows, columns): what it looks for in its inputs. All have one
    scale: red is positive, blue negative, white 0. Units count from 1.

    >>> from nn import Layer
    >>> len(weights_as_images(Layer(6, 3), shape=(2, 3)))
    3
    """
    weights = np.array([[w.data for w in unit.w] for unit in units_of(layer)])
    if shape[0] * shape[1] != weights.shape[1]:
        raise ValueError(f"shape {shape} has {shape[0] * shape[1]} places, and a unit of {layer!r} {weights.shape[1]} weights")
    panels = panels_of(ax, len(weights), columns=8, size=(1.2, 1.35))
    most = abs(weights).max() or 1.0
    for i, (panel, own) in enumerate(zip(panels, weights), start=1):
        image = panel.imshow(own.reshape(shape), cmap="RdBu_r", vmin=-most, vmax=most)
        panel.set_title(f"unit {i}", fontsize=9)
        panel.set(xticks=[], yticks=[])
    panels[0].figure.colorbar(image, ax=list(panels), label="weight", shrink=0.9)
    return panels


def units_of(layer: Any) -> list[Any]:
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
    rows = as_rows(X)
    if len(rows[0]) != 1:
        raise ValueError(f"a function is drawn of one input, and X has {len(rows[0])} columns")
    targets = as_numbers([t[0] if isinstance(t, list) and len(t) == 1 else t for t in as_numbers(y, or_rows=True)])
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
