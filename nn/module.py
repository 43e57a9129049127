"""What every neuron, layer and network is, a model that can be called, trained, asked, saved and summed up; and several in a row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import autograd_core as ac

from .training import loop, playground, prediction, saving
from .training.execution import apart, evaluating, record
from .training.model import Model, inputs_of

InTorch = tuple[list[str], dict[str, Any]]


class Module(Model):
    """A part of a network: an object whose attributes hold parameters and other modules, also in lists and dicts.

    A subclass defines ``forward(x)`` for one sample ``x``, a list of numbers or Values.

    >>> from nn import Parameter
    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.offset = Parameter(2.0), Parameter(1.0)
    ...     def forward(self, x):
    ...         return self.slope * x[0] + self.offset
    >>> Line()([3.0]).data, [name for name, _ in Line().named_parameters()]
    (7.0, ['slope', 'offset'])
    """

    fit = loop.fit
    playground = playground.playground
    predict = prediction.predict
    predict_classes = prediction.predict_classes
    evaluate = prediction.evaluate
    save = saving.save_state
    load = saving.load_state

    @property
    def parts(self) -> list[Model]:
        """What a summary gives a line each."""
        return [self]

    def inputs(self) -> int | None:
        """The number of inputs that the first part with a number of inputs takes, if there is one."""
        return next((module.nin for module in self.modules() if hasattr(module, "nin")), None)

    @apart
    def recorded(self, inputs: int | None = None) -> tuple[list[Any], list[Any]]:
        """The outputs for a sample of zeros, and its inputs: what ``autograd_core.draw`` makes the picture of a network from.

        ``inputs`` is the number of inputs, where no part says it; without either, that is a ``ValueError``.

        >>> from nn import Neuron
        >>> outputs, inputs = Neuron(2, init="zeros").recorded()
        >>> len(outputs), [x.name for x in inputs]
        (1, ['x1', 'x2'])
        """
        inputs = self.inputs() if inputs is None else ac.require_whole("inputs", inputs)
        if inputs is None:
            raise ValueError(f"{type(self).__name__} does not say how many inputs it takes: give inputs=, or draw(model(x)), its outputs")
        with evaluating(self):
            sample = record(self, [0.0] * inputs)
        return sample.outputs, sample.inputs

    @apart
    def summary(self, inputs: int | None = None) -> ac.Table:
        """A table of the parts with their parameters, and what one sample costs: elementary operations of the forward pass,
        multiply-adds of the backward pass, where several outputs are added up. ``inputs`` is that of :meth:`recorded`.

        >>> from nn import MLP
        >>> print(MLP(784, [10]).summary())
        part                      outputs  parameters
        Layer(784, 10, linear)         10       7,850
        7,850 parameters; one sample: ... operations forward, ... backward
        """
        (outputs, x), rows = self.recorded(inputs), []
        with evaluating(self):
            for part in self.parts:
                y: Any = part(x)
                x = y if isinstance(y, list) else [y]
                rows.append((type(part).__name__ if "\n" in repr(part) else repr(part), len(x), f"{len(part.parameters()):,}"))
        cost = ac.cost(outputs[0] if len(outputs) == 1 else ac.dot([1.0] * len(outputs), outputs))
        total = f"{len(self.parameters()):,} parameters; one sample: {cost.forward:,} operations forward, {cost.backward:,} backward"
        return ac.Table(["part", "outputs", "parameters"], rows, "<>>", note=total)

    def in_torch(self) -> InTorch:
        """The modules of ``torch.nn`` that it is, as source, and what the first of them holds under PyTorch's names: parameters, nested
        as PyTorch has them, or names of ``buffers``. A class that does not say it has no counterpart there, which is a ``ValueError``.

        >>> from nn import Layer
        >>> Layer(3, 2, "tanh", bias=False).in_torch()[0]
        ['Linear(3, 2, bias=False)', 'Tanh()']
        """
        raise ValueError(f"{self!r} has no counterpart in PyTorch: {type(self).__name__} defines no in_torch(), as nn.Module describes it")

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """In a notebook, the picture of the network; where it cannot be drawn without an input, the text alone."""
        try:
            return {**ac.draw(self)._repr_mimebundle_(), "text/plain": repr(self)}
        except (ValueError, NotImplementedError):
            return {"text/plain": repr(self)}

    def __repr__(self) -> str:
        return self._listed([(name, part) for name, part in vars(self).items() if isinstance(part, Model) and part is not self])

    def _listed(self, inside: Iterable[tuple[Any, Model]]) -> str:
        parts = [f"  ({name}) {part!r}".replace("\n", "\n  ") for name, part in inside]
        return "\n".join([f"{type(self).__name__}(", *parts, ")"]) if parts else f"{type(self).__name__}()"


class Sequential(Module):
    """Modules one after the other: the output of each is the input of the next.

    >>> from nn import Dropout, Layer
    >>> Sequential(Layer(2, 3, "tanh"), Dropout(0.1))
    Sequential(
      (0) Layer(2, 3, tanh)
      (1) Dropout(0.1)
    )
    """

    def __init__(self, *layers: Module) -> None:
        if not layers or not all(isinstance(layer, Module) for layer in layers):
            raise TypeError(f"Sequential takes modules, as in Sequential(layer, layer), not {[type(layer).__name__ for layer in layers]}")
        self.layers: list[Any] = list(layers)

    @property
    def parts(self) -> list[Model]:
        return list(self.layers)

    def forward(self, x: Any) -> Any:
        return self.activations(x)[-1]

    def activations(self, x: Any) -> list[Any]:
        """The output of each part in turn, for one sample: the representations that the network makes of it.

        >>> from nn import MLP
        >>> len(MLP(2, [16, 1]).activations([1.0, 2.0])[0])
        16
        """
        found = [x]
        for layer in self.layers:
            found.append(layer(_as_list(found[-1])))
        return found[1:]

    def backward(self, x: Sequence[float], upstream: Sequence[float]) -> list[float]:
        """The backward pass of each layer, the last first; each takes what the one behind it returned (see :meth:`nn.Layer.backward`)."""
        for layer in (part for part in self.layers if not hasattr(part, "backward")):
            raise TypeError(f"{layer!r} has no backward(x, upstream) of its own, as a Layer has: call backward() on the loss instead")
        read = [x, *([h.data for h in _as_list(y)] for y in self.activations(x)[:-1])]
        for layer, inputs in zip(reversed(self.layers), reversed(read)):
            upstream = layer.backward(inputs, upstream)
        return list(upstream)

    def batch(self, rows: Sequence[Any]) -> list[Any]:
        for layer in self.layers:
            rows = layer.batch([_as_list(x) for x in rows])
        return list(rows)

    def __repr__(self) -> str:
        return self._listed(enumerate(self.layers))


def _as_list(outputs: Any) -> Any:
    return [outputs] if isinstance(outputs, ac.Value) else outputs


def checked_inputs(x: Any, count: int | None, module: Model) -> list[Any]:
    """The inputs of one sample as a list of ``count`` nodes, of any number for ``None``; anything else is one clear error."""
    x, size = x.tolist() if hasattr(x, "tolist") else x, "numbers" if count is None else f"{count} numbers"
    if not hasattr(x, "__len__") or isinstance(x, str | bytes | dict | set | frozenset):
        raise TypeError(f"{module!r} takes a list of {size}, not {type(x).__name__} {ac.shortened(x)}")
    x = x if isinstance(x, list | tuple) else list(x)
    if len(x) and isinstance(x[0], list | tuple):
        raise TypeError(f"{module!r} takes one sample, {size}, and not a list of rows: write predict(X) or [model(x) for x in X]")
    if count is not None and len(x) != count:
        raise ValueError(f"{module!r} takes {count} inputs, not {len(x)}")
    return inputs_of(x)
