"""What training needs of a model: parameters, buffers, a mode, and a state that is checked before it is taken over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from numbers import Real
from typing import Any, NoReturn, TypeVar

from autograd_core import Value

Self = TypeVar("Self", bound="Model")
Changes = list[tuple[Any, str, Any]]
"""Objects, names of their attributes, and what these are to be."""


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


class Model:
    """An object whose attributes hold :class:`Parameter` s and other models, also in lists and dictionaries; see :class:`nn.Module`."""

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
    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Model]]:
        """This module, called ``prefix``, and every module in it, each once."""
        return ((name, found) for name, found in _walk(self, prefix, set()) if isinstance(found, Model))

    def modules(self) -> list[Model]:
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
    def train(self: Self, mode: bool = True) -> Self:
        """Put this module, and all in it, in training mode; returns itself."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self: Self) -> Self:
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

    def buffers_dict(self) -> dict[str, Any]:
        """The content of every buffer, by its path."""
        return {name: copied_lists(getattr(module, attribute)) for name, module, attribute in self._buffers()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what :meth:`state_dict` gave; ``ValueError``, and no change, if it does not fit this module exactly."""
        assign(self.checked_state(state))

    def checked_state(self, state: Any) -> Changes:
        """What taking over ``state`` changes; ``ValueError`` if a name, a shape or a number does not fit."""
        parameters = dict(self.named_parameters())
        buffers = {name: (module, attribute) for name, module, attribute in self._buffers()}
        if not isinstance(state, dict):
            raise ValueError(f"a state is a dictionary, as state_dict() gives it, not {type(state).__name__}")
        _require_same_names([*parameters, *buffers], state, type(self).__name__)
        changes: Changes = [(parameter, "data", checked_number(state[name], name)) for name, parameter in parameters.items()]
        for name, (module, attribute) in buffers.items():
            changes.append((module, attribute, _checked_buffer(state[name], getattr(module, attribute), name)))
        return changes

    def load_buffers(self, state: dict[str, Any]) -> None:
        """Put back the buffers that :meth:`buffers_dict` gave."""
        for name, module, attribute in self._buffers():
            setattr(module, attribute, copied_lists(state[name]))

    def _buffers(self) -> Iterator[tuple[str, Model, str]]:
        for prefix, module in self.named_modules():
            for attribute in module.buffers:
                yield f"{prefix}.{attribute}" if prefix else attribute, module, attribute


def assign(changes: Changes) -> None:
    """Make all changes, or, if that is interrupted, none."""
    before = [(thing, name, getattr(thing, name)) for thing, name, _ in changes]
    try:
        for thing, name, content in changes:
            setattr(thing, name, content)
    except BaseException:
        for thing, name, content in before:
            setattr(thing, name, content)
        raise


def checked_number(x: Any, name: str) -> float:
    """A number of a state as a float, or ``ValueError``.

    >>> checked_number(1, "w")
    1.0
    """
    if isinstance(x, bool) or not isinstance(x, Real):
        raise ValueError(f"{name} is a number, not {shortened(x)}")
    try:
        return float(x)
    except OverflowError:
        raise ValueError(f"{name} is an integer too large for a float (1.8e308)") from None


def shortened(x: Any) -> str:
    """What a message shows of something that may be long."""
    text = repr(x) if not isinstance(x, int) or abs(x) < 10**40 else "an integer of many digits"
    return text if len(text) <= 60 else text[:57] + "..."


def copied_lists(x: Any) -> Any:
    """Nested lists as new lists."""
    return [copied_lists(part) for part in x] if isinstance(x, list) else x


def _checked_buffer(x: Any, like: Any, name: str) -> Any:
    """A buffer in the shape of ``like``, with whole numbers where it has them."""
    if isinstance(like, list):
        if not isinstance(x, list) or len(x) != len(like):
            raise ValueError(f"{name} is a list of {len(like)}, not {f'one of {len(x)}' if isinstance(x, list) else shortened(x)}")
        return [_checked_buffer(part, entry, f"{name}[{i}]") for i, (part, entry) in enumerate(zip(x, like))]
    if isinstance(like, int) and (isinstance(x, bool) or not isinstance(x, int) or not 0 <= x < 2**63):
        raise ValueError(f"{name} is a whole number from 0 on, not {shortened(x)}")
    return x if isinstance(like, int) else checked_number(x, name)


def _walk(found: Any, path: str, seen: set[int]) -> Iterator[tuple[str, Parameter | Model]]:
    """Models and parameters in ``found``, each once, with their paths, each before what is in it."""
    if isinstance(found, Parameter | Model):
        if id(found) in seen:
            return
        seen.add(id(found))
        yield path, found
    inside: Any = ()
    if isinstance(found, Model | dict):
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
