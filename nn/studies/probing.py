"""Looking into a model: its layers, their outputs and gradients, and finite differences of its loss.

What runs is a copy, so that parameters, gradients, modes, running averages and generators of the model stay as they are.
"""

from __future__ import annotations

import copy
import math
import random
from collections.abc import Callable
from typing import Any, NamedTuple

from autograd_core import Value, numerical_gradient, topological_order

from ..activations import activation_name
from ..layers import Neuron
from ..module import Module
from ..perceptron import Perceptron
from ..training.model import Input, Model, Parameter
from ..training.samples import Samples, as_rows, samples_of

WRONG_GRADIENT = 1e-4  # a relative error: the differences of a right gradient stay far below it
STEP = 1e-5  # of the differences, relative to the parameter: rounding and truncation are both far below WRONG_GRADIENT


def layers_of(model: Module) -> dict[str, Model]:
    """The parts that hold no other modules than neurons, by path and description."""
    found: dict[str, Model] = {}
    inside: set[int] = set()
    for path, module in model.named_modules():
        if id(module) in inside:
            continue
        parts = module.modules()[1:]
        if all(isinstance(part, Neuron | Perceptron) for part in parts):
            inside |= set(map(id, parts))
            found[_label(path, module)] = module
    return found


def _label(path: str, module: Model) -> str:
    text = type(module).__name__ if type(module).__repr__ is object.__repr__ else repr(module)
    return f"{path} {text}".strip()


def parameters_of_layers(model: Module) -> dict[str, list[tuple[str, Parameter]]]:
    """The named parameters of each layer that has some; those that stand beside layers come under the model's own name."""
    owners = {id(p): label for label, layer in layers_of(model).items() for p in layer.parameters()}
    groups: dict[str, list[tuple[str, Parameter]]] = {}
    for name, parameter in model.named_parameters():
        groups.setdefault(owners.get(id(parameter), type(model).__name__), []).append((name, parameter))
    return groups


def activation_of(module: Model) -> str:
    activation = getattr(module, "activation", "")
    return str(getattr(activation, "name", None) or activation_name(activation))  # a primitive says its name


class Seen(NamedTuple):
    """A layer, and what it puts out: a row of numbers for each time it is called."""

    activation: str
    layer: Model
    rows: list[list[float]]


def outputs_of_layers(model: Module, X: Any) -> dict[str, Seen]:
    """What each layer puts out for the rows of ``X`` in evaluation mode."""
    twin, samples = copy.deepcopy(model).eval(), as_rows(X)
    found = {label: Seen(activation_of(layer), layer, []) for label, layer in layers_of(twin).items()}
    for seen in found.values():
        vars(seen.layer)["forward"] = _noting(seen.layer.forward, seen.rows)
    for row in samples:
        twin([Input(value, f"x{i}") for i, value in enumerate(row)])
    return {label: seen for label, seen in found.items() if seen.rows}


def _noting(forward: Callable[[Any], Any], rows: list[list[float]]) -> Callable[[Any], Any]:
    def noted(x: Any) -> Any:
        output = forward(x)
        rows.append([y.data if isinstance(y, Value) else float(y) for y in (output if isinstance(output, list | tuple) else [output])])
        return output

    return noted


def drawn_samples(model: Module, X: Any, y: Any, loss: Any, count: int, seed: int) -> Samples:
    if not model.parameters():
        raise ValueError(f"{type(model).__name__} has no parameters, so there is no gradient to look at")
    data = samples_of(model, X, y, loss)
    if count < 1:
        raise ValueError(f"samples is how many rows to look at, 1 or more, not {count!r}")
    return data if len(data.rows) <= count else data.chosen(sorted(random.Random(seed).sample(range(len(data.rows)), count)))


