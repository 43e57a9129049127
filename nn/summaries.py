"""What a model is made of: a table of its parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import autograd_core as ac

from .execution import evaluating, record
from .layers import Layer, Neuron, Sequential
from .module import Module


@dataclass(repr=False)
class Summary:
    """Rows of part, shape of the output, and number of parameters; and what one sample costs."""

    rows: list[tuple[str, str, int]]
    parameters: int
    forward: int
    """Elementary operations of the forward pass of one sample."""
    backward: int
    """Multiply-adds of its backward pass."""

    def __str__(self) -> str:
        table = [("part", "outputs", "parameters"), *((part, shape, f"{count:,}") for part, shape, count in self.rows)]
        widths = [max(len(row[i]) for row in table) for i in range(3)]
        lines = [f"{a:<{widths[0]}}  {b:>{widths[1]}}  {c:>{widths[2]}}" for a, b, c in table]
        total = f"{self.parameters:,} parameters; one sample: {self.forward:,} operations forward, {self.backward:,} backward"
        return "\n".join([*lines, total])

    __repr__ = __str__


def summary(model: Module, inputs: int | None = None) -> Summary:
    """The parts of ``model`` with the sum of their parameters, and the cost of one sample.

    >>> from nn import MLP
    >>> print(summary(MLP(784, [10])))
    part                      outputs  parameters
    Layer(784, 10, linear)         10       7,850
    7,850 parameters; one sample: ... operations forward, ... backward
    """
    inputs = inputs or inputs_of(model)
    if inputs is None:
        raise ValueError(f"{type(model).__name__} does not say how many inputs it takes: give summary(inputs=...)")
    parts = model.layers if isinstance(model, Sequential) else [model]
    rows = []
    with evaluating(model):
        x: Any = [0.0] * inputs
        for part in parts:
            x = part(x if isinstance(x, list) else [x])
            name = type(part).__name__ if "\n" in repr(part) else repr(part)
            rows.append((name, str(len(x)) if isinstance(x, list) else "1", len(part.parameters())))
        sample = record(model, [0.0] * inputs, [], None)
    costs = [ac.cost(y) for y in sample.outputs[:1]]
    if len(sample.outputs) > 1:
        costs = [ac.cost(ac.dot([1.0] * len(sample.outputs), sample.outputs))]
    return Summary(rows, len(model.parameters()), costs[0].forward, costs[0].backward)


def inputs_of(model: Module) -> int | None:
    """The number of inputs that the first part of ``model`` takes, if it says so."""
    for module in model.modules():
        if isinstance(module, Layer):
            return module.nin
        if isinstance(module, Neuron):
            return len(module.w)
    return None
