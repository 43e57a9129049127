"""Networks as lectures draw them: circles in columns, weights on the arrows, a "+1" unit for the biases.

Nothing is marked for it. A unit is a weighted sum of other units, with the activation behind it; its weights are the
leaves (or plain numbers) that its sum multiplies. So every recorded network can be drawn: layers, perceptrons, gates,
shared weights, and what was written by hand.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from ..value import Constant, Value, topological_order


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
    """A circle: the node whose value it has, its weighted sum, its activation, and the arrows into it."""

    node: Value
    total: Value
    activation: str
    connections: list[Connection]


class Network(NamedTuple):
    """The columns of units, from the inputs to the outputs."""

    columns: list[list[Unit]]

    def place(self) -> dict[Value, tuple[int, int]]:
        """For each unit's node its column and its row."""
        return {unit.node: (i, j) for i, column in enumerate(self.columns) for j, unit in enumerate(column)}


class NotANetwork(ValueError):
    """The graph holds something else than weighted sums of units; the message names the node."""


def network_of(outputs: Sequence[Value], inputs: Collection[Value] = ()) -> Network:
    """The units of a recorded graph, in columns; :class:`NotANetwork` where it has other parts.

    ``inputs`` are the leaves that are units; left out, they are those that are marked as inputs, else all that are not
    parameters.

    >>> w, x, b = Value(0.5, "w"), Value(2.0, "x"), Value(1.0, "b")
    >>> network = network_of([(w * x + b).tanh()], inputs=[x])
    >>> [[unit.activation for unit in column] for column in network.columns]
    [[''], ['tanh']]
    """
    reader = _Reader(outputs, inputs)
    units: dict[Value, Unit] = {}
    pending = list(outputs)
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
    depth.update(dict.fromkeys((node for node in outputs if units[node].connections), last))
    order = [*(leaf for leaf in leaves if leaf in units), *_first_read(units, outputs)]
    found: list[list[Unit]] = [[] for _ in range(last + 1)]
    for node in dict.fromkeys(order):
        found[depth[node]].append(units[node])
    return found


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
    """What tells weights from inputs in one graph."""

    def __init__(self, outputs: Sequence[Value], inputs: Collection[Value]) -> None:
        order = list(dict.fromkeys(node for output in outputs for node in topological_order(output)))
        leaves = [node for node in order if not node.parents]
        marked = [leaf for leaf in leaves if getattr(leaf, "is_input", False)]
        others = [leaf for leaf in leaves if not isinstance(leaf, Constant) and not getattr(leaf, "is_parameter", False)]
        self.leaves = list(inputs) or marked or others
        self.is_input = set(self.leaves)

    def unit(self, node: Value) -> Unit:
        """The unit whose value ``node`` is."""
        if node in self.is_input:
            return Unit(node, node, "", [])
        total, activation = node, ""
        row = node.primitive
        if row is not None and _is_activation(node) and not self._is_sum(node):
            activation, total = node.op, node.parents[0]
        elif (logit := _softmax_logit(node)) is not None:
            activation, total = "softmax", logit
        return Unit(node, total, activation, list(self._terms(total, 1.0)) if self._is_sum(total) else [Connection(total, None)])

    def _is_sum(self, node: Value) -> bool:
        return node.op in ("dot", "+", "-", "*", "neg") and node not in self.is_input

    def _terms(self, total: Value, sign: float) -> Iterator[Connection]:
        """The terms of a weighted sum, from left to right."""
        pending = [(total, sign)]
        while pending:
            node, sign = pending.pop()
            x, *rest = node.parents or (None,)
            if node.op == "dot":
                n = len(node.parents) // 2
                for pair in zip(node.parents[:n], node.parents[n:]):
                    yield self._product(*pair, sign)
                yield from self._bias(node.parents[-1], sign)
            elif node.op in ("+", "-") and node not in self.is_input:
                pending += [(rest[0], sign if node.op == "+" else -sign), (x, sign)]  # type: ignore[list-item]
            elif node.op == "neg":
                pending.append((x, -sign))  # type: ignore[arg-type]
            elif node.op == "*":
                yield self._product(x, rest[0], sign)  # type: ignore[arg-type]
            elif self._is_weight(node):
                yield from self._bias(node, sign)
            else:
                yield Connection(node, None, sign)

    def _bias(self, node: Value, sign: float) -> Iterator[Connection]:
        if not self._is_weight(node):
            yield Connection(node, None, sign)
        elif not isinstance(node, Constant) or node.data != 0.0:  # a sum without bias has the constant 0
            yield Connection(None, node, sign)

    def _product(self, x: Value, y: Value, sign: float) -> Connection:
        weights = [self._is_weight(x), self._is_weight(y)]
        if weights == [True, False]:
            return Connection(y, x, sign)
        if weights == [False, True]:
            return Connection(x, y, sign)
        what = "two weights" if all(weights) else "two units"
        raise NotANetwork(f"a product of {what} is no connection: {x!r} * {y!r}; name the inputs (inputs=...), or draw at level='operation'")

    def _is_weight(self, node: Value) -> bool:
        return not node.parents and node not in self.is_input


def _is_activation(node: Value) -> bool:
    return len(node.parents) == 1 and node.op not in ("neg",)


def _softmax_logit(node: Value) -> Value | None:
    """The logit behind one output of softmax, ``exp(x - shift) / total``."""
    if node.op != "/" or node.parents[0].op != "exp":
        return None
    shifted = node.parents[0].parents[0]
    return shifted.parents[0] if shifted.op == "-" and shifted.parents[1].op == "exponent_shift" else None
