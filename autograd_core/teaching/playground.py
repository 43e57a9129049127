"""A page in which a network of layers is trained: its programs in JavaScript, its data, and what each unit and each weight does."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

from ..choices import require_list
from ..functions import dot, relu
from ..number import real
from ..primitive import TABLE
from ..programs.compile import compile_graph
from ..table import sigmoid, tanh
from ..value import Value
from ..views.pages import Page
from ..watching import watching_comparisons
from .page_data import as_json
from .templates import asset, filled

OFFERED: dict[str, Callable[[Any], Any]] = {"tanh": tanh, "relu": relu, "sigmoid": sigmoid, "linear": lambda z: z}
UNITS, HIDDEN = 8, 4  # of a hidden layer, and hidden layers, that a reader may choose
_SCRIPTS = ("pictures.js", "panels.js", "page.js")

Named = tuple[str, Callable[..., Any]]
Units = Sequence[Sequence[Sequence[Any]]]


def playground(
    weights: Units, hidden: Sequence[Named], output: Named, loss: Named, sets: Sequence[Mapping[str, Any]], *,
    bias: bool = True, title: str = "a network", lr: float = 0.03, batch_size: int | None = None, seed: int = 0,
    scale: tuple[float, float] | None = None, code: str = "", own: Collection[str] = (),
) -> Page:  # fmt: skip
    """A page in the manner of the TensorFlow Playground, in which a network of fully connected layers is trained.

    ``weights`` are those to start from: for each layer the units, for each unit its weights and, with ``bias``, its bias last. ``hidden``
    are the activations of the hidden layers, ``(name, function of a Value)``; ``output`` that of the last one, a function of the list of
    its weighted sums, that gives a list; ``loss`` a function of the lists of outputs and targets of one sample. ``sets`` are data to
    train on: dictionaries with a ``name`` and ``rows`` (inputs and targets of a sample), and, if there are, rows ``held`` out, and the
    ``noise`` by which sets of one name differ. Steps are those of gradient descent, by the mean over batches of ``batch_size`` rows
    (``None``: all) in their order; the gradients are those of :func:`compile_graph`. ``scale`` are the outputs with the full colours.

    ``code`` is the program that the page shows, with its state in places such as ``{layers}``, ``{activation}``, ``{numbers}``, ``{made}``,
    ``{lr}``, ``{batch}``, ``{penalty}``, ``{strength}``, and, of the set, ``{data}`` (its ``code``) and ``{validation}``; a line that
    has nothing for a place is left out, and the names in ``own`` stand without quotes.

    >>> data = {"name": "two points", "rows": [[-1.0, 0.0, -1.0], [1.0, 0.0, 1.0]]}
    >>> playground([[[0.5, -0.5, 0.0]]], [], ("tanh", lambda z: [tanh(z[0])]), ("error", lambda y, t: (y[0] - t[0]) ** 2), [data])
    <playground of 2-1>

    Raises ``ValueError`` for weights, activations and rows that do not fit together, without data, and where a function compares Values.
    """
    listed = partial(require_list, written="[[[0.5, -0.5, 0.0]]], one unit of two weights and a bias")
    layers = [listed("a layer is", layer) for layer in listed("weights is", weights)]
    weights = [[[real(x) for x in listed("a unit is", unit)] for unit in layer] for layer in layers]
    if strange := [x for layer in weights for unit in layer for x in unit if not math.isfinite(x)]:
        raise ValueError(f"a weight is {strange[0]}, and a training starts from finite numbers")
    sizes = _sizes(weights, len(hidden), bias, sets)
    names, (programs, first, is_free) = [name for name, _ in (*hidden, output)], _choices(sizes, hidden, output[1], loss[1])
    data = {
        "sizes": sizes, "units": UNITS * is_free, "hidden": HIDDEN, "activation": first, "layers": names, "seed": seed, "start": weights,
        "sets": [{"noise": None, "code": "", "validation": None, "held": [], **given} for given in sets], "loss": loss[0], "bias": bias,
        "he": [name for name in TABLE if TABLE[name].initialization.startswith("he")], "scale": scale, "lr": lr,
        "batch": batch_size or 0, "code": code, "own": sorted(own),
    }  # fmt: skip
    functions = [*(_of_each(function) for _, function in hidden), output[1]]
    page = filled(
        "playground/playground.html", title=html.escape(title), style=asset("playground/playground.css"), data=as_json(data),
        programs=programs, picture=_picture(weights, functions, bias, sizes, sets[0]["rows"]), training=asset("playground/training.js"),
        view="\n".join(asset(f"playground/{name}") for name in _SCRIPTS),
    )  # fmt: skip
    return Page(page, f"playground of {'-'.join(map(str, sizes))}")


def _sizes(weights: Units, hidden: int, bias: bool, sets: Sequence[Mapping[str, Any]]) -> list[int]:
    """The number of inputs, and of the units of each layer; ``ValueError`` for what does not fit together."""
    if not weights or not all(weights) or hidden != len(weights) - 1:
        given = f"here are {len(weights)} layer(s) and {hidden} function(s)"
        raise ValueError(f"a network has at least a layer of units, and each hidden one an activation: {given}")
    sizes = [len(weights[0][0]) - bias, *map(len, weights)]
    for number, (inputs, layer) in enumerate(zip(sizes, weights), start=1):
        for unit in layer:
            if len(unit) != inputs + bias or inputs < 1:
                with_bias = " and, as all have a bias, or none, a bias" if bias else ", and no bias, as all have one, or none"
                raise ValueError(f"a unit of layer {number} has {inputs} weights{with_bias}: {len(unit)} numbers do not fit")
    if not sets:
        raise ValueError(f"give the data to train on: there are none that fit a network of {sizes[0]} inputs and {sizes[-1]} output(s)")
    for data in sets:
        for row in (*data["rows"], *data.get("held", ())):
            if len(row) != sizes[0] + sizes[-1]:
                raise ValueError(f"a row of {data['name']!r} has {sizes[0]} input(s) and {sizes[-1]} target(s), not {len(row)} numbers")
    return sizes


def _of_each(function: Callable[[Any], Any]) -> Callable[[list[Any]], list[Any]]:
    return lambda z: list(map(function, z))


def _layers(x: list[Any], weights: Units, functions: Sequence[Callable[[list[Any]], list[Any]]]) -> tuple[list[Any], list[Any]]:
    """The weighted sums and the outputs of all layers; each unit has a bias behind its weights."""
    totals, outputs = [], [x]
    for layer, function in zip(weights, functions):
        totals.append([dot(unit[:-1], outputs[-1], unit[-1]) for unit in layer])
        outputs.append(function(totals[-1]))
    return totals, outputs[1:]


def _picture(weights: Units, functions: Sequence[Any], bias: bool, sizes: Sequence[int], rows: Sequence[Sequence[float]]) -> str:
    """The output over the plane, and the samples, for a reader without scripts."""
    if (sizes[0], sizes[-1]) != (2, 1):
        return ""
    coordinates, targets, steps = [x for row in rows for x in row[:2]], [row[2] for row in rows], 24
    low, scale = min(coordinates), (max(coordinates) - min(coordinates)) / steps or 1.0
    middle, half = (max(targets) + min(targets)) / 2, (max(targets) - min(targets)) / 2 or 1.0
    units = [[[*map(Value, unit), *([] if bias else [0.0])] for unit in layer] for layer in weights]
    grid = [[low + scale * (i + 0.5), low + scale * (k + 0.5)] for k in range(steps) for i in range(steps)]
    found = [_layers([Value(x), Value(y)], units, functions)[1][-1][0].data for x, y in grid]
    shapes = []
    for size, dots, line in ((0.5, zip(grid, found), "none"), (0.25, zip(rows, targets), "#777")):
        for (x, y, *_), value in dots:
            share, place = (value - middle) / half, f'x="{(x - low) / scale - size:.2f}" y="{steps - (y - low) / scale - size:.2f}"'
            colour = f'fill="{"#e69f00" if share > 0.0 else "#0072b2"}" fill-opacity="{min(abs(share), 1.0):.2f}"'
            shapes.append(f'<rect {place} width="{2 * size}" height="{2 * size}" {colour} stroke="{line}" stroke-width=".06"/>')
    return f'<svg viewBox="0 0 24 24" width="360" role="img" aria-label="the output over the plane, and samples">{"".join(shapes)}</svg>'


# -- programs ----------------------------------------------------------------------------------------------------------
def _choices(sizes: list[int], hidden: Sequence[Named], output: Any, loss: Any) -> tuple[str, str, bool]:
    """The programs for each activation and number of hidden layers; the activation to begin with; whether sizes can be chosen."""
    names = list(dict.fromkeys(name for name, _ in hidden)) or [next(iter(OFFERED))]
    given = [function for _, function in hidden] or [OFFERED[names[0]]]
    is_free = len(hidden) <= HIDDEN and max(sizes[1:-1], default=0) <= UNITS and len(names) == 1
    shapes = {n: [sizes[0], *[UNITS] * n, sizes[-1]] for n in range(HIDDEN + 1)} if is_free else {len(hidden): sizes}
    choices: dict[str, list[Any]] = {name: [function] for name, function in OFFERED.items()} | {" and ".join(names): given}
    parts = []
    for name, functions in choices.items():
        z, chosen = Value(0.5, "z"), {n: functions if len(functions) == n else functions[:1] * n for n in shapes}
        slopes = ", ".join(_source(function(z), [z], []) for function in functions)
        made = ", ".join(f"{n}: {_programs(shape, [*map(_of_each, chosen[n]), output], loss)}" for n, shape in shapes.items())
        parts.append(f"{as_json(name)}: {{slopes: [{slopes}], shapes: {{{made}}}}}")
    w, strength = Value(1.0, "w"), Value(1.0, "strength")
    penalties = (f"{name}: {_source(strength * penalty, [w], [strength])}" for name, penalty in (("L1", abs(w)), ("L2", w * w)))
    return f"PAGE.programs = {{{', '.join(parts)}}};\nPAGE.penalties = {{{', '.join(penalties)}}};", " and ".join(names), is_free


def _programs(sizes: Sequence[int], functions: Sequence[Any], loss: Any) -> str:
    """The loss of a sample with its gradient, and the weighted sums and outputs of all units.

    A smaller network runs as this one with zeros for what it does not have, which changes no bit of the rest.
    """
    inputs, targets = ([Value(0.0, f"{letter}{i}") for i in range(1, size + 1)] for letter, size in (("x", sizes[0]), ("t", sizes[-1])))
    units = [
        [[*(Value(0.0, f"w{number}_{j}_{i}") for i in range(1, before + 1)), Value(0.5, f"b{number}_{j}")] for j in range(1, count + 1)]
        for number, (before, count) in enumerate(pairwise(sizes), start=1)
    ]
    with watching_comparisons() as places:
        totals, outputs = _layers(inputs, units, functions)
        value = loss(outputs[-1], targets)
    if places:
        raise ValueError(f"a page needs one graph for all samples, and Values are compared at {places[0]}: take relu, maximum or where")
    parameters = [p for layer in units for unit in layer for p in unit]
    seen = [x for layer in (*totals, *outputs) for x in layer]
    return f"{{gradient: {_source(value, parameters, [*inputs, *targets])}, units: {_source(seen, parameters, inputs)}}}"


def _source(found: Any, parameters: Sequence[Value], inputs: Sequence[Value]) -> str:
    """A program as an expression."""
    lines = compile_graph(found, parameters, inputs, "javascript").source.partition("\n\n")[2].splitlines()
    return "(() => {" + "\n".join(line.partition("  // ")[0].strip() for line in lines) + "return program;})()"
