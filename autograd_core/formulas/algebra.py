"""Formulas in SymPy and back. SymPy is imported where it is needed: ``import autograd_core`` loads nothing for it.

A row is read from its ``mathematics``, which is its spelling where nothing else is said, so that rows of users are translated, too.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from ..number import TABLE
from ..primitive import OPERANDS, Primitive, find

REMEDY = 'python -m pip install "autograd-core[symbolic]"'


def sympy_module() -> Any:
    """SymPy, or an ``ImportError`` that says how to install it."""
    try:
        import sympy
    except ImportError:
        raise ImportError(f"this needs SymPy: {REMEDY}") from None
    return sympy


def to_sympy(parts: Sequence[Any]) -> Any:
    """The last of ``parts`` (all parts of a formula, each behind its own) as a SymPy expression in real symbols."""
    sympy = sympy_module()
    return _translated(sympy, parts, lambda row, inputs: _in_sympy(sympy, row, inputs))


def simplified_by_sympy(parts: Sequence[Any], make_symbol: Callable[[str], Any]) -> Any:
    """The formula as ``sympy.simplify`` leaves it, translated back.

    Functions that SymPy does not know by the same name stay as they are: a sigmoid is not taken apart.
    """
    sympy = sympy_module()
    formula = parts[-1]
    rows: dict[str, Primitive] = {}

    def operation(row: Primitive, inputs: list[Any]) -> Any:
        if _is_known(sympy, row):
            return _in_sympy(sympy, row, inputs)
        name = f"{row.name}{row.constants}"
        rows[name] = row
        return sympy.Function(name, real=True)(*inputs)

    result = sympy.simplify(_translated(sympy, parts, operation))
    return _Back(sympy, formula.apply, make_symbol, rows).formula(result)


def _is_known(sympy: Any, row: Primitive) -> bool:
    """Whether SymPy computes with it: sums, products, quotients and powers, and what it has under the same name."""
    if not isinstance(row.mathematics, str):
        return row.weighted_sum
    kinds = set(map(type, ast.walk(ast.parse(row.mathematics, mode="eval"))))
    same = row.mathematics == f"{row.name}(x)" and hasattr(sympy, row.name)
    return same or row.name == "**" or kinds.isdisjoint((ast.Call, ast.IfExp))


def _translated(sympy: Any, parts: Sequence[Any], operation: Callable[[Primitive, list[Any]], Any]) -> Any:
    found: dict[Any, Any] = {}
    for part in parts:
        if hasattr(part, "inputs"):
            found[part] = operation(part.primitive, [found[x] for x in part.inputs])
        else:
            found[part] = _number(sympy, part.value) if hasattr(part, "value") else sympy.Symbol(part.name, real=True)
    return found[parts[-1]]


def _number(sympy: Any, x: float) -> Any:
    """The number that is written as ``x``: 0.1 is a tenth."""
    return sympy.Rational(repr(x)) if x - x == 0.0 else sympy.Float(x)


def _in_sympy(sympy: Any, row: Primitive, inputs: list[Any]) -> Any:
    if row.weighted_sum:
        n = len(inputs) // 2
        return sympy.Add(*(w * x for w, x in zip(inputs[:n], inputs[n:-1])), inputs[-1])
    if row.name == "sinc":
        point = sympy.Dummy()
        return sympy.diff(sympy.sinc(sympy.pi * point), point, int(row.constants[0])).subs(point, inputs[0])
    if row.name == "logsumexp":
        return sympy.log(sympy.Add(*map(sympy.exp, inputs)))
    if not isinstance(row.mathematics, str):
        return sympy.Function(row.name)(*inputs)
    tree = ast.parse(row.mathematics, mode="eval").body
    return _Reader(sympy, dict(zip(OPERANDS, inputs))).read(tree)


class _Reader:
    """Reads a row's spelling over SymPy expressions."""

    def __init__(self, sympy: Any, operands: dict[str, Any]) -> None:
        self.sympy, self.operands = sympy, operands
        self.names = {"pi": sympy.pi, "e": sympy.E, "tau": 2 * sympy.pi, "inf": sympy.oo, "nan": sympy.nan, "cut": sympy.S.Zero}
        self.functions = {
            "fabs": sympy.Abs, "pow": sympy.Pow, "expm1": lambda x: sympy.exp(x) - 1, "log1p": lambda x: sympy.log(1 + x),
            "log2": lambda x: sympy.log(x, 2), "log10": lambda x: sympy.log(x, 10), "hypot": lambda x, y: sympy.sqrt(x**2 + y**2),
            "cbrt": lambda x: sympy.sign(x) * sympy.Abs(x) ** sympy.Rational(1, 3), "copysign": lambda x, y: sympy.Abs(x) * sympy.sign(y),
            "fmod": lambda x, y: x - y * sympy.sign(x / y) * sympy.floor(sympy.Abs(x / y)),
        }  # fmt: skip

    def read(self, node: Any) -> Any:
        if isinstance(node, ast.Constant):
            return _number(self.sympy, float(node.value))  # type: ignore[arg-type]
        if isinstance(node, ast.Name):
            return self.operands[node.id] if node.id in self.operands else self.names[node.id]
        if isinstance(node, ast.UnaryOp):
            return -self.read(node.operand)
        if isinstance(node, ast.Call):
            name = node.func.id  # type: ignore[attr-defined]
            return (self.functions.get(name) or getattr(self.sympy, name))(*map(self.read, node.args))
        if isinstance(node, ast.IfExp):
            otherwise = self.read(node.orelse)
            return self.sympy.Piecewise((self.read(node.body), self.read(node.test)), (otherwise, True))
        if isinstance(node, ast.BoolOp):
            return (self.sympy.Or if isinstance(node.op, ast.Or) else self.sympy.And)(*map(self.read, node.values))
        left, right = (node.left, node.comparators[0]) if isinstance(node, ast.Compare) else (node.left, node.right)
        operator = node.ops[0] if isinstance(node, ast.Compare) else node.op
        return self.between(operator, self.read(left), self.read(right))

    def between(self, operator: ast.AST, x: Any, y: Any) -> Any:
        """Two operands and what stands between them."""
        sympy = self.sympy
        results: dict[type, Callable[[], Any]] = {
            ast.Add: lambda: x + y, ast.Sub: lambda: x - y, ast.Mult: lambda: x * y, ast.Div: lambda: x / y,
            ast.Lt: lambda: sympy.Lt(x, y), ast.LtE: lambda: sympy.Le(x, y), ast.Gt: lambda: sympy.Gt(x, y),
            ast.GtE: lambda: sympy.Ge(x, y), ast.Eq: lambda: sympy.Eq(x, y), ast.NotEq: lambda: sympy.Ne(x, y),
        }  # fmt: skip
        return results[type(operator)]()


