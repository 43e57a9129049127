"""What training needs of a model: parameters, buffers, a mode, and a state that is checked before it is taken over."""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NoReturn, TypeVar

from autograd_core import Value, named_options, require_kind

from ..arguments import fitting

Self = TypeVar("Self", bound="Model")
Changes = list[tuple[Any, str, Any]]
"""Objects, names of their attributes, and what these are to be."""


_TRAINED: dict[int, int] = {}  # the thread that trains a part of a model, by its id
MODES: ContextVar[dict[int, bool]] = ContextVar("MODES", default={})  # noqa: B039  # of modules, by their ids, in this thread alone


class Parameter(Value):
    """A leaf that training changes. ``p += 1`` is refused: it would put a computed node in the parameter's place.

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


def inputs_of(x: Iterable[Any], letter: str = "x") -> list[Any]:
    """The entries of one sample, each number as an :class:`Input`; they are called x1, x2, ..., as in textbooks."""
    return [Input(value, f"{letter}{i}") if isinstance(value, int | float) else value for i, value in enumerate(x, start=1)]


class Model:
    """An object whose attributes hold :class:`Parameter` s and other models, also in lists and dictionaries; see :class:`nn.Module`.
    In ``training`` mode Dropout and BatchNorm behave otherwise. ``needs_batch`` says whether an output depends on the whole batch or on
    chance then, so that one recorded graph cannot stand for all samples. ``buffers`` are names of attributes that are numbers or
    lists of numbers and belong to the state, but are not trained; ``variances`` those of them that are never below 0.
    """

    needs_batch = False
    buffers: tuple[str, ...] = ()
    variances: tuple[str, ...] = ()

    @property
    def training(self) -> bool:
        """The mode that :meth:`train` and :meth:`eval` set; in a thread that predicts, evaluation mode meanwhile."""
        return MODES.get().get(id(self), vars(self).get("training", True))

    @training.setter
    def training(self, mode: bool) -> None:
        vars(self)["training"] = mode

    def forward(self, x: Any) -> Any:
        """The output for one sample."""
        raise NotImplementedError(f"{type(self).__name__} defines no forward(x)")

    def __call__(self, x: Any) -> Any:
        return self.forward(x)

    def batch(self, rows: Sequence[Any]) -> list[Any]:
        """The output for each of several samples, which may see each other (as in BatchNorm)."""
        return [self(x) for x in rows]

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Model]]:
        """This module, called ``prefix``, and every module in it, each once."""
        return iter(walk(self, Model, prefix, set()))

    def modules(self) -> list[Model]:
        """This module and every module in it."""
        return [module for _, module in self.named_modules()]

    def named_parameters(self, prefix: str = "") -> Iterator[tuple[str, Parameter]]:
        """Every parameter, once, with the path of attributes that leads to it."""
        return iter(walk(self, Parameter, prefix, set()))

    def parameters(self) -> list[Parameter]:
        """Every parameter, once, in the order in which the attributes were made."""
        return [parameter for _, parameter in self.named_parameters()]

    @named_options(set_to_none="leave it out: a gradient that is not there is 0.0")
    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        for parameter in self.parameters():
            parameter.grad = 0.0

    def train(self: Self, mode: bool = True) -> Self:
        """Put this module, and all in it, in training mode; returns itself."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self: Self) -> Self:
        """Put this module, and all in it, in evaluation mode; returns itself."""
        return self.train(False)

    def named_buffers(self) -> Iterator[tuple[str, Model, str]]:
        """The path of every buffer, the module that it belongs to, and its name there."""
        for prefix, module in self.named_modules():
            for attribute in module.buffers:
                yield f"{prefix}.{attribute}" if prefix else attribute, module, attribute

    def state_dict(self) -> dict[str, Any]:
        """The number of every parameter and the content of every buffer, by its path, such as ``{'w.0': 0.5, 'b': 0.0}``."""
        state: dict[str, Any] = {name: float(parameter.data) for name, parameter in self.named_parameters()}
        if len(state) < len(self.parameters()):
            raise ValueError(f"two parameters of this {type(self).__name__} have the same path: give them different keys")
        return state | {name: copy.deepcopy(getattr(module, attribute)) for name, module, attribute in self.named_buffers()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what :meth:`state_dict` gave; ``ValueError``, and no change, if it does not fit this module exactly."""
        assign(self.checked_state(state))

    def checked_state(self, state: Any) -> Changes:
        """What taking over ``state`` changes; ``ValueError`` if a name, a shape or a number does not fit."""
        found = fitting(state, self.state_dict(), f"the state of {type(self).__name__}", "a finite number")
        changes: Changes = [(parameter, "data", found[name]) for name, parameter in self.named_parameters()]
        for name, module, attribute in self.named_buffers():
            allowed = "a finite number of at least 0" if attribute in module.variances else "a finite number"
            changes.append((module, attribute, fitting(found[name], getattr(module, attribute), name, allowed)))
        return changes


@contextmanager
def alone(model: Model) -> Iterator[None]:
    """Within it this thread alone trains the model; ``RuntimeError`` where another one trains a part of it, ``TypeError`` for no model."""
    require_kind("fit takes a model", model, Model, "nn.fit(nn.MLP(2, [8, 1]), X, y)")
    here, new = threading.get_ident(), [part for part in map(id, model.modules()) if part not in _TRAINED]
    try:
        for part in new:
            _TRAINED.setdefault(part, here)
        require_untrained(model)
        yield
    finally:
        for part in (part for part in new if _TRAINED.get(part) == here):
            del _TRAINED[part]


def require_untrained(model: Model) -> list[int]:
    """The ids of all in the model; ``RuntimeError`` where another thread trains a part of it."""
    here, parts = threading.get_ident(), list(map(id, model.modules()))
    if any(_TRAINED.get(part, here) != here for part in parts):
        raise RuntimeError(f"another thread trains this {type(model).__name__} or part of it: give each its own, copy.deepcopy(model)")
    return parts


def assign(changes: Changes) -> None:
    """Make all changes, or, if that is interrupted, none."""
    before = [(thing, name, getattr(thing, name)) for thing, name, _ in changes]
    try:
        for change in changes:
            setattr(*change)
    except BaseException:
        for change in before:
            setattr(*change)
        raise


def walk(holder: Any, kind: type[Any], path: str, seen: set[int]) -> list[tuple[str, Any]]:
    """The parts of a ``kind`` in a model, a list or a dictionary, each once, with their paths, each before what is in it."""
    if isinstance(holder, Model | list | dict):
        if id(holder) in seen:
            return []
        seen.add(id(holder))
    parts = [(path, holder)] if isinstance(holder, kind) else []
    held = vars(holder) if isinstance(holder, Model) else holder
    inside: Any = held.items() if isinstance(held, dict) else enumerate(held) if isinstance(held, list | tuple) else ()
    for name, part in inside:
        if not isinstance(part, Parameter):
            parts += walk(part, kind, f"{path}.{name}" if path else str(name), seen)
        elif kind is Parameter and id(part) not in seen:
            seen.add(id(part))
            parts.append((f"{path}.{name}" if path else str(name), part))
    return parts
