"""Repeated structure in a recorded graph: what can be computed by loops over arrays.

A layer of neurons is recorded as weighted sums, one ``dot`` for each neuron, over one list of inputs and with
weights that follow each other in ``wrt``: together they are the matrix product ``W x + b`` (:class:`Layer`). The
same operation on each of its results, an activation, is a loop over their array (:class:`Map`). What fits into
no such group stays as it is.

Groups change no number: a node's gradient is a sum of contributions, and a group is only formed where all
contributions of its nodes stand next to each other in the order in which ``Value.backward`` adds them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ..number import TABLE
from ..value import Value
from .graph import Graph

LEAST_WEIGHTS = 8  # of a layer: fewer are as fast, and easier to read, one by one
LEAST_MAP = 4


class Matrix:
    """Where the weights and biases of a layer stand in ``wrt``: ``W[j][i]`` at ``start + j * stride + i``, ``b[j]`` at ``bias + j * step``.

    ``bias`` is None where every bias is the same constant, ``constant``, which is None elsewhere.
    """

    def __init__(self, m: int, n: int, start: int, stride: int, bias: int | None, step: int, constant: float | None) -> None:
        self.m, self.n, self.start, self.stride, self.bias, self.step, self.constant = m, n, start, stride, bias, step, constant
        self.key = (m, n, start, stride, bias, step)

    def places(self) -> Iterator[int]:
        """The indices in ``wrt`` of all its weights and biases."""
        for j in range(self.m):
            yield from range(self.start + j * self.stride, self.start + j * self.stride + self.n)
        if self.bias is not None:
            yield from range(self.bias, self.bias + self.m * self.step, self.step)


class Layer:
    """The nodes ``W x + b``."""

    def __init__(self, nodes: Sequence[Value], x: tuple[Value, ...], matrix: Matrix) -> None:
        self.nodes, self.x, self.matrix = nodes, x, matrix


class Map:
    """The nodes ``f(a, b, ...)`` for each place: an operand is a group (its node at that place) or one node for all places."""

    def __init__(self, nodes: Sequence[Value], operands: Sequence[Layer | Map | Value]) -> None:
        self.nodes, self.operands = nodes, operands


Group = Layer | Map


def find_groups(graph: Graph, barred: set[Value]) -> dict[Value, tuple[Group, int]]:
    """For each node that is computed by a loop, its group and its place in it; the ``barred`` ones are computed by statements."""
    for _ in range(20):
        found = _Search(graph, barred)
        if not found.wrong:
            return found.home
        barred |= found.wrong
    return {}


class _Search:
    """One search for groups; ``wrong`` are nodes of groups that would change the order of some sum."""

    def __init__(self, graph: Graph, barred: set[Value]) -> None:
        self.graph, self.barred = graph, barred
        self.place_in_wrt = {leaf: i for i, leaf in enumerate(graph.wrt)}
        self.home: dict[Value, tuple[Group, int]] = {}
        self.position: dict[Value, int] = {}
        self.consumers: dict[Value, list[Value]] = defaultdict(list)
        sums: dict[tuple[object, ...], list[_Sum]] = defaultdict(list)
        row = TABLE["dot"]
        for position, (node, parents) in enumerate(graph.order):
            self.position[node] = position
            weighted = self._weighted_sum(node, parents) if node.primitive is row and node not in barred else None
            if weighted is not None:
                sums[weighted.key].append(weighted)
        if sums:
            self._follow(graph)
            self._find_layers(sums)
            self._find_maps()
        self.wrong = self._disorder() if graph.single and self.home else set()

    def _follow(self, graph: Graph) -> None:
        """Who uses what, except constants; a node stands once for each of its edges."""
        consumers, varying = self.consumers, graph.varying
        for node, parents in graph.order:
            if node in varying:
                for parent in parents:
                    if parent in varying:
                        consumers[parent].append(node)

    # -- layers --------------------------------------------------------------------------------------------------
    def _weighted_sum(self, node: Value, parents: tuple[Value, ...]) -> _Sum | None:
        """The node as a neuron, if its weights follow each other in ``wrt``."""
        n, place = len(parents) // 2, self.place_in_wrt
        first, second, b = parents[:n], parents[n:-1], parents[-1]
        for w, x in ((first, second), (second, first)):
            start = place.get(w[0])
            if start is None or self.graph.wrt[start : start + n] != list(w) or not place.keys().isdisjoint(x):
                continue
            active = self.graph.single and not self.graph.active.isdisjoint(x)
            if active and len(set(x)) < n:  # a repeated input has its contributions in another order
                return None
            if b not in place and b in self.graph.varying:
                return None
            return _Sum(node, x, start, place.get(b), self.graph.constants.get(b), active)
        return None

    def _find_layers(self, sums: dict[tuple[object, ...], list[_Sum]]) -> None:
        owner: dict[int, tuple[object, ...]] = {}
        layers = [layer for alike in sums.values() for layer in self._layers(alike)]
        for layer in layers:
            for place in layer.matrix.places():
                if owner.setdefault(place, layer.matrix.key) != layer.matrix.key:
                    owner[place] = ("several matrices",)
        members = {node for layer in layers for node in layer.nodes}
        for place, leaf in enumerate(self.graph.wrt):
            if place in owner and not members.issuperset(self.consumers[leaf]):
                owner[place] = ("a matrix and something else",)
        for layer in layers:
            key = layer.matrix.key
            if not self.graph.single or all(owner[place] == key for place in layer.matrix.places()):
                self._settle(layer)

    def _settle(self, group: Group) -> None:
        for i, node in enumerate(group.nodes):
            self.home[node] = (group, i)

    def _layers(self, alike: list[_Sum]) -> Iterator[Layer]:
        """The layers that weighted sums over the same inputs make, in as few pieces as are in order."""
        breaks = self._breaks(alike) if alike[0].active else set()
        piece: list[_Sum] = []
        for i, at in enumerate(alike):
            if piece and (i in breaks or not _continues(piece, at)):
                yield from _layer(piece)
                piece = []
            piece.append(at)
        yield from _layer(piece)

    def _breaks(self, alike: list[_Sum]) -> set[int]:
        """The sums before which something else uses one of the inputs, so that a loop may not run across."""
        breaks = set()
        number = {at.node: i for i, at in enumerate(alike)}
        for x in alike[0].x:
            if x in self.graph.active:
                users = self.consumers[x]
                if len(users) == len(alike):
                    continue  # the sums alone
                for before, node in pairwise(users):
                    i = number.get(node)
                    if i is not None and number.get(before) != i - 1:
                        breaks.add(i)
        return breaks

    # -- maps ----------------------------------------------------------------------------------------------------
    def _find_maps(self) -> None:
        queue = list(dict.fromkeys(group for group, _ in self.home.values()))
        for group in queue:
            if len(group.nodes) < LEAST_MAP:
                continue
            for candidate in dict.fromkeys(self.consumers[group.nodes[0]]):
                found = self._map(group, candidate)
                if found is not None:
                    self._settle(found)
                    queue.append(found)

    def _map(self, group: Group, candidate: Value) -> Map | None:
        row = candidate.primitive
        if candidate in self.home or candidate in self.barred or not isinstance(row.python, str):  # type: ignore[union-attr]
            return None
        operands = [self._operand(parent, len(group.nodes)) for parent in candidate.parents]
        if None in operands:
            return None
        nodes = [candidate]
        for i in range(1, len(group.nodes)):
            fits = (node for node in self.consumers[group.nodes[i]] if node.primitive is row and self._fits(node, operands, i))
            node = next(fits, None)
            if node is None:
                return None
            nodes.append(node)
        return Map(nodes, operands)  # type: ignore[arg-type]

    def _operand(self, node: Value, count: int) -> Group | Value | None:
        if node not in self.home:
            return None if node in self.graph.active else node
        group, i = self.home[node]
        return group if i == 0 and len(group.nodes) == count else None

    def _fits(self, node: Value, operands: Sequence[Group | Value | None], i: int) -> bool:
        """Whether ``node`` is for place ``i`` what the map's first node is for place 0."""
        if node in self.home or node in self.barred:
            return False
        for parent, operand in zip(node.parents, operands):
            if isinstance(operand, Value):
                constants = self.graph.constants
                if parent is not operand and (parent in self.graph.varying or constants[parent] != constants.get(operand)):
                    return False
            elif self.home.get(parent) != (operand, i):
                return False
        return True

    # -- the order of sums -----------------------------------------------------------------------------------------
    def _disorder(self) -> set[Value]:
        """The nodes of groups that would add the contributions to some gradient in another order than ``Value.backward``."""
        home, position, active = self.home, self.position, self.graph.active
        first = {group: min(map(position.__getitem__, group.nodes)) for group, _ in home.values()}
        wrong: set[Value] = set()
        for target, users in self.consumers.items():
            if target not in active or len(users) == 1 or home.keys().isdisjoint(users):
                continue
            turns = [first[home[user][0]] if user in home else position[user] for user in users]
            if any(before > after for before, after in pairwise(turns)):
                groups = {home[user][0] for user in users if user in home}
                maps = [group for group in groups if isinstance(group, Map)]
                wrong.update(node for group in maps or groups for node in group.nodes)
        return wrong


