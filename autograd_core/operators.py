"""The quick operators of ``Value``, printed from the rows of the table.

A row's value and derivatives are read as formulas and printed into a function that records one node. Such
a function does exactly what ``Value.apply`` does (a test compares the two on every row) in less than half
the time, because nothing is packed, looked up or called that a person would not write by hand.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from .formulas.expression import derivative_formulas, to_text
from .formulas.spelling import EAGER, spelling
from .number import CUT, FAMILIES, Number, nested, real
from .primitive import ATOM, OPERANDS, TABLE, Primitive
from .table import weighted_sum
from .unrolled import Unrolled, dot_recorder_source, printed

_UNARY = """\
def record_{identifier}(self):
    node = new_node(Value)
    x = self.data
    try:
        node.data = out = {value}
        node._dx = {dx}
    except (TypeError, ValueError, ArithmeticError) as error:
        primitive.refuse(error, [x], [self.name])
    node.grad = 0.0
    node._made_by = primitive
    node._x = self
    node._y = node._dy = None
    return node
"""

_BINARY = """\
def record_{identifier}(self, other):
    if type(other) is not Value and type(other) not in plain:
        if type(other) is not float and type(other) is not int and not accepts(other):
            return NotImplemented
        if type(self.data) is not float:
            require_plain([self])
        number = other if type(other) is float else real(other)
        other = new_node(Constant)
        other.data = number
        other.grad = 0.0
        other._made_by = other._x = other._y = other._dx = other._dy = None
    node = new_node(Value)
    x = {left}.data
    y = {right}.data
    try:
        node.data = out = {value}
        node._dx = {dx}
        node._dy = {dy}
    except (TypeError, ValueError, ArithmeticError) as error:
        primitive.refuse(error, [x, y], [{left}.name, {right}.name])
    node.grad = 0.0
    node._made_by = primitive
    node._x = {left}
    node._y = {right}
    return node
"""

_plain: set[type] = set()  # Value and its subclasses that record as it does
_strangers: set[type] = set()  # those with an apply of their own


def require_plain(nodes: Sequence[Any]) -> None:
    """``TypeError`` if the ``data`` of a node, or of one that it was computed from, is itself a number of the library.

    It is looked for where that costs nothing: where a node meets a plain number, a function or a weighted sum, and before a backward
    pass. What is computed from such data is such data, so that no gradient comes of it.
    """
    found: Any = next((node for node in nodes if isinstance(node.data, Number)), None)
    while found is not None:
        deeper = next((parent for parent in found.parents if isinstance(parent.data, Number)), None)
        if deeper is None:  # where it came in
            raise nested(found.data, found.name)
        found = deeper


def recorder_source(primitive: Primitive, reflected: bool) -> str:
    """The source of the function that records ``primitive``, a row of one or two operands; ``reflected`` with the second one first.

    >>> print(recorder_source(TABLE["tanh"], reflected=False))  # doctest: +ELLIPSIS
    def record_tanh(self):
        node = new_node(Value)
        x = self.data
        try:
            node.data = out = tanh(x)
            node._dx = 1.0 - out * out
    ...
        return node
    <BLANKLINE>
    """
    texts = {f"d{operand}": to_text(formula, EAGER) for operand, formula in zip(OPERANDS, derivative_formulas(primitive))}
    identifier = primitive.name if primitive.name.isidentifier() else primitive.method.strip("_")
    template = _UNARY if primitive.arity == 1 else _BINARY
    left, right = ("other", "self") if reflected else ("self", "other")
    return template.format(identifier=identifier, value=to_python(primitive), left=left, right=right, **texts)


def to_python(primitive: Primitive) -> str:
    """The row's value in ``x`` and ``y``."""
    return spelling(str(primitive.eager), EAGER).fill({"x": ("x", ATOM), "y": ("y", ATOM)})


_names: dict[str, Any] = {**vars(math), "new_node": object.__new__, "cut": CUT}
_names |= {"real": real, "plain": _plain, "require_plain": require_plain}


@lru_cache(maxsize=4096)
def recorder(primitive: Primitive, reflected: bool = False) -> Callable[..., Any]:
    """The function that :func:`recorder_source` prints, compiled; a traceback shows its lines."""
    name = f"{'reflected ' * reflected}recorder of {primitive.name}{list(primitive.constants) or ''}"
    function = printed(name, recorder_source(primitive, reflected), {**_names, "primitive": primitive})
    function.__doc__ = primitive.described(of_method=True)
    return function


