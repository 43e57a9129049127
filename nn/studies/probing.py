"""Looking into a model: its layers, their outputs, and its loss on a few samples.

What runs is a copy, so that parameters, gradients, modes, running averages and generators of the model stay as they are.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from autograd_core import Value, as_rows

from ..activations import activation_name
from ..arguments import count, named
from ..layers import Neuron
from ..losses import LOSSES
from ..module import Module
from ..training.model import Model, Parameter, inputs_of
from ..training.samples import Samples, samples_of


def layers_of(model: Module) -> dict[str, Model]:
    """The parts that hold no other modules than neurons, by path and description."""
    found = [(path, module) for path, module in model.named_modules() if all(isinstance(part, Neuron) for part in module.modules()[1:])]
    inside = {id(part) for _, module in found for part in module.modules()[1:]}
    return {f"{path} {module!r}".strip(): module for path, module in found if id(module) not in inside}


def parameters_of_layers(model: Module) -> dict[str, list[tuple[str, Parameter]]]:
    """The named parameters of each layer that has some; those that stand beside layers come under the model's own name."""
    owners = {id(p): label for label, layer in layers_of(model).items() for p in layer.parameters()}
    groups: dict[str, list[tuple[str, Parameter]]] = {}
    for name, parameter in model.named_parameters():
        groups.setdefault(owners.get(id(parameter), type(model).__name__), []).append((name, parameter))
    return groups


class Seen(NamedTuple):
    """A layer, the name of its activation, and what it puts out: a row of numbers for each time it is called."""

    activation: str
    layer: Model
    rows: list[list[float]]


def outputs_of_layers(model: Module, X: Any) -> dict[str, Seen]:
    """What each layer puts out for the rows of ``X`` in evaluation mode."""
    twin, samples = copy.deepcopy(model).eval(), as_rows(X)
    found = {label: Seen(activation_name(getattr(layer, "activation", "")), layer, []) for label, layer in layers_of(twin).items()}

    def noting(forward: Callable[[Any], Any], rows: list[list[float]], x: Any) -> Any:
        output = forward(x)
        outputs = output if isinstance(output, list | tuple) else [output]
        rows.append([y.data if isinstance(y, Value) else float(y) for y in outputs])
        return output

    for seen in found.values():
        vars(seen.layer)["forward"] = partial(noting, seen.layer.forward, seen.rows)
    for row in samples:
        twin(inputs_of(row))
    return {label: seen for label, seen in found.items() if seen.rows}


class Trial(NamedTuple):
    """A copy of a model in training mode, some samples, and a loss of the outputs and the targets."""

    twin: Module
    data: Samples
    function: Callable[[Any, Any], Any]

    @classmethod
    def of(cls, model: Module, X: Any, y: Any, loss: Any, samples: int, seed: int) -> Trial:
        """A trial on at most ``samples`` rows, drawn at random."""
        if not model.parameters():
            raise ValueError(f"{type(model).__name__} has no parameters, so there is no gradient to look at")
        data, size = samples_of(model, X, y, loss), count("samples, how many rows to look at,", samples)
        if len(data.rows) > size:
            data = data.chosen(sorted(random.Random(seed).sample(range(len(data.rows)), size)))
        return cls(copy.deepcopy(model).train(), data, named(loss, LOSSES, "loss"))

    def loss(self, of_mean: bool = False) -> Value:
        """The graph of the loss of all samples in one batch; dropout drops the same each time. ``of_mean``: of the mean output for each."""
        for number, module in enumerate(self.twin.modules()):
            if isinstance(getattr(module, "generator", None), random.Random):
                vars(module)["generator"] = random.Random(number)
        rows, columns = self.data.rows, self.data.columns
        outputs = self.twin.batch([inputs_of(row[:columns]) for row in rows])
        if of_mean:
            numbers = [[float(y.data) for y in row] if isinstance(row, list) else [row.data] for row in outputs]
            means = [sum(column) / len(column) for column in zip(*numbers)]
            outputs = [means if isinstance(row, list) else means[0] for row in outputs]
        value = self.function(outputs, [row[columns] if self.data.single else row[columns:] for row in rows])
        return value if isinstance(value, Value) else Value(value)
