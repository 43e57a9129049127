"""``model.playground(X, y)``: a network of layers, its programs in JavaScript and its data as one page, in which it is trained."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from autograd_core import TABLE, Value, compile_graph, dot, replace_file, watching_comparisons

from ..activations import ACTIVATIONS, OF_LAYERS, activation_function, activation_name, named
from ..losses import KINDS, LOSSES, NUMBERS, l1_penalty, l2_penalty
from .model import inputs_of
from .prediction import predict
from .samples import samples_of, split_samples

SETS: dict[str, Callable[..., Any]] = {}
"""The data sets in the plane that a page offers: functions of ``n``, ``noise``, ``seed`` and ``labels``. Those of ``nn.data`` are here."""
OFFERED, NOISES = ("tanh", "relu", "sigmoid", "linear"), (0.0, 0.1, 0.25, 0.5)
_ASSETS = resources.files(__package__) / "assets"
UNITS, HIDDEN = 8, 4  # of a hidden layer, and hidden layers, that a reader may choose
SCALES = {"logit": (-3.0, 3.0), "probability": (0.0, 1.0), "sign": (-1.0, 1.0)}  # the outputs that have the full colours


class Playground:
    """A page that trains a network; Jupyter shows it in a frame, ``save`` writes it, and ``html`` is its text."""

    def __init__(self, html: str, description: str) -> None:
        self.html, self.description = html, description

    def save(self, path: str | Path) -> Path:
        """Write the page, ``.html``, which opens without Python and without a network. Returns the path."""
        path = Path(path)
        if path.suffix.lower() not in (".html", ".htm"):
            raise ValueError(f"a playground is saved as .html, not {path.name!r}")
        replace_file(path, self.html)
        return path

    def _repr_html_(self) -> str:
        title, page = html.escape(self.description), html.escape(self.html)
        return f'<iframe title="{title}" style="width: 100%; height: 64em; border: 0" srcdoc="{page}"></iframe>'

    def __repr__(self) -> str:
        return f"<{self.description}>"


def playground(
    model: Any, X: Any = None, y: Any = None, *, loss: Any = "mse", lr: float = 0.03, batch_size: int | None = 10, validation: Any = None,
    seed: int = 0,
) -> Playground:  # fmt: skip
    """A page in the manner of the TensorFlow Playground, in which this network of fully connected layers is trained.

    It shows each weight and what each unit sees; a click on a weight gives the receipt of its gradient. The page offers the data sets
    of ``SETS`` beside ``X`` and ``y``, other activations and, up to 4 hidden layers of 8 units, other sizes. Its gradients are those of
    ``compile_graph`` in JavaScript; its steps are those of ``fit(optimizer=SGD, shuffle=False)`` with this ``loss``, ``batch_size``,
    ``validation`` and ``seed``, but for the last bits of exp and tanh. It gives code that makes the network in Python.

    >>> from nn import MLP
    >>> MLP(2, [4, 2, 1], "tanh", "tanh", seed=1).playground()
    <playground of 2-4-2-1>

    Raises ``ValueError`` for other parts than layers, and where there are no data.
    """
    layers = list(getattr(model, "layers", []))
    if not layers or not all(hasattr(layer, "neurons") for layer in layers):
        raise ValueError(f"a playground shows fully connected layers, such as those of nn.MLP, and this is {model!r}")
    if len({neuron.b is None for layer in layers for neuron in layer.neurons}) > 1:
        raise ValueError("a playground shows a network in which all units have a bias, or none")
    sizes, function = [layers[0].nin, *(layer.nout for layer in layers)], named(loss, LOSSES, "loss")
    activations, units = [layer.activation for layer in layers], [[neuron.parameters() for neuron in layer.neurons] for layer in layers]
    sets = [] if X is None else [_set(model, "own", "X, y = ...  # your data", X, y, loss, validation, seed)]
    if sizes[0] == 2 and (sizes[-1] == 1 or function is LOSSES["cross_entropy"]):
        sets += _offered(model, function, loss, seed)
    if not sets:
        raise ValueError(f"give the data, X and y: the page has data of two inputs and one target, which do not fit {model!r}")
    programs, first, is_free = _choices(sizes, activations, function)
    names = [activation_name(activation) for activation in activations]
    data = {
        "sizes": sizes, "units": UNITS if is_free else 0, "hidden": HIDDEN, "activation": first, "layers": names, "seed": seed,
        "start": [[[p.data for p in unit] for unit in layer] for layer in units], "bias": layers[0].neurons[0].b is not None,
        "unknown": [name for name in names if name not in {*ACTIVATIONS, *OF_LAYERS}], "lr": lr, "batch": batch_size or 0, "sets": sets,
        "he": [name for name in TABLE if TABLE[name].initialization.startswith("he")], "loss": activation_name(loss),
        "scale": SCALES.get(KINDS.get(function, NUMBERS).convention),
    }  # fmt: skip
    texts = {name: (_ASSETS / name).read_text("utf-8") for name in ("page.css", "engine.js", "pictures.js", "panels.js", "page.js")}
    texts |= {"data": _json(data), "programs": programs, "model": html.escape(repr(model)), "picture": _picture(model, data)}
    pieces = re.split(r"/\*([\w.]+)\*/", (_ASSETS / "page.html").read_text("utf-8"))
    page = "".join(texts[piece] if i % 2 else piece for i, piece in enumerate(pieces))
    return Playground(page, f"playground of {'-'.join(map(str, sizes))}")


# -- data --------------------------------------------------------------------------------------------------------------
def _set(model: Any, name: str, code: str, X: Any, y: Any, loss: Any, validation: Any, seed: int, noise: float = 0.0) -> dict[str, Any]:
    """A data set as the page reads it; its rows are those that ``fit`` would train and validate on."""
    samples, held = split_samples(samples_of(model, X, y, loss), validation, model, loss, seed)
    share = validation if isinstance(validation, float | None) else "..."
    return {"name": name, "noise": noise, "code": code, "validation": share, "rows": samples.rows, "held": held.rows if held else []}


def _offered(model: Any, function: Any, loss: Any, seed: int) -> list[dict[str, Any]]:
    """The data sets of ``SETS``, half of each held out; with the labels -1 and 1 where the loss wants them or outputs may be negative."""
    kind = KINDS.get(function, NUMBERS)
    is_signed = kind.convention == "sign" or (kind is NUMBERS and activation_function(model.layers[-1].activation)(-9.0) < 0.0)
    found = []
    for name, make in SETS.items():
        for noise in NOISES:
            chosen = {"noise": noise, "seed": seed, "labels": (-1, 1) if is_signed else (0, 1)}
            code = f"X, y = nn.data.{make.__name__}(200, {', '.join(f'{key}={x!r}' for key, x in chosen.items())})"
            X, y = make(200, **chosen)
            found.append(_set(model, name, code, X, y, loss, 0.5, seed, noise))
    return found


def _picture(model: Any, data: dict[str, Any]) -> str:
    """The output over the plane and the samples, for a reader without scripts."""
    if (data["sizes"][0], data["sizes"][-1]) != (2, 1):
        return ""
    rows, steps = data["sets"][0]["rows"], 24
    low, high = (end(x for row in rows for x in row[:2]) for end in (min, max))
    bottom, top = data["scale"] or (end(row[2] for row in rows) for end in (min, max))

    def fill(value: float) -> str:
        share = (2.0 * value - bottom - top) / ((top - bottom) or 1.0)
        return f'fill="{"#0072b2" if share > 0.0 else "#e08a00"}" fill-opacity="{min(abs(share), 1.0):.2f}"'

    places = [(i, k) for k in range(steps) for i in range(steps)]
    outputs = predict(model, [[low + (high - low) * (part + 0.5) / steps for part in place] for place in places])
    marks = [f'<rect x="{i}" y="{steps - 1 - k}" width="1" height="1" {fill(y)}/>' for (i, k), y in zip(places, outputs)]
    for x, y, target in rows:
        across, up = ((part - low) / ((high - low) or 1.0) * steps for part in (x, y))
        marks.append(f'<circle cx="{across:.2f}" cy="{steps - up:.2f}" r=".25" stroke="#888" stroke-width=".08" {fill(target)}/>')
    frame = f'<svg viewBox="0 0 {steps} {steps}" width="360" role="img" aria-label="the output over the plane, and samples">'
    return f"{frame}{''.join(marks)}</svg>"


def _json(x: Any) -> str:
    return json.dumps(x, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")  # so that no text ends the script


# -- programs ----------------------------------------------------------------------------------------------------------
def _choices(sizes: list[int], activations: Sequence[Any], loss: Any) -> tuple[str, str, bool]:
    """The programs for each activation and number of hidden layers; the activation to begin with; whether sizes can be chosen."""
    *given, output = activations
    names = list(dict.fromkeys(map(activation_name, given))) or [OFFERED[0]]
    is_free = len(given) <= HIDDEN and max(sizes[1:-1], default=0) <= UNITS and len(names) == 1
    depths = range(HIDDEN + 1) if is_free else [len(given)]
    choices: dict[str, list[Any]] = {name: [name] for name in OFFERED} | {" and ".join(names): given or [OFFERED[0]]}
    parts = []
    for name, own in choices.items():
        hidden = {depth: own if len(own) == depth else own[:1] * depth for depth in depths}
        shapes = {depth: [sizes[0], *[UNITS] * depth, sizes[-1]] if is_free else sizes for depth in depths}
        made = ", ".join(f"{depth}: {_programs(shapes[depth], [*hidden[depth], output], loss)}" for depth in depths)
        parts.append(f"{_json(name)}: {{slopes: [{', '.join(map(_slope, own))}], shapes: {{{made}}}}}")
    w, strength = Value(1.0, "w"), Value(1.0, "strength")
    penalties = (f"{name}: {_source(strength * of([w], 1.0), [w], [strength])}" for name, of in (("L1", l1_penalty), ("L2", l2_penalty)))
    return f"PAGE.programs = {{{', '.join(parts)}}};\nPAGE.penalties = {{{', '.join(penalties)}}};", " and ".join(names), is_free


def _programs(sizes: Sequence[int], activations: Sequence[Any], loss: Any) -> str:
    """The loss of a sample with its gradient, and the weighted sums and outputs of all units.

    A smaller network runs as this one with zeros for what it does not have, which changes no bit of the rest.
    """
    inputs, targets, parameters, totals = inputs_of([0.0] * sizes[0]), inputs_of([0.0] * sizes[-1], "t"), [], []
    outputs: list[Any] = [inputs]
    for number, (count, activation) in enumerate(zip(sizes[1:], activations), start=1):
        rows = [[Value(0.0, f"w{number}_{j}_{i}") for i in range(len(outputs[-1]))] for j in range(count)]
        biases = [Value(0.5, f"b{number}_{j}") for j in range(count)]
        parameters += [p for row, bias in zip(rows, biases) for p in (*row, bias)]
        totals.append([dot(row, outputs[-1], bias) for row, bias in zip(rows, biases)])
        with watching_comparisons() as places:
            outputs.append(_activated(activation, totals[-1]))
            value = loss(*([outputs[-1]], [targets]) if count > 1 else (outputs[-1], targets)) if number == len(activations) else None
        if places:
            raise ValueError(f"a page needs one graph for all samples, and Values are compared at {places[0]}: take relu, maximum or where")
    units = [x for layer in (*totals, *outputs[1:]) for x in layer]
    return f"{{gradient: {_source(value, parameters, [*inputs, *targets])}, units: {_source(units, parameters, inputs)}}}"


def _activated(activation: Any, totals: list[Any]) -> list[Any]:
    together = OF_LAYERS.get(activation) if isinstance(activation, str) else None
    return list(together(totals)) if together else list(map(activation_function(activation), totals))


def _slope(activation: Any) -> str:
    z = Value(0.5, "z")
    return _source(activation_function(activation)(z), [z], [])


def _source(found: Any, parameters: Sequence[Value], inputs: Sequence[Value]) -> str:
    """A program as an expression."""
    lines = compile_graph(found, parameters, inputs, "javascript").source.partition("\n\n")[2].splitlines()
    return "(() => {" + "\n".join(line.partition("  // ")[0].strip() for line in lines) + "return program;})()"
