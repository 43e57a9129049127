"""What a trained model says: outputs, classes, losses and metrics on data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd_core import Value, compile_graph, watching_comparisons

from ..activations import activation_name, named
from ..losses import LOSSES, l1_loss, mse_loss
from .execution import evaluating, execution, record, same
from .model import Input, Model
from .samples import Samples, as_rows, samples_of

FEW = 8  # rows for which compiling costs more than it saves
THRESHOLDS: dict[str, tuple[float, int, int]] = {  # a single output above the threshold is the second class, else the first
    "logit": (0.0, 0, 1),
    "probability": (0.5, 0, 1),
    "sign": (0.0, -1, 1),
}


def predict(model: Model, X: Any) -> list[Any]:
    """The output for each row: a number, or a list if the model has several outputs."""
    rows = as_rows(X)
    with evaluating(model):
        with watching_comparisons() as places:
            sample = record(model, rows[0], [], None)
        if len(rows) <= FEW or places:
            return [_numbers(model([Input(value, f"x{i}") for i, value in enumerate(row)])) for row in rows]
        last = _flat(_numbers(model([Input(value, f"x{i}") for i, value in enumerate(rows[-1])])))
        found = compile_graph(sample.outputs, [], sample.inputs).batch([], rows)
        if not all(map(same, found[-1], last)):  # the graph holds a constant, such as .data, that differs from row to row
            return [_numbers(model([Input(value, f"x{i}") for i, value in enumerate(row)])) for row in rows]
    return [row[0] for row in found] if sample.single else found


def _numbers(output: Any) -> Any:
    if isinstance(output, list | tuple):
        return [_numbers(y) for y in output]
    return output.data if isinstance(output, Value) else float(output)


def _flat(output: Any) -> list[float]:
    return output if isinstance(output, list) else [output]


def predict_classes(model: Model, X: Any) -> list[int]:
    """The index of the largest output; of a single output whether it is above its middle: 0.5 behind a sigmoid, else 0."""
    return predicted_classes(predict(model, X), "probability" if last_activation(model) == "sigmoid" else "logit")


def predicted_classes(outputs: Any, convention: str = "logit") -> list[int]:
    """The class of each output, a number or a list of numbers.

    Several mean the class of the largest (the first of equals). A single one is compared with the threshold of the ``convention``:
    ``"logit"`` gives 1 above 0, else 0; ``"probability"`` 1 above ½, else 0; ``"sign"`` +1 above 0, else -1.

    >>> predicted_classes([[0.1, 0.9], [0.8, 0.2]]), predicted_classes([1.5, -0.5], "sign")
    ([1, 0], [1, -1])
    """
    threshold, below, above = named(convention, THRESHOLDS, "convention")
    rows = [row if isinstance(row, list | tuple) else [row] for row in outputs]
    return [list(row).index(max(row)) if len(row) > 1 else above if row[0] > threshold else below for row in rows]


def last_activation(model: Model) -> str:
    """The name of the activation of the last part that has one."""
    return next((activation_name(part.activation) for part in reversed(model.modules()) if hasattr(part, "activation")), "")


def evaluate(model: Model, X: Any, y: Any, loss: Any = "mse", metrics: Any = ()) -> dict[str, float]:
    """The mean loss and the metrics, by name.

    >>> from nn import MLP
    >>> evaluate(MLP(1, [1], init="zeros"), [[1.0], [2.0]], [1.0, 3.0], loss="mse")
    {'loss': 5.0}
    """
    table = samples_of(model, X, y, loss)
    chosen = metrics_named(metrics, loss)
    with evaluating(model):
        run = execution(model, named(loss, LOSSES, "loss"), table.rows, table.columns)
        found = run.outputs([parameter.data for parameter in run.parameters], table.rows)
    return figures(found, table, chosen, run.weight(table.rows))


# -- metrics -----------------------------------------------------------------------------------------------------------
def accuracy(targets: Sequence[Any], predictions: Sequence[Any]) -> float:
    """The share of predicted classes that are right, from 0 to 1.

    >>> accuracy([0, 1, 0, 0], [0, 1, 1, 0])
    0.75
    """
    return sum(map(_equal, predictions, targets)) / len(targets)


def _equal(a: Any, b: Any) -> bool:
    return bool(a == b)


METRICS: dict[str, Callable[[Any, Any], Any]] = {
    "accuracy": accuracy,
    "mae": lambda targets, predictions: l1_loss(predictions, targets),
    "mse": lambda targets, predictions: mse_loss(predictions, targets),
}
"""Metrics by name; every function of targets and predictions, such as those of ``sklearn.metrics``, is one too."""
OF_CLASSES = tuple(LOSSES[name] for name in ("cross_entropy", "bce", "bce_with_logits", "hinge", "logistic"))
"""Losses of classifiers: behind them a metric is given classes."""


def metrics_named(metrics: Any, loss: Any) -> list[tuple[str, Callable[[Any, Any], Any]]]:
    """Names of metrics with functions of raw outputs and labels: metrics of classifiers are given the classes."""
    chosen, found = named(loss, LOSSES, "loss"), []
    for metric in [metrics] if isinstance(metrics, str) or callable(metrics) else metrics:
        function = named(metric, METRICS, "a metric")
        name = metric if isinstance(metric, str) else getattr(metric, "__name__", "metric")
        of_classes = function is accuracy or (chosen in OF_CLASSES and metric not in ("mae", "mse"))
        found.append((name, _of_classes(function, name, chosen) if of_classes else _of_outputs(function)))
    return found


def _of_outputs(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda outputs, labels: function(labels, outputs)


def _of_classes(function: Callable[[Any, Any], Any], name: str, loss: Any) -> Callable[[Any, Any], Any]:
    is_share = loss is not LOSSES["bce_with_logits"]
    is_sign = loss in (LOSSES["hinge"], LOSSES["logistic"])

    def of_classes(outputs: Any, labels: Any) -> Any:
        if isinstance(labels[0], list):
            for i, row in enumerate(labels):
                if sorted(row) != [0.0] * (len(row) - 1) + [1.0]:
                    raise ValueError(f"{name} of several outputs needs one-hot targets, and row {i} is {row}: give a metric of your own")
            labels = predicted_classes(labels)
        signed = is_sign or (loss not in OF_CLASSES and -1 in labels and set(labels) <= {-1, 1})
        convention = "sign" if signed else "probability" if is_share else "logit"
        return function([int(label) if label == int(label) else label for label in labels], predicted_classes(outputs, convention))

    return of_classes


def figures(
    found: list[list[float]], samples: Samples, metrics: Sequence[tuple[str, Callable[..., Any]]], weight: float
) -> dict[str, float]:  # fmt: skip
    """The mean loss and the metrics, from rows of the outputs and, after them, the loss."""
    outputs = [row[0] if samples.single else row[:-1] for row in found]
    measured = {name: float(function(outputs, samples.labels)) for name, function in metrics}
    return {"loss": sum(row[-1] for row in found) / weight} | measured