def batch_loss(model: Module, data: Samples, loss: Callable[[Any, Any], Any]) -> Value:
    """The graph of the loss of all samples in one batch; dropout drops the same each time."""
    for number, module in enumerate(model.modules()):
        if isinstance(getattr(module, "generator", None), random.Random):
            vars(module)["generator"] = random.Random(number)
    inputs = [[Input(value, f"x{i}") for i, value in enumerate(row[: data.columns])] for row in data.rows]
    value = loss(model.batch(inputs), [row[data.columns] if data.single else row[data.columns :] for row in data.rows])
    return value if isinstance(value, Value) else Value(value)


def all_mean(outputs: list[Any]) -> list[Any]:
    """The mean output in place of each."""
    numbers = [[float(y.data) for y in row] if isinstance(row, list) else [row.data] for row in outputs]
    means = [sum(column) / len(column) for column in zip(*numbers)]
    return [means if isinstance(row, list) else means[0] for row in outputs]


# -- finite differences ----------------------------------------------------------------------------------------------
class Compared(NamedTuple):
    """A parameter, and its derivative by backpropagation and by finite differences."""

    layer: str
    name: str
    exact: float
    numeric: float
    error: float
    on_kink: bool


def compared(model: Module, loss: Callable[[], Value], output: Value, per_layer: int, chance: random.Random) -> list[Compared]:
    """The gradient of ``output``, a value of ``loss()``, beside finite differences, in some parameters of each layer."""
    model.zero_grad()
    output.backward()
    floor, found = 1e-3 * abs(output.data), []  # below the floor, rounding of the loss shows
    for layer, named in parameters_of_layers(model).items():
        for name, parameter in chance.sample(named, min(per_layer, len(named))):
            exact, start = parameter.grad, parameter.data

            def at(x: Any, parameter: Parameter = parameter) -> float:
                parameter.data = x.data if isinstance(x, Value) else x
                return loss().data

            numeric = numerical_gradient(at, start, STEP * max(1.0, abs(start)))
            if relative_error(exact, numeric, floor) > WRONG_GRADIENT:
                numeric = numerical_gradient(at, start)  # extrapolated: more exact, for four times the work
            error = relative_error(exact, numeric, floor)
            on_kink = error > WRONG_GRADIENT and is_kink(at, start, exact)
            parameter.data = start
            found.append(Compared(layer, name, exact, numeric, error, on_kink))
    return found


def relative_error(exact: float, numeric: float, floor: float) -> float:
    difference = abs(exact - numeric)
    return 0.0 if difference == 0.0 else difference / max(abs(exact), abs(numeric), floor) if math.isfinite(difference) else math.inf


def is_kink(f: Callable[[float], float], x: float, slope: float) -> bool:
    """Whether ``slope`` lies between the slopes on the two sides of ``x``, as that of a kink does; a wrong one of a smooth f does not."""
    step, middle = STEP * max(1.0, abs(x)), f(x)
    low, high = sorted([(middle - f(x - step)) / step, (f(x + step) - middle) / step])
    margin = 0.01 * (high - low)
    return low - margin <= slope <= high + margin


def cause_of(output: Value) -> str:
    """The operation in the graph whose derivative contradicts its own values, if there is one."""
    tried: dict[str, int] = {}
    for node in topological_order(output):
        row, operands = node.primitive, [parent.data for parent in node.parents]
        tried[node.op] = tried.get(node.op, 0) + 1
        if row is None or row.arity is None or tried[node.op] > 20:  # so often that a wrong row has shown
            continue
        for k, exact in enumerate(node.local_derivatives):

            def at(x: Any, evaluate: Any = row.evaluate, k: int = k, operands: list[float] = operands) -> float:
                return float(evaluate(*operands[:k], x.data if isinstance(x, Value) else x, *operands[k + 1 :]))

            try:
                numeric = numerical_gradient(at, operands[k])
                if relative_error(exact, numeric, 1e-3) > WRONG_GRADIENT and not is_kink(at, operands[k], exact):
                    return f"The operation {node.op!r} is to blame: at {operands} its row says {exact:.6g}, its values say {numeric:.6g}."
            except (ValueError, ArithmeticError):  # on the edge of where the operation is defined
                continue
    return "Perhaps the model or the loss reads .data or calls the functions of math, which cuts the graph."
