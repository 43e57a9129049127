"""Running a model over many samples: as a compiled program where one recorded graph stands for all samples, else eagerly."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from operator import add
from typing import Any, NamedTuple

from autograd_core import DIALECTS, Constant, Value, compile_graph, dot, find_nonfinite, watching_comparisons

from .model import Input, Model

RUNS = (*(name for name, made in DIALECTS.items() if made.runs_here), "eager")
"""How a model may run: in a dialect of ``compile_graph`` that Python can call, or sample by sample on Values."""
Loss = Callable[[Any, Any], Any]


class BatchError(ValueError):
    """A batch that cannot be normalised: the message says what is needed."""


class Sample(NamedTuple):
    """One recorded sample."""

    inputs: list[Value]
    targets: list[Value]
    outputs: list[Value]
    single: bool
    """Whether the model returned one output by itself."""
    loss: Value | None


def record(model: Model, x: Sequence[float], target: Sequence[float], loss: Loss | None, weighted: bool = False) -> Sample:
    """The graph of the outputs, and of the loss if there is one, for one sample; ``weighted`` if its weight stands behind the targets."""
    inputs: list[Value] = [Input(value, f"x{i}") for i, value in enumerate(x)]
    targets: list[Value] = [Input(value, f"t{i}") for i, value in enumerate(target)]
    known = targets[:-1] if weighted else targets
    output = model(inputs)
    single = not isinstance(output, list | tuple)
    outputs = [y if isinstance(y, Value) else Constant(y) for y in ([output] if single else output)]
    value = loss([output], [known[0] if single else known]) if loss else None
    if loss and not isinstance(value, Value | int | float):
        raise TypeError(f"a loss returns one number, a Value, not {type(value).__name__}: take the mean over the samples")
    value = targets[-1] * value if weighted and value is not None else value
    return Sample(inputs, targets, outputs, single, Constant(value) if isinstance(value, int | float) else value)


class NotOneGraph(UserWarning):
    """A model or a loss decides something by comparing Values, so it runs eagerly."""


class Execution:
    """Sums of losses and gradients, and outputs, of a model over rows that hold a sample and its targets."""

    def __init__(self, model: Model, loss: Loss, columns: int, weighted: bool = False) -> None:
        self.model, self.loss, self.columns, self.weighted = model, loss, columns, weighted
        self.parameters = model.parameters()

    def record(self, row: Sequence[float]) -> Sample:
        """The graph of one row."""
        return record(self.model, row[: self.columns], row[self.columns :], self.loss, self.weighted)

    def weight(self, rows: Any) -> float:
        """What the sums over some rows are divided by for the mean."""
        return float(sum(row[-1] for row in rows)) if self.weighted else len(rows)

    def rows(self, rows: list[list[float]]) -> Any:
        """The rows in the form in which this execution reads them fastest."""
        return rows

    def sums(self, values: list[float], rows: Any) -> tuple[float, list[float]]:
        """The loss and its gradient, added up over the rows; the parameters have the given values."""
        raise NotImplementedError

    def outputs(self, values: list[float], rows: Any) -> list[list[float]]:
        """For each row the outputs, and after them the loss, in evaluation mode."""
        raise NotImplementedError

    def assign(self, values: Sequence[float]) -> None:
        """Give the parameters of the model these values."""
        for parameter, value in zip(self.parameters, values):
            parameter.data = value


class Eager(Execution):
    """Records every sample, or, for a model that needs it, a batch at a time."""

    def sums(self, values: list[float], rows: Any) -> tuple[float, list[float]]:
        self.assign(values)
        if any(module.needs_batch for module in self.model.modules()):
            total, size = self._batch_loss(rows), self.weight(rows)
            return total.data * size, [g * size for g in self._gradients(total)]
        sums, gradients = 0.0, [0.0] * len(values)
        for row in rows:
            loss = self.record(row).loss
            sums += loss.data  # type: ignore[union-attr]
            gradients = list(map(add, gradients, self._gradients(loss)))
        return sums, gradients

    def _batch_loss(self, rows: Sequence[Sequence[float]]) -> Any:
        outputs = self.model.batch([[Input(value, f"x{i}") for i, value in enumerate(row[: self.columns])] for row in rows])
        end = -1 if self.weighted else None
        targets = [row[self.columns] if isinstance(y, Value) else list(row[self.columns : end]) for y, row in zip(outputs, rows)]
        if not self.weighted:
            return self.loss(outputs, targets)
        weights = [row[-1] / self.weight(rows) for row in rows]
        return dot(weights, [self.loss([y], [t]) for y, t in zip(outputs, targets)])

    def _gradients(self, loss: Any) -> list[float]:
        for parameter in self.parameters:
            parameter.grad = 0.0
        loss.backward()
        return [parameter.grad for parameter in self.parameters]

    def outputs(self, values: list[float], rows: Any) -> list[list[float]]:
        self.assign(values)
        with evaluating(self.model):
            samples = [self.record(row) for row in rows]
        return [[y.data for y in (*sample.outputs, sample.loss)] for sample in samples]  # type: ignore[union-attr]


class Compiled(Execution):
    """One sample is recorded and compiled; ``dialect`` is that of ``compile_graph``."""

    def __init__(self, model: Model, loss: Loss, columns: int, weighted: bool, first: Sequence[float], dialect: str) -> None:
        super().__init__(model, loss, columns, weighted)
        self.dialect = dialect
        sample = self.record(first)
        self._sums = compile_graph(sample.loss, self.parameters, [*sample.inputs, *sample.targets], dialect)  # type: ignore[arg-type]
        with evaluating(model):
            sample = self.record(first)
        outputs: list[Any] = [*sample.outputs, sample.loss]
        leaves = [*sample.inputs, *sample.targets]
        self._outputs = compile_graph(outputs, self.parameters, leaves, "python" if dialect == "c" else dialect)

    def rows(self, rows: list[list[float]]) -> Any:
        if self.dialect == "python":
            return rows
        try:
            import numpy as np
        except ImportError:
            return rows
        return np.array(rows, dtype=float)

    def sums(self, values: list[float], rows: Any) -> tuple[float, list[float]]:
        total, gradients = self._sums.batch(values, rows)
        return total, gradients

    def outputs(self, values: list[float], rows: Any) -> list[list[float]]:
        found: list[list[float]] = self._outputs.batch(values, rows)
        return found


def execution(
    model: Model, loss: Loss, rows: list[list[float]], columns: int, dialect: str = "python", weighted: bool = False
) -> Execution:  # fmt: skip
    """How to run ``model``: compiled, unless ``dialect`` is ``"eager"`` or its graph differs from sample to sample."""
    eager = Eager(model, loss, columns, weighted)
    # A module with buffers, such as BatchNorm, changes what the graph holds as constants.
    if dialect == "eager" or any(module.needs_batch or module.buffers for module in model.modules()):
        return eager
    with watching_comparisons() as places:
        eager.record(rows[0])
    if places:
        return _said(eager, f"compares Values at {places[0]}", "which is slower; use relu, maximum or step to choose by value")
    compiled = Compiled(model, loss, columns, weighted, rows[0], dialect)
    if _agrees(compiled, rows[-1]):
        return compiled
    held = "computes with something that a recorded graph holds as a constant (.data, random numbers, an attribute that changes)"
    return _said(eager, held, "which is slower")


def _said(eager: Eager, what: str, advice: str) -> Eager:
    name = type(eager.model).__name__
    consequence = "so that a recorded graph would be right for some samples only: it runs eagerly"
    warnings.warn(f"{name} or the loss {what}, {consequence}, {advice}", NotOneGraph, stacklevel=5)
    return eager


def _agrees(compiled: Compiled, row: list[float]) -> bool:
    """Whether the programs give what the model itself gives for another row than the one that was recorded."""
    values = [float(parameter.data) for parameter in compiled.parameters]
    try:
        with evaluating(compiled.model):
            sample = compiled.record(row)
            expected = [y.data for y in (*sample.outputs, sample.loss)]  # type: ignore[union-attr]
        found = compiled.outputs(values, [row])[0]
        loss = compiled.record(row).loss
        found, expected = [*found, compiled.sums(values, compiled.rows([row]))[0]], [*expected, loss.data]  # type: ignore[union-attr]
    except (ValueError, ArithmeticError):  # a sample out of the domain: training says so
        return True
    return len(found) == len(expected) and all(map(same, found, expected))


def same(a: float, b: float) -> bool:
    """Whether a program's number is that of the model, but for rounding; what is not finite is judged elsewhere."""
    return a == b or not (math.isfinite(a) and math.isfinite(b)) or math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-9)


