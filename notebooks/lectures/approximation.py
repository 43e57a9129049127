"""Networks that follow a function of one input: built piece by piece, started at spread places, and drawn beside the truth."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from nn import MLP, Dataset
from nn.arguments import count, spaced
from nn.plots import function_fit
from nn.plots.axes import INK, Axes, legend


def in_pieces(target: Callable[[float], float], activation: str, pieces: int, low: float, high: float) -> MLP:
    """A network with one hidden layer that follows ``target`` from ``low`` to ``high`` in equal pieces: built, not trained.

    A ``"step"`` unit jumps at its cut by the difference of two neighbouring stairs, a steep ``"sigmoid"`` unit does so with a round
    edge, and a ``"relu"`` unit bends the curve at its cut by the change of slope.

    >>> in_pieces(abs, "relu", 2, -1.0, 1.0).predict([[-1.0], [-0.5], [0.0], [1.0]])
    [1.0, 0.5, 0.0, 1.0]
    """
    if activation not in ("step", "sigmoid", "relu"):
        raise ValueError(f"activation is 'step', 'sigmoid' or 'relu', not {activation!r}")
    cuts = spaced(low, high, count("pieces", pieces, 2) + 1)
    width = (high - low) / pieces
    if activation == "relu":
        slopes = [(target(b) - target(a)) / width for a, b in pairwise(cuts)]
        weights = [slopes[0], *(b - a for a, b in pairwise(slopes))]
        places, bias, steepness = cuts[:-1], target(low), 1.0
    else:
        stairs = [target(a + width / 2) for a in cuts[:-1]]
        weights = [b - a for a, b in pairwise(stairs)]
        places, bias, steepness = cuts[1:-1], stairs[0], 1.0 if activation == "step" else 5 / width
    model = MLP(1, [len(places), 1], activation=activation, init="zeros")
    hidden, output = model.layers
    hidden.set_weights([[steepness]] * len(places), [-steepness * place for place in places])
    output.set_weights([weights], [bias])
    return model


def spread(model: MLP, low: float, high: float, seed: int = 0) -> MLP:
    """The model itself, each unit of its first layer moved to a random place of the interval: its sum is 0 there.

    >>> unit = spread(MLP(1, [1, 1], seed=0), -3.0, 3.0).layers[0].neurons[0]
    >>> -3.0 < -unit.b.data / unit.w[0].data < 3.0
    True
    """
    chance = random.Random(seed)
    for unit in model.layers[0].neurons:
        unit.b.data = -unit.w[0].data * chance.uniform(low, high)
    return model


def fit_beside_truth(model: MLP, samples: Dataset, truth: Callable[[float], float], ax: Any = None) -> Axes:
    """What a model has learnt from noisy samples, and, dashed, the function that they were drawn from.

    >>> ax = fit_beside_truth(MLP(1, [2, 1], seed=0), Dataset([[0.0], [1.0]], [0.5, 0.9]), abs)
    >>> [line.get_label() for line in ax.lines]
    ['model', 'truth']
    """
    ax = function_fit(model, *samples, ax=ax)
    inputs = [row[0] for row in samples.X]
    xs = spaced(min(inputs), max(inputs), 200)
    ax.plot(xs, [truth(x) for x in xs], "--", color=INK, linewidth=1.0, label="truth")
    legend(ax)
    return ax
