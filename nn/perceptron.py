"""Perceptrons: threshold units, their learning rule, layers of them, and gates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import autograd_core as ac

from .arguments import count, kind, named, number
from .layers import Layer, Neuron
from .module import Module, checked_inputs
from .training.samples import check_lengths

AnyModel = TypeVar("AnyModel", bound=Module)
CODINGS = {"01": (0.0, 1.0), "pm1": (-1.0, 1.0)}
_GATES = {  # weights, bias for inputs 0 and 1, bias for inputs -1 and 1
    "or": ((1.0, 1.0), -0.5, 1.5), "and": ((1.0, 1.0), -1.5, -1.5), "nor": ((-1.0, -1.0), 0.5, -1.5), "nand": ((-1.0, -1.0), 1.5, 1.5),
    "not": ((-1.0,), 0.5, 0.0),
}  # fmt: skip


@dataclass
class Convergence:
    """How the learning rule fared; ``errors`` has the number of samples that were wrong in each epoch.

    >>> print(Convergence(True, epochs=2, updates=3, errors=[3, 0]))
    converged: 3 updates in 2 epochs
    """

    converged: bool
    epochs: int
    updates: int
    errors: list[int]

    def __str__(self) -> str:
        if self.converged:
            return f"converged: {self.updates} updates in {self.epochs} epochs"
        wrong = f"{self.errors[-1]} of the samples were wrong in the last one" if self.errors else "it had none"
        return f"not converged after {self.epochs} epochs ({self.updates} updates): {wrong}; perhaps no line separates the classes"


class Perceptron(Neuron):
    """A threshold logic unit: 1 where ``w · x + b`` is positive, else 0 (``coding="01"``) or -1 (``coding="pm1"``).

    The field has two conventions for a sum of exactly 0: ``at_zero=1`` counts it as positive (z >= 0), ``at_zero=0`` does not
    (z > 0). So it is the neuron with the activation ``"step"``, ``"step z>0"``, ``"sign"`` or ``"sign z>0"``.
    Source: Rosenblatt, The perceptron, 1958.

    >>> unit = Perceptron(3, weights=[0.5, -0.3, 0.8], bias=1.0)
    >>> unit.weighted_sum([2.0, 3.0, -1.0]).data, unit([2.0, 3.0, -1.0]).data
    (0.30000000000000004, 1.0)
    """

    def __init__(self, nin: int, coding: str = "01", at_zero: int = 1, weights: Sequence[float] | None = None, bias: float = 0.0) -> None:
        super().__init__(nin, threshold(coding, at_zero), init="zeros")
        self.coding, self.at_zero = coding, at_zero
        self.set_weights([0.0] * nin if weights is None else weights, bias)

    def weighted_sum(self, x: Sequence[Any]) -> Any:
        """``w · x + b``, added from left to right."""
        return ac.dot(self.w, checked_inputs(x, self.nin, self), self.b)

    def learn(self, X: Sequence[Sequence[float]], t: Sequence[float], lr: float = 1.0, epochs: int = 1000) -> Convergence:
        """The perceptron learning rule, sample by sample: ``w <- w - lr (y - t) x`` until an epoch passes without an error.

        It is gradient descent on ``(y - t)^2 / 2`` with the derivative of the threshold taken as 1, a straight-through
        estimate. On separable data it ends after finitely many updates; otherwise it stops after ``epochs`` and says so.

        >>> print(Perceptron(2).learn([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 0, 0, 1]))
        converged: 11 updates in 6 epochs
        """
        rows, targets = ac.as_rows(X), ac.as_numbers(t, "t")
        number("lr", lr, "a finite number above 0"), count("epochs", epochs, 0)
        if len(parameters := self.parameters()) != self.nin + 1:
            raise ValueError(f"the weights and the bias of {self!r} are not all parameters, so it cannot learn")
        check_lengths(rows, targets, "X and t")
        strange = sorted(set(targets) - set(CODINGS[self.coding]))
        if strange:
            raise ValueError(f"targets are {CODINGS[self.coding]} in the coding {self.coding!r}, not {strange[0]:g}")
        errors: list[int] = []
        while len(errors) < epochs and (not errors or errors[-1]):
            errors.append(0)
            for x, target in zip(rows, targets):
                error = self(x).data - target
                if error:
                    new = [parameter.data - lr * error * value for parameter, value in zip(parameters, [*x, 1.0])]
                    self.set_weights(new[:-1], new[-1])  # which refuses numbers that have become infinite
                    errors[-1] += 1
        return Convergence(bool(errors) and errors[-1] == 0, len(errors), sum(errors), errors)

    def __repr__(self) -> str:
        return f"Perceptron({self.nin}, coding={self.coding!r}, at_zero={self.at_zero})"


def threshold(coding: str = "01", at_zero: int = 1) -> str:
    """The name of the activation of a perceptron."""
    named(coding, CODINGS, "coding", or_else="")
    if at_zero not in (0, 1):
        raise ValueError(f"at_zero is 1 (a sum of 0 counts as positive) or 0 (it does not), not {at_zero!r}")
    return ("step" if coding == "01" else "sign") + ("" if at_zero else " z>0")


class PerceptronLayer(Layer):
    """Perceptrons over the same inputs: rows of ``weights``, and a bias for each; ``number`` is that of the layer, for names.

    >>> layer = PerceptronLayer([[1, 1], [1, 1]], [-0.5, -1.5])
    >>> [y.data for y in layer([1.0, 0.0])]
    [1.0, 0.0]
    """

    def __init__(
        self, weights: Sequence[Sequence[float]], biases: Sequence[float], coding: str = "01", at_zero: int = 1, number: int | str = ""
    ) -> None:  # fmt: skip
        rows = [ac.require_list("each of weights is", row, "[[1, 1], [1, 1]]") for row in ac.require_list("weights is", weights, "[[1]]")]
        super().__init__(len(rows[0]) if rows else 0, len(rows), threshold(coding, at_zero), init="zeros", number=number)
        self.set_weights(rows, ac.require_list("biases is", biases, "[-0.5, -1.5]"))


def gate(name: str, coding: str = "01") -> Perceptron:
    """The perceptron of a gate: ``"or"``, ``"and"``, ``"nor"``, ``"nand"`` or ``"not"``.

    Its weights are numbers, no parameters, and its sum is 0 at no corner: so formulas and pictures show what was chosen.

    >>> ac.formula(gate("or")([ac.Value(1.0, "x1"), ac.Value(0.0, "x2")]))
    step(x1 + x2 - 0.5)
    """
    weights, bias, bias_pm1 = named(name, _GATES, "a gate of one perceptron (xor takes two layers)", or_else="")
    return fixed(Perceptron(len(weights), coding, 0, weights, bias if coding == "01" else bias_pm1))


def fixed(model: AnyModel) -> AnyModel:
    """The model itself, its weights and biases numbers from now on, no parameters: for networks that are built by hand.

    >>> fixed(Perceptron(2, weights=[1.0, 1.0], bias=-1.5)).parameters()
    []
    """
    kind("fixed takes a model", model, Module, "fixed(nn.Perceptron(2))")
    for parameter in model.parameters():
        parameter.__class__, parameter.name = ac.Constant, None  # type: ignore[assignment]
    return model
