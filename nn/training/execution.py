"""Running a model over many samples: as a compiled program where one recorded graph stands for all samples, else eagerly."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from contextvars import copy_context
from functools import partial, wraps
from typing import Any, NamedTuple, TypeVar

from autograd_core import DIALECTS, Constant, OverRows, Value, dot, find_nonfinite, reading_data, setting, topological_order

from .model import MODES, Model, Parameter, inputs_of, require_untrained, walk

RUNS = (*(name for name, made in DIALECTS.items() if made.runs_here), "eager")  # in a program, or sample by sample on Values
Loss = Callable[[Any, Any], Any]
Function = TypeVar("Function", bound=Callable[..., Any])


class NotOneGraph(UserWarning):
    """A model or a loss decides something by comparing Values, so it runs eagerly."""


class Sample(NamedTuple):
    """One recorded sample. Behind the inputs stand the targets and the weight; ``single`` says that the model returned no list."""

    inputs: list[Value]
    outputs: list[Value]
    single: bool
    loss: Any


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


class Execution(OverRows):
    """A model over rows that hold a sample, its targets and, if ``weighted``, the weight of its loss: sums of losses with gradients, and
    for each row the loss, if there is one, and the outputs in evaluation mode. It is compiled, unless ``dialect`` is ``"eager"`` or
    its graph differs from sample to sample."""

    warning = NotOneGraph

    def __init__(
        self, model: Model, loss: Loss | None, rows: Any, columns: int, dialect: str, weighted: bool = False, trained: bool = True
    ) -> None:  # fmt: skip
        self.model, self.loss, self.columns, self.weighted = model, loss, columns, weighted
        super().__init__(self._recorded, model.parameters(), partial(evaluating, model))
        # In training, a module with buffers, such as BatchNorm, changes what the graph holds as constants.
        if dialect == "eager" or any(module.needs_batch or (module.training and module.buffers) for module in model.modules()):
            return
        why = self.compile(rows, dialect, gradients=loss is not None and (trained or dialect == "c"))
        if why and loss:  # predictions alone need no advice
            name, advice = type(model).__name__, "which is slower; use relu, maximum or step to choose by value"
            consequence = f"so that a recorded graph would be right for some samples only: it runs eagerly, {advice}"
            warnings.warn(f"{name} or the loss {why}, {consequence}", NotOneGraph, stacklevel=4)

    def _recorded(self, row: Sequence[float]) -> tuple[list[Value], list[Value]]:
        sample = record(self.model, row[: self.columns], row[self.columns :], self.loss, self.weighted)
        return sample.inputs, sample.outputs if self.loss is None else [sample.loss, *sample.outputs]

    def weight(self, rows: Any) -> float:
        """What the sums over some rows are divided by for the mean."""
        return float(sum(row[-1] for row in rows)) if self.weighted else len(rows)

    def eager_sums(self, rows: Any) -> tuple[float, Any]:
        """The loss and its gradient, added up over the rows."""
        if not self.needs_batch():
            return super().eager_sums(rows)
        with reading_data():
            total, size = self.batch_loss(rows, self.batch_outputs(rows)), self.weight(rows)
        return total.data * size, self.gradients(total) * size

    def needs_batch(self) -> bool:
        """Whether the loss of a sample depends on the others in its batch, or on chance."""
        return any(module.needs_batch for module in self.model.modules())

    def place_of_failure(self, values: Any, rows: Any) -> str:
        """Which of the rows gives a loss or a gradient that is not finite, and the first node where it happened."""
        if self.needs_batch():
            return "somewhere in the batch"
        self.assign(values)
        for i, row in enumerate(rows):
            try:
                loss = self.record(list(map(float, row)))[1][0]
            except self.FAILURES as error:
                return f"in its sample {i}: {error}"
            loss.backward()
            if (found := find_nonfinite(loss)) is not None:
                return f"in its sample {i}: {found}"
        return "in the sum over the batch, which is too large for a float"

    def batch_outputs(self, rows: Sequence[Sequence[float]]) -> list[Any]:
        """The outputs for the rows, of a model that sees all of them."""
        return self.model.batch([inputs_of(row[: self.columns]) for row in rows])

    def batch_loss(self, rows: Sequence[Sequence[float]], outputs: list[Any]) -> Any:
        """The mean loss of the outputs for the rows."""
        loss: Any = self.loss
        end = -1 if self.weighted else None
        targets = [row[self.columns] if isinstance(y, Value) else list(row[self.columns : end]) for y, row in zip(outputs, rows)]
        if not self.weighted:
            return loss(outputs, targets)
        total = self.weight(rows)
        return dot([row[-1] / total for row in rows], [loss([y], [t]) for y, t in zip(outputs, targets)])


def warn_of_untrained(how: Execution, row: Sequence[float]) -> None:
    """Warn of what the loss and the outputs are computed from like a parameter, and what training leaves as it is."""
    held, known, lost, name = {y: path for path, y in walk(how.model, Value, "", set())}, set(how.parameters), [], type(how.model).__name__
    with evaluating(how.model):
        nodes = how.record(row)[1]
    for node in (order := topological_order(*nodes)):  # what stands above the loss comes first
        if node in held and type(node) is Value and not node.parents:
            said = f"write Parameter({node.data:g}), or Constant({node.data:g}) if it is to stay"
            warnings.warn(f"{held[node]} of {name} is a Value, which training never changes: {said}", stacklevel=6)
        elif node not in known and any(isinstance(leaf, Parameter) for leaf in (topological_order(node) if node in held else [node])):
            lost.append(node)
    if lost:
        where = "a Parameter in a set, an array, a closure or made in forward, or what was computed before forward, as by p = p - 0.1"
        warnings.warn(f"{name} computes with {lost[0]!r}, which training never changes: {where}", stacklevel=6)
    elif known.isdisjoint(order[: order.index(nodes[0]) + 1]):
        warnings.warn(f"no parameter of {name} reaches the loss, and fit changes nothing: .data cuts the graph", stacklevel=6)


def apart(function: Function) -> Function:
    """The function in a context of its own: what it sets there ends with it, wherever Ctrl-C falls."""

    @wraps(function)
    def call(*arguments: Any, **options: Any) -> Any:
        return copy_context().run(function, *arguments, **options)

    return call  # type: ignore[return-value]


def evaluating(model: Model, training: bool = False) -> AbstractContextManager[Any]:
    """A context in which the model is in evaluation mode, or in that of ``training``, for this thread; ``RuntimeError`` where another
    one trains it."""
    return setting(MODES, MODES.get() | dict.fromkeys(require_untrained(model), training))
