"""Data as training reads it: tables from outside as plain lists of floats, or one clear error; a row for each sample."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence
from numbers import Real
from typing import Any, NamedTuple

from ..arguments import count, named, shortened
from ..losses import KINDS, LOSSES, NUMBERS, as_lists
from ..optim import is_array
from .execution import all_finite, evaluating, record
from .model import Model


class Samples(NamedTuple):
    """Rows of ``columns`` inputs, the targets and, if ``weighted``, a weight, as lists, or in one array if the inputs were one; what
    metrics are given; whether there is one output."""

    rows: Any
    columns: int
    labels: list[Any]
    single: bool
    weighted: bool = False

    def chosen(self, indices: Sequence[int]) -> Samples:
        """Some of the samples."""
        rows = self.rows[indices] if is_array(self.rows) else [self.rows[i] for i in indices]
        return self._replace(rows=rows, labels=[self.labels[i] for i in indices])

    def weighing(self, weights: list[float]) -> Samples:
        """The samples with their weights; those of weight 0 are left out."""
        check_lengths(self.rows, weights, "X and sample_weight")
        if min(weights) < 0.0 or not any(weights):
            raise ValueError("sample_weight holds numbers from 0 on, at least one of them above 0")
        rows = _beside(self.rows, [[weight] for weight in weights])
        return self._replace(rows=rows, weighted=True).chosen([i for i, weight in enumerate(weights) if weight])


def samples_of(model: Model, X: Any, y: Any, loss: Any, sample_weight: Any = None) -> Samples:
    """The samples of a data set, checked; ``ValueError`` if X, y, the model and the loss do not fit together."""
    loss, rows = named(loss, LOSSES, "loss"), as_table(X)
    with evaluating(model):
        sample = record(model, rows[0])
    outputs = len(sample.outputs)
    single = sample.single or outputs == 1
    labels: list[Any]
    if loss is LOSSES["cross_entropy"]:
        if single:
            raise ValueError("cross_entropy needs one output a class: give the model several, or take loss='bce_with_logits'")
        labels = _class_numbers(y, outputs)
        targets = [[float(label == k) for k in range(outputs)] for label in labels]
    else:
        labels = as_targets(y)
        targets = [target if isinstance(target, list) else [target] for target in labels]
        labels = [target[0] for target in targets] if single else labels
        if len(targets[0]) != outputs:
            hint = ": for class numbers take loss='cross_entropy'" if len(targets[0]) == 1 else ""
            raise ValueError(f"the model has {outputs} output(s), and each target {len(targets[0])}{hint}")
        for i, target in enumerate(targets):
            for value in target:
                KINDS.get(loss, NUMBERS).check(value, f"y: row {i}: ")
    check_lengths(rows, targets)
    samples = Samples(_beside(rows, targets), len(rows[0]), labels, single)
    return samples if sample_weight is None else samples.weighing(as_numbers(sample_weight, "sample_weight"))


def _class_numbers(y: Any, classes: int) -> list[int]:
    """The class of each sample: numbers, rows that hold one number, or one-hot rows."""
    found = plain(y, "y")
    if found and hasattr(found[0], "__len__") and not isinstance(found[0], str):
        found = as_rows(y, "y")
        if len(found[0]) > 1:
            require_one_hot(found, classes, "cross_entropy needs class numbers or")
        found = [row[0] if len(row) == 1 else row.index(1.0) for row in found]
    return as_labels(found, classes=classes)


def require_one_hot(rows: Sequence[Sequence[float]], classes: int, who: str) -> None:
    """``ValueError``, which says ``who`` needs it, unless every row holds one 1 and otherwise 0."""
    for i, row in enumerate(rows):
        if sorted(row) != [0.0] * (classes - 1) + [1.0]:
            raise ValueError(f"{who} one-hot targets, and row {i} is {row}")


def split_samples(samples: Samples, validation: Any, model: Model, loss: Any, seed: int) -> tuple[Samples, Samples | None]:
    """What to train on and what to validate on: a fraction drawn at random, or a pair ``(X, y)``."""
    if validation is None:
        return samples, None
    if isinstance(validation, tuple | list) and len(validation) == 2:
        X, y = validation
        held_out = samples_of(model, X, y, loss)
        if held_out.columns != samples.columns:
            raise ValueError(f"the validation data have {held_out.columns} columns, the training data {samples.columns}")
        return samples, held_out.weighing([1.0] * len(held_out.rows)) if samples.weighted else held_out
    size = len(samples.rows)
    held = round(size * float(validation)) if isinstance(validation, Real) and 0.0 < float(validation) < 1.0 else 0
    if not 0 < held < size:
        raise ValueError(f"validation is a pair (X, y), or a fraction that leaves each part a row of {size}, not {shortened(validation)}")
    order = list(range(size))
    random.Random(f"{seed}/validation").shuffle(order)
    return samples.chosen(order[held:]), samples.chosen(order[:held])


def _beside(rows: Any, further: list[list[float]]) -> Any:
    """The rows, each with more numbers behind it."""
    if is_array(rows):
        import numpy as np

        return np.column_stack((rows, further))
    return [[*row, *more] for row, more in zip(rows, further)]


def as_table(X: Any) -> Any:
    """A NumPy array of finite numbers as one of float64; anything else as :func:`as_rows` gives it, or its error."""
    is_numpy = hasattr(X, "__array_interface__") and not hasattr(X, "mask") and X.dtype.kind in "fiu"
    return X.astype(float) if is_numpy and X.ndim == 2 and X.size and all_finite(X) else as_rows(X)


def as_rows(X: Any, name: str = "X") -> list[list[float]]:
    """``X`` (rows of lists or tuples, a NumPy array, a pandas frame) as new lists of floats, all of one length. A ``ValueError`` names the
    row and the column (from 0) of a cell that is not a finite number, or a row of another length.

    >>> as_rows([[1.0, 2.0], [3.0, "4"]])
    Traceback (most recent call last):
    ValueError: X: row 1, column 1 is '4' (str), not a number: convert it with float(...) first
    """
    rows: list[list[float]] = []
    found = plain(X, name, 1)
    for i, row in enumerate(found):
        if not _is_row(row):
            instead = f"write {shortened([list(found)])} for one row, {shortened([[x] for x in found[:9]])} for a column"
            raise ValueError(f"{name}: row {i} is {_said(row)}, not a list: {name} is a list of rows: {instead}")
        cells = plain(row, name)
        quick = set(map(type, cells)) == {float} and all(map(math.isfinite, cells))
        rows.append(list(cells) if quick else [_number(cell, name, i, j) for j, cell in enumerate(cells)])
        if len(rows[i]) != len(rows[0]):
            raise ValueError(f"{name}: row {i} has {len(rows[i])} column(s) where row 0 has {len(rows[0])}: all rows need the same length")
    if not rows[0]:
        raise ValueError(f"{name}: row 0 has no columns: each row needs at least one number")
    return rows


def as_numbers(y: Any, name: str = "y") -> list[float]:
    """``y``, one number for each row, as a new list of floats; errors as in :func:`as_rows`."""
    return [_number(cell, name, i) for i, cell in enumerate(plain(y, name, 1))]


def as_targets(y: Any, name: str = "y") -> list[float] | list[list[float]]:
    """The targets of a regression: numbers as in :func:`as_numbers`, or rows as in :func:`as_rows`, whichever ``y`` holds."""
    y = plain(y, name, 1)
    return as_rows(y, name) if _is_row(y[0]) else as_numbers(y, name)


def as_labels(y: Any, name: str = "y", classes: int | None = None) -> list[int]:
    """The labels of a classification, whole numbers of any type, as a new list of ints; with ``classes`` from 0 to ``classes - 1``."""
    highest = math.inf if classes is None else count("classes is the number of classes: it", classes) - 1
    labels = []
    for i, value in enumerate(plain(y, name, 1)):
        where = f"{name}: row {i} is"
        if isinstance(value, str):
            raise ValueError(f"{where} {value!r}, not a whole number: number the classes, as in [names.index(label) for label in y]")
        label = value if type(value) is int else _number(value, name, i)
        if label != int(label):
            raise ValueError(f"{where} {label!r}: a label is a whole number, the index of its class")
        if classes is not None and not 0 <= label <= highest:
            raise ValueError(f"{where} {label:g}: the labels of {classes} classes are 0 to {highest}")
        labels.append(int(label))
    return labels


def check_lengths(first: Sequence[Any], second: Sequence[Any], names: str = "X and y") -> None:
    """A ``ValueError`` unless both have the same number of rows."""
    if len(first) != len(second):
        raise ValueError(f"{names} are of different lengths, {len(first)} and {len(second)}: each row needs its counterpart")


def plain(table: Any, name: str = "X", least: int = 0) -> list[Any] | tuple[Any, ...]:
    """A list or tuple as it is, an array, frame or series as nested lists; a ``TypeError`` for what holds no rows."""
    found: Any = table if type(table) in (list, tuple) else as_lists(table)
    if isinstance(found, str | bytes | dict | set | frozenset) or not isinstance(found, Iterable):
        raise TypeError(f"{name} is a table: lists, a NumPy array or a pandas frame are accepted, not {_said(table)}")
    rows = found if isinstance(found, list | tuple) else list(found)
    if len(rows) < least:
        raise ValueError(f"{name} is empty: at least one row is needed")
    return rows


def _is_row(value: Any) -> bool:
    return not isinstance(value, str | bytes) and getattr(value, "shape", None) != () and isinstance(value, Iterable)


def _number(cell: Any, name: str, row: int, column: int | None = None) -> float:
    """The cell as a float, or a ``ValueError`` that starts with the place."""
    if type(cell) is float and math.isfinite(cell):
        return cell
    if getattr(cell, "shape", None) == ():  # NumPy's scalars and arrays or tensors that hold one number
        cell = cell.item()
    place = f"{name}: row {row}" + ("" if column is None else f", column {column}")
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


def _said(value: Any) -> str:
    return f"{shortened(value)} ({type(value).__name__})"
