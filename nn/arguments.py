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
options, shortened = ac.named_options, ac.shortened


def spaced(low: float, high: float, steps: int) -> list[float]:
    """``steps`` numbers from ``low`` to ``high``, evenly spaced, both ends among them; ``ValueError`` for an empty interval."""
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"low is less than high, and both are finite, not low={low!r} and high={high!r}")
    last = count("steps", steps, 2) - 1
    return [low + (high - low) * i / last for i in range(last)] + [high]


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
