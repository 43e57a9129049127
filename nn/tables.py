"""Tables from outside as plain lists of floats: lists, NumPy arrays and pandas frames, or one clear error."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from numbers import Real
from typing import Any

_PLAIN = {float, int, bool}


def as_rows(X: Any, name: str = "X") -> list[list[float]]:
    """``X`` as a new list of rows of floats, all of one length.

    ``X`` may be a list or tuple of rows, a NumPy array, a pandas frame, or anything else with ``tolist`` or ``to_numpy``. A
    ``ValueError`` names the row and the column (counted from 0) of a cell that is not a finite number, or a row of another
    length; it calls the table ``name``. An empty table is a ``ValueError``, too.

    >>> as_rows([(1, 2.5), (True, 0)])
    [[1.0, 2.5], [1.0, 0.0]]
    >>> as_rows([[1.0, 2.0], [3.0, "4"]])
    Traceback (most recent call last):
    ValueError: X: row 1, column 1 is '4' (str), not a number: convert it with float(...) first
    """
    rows: list[list[float]] = []
    for i, row in enumerate(_filled(X, name)):
        if type(row) not in (list, tuple):
            row = _cells(row, name, i)
        try:
            floats = [*map(float, row)] if _are_real({*map(type, row)}) else None
        except OverflowError:
            floats = None
        if floats is None or not all(map(math.isfinite, floats)):
            floats = [_number(cell, f"{name}: row {i}, column {j}") for j, cell in enumerate(row)]
        rows.append(floats)
        if len(floats) != len(rows[0]):
            raise ValueError(f"{name}: row {i} has {len(floats)} column(s) where row 0 has {len(rows[0])}: all rows need the same length")
    if not rows[0]:
        raise ValueError(f"{name}: row 0 has no columns: each row needs at least one number")
    return rows


def as_numbers(y: Any, name: str = "y") -> list[float]:
    """``y``, one number for each row, as a new list of floats; errors as in :func:`as_rows`.

    >>> as_numbers(range(3))
    [0.0, 1.0, 2.0]
    """
    return [_number(cell, f"{name}: row {i}") for i, cell in enumerate(_filled(y, name))]


def as_targets(y: Any, name: str = "y") -> list[float] | list[list[float]]:
    """The targets of a regression: numbers as in :func:`as_numbers`, or rows as in :func:`as_rows`, whichever ``y`` holds.

    >>> as_targets([1, 2]), as_targets([[1], [2]])
    ([1.0, 2.0], [[1.0], [2.0]])
    """
    y = _filled(y, name)
    return as_rows(y, name) if _is_row(y[0]) else as_numbers(y, name)


def as_labels(y: Any, name: str = "y", classes: int | None = None) -> list[int]:
    """The labels of a classification as a new list of ints.

    Whole numbers of any type are accepted, ``1.0`` among them. With ``classes``, each must be one of 0 to ``classes - 1``. A
    ``ValueError`` names the row that is something else.

    >>> as_labels([0.0, 2, True], classes=3)
    [0, 2, 1]
    >>> as_labels([0, 3], classes=3)
    Traceback (most recent call last):
    ValueError: y: row 1 is 3: the labels of 3 classes are 0 to 2
    """
    values = _filled(y, name)
    labels = [value if type(value) is int else _whole(value, f"{name}: row {i}") for i, value in enumerate(values)]
    if classes is not None:
        if not hasattr(classes, "__index__") or classes < 1:
            raise ValueError(f"classes is the number of classes, a whole number from 1 on, not {classes!r}")
        for i, label in enumerate(labels):
            if not 0 <= label < classes:
                raise ValueError(f"{name}: row {i} is {label}: the labels of {classes} classes are 0 to {classes - 1}")
    return labels


def check_lengths(first: Sequence[Any], second: Sequence[Any], names: str = "X and y") -> None:
    """A ``ValueError`` unless both have the same number of rows.

    >>> check_lengths([[0.0], [1.0]], [0])
    Traceback (most recent call last):
    ValueError: X and y are of different lengths, 2 and 1: each row needs its counterpart
    """
    if len(first) != len(second):
        raise ValueError(f"{names} are of different lengths, {len(first)} and {len(second)}: each row needs its counterpart")


def plain(table: Any, name: str = "X") -> list[Any] | tuple[Any, ...]:
    """A list or tuple as it is, an array, frame or series as nested lists; a ``TypeError`` for what holds no rows.

    >>> plain(range(3))
    [0, 1, 2]
    """
    if type(table) in (list, tuple):
        return table
    original = table
    if hasattr(table, "to_numpy"):
        table = table.to_numpy()
    if hasattr(table, "tolist"):
        table = table.tolist()
    if isinstance(table, str | bytes | dict) or not isinstance(table, Iterable):
        raise TypeError(f"{name} is a table: lists, a NumPy array or a pandas frame are accepted, not {_said(original)}")
    return table if isinstance(table, list) else list(table)


def _filled(table: Any, name: str) -> list[Any] | tuple[Any, ...]:
    table = plain(table, name)
    if not table:
        raise ValueError(f"{name} is empty: at least one row is needed")
    return table


def _are_real(kinds: set[type]) -> bool:
    return kinds <= _PLAIN or all(issubclass(kind, Real) for kind in kinds)


def _is_row(value: Any) -> bool:
    return not isinstance(value, str | bytes) and getattr(value, "shape", None) != () and isinstance(value, Iterable)


def _cells(row: Any, name: str, i: int) -> list[Any] | tuple[Any, ...]:
    if not _is_row(row):
        raise ValueError(f"{name}: row {i} is {_said(row)}, not a list of numbers: write [[x] for x in {name}] for a single column")
    return plain(row, name)


def _number(cell: Any, place: str) -> float:
    """The cell as a float, or a ``ValueError`` that starts with the place."""
    if getattr(cell, "shape", None) == ():  # NumPy's scalars and arrays or tensors that hold one number
        cell = cell.item()
    if isinstance(cell, Real):
        try:
            number = float(cell)
        except OverflowError:
            raise ValueError(f"{place} is an integer too large for a float (1.8e308)") from None
        if math.isfinite(number):
            return number
        raise ValueError(f"{place} is {number}: all numbers must be finite; leave the row out, or fill the gap in")
    advice = "convert it with float(...) first" if isinstance(cell, str | bytes) else "one number is needed here"
    if cell is None or type(cell).__name__ == "NAType":
        advice = "leave the row out, or fill the gap in"
    elif hasattr(cell, "data") and hasattr(cell, "grad"):
        advice = "take its .data"
    raise ValueError(f"{place} is {_said(cell)}, not a number: {advice}")


def _whole(value: Any, place: str) -> int:
    if isinstance(value, str):
        raise ValueError(f"{place} is {value!r}, not a whole number: number the classes, as in [names.index(label) for label in y]")
    number = _number(value, place)
    if not number.is_integer():
        raise ValueError(f"{place} is {number!r}: a label is a whole number, the index of its class (see predicted_classes for outputs)")
    return int(number)


def _said(value: Any) -> str:
    text = repr(value)
    return f"{text if len(text) <= 40 else text[:37] + '...'} ({type(value).__name__})"
