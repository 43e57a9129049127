"""A network in the player: which frames there are, unit by unit or layer by layer, and what each of them says.

Forward, a unit has its weighted sum z and its value. Backward, it has δ, the gradient by z, and with it the gradients by its weights.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from ..formulas.typesetting import operation_text
from ..functions import dot
from ..value import Constant, Value, topological_order
from .network import Connection, Network, Unit
from .network_names import layer_mark, shared_weights, subscript, unit_names, weight_name
from .network_picture import read_network
from .network_places import MOST, drawn_rows
from .player_frames import Frame, Number, Passes, Piece, in_figures, leaves_frame, listed, terms_of
from .scene import Node, View

LARGEST = 20_000  # values of a network, each of which a page computes again whenever a leaf changes
FEW = 6  # connections of a unit that are written out


class Course(NamedTuple):
    """A network that is played: its units, the passes over all operations, and the place of each Value in their scene."""

    network: Network
    passes: Passes
    places: dict[Value, int]
    end: Value
    """What is differentiated: the loss, or the output, or the sum of the outputs."""
    outputs: list[Value]


def course_of(
    given: object, called: Mapping[Value, str], inputs: Collection[Value], parameters: Collection[Value], loss: Value | None,
    by: str, limit: int, classes: Sequence[str],
) -> Course:  # fmt: skip
    """The passes over a network; ``by`` is ``"unit"`` or ``"layer"``. A layer of which not all units are drawn is one step."""
    outputs, inputs, network = read_network(given, inputs, parameters, loss, classes, limit)
    weights = {c.weight for column in network.columns for unit in column for c in unit.connections if c.weight is not None}
    trained = [weight for weight in weights if not isinstance(weight, Constant)]
    end = loss if loss is not None else outputs[0] if len(outputs) == 1 else dot([1.0] * len(outputs), outputs)
    order = topological_order(end)
    if len(order) > LARGEST:
        raise ValueError(f"the network has {len(order)} values, more than a page computes again at once ({LARGEST}): play a smaller one")
    if not set(order).issuperset(outputs):
        raise ValueError("loss is not computed from the outputs: give the loss of the outputs that are played, loss=...")
    scene = View(end, {}, [unit.node for unit in network.columns[0]], {*parameters, *trained}).whole()
    places = {node.values[0]: node.key for node in scene.nodes}
    names = _names(network, called)
    if loss is not None and loss.name is None and "L" not in {*names.values(), *(node.name for node in scene.nodes)}:
        names.setdefault(loss, called.get(loss, "L"))  # as textbooks call it
    nodes = [node._replace(name=names.get(node.values[0], node.name), is_named=True) for node in scene.nodes]
    scene = scene._replace(nodes=nodes, output=nodes[scene.output.key])
    passes = Passes(scene, terms_of(scene), [])
    course = Course(network, passes, places, end, outputs)
    passes.frames.extend(_Script(course, by).frames())
    return course


def _names(network: Network, called: Mapping[Value, str]) -> dict[Value, str]:
    """What units, weighted sums and weights are called, as in textbooks."""
    names = dict(unit_names(network, called))
    last = len(network.columns) - 1
    for i, column in enumerate(network.columns):
        rows = {source.node: k for k, source in enumerate(network.columns[i - 1], start=1)} if i else {}
        arrows = [(j, c) for j, unit in enumerate(column, start=1) for c in unit.connections]
        uses = [(j, c, 0 if c.source is None else rows.get(c.source, 1)) for j, c in arrows]
        shared = shared_weights((c.weight, row - j) for j, c, row in uses if c.weight is not None and c.source is not None)
        names.update({weight: f"w{subscript(k)}{layer_mark(i, last)}" for k, weight in enumerate(shared, start=1)})
        for j, unit in enumerate(column, start=1):
            if unit.total is not unit.node:
                number = "" if i == last and len(column) == 1 else subscript(j)
                names.setdefault(unit.total, f"z{number}{layer_mark(i, last)}")
        for j, connection, row in uses:
            if connection.weight is not None and not isinstance(connection.weight, Constant):
                names.setdefault(connection.weight, weight_name(connection, i, last, j, row))
    return names


class _Script:
    """Writes the frames of a network."""

    def __init__(self, course: Course, by: str) -> None:
        self.network, self.passes, self.places = course.network, course.passes, course.places
        self.columns, self.course, self.by = course.network.columns, course, by
        self.nodes: list[Node] = self.passes.scene.nodes
        self.end = self.passes.scene.output
        self.readers: dict[Value, list[tuple[Unit, Connection]]] = {}
        for column in self.columns:
            for unit in column:
                for connection in unit.connections:
                    if connection.source is not None:
                        self.readers.setdefault(connection.source, []).append((unit, connection))
        self.uses = Counter(use.tail for use, _ in self.passes.terms)
        order = [unit for column in reversed(self.columns[1:]) for unit in column]
        self.finished = {c.weight: unit.node for unit in order for c in unit.connections}  # the last unit that adds to its gradient

    def frames(self) -> list[Frame]:
        """The inputs, each unit or layer, the loss, the seed, and each unit or layer backwards."""
        frames = [self._given()]
        for i, column in enumerate(self.columns[1:], start=1):
            frames += [self._forward(unit) for unit in column] if self._by_unit(column) else [self._layer_forward(i)]
        shown = {unit.node for column in self.columns for unit in column}
        if self.course.end not in shown:
            frames.append(self._loss())
        frames.append(self._seed())
        for i in range(len(self.columns) - 1, 0, -1):
            column = self.columns[i]
            frames += [self._backward(unit) for unit in column] if self._by_unit(column) else [self._layer_backward(i)]
        return [*frames, self._to_inputs()]

    def _by_unit(self, column: Sequence[Unit]) -> bool:
        return self.by == "unit" and len(column) <= MOST

    # -- forward -------------------------------------------------------------------------------------------------
    def _given(self) -> Frame:
        inputs = [self._node(unit.node) for unit in self.columns[0]]
        weights = [node for node in self.nodes if node.kind == "parameter"]
        frame = leaves_frame(inputs)
        count = f"{len(weights)} weight{'s' if len(weights) != 1 else ''}"
        shown = [self.places[self.columns[0][row].node] for row in drawn_rows(len(inputs)) if row is not None]
        leaves = [node.key for node in self.nodes if node.row is None]
        return frame._replace(symbols=f"{frame.symbols}, and {count}" if weights else frame.symbols, now=shown, data=leaves)

    def _forward(self, unit: Unit) -> Frame:
        node, total = self._node(unit.node), self._node(unit.total)
        symbols, numbers = self._weighted_sum(unit)
        if unit.node is not unit.total:
            direct = node.row is not None and node.parents == (total.key,)
            written = operation_text(node.row, [total.name]) if direct and node.row else f"{unit.activation}({total.name})"
            symbols = f"{symbols}\n{node.name} = {written}" if symbols else f"{node.name} = {written}"
            own: list[Piece] = in_figures(node) if direct else [f"{unit.activation} of ", Number("data", total.key, is_answer=False)]
            numbers = [*numbers, "\n", *own, " = ", Number("data", node.key)]
        elif not symbols:
            symbols, numbers = f"{node.name} = {node.expression}", [*in_figures(node), " = ", Number("data", node.key)]
        return Frame("Forward", symbols, numbers, [node.key], self._into([unit]), data=self._of([unit]))

    def _weighted_sum(self, unit: Unit) -> tuple[str, list[Piece]]:
        """``z = w₁ · x₁ + w₂ · x₂ + b``, in symbols and in numbers; nothing for another operation."""
        total = self._node(unit.total)
        if all(c.weight is None for c in unit.connections):
            return "", []
        symbols, numbers = "", list[Piece]()
        connections, left = unit.connections, len(unit.connections) > FEW
        for connection in [*connections[: FEW - 1], connections[-1]] if left else connections:
            if left and connection is connections[-1]:
                symbols, numbers = symbols + " + …", [*numbers, " + …"]
            sign = ("-" if connection.sign < 0 else "") if not symbols else " - " if connection.sign < 0 else " + "
            factors = [x for x in (connection.weight, connection.source) if x is not None]
            symbols += sign + " · ".join(self._node(x).name for x in factors)
            numbers.append(sign)
            for k, x in enumerate(factors):
                numbers += [" · "] if k else []
                numbers.append(Number("data", self.places[x], True, is_answer=False))
        return f"{total.name} = {symbols}", [f"{total.name} = ", *numbers, " = ", Number("data", total.key)]

    def _layer_forward(self, i: int) -> Frame:
        column = self.columns[i]
        return Frame("Forward", self._about(i), self._list(column, "data"), self._drawn(i), self._into(column), data=self._of(column))

    def _loss(self) -> Frame:
        outputs = [self._node(x) for x in self.course.outputs]
        numbers: list[Piece] = [f"{self.end.name} = ", Number("data", self.end.key)]
        about = f"{self.end.name}, computed from {listed([node.name for node in outputs])}"
        return Frame("Forward", about, numbers, [node.key for node in outputs], [], data=[self.end.key])

    def _seed(self) -> Frame:
        outputs, seed = [self.places[x] for x in self.course.outputs], Number("grad", self.end.key)
        itself = f"∂{self._of_end}/∂{self._of_end}"
        return Frame("Seed", itself, [f"{itself} = ", seed], outputs if self.course.end not in self.course.outputs else [self.end.key], [])

    # -- backward ------------------------------------------------------------------------------------------------
    @property
    def _of_end(self) -> str:
        """What is differentiated, as it stands above a fraction line."""
        end, outputs = self.course.end, self.course.outputs
        return "Σŷ" if end not in outputs and end.name is None and len(outputs) > 1 else self.end.name

    def _backward(self, unit: Unit) -> Frame:
        """What arrives from the units that read it, δ, and the gradients by its weights."""
        node, total, of = self._node(unit.node), self._node(unit.total), f"∂{self._of_end}/∂"
        symbols, numbers = f"{of}{node.name}", list[Piece]([f"{of}{node.name} = "])
        arriving, delta = self._arriving(unit), _delta(total)
        if arriving is not None:
            symbols += f" = {arriving[0]}"
            numbers += [*arriving[1], " = "]
        numbers.append(Number("grad", node.key))
        if total is node:
            symbols += f" = {delta}"
        elif node.parents == (total.key,):
            term = next(i for i, (use, _) in enumerate(self.passes.terms) if (use.head, use.tail) == (node.key, total.key))
            symbols += f"\n{delta} = {of}{node.name} · ∂{node.name}/∂{total.name}"
            product: list[Piece] = [Number("grad", node.key, True), " · ", Number("local", term, True)]
            numbers += [f"\n{delta} = ", *product, " = ", Number("grad", total.key)]
        else:
            symbols += f"\n{delta} = {of}{total.name}, through {unit.activation}"
            numbers += [f"\n{delta} = ", Number("grad", total.key)]
        weights = [c for c in unit.connections if c.weight is not None and self.finished[c.weight] is unit.node and _is_trained(c)]
        for k, connection in enumerate(weights[:MOST]):
            weight = self._node(connection.weight)  # type: ignore[arg-type]
            numbers += [", " if k else f"\n{delta} times what each weight multiplies: ", f"∂{weight.name}: ", Number("grad", weight.key)]
        numbers += [", …"] if len(weights) > MOST else []
        return Frame("Backward", symbols, numbers, [node.key], self._into([unit]), grads=self._gradients([unit]))

    def _arriving(self, unit: Unit) -> tuple[str, list[Piece]] | None:
        """What comes back from the units that read it: ``w · δ + ...``; nothing where that is no weighted sum."""
        readers = self.readers.get(unit.node, [])
        if not readers or len(readers) > FEW or any(c.weight is None for _, c in readers):
            return None
        if self.uses[self.places[unit.node]] != len(readers):  # the loss reads it, too
            return None
        symbols, numbers = "", list[Piece]()
        for reader, connection in readers:
            total, sign = self._node(reader.total), ("-" if connection.sign < 0 else "") if not symbols else (
                " - " if connection.sign < 0 else " + "
            )
            weight = self._node(connection.weight)  # type: ignore[arg-type]
            symbols += f"{sign}{weight.name} · {_delta(total)}"
            numbers += [sign, Number("data", weight.key, True, is_answer=False), " · ", Number("grad", total.key, True, is_answer=False)]
        return symbols, numbers

    def _layer_backward(self, i: int) -> Frame:
        column = self.columns[i]
        numbers = [*self._list(column, "grad")]
        return Frame("Backward", f"δ of {self._about(i)}", numbers, self._drawn(i), self._into(column), grads=self._gradients(column))

    def _to_inputs(self) -> Frame:
        column = self.columns[0]
        symbols = f"∂{self._of_end} by the inputs {listed([self._node(unit.node).name for unit in column])}"
        numbers: list[Piece] = []
        products = [self._arriving(unit) for unit in column] if len(column) <= FEW else []
        for k, unit in enumerate(column[:MOST]):
            name, result = self._node(unit.node).name, Number("grad", self.places[unit.node])
            if products and all(products):
                told, factors = products[k]  # type: ignore[misc]
                symbols += f"\n∂{self._of_end}/∂{name} = {told}"
                numbers += ["\n" if k else "", f"∂{self._of_end}/∂{name} = ", *factors, " = ", result]
            else:
                numbers += [", " if k else "", f"∂/∂{name} = ", result]
        return Frame("Backward", symbols, numbers, self._drawn(0), [], grads=self._gradients(column))

    # -- parts ---------------------------------------------------------------------------------------------------
    def _node(self, value: Value) -> Node:
        return self.nodes[self.places[value]]

    def _about(self, i: int) -> str:
        column, last = self.columns[i], len(self.columns) - 1
        kinds = ", ".join(dict.fromkeys(unit.activation or "linear" for unit in column))
        return f"{'the output layer' if i == last else f'hidden layer {i}'}: {len(column)} unit{'s' if len(column) > 1 else ''}, {kinds}"

    def _list(self, column: Sequence[Unit], kind: str) -> list[Piece]:
        pieces: list[Piece] = []
        for k, unit in enumerate(column[:FEW]):
            place = self.places[unit.node if kind == "data" else unit.total]
            pieces += [", " if k else "", f"{self._node(unit.node).name}: ", Number(kind, place)]
        return [*pieces, ", …"] if len(column) > FEW else pieces

    def _drawn(self, i: int) -> list[int]:
        return [self.places[self.columns[i][row].node] for row in drawn_rows(len(self.columns[i])) if row is not None]

    def _of(self, units: Sequence[Unit]) -> list[int]:
        return [self.places[x] for unit in units for x in dict.fromkeys((unit.node, unit.total))]

    def _into(self, units: Sequence[Unit]) -> list[tuple[int, int]]:
        return [(self.places[unit.node], position) for unit in units for position in range(len(unit.connections))]

    def _gradients(self, units: Sequence[Unit]) -> list[tuple[int, Number]]:
        """What is known when these units are done: their own gradients, and those of weights that no other unit adds to."""
        done = {unit.node for unit in units}
        found = self._of(units)
        weights = {c.weight: None for unit in units for c in unit.connections if c.weight is not None and self.finished[c.weight] in done}
        found += [self.places[weight] for weight in weights if not isinstance(weight, Constant)]
        return [(key, Number("grad", key)) for key in found]


def _is_trained(connection: Connection) -> bool:
    return not isinstance(connection.weight, Constant)


def _delta(total: Node) -> str:
    """The gradient by a weighted sum: that of z₁ is δ₁."""
    return f"δ{total.name[1:]}" if total.name.startswith("z") else f"δ({total.name})"
