"""Tables of numbers from outside, as plain lists of floats, or one clear error that names the place."""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Real
from typing import Any

from .choices import require_whole
from .number import shown

FOR_WORDS = "convert it with float(...) first"
FOR_LABELS = "number the classes, as in [names.index(label) for label in y]"


def as_rows(X: Any, name: str = "X") -> list[list[float]]:
    """``X`` (rows of lists or tuples, a NumPy array, a pandas frame) as new lists of floats, all of one length. A ``ValueError`` names the
    row and the column (from 0) of a cell that is not a finite number, or a row of another length.

    >>> as_rows([[1.0, 2.0], [3.0, "4"]])
    Traceback (most recent call last):
    ValueError: X: row 1, column 1 is '4' (str), not a number: convert it with float(...) first
    """
    rows: list[list[float]] = []
    found = _sequence(X, name, 1)
    for i, row in enumerate(found):
        if not _is_row(row):
            instead = f"write {shown([list(found)])} for one row, {shown([[x] for x in found[:9]])} for a column"
            raise ValueError(f"{name}: row {i} is {_said(row)}, not a list: {name} is a list of rows: {instead}")
        cells = _sequence(row, name)
        quick = set(map(type, cells)) == {float} and all(map(math.isfinite, cells))
        rows.append(list(cells) if quick else [_number(cell, f"{name}: row {i}, column {j}") for j, cell in enumerate(cells)])
        if len(rows[i]) != len(rows[0]):
            raise ValueError(f"{name}: row {i} has {len(rows[i])} column(s) where row 0 has {len(rows[0])}: all rows need the same length")
    if not rows[0]:
        raise ValueError(f"{name}: row 0 has no columns: each row needs at least one number")
    return rows


def as_numbers(y: Any, name: str = "y", or_rows: bool = False, words: str = FOR_WORDS) -> list[Any]:
    """``y``, one number for each row, as a new list of floats; errors as in :func:`as_rows`. With ``or_rows`` it may hold rows, too;
    ``words`` is the advice to one who gives words.

    >>> as_numbers((1, True)), as_numbers([[1], [2]], or_rows=True)
    ([1.0, 1.0], [[1.0], [2.0]])
    """
    y = _sequence(y, name, 1)
    return as_rows(y, name) if or_rows and _is_row(y[0]) else [_number(cell, f"{name}: row {i}", words) for i, cell in enumerate(y)]


def as_labels(y: Any, classes: int | None = None) -> list[int]:
    """The labels of a classification, whole numbers of any type, as a new list of ints; with ``classes`` from 0 to ``classes - 1``.

    >>> as_labels([0, 1.0, True])
    [0, 1, 1]
    """
    highest = math.inf if classes is None else require_whole("classes is the number of classes: it", classes) - 1
    labels = as_numbers(y, words=FOR_LABELS)
    for i, label in enumerate(labels):
        if label != int(label):
            raise ValueError(f"y: row {i} is {label!r}: a label is a whole number, the index of its class")
        if classes is not None and not 0 <= label <= highest:
            raise ValueError(f"y: row {i} is {label:g}: the labels of {classes} classes are 0 to {highest}")
    return list(map(int, labels))


def as_lists(x: Any) -> Any:
    """Arrays, series and frames as lists, sparse ones too; anything else as it is.

    >>> import numpy as np
    >>> as_lists(np.eye(2)), as_lists(range(3))
    ([[1.0, 0.0], [0.0, 1.0]], range(0, 3))
    """
    x = x.to_numpy() if hasattr(x, "to_numpy") else x.toarray() if hasattr(x, "toarray") else x
    if _is_time(x) and x.shape:  # kept as whole numbers, of any unit
        return list(x)
    return x.tolist() if hasattr(x, "tolist") else x


def _is_time(x: Any) -> bool:
    return getattr(getattr(x, "dtype", None), "kind", "") in ("m", "M")


def _sequence(table: Any, name: str, least: int = 0) -> list[Any] | tuple[Any, ...]:
    """A list or tuple as it is, anything else that holds rows as a list of them; a ``TypeError`` for what holds none."""
    found: Any = table if type(table) in (list, tuple) else as_lists(table)
    if isinstance(found, str | bytes | dict | set | frozenset) or not isinstance(found, Iterable):
        raise TypeError(f"{name} is a table: lists, a NumPy array or a pandas frame are accepted, not {_said(table)}")
    rows = found if isinstance(found, list | tuple) else list(found)
    if len(rows) < least:
        raise ValueError(f"{name} is empty: at least one row is needed")
    return rows


def _is_row(value: Any) -> bool:
    return not isinstance(value, str | bytes | bytearray) and getattr(value, "shape", None) != () and isinstance(value, Iterable)


def _number(cell: Any, place: str, words: str = FOR_WORDS) -> float:
    """The cell as a float, or a ``ValueError`` that starts with the place."""
    if type(cell) is float and math.isfinite(cell):
        return cell
    if getattr(cell, "shape", None) == () and not _is_time(cell):  # NumPy's scalars and arrays or tensors that hold one number
        cell = cell.item()
    if isinstance(cell, Real) and not _is_time(cell):
        try:
            number = float(cell)
        except OverflowError:
            raise ValueError(f"{place} is an integer too large for a float (1.8e308)") from None
        if math.isfinite(number):
            return number
        raise ValueError(f"{place} is {number}: all numbers must be finite; leave the row out, or fill the gap in")
    advice = words if isinstance(cell, str | bytes) else "one number is needed here"
    if cell is None or type(cell).__name__ == "NAType":
        advice = "leave the row out, or fill the gap in"
    elif hasattr(cell, "data") and hasattr(cell, "grad"):
        advice = "take its .data"
    raise ValueError(f"{place} is {_said(cell)}, not a number: {advice}")


def _said(value: Any) -> str:
    return f"{shown(value)} ({type(value).__name__})"
