"""The class that an output stands for, and how often it is right. For all else there is ``sklearn.metrics``."""

from __future__ import annotations

import operator
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
    predicted, actual = as_labels(predictions, "predictions"), as_labels(labels, "labels")
    check_lengths(predicted, actual, "predictions and labels")
    return sum(map(operator.eq, predicted, actual)) / len(actual)


METRICS: dict[str, Callable[..., float]] = {"accuracy": accuracy}
"""The metrics that ``fit(metrics=["accuracy"])`` knows by name; more are in ``sklearn.metrics``, whose functions take the truth first."""
