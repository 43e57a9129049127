"""What every neuron, layer and network has: parameters, buffers, a mode, a state that can be saved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from numbers import Real
from pathlib import Path
from typing import Any, NoReturn

from autograd_core import Value


class Parameter(Value):
    """A leaf that training changes.

    Arithmetic with a parameter records nodes like any other; assignments such as ``p += 1`` are refused, because
    they would put a computed node in the parameter's place.

    >>> p = Parameter(0.5, "w")
    >>> p.data -= 0.1
    >>> p
    Parameter(data=0.4, grad=0.0, name='w')
    """

    __slots__ = ()
    is_parameter = True

    def _refuse(self, other: Any) -> NoReturn:
        raise TypeError("a parameter cannot be changed in place: write p.data -= ... to change its number")

    __iadd__ = __isub__ = __imul__ = __itruediv__ = __ipow__ = _refuse

    def __repr__(self) -> str:
        return super().__repr__().replace("Value", "Parameter", 1)


class Input(Value):
    """A leaf that is one number of a sample. Layers make them, so that pictures show each input once."""

    __slots__ = ()
    is_input = True


class Module:
    """A part of a network: an object whose attributes hold :class:`Parameter` s and other modules, also in lists and dicts.

    A subclass defines ``forward(x)`` for one sample ``x``, a list of numbers or Values.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.offset = Parameter(2.0), Parameter(1.0)
    ...     def forward(self, x):
    ...         return self.slope * x[0] + self.offset
    >>> line = Line()
    >>> line([3.0]).data, [name for name, _ in line.named_parameters()]
    (7.0, ['slope', 'offset'])
    """

    training = True
    """Whether the module is being trained: Dropout and BatchNorm behave otherwise when it is not."""

    needs_batch = False
    """Whether an output depends on the whole batch or on chance while training, so that one recorded graph cannot stand for all samples."""

    buffers: tuple[str, ...] = ()
    """Names of attributes that are numbers or lists of numbers and belong to the state, but are not trained."""

    def forward(self, x: Any) -> Any:
        """The output for one sample."""
        raise NotImplementedError(f"{type(self).__name__} defines no forward(x)")

    def __call__(self, x: Any) -> Any:
        return self.forward(x)

    def batch(self, rows: Sequence[Any]) -> list[Any]:
        """The output for each of several samples, which may see each other (as in BatchNorm)."""
        return [self(x) for x in rows]

    # -- what it holds -------------------------------------------------------------------------------------------
    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """This module, called ``prefix``, and every module in it, each once."""
        return ((name, found) for name, found in _walk(self, prefix, set()) if isinstance(found, Module))

    def modules(self) -> list[Module]:
        """This module and every module in it."""
        return [module for _, module in self.named_modules()]

    def named_parameters(self, prefix: str = "") -> Iterator[tuple[str, Parameter]]:
        """Every parameter, once, with the path of attributes that leads to it."""
        return ((name, found) for name, found in _walk(self, prefix, set()) if isinstance(found, Parameter))

    def parameters(self) -> list[Parameter]:
        """Every parameter, once, in the order in which the attributes were made."""
        return [parameter for _, parameter in self.named_parameters()]

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        for parameter in self.parameters():
            parameter.grad = 0.0

    # -- mode ------------------------------------------------------------------------------------------------------
    def train(self, mode: bool = True) -> Module:
        """Put this module, and all in it, in training mode; returns itself."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Module:
        """Put this module, and all in it, in evaluation mode; returns itself."""
        return self.train(False)

    # -- state -----------------------------------------------------------------------------------------------------
    def state_dict(self) -> dict[str, Any]:
        """The number of every parameter and the content of every buffer, by its path.

        >>> from nn import Neuron
        >>> Neuron(1, activation="tanh", init="zeros").state_dict()
        {'w.0': 0.0, 'b': 0.0}
        """
        state: dict[str, Any] = {name: float(parameter.data) for name, parameter in self.named_parameters()}
        if len(state) < len(self.parameters()):
            raise ValueError(f"two parameters of this {type(self).__name__} have the same path: give them different keys")
        return state | self.buffers_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what :meth:`state_dict` gave; ``ValueError``, and no change, if it does not fit this module exactly."""
        parameters = dict(self.named_parameters())
        buffers = {name: (module, attribute) for name, module, attribute in self._buffers()}
        _require_same_names([*parameters, *buffers], state, type(self).__name__)
        for name in parameters:
            if isinstance(state[name], bool) or not isinstance(state[name], Real):
                raise ValueError(f"{name} is a number, not {state[name]!r}")
        values = {name: float(state[name]) for name in parameters}
        for name, (module, attribute) in buffers.items():
            if _shape(state[name]) != _shape(getattr(module, attribute)):
                raise ValueError(f"{name} has the shape {_shape(getattr(module, attribute))}, not {_shape(state[name])}")
        for name, parameter in parameters.items():
            parameter.data = values[name]
        self.load_buffers(state)

    def buffers_dict(self) -> dict[str, Any]:
        """The content of every buffer, by its path."""
        return {name: copied_lists(getattr(module, attribute)) for name, module, attribute in self._buffers()}

    def load_buffers(self, state: dict[str, Any]) -> None:
        """Take over the buffers from what :meth:`buffers_dict` or :meth:`state_dict` gave."""
        for name, module, attribute in self._buffers():
            setattr(module, attribute, copied_lists(state[name]))

    def _buffers(self) -> Iterator[tuple[str, Module, str]]:
        for prefix, module in self.named_modules():
            for attribute in module.buffers:
                yield f"{prefix}.{attribute}" if prefix else attribute, module, attribute

    def save(self, path: str | Path) -> None:
        """Write the state into a JSON file, exact to the bit. The file is replaced in one step, so it is never half-written."""
        from .saving import save_state

        save_state(self, path)

    def load(self, path: str | Path) -> None:
        """Take over the state that :meth:`save` wrote; ``ValueError``, and no change, if the file is damaged or does not fit."""
        from .saving import load_state

        load_state(self, path)

    # -- training, in its own file -----------------------------------------------------------------------------------
    def fit(self, X: Any, y: Any, **options: Any) -> Any:
        """Train on samples ``X`` with targets ``y``; see :func:`nn.fit` for the options. Returns a :class:`nn.History`."""
        from .training import fit

        return fit(self, X, y, **options)

    def predict(self, X: Any) -> list[Any]:
        """The output for each row of ``X``, as plain numbers, in evaluation mode."""
        from .prediction import predict

        return predict(self, X)

    def predict_classes(self, X: Any) -> list[int]:
        """The class of each row of ``X``: the largest of several outputs, or whether a single one is above its middle."""
        from .prediction import predict_classes

        return predict_classes(self, X)

    def evaluate(self, X: Any, y: Any, loss: Any = "mse", metrics: Sequence[Any] = ()) -> dict[str, float]:
        """The mean loss and the metrics on samples with known targets."""
        from .prediction import evaluate

        return evaluate(self, X, y, loss, metrics)

    def summary(self, inputs: int | None = None) -> Any:
        """A table of the parts with their parameter and operation counts; ``inputs`` is the number of inputs, if no part says it."""
        from .summaries import summary

        return summary(self, inputs)


    def __repr__(self) -> str:
        inside = {name: part for name, part in vars(self).items() if isinstance(part, Module) and part is not self}
        parts = [f"  ({name}) {part!r}".replace("\n", "\n  ") for name, part in inside.items()]
        return "\n".join([f"{type(self).__name__}(", *parts, ")"]) if parts else f"{type(self).__name__}()"


def _walk(found: Any, path: str, seen: set[int]) -> Iterator[tuple[str, Parameter | Module]]:
    """Modules and parameters in ``found``, each once, with their paths, each before what is in it."""
    if isinstance(found, Parameter | Module):
        if id(found) in seen:
            return
        seen.add(id(found))
        yield path, found
    inside: Any = ()
    if isinstance(found, Module | dict):
        inside = (found if isinstance(found, dict) else vars(found)).items()
    elif isinstance(found, list | tuple):
        inside = enumerate(found)
    for name, part in inside:
        yield from _walk(part, f"{path}.{name}" if path else str(name), seen)


def _require_same_names(expected: Sequence[str], given: dict[str, Any], what: str) -> None:
    known = set(expected)
    missing, surplus = [name for name in expected if name not in given], [name for name in given if name not in known]
    if missing or surplus:
        lines = [f"the state does not fit this {what} with {len(expected)} entries:"]
        lines += [f"  {len(missing)} missing, the first is {missing[0]}"] if missing else []
        lines += [f"  {len(surplus)} unknown, the first is {surplus[0]}"] if surplus else []
        raise ValueError("\n".join(lines))


def _shape(x: Any) -> Any:
    return [len(x), _shape(x[0]) if x else 0] if isinstance(x, list) else "number" if isinstance(x, int | float) else type(x).__name__


def copied_lists(x: Any) -> Any:
    """Nested lists as new lists."""
    return [copied_lists(part) for part in x] if isinstance(x, list) else x