class _Sum:
    """A weighted sum whose weights follow each other in ``wrt``; those of one layer have the same ``key``."""

    def __init__(self, node: Value, x: tuple[Value, ...], start: int, bias: int | None, constant: float | None, active: bool) -> None:
        self.node, self.x, self.start, self.bias, self.constant, self.active = node, x, start, bias, constant, active
        self.key = (x, constant)


def _apart(before: _Sum, at: _Sum) -> tuple[int, int]:
    """How far the weights of a sum stand behind those of the sum before it, and its bias behind that one's: where it has none, as far."""
    stride = at.start - before.start
    return stride, stride if at.bias is None else at.bias - before.bias  # type: ignore[operator]


def _continues(piece: list[_Sum], at: _Sum) -> bool:
    """Whether a sum is the next row of the matrix that the piece is."""
    stride, step = apart = _apart(piece[-1], at)
    return stride >= len(at.x) and step > 0 and (len(piece) == 1 or apart == _apart(*piece[-2:]))


def _layer(piece: list[_Sum]) -> Iterator[Layer]:
    head = piece[0]
    n = len(head.x)
    if len(piece) * n < LEAST_WEIGHTS:
        return
    stride, step = _apart(*piece[:2]) if len(piece) > 1 else (n, n)
    matrix = Matrix(len(piece), n, head.start, stride, head.bias, step, head.constant)
    places = list(matrix.places())
    if len(set(places)) == len(places):  # else a bias is one of the weights
        yield Layer([at.node for at in piece], head.x, matrix)
