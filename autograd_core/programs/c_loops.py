"""The statements of a graph for C: loops over arrays where its structure repeats, and single statements elsewhere (NumPy spells them anew).

Arrays are called ``z1, z2, ...`` (weighted sums) and ``a1, a2, ...`` (an operation on each element); the gradient of ``z1``
is ``d_z1``. They are stated in the graph's own order, at the place of their first node: whatever a group needs is computed there,
and in the backward pass, which goes the other way, all that flows into its gradient has arrived.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..collector import collector_at_rest
from ..formulas.spelling import Dialect
from ..primitive import ATOM
from ..value import Value
from .graph import Graph
from .loops import Group, Layer, Map, Matrix, find_groups
from .reach import Reach
from .rows import row_text
from .statements import NAME, Emission, Emitted, Statement, Term, contribution, summed, texts_of, without_dead

INDEX = "k"  # counts the elements in a loop


class Use(NamedTuple):
    """A layer in the backward pass: ``d`` is the gradient of its sums, ``x`` what it was given."""

    d: str
    x: str


class Looped(NamedTuple):
    """A graph's statements with loops.

    A statement without a target is a line of C. ``gradients`` leaves the weights of ``matrices`` out: their gradients
    are the outer products of ``uses``.
    """

    emitted: Emitted
    arrays: dict[str, int]
    matrices: list[tuple[Matrix, list[Use]]]
    single: bool
    parameter_places: dict[str, int]
    """Where the parameters that have a name stand in ``wrt``."""
    gradient_places: list[int]
    """The parameters of ``emitted.gradients``."""
    further: list[str]
    """The expressions of the output and of further nodes, where these are asked for row by row."""


@collector_at_rest()
def emit_loops(graph: Graph, dialect: Dialect) -> Looped:
    """The statements that compute the outputs, and, of a single one, the gradient."""
    return looped(LoopEmission(graph, dialect))


def looped(emission: LoopEmission) -> Looped:
    """What an emission that has just begun finds."""
    graph = emission.graph
    emission.run_forward()
    if graph.single:
        emission.run_backward()
    pending, names = emission.pending, emission.names
    places = [i for i, leaf in enumerate(graph.wrt) if graph.single and leaf in pending]
    gradients = [summed(pending[graph.wrt[i]]).text for i in places]
    values = [emission.term(output).text for output in graph.outputs]
    further = [emission.term(node).text for node in (*graph.outputs, *graph.further)] if graph.further else []
    products = [part for _, uses in emission.matrices.values() for use in uses for part in use]
    used = {name for text in (*values, *gradients, *further, *products, *emission.begun) for name in NAME.findall(text)}
    backward, forward = without_dead(emission.backward, used), without_dead(emission.forward, used)
    named = {names[leaf]: i for i, leaf in enumerate(graph.wrt) if leaf in names}
    emitted = Emitted(list(named), [names[x] for x in graph.inputs], forward, backward, values, gradients)
    return Looped(emitted, emission.arrays, list(emission.matrices.values()), graph.single, named, places, further)


class LoopEmission(Emission):
    """An emission that states each group in one go, when it comes to the first of its nodes."""

    def __init__(self, graph: Graph, dialect: Dialect) -> None:
        self.home = find_groups(graph, _with_reach(graph, dialect))
        first: dict[Group, Value] = {}
        for node, _ in graph.order:
            if (group := self._group_of(node)) is not None:
                first.setdefault(group, node)
        self.first = {node: group for group, node in first.items()}
        self.in_matrix = self._leaves_of_matrices(graph)
        self.input_places = {x: i for i, x in enumerate(graph.inputs)}
        super().__init__(graph, dialect)
        self.arrays: dict[str, int] = {}
        self.begun: list[str] = []  # which get their elements one by one
        self.array_of: dict[Group, str] = {}
        self.gradient_of: dict[Group, str] = {}
        self.x_of: dict[Layer, str] = {}
        self.has_gradient: set[Group] = set()  # whose gradient's array holds numbers, to which more may be added
        self.matrices: dict[tuple[object, ...], tuple[Matrix, list[Use]]] = {}

    def _group_of(self, node: Value) -> Group | None:
        group, _ = self.home.get(node, (None, None))
        return group

    def _leaves_of_matrices(self, graph: Graph) -> set[Value]:
        """The parameters that stand in no statement."""
        layers = [group for group in self.first.values() if isinstance(group, Layer)]
        leaves = {graph.wrt[i] for layer in layers for i in layer.matrix.places()}
        members = {node for layer in layers for node in layer.nodes}
        leaves.difference_update(graph.outputs, *(parents for node, parents in graph.order if node not in members))
        return leaves

    def leaves(self) -> list[tuple[str, Value]]:
        return [(wish, leaf) for wish, leaf in super().leaves() if leaf not in self.in_matrix]

    def array(self, wish: str, size: int) -> str:
        name = self.own(wish)
        self.arrays[name] = size
        return name

    # -- how C writes arrays; another dialect may do it otherwise ----------------------------------------------------
    def part(self, name: str, start: int, count: int) -> str:
        """``count`` elements of an array, or of the inputs, from ``start`` on."""
        return _behind(name, start)

    def each(self, name: str) -> str:
        """An array in a statement for each of its elements."""
        return f"{name}[{INDEX}]"

    def for_each(self, target: str, text: str, count: int) -> Statement:
        return Statement(self.each(target), text, "", count)

    def begin(self, name: str, statements: list[Statement]) -> None:
        """Called before an array gets its elements one by one, where a language has to make it first."""

    def follow(self, node: Value, parents: Sequence[Value], flows: set[Value], needed: set[Value]) -> None:
        group = self._group_of(node)
        if isinstance(group, Layer):
            flows.update(x for x in group.x if x in self.graph.active)
        else:
            super().follow(node, parents, flows, needed)

    def _may_be_inlined(self, node: Value, operands: dict[str, Term]) -> bool:
        user, _ = self.graph.consumer.get(node, (None, None))
        return user not in self.home and super()._may_be_inlined(node, operands)

    # -- the forward pass ------------------------------------------------------------------------------------------
    def forward_of(self, node: Value, parents: Sequence[Value]) -> None:
        if node not in self.home:
            super().forward_of(node, parents)
        elif node in self.first:
            group = self.first[node]
            number = 1 + sum(type(other) is type(group) for other in self.array_of)
            name = self.array_of[group] = self.array(f"{'z' if isinstance(group, Layer) else 'a'}{number}", len(group.nodes))
            for i, member in enumerate(group.nodes):
                self.names[member] = f"{name}[{i}]"
            if isinstance(group, Layer):
                self._layer_forward(name, group)
            else:
                self._map_forward(name, group)

    def _layer_forward(self, name: str, layer: Layer) -> None:
        x = self.x_of[layer] = self._place_of(layer.x) or self._gathered(name, layer.x)
        matrix = layer.matrix
        text = f"product({name}, {_weights(matrix)}, {_bias(matrix)}, {x}, {matrix.m}, {matrix.n});"
        self.forward.append(Statement("", text, f"{name} = W {x if x.isidentifier() else f'({x})'} + b"))

    def _place_of(self, x: Sequence[Value]) -> str:
        """The inputs of a layer where they stand next to each other in an array; else nothing."""
        first, *_ = x
        if first not in self.home:
            inputs = self.graph.inputs
            start = self.input_places.get(first, len(inputs))
            return self.part("inputs", start, len(x)) if inputs[start : start + len(x)] == list(x) else ""
        group, start = self.home[first]
        return self.part(self.array_of[group], start, len(x)) if list(group.nodes[start : start + len(x)]) == list(x) else ""

    def _gathered(self, name: str, x: Sequence[Value]) -> str:
        gathered = self.array(f"x_{name}", len(x))
        self.begin(gathered, self.forward)
        self.forward += [Statement(f"{gathered}[{i}]", self.term(node).text, "") for i, node in enumerate(x)]
        return gathered

    def _map_forward(self, name: str, group: Map) -> None:
        first, *_ = group.nodes
        row = self.row(first, first.parents)
        text = row.value.fill(texts_of(dict(zip(row.operands, map(self._element, group.operands)))))
        self.forward.append(self.for_each(name, text, len(group.nodes)))

    def _element(self, operand: Group | Value) -> Term:
        if isinstance(operand, Value):
            return self.term(operand)
        return Term(self.each(self.array_of[operand]))

    # -- the backward pass -----------------------------------------------------------------------------------------
    def backward_of(self, node: Value, parents: Sequence[Value]) -> None:
        if node not in self.home:
            super().backward_of(node, parents)
        elif node in self.first:
            group = self.first[node]
            if group in self.has_gradient or not self.pending.keys().isdisjoint(group.nodes):
                self._settle(group)
                if isinstance(group, Layer):
                    self._layer_backward(group)
                else:
                    self._map_backward(group)

    def _gradient(self, group: Group) -> str:
        if group not in self.gradient_of:
            self.gradient_of[group] = self.array(f"d_{self.array_of[group]}", len(group.nodes))
        return self.gradient_of[group]

    def _settle(self, group: Group) -> None:
        """Bring into the gradient's array what has flowed to its nodes since."""
        name = self._gradient(group)
        if group not in self.has_gradient:
            self.begin(name, self.backward)
        for i, node in enumerate(group.nodes):
            terms = self.pending.pop(node, [])
            if group in self.has_gradient and terms:
                terms.insert(0, Term(f"{name}[{i}]"))
            if terms or group not in self.has_gradient:
                self.backward.append(Statement(f"{name}[{i}]", _total(terms), ""))
        self.has_gradient.add(group)

    def _is_fresh(self, group: Group) -> bool:
        """Whether nothing has flowed to any of its nodes yet."""
        return group not in self.has_gradient and self.pending.keys().isdisjoint(group.nodes)

    def _layer_backward(self, layer: Layer) -> None:
        d, matrix = self._gradient(layer), layer.matrix
        self.matrices.setdefault(matrix.key, (matrix, []))[1].append(Use(d, self.x_of[layer]))
        if self.graph.active.isdisjoint(layer.x):
            return
        first, *_ = layer.x
        if first not in self.home or not self._place_of(layer.x):
            self._scattered(layer, d)
            return
        group, start = self.home[first]
        fresh = len(layer.x) == len(group.nodes) and self._is_fresh(group)
        if not fresh:
            self._settle(group)
        self.has_gradient.add(group)
        self._transposed(self.part(self._gradient(group), start, matrix.n), matrix, d, not fresh)

    def _transposed(self, dx: str, matrix: Matrix, d: str, add: bool) -> None:
        text = f"transposed_product({dx}, {_weights(matrix)}, {d}, {matrix.m}, {matrix.n}, {int(add)});"
        self.backward.append(Statement("", text, f"{dx} {'+=' if add else '='} W^T {d}"))

    def _scattered(self, layer: Layer, d: str) -> None:
        """The gradient of inputs that stand here and there: gathered so far, continued, and brought back."""
        for group in dict.fromkeys(map(self._group_of, layer.x)):
            if group is not None:
                self._settle(group)
        name = self.array(f"d_{self.x_of[layer]}", len(layer.x))
        before = [self._so_far(x) for x in layer.x]
        add = any(before)
        if add:
            self.begin(name, self.backward)
            self.backward += [Statement(f"{name}[{i}]", _total(terms), "") for i, terms in enumerate(before)]
        self._transposed(name, layer.matrix, d, add)
        for i, x in enumerate(layer.x):
            if x in self.home:
                group, k = self.home[x]
                self.backward.append(Statement(f"{self._gradient(group)}[{k}]", f"{name}[{i}]", ""))
            elif x in self.graph.active:
                self.pending[x] = [Term(f"{name}[{i}]")]

    def _so_far(self, x: Value) -> list[Term]:
        if x in self.home:
            group, k = self.home[x]
            return [Term(f"{self._gradient(group)}[{k}]")]
        return self.pending.get(x, [])

    def _map_backward(self, group: Map) -> None:
        first, *_ = group.nodes
        row = self.row(first, first.parents)
        texts = texts_of(dict(zip(row.operands, map(self._element, group.operands))))
        texts["out"] = (self.each(self.array_of[group]), ATOM)
        upstream = Term(self.each(self._gradient(group)))
        for operand, edge in zip(group.operands, row.edges):
            if isinstance(operand, Value) or edge.flat or self.graph.active.isdisjoint(operand.nodes):
                continue
            fresh = self._is_fresh(operand)
            if not fresh:
                self._settle(operand)
            self.has_gradient.add(operand)
            target = self._gradient(operand)
            terms = [] if fresh else [Term(self.each(target))]
            terms.append(contribution(edge, upstream, dict(texts), self.dialect))
            self.backward.append(self.for_each(target, summed(terms).text, len(group.nodes)))


def _total(terms: Sequence[Term]) -> str:
    return summed(terms).text if terms else "0.0"


def _with_reach(graph: Graph, dialect: Dialect) -> set[Value]:
    """The nodes whose gradient may meet an infinite derivative: statements know what was cut on the way, loops do not."""
    reach = Reach(graph, dialect, lambda node, parents: row_text(node.primitive, len(parents), dialect))
    if not reach.watched:
        return set()
    inner = [(node, parents) for node, parents in graph.order if parents and node in graph.varying]
    return reach.below.union(node for node, parents in inner if any(edge.singular for edge in reach.row(node, parents).edges))


def _behind(name: str, start: int) -> str:
    return f"{name} + {start}" if start else name


def _weights(matrix: Matrix) -> str:
    return f"{_behind('parameters', matrix.start)}, {matrix.stride}"


def _bias(matrix: Matrix) -> str:
    return f"&(const double){{{matrix.constant!r}}}, 0" if matrix.bias is None else f"{_behind('parameters', matrix.bias)}, {matrix.step}"
