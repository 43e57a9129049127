"""What a value and its gradient cost, counted on the recorded graph."""

from __future__ import annotations

import math
from typing import NamedTuple

from ..formulas.typesetting import number_text
from ..printing import Table
from ..value import Value, topological_order
from .roles import products


def operation_count(output: Value) -> int:
    """The number of operations in the graph of ``output``.

    >>> x = Value(2.0)
    >>> operation_count(x * x + 1.0)
    2
    """
    return sum(1 for node in topological_order(output) if node.parents)


class Cost(NamedTuple):
    """What a value and its gradient cost in operations; printing it shows a table."""

    forward: int
    backward: int
    without_reuse: int

    def table(self) -> Table:
        """A row for each way to differentiate, and one for the forward pass."""
        counts = [self.forward, self.backward, self.without_reuse]
        return Table(_COST, [(name, _large(n), _ratio(n, self.forward)) for name, n in zip(_WORK, counts)], "<>>")

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()

    def __repr__(self) -> str:
        return str(self.table())


_COST = ("work", "operations", "times the forward pass")
_WORK = ("forward pass", "backward pass, every edge once", "every path multiplied out by itself")


def cost(output: Value) -> Cost:
    """The operations of the forward pass of ``output``, of its backward pass, and of the chain rule without reuse.

    ``forward`` counts an operation for each node; a node on any number of operands counts one for each of its
    terms, so ``dot`` of ``d`` products is ``d`` multiply-adds. ``backward`` is a multiply-add for each edge,
    those to constants included: ``upstream * local derivative``, added to the parent's gradient.
    ``without_reuse`` is what the same gradients cost when every path from the output to a leaf is multiplied out
    by itself, a multiplication for each of its edges: where branches meet again and again, the number of paths
    doubles each time, and the backward pass, which multiplies each edge once, does not care.

    >>> x = Value(2.0, "x")
    >>> for _ in range(10):
    ...     x = x * x
    >>> cost(x)
    work                                 operations  times the forward pass
    forward pass                                 10                       1
    backward pass, every edge once               20                       2
    every path multiplied out by itself      10,240                   1,024
    """
    order = topological_order(output)
    forward = sum(_operations(node) for node in order)
    paths: dict[Value, int] = {}  # to a leaf
    edges: dict[Value, int] = {}  # on all of these paths together
    for node in order:
        paths[node] = sum(paths[parent] for parent in node.parents) if node.parents else 1
        edges[node] = sum(edges[parent] + paths[parent] for parent in node.parents)
    return Cost(forward, sum(len(node.parents) for node in order), edges[output])


def _operations(node: Value) -> int:
    return 0 if node.primitive is None else products(node.primitive, len(node.parents))


def _large(n: int) -> str:
    return f"{n:,}" if n < 10**15 else f"about 10^{math.log10(n):.0f}"


def _ratio(n: int, of: int) -> str:
    if not of:
        return ""
    return _large(n // of) if n >= 1000 * of else number_text(n / of, 3)
