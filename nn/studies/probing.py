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
from ..arguments import count, kind, named
from ..layers import Neuron
from ..losses import LOSSES
from ..module import Module
from ..training.execution import Execution
from ..training.model import Model, Parameter, inputs_of
from ..training.samples import samples_of


def layers_of(model: Model) -> dict[str, Model]:
    """The parts that hold no other modules than neurons, by path and description."""
    found = [(path, module) for path, module in model.named_modules() if all(isinstance(part, Neuron) for part in module.modules()[1:])]
    inside = {id(part) for _, module in found for part in module.modules()[1:]}
    return {f"{path} {module!r}".strip(): module for path, module in found if id(module) not in inside}


def parameters_of_layers(model: Model) -> dict[str, list[tuple[str, Parameter]]]:
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
    kind("what is looked into is a model", model, Model, "nn.diagnosis.dead_units(nn.MLP(2, [8, 1]), X)")
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


class Trial(Execution):
    """A copy of a model in training mode, a loss, and at most ``samples`` rows, drawn at random."""

    def __init__(self, model: Module, X: Any, y: Any, loss: Any, samples: int, seed: int) -> None:
        kind("what is looked into is a model", model, Model, "nn.diagnosis.gradient_flow(nn.MLP(2, [8, 1]), X, y)")
        if not model.parameters():
            raise ValueError(f"{type(model).__name__} has no parameters, so there is no gradient to look at")
        data, size = samples_of(model, X, y, loss), count("samples, how many rows to look at,", samples)
        if len(data.rows) > size:
            data = data.chosen(sorted(random.Random(seed).sample(range(len(data.rows)), size)))
        super().__init__(copy.deepcopy(model).train(), named(loss, LOSSES, "loss"), data.rows, data.columns, "eager")
        self.data = data

    def graph(self, of_mean: bool = False) -> Value:
        """The graph of the loss of all samples in one batch; dropout drops the same each time. ``of_mean``: of the mean output for each."""
        for number, module in enumerate(self.model.modules()):
            if isinstance(getattr(module, "generator", None), random.Random):
                vars(module)["generator"] = random.Random(number)
        outputs = self.batch_outputs(self.data.rows)
        if of_mean:
            numbers = [[y.data for y in row] if isinstance(row, list) else [row.data] for row in outputs]
            means = [Value(sum(column) / len(column)) for column in zip(*numbers)]
            outputs = [means if isinstance(row, list) else means[0] for row in outputs]
        value = self.batch_loss(self.data.rows, outputs)
        return value if isinstance(value, Value) else Value(value)
