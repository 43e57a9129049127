"""Forward mode: the table read over dual numbers.

A dual number carries a value (the primal) and the derivative of that value along one direction (the
tangent). Every operation computes both, so one run of a program gives its derivative with respect to one
input. See Clifford, Preliminary Sketch of Biquaternions, 1873, for the algebra ``a + b ε`` with ``ε² = 0``.
"""

from __future__ import annotations

from typing import Any

from ..arguments import number
from ..number import CUT, Number, real
from ..primitive import Primitive
from ..table import chain, merge


class Dual(Number):
    """The number ``primal + tangent ε`` with ``ε² = 0``.

    >>> x = Dual(3.0, 1.0)
    >>> x * x + 2 * x
    Dual(primal=15.0, tangent=8.0)

    Anything that is a real number is accepted for both parts, else ``TypeError``. (The transforms also make
    duals of Values and duals of duals, each level with an ε of its own: ``level`` tells them apart, so that
    nested derivatives are never confused.)
    """

    __slots__ = ("level", "primal", "tangent")
    rank = 20

    def __init__(self, primal: Any, tangent: Any = 0.0) -> None:
        self.primal: Any = real(primal)
        self.tangent: Any = real(tangent) or CUT
        self.level = 0

    @classmethod
    def apply(cls, primitive: Primitive, *inputs: Any) -> Dual:
        level = max(x.level for x in inputs if isinstance(x, Dual))
        primals = [primal(x, level) for x in inputs]
        tangents = [tangent(x, level) for x in inputs]
        out = primitive(*primals)
        total: Any = CUT
        for direction, derivative in zip(tangents, primitive.local_derivatives(out, *primals)):
            total = joined(total, flow(direction, derivative))
        return make_dual(out, total, level)

    def scalar(self) -> float:
        """The innermost primal, as comparisons see it."""
        return self.primal.scalar() if isinstance(self.primal, Number) else self.primal

    def __repr__(self) -> str:
        return f"Dual(primal={self.primal!r}, tangent={self.tangent!r})"

    def __format__(self, specification: str) -> str:
        if not specification:
            return repr(self)
        return f"{format(self.primal, specification)} + {format(self.tangent, specification)} ε"


def make_dual(primal: Any, tangent: Any, level: int) -> Dual:
    """A dual at ``level`` whose parts may be numbers of any kind of a lower level."""
    dual: Dual = object.__new__(Dual)
    dual.primal, dual.tangent, dual.level = primal, tangent, level
    return dual


def primal(x: Any, level: int) -> Any:
    """What ``x`` is apart from the ε of ``level``."""
    return x.primal if isinstance(x, Dual) and x.level == level else x


def tangent(x: Any, level: int) -> Any:
    """The part of ``x`` along the ε of ``level``."""
    return x.tangent if isinstance(x, Dual) and x.level == level else CUT


def given(x: Any) -> Any:
    """A direction or cotangent as the caller gives it: along a plain 0 nothing flows."""
    x = number(x)
    return x if isinstance(x, Number) or x != 0.0 else CUT


def flow(upstream: Any, derivative: Any) -> Any:
    """What flows through an edge, without a factor of 1; ``CUT`` where it is cut."""
    if upstream is CUT or derivative is CUT:
        return CUT
    if not isinstance(derivative, Number):
        derivative = float(derivative)  # a plain operand may be an integer
    if type(upstream) is float:
        if upstream == 1.0:
            return derivative
        if type(derivative) is float:
            return upstream * derivative
    return upstream if type(derivative) is float and derivative == 1.0 else chain(upstream, derivative)


def joined(total: Any, term: Any) -> Any:
    """The sum of what flows from several sides; ``CUT`` is nothing."""
    if term is CUT:
        return total
    if total is CUT:  # 0.0 + -0.0 is 0.0, as backward() adds it
        return 0.0 + term if type(term) is float else term
    return total + term if type(total) is type(term) is float else merge(total, term)
