"""A recorded graph as straight-line statements: the forward pass, and then the backward pass.

The statements compute the very numbers of the eager engine, in the same order of operations: a sum of
gradient contributions is added in the order in which ``Value.backward`` adds it. What no gradient needs is
left out, and a result that is used once is written where it is used.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from ..collector import collector_at_rest
from ..formulas.expression import number_in
from ..formulas.spelling import Dialect
from ..formulas.typesetting import Written, operation_text
from ..primitive import ATOM, SIGN, SUM, Primitive
from ..value import Value
from .graph import Graph
from .reach import Reach
from .rows import Edge, RowText, row_text

LONGEST = 100  # operations in one statement: Python's compiler recurses into long sums
NAME = re.compile(r"(?<![\w.])[A-Za-z_]\w*")
_COMMENTED = 5_000  # operations up to which statements carry comments


class Term(NamedTuple):
    """A piece of an expression: its text, how tightly it binds, and how many operations it has."""

    text: str
    precedence: float = ATOM
    size: int = 0


class Statement(NamedTuple):
    """``target = text``; where ``loop`` is not 0, for each of so many elements of an array."""

    target: str
    text: str
    comment: str
    loop: int = 0


class Emitted(NamedTuple):
    """The statements of a graph, and the expressions of its results."""

    parameters: list[str]
    inputs: list[str]
    forward: list[Statement]
    backward: list[Statement]
    values: list[str]
    gradients: list[str]


@collector_at_rest()
def emit(graph: Graph, dialect: Dialect) -> Emitted:
    """The statements that compute the outputs, and, of a single one, the gradient."""
    emission = Emission(graph, dialect)
    emission.run_forward()
    gradients = emission.run_backward() if graph.single else []
    names = emission.names
    values = [emission.term(output).text for output in graph.outputs]
    used = {name for text in (*values, *gradients) for name in NAME.findall(text)}
    backward, forward = without_dead(emission.backward, used), without_dead(emission.forward, used)
    return Emitted([names[w] for w in graph.wrt], [names[x] for x in graph.inputs], forward, backward, values, gradients)


def without_dead(statements: list[Statement], used: set[str]) -> list[Statement]:
    """The statements whose results are used later; ``used`` grows by what they use."""
    kept = []
    for statement in reversed(statements):
        if statement.target in used or not statement.target.isidentifier():  # elements of arrays, and loops
            kept.append(statement)
            used.update(NAME.findall(statement.text))
    return kept[::-1]


def is_arithmetic(node: Value) -> bool:
    """Whether it is written as an operator."""
    return node.primitive is not None and node.primitive.arithmetic


class Emission:
    """The work of :func:`emit`; what it knows of each node."""

    def __init__(self, graph: Graph, dialect: Dialect) -> None:
        self.graph, self.dialect = graph, dialect
        self.varying = graph.varying
        self.forward: list[Statement] = []
        self.backward: list[Statement] = []
        self.used_names: set[str] = set()
        self.last_number: defaultdict[str, int] = defaultdict(lambda: 1)  # behind names that occur again
        self.inlined: dict[Value, Term] = {}
        self.pending: dict[Value, list[Term]] = {}  # the contributions to the gradient of each node so far
        self.stated = 0
        self.temporary: dict[tuple[Value, str], str] = {}  # the intermediate results of rows on sequences
        self.rows: dict[tuple[Primitive, int], RowText] = {}
        self.commented = len(graph.order) <= _COMMENTED
        self.names = self._names()
        self.needed = self._needed_backward() if graph.single else set()
        self.reach = Reach(graph, dialect, self.row)

    def row(self, node: Value, parents: Sequence[Value]) -> RowText:
        key: tuple[Primitive, int] = (node.primitive, len(parents))  # type: ignore[assignment]
        found = self.rows.get(key)
        if found is None:
            found = self.rows[key] = row_text(*key, self.dialect)
        return found

    def _needed_backward(self) -> set[Value]:
        """The nodes whose values stand in the backward pass."""
        flows = set(self.graph.outputs)
        needed: set[Value] = set()
        for node, parents in reversed(self.graph.order):
            if node in flows and node in self.graph.active and parents:
                self.follow(node, parents, flows, needed)
        return needed

    def follow(self, node: Value, parents: Sequence[Value], flows: set[Value], needed: set[Value]) -> None:
        """Add the operands to which the gradient of ``node`` flows, and the nodes whose values it needs for that."""
        row = self.row(node, parents)
        operands: dict[str, Value] = {}
        for parent, edge in zip(parents, row.edges):
            if parent in self.graph.active and not edge.flat:
                flows.add(parent)
                if edge.needs:
                    operands = operands or {**dict(zip(row.operands, parents)), "out": node}
                    needed.update(operands[gap] for gap in edge.needs if gap in operands)

    # -- names ---------------------------------------------------------------------------------------------------
    def _names(self) -> dict[Value, str]:
        names, given = {}, self.graph.names
        for wish, leaf in self.leaves():
            names[leaf] = self.unique(given.get(leaf, wish))
        for node, name in given.items():
            if node not in names and node.parents:  # a leaf without a name here stands in no statement
                names[node] = self.unique(name)
        return names

    def leaves(self) -> list[tuple[str, Value]]:
        """The leaves that change, and what they are called if they have no name."""
        kinds = (("p", self.graph.wrt), ("x", self.graph.inputs))
        return [(f"{prefix}{i}", leaf) for prefix, leaves in kinds for i, leaf in enumerate(leaves, start=1)]

    def unique(self, wish: str) -> str:
        """An identifier like ``wish`` that no other name, keyword or function of the program has."""
        plain = wish.isascii() and wish.isidentifier() and not wish.startswith("__")  # which languages keep for themselves
        name = wish if plain else re.sub(r"\W+", "_", _in_ascii(wish)).strip("_") or "v"
        base = name = self.dialect.identifier(f"v{name}" if name[0].isdigit() else name)
        while name in self.used_names:
            self.last_number[base] += 1
            name = f"{base}_{self.last_number[base]}"
        self.used_names.add(name)
        return name

    def own(self, name: str) -> str:
        """``name``, which this file made, or one like it if a node has it already; what is of ``a[0]`` is called ``a_0``."""
        name = name.replace("[", "_").replace("]", "") if "[" in name else name
        if name in self.used_names:
            return self.unique(name)
        self.used_names.add(name)
        return name

    # -- the forward pass --------------------------------------------------------------------------------------
    def term(self, node: Value) -> Term:
        """How the value of ``node`` is written where it is used."""
        if node not in self.varying:
            return _number(self.graph.constants[node], self.dialect)
        return self.inlined[node] if node in self.inlined else Term(self.names[node])

    def run_forward(self) -> None:
        for node, parents in self.graph.order:
            if node in self.varying and parents:
                self.forward_of(node, parents)

    def forward_of(self, node: Value, parents: Sequence[Value]) -> None:
        """State the value of a node, or keep its text for where it is used."""
        row = self.row(node, parents)
        operands = {gap: self.term(parent) for gap, parent in zip(row.operands, parents)}
        # identity is another name for its operand
        if row.value.pieces == (("x", 0),) and operands["x"].size == 0 and node not in self.names:
            self.inlined[node] = operands["x"]
            (operand,) = parents
            if operand in self.reach.values:
                self.reach.values[node] = self.reach.values[operand]
            return
        if self._may_be_inlined(node, operands):
            size = 1 + sum(term.size for term in operands.values())
            self.inlined[node] = Term(row.value.fill(texts_of(operands)), row.value.precedence, size)
            return
        if node not in self.names:
            self.stated += 1
            self.names[node] = self.own(f"v{self.stated}")
        self._state_forward(node, parents, row, texts_of(operands))

    def _may_be_inlined(self, node: Value, operands: dict[str, Term]) -> bool:
        graph = self.graph
        if graph.uses[node] != 1 or node in self.needed or node in self.names or node not in graph.consumer or not is_arithmetic(node):
            return False
        if sum(term.size for term in operands.values()) >= LONGEST:
            return False
        user, position = graph.consumer[node]
        user_row = self.row(user, user.parents)
        return user_row.uses[user_row.operands[position]] == 1

    def _state_forward(self, node: Value, parents: Sequence[Value], row: RowText, texts: dict[str, tuple[str, float]]) -> None:
        name = self.names[node]
        for temporary, pattern in row.before:
            self.temporary[node, temporary] = own = self.unique(f"{name}_{temporary}")
            self.forward.append(Statement(own, pattern.fill(texts), ""))
            texts[temporary] = (own, ATOM)
        text = row.value.fill(texts)
        reach = self.reach.of_value(node, parents, texts)
        if reach is not None:
            self.reach.values[node] = reach = self._named(f"r_{name}", reach, self.forward)
            if node.primitive.eager != node.primitive.python:  # type: ignore[union-attr]
                text, _ = self.reach.guarded((text, row.value.precedence), reach)
        self.forward.append(Statement(name, text, self._comment(node, text)))

    def _named(self, wish: str, written: Written, statements: list[Statement]) -> Written:
        """A reach under a name, unless it is one already."""
        text, _ = written
        if text.isidentifier():
            return written
        name = self.own(wish)
        statements.append(Statement(name, text, ""))
        return name, ATOM

    def _comment(self, node: Value, text: str) -> str:
        if not self.commented or is_arithmetic(node) or len(node.parents) > 3:
            return ""
        comment = operation_text(node.primitive, [self.term(parent).text for parent in node.parents])  # type: ignore[arg-type]
        return comment if comment != text and len(comment) <= 60 else ""

    # -- the backward pass ---------------------------------------------------------------------------------------
    def run_backward(self) -> list[str]:
        (output,) = self.graph.outputs
        self.pending[output] = [Term("1.0")]
        for node, parents in reversed(self.graph.order):
            if parents and node in self.graph.active:
                self.backward_of(node, parents)
        return [summed(self.pending[leaf]).text if leaf in self.pending else "0.0" for leaf in self.graph.wrt]

    def backward_of(self, node: Value, parents: Sequence[Value]) -> None:
        """Hand the gradient of a node, if it has one, on to its operands."""
        if node not in self.pending:
            return
        row = self.row(node, parents)
        edges = [(parent, edge) for parent, edge in zip(parents, row.edges) if parent in self.graph.active and not edge.flat]
        upstream = self._upstream(node, summed(self.pending.pop(node)), sum(edge.upstream_uses for _, edge in edges))
        texts = self._backward_texts(node, parents, row) if any(edge.needs for _, edge in edges) else {}
        flowing = self._flowing(node)
        for (parent, edge), reach in zip(edges, self.reach.of_edges(node, parents, edges, texts, flowing)):
            term = contribution(edge, upstream, texts, self.dialect)
            if reach is not None:
                reach = self._named(f"r_{self.names.get(parent, 'v')}", reach, self.backward)
                if upstream.text != "1.0" and self.reach.needs_guard(node, parents, edge, flowing):
                    term = Term(*self.reach.guarded((term.text, term.precedence), reach), term.size)
            terms = self.pending.setdefault(parent, [])
            terms.append(term)
            if self.reach.watched:
                self.reach.gradients.setdefault(parent, []).append(reach)
            if len(terms) >= LONGEST // 2:
                self.pending[parent] = [self._state_backward(parent, summed(terms))]
                self.reach.gradients[parent] = [self._flowing(parent)]

    def _flowing(self, node: Value) -> Written | None:
        """The reach of the gradient of ``node``; ``None`` where it is always 1, or not needed."""
        total = self.reach.merged(self.reach.gradients.pop(node, [None])) if self.reach.watched else None
        return None if total is None else self._named(f"r_{self.names.get(node, 'v')}", total, self.backward)

    def _upstream(self, node: Value, gradient: Term, uses: int) -> Term:
        """The gradient of ``node`` as its edges write it: under a name, unless it is used once or is one already."""
        return gradient if uses <= 1 and gradient.size < LONGEST else self._state_backward(node, gradient)

    def _state_backward(self, node: Value, gradient: Term) -> Term:
        if gradient.size == 0:
            return gradient
        name = self.own(f"d_{self.names.get(node, 'v')}")
        self.backward.append(Statement(name, gradient.text, ""))
        return Term(name)

    def _backward_texts(self, node: Value, parents: Sequence[Value], row: RowText) -> dict[str, tuple[str, float]]:
        texts = texts_of({gap: self.term(parent) for gap, parent in zip(row.operands, parents)})
        if node in self.names:
            texts["out"] = (self.names[node], ATOM)
        for temporary, _ in row.before:
            texts[temporary] = (self.temporary[node, temporary], ATOM)
        return texts


def contribution(edge: Edge, upstream: Term, texts: dict[str, tuple[str, float]], dialect: Dialect) -> Term:
    """``upstream * local derivative``, without a factor 1 or -1."""
    if upstream.text == "1.0" and edge.literal is not None:
        return _number(edge.literal, dialect)
    if upstream.text == "1.0":
        return Term(edge.derivative.fill(texts), edge.derivative.precedence, 1)
    if edge.literal == 1.0:
        return upstream
    texts["g"] = (upstream.text, upstream.precedence)
    return Term(edge.contribution.fill(texts), edge.contribution.precedence, upstream.size + 1)


def summed(terms: Sequence[Term]) -> Term:
    """The terms added from left to right."""
    first, *others = terms
    if not others:
        return first
    parts = [first.text if first.precedence >= SUM else f"({first.text})"]
    for term in others:
        if term.precedence == SIGN:
            parts.append(f" - {term.text[1:]}")
        else:
            parts.append(f" + {term.text}" if term.precedence > SUM else f" + ({term.text})")
    return Term("".join(parts), SUM, sum(term.size for term in terms) + len(others))


def texts_of(operands: dict[str, Term]) -> dict[str, tuple[str, float]]:
    """The operands as a spelling is filled with them."""
    return {gap: (term.text, term.precedence) for gap, term in operands.items()}


def _number(x: float, dialect: Dialect) -> Term:
    return Term(*number_in(x, dialect))


def _in_ascii(name: str) -> str:
    return "".join(c if c.isascii() else f"u{ord(c):x}" for c in name)
