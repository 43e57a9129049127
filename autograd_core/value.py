"""Reverse-mode automatic differentiation over single numbers: the file to read first.

A ``Value`` is a number that remembers how it was computed: the operation, the operands (its parents), and
the derivative of the result with respect to each of them. ``backward()`` walks that graph from the result
to the leaves and multiplies and adds those local derivatives: the chain rule.
"""

from __future__ import annotations

import threading
from typing import Any, NamedTuple

from .number import CUT, no_output, real
from .operators import adopt, print_operators, require_plain
from .order import pass_order, whole_order
from .persistence import copied, deep_copied, reduced
from .primitive import Primitive
from .printing import Table
from .synonyms import Synonyms, checked_name, without_gradient
from .unrolled import pass_on

_one_pass = threading.RLock()  # two passes at once over shared nodes would mix their gradients


class Value(Synonyms):
    """A number in a computational graph.

    ``data`` is the number, ``grad`` the derivative with respect to this node of the output on which
    ``backward()`` was called, ``name`` (or ``label``) what tables and pictures call it. Anything that is a real number is
    accepted as ``data``; anything else is a ``TypeError``.

    >>> a, b = Value(2.0, "a"), Value(-3.0, "b")
    >>> loss = a * b + a ** 2
    >>> loss.backward()
    >>> loss.data, a.grad, b.grad
    (-2.0, 1.0, 2.0)
    """

    # One object a node, without a tuple or closure in it: the garbage collector is the main cost of a scalar engine. _x and _y are
    # the operands and _dx and _dy the derivatives with respect to them, as in the table. One operand leaves _y None; three or more,
    # and those of a node that apply made, stand as tuples in _x and _dx. A leaf has None in all four. Few nodes have a name, so it
    # has no slot of its own: _made_by is the row, or None for a leaf, or a _Label with both.
    __slots__ = ("_dx", "_dy", "_made_by", "_x", "_y", "data", "grad")

    def __init__(self, data: Any, name: str | None = None, label: str | None = None) -> None:
        self.data: float = data if type(data) is float else real(data)
        self.grad: float = 0.0
        self._made_by: Any = _Label(checked_name(name or label), None) if name or label else None
        self._x: Any = None
        self._y: Any = None
        self._dx: Any = None
        self._dy: Any = None

    @classmethod
    def apply(cls, primitive: Primitive, *inputs: Any) -> Value:
        """Evaluate ``primitive`` and record a node, with its local derivatives taken now, not in the backward pass.

        So a parameter that changes in between cannot falsify a gradient. Operators and methods are printed from the
        table (at the end of this file) and do the same; those of a subclass with an ``apply`` of its own call that.
        """
        parents = tuple([x if isinstance(x, Value) else Constant(x) for x in inputs])
        operands = [parent.data for parent in parents]
        try:
            node = Value(primitive.evaluate(*operands))
            derivatives = primitive.local_derivatives(node.data, *operands)
        except (TypeError, ValueError, ArithmeticError) as error:
            primitive.refuse(error, operands, [parent.name for parent in parents])
        node._made_by, node._x, node._dx = primitive, parents, derivatives
        return node

    def backward(self, seed: float = 1.0) -> None:
        """Add to the ``grad`` of every leaf the derivative of this node with respect to it, times ``seed``.

        Gradients of leaves add up from call to call until they are set back to 0, those of interior nodes are computed afresh.

        >>> x = Value(3.0)
        >>> (x * x).backward()
        >>> x.grad
        6.0
        """
        seed = real(seed)
        with _one_pass:
            untouched = float("0.0")  # a new zero: where it still stands when a node's turn comes, nothing has flowed there
            cut = CUT  # the zero of a derivative that says that nothing flows
            if self.data.__class__ is not float: require_plain([self])
            order = pass_order((self,), untouched)
            try:
                self.grad = self.grad + seed if seed else self.grad
                for node in reversed(order):
                    upstream, dx, y = node.grad, node._dx, node._y
                    if upstream is untouched: continue
                    if y is not None:
                        if dx is not cut: node._x.grad += upstream * dx
                        dy = node._dy
                        if dy is not cut: y.grad += upstream * dy
                    elif type(dx) is not tuple:
                        if dx is not cut: node._x.grad += upstream * dx
                    else:  # a weighted sum or its like: parent.grad += upstream * derivative for each of many parents
                        pass_on[len(dx)](upstream, node._x, dx)
            except TypeError as error: raise without_gradient([self, *order], error) from error

    @property
    def name(self) -> str | None:
        """What tables and pictures call this node; it may be set at any time."""
        return self._made_by.name if type(self._made_by) is _Label else None

    @name.setter
    def name(self, name: str | None) -> None:
        self._made_by = self.primitive if name is None else _Label(checked_name(name), self.primitive)

    @property
    def primitive(self) -> Primitive | None:
        """The row of the table that made this node; ``None`` for a leaf."""
        return self._made_by.primitive if type(self._made_by) is _Label else self._made_by

    @property
    def op(self) -> str:
        """The name of the operation that made this node; empty for a leaf."""
        return self.primitive.name if self.primitive else ""

    @property
    def parents(self) -> tuple[Value, ...]:
        """The operands, in order, one for each edge: ``x * x`` has the parents ``(x, x)``."""
        return _as_tuple(self._x, self._y)

    @property
    def local_derivatives(self) -> tuple[float, ...]:
        """The derivative of this node with respect to each of its parents."""
        return _as_tuple(self._dx, self._dy)

    def scalar(self) -> float:
        """The data, as comparisons see it."""
        return self.data

    def __repr__(self) -> str:
        name = f", name={self.name!r}" if self.name else ""
        return f"Value(data={self.data!r}, grad={self.grad!r}{name})"

    def _repr_html_(self) -> str:
        row = [self.name or "", self.op or "leaf", repr(self.data), repr(self.grad)]
        return Table(["name", "operation", "data", "grad"], [row])._repr_html_()

    def __format__(self, specification: str) -> str:
        return format(self.data, specification) if specification else repr(self)

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        adopt(cls)

    def __copy__(self) -> Value: return copied(self)
    def __deepcopy__(self, memo: dict[int, Any]) -> Value: return deep_copied(self, memo, topological_order)
    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]: return reduced(self, topological_order)


class _Label(NamedTuple):
    name: str
    primitive: Primitive | None


class Constant(Value):
    """A plain number that met a Value in an expression, such as the 2 in ``2 * x``."""

    __slots__ = ()


class Argument(Value):
    """A number by which a function is differentiated or recorded. So long it is its own copy: of another one nothing would be known."""

    __slots__ = ()
    active = True


Argument.__name__ = Value.__name__  # what messages call it
print_operators(Value, Constant)  # + - * / exp tanh ...: each records a node, as apply does


def _as_tuple(x: Any, y: Any) -> tuple[Any, ...]:
    return (x, y) if y is not None else () if x is None else x if type(x) is tuple else (x,)


def topological_order(*outputs: Value) -> list[Value]:
    """Every node that the outputs depend on, each once and after its parents, which come from left to right.

    >>> x = Value(2.0)
    >>> [node.op or "x" for node in topological_order((x * x).exp())]
    ['x', '*', 'exp']
    """
    for output in outputs:
        if not isinstance(output, Value): raise no_output(output)
    return whole_order(outputs)
