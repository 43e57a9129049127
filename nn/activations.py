"""Activations by name, and what every option in ``nn`` is checked by: a name in a table, a number in a range."""

from __future__ import annotations

import contextlib
import math
import operator
from collections.abc import Callable, Mapping
from numbers import Real
from typing import Any

import autograd_core as ac

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
    """What a picture or a table calls an activation.

    >>> activation_name(ac.tanh), activation_name("relu")
    ('tanh', 'relu')
    """
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


def named(choice: Any, table: Mapping[str, Any], what: str, further: tuple[str, ...] = (), or_else: str = " or a function") -> Any:
    """The entry of ``table`` that ``choice`` names, or, without ``or_else=""``, a function; ``further`` names are allowed elsewhere.

    >>> named("reluu", ACTIVATIONS, "activation")
    Traceback (most recent call last):
    ValueError: activation is one of 'linear', 'tanh', ... or a function, not 'reluu'; did you mean 'relu'?
    """
    found = table.get(choice) if isinstance(choice, str) else choice if or_else and callable(choice) else None
    if found is None:
        raise ac.not_one_of(what, choice, (*table, *further), or_else)
    return found


# -- numbers, and plain data that hold them ----------------------------------------------------------------------------
RANGES: dict[str, Callable[[float], bool]] = {
    "a finite number of at least 0": lambda x: 0.0 <= x < math.inf,
    "a finite number above 0": lambda x: 0.0 < x < math.inf,
    "a finite number": math.isfinite,
    "a positive number": lambda x: x > 0.0,
    "a number from 0 to 1": lambda x: 0.0 <= x <= 1.0,
    "a number of at least 0 and below 1": lambda x: 0.0 <= x < 1.0,
    "a number": lambda x: True,
}


def number(name: str, x: Any, range_: str = "a finite number of at least 0") -> float:
    """``x`` as a float of one of the ``RANGES``, or ``ValueError``."""
    with contextlib.suppress(OverflowError):
        if isinstance(x, Real) and not isinstance(x, bool) and RANGES[range_](float(x)):
            return float(x)
    raise ValueError(f"{name} is {range_}, not {shortened(x)}")


def count(name: str, x: Any, lowest: int = 1) -> int:
    """A whole number of at least ``lowest``, or ``ValueError``."""
    if isinstance(x, bool) or not hasattr(x, "__index__") or not lowest <= x < 2**63:
        raise ValueError(f"{name} is a whole number, {lowest} or more, not {shortened(x)}")
    return operator.index(x)


def fitting(given: Any, like: Any, name: str, range_: str = "a number") -> Any:
    """A copy of ``given``, plain data as JSON holds it, if it has the shape of ``like``; else ``ValueError``.

    The shape is the keys of dictionaries, the length of lists, texts, and the kinds of numbers; ``None`` stands for anything.

    >>> fitting({"steps": 3, "rates": [1, 0.5]}, {"steps": 0, "rates": [0.0, 0.0]}, "the state")
    {'steps': 3, 'rates': [1.0, 0.5]}
    """
    if isinstance(like, dict):
        found = given if isinstance(given, dict) else {}
        pairs = ([key for key in like if key not in found], "missing"), ([key for key in found if key not in like], "unknown")
        if found is not given or pairs[0][0] or pairs[1][0]:
            differences = [f"{len(keys)} {kind}, the first is {keys[0]}" for keys, kind in pairs if keys]
            raise ValueError("; ".join([f"{name} does not fit: it is a dictionary of {len(like)}", *differences]))
        return {key: fitting(given[key], part, f"{name}, {key}", range_) for key, part in like.items()}
    if isinstance(like, list):
        if not isinstance(given, list) or len(given) != len(like):
            what = f"one of {len(given)}" if isinstance(given, list) else shortened(given)
            raise ValueError(f"{name} is a list of {len(like)}, not {what}")
        return [fitting(part, entry, f"{name}[{i}]", range_) for i, (part, entry) in enumerate(zip(given, like))]
    if isinstance(like, int | float) and not isinstance(like, bool):
        return count(name, given, 0) if isinstance(like, int) else number(name, given, range_)
    if like is not None and (type(given) is not type(like) or (isinstance(like, str) and given != like)):
        raise ValueError(f"{name} is {like!r}, not {shortened(given)}")
    return given


def shortened(x: Any) -> str:
    """What a message shows of something that may be long.

    >>> shortened(10**5000)
    'an integer of many digits'
    """
    text = repr(x) if not isinstance(x, int) or abs(x) < 10**40 else "an integer of many digits"
    return text if len(text) <= 60 else text[:57] + "..."
