"""The numbers behind the pictures of :mod:`nn.plots`: grids, class regions, hidden layers, loss surfaces. Plain lists, no drawing."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import autograd_core as ac

from .layers import OF_LAYERS, Sequential, activation_function
from .module import Module, Parameter
from .prediction import last_activation, predict
from .tables import as_labels, as_numbers, as_rows, as_targets, check_lengths

Range = tuple[float, float]


class Box(NamedTuple):
    """The part of a plane that a picture shows."""

    x: Range
    y: Range


class Labelled(NamedTuple):
    """Samples of classes: the inputs, the number of each sample's class from 0 on, and what each class is called."""

    rows: list[list[float]]
    classes: list[int]
    names: list[int]


class ClassRegions(NamedTuple):
    """What a model says over a grid; rows of the tables go along ``ys``, columns along ``xs``."""

    xs: list[float]
    ys: list[float]
    classes: list[list[int]]
    margins: list[list[list[float]]]
    """One table a class: how far its score is above the best of the others, so that the class's border is where this is 0."""


class StepErrors(NamedTuple):
    """Finite differences at one point, from the largest step to the smallest."""

    steps: list[float]
    errors: list[float]
    best: int
    """The position of the smallest error."""


def ticks(low: float, high: float, steps: int) -> list[float]:
    """``steps`` numbers from ``low`` to ``high``, evenly spaced, both ends among them.

    >>> ticks(0.0, 1.0, 5)
    [0.0, 0.25, 0.5, 0.75, 1.0]
    """
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"low is less than high, and both are finite, not low={low!r} and high={high!r}")
    if not isinstance(steps, int) or steps < 2:
        raise ValueError(f"steps is a whole number from 2 on, not {steps!r}")
    return [low + (high - low) * i / (steps - 1) for i in range(steps - 1)] + [high]


def box_around(points: Sequence[Sequence[float]], low: Any = None, high: Any = None) -> Box:
    """The box from ``low`` to ``high``, each a number or one for each axis; what is ``None`` is fitted to the points, with a margin.

    >>> box_around([[0.0, 0.0], [1.0, 2.0]], low=-1.0)
    Box(x=(-1.0, 1.15), y=(-1.0, 2.3))
    """
    if (low is None or high is None) and not points:
        raise ValueError("without points to fit it to, the box needs low and high")
    sides = []
    for axis in range(2):
        column = [point[axis] for point in points] or [0.0]
        margin = 0.15 * (max(column) - min(column)) or 1.0
        least, most = _on_axis(low, axis, "low"), _on_axis(high, axis, "high")
        sides.append((min(column) - margin if least is None else least, max(column) + margin if most is None else most))
        ticks(*sides[-1], 2)  # refuses an empty side
    return Box(*sides)


def _on_axis(limit: Any, axis: int, name: str) -> float | None:
    if limit is None or isinstance(limit, int | float):
        return limit
    if len(limit) != 2:
        raise ValueError(f"{name} is a number, or a pair with one for each axis, not {limit!r}")
    return float(limit[axis])


# -- classes -----------------------------------------------------------------------------------------------------------
def labelled(model: Module, X: Any, y: Any) -> Labelled:
    """The samples with their classes, as the outputs of ``model`` number them.

    One output tells two labels apart, such as 0 and 1 or -1 and 1. Several outputs stand for the labels from 0 on (two of them
    also for -1 and 1), which may be given as one-hot rows. ``ValueError`` for labels that the outputs cannot stand for.

    >>> from nn import MLP
    >>> labelled(MLP(2, [1]), [[0.0, 1.0], [1.0, 1.0]], [1, -1])
    Labelled(rows=[[0.0, 1.0], [1.0, 1.0]], classes=[1, 0], names=[-1, 1])
    """
    rows = as_rows(X)
    targets = as_targets(y)
    check_lengths(rows, targets)
    if isinstance(targets[0], list) and len(targets[0]) > 1:
        targets = [float(_largest(target)) for target in targets]  # type: ignore[arg-type]
    labels = as_labels([target[0] if isinstance(target, list) else target for target in targets])
    names, outputs = sorted(set(labels)), len(_scores(predict(model, rows[:1])[0]))
    if outputs > 2 or (outputs == 2 and -1 not in names):
        as_labels(labels, classes=outputs)
        return Labelled(rows, labels, list(range(outputs)))
    if len(names) > 2:
        given = ", ".join(map(str, names[:8])) + (", ..." if len(names) > 8 else "")
        raise ValueError(f"y has the labels {given}, and a model with {outputs} output(s) tells two apart: give it one output a class")
    names = [0, 1] if set(names) <= {0, 1} else [-1, 1] if set(names) <= {-1, 1} else names
    return Labelled(rows, [names.index(label) for label in labels], names)


def require_plane(rows: Sequence[Sequence[float]]) -> None:
    """``ValueError`` unless the samples have two inputs."""
    if rows and len(rows[0]) != 2:
        raise ValueError(
            f"regions are drawn over the plane of two inputs, and X has {len(rows[0])} column(s): train on two of them, "
            "or look at hidden_space(model, X, y)"
        )


