"""Running a model over many samples: as a compiled program where one recorded graph stands for all samples, else eagerly."""

from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import reduce
from importlib import import_module
from itertools import repeat
from operator import add, mul, truediv
from typing import Any, NamedTuple

from autograd_core import DIALECTS, Constant, DomainError, Value, compile_graph, dot, find_nonfinite, reading_data, watching_comparisons

from ..losses import as_lists
from ..optim import is_array
from .model import Model, assign, inputs_of

RUNS = (*(name for name, made in DIALECTS.items() if made.runs_here), "eager")  # in a program, or sample by sample on Values
FAILURES = (DomainError, ArithmeticError)  # numbers that are out of the domain of an operation, or too large for a float
Loss = Callable[[Any, Any], Any]


class BatchError(ValueError):
    """A batch that cannot be normalised: the message says what is needed."""


class NotOneGraph(UserWarning):
    """A model or a loss decides something by comparing Values, so it runs eagerly."""


class Sample(NamedTuple):
    """One recorded sample. Behind the inputs stand the targets and the weight; ``single`` says that the model returned no list."""

    inputs: list[Value]
    outputs: list[Value]
    single: bool
    loss: Any

    @property
    def found(self) -> list[Value]:
        """The loss, if there is one, and the outputs."""
        return self.outputs if self.loss is None else [self.loss, *self.outputs]


def record(model: Model, x: Sequence[float], target: Sequence[float] = (), loss: Loss | None = None, weighted: bool = False) -> Sample:
    """The graph of the outputs, and of the loss if there is one, for one sample; ``weighted`` if its weight stands behind the targets."""
    inputs, targets = inputs_of(x), inputs_of(target, "t")
    known = targets[:-1] if weighted else targets
    with reading_data():
        output = model(inputs)
        single = not isinstance(output, list | tuple)
        value = loss([output], [known[0] if single else known]) if loss else None
    if loss and not isinstance(value, Value | int | float):
        raise TypeError(f"a loss returns one number, a Value, not {type(value).__name__}: take the mean over the samples")
    if value is not None:
        value = _node(targets[-1] * value if weighted else value)
    return Sample([*inputs, *targets], [_node(y) for y in ([output] if single else output)], single, value)


def _node(y: Any) -> Value:
    return y if isinstance(y, Value) else Constant(y)


class Execution:
    """Sums of losses and gradients, and outputs, of a model over rows that hold a sample and its targets: here eagerly, on Values.

    Without a loss there are outputs alone. ``weighted`` if each row ends in the weight of its loss.
    """

    dialect = "python"

    def __init__(self, model: Model, loss: Loss | None, columns: int, weighted: bool = False) -> None:
        self.model, self.loss, self.columns, self.weighted = model, loss, columns, weighted
        self.parameters = model.parameters()

    def record(self, row: Sequence[float]) -> Sample:
        return record(self.model, row[: self.columns], row[self.columns :], self.loss, self.weighted)

    def weight(self, rows: Any) -> float:
        """What the sums over some rows are divided by for the mean."""
        return float(sum(row[-1] for row in rows)) if self.weighted else len(rows)

    def rows(self, rows: Any) -> Any:
        """The rows in the form in which this execution reads them fastest: here lists."""
        return list(as_lists(rows))

    def sums(self, values: Any, rows: Any) -> tuple[float, Any]:
        """The loss and its gradient, added up over the rows; the parameters have the given values."""
        self.assign(values)
        if self.needs_batch():
            total, size = self._batch_loss(rows), self.weight(rows)
            return total.data * size, each(mul, self._gradients(total), float(size))
        sums, gradients = 0.0, [0.0] * len(values)
        for row in rows:
            loss = self.record(row).loss
            sums += loss.data
            gradients = list(map(add, gradients, self._gradients(loss)))
        return sums, gradients

    def outputs(self, values: Any, rows: Any) -> list[list[float]]:
        """For each row the loss, if there is one, and the outputs, in evaluation mode."""
        self.assign(values)
        with evaluating(self.model):
            return [[y.data for y in self.record(row).found] for row in rows]

    def values(self) -> Any:
        """The numbers that the parameters of the model have, in the form in which this execution reads them fastest: here a list."""
        return [float(parameter.data) for parameter in self.parameters]

    def assign(self, values: Any) -> None:
        """Give the parameters of the model these values."""
        for parameter, value in zip(self.parameters, list(as_lists(values))):
            parameter.data = value

    def needs_batch(self) -> bool:
        """Whether the loss of a sample depends on the others in its batch, or on chance."""
        return any(module.needs_batch for module in self.model.modules())

    def first_bad(self, values: Any, rows: Any) -> str:
        """Which of the rows gives a loss or a gradient that is not finite, and the first node where it happened."""
        self.assign(values)
        if self.needs_batch():
            return "somewhere in the batch"
        for i, row in enumerate(rows):
            try:
                loss = self.record([float(x) for x in row]).loss
            except FAILURES as error:
                return f"in its sample {i}: {error}"
            loss.backward()
            if (found := find_nonfinite(loss)) is not None:
                return f"in its sample {i}: {found}"
        return "in the sum over the batch, which is too large for a float"

    @reading_data()
    def _batch_loss(self, rows: Sequence[Sequence[float]]) -> Any:
        loss: Any = self.loss
        outputs = self.model.batch([inputs_of(row[: self.columns]) for row in rows])
        end = -1 if self.weighted else None
        targets = [row[self.columns] if isinstance(y, Value) else list(row[self.columns : end]) for y, row in zip(outputs, rows)]
        if not self.weighted:
            return loss(outputs, targets)
        total = self.weight(rows)
        return dot([row[-1] / total for row in rows], [loss([y], [t]) for y, t in zip(outputs, targets)])

    def _gradients(self, loss: Any) -> list[float]:
        for parameter in self.parameters:
            parameter.grad = 0.0
        loss.backward()
        return [parameter.grad for parameter in self.parameters]


