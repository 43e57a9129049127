"""The numbers behind the pictures of losses over parameters, of errors over step sizes and of operations over sizes. No drawing."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import autograd_core as ac

from .module import Parameter


class StepErrors(NamedTuple):
    """Finite differences at one point, from the largest step to the smallest."""

    steps: list[float]
    errors: list[float]
    best: int
    """The position of the smallest error."""


def loss_grid(
    loss_function: Callable[[], Any], p1: Parameter, p2: Parameter, xs: Sequence[float], ys: Sequence[float]
) -> list[list[float]]:
    """The loss where ``p1`` has each of ``xs`` (columns) and ``p2`` each of ``ys`` (rows). Both parameters are put back, also on errors.

    >>> a, b = Parameter(5.0), Parameter(6.0)
    >>> loss_grid(lambda: a * a + b, a, b, [0.0, 1.0, 2.0], [0.0, 10.0]), a.data, b.data
    ([[0.0, 1.0, 4.0], [10.0, 11.0, 14.0]], 5.0, 6.0)
    """
    before = p1.data, p2.data
    grid: list[list[float]] = []
    try:
        for y in ys:
            grid.append([])
            for x in xs:
                p1.data, p2.data = x, y
                grid[-1].append(_number(loss_function()))
    finally:
        p1.data, p2.data = before
    if not any(math.isfinite(z) for row in grid for z in row):
        raise ValueError("the loss is finite nowhere in the picture: choose other values for around and span")
    return grid


def logarithmic_levels(grid: Sequence[Sequence[float]], count: int = 21) -> list[float]:
    """``count`` levels in even ratios up to the largest number of a grid, from the smallest positive one or, at most, 10^4 times below.

    >>> logarithmic_levels([[0.0, 1.0, 100.0]], 3)
    [1.0, 10.0, 100.0]
    """
    positive = [z for row in grid for z in row if math.isfinite(z) and z > 0.0]
    if not positive or min(positive) == max(positive):
        raise ValueError("log=True needs losses above 0 that differ: draw this loss with log=False")
    high = max(positive)
    low = max(min(positive), 1e-4 * high)
    return [low * (high / low) ** (i / (count - 1)) for i in range(count - 1)] + [high]


def _number(value: Any) -> float:
    return float(value.data if isinstance(value, ac.Value) else value)


def step_errors(f: Callable[[Any], Any], x: float, steps: Sequence[float] | None = None) -> StepErrors:
    """The error of the centred difference of ``f`` at ``x`` for steps from 0.3 down to 1e-13, or for the given ones.

    >>> import autograd_core
    >>> found = step_errors(autograd_core.exp, 1.0)
    >>> 1e-7 < found.steps[found.best] < 1e-4
    True
    """
    steps = sorted(steps or [10.0 ** (-k / 4) for k in range(2, 53)], reverse=True)
    errors = [row.error for row in ac.finite_difference_errors(f, x, steps)]
    return StepErrors(steps, errors, min(range(len(errors)), key=errors.__getitem__))


def layer_cost(inputs: int, units: int = 1) -> tuple[int, int]:
    """Operations of the forward and of the backward pass of a layer of sigmoid units, counted on its recorded graph.

    ``autograd_core.cost`` counts forward a multiply-add for each weight and an operation for each activation, backward two
    multiply-adds for each weight (one to the weight, one to its input), one for the bias and one for the activation; to these
    come the operations of the activation's local derivative, ``out * (1 - out)``. For m units on d inputs that makes md + m
    and 2md + 4m: 3 times as many at d = 1, tending to 2.

    >>> layer_cost(10, 3)
    (33, 72)
    """
    if inputs < 1 or units < 1:
        raise ValueError(f"a layer has at least one input and one unit, not {inputs} and {units}")
    forward = backward = 0
    for _ in range(units):
        total = ac.dot([ac.Value(0.1) for _ in range(inputs)], [ac.Value(0.1) for _ in range(inputs)], ac.Value(0.1))
        output = ac.sigmoid(total)
        (slope,) = output.primitive.local_derivatives(ac.Value(output.data), total)
        counted = ac.cost(output)
        forward += counted.forward
        backward += counted.backward + ac.operation_count(slope)
    return forward, backward
