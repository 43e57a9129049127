"""The graph of the quantities that have names: everything between them is folded into one formula.

A lecture names z, y and the loss, and draws these; the products and sums in between stand in formulas. Here such a formula is
a row like any other, made for one place of one graph. So everything that reads graphs reads a folded graph as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ..choices import require_one_of
from ..derivatives.dual import flow, joined
from ..formulas.expression import Expression, Literal, Symbol, parts, to_text
from ..formulas.spelling import TABLE_NOTATION, Spelling
from ..number import CUT
from ..primitive import PRODUCT, Primitive
from ..sequences import Statements
from ..value import Constant, Value, topological_order
from .names import is_given, shortened

LONGEST = 500  # operations in a formula that a picture or table shows; of a longer one only the number is told


class Folding:
    """The formulas between the ``kept`` nodes of a graph in topological ``order``."""

    def __init__(self, order: Sequence[Value], kept: Collection[Value]) -> None:
        self.kept = kept
        # One walk for all formulas: each looks only at the nodes that it writes out.
        self.place = {node: i for i, node in enumerate(order)}

    def formulas(self, node: Value, leaf: Callable[[Value], Expression]) -> dict[Value, Expression]:
        """The formulas of ``node``, and of the nodes behind it up to the next that are kept, which ``leaf`` writes."""
        found: dict[Value, Expression] = {}
        stack = [node]
        while stack:
            x = stack[-1]
            if x is not node and (x in self.kept or isinstance(x, Constant)):
                found[x] = Literal(x.data) if isinstance(x, Constant) else leaf(x)
                stack.pop()
                continue
            missing = [parent for parent in x.parents if parent not in found]
            if missing:
                stack += reversed(missing)
                continue
            stack.pop()
            found[x] = Expression.apply(x.primitive, *(found[parent] for parent in x.parents))  # type: ignore[arg-type]
        return found

    def derivatives(
        self, node: Value, leaf: Callable[[Value], Expression], reached: Collection[Value] | None = None
    ) -> dict[Value, Expression]:
        """The derivative of ``node`` by each kept node that it reads (of those that are ``reached``): a reverse pass over formulas."""
        formulas = self.formulas(node, leaf)
        gradient: dict[Value, Expression] = {node: Literal(1.0)}
        order = sorted(formulas, key=self.place.__getitem__)
        for x in reversed(order):
            if x not in gradient or x.primitive is None or (x is not node and x in self.kept):
                continue
            out = leaf(x) if x in self.kept else formulas[x]
            for parent, derivative in zip(x.parents, x.primitive.local_derivatives(out, *(formulas[p] for p in x.parents))):
                if reached is None or parent in reached:
                    term = gradient[x] * derivative
                    gradient[parent] = gradient[parent] + term if parent in gradient else term
        return {x: gradient[x] for x in order if x in gradient and x is not node and x in self.kept}

    def numbers(self, node: Value, formulas: Collection[Value]) -> dict[Value, float]:
        """The same in recorded numbers, over the nodes that :meth:`formulas` has found."""
        gradient = {node: 1.0}
        for x in sorted(formulas, key=self.place.__getitem__, reverse=True):
            if x in gradient and (x is node or x not in self.kept):
                for parent, local in zip(x.parents, x.local_derivatives):
                    gradient[parent] = joined(gradient.get(parent, CUT), flow(gradient[x], local))
        return gradient


class Fold(Primitive):
    """The operations between one node and the kept nodes that it reads, as a row.

    ``formula`` and ``derivatives`` are in ``x0``, ``x1``, ... and ``out``; ``value`` and ``locals`` are what was recorded, which
    stays true when a leaf is changed later. ``text`` is the formula in the names of its place.
    """

    def __init__(self, formula: Expression, derivatives: Sequence[Expression], value: float, numbers: Sequence[float], text: str) -> None:
        self.formulas, self.numbers = (formula, *derivatives), numbers
        super().__init__(
            text, self._statements, self._derivatives, arity=None, evaluate=lambda *operands: value, symbol=f"= {shortened(text)}"
        )
        self.reads: Any = _spelled(formula, len(numbers))

    def _derivatives(self, out: Any, *operands: Any) -> list[Any]:
        """The recorded numbers for numbers; for formulas, the derivatives as formulas, unless they are too long to read."""
        if not isinstance(out, Expression) or any(formula.operation_count() > LONGEST for formula in self.formulas):
            return list(self.numbers)
        symbols: Any = {"out": out, **{f"x{i}": x for i, x in enumerate(operands)}}
        return [formula.evaluate(symbols) for formula in self.formulas[1:]]

    def _statements(self, count: int) -> Statements:
        """The formulas as statements of programs; parts on any number of operands are statements before them."""
        before: list[tuple[str, str]] = []
        plain: dict[Expression, Expression] = {}
        for formula in self.formulas:
            for part in parts(formula):
                if part not in plain:
                    plain[part] = _without_statements(part, plain, before)
        value, *derivatives = (to_text(plain[formula], TABLE_NOTATION) for formula in self.formulas)
        return Statements(before, value, derivatives)


class Folded(NamedTuple):
    """A graph of folds: its output, the name of each node, and, for each node that stands for one, the node of the whole graph."""

    output: Value
    called: dict[Value, str]
    original: dict[Value, Value]


def folded(output: Value, called: Mapping[Value, str]) -> Folded:
    """The graph of the leaves, the nodes with given names, and the output, as new nodes; leaves are the same.

    >>> w, x, b = Value(3.0, "w"), Value(2.0, "x"), Value(1.0, "b")
    >>> z = w * x + b
    >>> y = z ** 2
    >>> graph = folded(y, {w: "w", x: "x", b: "b", w * x: "v1", z: "z", y: "y"})
    >>> [(name, node.op) for node, name in graph.called.items()]
    [('w', ''), ('x', ''), ('b', ''), ('z', 'w * x + b'), ('y', 'z ** 2')]
    """
    order = topological_order(output)
    kept = {x for x in order if not isinstance(x, Constant) and (not x.parents or x is output or is_given(x, called.get(x, "v0")))}
    folding = Folding(order, kept)
    made: dict[Value, Value] = {}
    for node in order:
        if node in kept:
            made[node] = _fold(node, folding, made, called) if node.parents else node
    return Folded(made.get(output, output), {made[x]: called[x] for x in made} or dict(called), {new: old for old, new in made.items()})


def _fold(node: Value, folding: Folding, made: Mapping[Value, Value], called: Mapping[Value, str]) -> Value:
    """A node with the value and the gradient of ``node``, which reads kept nodes only."""
    formulas = folding.formulas(node, lambda x: Symbol(called[x]))
    operands = [x for x in formulas if x in made]
    places = {x: Symbol(f"x{i}") for i, x in enumerate(operands)} | {node: Symbol("out")}
    derivatives, numbers = folding.derivatives(node, places.__getitem__), folding.numbers(node, formulas)
    count = formulas[node].operation_count()
    fold = Fold(
        folding.formulas(node, places.__getitem__)[node],
        [derivatives.get(x, Literal(0.0)).simplified() for x in operands],
        node.data,
        [numbers.get(x, 0.0) for x in operands],
        str(formulas[node]) if count <= LONGEST else f"({count} operations)",
    )
    new = Value.apply(fold, *(made[x] for x in operands))
    new.grad, new.name = node.grad, called[node] if is_given(node, called[node]) else None
    return new


def at_level(output: Value, called: dict[Value, str], level: str | None) -> Folded:
    """The graph itself, or at ``level="named"`` the folded one; ``ValueError`` for another level."""
    require_one_of("level", "operation" if level is None else level, ("operation", "named"))
    return folded(output, called) if level == "named" else Folded(output, called, {})


def _without_statements(part: Expression, plain: Mapping[Expression, Expression], before: list[tuple[str, str]]) -> Expression:
    """The part over parts that are plain expressions; one on any number of operands becomes statements and a name for its value."""
    if isinstance(part, Symbol | Literal):
        return part
    inputs = tuple(plain[x] for x in part.inputs)
    if isinstance(part.primitive.python, str):
        return Expression(part.primitive, inputs)
    statements, prefix = part.primitive.python(len(inputs)), f"f{len(before)}_"
    own = {*(f"x{i}" for i in range(len(inputs))), *(name for name, _ in statements.before)}

    def renamed(text: str) -> str:
        return re.sub(r"\b[A-Za-z_]\w*\b", lambda match: prefix + match[0] if match[0] in own else match[0], text)

    before += [(f"{prefix}x{i}", to_text(x, TABLE_NOTATION)) for i, x in enumerate(inputs)]
    before += [(prefix + name, renamed(text)) for name, text in statements.before]
    before.append((f"{prefix}value", renamed(statements.value)))
    return Symbol(f"{prefix}value")


def _spelled(formula: Expression, count: int) -> Spelling:
    """How a formula in ``x0``, ``x1``, ... reads on paper, with a gap for each of them."""
    if formula.operation_count() > LONGEST:
        return Spelling(("...",), PRODUCT)
    marks: Any = {f"x{i}": Symbol(chr(0xE000 + i)) for i in range(count)}
    pieces: Iterable[str] = re.split("([\ue000-\uf8ff])", str(formula.evaluate(marks)))
    return Spelling(tuple((f"x{ord(p) - 0xE000}", PRODUCT) if re.fullmatch("[\ue000-\uf8ff]", p) else p for p in pieces if p), PRODUCT)
