"""A row's Python expression, turned into the pieces from which any dialect prints it.

The rows of the table are spelled once, in Python: ``x if x > 0.0 else 0.01 * x``. This module reads such a
spelling with :mod:`ast` and gives, for a dialect, the text between the operands and how tightly the
operand in each gap must bind, so that a printer puts brackets where they are needed and nowhere else.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from ..primitive import ATOM, CONDITIONAL, PRODUCT, SIGN, SUM

Gap = tuple[str, float]  # an operand's name, and the precedence below which it needs brackets
COMPARISON = CONDITIONAL + 0.5

_BINARY = {ast.Add: ("+", SUM), ast.Sub: ("-", SUM), ast.Mult: ("*", PRODUCT), ast.Div: ("/", PRODUCT)}
_COMPARE = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.Is: "is"}  # "!=" is the dialect's
NUMBERS = ("inf", "nan", "pi", "e", "tau", "cut")  # every other name that is not called is an operand


class Dialect(NamedTuple):
    """What differs between languages that share the notation of arithmetic."""

    name: str
    function: Callable[[str], str]
    """The name of a :mod:`math` function in this language; a ``LookupError`` if it has none."""
    conditional: tuple[str, str, str, str]
    """The text before the first and between the parts test, then, otherwise of a conditional, and after it."""
    logic: tuple[str, str]
    """How "and" and "or" are written."""
    test_first: bool = True
    """Whether the test of a conditional comes before the two results."""
    is_call: bool = False
    """Whether a conditional is a function call, which needs no brackets, and a test is a mask, which does."""
    wrap: tuple[str, str] = ("", "")
    """What stands around the operands of calls, comparisons and conditionals."""
    identifier: Callable[[str], str] = str
    """The name under which a program holds a node: the one given, changed if the language or the program uses it itself."""
    cut: str = "0.0"
    """The zero that cuts a path. Where it is no ordinary zero, it has a name."""
    unequal: str = "!="
    """How "is not equal to" is written."""
    number: str = ""
    """What stands before the operands of "==" and "!=" to make numbers of them, where the zero that cuts a path equals no number."""
    quotient: str = ""
    """The function that divides, where the language has no operator that fails as Python's does."""


# math.hypot has an algorithm of its own; the absolute value of a complex number is hypot as in C. Of nan, CPython's takes an errno
# that another function left behind for an overflow of its own; abs(0j), once the operands are computed, clears it.
_PYTHON_NAMES = {"hypot": "abs(complex(...) + abs(0j))"}

# The notation of the table itself: Python, with the names of the math module. Those of other languages stand in programs/.
TABLE_NOTATION = Dialect("table", lambda name: name, ("", " if ", " else ", ""), (" and ", " or "), test_first=False, cut="cut")
PYTHON = Dialect("python", lambda name: _PYTHON_NAMES.get(name, name), ("", " if ", " else ", ""), (" and ", " or "), test_first=False)
EAGER = PYTHON._replace(name="eager", cut="cut")  # of the printed operators of Value


class Spelling(NamedTuple):
    """Text and gaps in turn, and how tightly the whole binds."""

    pieces: tuple[str | Gap, ...]
    precedence: float

    def gaps(self) -> list[str]:
        """The operands, as often as they occur."""
        return [piece[0] for piece in self.pieces if not isinstance(piece, str)]

    def fill(self, operands: dict[str, tuple[str, float]]) -> str:
        """The text with each gap filled; an operand is its text and how tightly it binds."""
        parts = []
        for piece in self.pieces:
            if isinstance(piece, str):
                parts.append(piece)
            else:
                text, precedence = operands[piece[0]]
                parts.append(text if precedence >= piece[1] else f"({text})")
        return "".join(parts)


@lru_cache(maxsize=8192)
def spelling(python: str, dialect: Dialect = PYTHON) -> Spelling:
    """The pieces of a Python expression in ``dialect``.

    >>> spelling("x + y").fill({"x": ("a * b", 2), "y": ("c + d", 1)})
    'a * b + (c + d)'
    >>> spelling("x if x > 0.0 else -1.0").fill({"x": ("a", 5)})
    'a if a > 0.0 else -1.0'
    """
    printer = _Printer(dialect)
    tree = ast.parse(python, mode="eval").body
    printer.visit(tree)
    return Spelling(tuple(printer.pieces), precedence(tree, dialect))


