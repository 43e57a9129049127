"""Rows of the table as JavaScript, with which a page computes both passes again."""

from __future__ import annotations

import re

from ..formulas.spelling import JAVASCRIPT
from ..primitive import ATOM, Primitive
from ..programs.templates import rule

_IN_JAVASCRIPT = """abs acos acosh asin asinh atan atan2 atanh cbrt ceil cos cosh exp expm1 floor hypot log log10 log1p log2
    sin sinh sqrt tan tanh trunc"""


def javascript_row(primitive: Primitive, count: int) -> str:
    """The row on ``count`` operands as an object of two JavaScript functions: its value, and its derivatives.

    >>> from autograd_core import TABLE
    >>> print(javascript_row(TABLE["tanh"], 1))
    {value: (x) => { return Math.tanh(x); }, derivatives: (out, x) => { return [1.0 - out * out]; }}
    """
    pattern = rule(primitive, count, JAVASCRIPT)
    names = (*pattern.operands, *(name for name, _ in pattern.before), "out")
    same: dict[str, tuple[str, float]] = {name: (name, ATOM) for name in names}
    before = "".join(f"const {name} = {text.fill(same)}; " for name, text in pattern.before)
    operands = ", ".join(pattern.operands)
    derivatives = ", ".join(edge.derivative.fill(same) for edge in pattern.edges)
    value = f"({operands}) => {{ {before}return {pattern.value.fill(same)}; }}"
    row = f"{{value: {value}, derivatives: (out, {operands}) => {{ {before}return [{derivatives}]; }}}}"
    missing = sorted({name for name in re.findall(r"\bMath\.(\w+)", row) if name not in _IN_JAVASCRIPT.split()})
    if missing:
        raise ValueError(f"{primitive.name} cannot be played: JavaScript has no {', '.join(missing)}; explain and steps show it")
    return row
