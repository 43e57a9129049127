"""Experiments with networks: one neuron as several learning machines, the size of a signal in each layer, weights as matrices."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from nn import MLP, SGD, History, Layer, Neuron, Progress

Kind = tuple[str, str, Sequence[float], float]
"""An activation, a loss, the targets, and the learning rate."""


def trained_neurons(X: Sequence[Sequence[float]], kinds: Mapping[str, Kind], epochs: int = 300) -> dict[str, tuple[Neuron, History]]:
    """For each kind a neuron that starts at 0 and is trained by gradient descent on all samples at once, and its history.

    >>> trained_neurons([[0.0], [1.0]], {"a line": ("linear", "mse", [-1, 1], 0.5)})["a line"][0]
    Neuron(1, linear)
    """
    found = {}
    for name, (activation, loss, targets, lr) in kinds.items():
        neuron = Neuron(len(X[0]), activation, init="zeros")
        options: Any = {"epochs": epochs, "metrics": ["accuracy"], "callbacks": [Progress(False)]}
        found[name] = neuron, neuron.fit(X, targets, loss=loss, optimizer=partial(SGD, lr=lr), **options)
    return found


def signal_sizes(activation: str, init: Any, layers: int = 10, units: int = 20, samples: int = 15) -> list[float]:
    """How large an output typically is in each layer of an untrained network, for random samples: the root of the mean square.

    >>> [round(size) for size in signal_sizes("linear", "he", layers=3)]
    [1, 2, 3]
    """
    chance = random.Random(0)
    rows = [[chance.gauss(0, 1) for _ in range(units)] for _ in range(samples)]
    model = MLP(units, [units] * layers, activation=activation, init=init, output=activation, seed=1)
    by_row = [model.activations(row) for row in rows]
    return [math.sqrt(statistics.fmean(y.data**2 for outputs in by_row for y in outputs[k])) for k in range(layers)]


def matrices(layer: Layer, part: str = "data") -> tuple[Any, Any]:
    """The weights of a layer, a row for each neuron, and its biases as arrays: their ``"data"``, or their ``"grad"``.

    >>> matrices(Layer(2, 1, init="zeros"))
    (array([[0., 0.]]), array([0.]))
    """
    weights = [[getattr(w, part) for w in neuron.w] for neuron in layer.neurons]
    return np.array(weights), np.array([getattr(neuron.b, part) for neuron in layer.neurons])
