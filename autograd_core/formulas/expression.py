"""Formulas: the table read over expression trees.

Applying a primitive to an ``Expression`` evaluates nothing: it builds the formula. So a row's derivative,
applied to symbols, *is* the symbolic derivative, and can be printed.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from ..number import CUT, TABLE, Number, real
from ..primitive import ATOM, OPERANDS, PRODUCT, SIGN, SUM, DerivativeCountError, Primitive
from ..watching import reading_data
from . import algebra
from .simplification import simplify
from .spelling import PYTHON, Dialect, spelling
from .typesetting import Written, name_text, number_latex, number_text, on_paper, operand_names, operation_latex, symbol_latex

LONGEST_FORMULA = 100_000  # operations of a formula that is written out

class Expression(Number):
    """A formula: a primitive applied to formulas. Arithmetic on formulas gives formulas.

    Only what leaves every finite value exactly as it is gets simplified: adding 0, multiplying by 0, 1 or
    -1, dividing by 1, adding or subtracting a negation, operations between literals, factors of twice something.

    >>> x = Symbol("x")
    >>> print(0.0 + 1.0 * x ** 2 - -(0.5 * (4.0 * x)))
    x ** 2 + 2 * x

    Printed, it reads as on paper; :func:`to_text` prints it as Python or C, and ``latex()`` as LaTeX, which
    Jupyter shows.
    """

    __slots__ = ("inputs", "primitive")
    rank = 30
    __hash__ = object.__hash__

    def __init__(self, primitive: Primitive, inputs: tuple[Expression, ...]) -> None:
        self.primitive = primitive
        self.inputs = inputs

    @classmethod
    def apply(cls, primitive: Primitive, *inputs: Any) -> Expression:
        return without_idle(primitive, tuple(x if isinstance(x, Expression) else Literal(real(x)) for x in inputs))

    def __eq__(self, other: object) -> bool:  # identity; a formula and a number cannot be compared yet
        return self.scalar() == other if isinstance(other, int | float) else self is other

    def scalar(self) -> float:
        shown = str(self) if self.operation_count() <= 100 else f"of {self.operation_count()} operations"
        raise TypeError(f"the formula {shown} has no value yet, so it cannot be compared")

    def evaluate(self, values: Mapping[str, float]) -> float:
        """The number that the formula gives for these values of its symbols; a ``KeyError`` for one that is missing.

        >>> (Symbol("x") ** 2 + 1.0).evaluate({"x": 3.0})
        10.0
        """
        known: dict[Expression, float] = {}
        for part in parts(self):
            if isinstance(part, Symbol):
                known[part] = values[part.name]
            else:
                known[part] = part.value if isinstance(part, Literal) else part.primitive(*(known[x] for x in part.inputs))
        return known[self]

    def operation_count(self) -> int:
        """How many operations the formula has when it is written out, every part as often as it occurs.

        >>> x = Symbol("x")
        >>> y = x * x
        >>> (y * y).operation_count()
        3
        """
        counts: dict[Expression, int] = {}
        for part in parts(self):
            counts[part] = 0 if isinstance(part, Symbol | Literal) else 1 + sum(counts[x] for x in part.inputs)
        return counts[self]

    def simplified(self) -> Expression:
        """The same formula as a textbook prints it: numbers first, powers collected, one fraction, common factors in front.

        >>> x = Symbol("x")
        >>> print((x.exp() / x - x.exp() / (x * x)).simplified())
        (x - 1) * exp(x) / x ** 2

        It has the same value up to rounding wherever this one has a value. A very long formula stays as it is.
        """
        return simplify(parts(self))

    def simplify(self) -> Expression:
        """The formula as SymPy simplifies it, or without SymPy (the extra ``symbolic``) as ``simplified`` does.

        Of the two, the shorter one.

        >>> x = Symbol("x")
        >>> print((x.sin() ** 2 * x + x.cos() ** 2 * x).simplify())
        x
        """
        ours = self.simplified()
        try:
            found = Literal(0.0) + algebra.simplified_by_sympy(parts(self), Symbol)
        except (ImportError, LookupError):  # no SymPy, or a result that the table has no rows for
            return ours
        theirs: Expression = found.simplified()
        return theirs if theirs.operation_count() < ours.operation_count() else ours

    def to_sympy(self) -> Any:
        """The formula as a SymPy expression, its symbols real; an ``ImportError`` that says what to install without SymPy.

        >>> Symbol("x").sigmoid().to_sympy()
        1/(1 + exp(-x))
        """
        return algebra.to_sympy(parts(self))

    def latex(self) -> str:
        """The formula in LaTeX.

        >>> print((Symbol("x") / Symbol("w1")).latex())
        \\frac{x}{w_{1}}
        """
        return _written_out(self, _latex_piece)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"

    def __str__(self) -> str:
        return _written_out(self, _paper_piece)

    def __repr__(self) -> str:
        return str(self)


class Symbol(Expression):
    """A named unknown."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


