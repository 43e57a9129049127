"""Networks as lectures draw them: which circles there are, in which columns, and which arrows run between them.

Nothing is marked for it. A unit is a weighted sum of other units, with the activation behind it; its weights are the
leaves (or plain numbers) that its sum multiplies. So every recorded network can be read: layers, perceptrons, gates,
shared weights, and what was written by hand.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

from ..value import Constant, Value
from .roles import is_parameter, is_product, layer_logit, signs_of, symbol_of


class Connection(NamedTuple):
    """An arrow into a unit: from a unit, or from the "+1" unit (``None``), with its weight."""

    source: Value | None
    weight: Value | None
    """The leaf that is multiplied; ``None`` where a unit is read as it is, with the weight 1."""
    sign: float = 1.0

    @property
    def strength(self) -> float:
        """The weight as a number."""
        return self.sign * (1.0 if self.weight is None else self.weight.data)


class Unit(NamedTuple):
    """A circle: the node whose value it has, its weighted sum, its activation (or other operation), and the arrows into it."""

    node: Value
    total: Value
    activation: str
    connections: list[Connection]


class Network(NamedTuple):
    """The columns of units, from the inputs to the outputs."""

    columns: list[list[Unit]]

    @property
    def sizes(self) -> str:
        """The number of units of each column, as networks are called: ``"2-2-1"``."""
        return "-".join(str(len(column)) for column in self.columns)


class NetworkError(ValueError):
    """The graph holds something else than units that read units; the message names the node and what to do."""


def network_of(outputs: Sequence[Value], inputs: Collection[Value] = (), parameters: Collection[Value] = ()) -> Network:
    """The units of a recorded graph, in columns; :class:`NetworkError` where it has other parts.

    ``inputs`` are the leaves that are units; left out, they are those of a subclass with a true ``is_input``, else all
    that are neither in ``parameters`` nor of a subclass with a true ``is_parameter``. Plain numbers are weights.

    >>> w, x, b = Value(0.5, "w"), Value(2.0, "x"), Value(1.0, "b")
    >>> network = network_of([(w * x + b).tanh()], inputs=[x])
    >>> network.sizes, [[unit.activation for unit in column] for column in network.columns]
    ('1-1', [[''], ['tanh']])
    """
    reader = _Reader(outputs, inputs, parameters)
    units: dict[Value, Unit] = {}
    pending = list(reversed(outputs))
    while pending:
        node = pending.pop()
        if node not in units:
            units[node] = unit = reader.unit(node)
            pending += [c.source for c in unit.connections if c.source is not None]
    return Network(_columns(units, outputs, reader.leaves))


def _columns(units: dict[Value, Unit], outputs: Sequence[Value], leaves: Sequence[Value]) -> list[list[Unit]]:
    """Each unit behind those that it reads; the units of a column in the order in which the next column reads them."""
    depth: dict[Value, int] = {}
    for node in _in_order(units, outputs):
        depth[node] = max((depth[c.source] + 1 for c in units[node].connections if c.source is not None), default=0)
    last = max(depth.values())
    read = {c.source for unit in units.values() for c in unit.connections}
    depth.update(dict.fromkeys((node for node in outputs if units[node].connections and node not in read), last))
    order = [*(leaf for leaf in leaves if leaf in units), *_first_read(units, outputs)]
    found: list[list[Unit]] = [[] for _ in range(last + 1)]
    for node in dict.fromkeys(order):
        found[depth[node]].append(units[node])
    return [column for column in found if column]


def _in_order(units: dict[Value, Unit], outputs: Sequence[Value]) -> Iterator[Value]:
    """The nodes of the units, each behind those that it reads."""
    seen: set[Value] = set()
    stack: list[tuple[Value, bool]] = [(node, False) for node in reversed(outputs)]
    while stack:
        node, ready = stack.pop()
        if ready:
            yield node
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack += [(c.source, False) for c in reversed(units[node].connections) if c.source is not None]


def _first_read(units: dict[Value, Unit], outputs: Sequence[Value]) -> list[Value]:
    """The nodes breadth first from the outputs, so that neighbours in a list stay neighbours in a column."""
    found = dict.fromkeys(outputs)
    queue = list(outputs)
    for node in queue:
        for connection in units[node].connections:
            if connection.source is not None and connection.source not in found:
                found[connection.source] = None
                queue.append(connection.source)
    return list(found)


class _Reader:
    """What tells weights from inputs in one graph, and units from the parts of their sums."""

    def __init__(self, outputs: Sequence[Value], inputs: Collection[Value], parameters: Collection[Value]) -> None:
        self.uses: Counter[Value] = Counter(outputs)
        leaves: dict[Value, None] = {}
        pending, seen = list(reversed(outputs)), set()
        while pending:
            node = pending.pop()
            if node in seen:
                continue
            seen.add(node)
            if node.primitive is None:
                leaves[node] = None
                continue
            pending += reversed(node.parents)
            self.uses.update(x for x in node.parents if x.primitive is not None)
        known = set(parameters)
        marked = [leaf for leaf in leaves if getattr(leaf, "is_input", False)]
        trained = [leaf for leaf in leaves if leaf in known or is_parameter(leaf)]
        trained_set = set(trained)
        others = [leaf for leaf in leaves if not isinstance(leaf, Constant) and leaf not in trained_set]
        self.is_told = bool(inputs or marked or trained)
        self.leaves = list(inputs) or _numbered(marked or others)
        self.is_input = set(self.leaves)

    def unit(self, node: Value) -> Unit:
        """The unit whose value ``node`` is."""
        if node in self.is_input:
            return Unit(node, node, "", [])
        logit, activation = layer_logit(node)
        if logit is None and self._is_sum(node):
            return Unit(node, node, "", list(self._terms(node)))
        if logit is None:
            activation = symbol_of(node.primitive)
            x = node.parents[0] if len(node.parents) == 1 else None
            logit = x if x is not None and self._is_sum(x) and self.uses[x] == 1 else None
        if logit is None:
            return Unit(node, node, activation, list(self._operands(node)))
        return Unit(node, logit, activation, list(self._terms(logit)))

    def _operands(self, node: Value) -> Iterator[Connection]:
        """What an operation other than a weighted sum reads: units, as they are, and numbers, which belong to the operation."""
        if not node.parents:
            raise NetworkError(f"{node!r} is read as a unit and is no input: name all inputs (inputs=[...])")
        if is_product(node.primitive) and not any(x.parents for x in node.parents):
            x, y = node.parents
            if not self.is_told or (self._is_weight(x) and self._is_weight(y)):
                raise NetworkError(f"which of {x!r} and {y!r} is the input, and which the weight? {_REMEDY}")
        for x in dict.fromkeys(node.parents):
            if not isinstance(x, Constant) or x in self.is_input:
                yield Connection(x, None)

    def _is_sum(self, node: Value) -> bool:
        if node in self.is_input or node.primitive is None:
            return False
        if is_product(node.primitive):
            return self._is_weight(node.parents[0]) != self._is_weight(node.parents[1])
        return node.primitive.weighted_sum or signs_of(node.primitive) is not None

    def _terms(self, total: Value) -> Iterator[Connection]:
        """The terms of a weighted sum, from left to right."""
        pending = [(total, 1.0)]
        while pending:
            node, sign = pending.pop()
            row = node.primitive
            if self._is_weight(node):
                if not self._is_nothing(node):  # a sum without bias has the constant 0
                    yield Connection(None, node, sign)
            elif row is None or not self._is_sum(node) or self._stands_alone(node, total):
                yield Connection(node, None, sign)
            elif row.weighted_sum:
                n = len(node.parents) // 2
                pairs = zip(node.parents[:n], node.parents[n:])
                yield from (self._product(w, x, sign) for w, x in pairs if not self._is_nothing(w))
                pending.append((node.parents[-1], sign))
            elif is_product(row):
                yield self._product(node.parents[0], node.parents[1], sign)
            else:
                pending += reversed([(x, sign * own) for x, own in zip(node.parents, signs_of(row) or ())])

    def _stands_alone(self, node: Value, total: Value) -> bool:
        """Whether a sum inside a sum is a unit of its own: it has a name, or others read it too."""
        return node is not total and not is_product(node.primitive) and (node.name is not None or self.uses[node] > 1)

    def _product(self, x: Value, y: Value, sign: float) -> Connection:
        weights = self._is_weight(x), self._is_weight(y)
        if weights[0] == weights[1]:
            what = "weights" if weights[0] else "units"
            raise NetworkError(f"a product of two {what} is no connection: {x!r} * {y!r}; {_REMEDY}")
        weight, source = (x, y) if weights[0] else (y, x)
        while signs_of(source.primitive) == (-1.0,) and self.uses[source] == 1 and source.name is None:
            source, sign = source.parents[0], -sign
        return Connection(source, weight, sign)

    def _is_nothing(self, weight: Value) -> bool:
        """Whether it is the number 0, which connects nothing; a parameter may become another number."""
        return isinstance(weight, Constant) and weight.data == 0.0 and weight not in self.is_input

    def _is_weight(self, node: Value) -> bool:
        return node.primitive is None and node not in self.is_input


_REMEDY = "name the inputs (inputs=[...]), or draw at another level"


def _numbered(leaves: list[Value]) -> list[Value]:
    """Leaves that are called by one letter and numbers, such as x1 and x2, in the order of the numbers; others as they are."""
    matches: list[Any] = [re.fullmatch(r"(\D+)\[?(\d+)\]?", leaf.name or "") for leaf in leaves]
    if not all(matches) or len({match[1] for match in matches}) > 1:
        return leaves
    return [leaf for _, _, leaf in sorted((int(match[2]), i, leaf) for i, (match, leaf) in enumerate(zip(matches, leaves)))]
