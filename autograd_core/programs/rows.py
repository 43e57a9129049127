"""The rows of the table in a dialect: the text of the value and of each backward term, ready to be filled in."""

from __future__ import annotations

import ast
from collections import Counter
from functools import lru_cache
from typing import NamedTuple

from ..formulas.expression import derivative_formulas, to_text
from ..formulas.spelling import NUMBERS, TABLE_NOTATION, Dialect, Spelling, spelling
from ..number import CUT
from ..primitive import CONDITIONAL, OPERANDS, PRODUCT, SIGN, Primitive
from ..sequences import Statements


class Edge(NamedTuple):
    """The backward step from a node to one of its operands.

    ``literal`` is the local derivative where it is a number, ``derivative`` its text, and ``contribution``
    the text of ``g`` times it, where ``g`` stands for the upstream gradient. ``needs`` are the values in it. ``text`` is
    the local derivative in the notation of the table, ``leaves`` are the values that it may be as they are, and
    ``singular`` says that it may be infinite where all values are finite.
    """

    literal: float | None
    derivative: Spelling
    contribution: Spelling
    needs: frozenset[str]
    upstream_uses: int
    text: str
    leaves: frozenset[str]
    singular: bool

    @property
    def flat(self) -> bool:
        """Whether nothing ever flows through it."""
        return self.literal is CUT


class RowText(NamedTuple):
    """A row in one dialect: intermediate statements, the value, an edge for each operand, and whether one of these may be infinite."""

    operands: tuple[str, ...]
    before: tuple[tuple[str, Spelling], ...]
    value: Spelling
    uses: Counter[str]
    edges: tuple[Edge, ...]
    singular: bool


@lru_cache(maxsize=4096)
def row_text(primitive: Primitive, count: int, dialect: Dialect) -> RowText:
    """The row on ``count`` operands in ``dialect``.

    >>> from autograd_core import TABLE
    >>> from autograd_core.formulas.spelling import PYTHON
    >>> edge = row_text(TABLE["relu"], 1, PYTHON).edges[0]
    >>> edge.contribution.fill({"x": ("z", 5), "g": ("d_y", 5)})
    '0.0 if z < 0.0 else d_y * (0.0 if z == 0.0 else 1.0)'

    A ``ValueError`` names a function of :mod:`math` that the language does not have.
    """
    if isinstance(primitive.python, str):
        texts = Statements([], primitive.python, [to_text(formula, TABLE_NOTATION) for formula in derivative_formulas(primitive)])
        operands = OPERANDS[:count]
    else:
        texts = primitive.python(count)
        operands = tuple(f"x{i}" for i in range(count))
    try:
        before = tuple((name, spelling(text, dialect)) for name, text in texts.before)
        value = spelling(texts.value, dialect)
        edges = tuple(_edge(text, dialect) for text in texts.derivatives)
    except LookupError as error:
        (missing,) = error.args
        raise ValueError(f"{primitive.name} cannot be written in the {dialect.name} dialect, which has no {missing}") from None
    uses = Counter(gap for pattern in (value, *(pattern for _, pattern in before)) for gap in pattern.gaps())
    singular = any(edge.singular for edge in edges) or _may_be_infinite(ast.parse(texts.value, mode="eval"))
    return RowText(operands, before, value, uses, edges, singular)


def _edge(derivative: str, dialect: Dialect) -> Edge:
    if derivative.isidentifier() and derivative not in NUMBERS:  # as in dot, which may have a great many operands
        product = Spelling((("g", PRODUCT), " * ", (derivative, SIGN)), PRODUCT)
        own = frozenset([derivative])
        return Edge(None, Spelling(((derivative, CONDITIONAL),), PRODUCT), product, own, 1, derivative, own, False)
    tree = ast.parse(derivative, mode="eval").body
    literal = CUT if _is_cut(tree) else _number(tree)
    pattern = spelling(derivative, dialect)
    contribution = spelling(ast.unparse(_times_upstream(tree)), dialect)
    gaps = Counter(contribution.gaps())
    leaves = frozenset(leaf.id for leaf in _leaves(tree) if isinstance(leaf, ast.Name))
    return Edge(literal, pattern, contribution, frozenset(gaps) - {"g"}, gaps["g"], derivative, leaves, _may_be_infinite(tree))


def _leaves(tree: ast.expr) -> list[ast.expr]:
    """What a conditional chooses from."""
    return [*_leaves(tree.body), *_leaves(tree.orelse)] if isinstance(tree, ast.IfExp) else [tree]


def _may_be_infinite(tree: ast.AST) -> bool:
    """Whether it divides by what may be 0, or names infinity."""
    return any(
        (isinstance(part, ast.BinOp) and isinstance(part.op, ast.Div) and _least(part.right) != 1)
        or (isinstance(part, ast.Name) and part.id in ("inf", "nan"))
        for part in ast.walk(tree)
    )


def _least(tree: ast.expr) -> int:
    """1 for what is always positive, 0 for what is never negative, -1 for what may be anything, as far as its form tells."""
    if isinstance(tree, ast.Constant):
        return int(tree.value > 0)  # type: ignore[operator]  # a minus sign in front is an operation of its own
    if isinstance(tree, ast.Call):
        return 0 if tree.func.id in ("exp", "fabs", "cosh", "hypot") else -1  # type: ignore[attr-defined]
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Add):
        parts = _least(tree.left), _least(tree.right)
        return -1 if -1 in parts else max(parts)
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Mult):
        square = isinstance(tree.left, ast.Name) and ast.dump(tree.left) == ast.dump(tree.right)
        return 0 if square else min(_least(tree.left), _least(tree.right))
    return -1


def _times_upstream(tree: ast.expr) -> ast.expr:
    """``g * tree``; the upstream gradient goes into the branches of a conditional, where it may meet a 0 or a 1.

    Beside a branch that is cut it is written once, so that it need not be computed where it is not used.
    """
    if isinstance(tree, ast.IfExp):
        if _is_cut(tree.body) and isinstance(tree.orelse, ast.IfExp) and not any(map(_is_cut, _leaves(tree.orelse))):
            return ast.IfExp(tree.test, tree.body, ast.BinOp(ast.Name("g"), ast.Mult(), tree.orelse))
        return ast.IfExp(tree.test, _times_upstream(tree.body), _times_upstream(tree.orelse))
    upstream = ast.Name("g")
    if _is_cut(tree):
        return tree
    number = _number(tree)
    if number in (1.0, -1.0):
        return upstream if number == 1.0 else ast.UnaryOp(ast.USub(), upstream)
    return ast.BinOp(upstream, ast.Mult(), tree)


def _is_cut(tree: ast.expr) -> bool:
    return isinstance(tree, ast.Name) and tree.id == "cut"


def _number(tree: ast.expr) -> float | None:
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.operand, ast.Constant):
        return -float(tree.operand.value)  # type: ignore[arg-type]
    return float(tree.value) if isinstance(tree, ast.Constant) else None  # type: ignore[arg-type]