class Figure(Symbol):
    """An unknown that is written as a number: the same formula with figures put in."""

    __slots__ = ("latex_text",)

    def __init__(self, x: float, digits: int | None = None) -> None:
        super().__init__(number_text(x, digits))
        self.latex_text = number_latex(x, digits)


class Literal(Expression):
    """A number in a formula."""

    __slots__ = ("value",)

    def __init__(self, value: float) -> None:
        self.value = value


def without_idle(primitive: Primitive, inputs: tuple[Expression, ...]) -> Expression:
    """``primitive`` applied to ``inputs``, without what changes nothing."""
    values = [x.value if isinstance(x, Literal) else None for x in inputs]
    name = primitive.name
    if primitive.weighted_sum and len(inputs) <= 33 and None not in [*values[: len(inputs) // 2], values[-1]]:
        return _written_sum(inputs)
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
                return Literal(CUT if a is CUT or b is CUT else 0.0)
            if 1.0 in (a, b):
                return y if a == 1.0 else x
            if -1.0 in (a, b):
                return -y if a == -1.0 else -x
            return _scaled(y, a) or _scaled(x, b) or Expression(primitive, inputs)
        if name in ("+", "-") and _is_negation(y):
            return TABLE["-" if name == "+" else "+"](x, y.inputs[0])
        if name == "/" and (a == 0.0 or b == 1.0):
            return x
    return Expression(primitive, inputs)


def _written_sum(inputs: tuple[Expression, ...]) -> Expression:
    """A weighted sum with numbers for weights and bias as a person writes it: ``x1 - x2 - 0.5``. Signs and factors of 1 round nothing.

    >>> print(Expression.apply(TABLE["dot"], 1.0, -2.0, Symbol("x"), Symbol("y"), -0.5))
    x - 2 * y - 0.5
    """
    n, total = len(inputs) // 2, inputs[0] * inputs[len(inputs) // 2]
    for weight, x in [*zip(inputs[1:n], inputs[n + 1 :]), (inputs[-1], Literal(1.0))]:
        negative = isinstance(weight, Literal) and weight.value < 0.0
        total = total - (-weight) * x if negative else total + weight * x
    return total


def _scaled(product: Expression, factor: float | None) -> Expression | None:
    """``factor * product`` with one constant, if ``product`` is 2, 4, 8, ... times something: that rounds nothing."""
    if factor is None or isinstance(product, Symbol | Literal) or product.primitive.name != "*":
        return None
    constant, rest = product.inputs if isinstance(product.inputs[0], Literal) else product.inputs[::-1]
    scale: float = constant.value if isinstance(constant, Literal) else 0.0
    return factor * scale * rest if abs(scale) >= 1.0 and abs(math.frexp(scale)[0]) == 0.5 and math.isfinite(factor * scale) else None


def _is_negation(x: Expression) -> bool:
    return not isinstance(x, Symbol | Literal) and x.primitive.name == "neg"


def derivative_formulas(primitive: Primitive) -> list[Expression]:
    """The row's local derivatives as formulas in ``out`` and its operands ``x``, ``y``, ``z``.

    >>> print(*derivative_formulas(TABLE["/"]), sep="; ")
    1 / y; -out / y
    """
    symbols = [Symbol(name) for name in OPERANDS[: primitive.arity]]
    try:
        with reading_data():  # a test of truth would be decided here, for all numbers
            derivatives = primitive.local_derivatives(Symbol("out"), *symbols)
    except DerivativeCountError:
        raise
    except TypeError as error:
        raise TypeError(
            f"the derivatives of {primitive.name!r} cannot be read as a formula ({error}): write them with arithmetic "
            "and the functions of autograd_core (exp, select, step), without if, and not with those of math or numpy"
        ) from error
    return [d if isinstance(d, Expression) else Literal(real(d)) for d in derivatives]


def parts(expression: Expression) -> list[Expression]:
    """Every part of a formula once, each after its own parts."""
    order: list[Expression] = []
    seen: set[Expression] = set()
    stack: list[tuple[Expression, bool]] = [(expression, False)]
    while stack:
        part, ready = stack.pop()
        if ready:
            order.append(part)
        elif part not in seen:
            seen.add(part)
            stack.append((part, True))
            stack += [(x, False) for x in reversed(getattr(part, "inputs", ()))]
    return order


def with_figures(expression: Expression, values: Mapping[str, float], digits: int) -> Expression:
    """The formula with each symbol written as its value.

    >>> print(with_figures(2.0 * Symbol("x"), {"x": 1 / 3}, 4))
    2 * 0.3333
    """
    found: dict[Expression, Expression] = {}
    for part in parts(expression):
        if isinstance(part, Symbol):
            found[part] = Figure(values[part.name], digits)
        else:
            found[part] = part if isinstance(part, Literal) else Expression(part.primitive, tuple(found[x] for x in part.inputs))
    return found[expression]


def to_text(expression: Expression, dialect: Dialect = PYTHON) -> str:
    """The formula as an expression in Python, NumPy or C.

    >>> to_text(Symbol("x") ** 2 + 1.0)
    'x * x + 1.0'
    """

    def piece(part: Expression, operands: list[Written]) -> Written:
        if isinstance(part, Symbol | Literal):
            return (part.name, ATOM) if isinstance(part, Symbol) else number_in(part.value, dialect)
        row = part.primitive
        if not isinstance(row.python, str):
            return f"{row.name}({', '.join(text for text, _ in operands)})", ATOM
        pattern = spelling(row.python, dialect)
        return pattern.fill(dict(zip(OPERANDS, operands))), pattern.precedence

    return _written_out(expression, piece)


def number_in(x: float, dialect: Dialect) -> Written:
    """A number in a language."""
    if x is CUT:
        return dialect.cut, ATOM
    if math.isfinite(x):
        return repr(x), SIGN if math.copysign(1.0, x) < 0.0 else ATOM
    sign = "-" if x < 0.0 else ""
    return sign + dialect.function("nan" if math.isnan(x) else "inf"), SIGN if sign else ATOM


def _written_out(expression: Expression, piece: Callable[[Expression, list[Written]], Written]) -> str:
    """The text of the whole from the texts of its parts; a ``ValueError`` where it would be too long to read or run."""
    count = expression.operation_count()
    if count > LONGEST_FORMULA:
        raise ValueError(f"written out, the formula has {count} operations; up to {LONGEST_FORMULA} are printed")
    order = parts(expression)
    uses = Counter(x for part in order for x in getattr(part, "inputs", ()))
    written: dict[Expression, Written] = {}
    for part in order:
        inputs = getattr(part, "inputs", ())
        written[part] = piece(part, [written[x] for x in inputs])
        for x in inputs:  # a text that is not needed again goes, or a long formula would take memory for all of them
            uses[x] -= 1
            if not uses[x]:
                del written[x]
    return written[expression][0]


def _paper_piece(part: Expression, operands: list[Written]) -> Written:
    if isinstance(part, Symbol | Literal):
        return name_text(part.name if isinstance(part, Symbol) else number_text(part.value, None))
    first, precedence = operands[0]
    if part.primitive.name == "neg" and precedence == PRODUCT and first[0] != "-" and {"%", "//"}.isdisjoint(first.split()):
        return f"-{first}", PRODUCT  # the sign of the first factor, which gives the very same number
    pattern = on_paper(part.primitive, len(operands))
    text = pattern.fill(dict(zip(operand_names(part.primitive, len(operands)), operands)))
    return text.removesuffix(" + 0") if part.primitive.weighted_sum else text, pattern.precedence


def _latex_piece(part: Expression, operands: list[Written]) -> Written:
    if isinstance(part, Figure):
        return part.latex_text, 0.5 if part.name.startswith("-") else PRODUCT if "e" in part.name else ATOM
    if isinstance(part, Symbol):
        return symbol_latex(part.name), ATOM
    if isinstance(part, Literal):
        return number_latex(part.value), SUM if part.value < 0.0 else PRODUCT if "e" in repr(part.value) else ATOM
    if part.primitive.name in ("*", "chain"):
        x, y = part.inputs
        if isinstance(y, Literal) and not isinstance(x, Literal | Figure):
            x, y, operands = y, x, operands[::-1]  # a number stands in front,
        if isinstance(x, Literal) and x.value < 0.0:
            operands = [(operands[0][0], PRODUCT), operands[1]]  # and needs no brackets there
    return operation_latex(part.primitive, operands)
