"""What options are checked by: a name in a table, a number in a range, an interval, plain data of a shape, a seed."""

from __future__ import annotations

import contextlib
import math
import operator
import random
from collections.abc import Callable, Mapping
from numbers import Real
from typing import Any

from autograd_core import not_one_of, require_list


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


def shortened(x: Any) -> str:
    """What a message shows of something that may be long."""
    text = repr(x) if not isinstance(x, int) or abs(x) < 10**40 else "an integer of many digits"
    return text if len(text) <= 60 else text[:57] + "..."


def generator_of(seed: int | random.Random | None) -> random.Random:
    """A random generator: a new one for a seed, the one given, or, for ``None``, Python's own, which ``random.seed`` sets."""
    if isinstance(seed, random.Random):
        return seed
    return random.Random(whole_seed(seed)) if seed is not None else random._inst


def whole_seed(seed: Any) -> int:
    """A seed, which is a whole number of any type, or ``ValueError``."""
    if not hasattr(seed, "__index__"):
        raise ValueError(f"seed is a whole number such as 0, or None for chance, not {shortened(seed)}")
    return operator.index(seed)


def parameters_of(given: Any, written: str) -> list[Any]:
    """The numbers in a list, or the parameters of a model; ``TypeError``, with the line to write, for anything else."""
    leaves = list(given.parameters()) if hasattr(given, "parameters") else require_list("parameters is", given, written)
    for leaf in leaves:
        if not hasattr(leaf, "tanh"):  # a Value, or in a transform another kind of number
            raise TypeError(f"parameters are Values, not {type(leaf).__name__} {leaf!r}: model.parameters() gives them")
    return leaves
