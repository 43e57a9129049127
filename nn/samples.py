"""Data as training reads it: one row of plain numbers a sample, its inputs and then its targets."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from .execution import evaluating, record
from .losses import LOSSES
from .metrics import METRICS, accuracy, predicted_classes
from .module import Module
from .tables import as_labels, as_rows, as_targets, check_lengths, plain

OF_CLASSES = (accuracy,)


class Samples(NamedTuple):
    """Rows of ``columns`` inputs and the targets; what the metrics compare the outputs with; whether the model has one output."""

    rows: list[list[float]]
    columns: int
    labels: list[Any]
    single: bool

    def chosen(self, indices: Sequence[int]) -> Samples:
        """Some of the samples."""
        return self._replace(rows=[self.rows[i] for i in indices], labels=[self.labels[i] for i in indices])


def samples_of(model: Module, X: Any, y: Any, loss: Any) -> Samples:
    """The samples of a data set, checked; ``ValueError`` if X, y, the model and the loss do not fit together."""
    loss = loss_named(loss)
    rows = as_rows(X)
    with evaluating(model):
        sample = record(model, rows[0], [], None)
    outputs = len(sample.outputs)
    single = sample.single or outputs == 1
    if loss is LOSSES["cross_entropy"]:
        if single:
            raise ValueError("cross_entropy needs one output a class: give the model several, or take loss='bce_with_logits'")
        labels: list[Any] = _class_numbers(y, outputs)
        targets = [[float(label == k) for k in range(outputs)] for label in labels]
    else:
        labels = as_targets(y)
        targets = [target if isinstance(target, list) else [target] for target in labels]
        labels = [target[0] for target in targets] if single else labels
        _require_fitting(targets, 1 if single else outputs, loss)
    check_lengths(rows, targets)
    return Samples([[*x, *target] for x, target in zip(rows, targets)], len(rows[0]), labels, single)


def _class_numbers(y: Any, classes: int) -> list[int]:
    """The class of each sample: numbers, rows that hold one number, or one-hot rows."""
    rows = plain(y, "y")
    if rows and hasattr(rows[0], "__len__") and not isinstance(rows[0], str):
        found = as_rows(y, "y")
        if len(found[0]) == 1:
            return as_labels([row[0] for row in found], classes=classes)
        wrong = next((i for i, row in enumerate(found) if sorted(row) != [0.0] * (classes - 1) + [1.0]), None)
        if wrong is not None:
            raise ValueError(f"y: row {wrong} is {found[wrong]}: cross_entropy takes class numbers or one-hot rows of {classes}")
        return [row.index(1.0) for row in found]
    return as_labels(rows, classes=classes)


def _require_fitting(targets: Sequence[Sequence[float]], outputs: int, loss: Any) -> None:
    if len(targets[0]) != outputs:
        hint = ": for class numbers take loss='cross_entropy'" if len(targets[0]) == 1 else ""
        raise ValueError(f"the model has {outputs} output(s), and each target {len(targets[0])}{hint}")
    for i, target in enumerate(targets):
        for value in target:
            if loss in (LOSSES["hinge"], LOSSES["logistic"]) and value not in (-1.0, 1.0):
                raise ValueError(f"y: row {i} is {value:g}: this loss takes the labels -1 and 1")
            if loss in (LOSSES["bce"], LOSSES["bce_with_logits"]) and not 0.0 <= value <= 1.0:
                raise ValueError(f"y: row {i} is {value:g}: this loss takes labels from 0 to 1")


def split_samples(samples: Samples, validation: Any, model: Module, loss: Any, seed: int) -> tuple[Samples, Samples | None]:
    """What to train on and what to validate on: a fraction drawn at random, or a pair ``(X, y)``."""
    if validation is None:
        return samples, None
    if not isinstance(validation, int | float):
        X, y = validation
        held_out = samples_of(model, X, y, loss)
        if held_out.columns != samples.columns:
            raise ValueError(f"the validation data have {held_out.columns} columns, the training data {samples.columns}")
        return samples, held_out
    count = len(samples.rows)
    held = round(count * validation)
    if not 0 < held < count:
        raise ValueError(f"validation is a pair (X, y), or a fraction that leaves both parts a sample of the {count}, not {validation!r}")
    order = list(range(count))
    random.Random(f"{seed}/validation").shuffle(order)
    return samples.chosen(order[held:]), samples.chosen(order[:held])


def loss_named(loss: str | Callable[..., Any]) -> Callable[..., Any]:
    """A loss by its name, or the function itself; ``ValueError`` for an unknown name.

    >>> loss_named("mse").__name__
    'mse_loss'
    """
    return _named(loss, LOSSES, "loss")


def metric_named(metric: str | Callable[..., Any], loss: str | Callable[..., Any]) -> tuple[str, Callable[..., float]]:
    """The name of a metric, and a function of raw outputs and labels; for a metric of classes the outputs become classes first."""
    function = _named(metric, METRICS, "a metric")
    name = metric if isinstance(metric, str) else getattr(metric, "__name__", "metric")
    if function not in OF_CLASSES:
        return name, function
    chosen = loss_named(loss)
    is_logit, is_sign = chosen is LOSSES["bce_with_logits"], chosen in (LOSSES["hinge"], LOSSES["logistic"])
    is_share = is_logit or chosen is LOSSES["bce"]

    def of_classes(outputs: Any, labels: Any) -> float:
        if isinstance(labels[0], list):
            for i, row in enumerate(labels):
                if sorted(row) != [0.0] * (len(row) - 1) + [1.0]:
                    raise ValueError(f"{name} of several outputs needs one-hot targets, and row {i} is {row}: give a metric of your own")
            labels = predicted_classes(labels)
        signed = is_sign or (not is_share and -1 in labels and set(labels) <= {-1, 1})
        convention = "sign" if signed else "logit" if is_logit else "probability"
        return float(function(predicted_classes(outputs, convention), labels))

    return name, of_classes


def figures(found: list[list[float]], samples: Samples, metrics: Sequence[tuple[str, Callable[..., float]]]) -> dict[str, float]:
    """The mean loss and the metrics, from rows of the outputs and, after them, the loss."""
    outputs = [row[0] if samples.single else row[:-1] for row in found]
    return {"loss": sum(row[-1] for row in found) / len(found)} | {name: function(outputs, samples.labels) for name, function in metrics}


def _named(choice: Any, table: dict[str, Callable[..., Any]], what: str) -> Callable[..., Any]:
    if callable(choice):
        return choice
    if choice not in table:
        raise ValueError(f"{what} is one of {', '.join(map(repr, table))} or a function, not {choice!r}")
    return table[choice]
