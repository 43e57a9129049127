"""Where an operation stands on its kink or jumps: relu at 0, a tie of maximum, floor at a whole number."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from ..value import Value, topological_order


def nodes_on_kinks(output: Value) -> list[Value]:
    """The nodes whose operation has another value or derivative right beside one of its operands than on the other side.

    >>> x = Value(0.0, "x")
    >>> [node.op for node in nodes_on_kinks(x.relu() * 3.0 + abs(x + 1.0))]
    ['relu']
    """
    return [node for node in topological_order(output) if any(_is_on_kink(node, k) for k in range(len(node.parents)))]


def _is_on_kink(node: Value, k: int) -> bool:
    row, operands = node.primitive, [parent.data for parent in node.parents]
    if row is None or row.arity is None:  # rows on any number of operands are smooth
        return False
    sides = []
    for towards in (-math.inf, math.inf):
        beside = [*operands[:k], _next(operands[k], towards), *operands[k + 1 :]]
        try:
            value = row.evaluate(*beside)
            sides.append((value, *row.local_derivatives(value, *beside)))
        except (ValueError, ArithmeticError):
            return False
    return not all(math.isclose(left, right, rel_tol=1e-6, abs_tol=1e-9) for left, right in zip(*sides))


def _next(x: float, towards: float) -> float:
    """The neighbour of ``x``, far enough from 0 that squares of it are no zeros."""
    return math.copysign(1e-150, towards) if x == 0.0 else math.nextafter(x, towards)


class Sides(NamedTuple):
    """The slopes on both sides of a point, and whether the function jumps there, so that they grow as the step shrinks."""

    left: float
    right: float
    jumps: bool


def sides_of(f: Callable[[float], float], x: float) -> Sides | None:
    """What ``f`` does on both sides of ``x``; ``None`` where the slopes agree, or are not defined.

    >>> [round(slope, 6) for slope in sides_of(abs, 0.0)[:2]], sides_of(abs, 1.0), sides_of(math.floor, 2.0).jumps
    ([-1.0, 1.0], None, True)
    """
    step = 1e-6 * max(1.0, abs(x))
    try:
        left, right, near_left, near_right = ((f(x + h) - f(x)) / h + 0.0 for h in (-step, step, -step / 8.0, step / 8.0))
    except (ValueError, ArithmeticError):
        return None
    jumps = not (_alike(left, near_left) and _alike(right, near_right))
    return Sides(left, right, jumps) if (jumps or not _alike(left, right)) and math.isfinite(left + right) else None


def _alike(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=1e-3, abs_tol=1e-3)
