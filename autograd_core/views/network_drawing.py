"""The picture of a network as DOT text in which every place is fixed, so that any layout engine draws the same."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from ..formulas.typesetting import number_text
from ..value import Value
from . import layout
from .columns import turned
from .labels import Options
from .network import Connection, Network, Unit
from .network_names import shared_weights, subscript, unit_names, weight_name
from .network_places import RADII, Circle, circles, drawn_rows, fitting, label_places, text_width, way_around

POSITIVE, NEGATIVE = "#0072b2", "#d55e00"  # blue and vermilion of Okabe and Ito: told apart without red and green
SHARED = (POSITIVE, NEGATIVE, "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a8a00")  # one for each weight of a filter
LABELLED = 24  # arrows into a column that carry their weights; more are told by width and colour
_TINTS = {POSITIVE: "#dcecf7", NEGATIVE: "#fbe3d3", layout.GREY: "#e4e4e4"}  # behind the numbers on arrows
_PLAIN = {
    "shape": "plaintext", "fixedsize": "false", "fillcolor": "transparent", "fontcolor": layout.GREY, "width": "0.1", "height": "0.1",
}  # fmt: skip
_LETTERS = 10.0  # size of the numbers on arrows


class Numbers(NamedTuple):
    """What is written beside the recorded values: the gradients of nodes, names that the caller gave, names of classes, a note."""

    gradients: Mapping[Value, float]
    called: Mapping[Value, str]
    classes: Sequence[str] = ()
    note: str = ""


class Still(NamedTuple):
    """One moment of both passes: the units whose values are known, the gradients that are known, and the units that it is about."""

    data: Collection[Value]
    grads: Mapping[Value, float]
    """Of a unit by its weighted sum (δ), of a weight, and of an input."""
    now: Collection[Value]
    widest: Mapping[Value, float]
    """The gradient that a weight will have, for which its arrow has room."""


class Arrow(NamedTuple):
    """A drawn connection: the circles that it joins, and the numbers of unit and source in their columns, from 1."""

    tail: str
    head: str
    connection: Connection
    unit: int
    source: int


def network_dot(network: Network, options: Options, numbers: Numbers, legend: bool) -> str:
    """The network as DOT text: a circle for each unit, an arrow for each connection, captions below."""
    source: str = Diagram(network, options, numbers).graph(legend).source
    return source


class Diagram:
    """What is written in and between the circles of one network, and where; with ``still``, what is known of it at that moment."""

    def __init__(self, network: Network, options: Options, numbers: Numbers, still: Still | None = None) -> None:
        self.columns, self.options, self.numbers, self.still = network.columns, options, numbers, still
        self.last = len(self.columns) - 1
        self.names = dict(unit_names(network, numbers.called))
        self.keys = {
            column[row].node: (f"u{i}_{row}", row + 1)
            for i, column in enumerate(self.columns)
            for row in drawn_rows(len(column))
            if row is not None
        }
        self.into = [self._arrows(i) for i in range(len(self.columns))]
        self.shared = [_shared(arrows) for arrows in self.into]
        radius = RADII[1 + len({"data", "grad"} & options.show)]
        drawn = [unit for column in self.columns for unit in column if unit.node in self.keys]
        self.letters = min(fitting(self._in_unit(unit), radius) for unit in drawn)
        if still is not None:
            self.letters = max(10.5, self.letters)  # a page squeezes a longer number into its circle
        self.upright = options.rankdir in ("TB", "BT")
        self.room: dict[int, list[tuple[float, float] | None]] = {}  # for the numbers on the arrows into a column
        columns = range(len(self.columns))
        room = max(20.0, *(self._widest(i) for i in columns)) if self.upright else 20.0
        self.placed = circles([self._column(i) for i in columns], radius, self._gaps(radius), room)

    def graph(self, legend: bool) -> Any:
        """Everything as a graph of the graphviz package."""
        graph = layout.new_digraph(self.options.rankdir, 1)
        graph.attr("graph", layout="neato", splines="line", outputorder="edgesfirst")
        graph.attr("node", shape="circle", fixedsize="true", margin="0", penwidth="1.2")
        graph.attr("edge", arrowsize="0.6")
        for i in range(len(self.columns)):
            self._add_column(graph, i)
            self._add_arrows(graph, i)
        if legend and any(self.into):
            graph.attr("graph", label=self._legend(), labelloc="b", labeljust="l")
        return graph

    @property
    def lowest(self) -> float:
        """How far down captions reach, about."""
        shared = max(map(len, self.shared))
        return min(circle.y - circle.radius for circle in self.placed.values()) - (110.0 if self.upright else 45.0) - 13.0 * shared

    # -- circles -------------------------------------------------------------------------------------------------
    def _column(self, i: int) -> list[str]:
        """The circles of a column from top to bottom."""
        bias = [f"bias{i}"] if any(arrow.tail == f"bias{i}" for arrow in self._behind(i)) else []
        return bias + [f"dots{i}" if row is None else f"u{i}_{row}" for row in drawn_rows(len(self.columns[i]))]

    def _behind(self, i: int) -> list[Arrow]:
        return self.into[i + 1] if i < self.last else []

    def _gaps(self, radius: float) -> list[float]:
        """How far each column stands behind the one before: further where more numbers stand between."""
        height = max(len(self._column(i)) for i in range(len(self.columns))) * (2.0 * radius + 20.0)
        gaps = [0.0]
        for i in range(1, len(self.columns)):
            width = 26.0 if self.upright else self._widest(i) + 5.0
            room = width * (1.0 + len(self.into[i]) ** 0.5) if self._is_labelled(i) else 0.0
            gaps.append(2.0 * radius + max(60.0 if self.upright else 90.0, 0.25 * height, room))
        return gaps

    def _widest(self, i: int) -> float:
        """The width of the longest text on an arrow into a column; 0 without texts."""
        return max((text_width(self._on_arrow(arrow), _LETTERS) for arrow in self.into[i]), default=0.0) if self._is_labelled(i) else 0.0

    def _add_column(self, graph: Any, i: int) -> None:
        kind = "input" if i == 0 else "output" if i == self.last else "operation"
        for name in self._column(i):
            place = self.placed[name]
            look = {"pos": self._pos(place.x, place.y), "width": _inches(2.0 * place.radius)}
            if name.startswith("bias"):
                graph.node(name, label="+1", style="filled,dashed", fillcolor=layout.STYLES["constant"].fill, **look)
            elif name.startswith("dots"):
                for k in (-1, 0, 1):  # points, because not every font has the sign
                    pos = self._pos(place.x, place.y + 9.0 * k)
                    graph.node(f"{name}_{k + 2}", label="", shape="point", width="0.05", pos=pos, fillcolor=layout.GREY)
            else:
                row = int(name.partition("_")[2])
                unit = self.columns[i][row]
                lines = self._in_unit(unit) if self.still is None else self._known(unit, self.still)
                if self.still is not None and unit.node in self.still.now:
                    look |= {"color": NEGATIVE, "penwidth": "4"}
                look |= {"label": layout.in_label("\n".join(lines)), "fontsize": f"{self.letters:g}"}
                graph.node(name, style="filled", fillcolor=layout.STYLES[kind].fill, **look)
                if i == self.last and self.numbers.classes:
                    self._add_class(graph, row, place)
        self._add_caption(graph, i)

    def _add_class(self, graph: Any, row: int, circle: Circle) -> None:
        """The name of a class behind the circle of its output."""
        word = self.numbers.classes[row]
        off = circle.radius + (10.0 if self.upright else 6.0 + text_width(word, 12.0) / 2.0)
        graph.node(f"class{row}", label=layout.in_label(word), pos=self._pos(circle.x + off, circle.y), fontsize="12", **_PLAIN)

    def _in_unit(self, unit: Unit) -> list[str]:
        lines = [self.names[unit.node]]
        if "data" in self.options.show:
            lines.append(number_text(unit.node.data, self.options.digits))
        if "grad" in self.options.show:
            backward = self.options.is_backward
            gradient = self.numbers.gradients.get(unit.total if backward else unit.node, 0.0)
            lines.append(f"{'δ' if backward and unit.connections else '∂'} {number_text(gradient, self.options.digits)}")
        return lines

    def _known(self, unit: Unit, still: Still) -> list[str]:
        """The same as far as it is known."""
        digits, name = self.options.digits, self.names[unit.node]
        sign, gradient = ("δ" if unit.connections else "∂"), still.grads.get(unit.total)
        value = number_text(unit.node.data, digits) if unit.node in still.data else "?"
        return [name, value, sign if gradient is None else f"{sign} {number_text(gradient, digits)}"]

    def _add_caption(self, graph: Any, i: int) -> None:
        """Which layer it is, with its size and activation, and the weights that it shares."""
        lowest = min(circle.y - circle.radius for circle in self.placed.values())
        column, hidden = self.columns[i], f"hidden layer {i}" if self.last > 2 else "hidden layer"
        layer = "input layer" if i == 0 else "output layer" if i == self.last else hidden
        kinds = ", ".join(dict.fromkeys("linear" if unit.activation in ("", "identity") else unit.activation for unit in column))
        size = f"{len(column)} {'input' if i == 0 else 'unit'}{'s' if len(column) > 1 else ''}"
        lines = [layer, size if i == 0 else f"{size}, {kinds}"]
        rows = "".join(f"<TR><TD COLSPAN='2'>{layout.in_cell(line)}</TD></TR>" for line in lines)
        shared = list(self.shared[i].items())
        for k, (weight, colour) in enumerate(shared, start=1):
            name = f"w{subscript(k)} = {number_text(weight.data, self.options.digits)}"
            rows += f'<TR>{_swatch(colour)}<TD ALIGN="LEFT">{layout.in_cell(name)}</TD></TR>'
        label = f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="1" CELLPADDING="1">{rows}</TABLE>>'
        height = 13.0 * (len(lines) + len(shared))
        y = lowest - (60.0 if self.upright else 10.0 + height / 2.0)
        graph.node(f"caption{i}", label=label, pos=self._pos(self.placed[self._column(i)[0]].x, y), fontsize="11", **_PLAIN)

    # -- arrows --------------------------------------------------------------------------------------------------
    def _arrows(self, i: int) -> list[Arrow]:
        """The connections of the drawn units of a column with drawn units."""
        found = []
        for row in drawn_rows(len(self.columns[i])):
            for connection in self.columns[i][row].connections if row is not None else ():
                source = connection.source
                tail, number = (f"bias{i - 1}", 0) if source is None else self.keys.get(source, ("", 0))
                if tail:
                    found.append(Arrow(tail, f"u{i}_{row}", connection, (row or 0) + 1, number))
        return found

    def _is_labelled(self, i: int) -> bool:
        return bool({"weight", "name"} & self.options.show) and not self.shared[i] and len(self.into[i]) <= LABELLED

    def _add_arrows(self, graph: Any, i: int) -> None:
        arrows = self.into[i]
        largest = max((abs(self._measure(arrow.connection)) for arrow in arrows), default=0.0) or 1.0
        starts = [self._start(graph, i, number, arrow) for number, arrow in enumerate(arrows)]
        for arrow, start in zip(arrows, starts):
            width = 0.6 + 2.4 * min(1.0, abs(self._measure(arrow.connection)) / largest)
            look = {"color": self._colour(i, arrow.connection), "penwidth": f"{width:.2f}"}
            if self.still is not None and self._is_now(i, arrow, self.still):
                look |= {"style": "dashed", "penwidth": "3.5"}
            way = list(dict.fromkeys([arrow.tail, start, arrow.head]))
            way = way[::-1] if self.options.is_backward else way
            for one, other in itertools.pairwise(way):
                graph.edge(one, other, **look, **({} if other == way[-1] else {"dir": "none"}))
        if self._is_labelled(i):
            self._add_texts(graph, i, starts)

    def _is_now(self, i: int, arrow: Arrow, still: Still) -> bool:
        return self.columns[i][arrow.unit - 1].node in still.now

    def _start(self, graph: Any, i: int, number: int, arrow: Arrow) -> str:
        """Where the last straight part of an arrow begins: at its tail, or where it has run around circles that stand between."""
        if arrow.tail.startswith(("bias", f"u{i - 1}_")):
            return arrow.tail
        point = way_around(self.placed[arrow.tail], self.placed[arrow.head], list(self.placed.values()))
        if point is None:
            return arrow.tail
        name = f"way{i}_{number}"
        self.placed[name] = point
        graph.node(name, label="", shape="point", width="0.01", color=self._colour(i, arrow.connection), pos=self._pos(point.x, point.y))
        return name

    def _add_texts(self, graph: Any, i: int, starts: Sequence[str]) -> None:
        """The numbers on the arrows into a column, where there is room for them."""
        texts = [(start, arrow.head, self._on_arrow(arrow)) for start, arrow in zip(starts, self.into[i])]
        if i not in self.room:  # the same at every moment
            self.room[i] = label_places(texts, self.placed, _LETTERS, self.upright)
        for number, (arrow, (_, _, text), place) in enumerate(zip(self.into[i], texts, self.room[i])):
            if place and text:
                tint = _TINTS[self._colour(i, arrow.connection)]
                look = {"shape": "box", "style": "filled,rounded", "color": tint, "fillcolor": tint, "fontsize": f"{_LETTERS:g}"}
                look |= {"width": _inches(text_width(text, _LETTERS) + 4.0), "height": "0.18"}
                text = self._now_on_arrow(arrow, text)
                graph.node(f"weight{i}_{number}", label=layout.in_label(text), pos=self._pos(*place), **look)

    def _colour(self, i: int, connection: Connection) -> str:
        if self.shared[i]:
            return self.shared[i].get(connection.weight, layout.GREY) if connection.weight else layout.GREY
        measure = self._measure(connection)
        return POSITIVE if measure > 0.0 else NEGATIVE if measure < 0.0 else layout.GREY

    def _measure(self, connection: Connection) -> float:
        """What colour and width of an arrow tell: the weight, or its gradient in a backward picture."""
        if not self.options.is_backward:
            return connection.strength
        return 0.0 if connection.weight is None else self.numbers.gradients.get(connection.weight, 0.0)

    def _on_arrow(self, arrow: Arrow) -> str:
        """The name and the number on an arrow; in a backward picture the number is the weight's gradient."""
        connection, show = arrow.connection, self.options.show
        name = weight_name(connection, int(arrow.head[1:].partition("_")[0]), self.last, arrow.unit, arrow.source) if "name" in show else ""
        if "weight" not in show:
            return name
        if connection.weight is None and self.options.is_backward:
            return name
        if self.still is not None:  # room for the longer of the two that stand there
            return max(self._two_on_arrow(connection, self.still.widest), key=len)
        number = number_text(self._measure(connection), self.options.digits)
        return f"{name} = {number}" if name else number

    def _two_on_arrow(self, connection: Connection, gradients: Mapping[Value, float]) -> list[str]:
        """A weight, and the gradient by it."""
        found = [number_text(connection.strength, self.options.digits)]
        if connection.weight is not None and connection.weight in gradients:
            found.append(f"∂ {number_text(gradients[connection.weight], self.options.digits)}")
        return found

    def _now_on_arrow(self, arrow: Arrow, text: str) -> str:
        """What stands on an arrow at one moment: the weight, and once it is known the gradient by it."""
        return text if self.still is None else self._two_on_arrow(arrow.connection, self.still.grads)[-1]

    def _legend(self) -> str:
        """What colours and widths mean, as an HTML-like label."""
        what = "gradient by the weight" if self.options.is_backward else "weight"
        words = {POSITIVE: f"positive {what}", NEGATIVE: f"negative {what}"}
        told = {self._colour(i, arrow.connection) for i, arrows in enumerate(self.into) if not self.shared[i] for arrow in arrows}
        cells = "".join(f"{_swatch(colour)}{_small(words[colour])}" for colour in words if colour in told)
        cells += _small("width: its size" if told else "one colour for each shared weight")
        table = f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="6" CELLPADDING="1"><TR>{cells}</TR></TABLE>'
        return f"<{layout.with_note(table, self.numbers.note)}>"

    def _pos(self, x: float, y: float) -> str:
        across, along = turned(x, -y, self.options.rankdir)
        return f"{across / 72:.3f},{along / 72:.3f}!"


def _shared(arrows: Sequence[Arrow]) -> dict[Value, str]:
    """The weights that several arrows of one column share, each with its colour, in the order of the filter."""
    uses = [
        (a.connection.weight, a.source - a.unit) for a in arrows if a.connection.weight is not None and a.connection.source is not None
    ]
    return {weight: SHARED[k % len(SHARED)] for k, weight in enumerate(shared_weights(uses))}


def _swatch(colour: str) -> str:
    return f'<TD BGCOLOR="{colour}" WIDTH="18" HEIGHT="4" FIXEDSIZE="TRUE"></TD>'


def _small(text: str) -> str:
    return f'<TD><FONT POINT-SIZE="11">{layout.in_cell(text)}</FONT></TD>'


def _inches(points: float) -> str:
    return f"{points / 72:.3f}"
