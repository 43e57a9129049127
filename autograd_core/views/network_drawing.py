"""The picture of a network: where its circles, arrows and numbers stand, as DOT text with fixed places."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ..formulas.typesetting import number_text
from ..value import Value
from . import layout
from .network import Connection, Network, Unit

POSITIVE, NEGATIVE = "#0072b2", "#d55e00"  # blue and vermilion of Okabe and Ito: told apart without red and green
MOST = 12  # units of a column that are drawn; of a wider one the first, dots, and the last
LABELLED = 20  # arrows between two columns that carry their weights; more are told by width and colour
_RADIUS, _ROW, _LONG = 23.0, 66.0, 190.0  # points
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


class Look(NamedTuple):
    """What is written: ``show`` names of numbers, the gradient of each node, and digits."""

    show: frozenset[str]
    gradients: Mapping[Value, float]
    digits: int
    backward: bool


def network_dot(network: Network, look: Look) -> str:
    """The network as DOT text; every place is fixed, so that any layout engine draws the same."""
    graph = layout.new_digraph("LR", 1)
    graph.attr("graph", layout="neato", splines="line", outputorder="edgesfirst")
    graph.attr("node", shape="circle", fixedsize="true", width=_inches(2 * _RADIUS), margin="0", penwidth="1.2")
    graph.attr("edge", arrowsize="0.6")
    _Diagram(network, look).add_to(graph)
    source: str = graph.source
    return source


class _Diagram:
    """The places of one network's units, and what is written in and between them."""

    def __init__(self, network: Network, look: Look) -> None:
        self.network, self.look = network, look
        self.shown = [_shown(len(column)) for column in network.columns]
        self.biased = [any(c.source is None for unit in column for c in unit.connections) for column in [*network.columns[1:], []]]
        tallest = max(len(shown) + biased for shown, biased in zip(self.shown, self.biased))
        self.height = max(1, tallest) * _ROW
        self.drawn: dict[Value, tuple[str, float, float]] = {}
        self.names = dict(_textbook_names(network))

    def add_to(self, graph: Any) -> None:
        for i, column in enumerate(self.network.columns):
            self._add_column(graph, i, column)
        for i, column in enumerate(self.network.columns[1:], start=1):
            self._add_arrows(graph, i, [unit for unit in column if unit.node in self.drawn])

    # -- circles -------------------------------------------------------------------------------------------------
    def _add_column(self, graph: Any, i: int, column: list[Unit]) -> None:
        x, rows = i * _LONG, self.shown[i]
        top = self.height / 2 + (len(rows) + self.biased[i] - 1) * _ROW / 2
        places = iter(top - k * _ROW for k in range(len(rows) + self.biased[i]))
        if self.biased[i]:
            y = next(places)
            graph.node(f"bias{i}", label="+1", pos=_pos(x, y), width=_inches(1.5 * _RADIUS), fillcolor="#e4e4e4", style="filled,dashed")
            self.bias_place = {**getattr(self, "bias_place", {}), i: (x, y)}
        for row, y in zip(rows, places):
            if row is None:
                for k in (-1, 0, 1):  # points, because not every font has the sign
                    graph.node(f"dots{i}_{k}", label="", shape="point", width="0.05", pos=_pos(x, y + 9 * k), fillcolor=layout.GREY)
                continue
            unit = column[row]
            key = f"u{i}_{row}"
            self.drawn[unit.node] = key, x, y
            graph.node(key, label=layout.in_label(self._text(unit)), pos=_pos(x, y), **self._colours(i))
        caption = self._caption(i, column)
        graph.node(f"caption{i}", label=layout.in_label(caption), shape="plaintext", fillcolor="transparent", fontcolor=layout.GREY, fontsize="12", pos=_pos(x, -_ROW * 0.35), width="2")

    def _colours(self, i: int) -> dict[str, str]:
        sort = "input" if i == 0 else "output" if i == len(self.network.columns) - 1 else "operation"
        return {"fillcolor": layout.STYLES[sort].fill, "style": "filled"}

    def _text(self, unit: Unit) -> str:
        lines = [self.names[unit.node]]
        if "data" in self.look.show:
            lines.append(number_text(unit.node.data, self.look.digits))
        if "grad" in self.look.show:
            gradient = self.look.gradients.get(unit.total if self.look.backward else unit.node, 0.0)
            lines.append(f"{'δ ' if self.look.backward else '∂ '}{number_text(gradient, self.look.digits)}")
        return "\n".join(lines)

    def _caption(self, i: int, column: list[Unit]) -> str:
        if i == 0:
            return f"{len(column)} input{'s' if len(column) > 1 else ''}"
        kinds = dict.fromkeys(unit.activation or "linear" for unit in column)
        return f"{len(column)} {', '.join(kinds)}"

    # -- arrows --------------------------------------------------------------------------------------------------
    def _add_arrows(self, graph: Any, i: int, column: list[Unit]) -> None:
        arrows = [(unit, c) for unit in column for c in unit.connections if self._tail(i, c) is not None]
        largest = max((abs(c.strength) for _, c in arrows), default=0.0) or 1.0
        labelled = "weight" in self.look.show and len(arrows) <= LABELLED
        for number, (unit, connection) in enumerate(arrows):
            tail, x, y = self._tail(i, connection)  # type: ignore[misc]
            key, x2, y2 = self.drawn[unit.node]
            strength = connection.strength
            colour = POSITIVE if strength > 0.0 else NEGATIVE if strength < 0.0 else layout.GREY
            width = 0.6 + 2.6 * min(1.0, abs(strength) / largest)
            ends = (key, tail) if self.look.backward else (tail, key)
            graph.edge(*ends, color=colour, penwidth=f"{width:.2f}")
            if labelled:
                share = 0.26 + 0.5 * column.index(unit) / len(column)
                self._label(graph, f"w{i}_{number}", connection, _between((x, y), (x2, y2), share), colour)

    def _tail(self, i: int, connection: Connection) -> tuple[str, float, float] | None:
        if connection.source is None:
            return (f"bias{i - 1}", *self.bias_place[i - 1])
        return self.drawn.get(connection.source)

    def _label(self, graph: Any, key: str, connection: Connection, place: tuple[float, float], colour: str) -> None:
        """The weight beside its arrow; where many leave one unit, each a little further along than the last."""
        text = number_text(connection.strength, self.look.digits)
        if self.look.backward and connection.weight is not None:
            text = number_text(self.look.gradients.get(connection.weight, 0.0), self.look.digits)
        look = {"shape": "plaintext", "fontcolor": colour, "fontsize": "11", "fillcolor": "transparent", "width": "0.5", "height": "0.2"}
        graph.node(key, label=layout.in_label(text), pos=_pos(place[0], place[1] + 8.0), **look)


