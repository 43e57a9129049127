"""What a network can express: parameters, linear pieces, depth against width, and stacks of linear layers that are one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

import autograd_core as ac
from nn import MLP, Layer, Module, Sequential
from nn.activations import activation_name
from nn.arguments import count, spaced
from nn.plots import axes


def parameter_count(sizes: Sequence[int]) -> int:
    """The number of weights and biases of fully connected layers: the sum of ``n_l * n_(l+1) + n_(l+1)``.

    ``sizes`` are the number of inputs and then of the units of each layer, all at least 1; else a ``ValueError``.

    >>> parameter_count([784, 10]), parameter_count([784, 128, 10])
    (7850, 101770)
    """
    if len(sizes) < 2 or any(isinstance(size, bool) or not isinstance(size, int) or size < 1 for size in sizes):
        raise ValueError(f"sizes are the number of inputs and then of the units of each layer, such as [784, 128, 10], not {sizes!r}")
    return sum(before * after + after for before, after in pairwise(sizes))


def _layers_of(model: Module, activations: Sequence[str], purpose: str) -> list[Layer]:
    """The layers of an MLP or of a Sequential of fully connected layers, if they have these activations only."""
    if isinstance(model, Sequential):
        return [layer for part in model.layers for layer in _layers_of(part, activations, purpose)]
    if isinstance(model, Layer) and activation_name(model.activation) in activations:
        return [model]
    allowed = " or ".join(repr(name) for name in activations)
    raise ValueError(f"{purpose} needs fully connected layers (MLP, Layer) with the activation {allowed}, and this is {model!r}")


def _rows_of(model: Module, inputs: int, number: Callable[[float], Any]) -> list[tuple[bool, list[tuple[list[Any], Any]]]]:
    """For each layer of a network of relus whether it has them, and the weights and the bias of each unit as a kind of ``number``."""
    layers = _layers_of(model, ("relu", "linear"), "counting linear pieces")
    if layers[0].nin != inputs:
        raise ValueError(f"this count is for models of {inputs} input(s), and {model!r} takes {layers[0].nin}")
    units = [[([number(w.data) for w in n.w], number(n.b.data if n.b else 0.0)) for n in layer.neurons] for layer in layers]
    return [(activation_name(layer.activation) == "relu", rows) for layer, rows in zip(layers, units)]


def linear_regions_1d(model: Module, low: float, high: float) -> int:
    """The number of linear pieces of a relu network of one input between ``low`` and ``high``, exactly.

    Neighbouring pieces differ in slope. The kinks are found layer by layer in rational arithmetic, in which nothing is rounded, so
    this is for small networks. A hidden layer of n units makes at most n + 1 pieces; layers multiply (Montúfar, Pascanu, Cho and
    Bengio, On the number of linear regions of deep neural networks, 2014). ``ValueError`` for other activations than relu and linear.

    >>> linear_regions_1d(folding_network(3), 0.0, 1.0)
    8
    """
    layers, xs = _rows_of(model, 1, Fraction), [Fraction(end) for end in spaced(low, high, 2)]
    values = [[x] for x in xs]  # of all units at xs; between two neighbours, every unit so far is linear
    for is_relu, units in layers:
        values = [[sum((w * v for w, v in zip(weights, point)), bias) for weights, bias in units] for point in values]
        if is_relu:
            xs, values = _split_at_zeros(xs, values)
            values = [[max(z, Fraction(0)) for z in point] for point in values]
    slopes = [[(b - a) / (right - left) for a, b in zip(*ends)] for (left, right), ends in zip(pairwise(xs), pairwise(values))]
    return 1 + sum(before != after for before, after in pairwise(slopes))


def _split_at_zeros(xs: list[Fraction], values: list[list[Fraction]]) -> tuple[list[Fraction], list[list[Fraction]]]:
    """The points and the values of all units there, with a point added wherever a unit changes its sign in between."""
    found = [(xs[0], values[0])]
    for (left, right), (before, after) in zip(pairwise(xs), pairwise(values)):
        for t in sorted({a / (a - b) for a, b in zip(before, after) if a * b < 0}):
            found.append((left + t * (right - left), [a + t * (b - a) for a, b in zip(before, after)]))
        found.append((right, after))
    return [x for x, _ in found], [point for _, point in found]


def linear_regions_2d(model: Module, low: float, high: float, steps: int = 200) -> int:
    """The number of activation patterns of a relu network of two inputs on a grid of ``steps`` by ``steps`` points.

    The grid covers the square from ``low`` to ``high``. Each pattern belongs to one linear region, so this is a lower bound of
    their number, which finer grids raise. n lines make at most n (n + 1) / 2 + 1 regions (Schläfli).

    >>> model = MLP(2, [3, 1], seed=0)
    >>> _ = model.layers[0].set_weights([[1, 0], [0, 1], [-1, -1]], [0.1, 0.1, 1.0])
    >>> linear_regions_2d(model, -3.0, 3.0)
    7
    """
    layers, axis = _rows_of(model, 2, float), spaced(low, high, steps)

    def pattern(point: Sequence[float]) -> tuple[bool, ...]:
        """Which relu units are on at a point: within one pattern the network is linear."""
        code: list[bool] = []
        for is_relu, units in layers:
            point = [ac.dot(weights, point, bias) for weights, bias in units]
            if is_relu:
                code += [z > 0.0 for z in point]
                point = [max(z, 0.0) for z in point]
        return tuple(code)

    return len({pattern((x, y)) for x in axis for y in axis})


def folding_network(depth: int) -> MLP:
    """A relu network with ``depth`` hidden layers of two units that has ``2 ** depth`` linear pieces between 0 and 1.

    Each layer folds the interval in the middle: it computes the tent ``2 relu(x) - 4 relu(x - 1/2)``, and a tent of a
    zigzag has twice as many teeth. One hidden layer needs ``2 ** depth - 1`` units for as many pieces. Source: Telgarsky,
    Representation benefits of deep feedforward networks, 2015.

    >>> [folding_network(2)([x]).data for x in (0.0, 0.25, 0.5, 0.75, 1.0)]
    [0.0, 1.0, 0.0, 1.0, 0.0]
    """
    model = MLP(1, [2] * count("depth, the number of hidden layers,", depth) + [1], init="zeros")
    for number, layer in enumerate(model.layers):
        incoming = [2.0, -4.0] if number else [1.0]
        layer.set_weights([incoming, incoming][: layer.nout], [0.0, -0.5][: layer.nout])
    return model


def folds_then_layer(folds: int, units: int) -> Sequential:
    """``folds`` layers that fold the interval from 0 to 1, and a layer that bends it ``units - 1`` times inside.

    >>> linear_regions_1d(folds_then_layer(2, 3), 0.0, 1.0)
    12
    """
    layer, out = Layer(1, units, "relu", init="zeros"), Layer(units, 1, "linear", init="zeros")
    layer.set_weights([[1.0]] * units, [-i / units for i in range(units)])
    out.set_weights([[2.0 * (-1) ** i if i else 1.0 for i in range(units)]], [0.0])  # the slopes are 1, -1, 1, -1, ...
    return Sequential(*(folding_network(folds).layers if folds else []), layer, out)


def width_against_depth(depth: int = 7, ax: Any = None) -> Any:
    """Linear pieces against parameters, drawn: 2d units in one hidden layer beside d hidden layers of two, both of 6d + 1 parameters.

    >>> width_against_depth(4).lines[1].get_xydata().tolist()
    [[7.0, 2.0], [13.0, 4.0], [19.0, 8.0], [25.0, 16.0]]
    """
    sizes = range(1, depth + 1)
    wide = [MLP(1, [2 * d, 1], init="zeros") for d in sizes]
    for d, model in zip(sizes, wide):
        model.layers[0].set_weights([[1.0]] * 2 * d, [-k / (2 * d + 1) for k in range(1, 2 * d + 1)])
        model.layers[1].set_weights([[1.0] * 2 * d], [0.0])
    ax = axes.one_panel(ax, "Width against depth", "parameters", "linear pieces")
    networks = {"one hidden layer\nof 2d units": wide, "d hidden layers\nof 2 units": [folding_network(d) for d in sizes]}
    for k, (name, models) in enumerate(networks.items()):
        pieces = [linear_regions_1d(model, 0.0, 1.0) for model in models]
        ax.plot([len(model.parameters()) for model in models], pieces, axes.MARKERS[k] + "-", color=axes.colour(4 * k), label=name)
    ax.set_yscale("log", base=2)
    axes.legend(ax)
    return ax


def collapse_linear(model: Module) -> Layer:
    """The one linear layer that equals a stack of linear layers: ``W' = W2 W1``, ``b' = W2 b1 + b2``.

    Its weights are the Jacobian of the stack, its biases the outputs at 0: depth adds nothing without activations in between.
    ``ValueError`` for layers that are not linear.

    >>> collapse_linear(MLP(3, [4, 2], activation="linear"))
    Layer(3, 2, linear)
    """
    layers = _layers_of(model, ("linear",), "collapsing a stack")
    layer, origin = Layer(layers[0].nin, layers[-1].nout, "linear", init="zeros"), [0.0] * layers[0].nin
    outputs = model.predict([origin])[0]
    jacobian = ac.jacobian(lambda x: y if isinstance(y := model(x), list) else [y])(origin)
    weights = [[w.data for w in row] for row in jacobian]  # Values, since the parameters may be differentiated too
    return layer.set_weights(weights, outputs if isinstance(outputs, list) else [outputs])
