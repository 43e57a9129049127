"""Gates, XOR networks and unions of polygons, out of perceptrons whose weights are chosen by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..layers import Layer, Sequential
from ..module import Module
from ..perceptron import Perceptron, PerceptronLayer

Line = tuple[float, float, float]
"""``(w1, w2, b)``: the half-plane ``w1 x + w2 y + b >= 0``."""

_GATES = {  # weights, bias for inputs 0 and 1, bias for inputs -1 and 1
    "or": ((1.0, 1.0), -0.5, 1.5),
    "and": ((1.0, 1.0), -1.5, -1.5),
    "nor": ((-1.0, -1.0), 0.5, -1.5),
    "nand": ((-1.0, -1.0), 1.5, 1.5),
    "not": ((-1.0,), 0.5, 0.0),
}


def gate(name: str, coding: str = "01") -> Perceptron:
    """The perceptron of a gate: ``"or"``, ``"and"``, ``"nor"``, ``"nand"`` or ``"not"``.

    >>> [gate("and")([a, b]).data for a, b in ((0, 0), (0, 1), (1, 0), (1, 1))]
    [0.0, 0.0, 0.0, 1.0]
    """
    if name not in _GATES:
        raise ValueError(f"the gates of one perceptron are {', '.join(map(repr, _GATES))}, not {name!r}: for xor see xor_network")
    weights, bias, bias_pm1 = _GATES[name]
    return Perceptron(len(weights), coding, 1, weights, bias if coding == "01" else bias_pm1)


def xor_network(kind: str = "step") -> Sequential:
    """XOR, which no single line separates, by hand: two layers of ``"step"``, ``"sign"`` or ``"relu"`` units, or ``"three layers"``.

    ``"relu"`` gives 0, 0.5, 0.5, 0 on the four corners; the kinds ``"sign"`` and ``"three layers"`` are in the coding -1, 1 inside
    (``"sign"`` takes corners of 0 and 1, ``"three layers"`` of -1 and 1).

    >>> network = xor_network("step")
    >>> [network([a, b]).data for a, b in ((0, 0), (0, 1), (1, 0), (1, 1))]
    [0.0, 1.0, 1.0, 0.0]
    """
    ones = [[1.0, 1.0], [1.0, 1.0]]
    if kind == "step":
        return Sequential(PerceptronLayer(ones, [-0.5, -1.5]), PerceptronLayer([[1.0, -1.0]], [-0.5]))
    if kind == "sign":
        return Sequential(PerceptronLayer(ones, [-0.5, -1.5], "pm1"), PerceptronLayer([[1.0, -1.0]], [-0.5], "pm1"))
    if kind == "three layers":  # two lines; h1 and not h2, not h1 and h2; or
        return Sequential(
            PerceptronLayer([[1.0, 0.0], [0.0, 1.0]], [0.0, 0.0], "pm1"),
            PerceptronLayer([[1.0, -1.0], [-1.0, 1.0]], [-1.5, -1.5], "pm1"),
            PerceptronLayer([[1.0, 1.0]], [1.5], "pm1"),
        )
    if kind == "relu":
        hidden, output = (Layer(2, units, "relu", init="zeros") for units in (2, 1))
        return Sequential(with_weights(hidden, ones, [0.0, -1.0]), with_weights(output, [[1.0, -2.0]], [-0.5]))
    raise ValueError(f"kind is 'step', 'sign', 'relu' or 'three layers', not {kind!r}")


def with_weights(layer: Any, weights: Sequence[Sequence[float]], biases: Sequence[float]) -> Any:
    """The layer itself, after its units were given these weights and biases.

    >>> with_weights(Layer(2, 1, "linear"), [[1.0, 2.0]], [3.0])([1.0, 1.0]).data
    6.0
    """
    for neuron, row, bias in zip(layer.neurons, weights, biases):
        for parameter, weight in zip(neuron.w, row):
            parameter.data = weight
        if neuron.b is not None:
            neuron.b.data = bias
    return layer


def union_of_polygons(polygons: Sequence[Sequence[Line]]) -> Sequential:
    """Three layers of perceptrons that fire inside any of the polygons: half-planes, an AND for each polygon, an OR.

    >>> square = [(1, 0, 0), (-1, 0, 1), (0, 1, 0), (0, -1, 1)]
    >>> network = union_of_polygons([square])
    >>> network([0.5, 0.5]).data, network([1.5, 0.5]).data
    (1.0, 0.0)
    """
    if not polygons or not all(polygons):
        raise ValueError("there is at least one polygon, and each has at least one line")
    lines = list(dict.fromkeys(tuple(map(float, line)) for polygon in polygons for line in polygon))
    members = [{tuple(map(float, line)) for line in polygon} for polygon in polygons]
    return Sequential(
        PerceptronLayer([line[:2] for line in lines], [line[2] for line in lines]),
        PerceptronLayer([[float(line in own) for line in lines] for own in members], [0.5 - len(own) for own in members]),
        PerceptronLayer([[1.0] * len(members)], [-0.5]),
    )


def polygon_around(sides: int, radius: float = 1.0) -> list[Line]:
    """The lines of the regular polygon around a disc: 8 and 16 perceptrons come close to the disc.

    >>> len(polygon_around(8))
    8
    """
    if sides < 3:
        raise ValueError(f"a polygon has three sides or more, not {sides}")
    angles = [2.0 * math.pi * i / sides for i in range(sides)]
    return [(-math.cos(angle), -math.sin(angle), radius) for angle in angles]


def region_code(lines: Module | Sequence[Line], point: Sequence[float]) -> str:
    """On which side of each line a point lies: a corner of the cube {0, 1}^p.

    >>> region_code([(1, 0, 0), (0, 1, 0), (-1, -1, 1)], [0.2, 0.3])
    '111'
    """
    layer = lines if isinstance(lines, Module) else PerceptronLayer([line[:2] for line in lines], [line[2] for line in lines])
    outputs = layer(list(point))
    return "".join(str(int(y.data > 0.0)) for y in (outputs if isinstance(outputs, list) else [outputs]))
