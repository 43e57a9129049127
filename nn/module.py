"""What every neuron, layer and network is: a model that can be called, trained, asked, saved and summed up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import autograd_core as ac

from .training.execution import evaluating, record
from .training.history import History
from .training.loop import fit
from .training.model import Input, Model
from .training.prediction import evaluate, predict, predict_classes
from .training.saving import load_state, save_state


class Module(Model):
    """A part of a network: an object whose attributes hold parameters and other modules, also in lists and dicts.

    A subclass defines ``forward(x)`` for one sample ``x``, a list of numbers or Values.

    >>> from nn import Parameter
    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.offset = Parameter(2.0), Parameter(1.0)
    ...     def forward(self, x):
    ...         return self.slope * x[0] + self.offset
    >>> line = Line()
    >>> line([3.0]).data, [name for name, _ in line.named_parameters()]
    (7.0, ['slope', 'offset'])
    """

    def fit(
        self, X: Any, y: Any, *, loss: str | Callable[..., Any] = "mse", optimizer: Any = "adam", epochs: int = 100,
        batch_size: int | None = None, validation: Any = None, metrics: Any = (), sample_weight: Any = None, shuffle: bool = True,
        seed: int | None = None, dialect: str = "python", callbacks: Sequence[Any] = (),
    ) -> History:  # fmt: skip
        """Train on samples ``X`` with targets ``y``; :func:`nn.fit` describes the options. Returns a :class:`nn.History`."""
        return fit(
            self, X, y, loss=loss, optimizer=optimizer, epochs=epochs, batch_size=batch_size, validation=validation, metrics=metrics,
            sample_weight=sample_weight, shuffle=shuffle, seed=seed, dialect=dialect, callbacks=callbacks,
        )  # fmt: skip

    def predict(self, X: Any) -> list[Any]:
        """The output for each row of ``X``, as plain numbers, in evaluation mode."""
        return predict(self, X)

    def predict_classes(self, X: Any) -> list[int]:
        """The class of each row of ``X``: the largest of several outputs, or whether a single one is above its middle."""
        return predict_classes(self, X)

    def evaluate(self, X: Any, y: Any, loss: str | Callable[..., Any] = "mse", metrics: Any = ()) -> dict[str, float]:
        """The mean loss and the metrics on samples with known targets."""
        return evaluate(self, X, y, loss, metrics)

    def save(self, path: str | Path) -> None:
        """Write the state into a JSON file, exact to the bit. The file is replaced in one step, so it is never half-written."""
        save_state(self, path)

    def load(self, path: str | Path) -> None:
        """Take over the state that :meth:`save` wrote; ``ValueError``, and no change, if the file is damaged or does not fit."""
        load_state(self, path)

    @property
    def parts(self) -> list[Model]:
        """What a summary gives a line each."""
        return [self]

    def inputs(self) -> int | None:
        """The number of inputs that the first part with a number of inputs takes, if there is one."""
        return next((module.nin for module in self.modules() if hasattr(module, "nin")), None)

    def summary(self, inputs: int | None = None) -> Summary:
        """A table of the parts with their parameter and operation counts; ``inputs`` is the number of inputs, if no part says it.

        >>> from nn import MLP
        >>> print(MLP(784, [10]).summary())
        part                      outputs  parameters
        Layer(784, 10, linear)         10       7,850
        7,850 parameters; one sample: ... operations forward, ... backward
        """
        inputs = inputs or self.inputs()
        if inputs is None:
            raise ValueError(f"{type(self).__name__} does not say how many inputs it takes: give summary(inputs=...)")
        rows = []
        with evaluating(self):
            x: Any = [0.0] * inputs
            for part in self.parts:
                x = part(x if isinstance(x, list) else [x])
                name = type(part).__name__ if "\n" in repr(part) else repr(part)
                rows.append((name, str(len(x)) if isinstance(x, list) else "1", len(part.parameters())))
            outputs = record(self, [0.0] * inputs, [], None).outputs
        cost = ac.cost(outputs[0] if len(outputs) == 1 else ac.dot([1.0] * len(outputs), outputs))
        return Summary(rows, len(self.parameters()), cost.forward, cost.backward)

    def __repr__(self) -> str:
        inside = {name: part for name, part in vars(self).items() if isinstance(part, Model) and part is not self}
        parts = [f"  ({name}) {part!r}".replace("\n", "\n  ") for name, part in inside.items()]
        return "\n".join([f"{type(self).__name__}(", *parts, ")"]) if parts else f"{type(self).__name__}()"


@dataclass(repr=False)
class Summary:
    """Rows of part, shape of the output, and number of parameters; and what one sample costs."""

    rows: list[tuple[str, str, int]]
    parameters: int
    forward: int
    """Elementary operations of the forward pass of one sample."""
    backward: int
    """Multiply-adds of its backward pass."""

    def __str__(self) -> str:
        table = [("part", "outputs", "parameters"), *((part, shape, f"{count:,}") for part, shape, count in self.rows)]
        widths = [max(len(row[i]) for row in table) for i in range(3)]
        lines = [f"{a:<{widths[0]}}  {b:>{widths[1]}}  {c:>{widths[2]}}" for a, b, c in table]
        total = f"{self.parameters:,} parameters; one sample: {self.forward:,} operations forward, {self.backward:,} backward"
        return "\n".join([*lines, total])

    __repr__ = __str__


def checked_inputs(x: Any, count: int, module: Model) -> list[Any]:
    """The inputs of one sample as a list of ``count`` nodes; anything else is one clear error."""
    if not isinstance(x, list | tuple):
        if not hasattr(x, "__len__"):
            raise TypeError(f"{module!r} takes a list of {count} numbers, not {type(x).__name__} {x!r}")
        x = x.tolist() if hasattr(x, "tolist") else list(x)
    if len(x) != count:
        raise ValueError(f"{module!r} takes {count} inputs, not {len(x)}")
    return [Input(value, f"x{i}") if isinstance(value, int | float) else value for i, value in enumerate(x)]