def class_regions(model: Module, box: Box, steps: int = 60, threshold: float | None = None) -> ClassRegions:
    """The class at each point of a grid of ``steps`` by ``steps`` over ``box``.

    Of several outputs the largest (the first of equals) is the class. A single one is compared with ``threshold``, by default
    0.5 behind a sigmoid and else 0, as ``predict_classes`` does. ``ValueError`` if an output is not finite.

    >>> from nn.logic import gate
    >>> class_regions(gate("and"), Box((0.0, 1.0), (0.0, 1.0)), steps=2).classes
    [[0, 0], [0, 1]]
    """
    xs, ys = ticks(*box.x, steps), ticks(*box.y, steps)
    points = [[x, y] for y in ys for x in xs]
    middle = (0.5 if last_activation(model) == "sigmoid" else 0.0) if threshold is None else threshold
    classes, margins = [], []
    for point, output in zip(points, predict(model, points)):
        scores = _scores(output)
        if not all(map(math.isfinite, scores)):
            raise ValueError(f"the model gives {output!r} at {point}: its outputs must be finite numbers to show classes")
        scores = [middle, *scores] if len(scores) == 1 else scores
        classes.append(_largest(scores))
        margins.append([score - max(scores[:k] + scores[k + 1 :]) for k, score in enumerate(scores)])
    # Where scores are equal over a whole region (threshold units), their margins of 0 mark no border: the classes do.
    if sum(max(own) <= 0.0 for own in margins) > steps:
        margins = [[1.0 if k == winner else -1.0 for k in range(len(own))] for winner, own in zip(classes, margins)]
    tables = [[[own[k] for own in row] for row in _folded(margins, steps)] for k in range(len(margins[0]))]
    return ClassRegions(xs, ys, _folded(classes, steps), tables)


def _scores(output: Any) -> list[float]:
    return output if isinstance(output, list) else [output]


def _largest(numbers: Sequence[float]) -> int:
    return max(range(len(numbers)), key=numbers.__getitem__)


def _folded(cells: Sequence[Any], width: int) -> list[Any]:
    return [cells[start : start + width] for start in range(0, len(cells), width)]


# -- hidden layers, single functions -----------------------------------------------------------------------------------
def hidden_outputs(model: Module, X: Any, layer: int = 0) -> tuple[list[list[float]], Sequential | None]:
    """The outputs of a layer of ``model`` for each row of ``X``, and the layers behind it as a model (``None`` behind the last).

    >>> from nn.logic import xor_network
    >>> hidden, rest = hidden_outputs(xor_network("step"), [[0, 0], [0, 1], [1, 0], [1, 1]])
    >>> hidden, rest.predict(hidden)
    ([[0.0, 0.0], [1.0, 0.0], [1.0, 0.0], [1.0, 1.0]], [0.0, 1.0, 1.0, 0.0])
    """
    layers = getattr(model, "layers", None)
    if not isinstance(layers, list):
        raise ValueError(f"{type(model).__name__} has no layers: a hidden layer is shown of an MLP or a Sequential")
    if not isinstance(layer, int) or not 0 <= layer < len(layers):
        raise ValueError(f"layer is from 0 to {len(layers) - 1} for this model, not {layer!r}")
    front, behind = Sequential(*layers[: layer + 1]), layers[layer + 1 :]
    outputs = [_scores(output) for output in predict(front, X)]
    return outputs, Sequential(*behind) if behind else None


def activation_curve(name: str | Callable[[Any], Any], xs: Sequence[float]) -> tuple[list[float], list[float]]:
    """An activation and its derivative, by automatic differentiation, at each of ``xs``; softmax is that of ``(x, 0)``.

    >>> activation_curve("tanh", [0.0])
    ([0.0], [1.0])
    """
    together = OF_LAYERS.get(name) if isinstance(name, str) else None

    def function(x: Any) -> Any:
        return together([x, 0.0])[0] if together else activation_function(name)(x)

    derivative = ac.grad(function)
    return [_number(function(x)) for x in xs], [derivative(x) for x in xs]


def function_curve(model: Module, X: Any, y: Any, steps: int = 300) -> tuple[list[float], list[float], list[float], list[float]]:
    """The inputs and targets of a regression from one number to one, and an even grid around the inputs with the model's outputs."""
    rows = as_rows(X)
    if len(rows[0]) != 1:
        raise ValueError(f"a function is drawn over one input, and X has {len(rows[0])} columns")
    targets = [target[0] if isinstance(target, list) and len(target) == 1 else target for target in as_targets(y)]
    numbers = as_numbers(targets)
    check_lengths(rows, numbers)
    column = [row[0] for row in rows]
    margin = 0.05 * (max(column) - min(column)) or 1.0
    xs = ticks(min(column) - margin, max(column) + margin, steps)
    outputs = predict(model, [[x] for x in xs])
    if isinstance(outputs[0], list):
        raise ValueError(f"a function is drawn of one output, and the model has {len(outputs[0])}")
    return column, numbers, xs, outputs


# -- losses, steps, costs ----------------------------------------------------------------------------------------------
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
    return grid


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
