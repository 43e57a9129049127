"""``model.playground(X, y)``: what the engine's page is told of a model, its data and its training."""

from collections.abc import Callable
from itertools import product
from typing import Any

import autograd_core as ac

from .. import data
from ..activations import ACTIVATIONS, CONVENTIONS, OF_LAYERS, activation_function, activation_name
from ..arguments import count, named, number
from ..losses import KINDS, LOSSES, NUMBERS
from .samples import samples_of, split_samples

SETS: dict[str, Callable[..., Any]] = {
    "circle": data.circles, "xor": data.xor_quadrants, "gaussians": data.gaussians, "spiral": data.spiral, "moons": data.moons,
}  # fmt: skip
"""The data sets in the plane that a page offers: functions of ``n``, ``noise``, ``seed`` and ``labels``."""
NOISES, SCALES = (0.0, 0.1, 0.25, 0.5), {"logit": (-3.0, 3.0), "probability": (0.0, 1.0), "sign": (-1.0, 1.0)}


def playground(
    model: Any, X: Any = None, y: Any = None, *, loss: Any = "mse", lr: float = 0.03, batch_size: int | None = 10, validation: Any = None,
    seed: int = 0,
) -> ac.Page:  # fmt: skip
    """A page in the manner of the TensorFlow Playground, in which this network of fully connected layers is trained.

    A click on a weight gives the receipt of its gradient. Beside ``X`` and ``y`` there are the sets of ``SETS``, other activations and, up
    to 4 hidden layers of 8 units, other sizes. Steps are those of ``fit(optimizer=SGD, shuffle=False)`` with these options, but for the
    last bits of exp and tanh. ``ValueError`` for other parts than layers, and without data.

    >>> from nn import MLP
    >>> MLP(2, [4, 2, 1], "tanh", "tanh", seed=1).playground()
    <playground of 2-4-2-1>
    """
    layers = list(getattr(model, "layers", []))
    if not layers or not all(hasattr(layer, "neurons") for layer in layers):
        raise ValueError(f"a playground shows fully connected layers, such as those of nn.MLP, and this is {model!r}")
    names, (*hidden, last) = [activation_name(layer.activation) for layer in layers], [layer.activation for layer in layers]
    output = OF_LAYERS.get(last if isinstance(last, str) else "") or (lambda z: list(map(activation_function(last), z)))
    function, is_one, bias = named(loss, LOSSES, "loss"), layers[-1].nout == 1, layers[0].neurons[0].b is not None
    kind = KINDS.get(function, NUMBERS)
    sets = [] if X is None else [_set(model, loss, seed, validation, X, y, name="your data", code="X, y = ...  # your data")]
    if layers[0].nin == 2 and (is_one or function is LOSSES["cross_entropy"]):
        labels = (-1, 1) if kind.convention == "sign" or (kind is NUMBERS and output([ac.Value(-9.0)])[0] < 0.0) else (0, 1)
        for (name, make), noise in product(SETS.items(), NOISES):
            code = f"X, y = nn.data.{make.__name__}(200, noise={noise}, seed={seed}, labels={labels})"
            made = make(200, noise=noise, seed=seed, labels=labels)
            sets.append(_set(model, loss, seed, 0.5, *made, name=name, noise=noise, code=code))
    return ac.playground(
        [[[p.data for p in neuron.parameters()] for neuron in layer.neurons] for layer in layers],
        [(name, activation_function(x)) for name, x in zip(names, hidden)], (names[-1], output),
        (activation_name(loss), function if is_one else lambda y, t: function([y], [t])), sets, bias=bias, title=repr(model),
        lr=number("lr", lr), batch_size=None if batch_size is None else count("batch_size", batch_size), seed=seed,
        scale=SCALES.get(kind.convention), own={*names, activation_name(loss)} - {*ACTIVATIONS, *CONVENTIONS, *OF_LAYERS, *LOSSES},
        code=CODE.replace("SEED", str(seed)).replace("BIAS", "" if bias else ", bias=False"),
    )  # fmt: skip


def _set(model: Any, loss: Any, seed: int, validation: Any, X: Any, y: Any, **about: Any) -> dict[str, Any]:
    """A data set of the page; its rows are those that ``fit`` would train and validate on."""
    parts = split_samples(samples_of(model, X, y, loss), validation, model, loss, seed)
    rows, held = ([list(map(float, row)) for row in part.rows] if part else [] for part in parts)
    return {**about, "validation": validation if isinstance(validation, float | None) else "...", "rows": rows, "held": held}


CODE = """\
import nn

model = nn.MLP({inputs}, {layers}, activation={activation}, output={output}BIAS)
numbers = [  # a line for each unit: its weights, then its bias
{numbers}
]
for parameter, number in zip(model.parameters(), numbers):
    parameter.data = number

{data}

# {made} made in the page; more of them, as it makes them:
# model.fit(X, y, loss={loss}, optimizer=lambda parameters: nn.SGD(parameters, lr={lr}), epochs=10,
#           validation={validation}, seed=SEED,
#           callbacks=[nn.{penalty}({strength})],
#           batch_size={batch}, shuffle=False)
"""
