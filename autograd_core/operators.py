"""The quick operators of ``Value``, printed from the rows of the table, and the order of a backward pass.

A row's value and derivatives are read as formulas and printed into a function that records one node. Such
a function does exactly what ``Value.apply`` does (a test compares the two on every row) in less than half
the time, because nothing is packed, looked up or called that a person would not write by hand.
"""

from __future__ import annotations

import linecache
import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from .formulas.expression import derivative_formulas, to_text
from .formulas.spelling import EAGER, spelling
from .number import CUT, Number, nested, no_output
from .primitive import ATOM, OPERANDS, TABLE, Primitive
from .table import weighted_sum

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
    if other.__class__ is not Value and other.__class__ not in plain:
        if other.__class__ is not float and not accepts(other):
            return NotImplemented
        if self.data.__class__ is not float:
            require_plain([self])
        other = Constant(other)
    node = new_node(Value)
    x = self.data
    y = other.data
    try:
        node.data = out = {value}
        node._dx = {dx}
        node._dy = {dy}
    except (TypeError, ValueError, ArithmeticError) as error:
        primitive.refuse(error, [x, y], [self.name, other.name])
    node.grad = 0.0
    node._made_by = primitive
    node._x = self
    node._y = other
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


def recorder_source(primitive: Primitive) -> str:
    """The source of the function that records ``primitive``, a row of one or two operands.

    >>> print(recorder_source(TABLE["tanh"]))  # doctest: +ELLIPSIS
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
    return template.format(identifier=identifier, value=to_python(primitive), **texts)


def to_python(primitive: Primitive) -> str:
    """The row's value in ``x`` and ``y``."""
    return spelling(str(primitive.eager), EAGER).fill({"x": ("x", ATOM), "y": ("y", ATOM)})


_names: dict[str, Any] = {**vars(math), "new_node": object.__new__, "cut": CUT, "plain": _plain, "require_plain": require_plain}


@lru_cache(maxsize=4096)
def recorder(primitive: Primitive) -> Callable[..., Any]:
    """The function that :func:`recorder_source` prints, compiled; a traceback shows its lines."""
    source = recorder_source(primitive)
    filename = f"<recorder of {primitive.name}{list(primitive.constants) or ''}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    namespace = {**_names, "primitive": primitive}
    exec(compile(source, filename, "exec"), namespace)
    function: Callable[..., Any] = next(found for name, found in namespace.items() if name.startswith("record_"))
    function.__module__, function.__doc__ = __name__, primitive.described(of_method=True)
    return function


def _record_dot(w: Sequence[Any], x: Sequence[Any], b: Any) -> Any:
    """The node of a weighted sum of Values; of other kinds, what the row itself gives.

    The products are added from left to right, as the row of ``dot`` does.
    """
    if _strangers and not _plain.issuperset(map(type, (*w, *x, b))):
        return weighted_sum(*w, *x, b)
    node: Any = object.__new__(_names["Value"])
    if b.__class__ is float:
        b = _names["Constant"](b)
    try:
        weights, inputs = [v.data for v in w], [v.data for v in x]
        products = zip(weights, inputs)
        for weight, number in products:
            total = weight * number
            break
        for weight, number in products:
            total += weight * number
        node.data = total + b.data
    except (AttributeError, TypeError):  # a plain number, or another kind
        return weighted_sum(*w, *x, b)
    if node.data.__class__ is not float:
        return weighted_sum(*w, *x, b)
    node.grad = 0.0
    node._made_by = weighted_sum
    node._x, node._dx = (*w, *x, b), (*inputs, *weights, 1.0)
    node._y = node._dy = None
    return node


def whole_order(outputs: Sequence[Any]) -> list[Any]:
    """``topological_order``. A loop instead of recursion: a graph may be a million operations deep."""
    for output in outputs:
        if not isinstance(output, _names["Value"]):
            raise no_output(output)
    order: list[Any] = []
    seen: set[Any] = set()
    stack: list[Any] = [*reversed(outputs)]
    while stack:
        node = stack.pop()
        if node is None:  # everything above this mark is done, so the node below it is next
            order.append(stack.pop())
        elif node not in seen:
            seen.add(node)
            x, y = node._x, node._y
            if x is None:
                order.append(node)
            else:
                stack += (node, None, y, x) if y is not None else (node, None, *reversed(x)) if x.__class__ is tuple else (node, None, x)
    return order


def pass_order(output: Any) -> list[Any]:
    """The same for a backward pass: without the leaves, which have no work to do there.

    Half the time of a backward pass is spent here. So a node is marked as seen in its ``grad``, which is about to be computed
    afresh, and one that waits for no parent is put in order at once: with a set, a whole training step takes 8 to 15 % longer.
    """
    if output.data.__class__ is not float:
        require_plain([output])
    mark = float("nan")  # a new object: a mark that an interrupted pass left behind is another one
    order: list[Any] = []
    stack: list[Any] = [output] if output._x is not None else []
    while stack:
        node = stack.pop()
        if node is None:
            order.append(stack.pop())
        elif node.grad is not mark:
            node.grad = mark
            x, y = node._x, node._y
            if y is not None and y._x is not None and y.grad is not mark:
                stack += (node, None, y) if x._x is None or x.grad is mark else (node, None, y, x)
            elif x.__class__ is tuple:
                stack += (node, None, *[p for p in reversed(x) if p._x is not None and p.grad is not mark])
            elif x._x is not None and x.grad is not mark:
                stack += (node, None, x)
            else:
                order.append(node)
    return order


def _reflected(record: Callable[..., Any], kind: type[Number], constant: type[Number]) -> Callable[..., Any]:
    def operator(self: Any, other: Any) -> Any:
        if other.__class__ is not float and not kind.accepts(other):
            return NotImplemented
        if self.data.__class__ is not float:
            require_plain([self])
        return record(constant(other), self)  # type: ignore[call-arg]

    operator.__doc__ = record.__doc__
    return operator


def _printed(record_plainly: Callable[..., Any], kind: type[Number], constant: type[Number]) -> Callable[..., Any]:
    """``apply`` by the printed function of each row of one or two operands."""

    def apply(primitive: Primitive, *inputs: Any) -> Any:
        node = NotImplemented
        if primitive.arity == 1:
            return recorder(primitive)(*inputs)
        if primitive.arity == 2:
            x, y = inputs
            node = recorder(primitive)(x if isinstance(x, kind) else constant(x), y)  # type: ignore[call-arg]
        if node is NotImplemented:
            node = record_plainly(primitive, *inputs)
            if node.data.__class__ is not float:
                require_plain(node.parents)
        return node

    apply.__doc__ = record_plainly.__doc__
    return apply


def print_operators(kind: type[Number], constant: type[Number]) -> None:
    """Give ``kind`` a printed operator or method for each row that is one, and an ``apply`` that takes those.

    ``constant`` is the kind of node that a plain number becomes.
    """
    _names.update(Value=kind, Constant=constant, accepts=kind.accepts)
    _plain.update((kind, constant))
    for row in TABLE.values():
        if row.method and vars(Number)[row.method].__code__.co_argcount == row.arity:  # it takes no constant besides
            record = recorder(row)
            record.__name__, record.__qualname__ = row.method, f"{kind.__name__}.{row.method}"
            setattr(kind, row.method, record)
            if row.arity == 2:
                setattr(kind, row.method.replace("__", "__r", 1), _reflected(record, kind, constant))
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
