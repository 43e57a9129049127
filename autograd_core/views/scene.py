"""The scene: what there is to see of a graph, found in one walk. DOT, Mermaid and the player only print it.

A scene has a :class:`Node` for every Value (or for every cluster of a network that is seen from farther away) and an
:class:`Edge` for every use, each with its name, kind, numbers and formulas.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping
from typing import NamedTuple

from ..choices import require_whole
from ..formulas.typesetting import operation_text
from ..primitive import Primitive
from ..value import Constant, Value
from .folding import folded
from .names import Names, called_by, is_given, node_names, shortened_list, variables_for
from .roles import is_parameter, symbol_of
from .steps import BackwardStep, terms
from .zoom import LIMIT, Cluster, clusters_within, visible_leaves

KINDS = ("input", "parameter", "constant", "operation", "output")


class Node(NamedTuple):
    """A node of a picture.

    ``values`` are the Values whose ``data`` and ``grad`` it shows: one, or the outputs of a cluster. ``row`` is the
    row that made them, ``None`` for a leaf; ``hidden`` are the leaves, and ``operations`` counts the operations, that it
    stands for.
    """

    key: int
    kind: str
    name: str
    is_named: bool
    symbol: str
    values: tuple[Value, ...]
    data: tuple[float, ...]
    grad: tuple[float, ...]
    row: Primitive | None
    parents: tuple[int, ...]
    expression: str
    operations: int = 1
    hidden: tuple[Node, ...] = ()


class Edge(NamedTuple):
    """A use: the node ``tail`` is the operand at ``position`` of the node ``head``.

    ``step`` is the term of the backward pass that flows along it: formula, local derivative, upstream gradient and
    contribution. It is ``None`` where the head is a cluster, whose edge stands for several.
    """

    tail: int
    head: int
    position: int
    step: BackwardStep | None


class Scene(NamedTuple):
    """Nodes, at the place of their key, and edges. Of single Values, each stands behind those that it reads."""

    output: Node
    nodes: list[Node]
    edges: list[Edge]


class View:
    """One graph and what its nodes are called and are; :meth:`whole` and :meth:`at` are scenes of it.

    >>> w, x = Value(2.0, "w"), Value(3.0, "x")
    >>> view = View((w * x).tanh(), parameters=[w])
    >>> [(node.name, node.kind, node.symbol) for node in view.whole().nodes]
    [('w', 'parameter', ''), ('x', 'input', ''), ('v1', 'operation', '×'), ('v2', 'output', 'tanh')]
    >>> [(node.name, node.symbol, node.operations) for node in view.at("neuron").nodes]
    [('x', '', 1), ('v2', 'tanh', 2)]
    """

    def __init__(self, output: Value, names: Names = None, inputs: Collection[Value] = (), parameters: Collection[Value] = ()) -> None:
        self.inputs, self.parameters = leaves_given("inputs", inputs), leaves_given("parameters", parameters)
        variables = variables_for(names)
        self.given = called_by(variables)
        self._read(output, node_names(output, variables))

    def _read(self, output: Value, called: dict[Value, str]) -> None:
        self.output, self.called = output, called
        self.grads: dict[Value, float] = {}
        self.steps: dict[Value, list[BackwardStep]] = {value: [] for value in self.called}
        for step in terms(output, self.called):
            self.grads[step.node] = step.total
            if step.consumer is not None:
                self.steps[step.consumer].append(step)

    def named(self) -> View:
        """The view of the leaves and the nodes that have names, with formulas for all that stands between them."""
        graph, view = folded(self.output, self.called), copy.copy(self)
        view._read(graph.output, graph.called)
        return view

    def whole(self) -> Scene:
        """Every Value, in topological order."""
        keys = {value: key for key, value in enumerate(self.called)}
        nodes = [self._node(key, value, tuple(keys[parent] for parent in value.parents)) for value, key in keys.items()]
        return Scene(nodes[keys[self.output]], nodes, [edge for value, key in keys.items() for edge in self._uses(value, keys, key)])

    def at(self, level: str | None = None, limit: int = LIMIT) -> Scene:
        """The graph at a level of :mod:`.zoom`, or at the next that has at most ``limit`` nodes; or the named graph."""
        limit = require_whole("limit", limit, 0)
        if level == "named":
            scene = self.named().whole()
            if len(scene.nodes) > limit:
                raise ValueError(f"the graph has {len(scene.nodes)} nodes at level 'named', more than limit={limit}: draw at level='layer'")
            return scene
        found = clusters_within(self.output, level, limit, visible_leaves(self.output, self.inputs, self.parameters))
        keys: dict[Value, int] = {}
        drawn: list[Value | Cluster] = []
        for cluster in found:
            for leaf in [x for x in cluster.inputs if not x.parents and x not in keys]:
                keys[leaf] = len(drawn)
                drawn.append(leaf)
            keys.update(dict.fromkeys(cluster.members, len(drawn)))
            drawn.append(cluster)
        nodes, edges = [], []
        for key, part in enumerate(drawn or [self.output]):  # the output may be a leaf alone
            into = self._into(part, keys, key) if isinstance(part, Cluster) else []
            parents = tuple(edge.tail for edge in into)
            nodes.append(self._cluster(part, key, parents) if isinstance(part, Cluster) else self._node(key, part))
            edges += into
        return Scene(nodes[keys.get(self.output, 0)], nodes, edges)

    def kind(self, value: Value) -> str:
        """Which of ``KINDS`` it is: the output first, then operations; a leaf is what it is called, and else an input."""
        if value is self.output:
            return "output"
        if value.parents:
            return "operation"
        if value in self.parameters or is_parameter(value):
            return "parameter"
        return "constant" if isinstance(value, Constant) and value not in self.inputs else "input"

    def _node(self, key: int, value: Value, parents: tuple[int, ...] = ()) -> Node:
        row, name = value.primitive, self.called[value]
        expression = operation_text(row, [self.called[parent] for parent in value.parents]) if row else ""
        is_named = value in self.given or is_given(value, name)
        return Node(
            key, self.kind(value), name, is_named, symbol_of(row), (value,), (value.data,), (self.grads[value],), row, parents, expression,
        )  # fmt: skip

    def _cluster(self, cluster: Cluster, key: int, parents: tuple[int, ...]) -> Node:
        first, *others = (self._node(key, value, parents) for value in cluster.outputs)
        return first._replace(
            name=shortened_list([first.name, *(node.name for node in others)]),
            is_named=first.is_named and all(node.is_named for node in others),
            values=tuple(cluster.outputs),
            data=tuple(value.data for value in cluster.outputs),
            grad=tuple(self.grads[value] for value in cluster.outputs),
            operations=len(cluster.members),
            hidden=tuple(self._hidden(key, leaf) for leaf in cluster.parameters),
        )

    def _hidden(self, key: int, leaf: Value) -> Node:
        """A leaf inside a cluster: where the inputs are told apart, it is a parameter."""
        node = self._node(key, leaf)
        return node._replace(kind="parameter") if self.inputs else node

    def _into(self, cluster: Cluster, keys: Mapping[Value, int], head: int) -> list[Edge]:
        if not cluster.is_collapsed:
            return self._uses(cluster.members[0], keys, head)
        sources = dict.fromkeys(keys[x] for x in cluster.inputs)  # one edge for each
        return [Edge(source, head, position, None) for position, source in enumerate(sources)]

    def _uses(self, value: Value, keys: Mapping[Value, int], head: int) -> list[Edge]:
        uses = enumerate(zip(value.parents, self.steps[value]))
        return [Edge(keys[parent], head, position, step) for position, (parent, step) in uses if parent in keys]


def leaves_given(what: str, given: Collection[Value]) -> frozenset[Value]:
    """Inputs or parameters, as users give them."""
    if isinstance(given, Value) or not isinstance(given, Collection) or not all(isinstance(x, Value) for x in given):
        raise TypeError(f"{what} is a list of Values of the graph, not {given!r}")
    return frozenset(given)
