"""What a trained model says: outputs, classes, losses and metrics on data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd_core import Value, compile_graph, watching_comparisons

from .execution import evaluating, execution, record, same
from .layers import activation_name
from .metrics import predicted_classes
from .module import Input, Module
from .samples import figures, loss_named, metric_named, samples_of
from .tables import as_rows

FEW = 8  # rows for which compiling costs more than it saves


def predict(model: Module, X: Any) -> list[Any]:
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


def predict_classes(model: Module, X: Any) -> list[int]:
    """The index of the largest output; of a single output whether it is above its middle: 0.5 behind a sigmoid, else 0."""
    return predicted_classes(predict(model, X), "probability" if last_activation(model) == "sigmoid" else "logit")


def last_activation(model: Module) -> str:
    """The name of the activation of the last part that has one."""
    return next((activation_name(part.activation) for part in reversed(model.modules()) if hasattr(part, "activation")), "")


def evaluate(model: Module, X: Any, y: Any, loss: Any = "mse", metrics: Sequence[Any] = ()) -> dict[str, float]:
    """The mean loss and the metrics, by name.

    >>> from nn import MLP
    >>> evaluate(MLP(1, [1], init="zeros"), [[1.0], [2.0]], [1.0, 3.0], loss="mse")
    {'loss': 5.0}
    """
    table = samples_of(model, X, y, loss)
    with evaluating(model):
        run = execution(model, loss_named(loss), table.rows, table.columns, "python")
        found = run.outputs([parameter.data for parameter in run.parameters], table.rows)
    return figures(found, table, [metric_named(metric, loss) for metric in metrics])
