"""XOR networks and unions of polygons, out of perceptrons whose weights are chosen by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from nn import Layer, Module, PerceptronLayer, Sequential
from nn.arguments import count
from nn.perceptron import fixed

Line = tuple[float, float, float]
"""``(w1, w2, b)``: the half-plane ``w1 x + w2 y + b >= 0``."""


def xor_network(kind: str = "step") -> Sequential:
    """XOR, which no single line separates, by hand: two layers of ``"step"``, ``"sign"`` or ``"relu"`` units, or ``"three layers"``.

    ``"relu"`` gives 0, 0.5, 0.5, 0 on the four corners; the kinds ``"sign"`` and ``"three layers"`` are in the coding -1, 1 inside
    (``"sign"`` takes corners of 0 and 1, ``"three layers"`` of -1 and 1).

    >>> xor_network("step").predict([[0, 0], [0, 1], [1, 0], [1, 1]])
    [0.0, 1.0, 1.0, 0.0]
    """
    ones, two_ands = [[1.0, 1.0], [1.0, 1.0]], [[1.0, -1.0], [-1.0, 1.0]]
    if kind == "relu":
        first, second = Layer(2, 2, init="zeros", number=1), Layer(2, 1, init="zeros", number=2)
        return Sequential(first.set_weights(ones, [0.0, -1.0]), second.set_weights([[1.0, -2.0]], [-0.5]))
    if kind in ("step", "sign"):
        return _thresholds("01" if kind == "step" else "pm1", (ones, [-0.5, -1.5]), ([[1.0, -1.0]], [-0.5]))
    if kind == "three layers":  # two lines; h1 and not h2, not h1 and h2; or
        return _thresholds("pm1", ([[1.0, 0.0], [0.0, 1.0]], [0.0, 0.0]), (two_ands, [-1.5, -1.5]), ([[1.0, 1.0]], [1.5]))
    raise ValueError(f"kind is 'step', 'sign', 'relu' or 'three layers', not {kind!r}")


def _thresholds(coding: str, *layers: tuple[Any, Any]) -> Sequential:
    """Layers of perceptrons with the weights and biases of each."""
    return Sequential(*(fixed(PerceptronLayer(*layer, coding=coding, number=i)) for i, layer in enumerate(layers, start=1)))


def union_of_polygons(polygons: Sequence[Sequence[Line]]) -> Sequential:
    """Three layers of perceptrons that fire inside any of the polygons: half-planes, an AND for each polygon, an OR.

    >>> union_of_polygons([[(1, 0, 0), (-1, 0, 1), (0, 1, 0), (0, -1, 1)]]).predict([[0.5, 0.5], [1.5, 0.5]])
    [1.0, 0.0]
    """
    if not polygons or not all(polygons):
        raise ValueError("there is at least one polygon, and each has at least one line")
    members = [dict.fromkeys(tuple(map(float, line)) for line in polygon) for polygon in polygons]
    lines = list(dict.fromkeys(line for own in members for line in own))
    half_planes = [line[:2] for line in lines], [line[2] for line in lines]
    ands = [[float(line in own) for line in lines] for own in members], [0.5 - len(own) for own in members]
    return _thresholds("01", half_planes, ands, ([[1.0] * len(members)], [-0.5]))


def polygon_around(sides: int, radius: float = 1.0) -> list[Line]:
    """The lines of the regular polygon around a disc: 8 and 16 perceptrons come close to the disc.

    >>> len(polygon_around(8))
    8
    """
    count("a polygon has three sides or more: sides", sides, 3)
    return [(-math.cos(angle), -math.sin(angle), radius) for angle in (2.0 * math.pi * i / sides for i in range(sides))]


def region_code(lines: Module | Sequence[Line], point: Sequence[float]) -> str:
    """On which side of each line a point lies: a corner of the cube {0, 1}^p.

    >>> region_code([(1, 0, 0), (0, 1, 0), (-1, -1, 1)], [0.2, 0.3])
    '111'
    """
    layer = lines if isinstance(lines, Module) else PerceptronLayer([line[:2] for line in lines], [line[2] for line in lines])
    outputs = layer(list(point))
    return "".join(str(int(y.data > 0.0)) for y in (outputs if isinstance(outputs, list) else [outputs]))
