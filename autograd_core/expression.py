"""Formulas: the table read over expression trees.

Applying a primitive to an ``Expression`` evaluates nothing: it builds the formula. So a row's derivative,
applied to symbols, *is* the symbolic derivative, and can be printed.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .arithmetic import ATOM, OPERANDS, POWER, PRODUCT, SIGN, SUM, TABLE, Number, Primitive, real
from .spelling import PYTHON, Dialect, Spelling, spelling


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
    rank = 3

    def __init__(self, primitive: Primitive, inputs: tuple[Expression, ...]) -> None:
        self.primitive = primitive
        self.inputs = inputs

    @classmethod
    def apply(cls, primitive: Primitive, *inputs: Any) -> Expression:
        return simplified(primitive, tuple(x if isinstance(x, Expression) else Literal(real(x)) for x in inputs))

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
            return _scaled(y, a) or _scaled(x, b) or Expression(primitive, inputs)
        if name in ("+", "-") and _is_negation(y):
            return TABLE["-" if name == "+" else "+"](x, y.inputs[0])
        if name == "/" and (a == 0.0 or b == 1.0):
            return x
    return Expression(primitive, inputs)


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
        derivatives = primitive.local_derivatives(Symbol("out"), *symbols)
    except TypeError as error:
        if "operands, but" in str(error):
            raise
        raise TypeError(
            f"the derivatives of {primitive.name!r} cannot be read as a formula ({error}): write them with arithmetic "
            "and the functions of autograd_core (exp, select, step), without if, and not with those of math or numpy"
        ) from error
    return [d if isinstance(d, Expression) else Literal(real(d)) for d in derivatives]


def parts(expression: Expression) -> list[Expression]:
    """Every part of a formula once, each after its own parts, the formula itself last."""
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


Written = tuple[str, float]  # a text, and how tightly it binds


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


# -- as a person writes it ---------------------------------------------------------------------------------------
LONGEST_FORMULA = 100_000

# How the rows that only derivatives use are read.
_READ_AS = {"divide": "x / y", "chain": "x * y", "gate": "step(x)", "raised": "pow(x, y)"}


def number_text(x: float, digits: int | None = 6) -> str:
    """``x`` to so many significant digits, or exactly if ``digits`` is ``None``; whole numbers without a point.

    >>> number_text(2.0), number_text(1 / 3), number_text(0.1 + 0.2, None)
    ('2', '0.333333', '0.30000000000000004')
    """
    return repr(x).removesuffix(".0") if digits is None else f"{x:.{digits}g}"


def operation_text(primitive: Primitive, operands: Sequence[str]) -> str:
    """The operation on named operands.

    >>> operation_text(TABLE["*"], ["a", "b"]), operation_text(TABLE["tanh"], ["a"])
    ('a * b', 'tanh(a)')
    """
    text = _on_paper(primitive, len(operands)).fill({n: _name(text) for n, text in zip(_operands(primitive, len(operands)), operands)})
    return text.removesuffix(" + 0") if primitive.name == "dot" else text  # a weighted sum without bias


def _paper_piece(part: Expression, operands: list[Written]) -> Written:
    if isinstance(part, Symbol | Literal):
        return _name(part.name if isinstance(part, Symbol) else number_text(part.value, None))
    pattern = _on_paper(part.primitive, len(operands))
    text = pattern.fill(dict(zip(_operands(part.primitive, len(operands)), operands)))
    return text.removesuffix(" + 0") if part.primitive.name == "dot" else text, pattern.precedence


def _on_paper(primitive: Primitive, count: int) -> Spelling:
    """The way the row is written with ``count`` operands: infix, or its name and brackets."""
    if primitive.name == "**":
        return Spelling((("x", POWER + 0.5), f" ** {number_text(primitive.constants[0], None)}"), POWER)
    if primitive.name in _READ_AS:
        return spelling(_READ_AS[primitive.name])
    if primitive.name == "dot":
        return _weighted_sum(count // 2)
    if not primitive.name.isidentifier() or primitive.name == "neg":
        return spelling(str(primitive.python))
    pieces: list[Any] = [f"{primitive.name}("]
    for name in _operands(primitive, count):
        pieces += [(name, 0), ", "]
    usual = primitive.name in TABLE and TABLE[primitive.name].constants == primitive.constants
    constants = "" if usual else ", ".join(number_text(c, None) for c in primitive.constants)
    return Spelling((*pieces[:-1], f", {constants})" if constants else ")"), ATOM)


def _weighted_sum(n: int) -> Spelling:
    """``w0 * x0 + w1 * x1 + ... + b``; a long one shows its first three and its last product."""
    pieces: list[Any] = []
    for i in range(n) if n <= 16 else (0, 1, 2, n - 1):
        pieces += ["... + " if n > 16 and i == n - 1 else "", (f"x{i}", PRODUCT), " * ", (f"x{n + i}", PRODUCT + 0.5), " + "]
    return Spelling((*pieces, (f"x{2 * n}", SUM + 0.5)), SUM)


def _name(text: str) -> Written:
    return text, 0.5 if text.startswith("-") else ATOM  # a negative number gets brackets but in a call


def _operands(primitive: Primitive, count: int) -> Sequence[str]:
    return OPERANDS[:count] if isinstance(primitive.python, str) else [f"x{i}" for i in range(count)]


# -- LaTeX -------------------------------------------------------------------------------------------------------
_GREEK = frozenset(
    re.split(
        " ",
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi omega "
        "Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega",
    )
)


def symbol_latex(name: str) -> str:
    r"""A name in LaTeX: Greek letters, and a trailing number or index as a subscript.

    >>> print(symbol_latex("w12"), symbol_latex("h[0]"), symbol_latex("w1[0,2]"), symbol_latex("theta"), symbol_latex("loss"))
    w_{12} h_{0} w_{1,0,2} \theta \mathrm{loss}
    """
    match = re.fullmatch(r"([^\W\d_]+)(?:_?(\d+)|_([^\W_]+))?((?:\[\d+(?:,\d+)*\])*)(?:#(\d+))?", name)
    if match is None:
        return rf"\mathrm{{{_escaped(name)}}}"
    base, number, letter, indices, again = match.groups()
    number = number or letter
    letters = rf"\{base}" if base in _GREEK else base if len(base) == 1 else rf"\mathrm{{{base}}}"
    subscript = ",".join([*([number] if number else []), *re.findall(r"\d+", indices)])
    primes = "'" * (int(again) - 1) if again else ""
    return f"{letters}_{{{subscript}}}{primes}" if subscript else f"{letters}{primes}"


def number_latex(x: float, digits: int | None = None) -> str:
    """A number in LaTeX, with powers of ten."""
    text = number_text(x, digits).replace("inf", r"\infty").replace("nan", r"\mathrm{nan}")
    mantissa, e, exponent = text.partition("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if e else text


def operation_latex(primitive: Primitive, operands: Sequence[Written]) -> Written:
    r"""The operation in LaTeX on operands in LaTeX, with brackets where they are needed.

    >>> print(operation_latex(TABLE["*"], [("a + b", 1.0), ("c", 5.0)])[0])
    \left(a + b\right) \cdot c
    """
    if primitive.name == "dot":
        n = len(operands) // 2
        shown = range(n) if n <= 16 else (0, 1, 2, n - 1)
        products = [operation_latex(TABLE["*"], [operands[i], operands[n + i]])[0] for i in shown]
        middle = [r"\dots"] if n > 16 else []
        terms = [*products[:3], *middle, *products[3:], *([operands[-1][0]] if operands[-1][0] != "0" else [])]
        rest = [rf"\left({term}\right)" if term.startswith("-") else term for term in terms[1:]]
        return " + ".join([terms[0], *rest]), SUM
    if not isinstance(primitive.python, str):
        inside = ", ".join(text for text, _ in operands)
        return rf"\operatorname{{{_escaped(primitive.name)}}}\left({inside}\right)", ATOM

    def operand(match: re.Match[str]) -> str:
        text, precedence = operands[int(match[2]) - 1]
        before, after = match.string[: match.start()], match.string[match.end() :]
        if before.endswith("{") and after.startswith("}^"):
            least: float = ATOM
        elif before.endswith(("{", "(", "|", ", ")) or after.startswith((" &", r" \end", r" \\")):
            least = 0.0
        else:
            least = primitive.precedence + (0.5 if before.endswith("- ") else 0.0)
        inside = least == 0.0 or not before.strip()  # or a sign would stand beside another operator
        return text if precedence >= least and (inside or not text.startswith("-")) else rf"\left({text}\right)"

    latex = primitive.latex
    if "#1" not in latex.replace("{#1}", "") and len(operands) > 1 and "#2" not in latex:
        latex = latex.replace("#1", ", ".join(f"#{i + 1}" for i in range(len(operands))))
    # A fraction is set apart by its bar: only a power needs brackets around it.
    return re.sub(r"(#)(\d)", operand, latex), POWER if latex.startswith(r"\frac") else primitive.precedence


def _latex_piece(part: Expression, operands: list[Written]) -> Written:
    if isinstance(part, Figure):
        return part.latex_text, 0.5 if part.name.startswith("-") else PRODUCT if "e" in part.name else ATOM
    if isinstance(part, Symbol):
        return symbol_latex(part.name), ATOM
    if isinstance(part, Literal):
        return number_latex(part.value), SUM if part.value < 0.0 else PRODUCT if "e" in repr(part.value) else ATOM
    return operation_latex(part.primitive, operands)


def _escaped(name: str) -> str:
    escaped = re.sub(r"([#$%&_{}])", r"\\\1", name.replace("\\", "\0"))
    escaped = re.sub(r"\s", r"\\ ", escaped).replace("^", r"\wedge{}").replace("~", r"\sim{}")
    return escaped.replace("\0", r"\backslash{}")
