"""Symbolic differentiation: the recorded graph and its reverse pass, read over formulas."""

from __future__ import annotations

from ..choices import named_options
from ..formulas.expression import Expression, Literal, Symbol
from ..number import CUT
from ..value import Constant, Value, topological_order
from .names import Names, names_for


@named_options()
def formula(output: Value, names: Names = None) -> Expression:
    """The recorded graph as one formula in its leaves.

    >>> x = Value(2.0, "x")
    >>> formula((x + 1) ** 2)
    (x + 1) ** 2
    """
    return _formulas(output, names_for(output, names))[output]


@named_options()
def symbolic(output: Value, wrt: Value, names: Names = None, *, simplify: bool = True) -> Expression:
    """The derivative of ``output`` with respect to the leaf ``wrt``, as a formula in the leaves.

    It is written as in a textbook (``Expression.simplified``), and up to rounding has the value that the backward pass
    computes. With ``simplify=False`` it is what the chain rule gives, every intermediate result written out, which is why
    such formulas swell: compare its ``operation_count()`` with :func:`operation_count` of the graph. ``names`` as in ``steps``.

    >>> x = Value(2.0, "x")
    >>> symbolic(x.exp() / x, x)
    (x - 1) * exp(x) / x ** 2
    >>> symbolic(x.exp() / x, x, simplify=False)
    -exp(x) / x / x + 1 / x * exp(x)

    A leaf that the output does not depend on gives 0. A node with parents is a ``ValueError``.
    """
    called = names_for(output, names, also=[wrt])
    if wrt.parents:
        raise ValueError(f"{wrt!r} is computed from other nodes: a formula is differentiated with respect to a leaf")
    formulas = _formulas(output, called)
    depends = {wrt}
    order = topological_order(output)
    for node in order:
        if any(parent in depends for parent in node.parents):
            depends.add(node)
    total: dict[Value, Expression] = {output: Literal(1.0)} if output in depends else {}
    for node in reversed(order):
        if node not in total or node.primitive is None:
            continue
        derivatives = node.primitive.local_derivatives(formulas[node], *(formulas[parent] for parent in node.parents))
        for parent, derivative in zip(node.parents, derivatives):
            if parent in depends and derivative is not CUT:
                term = total[node] * derivative
                total[parent] = total[parent] + term if parent in total else term
    found = total.get(wrt, Literal(0.0))
    return found.simplified() if simplify else found


def _formulas(output: Value, called: dict[Value, str]) -> dict[Value, Expression]:
    found: dict[Value, Expression] = {}
    for node in topological_order(output):
        if node.primitive is not None:
            found[node] = Expression.apply(node.primitive, *(found[parent] for parent in node.parents))
        else:
            found[node] = Literal(node.data) if isinstance(node, Constant) else Symbol(called[node])
    return found
