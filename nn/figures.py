"""The numbers behind the pictures of :mod:`nn.plots`: grids, class regions, hidden layers, loss surfaces. Plain lists, no drawing."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import autograd_core as ac

from .history import History
from .layers import OF_LAYERS, Sequential, activation_function
from .module import Module
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


def box_within(centre: Sequence[float], span: float | Sequence[float]) -> Box:
    """The box that reaches ``span`` to all sides of ``centre``; ``span`` may be a pair.

    >>> box_within((1.0, 2.0), (0.5, 1.0))
    Box(x=(0.5, 1.5), y=(1.0, 3.0))
    """
    reach = [_on_axis(span, axis, "span") for axis in range(2)]
    return box_around([], [c - r for c, r in zip(centre, reach)], [c + r for c, r in zip(centre, reach)])  # type: ignore[operator]


def _on_axis(limit: Any, axis: int, name: str) -> float | None:
    if limit is None or not hasattr(limit, "__len__"):
        return None if limit is None else float(limit)
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
        targets = [float(_largest(target)) for target in targets if isinstance(target, list)]
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


def fit_with_snapshots(
    model: Module, X: Any, y: Any, look: Callable[[], Any], frames: int, options: dict[str, Any]
) -> tuple[list[tuple[str, Any]], History]:
    """Train with ``model.fit``; ``look()`` before it, after epochs in even distances, and at the end, each with a title."""
    if not isinstance(frames, int) or frames < 2:
        raise ValueError(f"frames is a whole number from 2 on (the first shows the untrained model), not {frames!r}")
    own, wanted = options.get("callback"), options.get("epochs", 100)
    due = {round(i * wanted / (frames - 1)) for i in range(1, frames - 1)} - {wanted}
    shots = [("before training", look())]

    def callback(trained: Module, history: History) -> Any:
        if len(history) in due:
            shots.append((f"epoch {len(history)}: loss {history['loss'][-1]:.3g}", look()))
        return own(trained, history) if own else None

    history = model.fit(X, y, **(options | {"callback": callback}))
    shots.append((f"after {history}", look()))
    return shots, history


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


class View(NamedTuple):
    """One panel of the picture of a hidden layer: the points, two numbers each, and the regions of the layers from there on."""

    title: str
    x: str
    y: str
    points: list[list[float]]
    regions: ClassRegions | None


def hidden_views(model: Module, samples: Labelled, layer: int) -> list[View]:
    """The inputs, and the outputs of a layer: of two units both, of one its number line, of more each pair of the first three."""
    hidden, rest = hidden_outputs(model, samples.rows, layer)
    pairs = [(0, 1), (0, 2), (1, 2)] if len(hidden[0]) > 2 else [(0, 1)]
    shown: list[Any] = [("Inputs", "x", samples.rows, (0, 1), model), *(("Hidden space", "h", hidden, pair, rest) for pair in pairs)]
    views = []
    for title, letter, rows, pair, head in shown:
        points = [[row[i] if i < len(row) else 0.0 for i in pair] for row in rows]
        x, y = (f"{letter}{i + 1}" if i < len(rows[0]) else "" for i in pair)
        regions = class_regions(head, box_around(points)) if head is not None and len(rows[0]) == 2 else None
        views.append(View(title, x, y, points, regions))
    return views


def activation_curve(name: str | Callable[[Any], Any], xs: Sequence[float]) -> tuple[list[float], list[float]]:
    """An activation and its derivative, by automatic differentiation, at each of ``xs``; softmax is that of ``(x, 0)``.

    >>> activation_curve("tanh", [0.0])
    ([0.0], [1.0])
    """
    together = OF_LAYERS.get(name) if isinstance(name, str) else None

    def function(x: Any) -> Any:
        return together([x, 0.0])[0] if together else activation_function(name)(x)

    derivative = ac.grad(function)
    return [float(function(x)) for x in xs], [derivative(x) for x in xs]


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