def _between(start: tuple[float, float], end: tuple[float, float], share: float) -> tuple[float, float]:
    return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])


def _shown(count: int) -> list[int | None]:
    """The rows of a column that are drawn; ``None`` for the dots.

    >>> _shown(3), _shown(64)
    ([0, 1, 2], [0, 1, 2, 3, 4, None, 63])
    """
    return list(range(count)) if count <= MOST else [0, 1, 2, 3, 4, None, count - 1]


def _textbook_names(network: Network) -> Iterator[tuple[Value, str]]:
    """x₁, x₂; h₁⁽¹⁾ in hidden layer 1; ŷ or ŷ₁. A unit that someone named keeps its name."""
    last = len(network.columns) - 1
    for i, column in enumerate(network.columns):
        for j, unit in enumerate(column, start=1):
            name, number = unit.node.name, str(j).translate(_SUBSCRIPTS)
            if name and not re.fullmatch(r"x\d+", name):
                yield unit.node, name
            elif i == 0:
                yield unit.node, f"x{number}"
            elif i == last:
                yield unit.node, "ŷ" if len(column) == 1 else f"ŷ{number}"
            else:
                yield unit.node, f"h{number}" + (f"⁽{str(i).translate(_SUPERSCRIPTS)}⁾" if last > 2 else "")


def _pos(x: float, y: float) -> str:
    return f"{x / 72:.3f},{y / 72:.3f}!"


def _inches(points: float) -> str:
    return f"{points / 72:.3f}"