class Compiled(Execution):
    """One sample is recorded and compiled; ``dialect`` is that of ``compile_graph``. In C and NumPy, numbers stay in arrays."""

    def __init__(self, eager: Execution, first: Sequence[float], dialect: str, trained: bool) -> None:
        vars(self).update(vars(eager))
        self.dialect, self._numpy, self._evaluation = dialect, None, None
        if dialect != "python":
            with suppress(ImportError):
                self._numpy = import_module("numpy")
        with evaluating(self.model):
            shown = self.record(first)
        sample = self.record(first) if self.loss and (trained or dialect == "c") else None
        if sample:  # the same program evaluates, if the model computes the same in both modes
            same = [y.data for y in sample.found] == [y.data for y in shown.found]
            self._sums = compile_graph(sample.loss, self.parameters, sample.inputs, dialect, further=sample.outputs if same else ())
        if not sample or not same:
            self._evaluation = compile_graph(shown.found, self.parameters if sample else [], shown.inputs, dialect)

    def rows(self, rows: Any) -> Any:
        return list(as_lists(rows)) if self._numpy is None else self._numpy.asarray(rows, dtype=float)

    def values(self) -> Any:
        values = super().values()
        return values if self._numpy is None else self._numpy.array(values)

    def sums(self, values: Any, rows: Any) -> tuple[float, Any]:
        return self._sums.batch(values, rows)

    def outputs(self, values: Any, rows: Any) -> list[list[float]]:
        if self._evaluation is None:
            return list(as_lists(self._sums.forward(values, rows)))
        return list(as_lists(self._evaluation.batch(values if hasattr(self, "_sums") else [], rows)))

    def agrees(self, row: Sequence[float]) -> bool:
        """Whether the programs give what the model itself gives for another row than the one that was recorded."""
        values, rows, expected, found = self.values(), self.rows([row]), [], []
        try:
            if hasattr(self, "_sums"):
                expected, found = [self.record(row).loss.data], [self.sums(values, rows)[0]]
            if self._evaluation is not None:
                expected, found = [*expected, *super().outputs(values, rows)[0]], [*found, *self.outputs(values, rows)[0]]
        except FAILURES:  # training says so
            return True
        finite = [(a, b) for a, b in zip(found, expected) if math.isfinite(a) and math.isfinite(b)]  # others are judged elsewhere
        return len(found) == len(expected) and all(math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-9) for a, b in finite)


def execution(
    model: Model, loss: Loss | None, rows: Any, columns: int, dialect: str = "python", weighted: bool = False, trained: bool = True
) -> Execution:  # fmt: skip
    """How to run ``model``: compiled, unless ``dialect`` is ``"eager"`` or its graph differs from sample to sample."""
    eager = Execution(model, loss, columns, weighted)
    # In training, a module with buffers, such as BatchNorm, changes what the graph holds as constants.
    if dialect == "eager" or any(module.needs_batch or (module.training and module.buffers) for module in model.modules()):
        return eager
    with watching_comparisons() as places:
        eager.record(rows[0])
        eager.outputs(eager.values(), rows[:1])  # in evaluation mode
    why = f"compares Values at {places[0]}" if places else ""
    if not places:
        compiled = Compiled(eager, rows[0], dialect, trained)
        if compiled.agrees(rows[-1]):
            return compiled
        why = "computes with something that a recorded graph holds as a constant (.data, random numbers, an attribute that changes)"
    if loss:  # predictions alone need no advice
        name, advice = type(model).__name__, "which is slower; use relu, maximum or step to choose by value"
        consequence = f"so that a recorded graph would be right for some samples only: it runs eagerly, {advice}"
        warnings.warn(f"{name} or the loss {why}, {consequence}", NotOneGraph, stacklevel=4)
    return eager


@contextmanager
def evaluating(model: Model) -> Iterator[None]:
    """Within it, a model is in evaluation mode."""
    modes = [(module, "training", module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        assign(modes)


# -- numbers of all parameters: lists of floats, or NumPy's arrays, which arithmetic takes as a whole ------------------
def each(operation: Callable[[Any, Any], Any], numbers: Any, others: Any) -> Any:
    """The operation on each number and its counterpart, or one float for all of them."""
    if is_array(numbers):
        return operation(numbers, others)
    return list(map(operation, numbers, repeat(others) if isinstance(others, float) else others))


def total_of(numbers: Any) -> float:
    """The sum: of a list from the left, of an array in pairs."""
    return float(numbers.sum()) if is_array(numbers) else reduce(add, numbers, 0.0)


def all_finite(numbers: Any) -> bool:
    """Whether none of them is infinite or nan."""
    return math.isfinite(abs(numbers).max()) if is_array(numbers) else all(map(math.isfinite, numbers))


def norm_of(numbers: Any) -> float:
    """The Euclidean norm; that of math.hypot is rounded otherwise in other versions of Python."""
    squares = total_of(each(mul, numbers, numbers))
    if 1e-290 < squares < math.inf or math.isnan(squares):
        return math.sqrt(squares)
    largest = float(max(map(abs, numbers), default=0.0))  # squares would leave the floats
    return largest * norm_of(each(truediv, numbers, largest)) if 0.0 < largest < math.inf else largest


def quiet(numbers: Any) -> AbstractContextManager[Any]:
    """Within it, arithmetic on such numbers does not warn of those that are not finite."""
    return sys.modules["numpy"].errstate(all="ignore") if is_array(numbers) else nullcontext()
