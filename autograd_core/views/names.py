"""What a node is called in tables, receipts and pictures."""

from __future__ import annotations

import itertools
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..formulas.typesetting import number_text
from ..value import Constant, Value, topological_order


def node_names(output: Value, names: Mapping[str, Any] | None = None, also: Sequence[Value] = ()) -> dict[Value, str]:
    """What to call each node that ``output`` depends on, and those in ``also``: every name is different.

    A node's own ``name`` comes first, then the variables in ``names`` (such as ``locals()``; lists of Values
    give ``w[0]``, ``w[1]``), then its number for a constant, and ``v1``, ``v2``, ... for the rest.
    """
    if not isinstance(output, Value):
        raise TypeError(f"a graph is given by its output, a Value, not by {type(output).__name__} {output!r}")
    variables = {node: name for name, node in reversed(list(_variables(names or {})))}
    found: dict[Value, str] = {}
    used: dict[str, int] = {}
    nodes = dict.fromkeys([*topological_order(output), *also])
    given = {node.name or variables.get(node) for node in nodes}
    numbers = (f"v{i}" for i in itertools.count(1) if f"v{i}" not in given)
    for node in nodes:
        name = node.name or variables.get(node)
        if name is None and isinstance(node, Constant):
            found[node] = number_text(node.data, None)  # a number is its own name, however often it occurs
            continue
        if name is None:
            name = next(numbers)
        used[name] = used.get(name, 0) + 1
        while used[name] > 1 and f"{name}#{used[name]}" in used:
            used[name] += 1
        if used[name] > 1:
            name = f"{name}#{used[name]}"
            used[name] = 1
        found[node] = name
    return found


def depth_of_caller() -> int:
    """How many calls lie between the caller of this and the code that uses the package: in Jupyter, a cell."""
    frame, depth = sys._getframe(1), 1
    while frame.f_back is not None and str(frame.f_globals.get("__package__")).partition(".")[0] == _PACKAGE:
        frame, depth = frame.f_back, depth + 1
    return depth


def caller_variables() -> dict[str, Any]:
    """The variables of the code that uses the package."""
    frame = sys._getframe(depth_of_caller() - 1)
    return {name: x for name, x in {**frame.f_globals, **frame.f_locals}.items() if not name.startswith("_") and name not in ("In", "Out")}


Names = Mapping[str, Any] | str | None
_PACKAGE = __name__.partition(".")[0]


def names_for(output: Value, names: Names, also: Sequence[Value] = ()) -> dict[Value, str]:
    """:func:`node_names` with ``names`` as users give it: a mapping, ``"caller"`` or ``None``."""
    if (isinstance(names, str) and names != "caller") or not isinstance(names, str | Mapping | None):
        raise ValueError(f"names is 'caller' or a mapping from names to Values, not {names!r}")
    return node_names(output, caller_variables() if isinstance(names, str) else names, also)


def is_given(node: Value, name: str) -> bool:
    """Whether someone has given the node its name: others are called v1, v2, ..."""
    return bool(node.name) or not re.fullmatch(r"v\d+(#\d+)?", name)


def shortened(name: str, longest: int = 40) -> str:
    """The name, with its middle left out if it is longer."""
    return name if len(name) <= longest else f"{name[: longest - 10]}…{name[-9:]}"


def shortened_list(words: Iterable[str]) -> str:
    """The words, with those in the middle left out if there are more than four.

    >>> shortened_list("abcdef")
    'a, b, c, … f'
    """
    texts = list(words)
    return ", ".join(texts) if len(texts) <= 4 else f"{', '.join(texts[:3])}, … {texts[-1]}"


def _variables(names: Mapping[str, Any]) -> Iterator[tuple[str, Value]]:
    for name, x in names.items():
        yield from _values_in(name, x, 2)


def _values_in(name: str, x: Any, depth: int) -> Iterable[tuple[str, Value]]:
    if isinstance(x, Value):
        yield name, x
    elif isinstance(x, list | tuple) and depth and len(x) <= 1000:
        for i, part in enumerate(x):
            yield from _values_in(f"{name}[{i}]", part, depth - 1)
