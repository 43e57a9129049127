"""Perceptrons: threshold units, their learning rule, and networks of them that are built by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import autograd_core as ac

from .module import Module, checked_inputs, one_or_all
from .training.model import Parameter
from .training.samples import as_rows

CODINGS = {"01": (0.0, 1.0), "pm1": (-1.0, 1.0)}


@dataclass
class Convergence:
    """How the learning rule fared.

    >>> print(Convergence(True, epochs=2, updates=3, errors=[2, 0]))
    converged: 3 updates in 2 epochs
    """

    converged: bool
    epochs: int
    updates: int
    errors: list[int]
    """The number of samples that were wrong in each epoch."""

    def __str__(self) -> str:
        if self.converged:
            return f"converged: {self.updates} updates in {self.epochs} epochs"
        wrong = f"{self.errors[-1]} of the samples were wrong in the last one" if self.errors else "it had none"
        return f"not converged after {self.epochs} epochs ({self.updates} updates): {wrong}; perhaps no line separates the classes"


class Perceptron(Module):
    """A threshold logic unit: 1 where ``w · x + b`` is positive, else 0 (``coding="01"``) or -1 (``coding="pm1"``).

    The field has two conventions for a sum of exactly 0: ``at_zero=1`` counts it as positive (z >= 0), ``at_zero=0`` does not
    (z > 0). Source: Rosenblatt, The perceptron, 1958.

    >>> unit = Perceptron(3, weights=[0.5, -0.3, 0.8], bias=1.0)
    >>> unit.weighted_sum([2.0, 3.0, -1.0]).data
    0.30000000000000004
    >>> unit([2.0, 3.0, -1.0]).data
    1.0
    """

    def __init__(self, nin: int, coding: str = "01", at_zero: int = 1, weights: Sequence[float] | None = None, bias: float = 0.0) -> None:
        if coding not in CODINGS:
            raise ValueError(f"coding is '01' (outputs 0 and 1) or 'pm1' (outputs -1 and 1), not {coding!r}")
        if at_zero not in (0, 1):
            raise ValueError(f"at_zero is 1 (a sum of 0 counts as positive) or 0 (it does not), not {at_zero!r}")
        start = [0.0] * nin if weights is None else list(weights)
        if nin < 1 or len(start) != nin:
            raise ValueError(f"a perceptron of {nin} inputs has {nin} weights and at least one, not {len(start)}")
        self.w = [Parameter(w, f"w{i}") for i, w in enumerate(start)]
        self.b = Parameter(bias, "b")
        self.coding, self.at_zero, self.nin = coding, at_zero, nin

    def weighted_sum(self, x: Sequence[Any]) -> Any:
        """``w · x + b``, added from left to right."""
        return ac.dot(self.w, checked_inputs(x, self.nin, self), self.b)

    def forward(self, x: Sequence[Any]) -> Any:
        z = self.weighted_sum(x)
        fires = 1.0 - ac.step(-z) if self.at_zero else ac.step(z)
        return fires if self.coding == "01" else 2.0 * fires - 1.0

    def learn(self, X: Sequence[Sequence[float]], t: Sequence[float], lr: float = 1.0, epochs: int = 1000) -> Convergence:
        """The perceptron learning rule, sample by sample: ``w <- w - lr (y - t) x`` until an epoch passes without an error.

        It is gradient descent on ``(y - t)^2 / 2`` with the derivative of the threshold taken as 1, a straight-through
        estimate. On separable data it ends after finitely many updates; otherwise it stops after ``epochs`` and says so.

        >>> print(Perceptron(2).learn([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 0, 0, 1]))
        converged: 11 updates in 6 epochs
        """
        rows, targets = as_rows(X), [float(target) for target in t]
        if len(rows) != len(targets):
            raise ValueError(f"there is one target for each sample: given {len(rows)} samples and {len(targets)} targets")
        strange = sorted(set(targets) - set(CODINGS[self.coding]))
        if strange:
            raise ValueError(f"targets are {CODINGS[self.coding]} in the coding {self.coding!r}, not {strange[0]:g}")
        errors: list[int] = []
        while len(errors) < epochs and (not errors or errors[-1]):
            errors.append(0)
            for x, target in zip(rows, targets):
                error = self(x).data - target
                if error:
                    for w, value in zip(self.w, x):
                        w.data -= lr * error * value
                    self.b.data -= lr * error
                    errors[-1] += 1
        return Convergence(bool(errors) and errors[-1] == 0, len(errors), sum(errors), errors)

    def __repr__(self) -> str:
        return f"Perceptron({len(self.w)}, coding={self.coding!r}, at_zero={self.at_zero})"


class PerceptronLayer(Module):
    """Perceptrons over the same inputs: rows of ``weights``, and a bias for each.

    >>> layer = PerceptronLayer([[1, 1], [1, 1]], [-0.5, -1.5])
    >>> [y.data for y in layer([1.0, 0.0])]
    [1.0, 0.0]
    """

    def __init__(self, weights: Sequence[Sequence[float]], biases: Sequence[float], coding: str = "01", at_zero: int = 1) -> None:
        if len(weights) != len(biases) or not biases:
            raise ValueError(f"there is one bias for each row of weights: given {len(weights)} rows and {len(biases)} biases")
        self.units = [Perceptron(len(row), coding, at_zero, row, bias) for row, bias in zip(weights, biases)]

    def forward(self, x: Sequence[Any]) -> Any:
        return one_or_all([unit(x) for unit in self.units])

    def __repr__(self) -> str:
        return f"PerceptronLayer({len(self.units[0].w)}, {len(self.units)}, coding={self.units[0].coding!r})"
