"""Numbers in structures: the nested lists, tuples, dictionaries and arrays that functions take and return."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .number import Number, real


def map_structure(change: Callable[[Any], Any], structure: Any) -> Any:
    """The same structure with every number changed.

    Lists, tuples and dictionaries are structures, and so are NumPy arrays and pandas' Series and data frames, which
    keep their kind: of floats where every changed number is one, else of objects, so that they go on doing the
    arithmetic of arrays. The entries of a dictionary are visited in the order of its sorted keys.

    >>> map_structure(lambda x: -x, [1.0, (2.0, {"b": 3.0})])
    [-1.0, (-2.0, {'b': -3.0})]
    """
    if isinstance(structure, tuple):
        parts = [map_structure(change, part) for part in structure]
        return type(structure)(*parts) if hasattr(structure, "_fields") else tuple(parts)
    if isinstance(structure, list):
        return [map_structure(change, part) for part in structure]
    if isinstance(structure, dict):
        changed = {key: map_structure(change, structure[key]) for key in _sorted_keys(structure)}
        return {key: changed[key] for key in structure}
    if is_array(structure):
        return _array_like(structure, [change(x) for x in _flat(structure)])
    return change(structure)


def is_array(x: Any) -> bool:
    """Whether ``x`` is an array of numbers, and not one number."""
    return hasattr(x, "__array__") and bool(getattr(x, "ndim", False))


def leaves_of(structure: Any) -> Iterator[Any]:
    """The numbers in a structure, in the order in which :func:`map_structure` visits them."""
    if isinstance(structure, dict):
        structure = [structure[key] for key in _sorted_keys(structure)]
    if isinstance(structure, list | tuple):
        for part in structure:
            yield from leaves_of(part)
    elif is_array(structure):
        yield from _flat(structure)
    else:
        yield structure


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
        sized = hasattr(x, "__len__") and getattr(x, "ndim", None) != 0
        return f"a {type(x).__name__} of length {len(x)}" if sized else f"a {type(x).__name__}"
    return "number"


def number(x: Any) -> Any:
    """``x`` itself if it is any kind of number of the library, else as a float."""
    return x if isinstance(x, Number) else real(x)


def _sorted_keys(structure: dict[Any, Any]) -> list[Any]:
    """The keys in an order that two dictionaries with the same keys share."""
    return sorted(structure, key=lambda key: (type(key).__name__, key if isinstance(key, str | int | float | tuple) else repr(key)))


def _flat(array: Any) -> list[Any]:
    """The numbers of an array, row by row, as Python's numbers or those of the library."""
    import numpy as np

    if np.ma.isMaskedArray(array):
        raise TypeError("a masked array has entries that are no numbers: give its .compressed() numbers, or fill them in with .filled(0.0)")
    found: list[Any] = np.asarray(array).ravel().tolist()
    return found


def _array_like(array: Any, parts: list[Any]) -> Any:
    """``parts`` in the shape of ``array``: numbers, or arrays of one shape, which become further axes."""
    import numpy as np

    if parts and all(map(is_array, parts)):
        return np.stack([np.asarray(part) for part in parts]).reshape(array.shape + np.shape(parts[0]))
    if not all(isinstance(part, float | Number) for part in parts):  # structures: nested lists of them
        return _nested(parts, array.shape)
    shaped = np.empty(len(parts), dtype=float if all(isinstance(part, float) for part in parts) else object)
    shaped[:] = parts
    shaped = shaped.reshape(array.shape)
    if not hasattr(array, "iloc"):
        return shaped
    labels = {"index": array.index} | ({"columns": array.columns} if array.ndim == 2 else {"name": array.name})
    return type(array)(shaped, **labels)  # of pandas


def _nested(parts: list[Any], shape: tuple[int, ...]) -> Any:
    if len(shape) < 2:
        return parts
    step = len(parts) // shape[0] if shape[0] else 0
    return [_nested(parts[i * step : (i + 1) * step], shape[1:]) for i in range(shape[0])]
