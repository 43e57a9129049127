"""Derivatives by the reverse pass: of nodes, and of functions whose arguments become nodes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ..arguments import kind_of, map_structure, number, without_axes
from ..choices import require_list
from ..number import CUT, Number, real
from ..operators import require_plain
from ..table import identity
from ..value import Argument, Constant, Value, topological_order
from ..watching import reading_data
from .dual import Dual, flow, joined, make_dual


def gradients(output: Any, inputs: Iterable[Value]) -> list[Any]:
    """The derivatives of ``output`` with respect to each of ``inputs``, as Values that can be differentiated again.

    The ``grad`` of no node is touched. An input that the output does not depend on gets 0.

    >>> x = Value(2.0)
    >>> (first,) = gradients(x ** 3, [x])
    >>> (second,) = gradients(first, [x])
    >>> first.data, second.data
    (12.0, 12.0)

    Raises ``TypeError`` where ``output`` is not one number, or an input no Value, ``RuntimeError`` where data was changed meanwhile.
    """
    inputs, output = require_list("gradients takes as inputs", inputs, "gradients(y, [x])"), without_axes(output)
    if kind_of(output) != "number":
        raise TypeError(f"gradients needs an output that is one number, not {kind_of(output)}: take each by itself, or jacobian(f)")
    for x in inputs:
        if not isinstance(x, Value):
            raise TypeError(f"gradients(y, [x]) needs Values as inputs, not {type(x).__name__} {x!r}: of a function, take grad(f)")
    with reading_data():  # which a row's derivative may do
        found = reverse_pass(output, inputs, as_values=True)
    return [g if isinstance(g, Number) else Constant(g) for g in found]


def reverse_pass(output: Any, inputs: Sequence[Value], as_values: bool) -> list[Any]:
    """One reverse pass: over the recorded local derivatives, or over the rows' derivatives of the nodes themselves."""
    if isinstance(output, Dual):  # the inputs are the innermost kind of number, so the ε stays outside
        pairs = zip(reverse_pass(output.primal, inputs, as_values), reverse_pass(output.tangent, inputs, as_values))
        return [make_dual(p, t, output.level) for p, t in pairs]
    if not isinstance(output, Value):
        return [CUT for _ in inputs]
    if output.data.__class__ is not float:
        require_plain([output])
    order = _order_from(output, inputs)
    found: dict[Value, Any] = {output: 1.0}
    for node in reversed(order):
        upstream, row, parents = found.get(node, CUT), node.primitive, node.parents
        if row is None or upstream is CUT:
            continue
        derivatives = recorded = node.local_derivatives
        if as_values:
            derivatives = row.local_derivatives(node, *parents)
            _require_unchanged(parents, derivatives, recorded)
        for parent, derivative in zip(parents, derivatives):
            if parent in order and derivative is not CUT:
                found[parent] = joined(found.get(parent, CUT), flow(upstream, derivative))
    return [found.get(x, CUT) for x in inputs]


def _require_unchanged(parents: Sequence[Value], derivatives: Sequence[Any], recorded: Sequence[float]) -> None:
    """``RuntimeError`` where derivatives as nodes are not those that were recorded: the data of an operand is another one since then."""
    for derivative, then in zip(derivatives, recorded):
        now = derivative.data if isinstance(derivative, Value) else derivative
        if now != then and not math.isclose(now, then, rel_tol=1e-9) and (math.isfinite(now) or math.isfinite(then)):
            shown = ", ".join(f"{parent.name or parent.op or 'a leaf'} = {parent.data!r}" for parent in parents[:3])
            raise RuntimeError(
                f"data was changed after this graph was built, in one of {shown}: gradients as Values would belong to neither number; "
                "build the graph again, or take those of the old one by backward()"
            )


def _order_from(output: Value, inputs: Sequence[Value]) -> dict[Value, None]:
    """In topological order, the nodes of ``output`` that depend on ``inputs``."""
    wanted = set(inputs)
    order: dict[Value, None] = {}
    for node in topological_order(output):
        if node in wanted or any(parent in order for parent in node.parents):
            order[node] = None
    return order


def is_followed(output: Any, inputs: Sequence[Value]) -> bool:
    """Whether ``output`` depends on a node that an outer transform, or the user, follows.

    If so its derivatives are nodes too; if not, they are plain floats.
    """
    if isinstance(output, Dual):
        return is_followed(output.primal, inputs) or is_followed(output.tangent, inputs)
    if not isinstance(output, Value):
        return False
    own = set(inputs)
    leaves = (node for node in topological_order(output) if not node.parents and node not in own)
    return not all(isinstance(leaf, Constant) for leaf in leaves)


@contextmanager
def lifting(structure: Sequence[Any]) -> Iterator[tuple[list[Value], list[Any]]]:
    """Fresh nodes for the numbers in a structure, and the structure with those nodes in it.

    A node or dual that an outer transform follows stays connected: its innermost primal is passed through
    the identity, so that derivatives are taken at this point and not behind it.
    """
    inputs: list[Value] = []

    def fresh(x: Any) -> Any:
        if isinstance(x, Dual):
            return make_dual(fresh(x.primal), x.tangent, x.level)
        inputs.append(identity(x) if isinstance(x, Value) else Value(number(x)))
        if type(inputs[-1]) is Value:  # and none with an apply of its own
            inputs[-1].__class__ = Argument
        return inputs[-1]

    try:
        with reading_data():
            yield inputs, [map_structure(fresh, part) for part in structure]
    finally:
        for node in inputs:
            if type(node) is Argument:
                node.__class__ = Value if node.parents else Constant  # type: ignore[assignment]


def as_plain(result: Any) -> Any:
    """A result that depends on nothing but this transform's own inputs, as a float (or a dual of floats)."""
    if isinstance(result, Dual):
        return make_dual(as_plain(result.primal), as_plain(result.tangent), result.level)
    return result.data if isinstance(result, Value) else real(result)
