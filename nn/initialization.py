"""How weights start: random, and of the size that keeps signals and gradients alive from layer to layer."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import autograd_core as ac

from .activations import named

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
    the rest), or a function of a random generator, ``nin`` and ``nout``. Anything else is a ``ValueError``.

    >>> initial_weights("auto", 2, 3, "tanh", random.Random(0))
    [0.75..., 0.56...]
    """
    if init == "auto":
        row = activation.partition("'")[0]  # of "relu'(0)=1"
        init = ac.TABLE[row].initialization if row in ac.TABLE else "xavier"
    rule = named(init, INITIALIZATIONS, "init", ("auto",))
    return [rule(generator, nin, nout) for _ in range(nin)]


def generator_of(seed: int | random.Random | None) -> random.Random:
    """A random generator: a new one for a seed, the one given, or, for ``None``, Python's own, which ``random.seed`` sets."""
    if isinstance(seed, random.Random):
        return seed
    return random.Random(seed) if seed is not None else random._inst