class _Back:
    """Reads a SymPy expression as a formula; a ``LookupError`` for what the table has no row for."""

    def __init__(self, sympy: Any, apply: Callable[..., Any], make_symbol: Callable[[str], Any], rows: dict[str, Primitive]) -> None:
        self.sympy, self.apply, self.make_symbol, self.rows = sympy, apply, make_symbol, rows

    def formula(self, x: Any) -> Any:
        """The formula; a number stays a float."""
        if x.is_Symbol:
            return self.make_symbol(x.name)
        if x.is_number and x.is_real:
            return float(x)
        if x.is_Add:
            return self.folded("+", [self.formula(term) for term in x.as_ordered_terms()])
        if x.is_Mul:
            above, below = x.as_numer_denom()
            if below != 1:
                return self.apply(TABLE["/"], self.formula(above), self.formula(below))
            return self.folded("*", [self.formula(factor) for factor in x.as_ordered_factors()])
        if x.is_Pow and x.exp.is_number and x.exp.is_real:
            base = self.formula(x.base)
            return self.apply(TABLE["sqrt"], base) if x.exp == self.sympy.S.Half else self.apply(find("**", (float(x.exp),)), base)
        name = x.func.__name__
        row = self.rows.get(name) or next((row for row in TABLE.values() if row.mathematics == f"{name}(x)"), None)
        row = TABLE["pow"] if x.is_Pow and x.base != self.sympy.E else TABLE["exp"] if x.is_Pow else row
        if row is None:
            raise LookupError(f"no row of the table is SymPy's {name}")
        inputs = [x.exp] if row.name == "exp" and x.is_Pow else x.args
        return self.apply(row, *map(self.formula, inputs))

    def folded(self, name: str, parts: list[Any]) -> Any:
        total = parts[0]
        for part in parts[1:]:
            total = self.apply(TABLE[name], total, part)
        return total
