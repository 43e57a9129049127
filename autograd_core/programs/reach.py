"""Where something flows: what a program knows of the zero that cuts a path.

The graph tells that zero from others by its identity (:data:`~autograd_core.number.CUT`), and programs have only numbers.
So where a derivative may be infinite below an edge that may be cut, they compute, beside a gradient, its *reach*: 1.0 where
something flows, 0.0 where it was cut. It is the same conditional as the gradient without the product. The infinite
derivative then stands behind a test of the reach. Where nothing is infinite or nothing is cut, there is no reach.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from ..formulas.spelling import Dialect, Spelling, spelling
from ..formulas.typesetting import Written
from ..number import CUT
from ..primitive import ATOM
from ..value import Value
from .graph import Graph
from .rows import Edge, RowText

Rows = Callable[[Value, Sequence[Value]], RowText]
Texts = Mapping[str, Written]
NOTHING: Written = ("0.0", ATOM)


@lru_cache(maxsize=4096)
def pattern(text: str, known: frozenset[str], dialect: Dialect) -> Spelling | None:
    """The reach of what ``text`` computes, where only the reaches of the operands in ``known`` may be 0; ``None`` where it is always 1.

    The reach of ``x`` is called ``r_x``, that of the upstream gradient ``r_g``; where that is known, the whole is times it.

    >>> from ..formulas.spelling import PYTHON
    >>> pattern("cut if x < 0.0 else 0.0 if x == 0.0 else 1.0", frozenset(["g"]), PYTHON).fill({"x": ("z", 5), "r_g": ("r", 5)})
    '0.0 if z < 0.0 else r'
    """
    tree = _reach(ast.parse(text, mode="eval").body, known)
    if isinstance(tree, ast.Constant) and tree.value == 1.0:
        return None
    return spelling(ast.unparse(tree), dialect)


def _reach(tree: ast.expr, known: frozenset[str]) -> ast.expr:
    if isinstance(tree, ast.IfExp):
        test = _test(tree.test, known)
        if isinstance(test, bool):
            return _reach(tree.body if test else tree.orelse, known)
        body, orelse = _reach(tree.body, known), _reach(tree.orelse, known)
        return body if ast.dump(body) == ast.dump(orelse) else ast.IfExp(test, body, orelse)
    if isinstance(tree, ast.Name) and tree.id == "cut":
        return ast.Constant(0.0)
    own: list[ast.expr] = [ast.Name(f"r_{name}") for name in ("g", getattr(tree, "id", "g")) if name in known]
    factors = own if isinstance(tree, ast.Name) and tree.id != "g" else own[:1]
    product, *others = factors or [ast.Constant(1.0)]
    for factor in others:
        product = ast.BinOp(product, ast.Mult(), factor)
    return product


def _test(test: ast.expr, known: frozenset[str]) -> ast.expr | bool:
    """A test, in which ``x is cut`` asks for the reach of ``x``, or is false where that is not known to be 0."""
    if isinstance(test, ast.BoolOp):
        parts = [_test(part, known) for part in test.values]
        decides = isinstance(test.op, ast.Or)
        if decides in [part for part in parts if isinstance(part, bool)]:
            return decides
        kept = [part for part in parts if not isinstance(part, bool)]
        return ast.BoolOp(test.op, kept) if kept else not decides
    match test:
        case ast.Compare(ast.Name(name), [ast.Is()]):
            return ast.Compare(ast.Name(f"r_{name}"), [ast.Eq()], [ast.Constant(0.0)]) if name in known else False
    return test


class Reach:
    """The reaches of a program, as far as they are needed; ``state`` gives a text a name in the program."""

    def __init__(self, graph: Graph, dialect: Dialect, row: Rows) -> None:
        self.graph, self.dialect, self.row = graph, dialect, row
        kinds = {(node.primitive, len(parents)): (node, parents) for node, parents in graph.order if parents and node in graph.varying}
        self.watched = any(row(node, parents).singular for node, parents in kinds.values())
        self.below: set[Value] = set()
        for node, parents in graph.order if self.watched and graph.single else ():
            for parent, edge in zip(parents, row(node, parents).edges) if parents and node in graph.varying else ():
                if parent in graph.active and (edge.singular or parent in self.below):
                    self.below.add(node)
        self.values: dict[Value, Written] = {}
        self.gradients: dict[Value, list[Written | None]] = {}

    def _of_operands(self, row: RowText, parents: Sequence[Value]) -> dict[str, Written]:
        """The reaches of the operands that may be 0."""
        found = {}
        for gap, parent in zip(row.operands, parents):
            if parent in self.values:
                found[gap] = self.values[parent]
            elif self.graph.constants.get(parent) is CUT:
                found[gap] = NOTHING
        return found

    def of_value(self, node: Value, parents: Sequence[Value], texts: Texts) -> Written | None:
        """The text of the reach of a node's value; ``None`` where it is always 1, or not needed."""
        if not self.watched or not isinstance(node.primitive.eager, str):  # type: ignore[union-attr]
            return None
        known = self._of_operands(self.row(node, parents), parents)
        if not known and "cut" not in node.primitive.eager:  # type: ignore[union-attr]
            return None
        return _filled(pattern(node.primitive.eager, frozenset(known), self.dialect), texts, known)  # type: ignore[union-attr]

    def guarded(self, term: Written, reach: Written) -> Written:
        """``term`` where the reach is not 0, else 0."""
        whole = spelling("v if r != 0.0 else 0.0", self.dialect)
        return whole.fill({"v": term, "r": reach}), whole.precedence

    def of_edges(
        self, node: Value, parents: Sequence[Value], edges: Sequence[tuple[Value, Edge]], texts: Texts, upstream: Written | None
    ) -> list[Written | None]:
        """For each edge, the text of the reach of what flows through it."""
        if not self.watched:
            return [None] * len(edges)
        known = self._of_operands(self.row(node, parents), parents)
        if node in self.values:
            known["out"] = self.values[node]
        found: list[Written | None] = []
        for parent, edge in edges:
            mine = {name: reach for name, reach in known.items() if name in edge.leaves}
            if upstream is not None:
                mine["g"] = upstream
            wanted = edge.singular or parent in self.below or mine.keys() - {"g"}
            needs = wanted and (mine or "cut" in edge.text)
            found.append(_filled(pattern(edge.text, frozenset(mine), self.dialect), texts, mine) if needs else None)
        return found

    def needs_guard(self, node: Value, parents: Sequence[Value], edge: Edge, upstream: Written | None) -> bool:
        """Whether an edge that may be cut has a product in it that could be 0 times infinity."""
        operands = self._of_operands(self.row(node, parents), parents)
        if not edge.leaves.isdisjoint(operands):  # a value of its own that was cut needs none: below it everything is
            return True
        varies = any(operand in self.graph.varying for gap, operand in zip(self.row(node, parents).operands, parents) if gap in edge.needs)
        return upstream is not None and edge.singular and (varies or "out" in edge.needs)

    def merged(self, reaches: Sequence[Written | None]) -> Written | None:
        """The reach of a sum: 0 where all terms were cut."""
        some = [reach for reach in dict.fromkeys(reaches) if reach is not None]
        if None in reaches or not some:
            return None
        (total, *others), either = some, spelling("r if r != 0.0 else s", self.dialect)
        for reach in others:
            total = either.fill({"r": reach, "s": total}), either.precedence
        return total


def _filled(found: Spelling | None, texts: Texts, known: Mapping[str, Written]) -> Written | None:
    if found is None:
        return None
    return found.fill({**texts, **{f"r_{name}": reach for name, reach in known.items()}}), found.precedence
