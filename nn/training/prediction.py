"""What a trained model says: outputs, classes, losses and metrics on data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd_core import Floats, as_lists, as_rows

from ..activations import ACTIVATIONS, CONVENTIONS, activation_name
from ..arguments import listed, named, number, shortened
from ..losses import KINDS, LOSSES, NUMBERS, Kind, l1_loss, mse_loss
from .execution import RUNS, Execution, apart, evaluating, record
from .history import SILENT
from .model import Model
from .samples import Samples, check_lengths, require_one_hot, samples_of

Metric = tuple[str, Callable[[Any, Any], Any]]
FEW = 8  # rows for which compiling costs more than it saves
THRESHOLDS = {"logit": (0.0, 0, 1), "probability": (0.5, 0, 1), "sign": (0.0, -1, 1)}  # above the threshold is the second class
_BETWEEN = {(0, 1): "probability", (-1, 1): "sign"}  # the conventions of last activations by what they lie between; any other gives logits
BEHIND = {name: _BETWEEN.get((round(f(-50.0)), round(f(50.0))), "logit") for name, f in (ACTIVATIONS | CONVENTIONS).items()}


@apart
def predict(model: Model, X: Any, dialect: str = "python") -> list[Any]:
    """The output for each row of ``X``, as plain numbers, in evaluation mode: a number, or a list if the model has several outputs."""
    rows = as_rows(X)
    named(dialect, dict.fromkeys(RUNS, True), "dialect", or_else="")
    with evaluating(model):
        single = record(model, rows[0]).single
        run = Execution(model, None, rows, len(rows[0]), dialect if len(rows) > FEW else "eager")
        found = run.outputs(run.values(), rows)
    return [row[0] for row in found] if single else found


def predict_classes(model: Model, X: Any) -> list[int]:
    """The class of each row of ``X``: that of the largest output; of a single one behind a sigmoid 1 above 0.5, else 0; behind
    tanh or sign 1 above 0, else -1; behind any other activation 1 above 0, else 0 (a logit)."""
    return predicted_classes(predict(model, X), BEHIND.get(last_activation(model), "logit"))


def predicted_classes(outputs: Any, convention: str = "logit") -> list[int]:
    """The class of each output, a number or a list of numbers.

    Several mean the class of the largest (the first of equals). A single one is compared with the threshold of the ``convention``:
    ``"logit"`` gives 1 above 0, else 0; ``"probability"`` 1 above ½, else 0; ``"sign"`` +1 above 0, else -1.

    >>> predicted_classes([[0.1, 0.9], [0.8, 0.2]]), predicted_classes([1.5, -0.5], "sign")
    ([1, 0], [1, -1])
    """
    threshold, below, above = named(convention, THRESHOLDS, "convention")
    rows = [row if isinstance(row, list | tuple) else [row] for row in map(as_lists, listed("outputs is", outputs, "[0.5, -0.5]"))]
    for i, row in enumerate(rows):
        if not row or any(y != y and isinstance(y, float) for y in row):
            raise ValueError(f"output {i} is {shortened(row)}, which is of no class")
    return [list(row).index(max(row)) if len(row) > 1 else above if row[0] > threshold else below for row in rows]


def last_activation(model: Model) -> str:
    """The name of the activation of the last part that has one."""
    return next((activation_name(part.activation) for part in reversed(model.modules()) if hasattr(part, "activation")), "")


@apart
def evaluate(model: Model, X: Any, y: Any, loss: Any = "mse", metrics: Any = (), dialect: str = "python") -> dict[str, float]:
    """The mean loss and the metrics, by name, on samples with known targets; in C, by the program of a training with that loss.

    >>> from nn import MLP
    >>> evaluate(MLP(1, [1], init="zeros"), [[1.0], [2.0]], [1.0, 3.0], loss="mse")
    {'loss': 5.0}
    """
    table, chosen = samples_of(model, X, y, loss), metrics_named(metrics, loss, model)
    with evaluating(model):
        run = Execution(model, named(loss, LOSSES, "loss"), table.rows, table.columns, dialect, trained=False)
        return figures(run, run.values(), table, chosen)


def accuracy(targets: Sequence[Any], predictions: Sequence[Any]) -> float:
    """The share of predicted classes that are right, from 0 to 1."""
    targets, predictions = listed("targets is", targets, "[1, 0]"), listed("predictions is", predictions, "[1, 1]")
    check_lengths(targets, predictions, "targets and predictions")
    right = sum(bool(prediction == target) for prediction, target in zip(predictions, targets))
    return right / number("the number of targets", len(targets), "a positive number")


METRICS: dict[str, Any] = {"accuracy": accuracy, "mae": lambda t, y: l1_loss(y, t), "mse": lambda t, y: mse_loss(y, t)}
"""Metrics by name; every function of targets and predictions, such as those of ``sklearn.metrics``, is one too."""


def metrics_named(metrics: Any, loss: Any, model: Model) -> list[Metric]:
    """Names of metrics with functions of targets and raw outputs: behind the loss of a classifier they are given the classes."""
    chosen, found = named(loss, LOSSES, "loss"), list[Metric]()
    for metric in [metrics] if isinstance(metrics, str) or callable(metrics) else listed("metrics is", metrics, "metrics=['accuracy']"):
        function = named(metric, METRICS, "a metric")
        name = metric if isinstance(metric, str) else getattr(metric, "__name__", "metric")
        if name in ("loss", *SILENT) or name.startswith("val_") or name in dict(found):
            raise ValueError(f"two figures of an epoch would be called {name!r}: give the metric another name, as def does")
        of_classes = function is accuracy or (chosen in KINDS and metric not in ("mae", "mse"))
        found.append((name, _of_classes(function, name, KINDS.get(chosen, NUMBERS), model) if of_classes else function))
    return found


def _of_classes(function: Callable[[Any, Any], Any], name: str, kind: Kind, model: Model) -> Callable[[Any, Any], Any]:
    def of_classes(targets: Any, outputs: Any) -> Any:
        if isinstance(targets[0], list):
            require_one_hot(targets, len(targets[0]), f"{name} of several outputs needs")
            targets = predicted_classes(targets)
        classes = predicted_classes(outputs, _convention(kind, last_activation(model), targets))
        return function([int(target) if target == int(target) else target for target in targets], classes)

    return of_classes


def _convention(kind: Kind, last: str, targets: Sequence[Any]) -> str:
    """What a single output means. A linear one behind a loss of numbers, such as mse, has its middle between -1 and 1, or 0 and 1."""
    if last == "sigmoid" and kind.convention != "sign":
        return "probability"
    if kind.convention or BEHIND.get(last) == "sign":
        return kind.convention or ("logit" if 0 in targets else "sign")  # the middle is 0 for both
    return "sign" if -1 in targets and set(targets) <= {-1, 1} else "probability"


def figures(run: Execution, values: Any, samples: Samples, metrics: Sequence[Metric]) -> dict[str, float]:
    """The mean loss and the metrics on samples, where the parameters have these values."""
    found = run.outputs(values, samples.rows)
    outputs = [row[1] if samples.single else row[1:] for row in found]
    measured = {name: number(f"what {name} returns", function(samples.labels, outputs), "a number") for name, function in metrics}
    return {"loss": Floats(row[0] for row in found).sum() / run.weight(samples.rows)} | measured
