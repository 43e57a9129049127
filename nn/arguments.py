"""What options are checked by: a name in a table, a number in a range, an interval, plain data of a shape, a seed."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from typing import Any

import autograd_core as ac
from autograd_core import not_one_of


def named(choice: Any, table: Mapping[str, Any], what: str, further: tuple[str, ...] = (), or_else: str = " or a function") -> Any:
    """The entry of ``table`` that ``choice`` names, or, without ``or_else=""``, a function; ``further`` names are allowed elsewhere.

    >>> named("tan", {"sin": math.sin, "tanh": math.tanh}, "activation")
    Traceback (most recent call last):
    ValueError: activation is one of 'sin', 'tanh' or a function, not 'tan'; did you mean 'tanh'?
    """
    found = table.get(choice) if isinstance(choice, str) else choice if or_else and callable(choice) else None
    if found is None:
        raise not_one_of(what, choice, (*table, *further), or_else)
    return found


number, count, listed, kind = ac.require_number, ac.require_whole, ac.require_list, ac.require_kind
options, shortened, fitting = ac.named_options, ac.shortened, ac.require_shape


def spaced(low: float, high: float, steps: int) -> list[float]:
    """``steps`` numbers from ``low`` to ``high``, evenly spaced, both ends among them; ``ValueError`` for an empty interval."""
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"low is less than high, and both are finite, not low={low!r} and high={high!r}")
    last = count("steps", steps, 2) - 1
    return [low + (high - low) * i / last for i in range(last)] + [high]


def generator_of(seed: int | random.Random | None) -> random.Random:
    """A random generator: a new one for a seed, the one given, or, for ``None``, Python's own, which ``random.seed`` sets."""
    if isinstance(seed, random.Random):
        return seed
    return random.Random(count("seed", seed, None)) if seed is not None else random._inst


def parameters_of(given: Any, written: str) -> list[Any]:
    """The Values in a list, or the parameters of a model; ``TypeError``, with the line to write, for anything else."""
    leaves = listed("parameters is", given.parameters() if hasattr(given, "parameters") else given, written)
    for leaf in leaves:
        kind("each of parameters is a Value", leaf, ac.Value, written)
    return leaves
