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

from ..activations import ACTIVATIONS, OF_LAYERS, activation_function, activation_name
from ..arguments import count, named, number
from ..losses import KINDS, LOSSES, NUMBERS, l1_penalty, l2_penalty
from .model import inputs_of
from .prediction import predict
from .samples import samples_of, split_samples

SETS: dict[str, Callable[..., Any]] = {}
"""The data sets in the plane that a page offers: functions of ``n``, ``noise``, ``seed`` and ``labels``. Those of ``nn.data`` are here."""
OFFERED, NOISES = ("tanh", "relu", "sigmoid", "linear"), (0.0, 0.1, 0.25, 0.5)
UNITS, HIDDEN = 8, 4  # of a hidden layer, and hidden layers, that a reader may choose
_ASSETS = resources.files(__package__) / "assets"


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
    kind, activations = KINDS.get(function, NUMBERS), [layer.activation for layer in layers]
    sets = [] if X is None else [_set(model, "own", "X, y = ...  # your data", X, y, loss, validation, seed)]
    if sizes[0] == 2 and (sizes[-1] == 1 or function is LOSSES["cross_entropy"]):
        is_signed = kind.convention == "sign" or (kind is NUMBERS and activation_function(activations[-1])(-9.0) < 0.0)
        sets += _offered(model, loss, seed, (-1, 1) if is_signed else (0, 1))
    if not sets:
        raise ValueError(f"give the data, X and y: the page has data of two inputs and one target, which do not fit {model!r}")
    names, (programs, first, is_free) = [activation_name(x) for x in activations], _choices(sizes, activations, function)
    data = {
        "sizes": sizes, "units": UNITS * is_free, "hidden": HIDDEN, "activation": first, "layers": names, "seed": seed, "sets": sets,
        "start": [[[p.data for p in neuron.parameters()] for neuron in layer.neurons] for layer in layers], "loss": activation_name(loss),
        "unknown": [name for name in names if name not in {*ACTIVATIONS, *OF_LAYERS}], "bias": layers[0].neurons[0].b is not None,
        "he": [name for name in TABLE if TABLE[name].initialization.startswith("he")], "convention": kind.convention,
        "lr": number("lr", lr), "batch": 0 if batch_size is None else count("batch_size", batch_size),
    }  # fmt: skip
    picture = _picture(model, sizes, sets[0]["rows"])
    texts = {"data": _json(data), "programs": programs, "model": html.escape(repr(model)), "picture": picture}
    pieces = re.split(r"/\*([\w.]+)\*/", (_ASSETS / "page.html").read_text("utf-8"))  # every second one is a name
    found = (texts[piece] if piece in texts else (_ASSETS / piece).read_text("utf-8") for piece in pieces[1::2])
    page = "".join(part for pair in zip(pieces[::2], [*found, ""]) for part in pair)
    return Playground(page, f"playground of {'-'.join(map(str, sizes))}")


def _set(model: Any, name: str, code: str, X: Any, y: Any, loss: Any, validation: Any, seed: int, noise: float = 0.0) -> dict[str, Any]:
    """A data set as the page reads it; its rows are those that ``fit`` would train and validate on."""
    samples, held = split_samples(samples_of(model, X, y, loss), validation, model, loss, seed)
    share = validation if isinstance(validation, float | None) else "..."
    rows, others = ([list(map(float, row)) for row in part.rows] if part else [] for part in (samples, held))
    return {"name": name, "noise": noise, "code": code, "validation": share, "rows": rows, "held": others}


def _offered(model: Any, loss: Any, seed: int, labels: tuple[int, int]) -> list[dict[str, Any]]:
    """The data sets of ``SETS``, half of each held out."""
    found = []
    for name, make, noise in ((name, make, noise) for name, make in SETS.items() for noise in NOISES):
        X, y = make(200, noise=noise, seed=seed, labels=labels)
        code = f"X, y = nn.data.{make.__name__}(200, noise={noise}, seed={seed}, labels={labels})"
        found.append(_set(model, name, code, X, y, loss, 0.5, seed, noise))
    return found


