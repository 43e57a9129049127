"""Numbers in structures: the nested lists, tuples, dictionaries and arrays that functions take and return."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any

from .number import Number, real, shown


def map_structure(change: Callable[[Any], Any], structure: Any) -> Any:
    """The same structure with every number changed.

    Lists, tuples and dictionaries are structures, and so are NumPy arrays (of any class) and pandas' Series and data frames, which
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
        numbers = _flat(structure)
        changed_numbers = [change(x) for x in numbers]
        if numbers and all(map(operator.is_, changed_numbers, numbers)):  # of integers or texts, beside a result
            return structure
        return _array_like(structure, changed_numbers)
    return change(without_axes(structure))


def is_array(x: Any) -> bool:
    """Whether ``x`` is an array of numbers, and not one number."""
    return hasattr(x, "__array__") and bool(getattr(x, "ndim", False))


def without_axes(x: Any) -> Any:
    """The number in a NumPy array without axes, which many of its functions return for one; anything else as it is."""
    return x.item() if type(x).__name__ == "ndarray" and x.shape == () else x


def leaves_of(structure: Any) -> Iterator[Any]:
    """The numbers in a structure, in the order in which :func:`map_structure` visits them."""
    if isinstance(structure, dict):
        structure = [structure[key] for key in _sorted_keys(structure)]
    if type(structure) is float:  # the usual case
        yield structure
    elif isinstance(structure, list | tuple):
        for part in structure:
            yield from leaves_of(part)
    elif is_array(structure):
        yield from _flat(structure)
    else:
        yield without_axes(structure)


def like(structure: Any, numbers: Iterator[Any]) -> Any:
    """``numbers`` in the nesting of ``structure``."""
    return map_structure(lambda _: next(numbers), structure)


def kind_of(x: Any) -> str:
    """What ``x`` is, for messages: ``number``, or its type and length."""
    x = without_axes(x)
    if isinstance(x, Number):
        return "number"
    try:
        real(x)
    except TypeError:
        sized = hasattr(x, "__len__") and getattr(x, "ndim", None) != 0
        return f"a {type(x).__name__} of length {len(x)}" if sized else f"a {type(x).__name__}"
    return "number"


def number(x: Any) -> Any:
    """``x`` itself if it is any kind of number of the library, else as a float; NumPy's arrays without axes are numbers, too."""
    if type(x).__module__.startswith("numpy") and getattr(x, "shape", None) == ():
        refuse_masked(x)
        x = without_axes(x)
    return x if isinstance(x, Number) else real(x)


def require_same_structure(what: str, given: Any, model: str, structure: Any) -> None:
    """A ``ValueError`` that says both structures, unless each number of ``given`` has one of ``structure`` in its place.

    Lists, tuples and arrays of one shape are as good as each other; dictionaries have the same keys, pandas' frames the same labels.

    >>> require_same_structure("v", [1.0, (2.0,)], "x", (1.0, [2.0, 3.0]))
    Traceback (most recent call last):
    ValueError: v is [a number, a tuple of 1 number(s)], but x is (a number, a list of 2 number(s)): give it that structure
    """
    if not _same_structure(given, structure):
        raise ValueError(f"{what} is {_structure_text(given)}, but {model} is {_structure_text(structure)}: give it that structure")


def _same_structure(one: Any, other: Any) -> bool:
    if isinstance(one, dict) or isinstance(other, dict):
        if not (isinstance(one, dict) and isinstance(other, dict)) or _sorted_keys(one) != _sorted_keys(other):
            return False
        return all(_same_structure(part, other[key]) for key, part in one.items())
    if is_array(one) and is_array(other):
        labels = zip(_labels(one), _labels(other)) if _labels(one) and _labels(other) else ()
        return bool(one.shape == other.shape) and all(axis.equals(of_other) for (_, axis), (_, of_other) in labels)
    parts, others = _parts(one), _parts(other)
    if parts is None or others is None:
        return parts is others
    return len(parts) == len(others) and all(map(_same_structure, parts, others))


