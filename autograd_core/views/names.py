"""What a node is called in tables, receipts and pictures."""

from __future__ import annotations

import itertools
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..formulas.typesetting import number_text
from ..value import Constant, Value, topological_order


def node_names(output: Value, names: Mapping[str, Any] | None = None, also: Sequence[Value] = ()) -> dict[Value, str]:
    """What to call each node that ``output`` depends on, and those in ``also``: every name is different.

    A node's own ``name`` comes first, then the variables in ``names`` (such as ``locals()``; see :func:`called_by`), then
    its number for a constant, and ``v1``, ``v2``, ... for the rest.
    """
    reached = topological_order(output)
    for node in also:
        if not isinstance(node, Value):
            named = ": give the node itself, as in explain(L, w), not its name" if isinstance(node, str) else ""
            raise TypeError(f"a node of the graph is a Value, not {type(node).__name__} {node!r}{named}")
    variables = called_by(names or {})
    found: dict[Value, str] = {}
    used: dict[str, int] = {}
    nodes = dict.fromkeys([*reached, *also])
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


def caller_variables(only_in_notebooks: bool = False) -> dict[str, Any]:
    """The variables of the code that uses the package; none, if it is asked so, where that is no cell of a notebook."""
    frame = sys._getframe(depth_of_caller() - 1)
    if only_in_notebooks and frame.f_globals is not _notebook():
        return {}
    return {name: x for name, x in {**frame.f_globals, **frame.f_locals}.items() if not name.startswith("_") and name not in ("In", "Out")}


def _notebook() -> dict[str, Any] | None:
    """The variables of a running IPython, which notebooks use; ``None`` without it, and it is not imported for that."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "user_global_ns", None)


Names = Mapping[str, Any] | str | None
_PACKAGE = __name__.partition(".")[0]


def variables_for(names: Names) -> Mapping[str, Any]:
    """The variables that nodes are called by, from ``names`` as users give it.

    A mapping from names to Values; ``"caller"`` for those of the calling code; ``None`` for those of the calling code in a
    notebook and none elsewhere. So ``{}`` leaves the nodes' own names alone everywhere.
    """
    if (isinstance(names, str) and names != "caller") or not isinstance(names, str | Mapping | None):
        raise ValueError(f"names is 'caller' or a mapping from names to Values ({{}} for none), not {names!r}")
    return names if isinstance(names, Mapping) else caller_variables(only_in_notebooks=names is None)


def names_for(output: Value, names: Names, also: Sequence[Value] = ()) -> dict[Value, str]:
    """:func:`node_names` with ``names`` as users give it."""
    return node_names(output, variables_for(names), also)


def called_by(variables: Mapping[str, Any]) -> dict[Value, str]:
    """What each Value in some variables is called: by the first variable that holds it, or by its place in a list.

    The place wins where some Value of the list has no name but its place: the last variable of a loop does not rename what it
    ran over.

    >>> a, b, c = Value(1.0), Value(2.0), Value(3.0)
    >>> sorted(called_by({"pair": [a, b], "x": a, "y": b}).values()), sorted(called_by({"w": [a, b, c], "last": c}).values())
    (['x', 'y'], ['w[0]', 'w[1]', 'w[2]'])
    """
    alone: dict[Value, str] = {}
    placed: dict[Value, str] = {}
    for name, x in variables.items():
        if isinstance(x, Value):
            alone.setdefault(x, name)
    for name, x in variables.items():
        found = [] if isinstance(x, Value) else list(_values_in(name, x, 2))
        if any(node not in alone and node.name is None for _, node in found):
            for place, node in found:
                placed.setdefault(node, place)
    return alone | placed


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


def _values_in(name: str, x: Any, depth: int) -> Iterable[tuple[str, Value]]:
    if isinstance(x, Value):
        yield name, x
    elif isinstance(x, list | tuple | dict) and depth and len(x) <= 1000:
        for i, part in x.items() if isinstance(x, dict) else enumerate(x):
            yield from _values_in(f"{name}[{i}]", part, depth - 1)
