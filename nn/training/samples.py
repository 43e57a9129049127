"""Data as training reads it: a row of numbers for each sample, checked against the model and the loss."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from numbers import Real
from typing import Any, NamedTuple

from autograd_core import as_labels, as_lists, as_numbers, as_rows

from ..arguments import named, shortened
from ..losses import KINDS, LOSSES, NUMBERS
from .execution import evaluating, record
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
        rows = self.rows[indices] if hasattr(self.rows, "dtype") else [self.rows[i] for i in indices]
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
        labels = as_numbers(y, or_rows=True)
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
    y = as_lists(y)
    if isinstance(y, list | tuple) and y and isinstance(as_lists(y[0]), list | tuple):
        if len((rows := as_rows(y, "y"))[0]) > 1:
            require_one_hot(rows, classes, "cross_entropy needs class numbers or")
        y = [row[0] if len(row) == 1 else row.index(1.0) for row in rows]
    return as_labels(y, classes=classes)


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
    if hasattr(rows, "dtype"):
        import numpy as np

        return np.column_stack((rows, further))
    return [[*row, *more] for row, more in zip(rows, further)]


def as_table(X: Any) -> Any:
    """A NumPy array of finite numbers as one of float64; anything else as :func:`as_rows` gives it, or its error."""
    is_numpy = hasattr(X, "__array_interface__") and type(X).__name__ == "ndarray" and X.dtype.kind in "fiu"  # and no matrix
    return X.astype(float) if is_numpy and X.ndim == 2 and X.size and math.isfinite(abs(X).max()) else as_rows(X)


def check_lengths(first: Sequence[Any], second: Sequence[Any], names: str = "X and y") -> None:
    """A ``ValueError`` unless both have the same number of rows."""
    if len(first) != len(second):
        raise ValueError(f"{names} are of different lengths, {len(first)} and {len(second)}: each row needs its counterpart")