def _record_dot(w: Sequence[Any], x: Sequence[Any], b: Any) -> Any:
    """The node of a weighted sum of Values; of other kinds, what the row itself gives."""
    if _strangers and not _plain.issuperset(map(type, (*w, *x, b))):
        return weighted_sum(*w, *x, b)
    try:
        node = _record_dot_of[2 * len(w) + 1](w, x, b)
    except (AttributeError, TypeError):  # a plain number, or another kind
        return weighted_sum(*w, *x, b)
    return node if type(node.data) is float else weighted_sum(*w, *x, b)


_record_dot_of = Unrolled("the recorder of dot", dot_recorder_source, _names)


def _printed(record_plainly: Callable[..., Any], kind: type[Number], constant: type[Number]) -> Callable[..., Any]:
    """``apply`` by the printed function of each row of one or two operands."""

    def apply(primitive: Primitive, *inputs: Any) -> Any:
        node = NotImplemented
        if primitive.arity == 1:
            return recorder(primitive)(*inputs)
        if primitive.arity == 2:
            x, y = inputs
            node = recorder(primitive)(x if isinstance(x, kind) else constant(x), y)  # type: ignore[call-arg]
        return record_plainly(primitive, *inputs) if node is NotImplemented else node

    apply.__doc__ = record_plainly.__doc__
    return apply


def _power(self: Any, exponent: Any) -> Any:
    """A power with one of Python's numbers as its exponent, without a detour; else that of every kind of number."""
    if type(exponent) is float or type(exponent) is int:
        return recorder(FAMILIES["**"](exponent if type(exponent) is float else real(exponent)))(self)
    return Number.__pow__(self, exponent)


class _Unprinted:
    """Stands for a method until it is first asked for, and is printed: most programs need few of them."""

    def __init__(self, kind: type[Number], name: str, row: Primitive, reflected: bool) -> None:
        self.kind, self.name, self.row, self.reflected = kind, name, row, reflected

    def __get__(self, x: Any, kind: Any = None) -> Any:
        record: Any = recorder(self.row, self.reflected)
        record.__module__, record.__name__, record.__qualname__ = self.kind.__module__, self.name, f"{self.kind.__name__}.{self.name}"
        setattr(self.kind, self.name, record)
        return record.__get__(x, kind)


def print_operators(kind: type[Number], constant: type[Number]) -> None:
    """Give ``kind`` an operator or method, printed when it is needed, for each row that is one, and an ``apply`` that takes those.

    ``constant`` is the kind of node that a plain number becomes.
    """
    _names.update(Value=kind, Constant=constant, accepts=kind.accepts, row=weighted_sum)
    _plain.update((kind, constant))
    for row in TABLE.values():
        if row.method and vars(Number)[row.method].__code__.co_argcount == row.arity:  # it takes no constant besides
            for reflected in (False, True)[: row.arity]:
                name = row.method.replace("__", "__r", 1) if reflected else row.method
                setattr(kind, name, _Unprinted(kind, name, row, reflected))
                if "pdoc" in sys.modules:  # a reference looks at what stands in a class without asking for it
                    getattr(kind, name)
    kind.__pow__ = _power  # type: ignore[method-assign]
    kind.weighted_sum = staticmethod(_record_dot)  # type: ignore[method-assign]
    kind.apply = staticmethod(_printed(kind.apply, kind, constant))  # type: ignore[method-assign]


def adopt(kind: type[Number]) -> None:
    """Let a subclass of ``Value`` record as ``Value`` does, unless it has an ``apply`` of its own: then every operation calls that."""
    definer = next(base for base in kind.__mro__ if "apply" in vars(base))
    (_plain if definer is _names.get("Value", definer) else _strangers).add(kind)
    if "apply" in vars(kind):
        kind.rank += 1  # beside its base, it does the work
        for name in _inherited_operators():
            if name not in vars(kind):
                setattr(kind, name, vars(Number)[name])


def _inherited_operators() -> list[str]:
    """The names under which ``print_operators`` put something."""
    methods = [row.method for row in TABLE.values() if row.method]
    return ["weighted_sum", *methods, *(f"__r{name[2:]}" for name in methods if f"__r{name[2:]}" in vars(Number))]