class _Printer:
    """Walks a Python expression and collects its pieces in a dialect."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.pieces: list[str | Gap] = []

    def text(self, part: str) -> None:
        if self.pieces and isinstance(self.pieces[-1], str):
            self.pieces[-1] += part
        else:
            self.pieces.append(part)

    def inside(self, node: ast.expr, least: float) -> None:
        """Print ``node`` where anything that binds less tightly than ``least`` needs brackets."""
        if isinstance(node, ast.Name) and node.id not in NUMBERS:
            self.pieces.append((node.id, least))
        elif precedence(node, self.dialect) < least:
            self.text("(")
            self.visit(node)
            self.text(")")
        else:
            self.visit(node)

    def wrapped(self, node: ast.expr, least: float) -> None:
        """Print ``node`` between what the dialect puts around operands."""
        before, after = self.dialect.wrap
        self.text(before)
        self.inside(node, CONDITIONAL if before else least)
        self.text(after)

    def visit(self, node: ast.expr) -> None:
        """Print ``node`` by the method of its kind."""
        kind = getattr(self, f"_{type(node).__name__.lower()}", None)
        if kind is None:
            raise ValueError(f"a primitive's value is arithmetic, calls and conditionals, not {ast.unparse(node)!r}")
        kind(node)

    def _constant(self, node: ast.Constant) -> None:
        self.text(repr(float(node.value)))  # type: ignore[arg-type]

    def _name(self, node: ast.Name) -> None:
        if node.id == "cut":
            self.text(self.dialect.cut)
        elif node.id in ("pi", "e", "tau"):
            self.text(repr(getattr(math, node.id)))
        elif node.id in NUMBERS:
            self.text(self.dialect.function(node.id))
        else:
            self.inside(node, CONDITIONAL)

    def _binop(self, node: ast.BinOp) -> None:
        if self.dialect.quotient and isinstance(node.op, ast.Div):
            return self._call(ast.Call(ast.Name(self.dialect.quotient), [node.left, node.right], []))
        symbol, level = _BINARY[type(node.op)]
        self.inside(node.left, level)
        self.text(f" {symbol} ")
        self.inside(node.right, level + 0.5)  # from the left: brackets on the right stay, or rounding would change

    def _unaryop(self, node: ast.UnaryOp) -> None:
        if not isinstance(node.op, ast.USub):
            raise ValueError(f"of the signs a primitive's value has a minus alone, not {ast.unparse(node)!r}")
        self.text("-")
        self.inside(node.operand, SIGN + 0.5)  # in C, two minus signs in a row are another operator

    def _call(self, node: ast.Call) -> None:
        name = self.dialect.function(node.func.id)  # type: ignore[attr-defined]
        opening, _, closing = name.partition("...") if "..." in name else (f"{name}(", "", ")")
        self.text(opening)
        for i, argument in enumerate(node.args):
            self.text(", " if i else "")
            self.wrapped(argument, CONDITIONAL)
        self.text(closing)

    def _compare(self, node: ast.Compare) -> None:
        if len(node.ops) > 1:
            raise ValueError(f"in a primitive's value two comparisons are joined by and, not as in {ast.unparse(node)!r}")
        kind = type(node.ops[0])
        is_cut = kind is ast.Is and self.dialect.cut != "cut"
        number = self.dialect.number if kind in (ast.Eq, ast.NotEq) else ""
        self.text("" if isinstance(node.left, ast.Constant) else number)
        self.wrapped(node.left, SUM)
        self.text(f" {'==' if is_cut else self.dialect.unequal if kind is ast.NotEq else _COMPARE[kind]} ")
        self.text("" if isinstance(node.comparators[0], ast.Constant) else number)
        self.wrapped(node.comparators[0], SUM)

    def _boolop(self, node: ast.BoolOp) -> None:
        for i, value in enumerate(node.values):
            self.text(self.dialect.logic[isinstance(node.op, ast.Or)] if i else "")
            self.inside(value, ATOM if self.dialect.is_call else COMPARISON)

    def _ifexp(self, node: ast.IfExp) -> None:
        parts = [node.test, node.body] if self.dialect.test_first else [node.body, node.test]
        for between, part in zip(self.dialect.conditional, [*parts, node.orelse]):
            self.text(between)
            least = CONDITIONAL if part is node.orelse or self.dialect.is_call else COMPARISON
            self.inside(part, least) if part is node.test else self.wrapped(part, least)
        self.text(self.dialect.conditional[3])


def precedence(node: ast.expr, dialect: Dialect = PYTHON) -> float:
    """How tightly an expression binds."""
    if isinstance(node, ast.BinOp):
        if type(node.op) not in _BINARY:
            raise ValueError(f"write pow(x, n) instead of {ast.unparse(node)!r}: C has no ** operator")
        if dialect.quotient and isinstance(node.op, ast.Div):
            return ATOM
        return _BINARY[type(node.op)][1]
    if isinstance(node, ast.UnaryOp) or (isinstance(node, ast.Constant) and node.value < 0):  # type: ignore[operator]
        return SIGN
    if isinstance(node, ast.IfExp):
        return ATOM if dialect.is_call else CONDITIONAL
    if isinstance(node, ast.BoolOp):
        return CONDITIONAL
    return COMPARISON if isinstance(node, ast.Compare) else ATOM
