"""Formulas: the table read over expression trees.

Applying a primitive to an ``Expression`` evaluates nothing: it builds the formula. So a row's derivative,
applied to symbols, *is* the symbolic derivative, and can be printed.
"""

from __future__ import annotations

from typing import Any

from .arithmetic import ATOM, OPERANDS, SIGN, TABLE, Number, Primitive, real
from .spelling import PYTHON, Dialect, spelling


class Expression(Number):
    """A formula: a primitive applied to formulas. Arithmetic on formulas gives formulas.

    Only what leaves every finite value exactly as it is gets simplified: adding 0, multiplying by 0, 1 or
    -1, dividing by 1, adding or subtracting a negation, and operations between literals.

    >>> x = Symbol("x")
    >>> print(0.0 + 1.0 * (x * x) - -(2.0 * x))
    x * x + 2.0 * x
    """

    __slots__ = ("inputs", "primitive")
    rank = 3

    def __init__(self, primitive: Primitive, inputs: tuple[Expression, ...]) -> None:
        self.primitive = primitive
        self.inputs = inputs

    @classmethod
    def apply(cls, primitive: Primitive, *inputs: Any) -> Expression:
        return simplified(primitive, tuple(x if isinstance(x, Expression) else Literal(real(x)) for x in inputs))

    def scalar(self) -> float:
        raise TypeError(f"the formula {self} has no value yet, so it cannot be compared")

    def __str__(self) -> str:
        return to_text(self)

    def __repr__(self) -> str:
        return f"<expression {self}>"


class Symbol(Expression):
    """A named unknown."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


class Literal(Expression):
    """A number in a formula."""

    __slots__ = ("value",)

    def __init__(self, value: float) -> None:
        self.value = value


def simplified(primitive: Primitive, inputs: tuple[Expression, ...]) -> Expression:
    """``primitive`` applied to ``inputs``, without what changes nothing."""
    values = [x.value if isinstance(x, Literal) else None for x in inputs]
    name = primitive.name
    if None not in values:
        try:
            return Literal(primitive.evaluate(*values))
        except (ValueError, ArithmeticError):  # stays in the formula, to fail where it is evaluated
            return Expression(primitive, inputs)
    if name == "neg":
        (x,) = inputs
        return x.inputs[0] if _is_negation(x) else Expression(primitive, inputs)
    if len(inputs) == 2:
        (x, y), (a, b) = inputs, values
        if name == "+" and 0.0 in (a, b):
            return y if a == 0.0 else x
        if name == "-" and 0.0 in (a, b):
            return x if b == 0.0 else -y
        if name in ("*", "chain"):
            if 0.0 in (a, b):
                return Literal(0.0)
            if 1.0 in (a, b):
                return y if a == 1.0 else x
            if -1.0 in (a, b):
                return -y if a == -1.0 else -x
        if name in ("+", "-") and _is_negation(y):
            return TABLE["-" if name == "+" else "+"](x, y.inputs[0])
        if name == "/" and (a == 0.0 or b == 1.0):
            return x
    return Expression(primitive, inputs)


def _is_negation(x: Expression) -> bool:
    return not isinstance(x, Symbol | Literal) and x.primitive.name == "neg"


def derivative_formulas(primitive: Primitive) -> list[Expression]:
    """The row's local derivatives as formulas in ``out`` and its operands ``x``, ``y``, ``z``.

    >>> print(*derivative_formulas(TABLE["/"]), sep="; ")
    1.0 / y; -out / y
    """
    symbols = [Symbol(name) for name in OPERANDS[: primitive.arity]]
    try:
        derivatives = primitive.local_derivatives(Symbol("out"), *symbols)
    except TypeError as error:
        if "operands, but" in str(error):
            raise
        raise TypeError(
            f"the derivatives of {primitive.name!r} cannot be read as a formula ({error}): write them with arithmetic "
            "and the functions of autograd_core (exp, select, step), without if, and not with those of math or numpy"
        ) from error
    return [d if isinstance(d, Expression) else Literal(real(d)) for d in derivatives]


def to_text(expression: Expression, dialect: Dialect = PYTHON) -> str:
    """The formula in a programming language."""
    return _printed(expression, dialect)[0]


def _printed(expression: Expression, dialect: Dialect) -> tuple[str, float]:
    if isinstance(expression, Symbol):
        return expression.name, ATOM
    if isinstance(expression, Literal):
        return repr(expression.value), ATOM if expression.value >= 0.0 else SIGN
    row = expression.primitive
    if not isinstance(row.python, str):
        inside = ", ".join(_printed(x, dialect)[0] for x in expression.inputs)
        return f"{row.name}({inside})", ATOM
    pattern = spelling(row.python, dialect)
    operands = {name: _printed(x, dialect) for name, x in zip(OPERANDS, expression.inputs)}
    return pattern.fill(operands), pattern.precedence
