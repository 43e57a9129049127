"""How a person writes an operation and what a node is called: the words of tables, receipts and pictures."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from .arithmetic import ATOM, OPERANDS, POWER, PRODUCT, SUM, Primitive
from .expression import Expression, Literal, Symbol
from .spelling import Spelling, spelling
from .value import Constant, Value, topological_order

# How the rows that only derivatives use are read.
_READ_AS = {"divide": "x / y", "chain": "x * y", "gate": "step(x)", "raised": "pow(x, y)"}


def number_text(x: float, digits: int | None = 6) -> str:
    """``x`` to so many significant digits, or exactly if ``digits`` is ``None``; whole numbers without a point.

    >>> number_text(2.0), number_text(1 / 3), number_text(0.1 + 0.2, None)
    ('2', '0.333333', '0.30000000000000004')
    """
    return repr(x).removesuffix(".0") if digits is None else f"{x:.{digits}g}"


def notation(primitive: Primitive, count: int) -> Spelling:
    """The way the row is written on paper with ``count`` operands: infix, or its name and brackets."""
    if primitive.name == "**":
        return Spelling((("x", POWER + 0.5), f" ** {number_text(primitive.constants[0], None)}"), POWER)
    if primitive.name in _READ_AS:
        return spelling(_READ_AS[primitive.name])
    if primitive.name == "dot":
        return _weighted_sum(count // 2)
    if not primitive.name.isidentifier() or primitive.name == "neg":
        return spelling(str(primitive.python))
    pieces: list[Any] = [f"{primitive.name}("]
    for name in _operand_names(primitive, count):
        pieces += [(name, 0), ", "]
    constants = ", ".join(number_text(c, None) for c in primitive.constants if c != 0.0)
    return Spelling((*pieces[:-1], f", {constants})" if constants else ")"), ATOM)


def _weighted_sum(n: int) -> Spelling:
    """``w0 * x0 + w1 * x1 + ... + b``; a long one shows its first three and its last product."""
    pieces: list[Any] = []
    for i in range(n) if n <= 16 else (0, 1, 2, n - 1):
        pieces += ["... + " if n > 16 and i == n - 1 else "", (f"x{i}", PRODUCT), " * ", (f"x{n + i}", PRODUCT + 0.5), " + "]
    return Spelling((*pieces, (f"x{2 * n}", SUM + 0.5)), SUM)


def operation_text(primitive: Primitive, operands: Sequence[str]) -> str:
    """The operation on named operands.

    >>> from autograd_core import TABLE
    >>> operation_text(TABLE["*"], ["a", "b"]), operation_text(TABLE["tanh"], ["a"])
    ('a * b', 'tanh(a)')
    """
    names = _operand_names(primitive, len(operands))
    return notation(primitive, len(operands)).fill({name: (text, _precedence(text)) for name, text in zip(names, operands)})


def formula_text(expression: Expression) -> str:
    """A formula as a person writes it, with operations by their names: ``step(x)``, ``1 - out * out``."""
    return _formula(expression)[0]


def _formula(expression: Expression) -> tuple[str, float]:
    if isinstance(expression, Symbol):
        return expression.name, _precedence(expression.name)
    if isinstance(expression, Literal):
        text = number_text(expression.value, None)
        return text, _precedence(text)
    names = _operand_names(expression.primitive, len(expression.inputs))
    pattern = notation(expression.primitive, len(expression.inputs))
    return pattern.fill({name: _formula(x) for name, x in zip(names, expression.inputs)}), pattern.precedence


def _precedence(name: str) -> float:
    return -1.0 if name.startswith("-") else ATOM  # a negative number gets brackets wherever it stands


def _operand_names(primitive: Primitive, count: int) -> Sequence[str]:
    return OPERANDS[:count] if isinstance(primitive.python, str) else [f"x{i}" for i in range(count)]


def node_names(output: Value, names: Mapping[str, Any] | None = None, also: Sequence[Value] = ()) -> dict[Value, str]:
    """What to call each node that ``output`` depends on, and those in ``also``: every name is different.

    A node's own ``name`` comes first, then the variables in ``names`` (such as ``locals()``; lists of Values
    give ``w[0]``, ``w[1]``), then its number for a constant, and ``v1``, ``v2``, ... for the rest.
    """
    variables = {node: name for name, node in reversed(list(_variables(names or {})))}
    found: dict[Value, str] = {}
    used: dict[str, int] = {}
    anonymous = 0
    for node in dict.fromkeys([*topological_order(output), *also]):
        name = node.name or variables.get(node)
        if name is None and isinstance(node, Constant):
            found[node] = number_text(node.data, None)  # a number is its own name, however often it occurs
            continue
        if name is None:
            anonymous += 1
            name = f"v{anonymous}"
        used[name] = used.get(name, 0) + 1
        while used[name] > 1 and f"{name}#{used[name]}" in used:
            used[name] += 1
        if used[name] > 1:
            name = f"{name}#{used[name]}"
            used[name] = 1
        found[node] = name
    return found


def caller_variables(depth: int = 2) -> dict[str, Any]:
    """The variables of the code that called the function that calls this: in Jupyter, those of the notebook."""
    frame = sys._getframe(depth)
    return {name: x for name, x in {**frame.f_globals, **frame.f_locals}.items() if not name.startswith("_") and name not in ("In", "Out")}


def _variables(names: Mapping[str, Any]) -> Iterator[tuple[str, Value]]:
    for name, x in names.items():
        yield from _values_in(name, x, 2)


def _values_in(name: str, x: Any, depth: int) -> Iterable[tuple[str, Value]]:
    if isinstance(x, Value):
        yield name, x
    elif isinstance(x, list | tuple) and depth and len(x) <= 1000:
        for i, part in enumerate(x):
            yield from _values_in(f"{name}[{i}]", part, depth - 1)
