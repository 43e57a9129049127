"""The operators of ``Value``, printed from the table: what ``Value.apply`` does, without the detours.

A row's value and derivatives are read as formulas and printed into a function that records one node. Such
a function does exactly what ``Value.apply`` does (a test compares the two on every row) in less than half
the time, because nothing is packed, looked up or called that a person would not write by hand.
"""

from __future__ import annotations

import linecache
import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from .arithmetic import OPERANDS, TABLE, Primitive
from .expression import derivative_formulas, to_text
from .value import Constant, Value

_UNARY = """\
def record_{identifier}(self):
    x = self.data
    try:
        out = {value}
        dx = {dx}
    except (ValueError, ArithmeticError) as error:
        primitive.refuse(error, [x], [self.name])
    node = new_node(Value)
    node.data = out
    node.grad = 0.0
    node.name = node._y = node._dy = None
    node._primitive = primitive
    node._x = self
    node._dx = dx
    return node
"""

_BINARY = """\
def record_{identifier}(self, other):
    if other.__class__ is not Value and not isinstance(other, Value):
        if not accepts(other):
            return NotImplemented
        other = Constant(other)
    x = self.data
    y = other.data
    try:
        out = {value}
        dx = {dx}
        dy = {dy}
    except (ValueError, ArithmeticError) as error:
        primitive.refuse(error, [x, y], [self.name, other.name])
    node = new_node(Value)
    node.data = out
    node.grad = 0.0
    node.name = None
    node._primitive = primitive
    node._x = self
    node._y = other
    node._dx = dx
    node._dy = dy
    return node
"""

_OPERATORS = {"add": "+", "sub": "-", "mul": "*", "truediv": "/"}
_METHODS = {"__neg__": "neg", "__abs__": "abs"}
_METHODS |= {name: name for name in ("exp", "log", "sqrt", "sin", "cos", "tanh", "sigmoid", "relu", "softplus")}

def recorder_source(primitive: Primitive) -> str:
    """The source of the function that records ``primitive``, a row of one or two operands.

    >>> print(recorder_source(TABLE["tanh"]))  # doctest: +ELLIPSIS
    def record_tanh(self):
        x = self.data
        try:
            out = tanh(x)
            dx = 1.0 - out * out
    ...
        return node
    <BLANKLINE>
    """
    texts = {f"d{operand}": to_text(formula) for operand, formula in zip(OPERANDS, derivative_formulas(primitive))}
    identifier = primitive.name if primitive.name.isidentifier() else {v: k for k, v in _OPERATORS.items()}.get(primitive.name, "power")
    template = _UNARY if primitive.arity == 1 else _BINARY
    return template.format(identifier=identifier, value=primitive.python, **texts)


@lru_cache(maxsize=4096)
def recorder(primitive: Primitive) -> Callable[..., Any]:
    """The function that :func:`recorder_source` prints, compiled; a traceback shows its lines."""
    source = recorder_source(primitive)
    filename = f"<recorder of {primitive.name}{list(primitive.constants) or ''}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    namespace = {**vars(math), "primitive": primitive, "Value": Value, "Constant": Constant,
                 "accepts": Value.accepts, "new_node": object.__new__}  # fmt: skip
    exec(compile(source, filename, "exec"), namespace)
    return next(function for name, function in namespace.items() if name.startswith("record_"))


_record_plainly = Value.apply


def _apply(primitive: Primitive, *inputs: Any) -> Any:
    if primitive.arity == 1:
        return recorder(primitive)(*inputs)
    if primitive.arity == 2:
        x, y = inputs
        return recorder(primitive)(x if isinstance(x, Value) else Constant(x), y)
    return _record_plainly(primitive, *inputs)


def _reflected(record: Callable[..., Any]) -> Callable[..., Any]:
    def operator(self: Value, other: Any) -> Any:
        return record(Constant(other), self) if Value.accepts(other) else NotImplemented

    return operator


def install() -> None:
    """Give ``Value`` the printed operators and methods."""
    for method, name in _METHODS.items():
        setattr(Value, method, recorder(TABLE[name]))
    for method, name in _OPERATORS.items():
        record = recorder(TABLE[name])
        setattr(Value, f"__{method}__", record)
        setattr(Value, f"__r{method}__", _reflected(record))
    Value.apply = staticmethod(_apply)  # type: ignore[method-assign]


install()
