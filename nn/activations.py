"""Activations by name, and the initial weights that suit them: both keep signals and gradients alive from layer to layer."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

import autograd_core as ac

from .arguments import named

Activation = str | Callable[[Any], Any]


def linear(z: Any) -> Any:
    """No activation: ``z`` itself."""
    return z


ACTIVATIONS: dict[str, Callable[[Any], Any]] = {"linear": linear} | {
    name: getattr(ac, name) for name, row in ac.TABLE.items() if row.activation and name != "identity"
}
CONVENTIONS: dict[str, Callable[[Any], Any]] = {
    "step": lambda z: ac.step(z, 1.0), "step z>0": ac.step, "sign": lambda z: ac.sign(z, 1.0), "sign z>0": lambda z: ac.sign(z, -1.0),
    "relu'(0)=1": lambda z: ac.relu(z, 1.0),
}  # fmt: skip
"""What textbooks differ on at 0: ``"step"`` and ``"sign"`` give 1 there, as for z >= 0, and with ``z>0`` what they give below;
the derivative of ``"relu"`` is 0 there, as in PyTorch, or 1."""
ACTIVATIONS |= {name: function for name, function in CONVENTIONS.items() if name in ACTIVATIONS}
OF_LAYERS: dict[str, Callable[[Any], Any]] = {"softmax": ac.softmax, "log_softmax": ac.log_softmax}
"""Activations of all outputs of a layer together."""


def activation_name(activation: Activation) -> str:
    """What a picture or a table calls an activation."""
    if isinstance(activation, str):
        return activation
    return str(getattr(activation, "name", None) or getattr(activation, "__name__", type(activation).__name__))


def activation_function(activation: Activation) -> Callable[[Any], Any]:
    """The function of an activation that is given by name or as a function; ``ValueError`` for an unknown name.

    >>> activation_function("relu")(-2.0), activation_function("step")(0.0), activation_function("step z>0")(0.0)
    (0.0, 1.0, 0.0)
    """
    if isinstance(activation, str) and activation in OF_LAYERS:
        raise ValueError(f"{activation!r} acts on all outputs of a layer together: give it to nn.Layer, or as output= to nn.MLP")
    return named(activation, ACTIVATIONS | CONVENTIONS, "activation", (*OF_LAYERS,))


Rule = Callable[[random.Random, int, int], float]
INITIALIZATIONS: dict[str, Rule] = {
    # Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010
    "xavier": lambda generator, nin, nout: generator.uniform(-1.0, 1.0) * math.sqrt(6.0 / (nin + nout)),
    "xavier_normal": lambda generator, nin, nout: generator.gauss(0.0, math.sqrt(2.0 / (nin + nout))),
    # He, Zhang, Ren and Sun, Delving deep into rectifiers, 2015
    "he": lambda generator, nin, nout: generator.uniform(-1.0, 1.0) * math.sqrt(6.0 / nin),
    "he_normal": lambda generator, nin, nout: generator.gauss(0.0, math.sqrt(2.0 / nin)),
    "uniform": lambda generator, nin, nout: generator.uniform(-1.0, 1.0),  # micrograd's
    "normal": lambda generator, nin, nout: generator.gauss(0.0, 1.0),
    "zeros": lambda generator, nin, nout: 0.0,  # to see why not: all neurons of a layer stay equal
}


def initial_weights(init: str | Rule, nin: int, nout: int, activation: str, generator: random.Random) -> list[float]:
    """The ``nin`` starting weights of one neuron, in a layer of ``nout``.

    ``init`` is a name in ``INITIALIZATIONS``, ``"auto"`` (what the row of the activation says: He for rectifiers, Xavier for
    the rest), or a function of a random generator, ``nin`` and ``nout``.

    >>> initial_weights("auto", 2, 3, "tanh", random.Random(0))
    [0.75..., 0.56...]
    """
    if init == "auto":
        row = activation.partition("'")[0]  # of "relu'(0)=1"
        init = ac.TABLE[row].initialization if row in ac.TABLE else "xavier"
    rule = named(init, INITIALIZATIONS, "init", ("auto",))
    return [rule(generator, nin, nout) for _ in range(nin)]