class evaluating:  # noqa: N801  a context manager, which is used as a function
    """Within it, a model is in evaluation mode."""

    def __init__(self, model: Model) -> None:
        self.model = model

    def __enter__(self) -> None:
        self.modes = [(module, module.training) for module in self.model.modules()]
        self.model.eval()

    def __exit__(self, *problem: object) -> None:
        for module, mode in self.modes:
            module.training = mode


def first_bad(execution: Execution, values: list[float], rows: Any) -> str:
    """Which of the rows gives a loss or a gradient that is not finite, and the first node where it happened."""
    eager = Eager(execution.model, execution.loss, execution.columns, execution.weighted)
    eager.assign(values)
    if any(module.needs_batch for module in eager.model.modules()):
        return "somewhere in the batch"
    for i, row in enumerate(rows):
        try:
            loss: Any = eager.record([float(x) for x in row]).loss
        except (ValueError, ArithmeticError) as error:
            return f"in its sample {i}: {error}"
        loss.backward()
        found = find_nonfinite(loss)
        if found is not None:
            return f"in its sample {i}: {found}"
    return "in the sum over the batch, which is too large for a float"


def is_finite(total: float, gradients: Sequence[float]) -> bool:
    """Whether all numbers are finite."""
    return math.isfinite(total) and all(map(math.isfinite, gradients))