def _labels(array: Any) -> list[tuple[str, Any]]:
    """The index and columns of pandas' arrays, which those of others have not."""
    return [(name, getattr(array, name)) for name in ("index", "columns") if hasattr(array, "iloc") and hasattr(array, name)]


def _parts(structure: Any) -> list[Any] | tuple[Any, ...] | None:
    """What a sequence or an array consists of; ``None`` of a number."""
    if is_array(structure):
        return list(structure.to_numpy() if hasattr(structure, "iloc") else structure)
    return structure if isinstance(structure, list | tuple) else None


def _structure_text(structure: Any) -> str:
    """A structure in words."""
    kind = type(structure).__name__.removeprefix("nd")
    if isinstance(structure, dict):
        return "{" + ", ".join(f"{key!r}: {_structure_text(part)}" for key, part in structure.items()) + "}"
    if is_array(structure):
        labels = [f"{name} {shown(list(axis))}" for name, axis in _labels(structure)]
        return f"{'an' if kind[0] in 'aeio' else 'a'} {kind} of shape {structure.shape}{' with ' if labels else ''}{' and '.join(labels)}"
    if not isinstance(structure, list | tuple):
        return "a number"
    if not any(isinstance(part, list | tuple | dict) or is_array(part) for part in structure):
        return f"a {kind} of {len(structure)} number(s)"
    texts = [_structure_text(part) for part in structure[:9]] + ["..."] * (len(structure) > 9)
    return f"[{', '.join(texts)}]" if isinstance(structure, list) else f"({', '.join(texts)}{',' * (len(texts) == 1)})"


def _sorted_keys(structure: dict[Any, Any]) -> list[Any]:
    """The keys in an order that two dictionaries with the same keys share."""
    try:
        return sorted(structure, key=lambda key: (type(key).__name__, key if isinstance(key, str | int | float | tuple) else repr(key)))
    except TypeError:  # tuples that hold a text where others hold a number
        return sorted(structure, key=lambda key: (type(key).__name__, repr(key)))


def _flat(array: Any) -> list[Any]:
    """The numbers of an array, row by row, as Python's numbers or those of the library."""
    import numpy as np

    refuse_masked(array)
    flat = np.asarray(array).ravel()
    return list(flat) if flat.dtype.kind in "mM" else flat.tolist()  # a date is not the number of nanoseconds that it is kept as


def refuse_masked(array: Any) -> None:
    """A ``TypeError`` for a masked array of NumPy, also for one that masks nothing."""
    if hasattr(array, "mask") and hasattr(array, "filled"):
        raise TypeError("a masked array has entries that are no numbers: give its .compressed() numbers, or fill them in with .filled(0.0)")


def refuse_times(array: Any) -> None:
    """A ``TypeError`` for an array of times or dates: they are kept as whole numbers, of any unit."""
    if getattr(getattr(array, "dtype", None), "kind", "") in ("m", "M") and array.size:
        real(array.ravel()[0])


def _array_like(array: Any, parts: list[Any]) -> Any:
    """``parts`` in the shape of ``array``: numbers, or arrays of one shape, which become further axes."""
    import numpy as np

    if parts and all(map(is_array, parts)):
        return np.stack([np.asarray(part) for part in parts]).reshape(array.shape + np.shape(parts[0]))
    if any(isinstance(part, list | tuple | dict) or is_array(part) for part in parts):  # nested lists of them
        return _nested(parts, array.shape)
    shaped = np.empty(len(parts), dtype=float if all(isinstance(part, float) for part in parts) else object)
    shaped[:] = parts
    shaped = shaped.reshape(array.shape)
    if not hasattr(array, "iloc"):
        return shaped.view(type(array)) if isinstance(array, np.ndarray) else shaped  # a matrix multiplies as one
    labels = {"index": array.index} | ({"columns": array.columns} if array.ndim == 2 else {"name": array.name})
    return type(array)(shaped, **labels)  # of pandas


def _nested(parts: list[Any], shape: tuple[int, ...]) -> Any:
    if len(shape) < 2:
        return parts
    step = len(parts) // shape[0] if shape[0] else 0
    return [_nested(parts[i * step : (i + 1) * step], shape[1:]) for i in range(shape[0])]
