"""Numbers in lists: the nested lists and tuples that functions take and return."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .number import Number, real


def map_structure(change: Callable[[Any], Any], structure: Any) -> Any:
    """The same nesting of lists and tuples, with every number changed; arrays become lists.

    >>> map_structure(lambda x: -x, [1.0, (2.0, [3.0])])
    [-1.0, (-2.0, [-3.0])]
    """
    if isinstance(structure, tuple):
        return tuple(map_structure(change, part) for part in structure)
    if isinstance(structure, list) or _is_array(structure):
        return [map_structure(change, part) for part in structure]
    return change(structure)


def _is_array(x: Any) -> bool:
    return hasattr(x, "__array__") and bool(getattr(x, "ndim", False))


def leaves_of(structure: Any) -> Iterator[Any]:
    """The numbers in a structure, from left to right."""
    found: list[Any] = []
    map_structure(found.append, structure)
    return iter(found)


def like(structure: Any, numbers: Iterator[Any]) -> Any:
    """``numbers`` in the nesting of ``structure``."""
    return map_structure(lambda _: next(numbers), structure)


def kind_of(x: Any) -> str:
    """What ``x`` is, for messages: ``number``, or its type and length."""
    if isinstance(x, Number):
        return "number"
    try:
        real(x)
    except TypeError:
        return f"a {type(x).__name__} of length {len(x)}" if hasattr(x, "__len__") else f"a {type(x).__name__}"
    return "number"


def number(x: Any) -> Any:
    """``x`` itself if it is any kind of number of the library, else as a float."""
    return x if isinstance(x, Number) else real(x)