def _picture(model: Any, sizes: Sequence[int], rows: Sequence[Sequence[float]]) -> str:
    """The output over the plane, and the samples, for a reader without scripts."""
    if (sizes[0], sizes[-1]) != (2, 1):
        return ""
    coordinates, targets, steps = [x for row in rows for x in row[:2]], [row[2] for row in rows], 24
    low, scale = min(coordinates), (max(coordinates) - min(coordinates)) / steps or 1.0
    middle, half = (max(targets) + min(targets)) / 2, (max(targets) - min(targets)) / 2 or 1.0
    grid = [[low + scale * (i + 0.5), low + scale * (k + 0.5)] for k in range(steps) for i in range(steps)]
    shapes = []
    for size, dots, line in ((0.5, zip(grid, predict(model, grid)), "none"), (0.25, zip(rows, targets), "#777")):
        for (x, y, *_), value in dots:
            share, place = (value - middle) / half, f'x="{(x - low) / scale - size:.2f}" y="{steps - (y - low) / scale - size:.2f}"'
            colour = f'fill="{"#0072b2" if share > 0.0 else "#e08a00"}" fill-opacity="{min(abs(share), 1.0):.2f}"'
            shapes.append(f'<rect {place} width="{2 * size}" height="{2 * size}" {colour} stroke="{line}" stroke-width=".06"/>')
    return f'<svg viewBox="0 0 24 24" width="360" role="img" aria-label="the output over the plane, and samples">{"".join(shapes)}</svg>'


def _json(x: Any) -> str:
    return json.dumps(x, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")  # so that no text ends the script


# -- programs ----------------------------------------------------------------------------------------------------------
def _choices(sizes: list[int], activations: Sequence[Any], loss: Any) -> tuple[str, str, bool]:
    """The programs for each activation and number of hidden layers; the activation to begin with; whether sizes can be chosen."""
    *given, output = activations
    names = list(dict.fromkeys(map(activation_name, given))) or [OFFERED[0]]
    is_free = len(given) <= HIDDEN and max(sizes[1:-1], default=0) <= UNITS and len(names) == 1
    shapes = {n: [sizes[0], *[UNITS] * n, sizes[-1]] for n in range(HIDDEN + 1)} if is_free else {len(given): sizes}
    choices: dict[str, list[Any]] = {name: [name] for name in OFFERED} | {" and ".join(names): given or [OFFERED[0]]}
    parts = []
    for name, own in choices.items():
        z, hidden = Value(0.5, "z"), {n: own if len(own) == n else own[:1] * n for n in shapes}
        slopes = ", ".join(_source(activation_function(activation)(z), [z], []) for activation in own)
        made = ", ".join(f"{n}: {_programs(shape, [*hidden[n], output], loss)}" for n, shape in shapes.items())
        parts.append(f"{_json(name)}: {{slopes: [{slopes}], shapes: {{{made}}}}}")
    w, strength = Value(1.0, "w"), Value(1.0, "strength")
    penalties = (f"{name}: {_source(strength * of([w], 1.0), [w], [strength])}" for name, of in (("L1", l1_penalty), ("L2", l2_penalty)))
    return f"PAGE.programs = {{{', '.join(parts)}}};\nPAGE.penalties = {{{', '.join(penalties)}}};", " and ".join(names), is_free


def _programs(sizes: Sequence[int], activations: Sequence[Any], loss: Any) -> str:
    """The loss of a sample with its gradient, and the weighted sums and outputs of all units.

    A smaller network runs as this one with zeros for what it does not have, which changes no bit of the rest.
    """
    inputs, targets, parameters, totals = inputs_of([0.0] * sizes[0]), inputs_of([0.0] * sizes[-1], "t"), [], []
    outputs: list[Any] = [inputs]
    with watching_comparisons() as places:
        for number, (count, activation) in enumerate(zip(sizes[1:], activations), start=1):
            rows = [[Value(0.0, f"w{number}_{j}_{i}") for i in range(1, len(outputs[-1]) + 1)] for j in range(1, count + 1)]
            biases = [Value(0.5, f"b{number}_{j}") for j in range(1, count + 1)]
            parameters += [p for row, bias in zip(rows, biases) for p in (*row, bias)]
            totals.append([dot(row, outputs[-1], bias) for row, bias in zip(rows, biases)])
            together = OF_LAYERS.get(activation) if isinstance(activation, str) else None
            outputs.append(together(totals[-1]) if together else list(map(activation_function(activation), totals[-1])))
        value = loss(outputs[-1], targets) if sizes[-1] == 1 else loss([outputs[-1]], [targets])
    if places:
        raise ValueError(f"a page needs one graph for all samples, and Values are compared at {places[0]}: take relu, maximum or where")
    units = [x for layer in (*totals, *outputs[1:]) for x in layer]
    return f"{{gradient: {_source(value, parameters, [*inputs, *targets])}, units: {_source(units, parameters, inputs)}}}"


def _source(found: Any, parameters: Sequence[Value], inputs: Sequence[Value]) -> str:
    """A program as an expression."""
    lines = compile_graph(found, parameters, inputs, "javascript").source.partition("\n\n")[2].splitlines()
    return "(() => {" + "\n".join(line.partition("  // ")[0].strip() for line in lines) + "return program;})()"
