"""How good predictions are, as plain numbers: for classes, and for real values.

The predictions come first and what is true second, as in PyTorch's losses (scikit-learn has them the other way round). Lists,
NumPy arrays and pandas series are accepted; :data:`METRICS` has every metric of two lists by its name.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from autograd_core import Value

from .tables import as_labels, as_numbers, check_lengths, plain

CONVENTIONS: dict[str, tuple[float, int, int]] = {  # a single output above the threshold is the second class, else the first
    "logit": (0.0, 0, 1),
    "probability": (0.5, 0, 1),
    "sign": (0.0, -1, 1),
}


def predicted_class(output: Any, convention: str = "logit") -> int:
    """The class that the output of a network for one row of inputs stands for.

    Several outputs mean the class of the largest (the first of equals). A single one is compared with the threshold of the
    ``convention``: ``"logit"`` gives 1 above 0, else 0; ``"probability"`` 1 above ½, else 0; ``"sign"`` +1 above 0, else -1.
    Values are read by their data. A ``ValueError`` for other conventions and for outputs that are not finite.

    >>> predicted_class([-1.0, 2.7, 0.5])
    1
    >>> predicted_class(0.3), predicted_class(0.3, "probability"), predicted_class(-0.3, "sign")
    (1, 0, -1)
    """
    return predicted_classes([output], convention)[0]


def predicted_classes(outputs: Any, convention: str = "logit") -> list[int]:
    """The class of each output, a number or a row of numbers, as :func:`predicted_class` finds it.

    >>> predicted_classes([[0.1, 0.9], [0.8, 0.2]]), predicted_classes([1.5, -0.5], "sign")
    ([1, 0], [1, -1])
    """
    if convention not in CONVENTIONS:
        raise ValueError(f"there is no convention {convention!r}: choose one of {', '.join(CONVENTIONS)}")
    threshold, below, above = CONVENTIONS[convention]
    classes = []
    for i, output in enumerate(plain(outputs, "outputs")):
        row = plain(output) if isinstance(output, Sequence) or getattr(output, "shape", ()) != () else [output]
        numbers = as_numbers([x.data if isinstance(x, Value) else x for x in row], f"outputs[{i}]")
        several = len(numbers) > 1
        classes.append(numbers.index(max(numbers)) if several else above if numbers[0] > threshold else below)
    return classes


def accuracy(predictions: Any, labels: Any) -> float:
    """The share of predicted classes that are right, from 0 to 1.

    >>> accuracy([0, 1, 1, 0], [0, 1, 0, 0])
    0.75
    """
    pairs = _class_pairs(predictions, labels)
    return sum(predicted == label for predicted, label in pairs) / len(pairs)


def confusion_matrix(predictions: Any, labels: Any, classes: int | Sequence[int] | None = None) -> list[list[int]]:
    """How often each class was taken for each: row i, column j counts examples of the i-th class predicted as the j-th.

    ``classes`` is the number of classes or the list of their labels in order; by default all labels that occur, sorted. A
    ``ValueError`` names a label outside.

    >>> confusion_matrix([0, 1, 1, 0], [0, 1, 0, 0])
    [[2, 1], [0, 1]]
    """
    pairs = _class_pairs(predictions, labels)
    if classes is None:
        classes = sorted({label for pair in pairs for label in pair})
    order = list(range(classes)) if hasattr(classes, "__index__") else classes
    position = {label: i for i, label in enumerate(order)}
    matrix = [[0] * len(position) for _ in position]
    for i, (predicted, label) in enumerate(pairs):
        for name, found in (("predictions", predicted), ("labels", label)):
            if found not in position:
                raise ValueError(f"{name}: row {i} is {found}, which is not one of the classes {order}")
        matrix[position[label]][position[predicted]] += 1
    return matrix


def precision(predictions: Any, labels: Any, positive: int = 1) -> float:
    """Of the examples predicted as ``positive``, the share that are; 0 where there is none, as in scikit-learn.

    For two classes of any coding; a ``ValueError`` for more.

    >>> precision([1, 1, 0, 0], [1, 0, 1, 0])
    0.5
    """
    hits, predicted, _ = _counts(predictions, labels, positive)
    return hits / predicted if predicted else 0.0


def recall(predictions: Any, labels: Any, positive: int = 1) -> float:
    """Of the examples that are ``positive``, the share predicted so; 0 where there is none, as in scikit-learn.

    >>> recall([1, 0, 0, 0], [1, 1, 1, 1])
    0.25
    """
    hits, _, actual = _counts(predictions, labels, positive)
    return hits / actual if actual else 0.0


def f1(predictions: Any, labels: Any, positive: int = 1) -> float:
    """The harmonic mean of :func:`precision` and :func:`recall`; 0 where nothing is ``positive``, as in scikit-learn.

    >>> f1([1, 1, 0, 0], [1, 0, 0, 0])
    0.6666666666666666
    """
    hits, predicted, actual = _counts(predictions, labels, positive)
    return 2.0 * hits / (predicted + actual) if predicted + actual else 0.0


def mean_squared_error(predictions: Any, targets: Any) -> float:
    """The mean of the squared differences.

    >>> mean_squared_error([5.2, 1.0], [4.0, 1.0])
    0.7200000000000002
    """
    pairs = _number_pairs(predictions, targets)
    return math.fsum((p - t) * (p - t) for p, t in pairs) / len(pairs)


def mean_absolute_error(predictions: Any, targets: Any) -> float:
    """The mean of the distances.

    >>> mean_absolute_error([5.0, 1.0], [4.0, 1.0])
    0.5
    """
    pairs = _number_pairs(predictions, targets)
    return math.fsum(abs(p - t) for p, t in pairs) / len(pairs)


def r2_score(predictions: Any, targets: Any) -> float:
    """The coefficient of determination: 1 for perfect predictions, 0 for those no better than the mean of the targets.

    1 - Σ(p - t)² / Σ(t - mean)², which may be negative. Where all targets are equal it is 1 if all predictions are right, else 0, as
    in scikit-learn.

    >>> r2_score([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]), r2_score([2.0, 2.0, 2.0], [1.0, 2.0, 3.0])
    (1.0, 0.0)
    """
    pairs = _number_pairs(predictions, targets)
    mean = math.fsum(t for _, t in pairs) / len(pairs)
    unexplained = math.fsum((p - t) * (p - t) for p, t in pairs)
    if len({t for _, t in pairs}) == 1:
        return 0.0 if unexplained else 1.0
    return 1.0 - unexplained / math.fsum((t - mean) * (t - mean) for _, t in pairs)


METRICS: dict[str, Callable[..., float]] = {
    metric.__name__: metric for metric in (accuracy, precision, recall, f1, mean_squared_error, mean_absolute_error, r2_score)
}


def _class_pairs(predictions: Any, labels: Any) -> list[tuple[int, int]]:
    predicted, actual = as_labels(predictions, "predictions"), as_labels(labels, "labels")
    check_lengths(predicted, actual, "predictions and labels")
    return list(zip(predicted, actual))


def _number_pairs(predictions: Any, targets: Any) -> list[tuple[float, float]]:
    predicted, actual = as_numbers(predictions, "predictions"), as_numbers(targets, "targets")
    check_lengths(predicted, actual, "predictions and targets")
    return list(zip(predicted, actual))


def _counts(predictions: Any, labels: Any, positive: int) -> tuple[int, int, int]:
    """How many examples are positive in both, in the predictions, and in the labels."""
    pairs = _class_pairs(predictions, labels)
    others = sorted({label for pair in pairs for label in pair} - {positive})
    if len(others) > 1:
        raise ValueError(f"two classes are needed, {positive} and one other, not {others}: see confusion_matrix for more")
    predicted, actual = [p == positive for p, _ in pairs], [label == positive for _, label in pairs]
    return sum(p and a for p, a in zip(predicted, actual)), sum(predicted), sum(actual)
